"""What venues say of orders, and what of it is believed."""

from __future__ import annotations

from msgspec.structs import replace

from homalos.bus import Bus
from homalos.engine.accounts import AccountManager
from homalos.engine.foreign import ForeignTrades
from homalos.engine.lanes import Lane, Working
from homalos.engine.orders.reconciling import Reconciling
from homalos.engine.orders.roster import Roster
from homalos.engine.orders.states import AFTER_FILL, TABLE, UNFILLED, OrderEvent
from homalos.model import (
    CancelRefused,
    Offset,
    OrderData,
    OrderPhase,
    OrderReport,
    Status,
    TradeData,
    TradeReport,
)

__all__ = ["Reports"]

_TODAY, _YESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY
_SUBMITTING, _ALLTRADED = Status.SUBMITTING, Status.ALLTRADED
_NOTTRADED, _PARTTRADED = Status.NOTTRADED, Status.PARTTRADED
_CANCELLED, _REJECTED = Status.CANCELLED, Status.REJECTED
_HELD, _FILLED, _ENDING = OrderPhase.HELD, OrderPhase.FILLED, OrderPhase.ENDING
_UNKNOWN = OrderPhase.UNKNOWN
_ACCEPTED, _NAMED = TABLE[OrderEvent.ACCEPTED], TABLE[OrderEvent.NAMED]
_FILLED_PART, _FILLED_WHOLE = TABLE[OrderEvent.FILLED_PART], TABLE[OrderEvent.FILLED_WHOLE]
_FILLED_LATE, _ENDED_AHEAD = TABLE[OrderEvent.FILLED_LATE], TABLE[OrderEvent.ENDED_AHEAD]
_REFUSED, _REFUSED_EARLY, _REFUSED_PARTLY = (
    TABLE[OrderEvent.CANCEL_REFUSED],
    TABLE[OrderEvent.CANCEL_REFUSED_EARLY],
    TABLE[OrderEvent.CANCEL_REFUSED_PARTLY],
)


