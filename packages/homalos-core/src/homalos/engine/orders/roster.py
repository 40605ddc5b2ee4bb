"""The orders themselves: the last state of each, those that work, and what is told of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec.structs import replace

from homalos.bus import Bus
from homalos.clock import EngineClock
from homalos.engine.accounts import AccountManager
from homalos.engine.lanes import Lane, Working
from homalos.engine.orders.states import AFTER_FILL, TABLE, UNFILLED, OrderEvent, status_of
from homalos.errors import UnknownOrder
from homalos.model import (
    Alert,
    Direction,
    OrderData,
    OrderPhase,
    Rejection,
    TradeData,
    TradeReport,
)
from homalos.plugins.ports import Gateway

__all__ = ["Roster"]

_HELD = OrderPhase.HELD


class Roster:
    """What every part of the order manager looks at and changes. Engine thread.

    Attributes:
        orders: The last state of every order, by id, oldest first.
        working: Those that are not over, by id, oldest first; the held ones among them.
        by_strategy: The same by strategy and id.
        trades: Every trade, oldest first.
        ignored: Reports that changed nothing, by reason: duplicate, late, unknown.
        lanes: Where orders go, by account and symbol.
        parked: Trades of orders that nobody knows, by the order's id.
        clock: The engine's.
        say_order: Publishes an order's state.
        say_trade: Publishes a trade.
        say_rejection: Publishes a refusal.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        accounts: AccountManager,
        gateways: Mapping[str, Gateway],
    ) -> None:
        self.orders: dict[str, OrderData] = {}
        self.working: dict[str, Working] = {}
        self.by_strategy: defaultdict[str, dict[str, Working]] = defaultdict(dict)
        self.trades: list[TradeData] = []
        self.ignored: dict[str, int] = {"duplicate": 0, "late": 0, "unknown": 0}
        self.lanes: dict[tuple[str, str], Lane] = {}
        self.parked: dict[str, list[TradeReport]] = {}
        self.clock = clock
        self._seen: defaultdict[tuple[str, str], set[tuple[str, Direction, int]]]
        self._seen = defaultdict(set)
        self._accounts = accounts
        self._gateways = gateways
        self.say_order = bus.topic(OrderData).publish
        self.say_trade = bus.topic(TradeData).publish
        self.say_rejection = bus.topic(Rejection).publish
        self._say_alert = bus.topic(Alert).publish

    def lane(self, account: str, symbol: str) -> Lane:
        """Return where an account's orders in a symbol go; the same object for ever.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        lane = self.lanes.get((account, symbol))
        if lane is None:
            books = self._accounts.accounts[account]
            position = self._accounts.holding(account, symbol)
            seen = self._seen[books.gateway, symbol.rpartition(".")[2]]
            lane = Lane(books, position, self._gateways[books.gateway], seen)
            self.lanes[account, symbol] = lane
        return lane

    def alert(self, level: str, message: str) -> None:
        """Tell something that a person should see."""
        self._say_alert(Alert(level, "orders", message, self.clock.now))

    def add(self, order: OrderData, lane: Lane) -> Working:
        """Have an order work from now on."""
        order_id = order.order_id
        self.orders[order_id] = order
        working = Working(order, lane)
        self.working[order_id] = self.by_strategy[order.strategy][order_id] = working
        if order.phase is not _HELD:
            lane.working[order_id] = working
        return working

    def drop(self, working: Working) -> None:
        """Have an order work no more."""
        order = working.state
        order_id = order.order_id
        del self.working[order_id], self.by_strategy[order.strategy][order_id]
        working.lane.working.pop(order_id, None)  # what was held is not there

    def put(
        self,
        working: Working,
        phase: OrderPhase,
        ts_ns: int,
        *,
        name: str = "",
        reason: str = "",
        is_heard: bool = False,
    ) -> OrderData:
        """Have a working order be in another phase; return its state, still to be told.

        Args:
            working: The order.
            phase: As the table has it.
            ts_ns: Since when, nanoseconds UTC.
            name: The venue's id; as it stands where it is empty.
            reason: Why, likewise.
            is_heard: Whether the venue has acknowledged the order with this.
        """
        order = working.state
        if is_heard:
            status = AFTER_FILL[phase] if order.traded else UNFILLED[phase]
        else:
            status = status_of(phase, order.status, order.traded)
        state = self.orders[order.order_id] = working.state = replace(
            order,
            status=status,
            phase=phase,
            ts_ns=ts_ns,
            venue_order_id=name or order.venue_order_id,
            reason=reason or order.reason,
        )
        return state

    def held(self, order_id: str) -> Working:
        """Return an order that the engine holds.

        Raises:
            UnknownOrder: No order has the id, or it is not held any more.
        """
        working = self.working.get(order_id)
        if working is None or working.state.phase is not _HELD:
            order = self.orders.get(order_id)
            what = "no order has the id" if order is None else f"{order.phase}, not held, is"
            msg = f"{what} {order_id!r}; only a held order can be released, changed or ended here"
            raise UnknownOrder(msg)
        return working

    def end(
        self, working: Working, event: OrderEvent, *, ts_ns: int, reason: str = "", name: str = ""
    ) -> OrderData | None:
        """End an order that is not filled whole, and let go of what it held.

        Args:
            working: The order.
            event: What ends it; without a row for it nothing happens.
            ts_ns: When, nanoseconds UTC.
            reason: Why; as it stands where it is empty.
            name: The venue's id, likewise.

        Returns:
            Its last state, still to be told; `None` where such an order cannot end so.
        """
        order = working.state
        phase = TABLE[event].get(order.phase)
        if phase is None:
            return None
        working.release(order.volume - order.traded)
        self.drop(working)
        return self.put(working, phase, ts_ns, name=name, reason=reason)
