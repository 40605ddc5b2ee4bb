"""Closes everything of an engine, an account or a strategy, as far as its markets let it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from attrs import define, field

from homalos.bus import STATE
from homalos.engine.closing import closable
from homalos.engine.risk.closing_out import OpenLots, marketable, open_lots, spots
from homalos.engine.risk.flatten_report import FlattenReport, Left, left_of, told
from homalos.engine.risk.scopes import Scope
from homalos.errors import GatewayError
from homalos.model import (
    Alert,
    Direction,
    Offset,
    OrderData,
    OrderType,
    Rejection,
    Status,
    TradingState,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homalos.clock import Entry
    from homalos.engine.build import Parts
    from homalos.engine.lanes import Lane

__all__ = ["Flatten"]

_LONG, _SHORT = Direction.LONG, Direction.SHORT
_UNDONE = (Status.REJECTED, Status.CANCELLED)
_NS = 1_000_000_000
_BEAT_NS = _NS  # between two looks at what became of it
_ROUND_NS = 2 * _NS  # what an order is given to fill before it is sent anew at another price
_SLACK = (2, 5, 10, 20)  # ticks beyond the best price, round by round
_TOO_SHORT = "the time was too short"
_AT_ONCE = 20  # orders of one contract in one round


@define
class _Spot:
    """One account and contract on its way to nothing.

    Attributes:
        rounds: Rounds so far in which the price did not do.
        turn: Rounds so far: where both sides are held they take turns, not to meet each other.
        until_ns: When what was sent last is taken back.
        next_ns: When it may be tried again after something went wrong.
        cap: Lots that one order may have, by what refused a larger one; 0 for no bound.
        why: What stood in the way last.
        own: Orders sent.
        taken: Those of them that were taken back here.
    """

    account: str
    symbol: str
    rounds: int = 0
    turn: int = 0
    until_ns: int = 0
    next_ns: int = 0
    cap: int = 0
    why: str = ""
    own: set[str] = field(factory=set)
    taken: set[str] = field(factory=set)


class Flatten:
    """One flattening: cancels what works, then closes what is held. Engine thread.

    The scope's switch is turned to close-only first, unless it is stricter, and stays so.
    The orders are limit orders a few ticks beyond the best price of the other side, within
    the day's price limits, since not every venue takes market orders; what did not fill in
    two seconds is sent anew further beyond. Only where no price is known at all is a market
    order sent. They pass every switch, also a halted one; rules of validity judge them
    as any other. Closes are planned as all others are: today's lots and earlier ones apart,
    in an account that locks by locking. What a session, a limit or a rule forbids is told in
    the report; so is what the time was too short for.

    Attributes:
        scope: What is flattened.
        future: Has the `FlattenReport`.
    """

    def __init__(self, parts: Parts, scope: Scope, timeout_s: float) -> None:
        """Take what is to be flattened; `begin` begins."""
        self.scope = scope
        self.future: Future[FlattenReport] = Future()
        self._parts = parts
        self._timeout_ns = round(timeout_s * _NS)
        self._spots: dict[tuple[str, str], _Spot] = {}
        self._timers: list[Entry] = []
        self._begun_ns = 0
        self._cancelled: set[str] = set()
        self._mine: set[str] = set()
        self._is_busy = self._is_leaving = False
        self._subscription = parts.bus.subscribe(
            OrderData, self._on_order, order=STATE + 4, name="flatten"
        )

    def begin(self) -> None:
        """Turn the switch, cancel what works, and go on as the venues answer."""
        parts, scope = self._parts, self.scope
        clock, switches = parts.clock, parts.control.switches
        self._begun_ns = clock.now
        if switches.at(scope.kind, scope.name) is TradingState.NORMAL:
            switches.turn(scope.kind, scope.name, TradingState.CLOSE_ONLY, f"{scope} is flattened")
        self._timers = [
            clock.call_every(_BEAT_NS, self._go_on),
            clock.call_after(self._timeout_ns, self._leave),
        ]
        self._go_on()

    def end(self, why: str) -> None:
        """Give up, and report what is left with the reason; what works goes on working."""
        if self.future.done():
            return
        self._subscription.close()
        for timer in self._timers:
            timer.cancel()
        report = self._report(why)
        level = "info" if report.is_flat else "error"
        self._parts.bus.publish(Alert(level, "control", told(report), self._parts.clock.now))
        self.future.set_result(report)

    # -- going on --------------------------------------------------------------

    def _on_order(self, order: OrderData) -> None:
        key = order.account, order.symbol
        if order.order_id in self._mine and order.status in _UNDONE:
            spot = self._spots[key]
            if order.order_id not in spot.taken:
                reason = order.reason or "without a reason"
                self._fail(key, f"the venue ended order {order.order_id}: {reason}")
        if self.scope.has(order) and not order.is_active:
            self._go_on()

    def _go_on(self) -> None:
        if self._is_busy or self.future.done():
            return  # what is done here may be heard of before it returns
        self._is_busy = True
        try:
            is_over = self._advance()
        finally:
            self._is_busy = False
        if is_over:
            self.end("")

    def _advance(self) -> bool:
        """Do what can be done now; say whether there is nothing to wait for."""
        waits = False
        working: dict[tuple[str, str], list[OrderData]] = {}
        for order in self._parts.orders.working():
            if self.scope.has(order):
                working.setdefault((order.account, order.symbol), []).append(order)
        for key in dict.fromkeys((*spots(self._parts.accounts.accounts, self.scope), *working)):
            spot = self._spots.get(key)
            if spot is None:
                spot = self._spots[key] = _Spot(*key)
                self._parts.data.watch(spot.symbol)
            if key in working:
                waits = True
                self._take_back(spot, working[key])
            elif not self._is_leaving and self._close(spot):
                waits = True
        return not waits

    def _take_back(self, spot: _Spot, working: list[OrderData]) -> None:
        """Cancel others' orders, and own ones that had their time."""
        now = self._parts.clock.now
        is_late = now >= spot.until_ns or self._is_leaving
        own = [order.order_id for order in working if order.order_id in spot.own]
        if is_late and own:
            spot.why = self._unfilled(spot)
            spot.taken.update(own)
            spot.rounds += 1
            spot.until_ns = now + _ROUND_NS
        for order in working:
            is_own = order.order_id in spot.own
            if is_own and not is_late:
                continue
            try:
                if self._parts.orders.cancel(order.order_id) and not is_own:
                    self._cancelled.add(order.order_id)
            except GatewayError as error:
                spot.why = f"order {order.order_id} could not be cancelled: {error}"

    def _close(self, spot: _Spot) -> bool:
        """Send what closes one side; say whether there is something to wait for."""
        account = self._parts.accounts.accounts[spot.account]
        both = (open_lots(account, spot.symbol, self.scope, side) for side in (_LONG, _SHORT))
        sides = [lots for lots in both if any(each.lots for each in lots)]
        if not sides:
            return False
        if not self._parts.control.open_times.is_open(spot.symbol):
            spot.why = "its market is closed"
            return False
        now = self._parts.clock.now
        if now < spot.next_ns:
            return True
        lane = self._parts.orders.lane(spot.account, spot.symbol)
        closable = [lots for lots in sides if any(_may_close(lane, each, spot) for each in lots)]
        if not closable:
            return False
        spot.turn += 1
        spot.until_ns = now + _ROUND_NS
        self._send_all(spot, lane, closable[spot.turn % len(closable)])
        return True

    def _send_all(self, spot: _Spot, lane: Lane, lots: tuple[OpenLots, ...]) -> None:
        sent = 0
        for each in lots:
            left = _may_close(lane, each, spot)
            while left and sent < _AT_ONCE:
                size = self._send(spot, lane, each, left)
                if not size:
                    return
                sent += 1
                left -= size

    def _send(self, spot: _Spot, lane: Lane, each: OpenLots, lots: int) -> int:
        """Send one order; return its lots, 0 where it was refused."""
        parts, instrument = self._parts, lane.instrument
        direction = _SHORT if each.side is _LONG else _LONG
        data = parts.data
        slack = _SLACK[min(spot.rounds, len(_SLACK) - 1)]
        price = marketable(
            direction, data.last_tick(spot.symbol), data.last_price(spot.symbol), instrument, slack
        )
        has_price = price == price  # noqa: PLR0124  nan: a market order
        most = instrument.max_limit_volume if has_price else instrument.max_market_volume
        bounds = [bound for bound in (most, spot.cap) if bound]
        size = min(lots, *bounds) if bounds else lots
        offset = Offset.NONE if lane.nets else Offset.CLOSE
        kind = OrderType.LIMIT if has_price else OrderType.MARKET
        try:
            with parts.control.switches.open():
                answer = parts.orders.submit(
                    each.strategy, lane, direction, offset, price, size, kind, "flatten"
                )
        except GatewayError as error:
            self._fail((spot.account, spot.symbol), str(error))
            return 0
        if isinstance(answer, Rejection):
            return self._refused(spot, lane, each, size, answer)
        ids = parts.orders.wholes.parts(answer.order_id)
        spot.own.update(ids)
        self._mine.update(ids)
        return size

    def _refused(
        self, spot: _Spot, lane: Lane, each: OpenLots, size: int, answer: Rejection
    ) -> int:
        """Try again with as many lots as a bound on one order lets pass, or note the refusal."""
        cap = answer.limit
        if answer.input == size and 1 <= cap < size and int(cap) != spot.cap:
            spot.cap = int(cap)
            return self._send(spot, lane, each, size)
        self._fail((spot.account, spot.symbol), f"{answer.rule} refuses it: {answer.message}")
        return 0

    def _fail(self, key: tuple[str, str], why: str) -> None:
        spot = self._spots[key]
        spot.why = why
        spot.next_ns = self._parts.clock.now + _BEAT_NS

    def _unfilled(self, spot: _Spot) -> str:
        tick = self._parts.data.last_tick(spot.symbol)
        if tick is not None:
            if tick.last_price <= tick.limit_down:
                return f"it is at its lower limit of {tick.limit_down:g}, and nobody buys"
            if tick.last_price >= tick.limit_up:
                return f"it is at its upper limit of {tick.limit_up:g}, and nobody sells"
        return "its orders were not filled in time"

    # -- the end ---------------------------------------------------------------

    def _leave(self) -> None:
        """Take back what works: the time is over."""
        self._is_leaving = True
        self._go_on()
        if not self.future.done():
            # What the venue has not said by then is told as it stands.
            self._timers.append(self._parts.clock.call_after(_ROUND_NS, self._time_out))

    def _time_out(self) -> None:
        self.end(_TOO_SHORT)

    def _report(self, why: str) -> FlattenReport:
        orders = self._parts.orders
        working = tuple(each.order_id for each in orders.working() if self.scope.has(each))
        left = tuple(self._left(why or _TOO_SHORT))
        return FlattenReport(
            scope=str(self.scope),
            is_flat=not left and not working,
            seconds=(self._parts.clock.now - self._begun_ns) / _NS,
            cancelled=len(self._cancelled),
            sent=len(self._mine),
            closed=sum(orders.orders[each].traded for each in self._mine),
            left=left,
            orders=working,
        )

    def _left(self, why: str) -> Iterator[Left]:
        accounts = self._parts.accounts.accounts
        for account, symbol in spots(accounts, self.scope):
            spot = self._spots.get((account, symbol))
            reason = (spot.why if spot is not None else "") or why
            for side in (_LONG, _SHORT):
                for each in open_lots(accounts[account], symbol, self.scope, side):
                    yield from left_of(each, reason)


def _may_close(lane: Lane, each: OpenLots, spot: _Spot) -> int:
    """Return how many of some lots may be closed now, and note why others may not."""
    if not each.lots or (lane.nets and not lane.instrument.closable_after):
        return each.lots
    most = closable(lane.position, each.side, lane.account.settings.close_today)
    if most < each.lots:
        spot.why = (
            "lots opened today may not be closed before tomorrow"
            if lane.instrument.closable_after
            else "they are locked by lots of the other side, as the account's close_today says"
        )
    return max(min(each.lots, most), 0)