class Reports:
    """Takes reports as far as they are legal and new. Engine thread."""

    def __init__(
        self, roster: Roster, reconciling: Reconciling, bus: Bus, accounts: AccountManager
    ) -> None:
        self._roster = roster
        self._reconciling = reconciling
        self._questions = reconciling.questions
        self._orders = roster.orders
        self._working = roster.working
        self._by_strategy = roster.by_strategy
        self._ignored = roster.ignored
        self._trades = roster.trades
        self._say_order = roster.say_order
        self._say_trade = roster.say_trade
        self._foreign = ForeignTrades(bus, roster.clock, accounts)

    def on_report(self, report: OrderReport) -> None:
        """Take a venue's word that an order has arrived or ended; fills come as trades."""
        order_id = report.order_id
        working = self._working.get(order_id)
        if self._questions:
            self._reconciling.hear(order_id)
        if working is None:
            self._on_late(report)
            return
        order = working.state
        status = report.status
        if status is _CANCELLED or status is _REJECTED or status is _ALLTRADED:
            self._on_end(working, report)
            return
        if order.phase is _UNKNOWN:
            if not self._reconciling.find(working, report):
                self._ignored["duplicate"] += 1
            return
        if order.status is _SUBMITTING:
            rows = _ACCEPTED
        elif report.venue_order_id and not order.venue_order_id:
            # Where a fill has overtaken the acknowledgement, only the venue's id is news.
            rows = _NAMED
        else:
            self._ignored["duplicate"] += 1
            return
        phase = rows.get(order.phase)
        if phase is None:
            self._ignored["late"] += 1
            return
        state = self._orders[order_id] = working.state = replace(
            order,
            status=AFTER_FILL[phase] if order.traded else UNFILLED[phase],
            phase=phase,
            ts_ns=report.ts_ns,
            venue_order_id=report.venue_order_id or order.venue_order_id,
        )
        self._say_order(state)

    def on_trade(self, report: TradeReport) -> None:
        """Take a fill; once, however often and in whatever order it is reported."""
        order_id = report.order_id
        order = self._orders.get(order_id)
        if self._questions:
            self._reconciling.hear(order_id)
        if order is None or order.phase is _HELD:
            self._on_strange(report)
            return
        working = self._working.get(order_id)
        if working is None:
            rows = _FILLED_LATE
            lane = self._roster.lane(order.account, order.symbol).at(order.gateway)
        else:
            whole = order.traded + report.volume >= order.volume
            rows = _FILLED_WHOLE if whole else _FILLED_PART
            lane = working.lane
        phase = rows.get(order.phase)
        if phase is None:
            self._ignored["late"] += 1
            return
        seen = lane.seen
        known = len(seen)
        seen.add((report.trade_id, report.direction, report.trading_day))
        if len(seen) == known:
            self._ignored["duplicate"] += 1
            return
        self._book(report, order, working, lane, phase)

    def on_cancel_refused(self, refused: CancelRefused) -> None:
        """Take back that a cancel is under way; the order stands as it stood."""
        working = self._working.get(refused.order_id)
        if working is None:
            self._ignored["late" if refused.order_id in self._orders else "unknown"] += 1
            return
        order = working.state
        if order.traded:
            rows = _REFUSED_PARTLY
        else:
            rows = _REFUSED_EARLY if order.status is _SUBMITTING else _REFUSED
        phase = rows.get(order.phase)
        if phase is None:
            self._ignored["late"] += 1
            return
        working.cancelling = False
        self._roster.put(working, phase, refused.ts_ns)
        self._reconciling.doubt(order.gateway)

    def adopt(self, order_id: str) -> None:
        """Take the trades of an order that came before anybody knew it, if they fit it."""
        order = self._orders[order_id]
        for report in self._roster.parked.pop(order_id):
            if (report.symbol, report.direction) == (order.symbol, order.direction):
                self.on_trade(report)
            else:
                self._roster.parked.setdefault(order_id, []).append(report)

    # -- inside ----------------------------------------------------------------

    def _book(
        self,
        report: TradeReport,
        order: OrderData,
        working: Working | None,
        lane: Lane,
        phase: OrderPhase,
    ) -> None:
        """Make a fill a trade of its order, which is in that phase now."""
        order_id, lots = order.order_id, report.volume
        traded = order.traded + lots
        offset = order.offset
        if offset is _TODAY and report.offset is _YESTERDAY:
            offset = _YESTERDAY  # a night lies between the order and its fill
        trade = TradeData(
            report.trade_id, order_id, report.symbol, report.direction, offset,
            report.price, lots, report.ts_ns, report.trading_day,
            order.strategy, order.account, order.gateway,
        )  # fmt: skip
        self._trades.append(trade)
        activity = lane.activity
        activity.trades += 1
        activity.lots += lots
        state = self._orders[order_id] = replace(
            order, traded=traded, status=AFTER_FILL[phase], phase=phase, ts_ns=report.ts_ns
        )
        if working is not None:
            working.state = state
            working.release(lots)
            if phase is _FILLED:  # `Roster.drop`, written out on the hot path
                del self._working[order_id], lane.working[order_id]
                del self._by_strategy[order.strategy][order_id]
            elif phase is _ENDING and traded >= working.ends_with:
                state = self._sum_up(working)
        # The trade first: who hears that an order is over finds the position counted.
        self._say_trade(trade)
        self._say_order(state)
        if traded > order.volume or working is None:
            self._look_at(state)

    def _on_late(self, report: OrderReport) -> None:
        order = self._orders.get(report.order_id)
        self._ignored["unknown" if order is None else "late"] += 1
        is_alive = report.status is _NOTTRADED or report.status is _PARTTRADED
        if order is not None and is_alive and report.order_id in self._reconciling.presumed:
            self._reconciling.disown(order)

    def _on_end(self, working: Working, report: OrderReport) -> None:
        """Take a venue's word that an order is over there.

        One that was filled in part cannot have been rejected, whatever the venue calls
        it: what is left of it is cancelled.
        """
        order, status = working.state, report.status
        known = order.traded
        told = order.volume if status is _ALLTRADED else report.traded
        if told == working.ends_with and told > known:
            self._ignored["duplicate"] += 1
            return
        if status is _REJECTED and known:
            state = None
        elif told > known:
            state = self._end_ahead(working, report, told)
        else:
            event = OrderEvent.PARTLY_CANCELLED if known else OrderEvent.CANCELLED
            if status is _REJECTED:
                event = OrderEvent.REJECTED
            state = self._roster.end(
                working, event,
                ts_ns=report.ts_ns, reason=report.reason, name=report.venue_order_id,
            )  # fmt: skip
        if state is None:
            self._ignored["late"] += 1
        else:
            self._say_order(state)

    def _end_ahead(self, working: Working, report: OrderReport, told: int) -> OrderData | None:
        """Have an order wait for the trades that its venue counts and has not reported yet."""
        order = working.state
        phase = _ENDED_AHEAD.get(order.phase)
        if phase is None:
            return None
        working.ends_with = told
        return self._roster.put(
            working, phase, report.ts_ns,
            name=report.venue_order_id, reason=report.reason, is_heard=True,
        )  # fmt: skip

    def _sum_up(self, working: Working) -> OrderData:
        """End an order that waited for its trades, of which this was the last."""
        order = working.state
        ended = self._roster.end(working, OrderEvent.PARTLY_CANCELLED, ts_ns=order.ts_ns)
        return ended or order

    def _look_at(self, order: OrderData) -> None:
        """Tell a person of a fill that should not have been."""
        if order.traded > order.volume:
            self._roster.alert(
                "error",
                f"{order.gateway} filled {order.traded} lots of order {order.order_id} in "
                f"{order.symbol}, which asked for {order.volume}; all of them are booked, ask "
                "the venue about the rest",
            )
        if order.order_id in self._reconciling.presumed:
            self._reconciling.disown(order)

    def _on_strange(self, report: TradeReport) -> None:
        """Take a fill of an order that was not sent from here, or keep it for later."""
        foreign = self._foreign.take(report)
        if foreign is None:
            self._ignored["unknown"] += 1
            self._park(report)
            return
        lane = self._roster.lane(foreign.account, foreign.symbol)
        key = (report.trade_id, report.direction, report.trading_day)
        if key in lane.seen:
            self._ignored["duplicate"] += 1
            return
        lane.seen.add(key)
        lane.activity.trades += 1
        lane.activity.lots += report.volume
        self._trades.append(foreign)
        self._say_trade(foreign)

    def _park(self, report: TradeReport) -> None:
        """Keep a fill that nobody can attribute until its order is known, and tell it."""
        parked = self._roster.parked.setdefault(report.order_id, [])
        if report in parked:
            return
        parked.append(report)
        self._roster.alert(
            "warning",
            f"trade {report.trade_id} of {report.volume} lots in {report.symbol} at "
            f"{report.price} is of order {report.order_id}, which nobody here knows, in no "
            "account of ours: it is not booked unless that order becomes known; look at the venue",
        )
