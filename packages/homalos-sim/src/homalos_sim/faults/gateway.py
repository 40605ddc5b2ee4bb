"""The venue behind a line that breaks, loses, repeats and delays, by seed or by script."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from attrs import evolve

from homalos.errors import MarketError
from homalos.model import (
    CancelRefused,
    ConnectionChanged,
    OrderReport,
    OrdersReported,
    Status,
    TickData,
    TradeReport,
)
from homalos_sim.distance import DistantVenue
from homalos_sim.faults.chances import Chances
from homalos_sim.faults.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from homalos.model import CancelRequest, OrderRequest
    from homalos.plugins.ports import (
        GatewayContext,
        MarketTap,
        VenueEvent,
        VenueFunds,
        VenuePosition,
    )
    from homalos_sim.faults.options import FaultOptions, ScriptedFault
    from homalos_sim.gateway import SimGateway

__all__ = ["FaultyGateway"]

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_CHINA_NS = 8 * 3600 * _NS
# CTP's OnFrontDisconnected and the return value of its requests, in its own numbers.
_BROKEN = "CTP front disconnected: 0x2001, no heartbeat"
_REFUSED = "CTP -1: the front is not connected"
_AFTER_CLOSE_NS = _NS


class FaultyGateway:
    """Stands on the wire between an engine and an honest venue. Engine thread.

    Requests go to the venue, reports come back, each the way of a `Wire` that the faults
    befall. Requests are never reordered, as on one connection: what the venue is asked for
    after an order finds that order there, or it will never be. The answer to `report_orders`
    comes whole and in order, or without its end.

    A broken line goes unnoticed at first: what is sent then is lost. Noticed, the engine is told,
    and requests are refused at once. What the venue says meanwhile is lost. The market is not:
    the venue sees it whatever happens to this line.

    A second after the last session of a trading day, of what was traded on it, the faults end
    until the next one begins: everything arrives, what is sent then arrives at once, and where
    something was lost the line goes down and up, so that the engine asks before the day is
    settled.
    """

    def __init__(
        self,
        context: GatewayContext,
        options: FaultOptions,
        make: Callable[[GatewayContext], SimGateway | DistantVenue],
    ) -> None:
        """Make the venue and the wire before it.

        Args:
            context: The engine's.
            options: What goes wrong.
            make: Makes the venue from a context of its own.
        """
        self._options = options
        self._name = context.name
        self._clock = context.clock
        self._post = context.post
        self._market = context.market
        self._trading_day = context.trading_day
        self._chances = Chances(options, context.random)
        self._there = Wire(context.clock)
        self._back = Wire(context.clock)
        self._is_open = False
        self._is_broken = False  # nothing passes
        self._is_down = False  # and the engine knows
        self._breaks = 0
        self._missed = False  # by the engine, or by the venue
        self._day = 0
        self._close_ns = 0
        self._traded: set[str] = set()
        self._said: list[OrderReport | TradeReport] = []
        self._known: set[int] = set()  # their identities: the venue repeats the very same ones
        self._venue = make(evolve(context, post=self._hear, post_at=self._hear_at))
        self._far = self._venue if isinstance(self._venue, DistantVenue) else None

    # -- the port ----------------------------------------------------------------

    def connect(self) -> None:
        """Open the venue, and begin with the faults at the first event."""
        self._is_open = True
        self._venue.connect()
        self._clock.call_at(1, self._begin)

    def close(self) -> None:
        """Close the venue; what is under way stays so."""
        self._is_open = False
        self._venue.close()

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask the venue, past the faults."""
        self._venue.subscribe(symbols)

    def send_order(self, request: OrderRequest) -> None:
        """Send an order, if it gets there."""
        self._look_at_day(request.symbol)
        if self._is_down:
            self._chances.counts["refused_while_down"] += 1
            self._post(
                OrderReport(request.order_id, Status.REJECTED, self._now_ns(), reason=_REFUSED)
            )
        elif not self._loses("lost_request"):
            self._there.send(partial(self._venue.send_order, request), self._late_ns())

    def cancel_order(self, request: CancelRequest) -> None:
        """Send a cancel, if it gets there."""
        self._look_at_day(request.symbol)
        if self._is_down:
            self._chances.counts["refused_while_down"] += 1
            self._post(CancelRefused(request.order_id, _REFUSED, self._now_ns()))
        elif not self._loses("lost_cancel"):
            self._there.send(partial(self._venue.cancel_order, request), self._late_ns())

    def report_orders(self, question: int) -> None:
        """Ask the venue for its orders, if the question and the answer get there."""
        if not self._is_down and not self._loses("lost_request"):
            self._there.send(partial(self._ask, question), self._late_ns())

    def renew_lease(self, valid_ns: int) -> None:
        """Renew the lease at the venue; over a broken line it runs out there."""
        if not self._is_broken:
            self._there.send(partial(self._venue.renew_lease, valid_ns))

    def working_orders(self) -> frozenset[str]:
        """Return what the venue holds, whatever the engine knows of it."""
        return self._venue.working_orders()

    def positions(self, account: str) -> Sequence[VenuePosition] | None:
        """Return what an account holds; `None` while the engine cannot know as much."""
        return None if self._is_in_doubt() else self._venue.positions(account)

    def funds(self, account: str) -> VenueFunds | None:
        """Return an account's money; `None` while the engine cannot know as much."""
        return None if self._is_in_doubt() else self._venue.funds(account)

    def end_day(self, day: int) -> None:
        """Have the venue settle a trading day that is over."""
        self._venue.end_day(day)

    def nets_itself(self) -> bool:
        """Say what the venue says: whether orders may come without an offset."""
        return self._venue.nets_itself()

    def market_tap(self) -> MarketTap:
        """Return how the venue itself sees the market: it stands behind the wire."""
        return self._venue.market_tap()

    # -- faults ------------------------------------------------------------------

    def heal(self) -> None:
        """Have everything arrive, and make no more faults on this trading day."""
        self._chances.are_over = True
        self._there.hurry()
        if self._far is not None:
            self._far.come_near()
        self._back.hurry()
        if self._is_broken:
            self._mend(self._breaks)
        elif self._missed and self._is_open:
            self._tell(is_up=False, reason=_BROKEN)
            self._tell(is_up=True)

    def faults(self) -> Mapping[str, int]:
        """Return how often each kind was made, and what befell while the line was broken."""
        return dict(self._chances.counts)

    def reports(self) -> Sequence[OrderReport | TradeReport]:
        """Return all that the venue has said of orders and trades, oldest first."""
        return tuple(self._said)

    # -- to the venue and back ------------------------------------------------------

    def _ask(self, question: int) -> None:
        # All that the venue knows is on its way once it has answered.
        self._missed = False
        self._venue.report_orders(question)

    def _hear_at(self, due_ns: int, event: VenueEvent) -> None:
        self._clock.call_at(due_ns, partial(self._hear, event))

    def _hear(self, event: VenueEvent) -> None:
        """Carry what the venue says, as far as it gets."""
        if isinstance(event, (ConnectionChanged, TickData)):
            self._post(event)
            return
        self._look_at_day()
        if isinstance(event, OrdersReported) or id(event) in self._known:
            # An answer to `report_orders`: late as a whole, and cut by a broken line only.
            self._carry(event, 0)
        else:
            self._carry_news(event)

    def _carry_news(self, event: OrderReport | TradeReport | CancelRefused) -> None:
        befalls = self._chances.befalls
        self._note(event)
        if not isinstance(event, TradeReport) and not self._is_broken and befalls("lost_ack"):
            self._missed = True
            return
        is_overtaken = not self._is_broken and befalls("reorder")
        if is_overtaken:
            late_ns = 1 + self._chances.span_ns(self._options.reorder_s)
            self._back.send(partial(self._post, event), late_ns, keeps_order=False)
        else:
            self._carry(event, self._late_ns())
        if not self._is_broken and befalls("duplicate"):
            self._carry(event, self._late_ns())

    def _note(self, event: VenueEvent) -> None:
        """Remember what the venue said of an order, whether it gets here or not."""
        if isinstance(event, OrderReport | TradeReport) and id(event) not in self._known:
            self._said.append(event)
            self._known.add(id(event))

    def _carry(self, event: VenueEvent, late_ns: int) -> None:
        if self._is_broken:
            self._chances.counts["lost_while_down"] += 1
            self._missed = True
        else:
            self._back.send(partial(self._post, event), late_ns)

    def _loses(self, kind: Literal["lost_request", "lost_cancel"]) -> bool:
        if self._is_broken:
            self._chances.counts["lost_while_down"] += 1
        elif not self._chances.befalls(kind):
            return False
        self._missed = True
        return True

    def _late_ns(self) -> int:
        late = self._chances.befalls("delay")
        return self._chances.span_ns(self._options.delay_s) if late else 0

    def _is_in_doubt(self) -> bool:
        return bool(self._is_broken or self._missed or self._there or self._back)

    def _now_ns(self) -> int:
        return self._clock.now_ns()

    # -- the line ------------------------------------------------------------------

    def _begin(self) -> None:
        """Arrange what is to come; the first event has told the time."""
        for each in self._options.script:
            self._clock.call_at(_next_ns(each.at, self._now_ns()), partial(self._play, each))
        self._await_break()

    def _play(self, scripted: ScriptedFault) -> None:
        self._look_at_day()
        if scripted.kind == "disconnect":
            self._break(round(scripted.for_s * _NS))
        else:
            self._chances.script(scripted.kind, scripted.times)

    def _await_break(self) -> None:
        often = self._options.disconnects_per_hour
        if often:
            # From 0 to twice the mean.
            wait_ns = self._chances.span_ns(2 * 3600 / often)
            self._clock.call_at(self._now_ns() + wait_ns, self._break_by_chance)

    def _break_by_chance(self) -> None:
        self._look_at_day()
        self._break(1 + self._chances.span_ns(self._options.disconnect_s))
        self._await_break()

    def _break(self, for_ns: int) -> None:
        if self._chances.are_over or self._is_broken or not self._is_open:
            return
        self._chances.counts["disconnect"] += 1
        self._breaks += 1
        self._is_broken = True
        lost = self._there.cut() + self._back.cut()
        if self._far is not None:
            # An answer that came after the line was mended would pass for a newer one.
            requests, reports = self._far.cut()
            for report in reports:
                self._note(report)
            lost += requests + len(reports)
        if lost:
            self._chances.counts["lost_while_down"] += lost
            self._missed = True
        notice_ns = min(self._chances.span_ns(self._options.notice_s), for_ns)
        now_ns = self._now_ns()
        self._clock.call_at(now_ns + notice_ns, partial(self._notice, self._breaks))
        self._clock.call_at(now_ns + for_ns, partial(self._mend, self._breaks))

    def _notice(self, which: int) -> None:
        if self._is_broken and not self._is_down and which == self._breaks:
            self._is_down = True
            self._tell(is_up=False, reason=_BROKEN)

    def _mend(self, which: int) -> None:
        if not self._is_broken or which != self._breaks:
            return
        self._notice(which)
        self._is_broken = self._is_down = False
        self._tell(is_up=True)

    def _tell(self, *, is_up: bool, reason: str = "") -> None:
        if self._is_open:
            self._post(ConnectionChanged(self._name, is_up, reason, self._now_ns()))

    # -- the trading day -------------------------------------------------------------

    def _look_at_day(self, symbol: str = "") -> None:
        """Begin with the faults anew on a new trading day, and see when it closes."""
        day = self._trading_day()
        if day != self._day:
            self._day = day
            self._chances.are_over = False
            if self._far is not None:
                self._far.go_away()
            self._traded.clear()
            self._close_ns = 0
        if symbol and symbol not in self._traded:
            self._traded.add(symbol)
            self._await_close(symbol)

    def _await_close(self, symbol: str) -> None:
        try:
            sessions = self._market(symbol).sessions(symbol, self._day)
        except MarketError:
            return  # the venue will say so itself; without a close the faults go on
        close_ns = sessions[-1].end_ns + _AFTER_CLOSE_NS if sessions else 0
        if close_ns > self._close_ns:
            self._close_ns = close_ns
            self._clock.call_at(close_ns, self._on_close)

    def _on_close(self) -> None:
        if self._now_ns() >= self._close_ns > 0:
            self.heal()


def _next_ns(at: str, now_ns: int) -> int:
    """Return when it is this time of day in China for the first time, not before now."""
    hours, minutes, seconds = (int(part) for part in at.split(":"))
    of_day_ns = (hours * 3600 + minutes * 60 + seconds) * _NS
    midnight_ns = (now_ns + _CHINA_NS) // _DAY_NS * _DAY_NS - _CHINA_NS
    due_ns = midnight_ns + of_day_ns
    return due_ns if due_ns >= now_ns else due_ns + _DAY_NS
