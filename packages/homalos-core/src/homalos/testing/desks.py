"""A fake of what the engine shows a strategy: its desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import Factory, define
from msgspec.structs import replace

from homalos.errors import UnknownOrder
from homalos.model import (
    BarData,
    Direction,
    Instrument,
    Offset,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    Rejection,
    Status,
    Terms,
    TickData,
)
from homalos.plugins.ports import Timer
from homalos.testing.fakes import FakeClock
from homalos.testing.records import INSTRUMENTS, contract_of

__all__ = ["FakeDesk"]

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})


def _ignore(_: str) -> None:
    """Let a timer fire unheard."""


def _is_held(order_type: OrderType, terms: Terms | None) -> bool:
    return order_type in _STOPS or (terms is not None and bool(terms.parent))


@define(eq=False)
class FakeDesk:
    """A desk that notes what a strategy asks, and shows it what the test has put there.

    Attributes:
        contracts: By symbol.
        clock: Advance it and timers fire.
        positions: Net lots by symbol; short is negative.
        bars: What `history` is taken from, oldest first.
        ticks: The last tick by symbol.
        rule: Name of a rule that refuses every order; "" lets all pass.
        on_timer: Called with a timer's name when it fires; set it to the strategy's.
        sent: What was asked of the venue, refused or not, in order.
        orders: The last state of every order, by id; change it to say what became of one.
        cancelled: Ids asked back, in order.
        amended: (id, price, lots, trigger) of every change, in order; `None` for what stays.
        targets: (symbol, lots, price) of every target set, in order.
        logs: (level, message), in order.
    """

    contracts: Mapping[str, Instrument] = INSTRUMENTS
    clock: FakeClock = Factory(FakeClock)
    positions: dict[str, int] = Factory(dict)
    bars: list[BarData] = Factory(list)
    ticks: dict[str, TickData] = Factory(dict)
    rule: str = ""
    on_timer: Callable[[str], None] = _ignore
    sent: list[OrderRequest] = Factory(list)
    orders: dict[str, OrderData] = Factory(dict)
    cancelled: list[str] = Factory(list)
    amended: list[tuple[str, float | None, int | None, float | None]] = Factory(list)
    targets: list[tuple[str, int, float]] = Factory(list)
    logs: list[tuple[str, str]] = Factory(list)

    def instrument(self, symbol: str) -> Instrument:
        """Return a contract.

        Raises:
            UnknownInstrument: It is not among `contracts`.
        """
        return contract_of(self.contracts, symbol)

    def position(self, symbol: str) -> int:
        """Return the net lots put into `positions`."""
        return self.positions.get(symbol, 0)

    def send(
        self,
        symbol: str,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Note an order, its price put on the grid; it stays as it is until the test changes it.

        One that the engine would hold is in phase `HELD`, and is never released.
        """
        now = self.clock.now_ns()
        order_id = f"1-{len(self.sent) + 1}"
        snap = self.instrument(symbol).snap
        on_grid = snap(price)
        if terms is not None:
            terms = replace(terms, trigger=snap(terms.trigger))
        request = OrderRequest(
            order_id, symbol, direction, offset, order_type, on_grid, volume,
            "test", "main", "fake", now, reference, terms,
        )  # fmt: skip
        self.sent.append(request)
        if self.rule:
            return Rejection(self.rule, "refused by the test", request, now)
        order = self.orders[order_id] = OrderData(
            order_id, symbol, direction, offset, order_type, on_grid, volume, 0,
            Status.SUBMITTING, "test", "main", "fake", now, now, reference=reference,
            phase=OrderPhase.HELD if _is_held(order_type, terms) else OrderPhase.PENDING,
            terms=terms,
        )  # fmt: skip
        return order

    def amend(
        self, order_id: str, price: float | None, volume: int | None, trigger: float | None
    ) -> OrderData | Rejection:
        """Change an order in place, whether the engine would hold it or not, and note that.

        Raises:
            UnknownOrder: No order has this id.
        """
        order = self.orders.get(order_id)
        if order is None:
            msg = f"no order has the id {order_id!r}"
            raise UnknownOrder(msg)
        self.amended.append((order_id, price, volume, trigger))
        snap = self.instrument(order.symbol).snap
        terms = order.terms
        if trigger is not None:
            terms = replace(terms or Terms(), trigger=snap(trigger))
        order = self.orders[order_id] = replace(
            order,
            price=order.price if price is None else snap(price),
            volume=volume or order.volume,
            terms=terms,
        )
        return order

    def cancel(self, order_id: str) -> bool:
        """Note a cancel; False when the order is over.

        Raises:
            UnknownOrder: No order has this id.
        """
        order = self.orders.get(order_id)
        if order is None:
            msg = f"no order has the id {order_id!r}"
            raise UnknownOrder(msg)
        if order.is_active:
            self.cancelled.append(order_id)
        return order.is_active

    def active_orders(self, symbol: str | None) -> list[OrderData]:
        """Return the orders that can still be filled, oldest first."""
        return [
            order
            for order in self.orders.values()
            if order.is_active and symbol in (None, order.symbol)
        ]

    def set_target(self, symbol: str, target: int, price: float) -> None:
        """Note a target; the position stays as it is."""
        self.targets.append((symbol, target, price))

    def history(self, symbol: str, interval: str, count: int) -> list[BarData]:
        """Return the last of `bars` of this symbol and interval, oldest first."""
        found = [b for b in self.bars if (b.symbol, b.interval) == (symbol, interval)]
        return found[-count:] if count > 0 else []

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the tick put into `ticks`, or `None`."""
        return self.ticks.get(symbol)

    def timer(self, name: str, interval_ns: int) -> Timer:
        """Call `on_timer` every so often as the clock advances."""
        return self.clock.call_every(interval_ns, lambda: self.on_timer(name))

    def log(self, level: str, message: str) -> None:
        """Note what was said."""
        self.logs.append((level, message))
