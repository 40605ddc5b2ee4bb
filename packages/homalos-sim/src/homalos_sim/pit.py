"""What the venue keeps of one contract: its book, its hours, and who waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.errors import ConfigError
from homalos.model import Direction
from homalos_sim.sessions import NEVER_NS, Phase, Schedule, Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

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
        sells: sell orders. What is filled leaves at once: mostly nobody works on the other
            side then, and the next order need not look through it.
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
        """Begin empty, without knowing any session; where no hours are asked for, in one."""
        self.book = book
        self.schedule = schedule
        self.opens_ns, self.closes_ns = 0, -1 if schedule.has_hours else NEVER_NS
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

    def remove(self, order: WorkingOrder) -> None:
        """Take an order out that works no more, wherever it waits."""
        order_id = order.request.order_id
        (self.buys if order.request.direction is _LONG else self.sells).pop(order_id, None)
        if not self.room or self.room.pop(order_id, None) is None:
            self.book.remove(order)

    def working(self) -> list[WorkingOrder]:
        """Return every order that works, buy orders first, each side by time of coming."""
        return [*self.buys.values(), *self.sells.values()]

    def against(self, request: OrderRequest) -> Collection[WorkingOrder]:
        """Return the working orders of the other side."""
        return (self.sells if request.direction is _LONG else self.buys).values()


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
