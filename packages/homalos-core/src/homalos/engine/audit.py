"""Whether the books and the venues agree on what every account holds.

What differs is shown, and never put right by the engine: one of the two is wrong, and
only a person can find out which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from attrs import frozen

from homalos.bus import STATE, Bus
from homalos.clock import EngineClock
from homalos.engine.account import Account
from homalos.engine.ledger import Position
from homalos.model import Alert, Direction, TradingDayChanged
from homalos.plugins.ports import Gateway, PositionSource, VenuePosition

__all__ = ["Auditor", "Difference", "differences", "held"]

_Key = tuple[str, Direction]
_Lots = tuple[int, int]


@frozen
class Difference:
    """One side of one instrument on which books and venue do not agree.

    Attributes:
        account: Whose.
        symbol: The contract.
        direction: The side.
        ours: Lots in the books: held since before this trading day, opened today.
        theirs: The same as the venue has them.
    """

    account: str
    symbol: str
    direction: Direction
    ours: tuple[int, int]
    theirs: tuple[int, int]

    def __str__(self) -> str:
        """Say it in one sentence."""
        (earlier, today), (their_earlier, their_today) = self.ours, self.theirs
        return (
            f"account {self.account}, {self.symbol} {self.direction}: the books have {earlier} "
            f"lots of earlier days and {today} of today, the venue has {their_earlier} and "
            f"{their_today}; nothing was corrected, find out which is right"
        )


def held(positions: Iterable[Position]) -> list[VenuePosition]:
    """Return what the books have, as a venue would say it; both sides, also without lots."""
    found = []
    for position in positions:
        symbol = position.instrument.symbol
        for direction, lots, today in (
            (Direction.LONG, position.long, position.long_today),
            (Direction.SHORT, position.short, position.short_today),
        ):
            found.append(VenuePosition(symbol, direction, lots - today, today))
    return found


def differences(
    account: str, ours: Iterable[VenuePosition], theirs: Iterable[VenuePosition]
) -> tuple[Difference, ...]:
    """Compare two pictures of an account, each side of each instrument; what is missing is 0.

    Returns:
        Where they differ, by symbol, long before short.
    """
    mine, yours = _by_side(ours), _by_side(theirs)
    if mine == yours:
        return ()
    return tuple(
        Difference(account, *key, mine.get(key, (0, 0)), yours.get(key, (0, 0)))
        for key in sorted(mine.keys() | yours.keys())
        if mine.get(key, (0, 0)) != yours.get(key, (0, 0))
    )


def _by_side(positions: Iterable[VenuePosition]) -> dict[_Key, _Lots]:
    found: dict[_Key, _Lots] = {}
    for each in positions:
        key = each.symbol, each.direction
        # A venue may give several rows for one side, such as one for each day.
        earlier, today = found.get(key, (0, 0))
        found[key] = earlier + each.earlier, today + each.today
    return found


class Auditor:
    """Asks the venues that can say it, at each new trading day and at the end. Engine thread.

    Attributes:
        differences: What the last look found.
        looks: Accounts looked at so far.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        accounts: Mapping[str, Account],
        gateways: Mapping[str, Gateway],
    ) -> None:
        self.differences: tuple[Difference, ...] = ()
        self.looks = 0
        self._clock = clock
        self._say = bus.topic(Alert).publish
        self._sources: list[tuple[Account, Mapping[str, PositionSource]]] = []
        for account in accounts.values():
            asked = {name: gateways[name] for name in account.books_at}
            sources = {n: each for n, each in asked.items() if isinstance(each, PositionSource)}
            if len(sources) == len(asked):
                self._sources.append((account, sources))
        # Behind the books, for which lots of today have become lots of earlier days.
        bus.subscribe(TradingDayChanged, self._on_day, order=STATE + 8, name="audit")

    def look(self) -> tuple[Difference, ...]:
        """Compare every account, and tell of each difference that the last look had not."""
        found: list[Difference] = []
        for account, sources in self._sources:
            told = [self._ask(account, name, source) for name, source in sources.items()]
            theirs = [each for each in told if each is not None]
            if len(theirs) == len(told):
                self.looks += 1
                ours = held(account.ledger.positions.values())
                found += differences(account.name, ours, chain.from_iterable(theirs))
        known = self.differences
        self.differences = tuple(found)
        for each in found:
            if each not in known:
                self._say(Alert("error", "audit", str(each), self._clock.now))
        return self.differences

    def _ask(
        self, account: Account, name: str, source: PositionSource
    ) -> Sequence[VenuePosition] | None:
        try:
            return source.positions(account.name)
        except Exception as error:  # noqa: BLE001  the bus fence: told, the others are asked
            what = (
                f"the gateway {name!r} raised {type(error).__name__}: {error} "
                f"when it was to say what account {account.name} holds"
            )
            self._say(Alert("error", "audit", what, self._clock.now))
            return None

    def _on_day(self, _: TradingDayChanged) -> None:
        self.look()
