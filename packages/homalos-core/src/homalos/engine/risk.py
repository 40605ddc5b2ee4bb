"""The checks that every order passes: bound when the engine is built, walked as a tuple."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan

from attrs import frozen

from homalos.clock import EngineClock
from homalos.engine.ledger import Position
from homalos.model import (
    Direction,
    Instrument,
    Offset,
    OrderRequest,
    Rejection,
    TickData,
)
from homalos.plugins.ports import Refusal, RiskCheck

__all__ = ["BoundRule", "RiskManager", "RiskView"]

_LONG = Direction.LONG
_OPEN, _NONE = Offset.OPEN, Offset.NONE


@frozen
class BoundRule:
    """A rule as it runs: its name, its place in the order and its check."""

    name: str
    order: int
    check: RiskCheck


class RiskManager:
    """Asks every rule about every order. Engine thread.

    Attributes:
        evaluated: Rules asked so far.
        refused: Orders kept so far.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._asked = 0
        self._before = 0  # rules asked under earlier bindings
        self._rules: tuple[BoundRule, ...] = ()
        self._checks: tuple[tuple[str, RiskCheck], ...] = ()

    def bind(self, rules: Sequence[BoundRule]) -> None:
        """Take the rules, in the order in which they will be asked."""
        self._rules = tuple(sorted(rules, key=lambda rule: (rule.order, rule.name)))
        self._checks = tuple((rule.name, rule.check) for rule in self._rules)

    def replace(self, changed: Mapping[str, BoundRule | None]) -> None:
        """Put other rules in the place of those of the same names; `None` takes one out."""
        kept = [rule for rule in self._rules if rule.name not in changed]
        self._before = self.evaluated
        self._asked = 0
        self.bind([*kept, *(rule for rule in changed.values() if rule is not None)])

    @property
    def evaluated(self) -> int:
        """Return how many rules were asked so far."""
        return self._before + self._asked * len(self._checks)

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the names of the rules, in the order in which they are asked."""
        return tuple(rule.name for rule in self._rules)

    def check(self, request: OrderRequest) -> tuple[Rejection, ...]:
        """Return a rejection for every rule that refuses; empty when the order may go.

        A rule that raises refuses: an order nobody could judge does not leave.
        """
        self._asked += 1
        refused: tuple[Rejection, ...] = ()
        for name, check in self._checks:
            try:
                refusal = check(request)
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                refusal = Refusal(f"the rule itself failed: {error!r}", nan, nan)
            if refusal is not None:
                refused = (*refused, _rejection(name, refusal, request))
        if refused:
            self.refused += 1
        return refused


def _rejection(rule: str, refusal: Refusal, request: OrderRequest) -> Rejection:
    return Rejection(rule, refusal.message, request, request.ts_ns, refusal.input, refusal.limit)


class RiskView:
    """What a rule may look at; see `homalos.plugins.ports.RiskContext`."""

    def __init__(
        self,
        *,
        clock: EngineClock,
        instrument: Callable[[str], Instrument],
        holding: Callable[[str, str], Position],
        available: Callable[[str], float],
        last_price: Callable[[str], float],
        last_tick: Callable[[str], TickData | None],
    ) -> None:
        self.clock = clock
        self.instrument = instrument
        self.holding = holding
        self.available = available
        self.last_price = last_price
        self.last_tick = last_tick

    def is_reducing(self, request: OrderRequest) -> bool:
        """Say whether an order can only make a position smaller, whatever else fills."""
        offset = request.offset
        if offset is not _NONE:
            return offset is not _OPEN
        holding = self.holding(request.account, request.symbol)
        if request.direction is _LONG:
            return request.volume + holding.closing_short <= holding.short
        return request.volume + holding.closing_long <= holding.long
