"""What the venue keeps of one contract: its book, its hours, and who waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.errors import ConfigError
from homalos.model import Direction
from homalos_sim.sessions import Phase, Schedule, Stretch

if TYPE_CHECKING:
    from collections.abc import Callable

    from homalos.model import OrderRequest
    from homalos.plugins.ports import FillContext, FillModel, GatewayContext
    from homalos_sim.matching import WorkingOrder
    from homalos_sim.options import VenueOptions

__all__ = ["Pit", "book_maker"]

_LONG = Direction.LONG


class Pit:
    """One contract at the venue.

    Attributes:
        book: Decides what fills.
        schedule: When.
        opens_ns: When the session begins that was seen last, and
        closes_ns: when it ends; an instant between the two needs no look at the schedule.
        buys: Working buy orders by id, in the order in which they came, and
        sells: sell orders. Those that were filled stay until they are looked through: it
            spares every fill a look for itself.
        room: Those of them that wait for a session or an auction; the book has the others.
        matched_ns: The end of the auction that was matched last.
        expires_ns: The end of the trading day at which what works is to be cancelled, of the
            latest one that somebody waits for.
    """

    __slots__ = (
        "book",
        "buys",
        "closes_ns",
        "expires_ns",
        "matched_ns",
        "opens_ns",
        "room",
        "schedule",
        "sells",
    )

    def __init__(self, book: FillModel, schedule: Schedule) -> None:
        """Begin empty, without knowing any session."""
        self.book = book
        self.schedule = schedule
        self.opens_ns, self.closes_ns = 0, -1
        self.buys: dict[str, WorkingOrder] = {}
        self.sells: dict[str, WorkingOrder] = {}
        self.room: dict[str, WorkingOrder] = {}
        self.matched_ns = self.expires_ns = 0

    def at(self, ts_ns: int) -> Stretch:
        """Return what the exchange does at an instant, and remember a session."""
        stretch = self.schedule.at(ts_ns)
        if stretch.phase is Phase.OPEN:
            self.opens_ns, self.closes_ns = stretch.start_ns, stretch.end_ns
        return stretch

    def working(self) -> list[WorkingOrder]:
        """Return every order that works, buy orders first, each side by time of coming."""
        return [each for side in (self.buys, self.sells) for each in side.values() if each.left]

    def against(self, request: OrderRequest) -> list[WorkingOrder]:
        """Return the working orders of the other side, and forget those that were filled."""
        side = self.sells if request.direction is _LONG else self.buys
        _forget_filled(side)
        return list(side.values())

    def sweep(self) -> None:
        """Forget every order that was filled: a day is over, and nobody may have looked."""
        _forget_filled(self.buys)
        _forget_filled(self.sells)


def _forget_filled(side: dict[str, WorkingOrder]) -> None:
    for order_id in [order_id for order_id, order in side.items() if not order.left]:
        del side[order_id]


def book_maker(
    context: GatewayContext, options: VenueOptions
) -> Callable[[FillContext], FillModel]:
    """Return what makes the books of a venue: the fill model of its options.

    Raises:
        MissingPluginError: No plugin offers it.
        ConfigError: It does not take the options given for it.
    """
    spec = context.fill_model(options.fill_model)
    try:
        config = spec.config(**options.fill_options)
    except (TypeError, ValueError) as error:
        where = f"$.gateways.{context.name}.options.fill_options"
        msg = f"the fill model {spec.name} does not take them: {error} @ {where}"
        raise ConfigError((msg,)) from error
    return lambda each: spec.factory(each, config)
