"""Orders lost from sight: unknown until their venue has said what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from homalos.bus import STATE, Bus
from homalos.clock import Entry
from homalos.engine.lanes import Working
from homalos.engine.orders.roster import Roster
from homalos.engine.orders.sending import Sending
from homalos.engine.orders.states import TABLE, OrderEvent
from homalos.errors import GatewayError
from homalos.model import (
    CancelRequest,
    ConnectionChanged,
    OrderData,
    OrderPhase,
    OrderReport,
    OrdersReported,
    Status,
)
from homalos.plugins.ports import Gateway, OrderSource

__all__ = ["Reconciling"]

_NS = 1_000_000_000
_MOST_PATIENCE = 32  # times the time for an answer
_MOST_OPEN = 8  # questions to a venue that wait for their answers
_HELD, _PENDING, _UNKNOWN = OrderPhase.HELD, OrderPhase.PENDING, OrderPhase.UNKNOWN
_CANCEL_PENDING, _ENDING = OrderPhase.CANCEL_PENDING, OrderPhase.ENDING
_SUBMITTING = Status.SUBMITTING
_LOST, _NAMED = TABLE[OrderEvent.LOST], TABLE[OrderEvent.NAMED]
_FOUND, _FOUND_PARTLY = TABLE[OrderEvent.FOUND], TABLE[OrderEvent.FOUND_PARTLY]
_AWAITS = frozenset({_PENDING, _CANCEL_PENDING})
_KEEPS_WISH = frozenset({_CANCEL_PENDING, _UNKNOWN, _ENDING})


class _Question:
    """A venue was asked for its orders.

    Attributes:
        number: Its own, which the answer repeats.
        late_ns: When it counts as not answered, nanoseconds UTC.
        about: The orders that worked there for us then.
        missing: Those of them that it has not spoken of since.
    """

    __slots__ = ("about", "late_ns", "missing", "number")

    def __init__(self, number: int, late_ns: int, about: Iterable[str]) -> None:
        self.number = number
        self.late_ns = late_ns
        self.about = tuple(about)
        self.missing = set(self.about)


class Reconciling:
    """Loses orders from sight when a venue goes away or does not answer, and finds them.

    What an unknown order holds of its account stays held. A question is answered by the
    marker behind the reports, which has its number. Engine thread.

    Attributes:
        questions: Those that wait for their marker, by gateway; empty where none does.
        presumed: Orders that ended here since their venue did not report them.
    """

    def __init__(
        self,
        roster: Roster,
        sending: Sending,
        bus: Bus,
        gateways: Mapping[str, Gateway],
        answer_s: float,
    ) -> None:
        self.questions: dict[str, list[_Question]] = {}
        self.presumed: set[str] = set()
        self._roster = roster
        self._sending = sending
        self._gateways = gateways
        self._down: set[str] = set()
        sending.away = self._down
        self._earlier: frozenset[str] = frozenset()
        self._asked = 0
        self._asked_ns: dict[str, int] = {}
        self._patience: dict[str, int] = {}
        self._told: set[str] = set()
        self._answer_ns = 0
        self._timer: Entry | None = None
        self.set_answer(answer_s)
        bus.subscribe(ConnectionChanged, self._on_connection, order=STATE + 1, name="orders")
        bus.subscribe(OrdersReported, self._on_reported, order=STATE + 1, name="orders")

    def set_answer(self, answer_s: float) -> None:
        """Say how long an answer may take, seconds; 0 for ever."""
        self._answer_ns = round(answer_s * _NS)
        self._go_on_watching()

    def begin_day(self) -> None:
        """Remember which orders are of an earlier day: a venue may not report them any more."""
        self._earlier = frozenset(self._roster.working)

    def ask(self, names: Iterable[str]) -> tuple[str, ...]:
        """Ask venues for their orders; return those that were asked."""
        return tuple(name for name in names if self._ask(name))

    def hear(self, order_id: str) -> None:
        """Note that a venue has spoken of an order, while some question waits."""
        for questions in self.questions.values():
            for question in questions:
                question.missing.discard(order_id)

    def doubt(self, name: str) -> None:
        """Ask a venue that refused the cancel of an order which works here; not too often."""
        if self._answer_ns and not self.questions.get(name):
            now = self._roster.clock.now
            if now - self._asked_ns.get(name, -self._answer_ns) >= self._answer_ns:
                self._ask(name)

    def find(self, working: Working, report: OrderReport) -> bool:
        """Take a venue's word that an unknown order works there; False where it is no news.

        While the venue is away, the word is an old one: the order stays unknown.
        """
        order, name = working.state, report.venue_order_id
        if order.gateway not in self._down:
            self._find(working, report.ts_ns, name)
            if not self.questions.get(order.gateway):
                self._cancel_again(working)
            return True
        if order.status is not _SUBMITTING and (order.venue_order_id or not name):
            return False
        phase = _NAMED[order.phase]
        state = self._roster.put(working, phase, report.ts_ns, name=name, is_heard=True)
        self._roster.say_order(state)
        return True

    def disown(self, order: OrderData) -> None:
        """Have an order that ended here for lack of a word, and lives, cancelled there."""
        self.presumed.discard(order.order_id)
        self._roster.alert(
            "error",
            f"{order.gateway} had not reported order {order.order_id} in {order.symbol}, so that "
            "it ended here, and reports it now; it is cancelled there, its fills are booked",
        )
        request = CancelRequest(
            order.order_id, order.symbol, order.strategy, order.account, order.gateway,
            self._roster.clock.now,
        )  # fmt: skip
        try:
            self._sending.cancel_at_venue(request, self._gateways[order.gateway])
        except GatewayError as error:
            self._roster.alert("error", str(error))

    # -- what happens ----------------------------------------------------------

    def _on_connection(self, event: ConnectionChanged) -> None:
        name = event.gateway
        if name not in self._gateways:
            return
        if not event.is_up:
            self._down.add(name)
            self._patience.pop(name, None)
            self.questions.pop(name, None)  # what was asked on the old connection is lost
            lost = self._lose(each for each in self._at(name) if each.state.phase is not _HELD)
            self._tell_lost(name, lost, f"{name} is down")
        elif name in self._down or self._unknown(name):
            self._down.discard(name)
            self._ask(name)

    def _on_reported(self, marker: OrdersReported) -> None:
        """Settle what the question was about."""
        name = marker.gateway
        questions = self.questions.get(name, [])
        question = next((each for each in questions if each.number == marker.question), None)
        if question is None:
            self._roster.ignored["late"] += 1
            return
        self._patience.pop(name, None)
        # What was asked before it has nothing more to say.
        self.questions[name] = [each for each in questions if each.number > question.number]
        if not self.questions[name]:
            del self.questions[name]
        for order_id in question.about:
            working = self._roster.working.get(order_id)
            if working is None:
                continue
            if order_id in question.missing:
                self._miss(working, marker.ts_ns)
                continue
            if working.state.phase is _UNKNOWN:
                self._find(working, marker.ts_ns, "")
            self._cancel_again(working)
            self._tell_ending(working)

    # -- losing and finding ----------------------------------------------------

    def _lose(self, lost: Iterable[Working]) -> list[str]:
        """Count orders as unknown, and say so; return their ids."""
        roster, told = self._roster, []
        for working in list(lost):
            phase = _LOST.get(working.state.phase)
            if phase is not None:
                told.append(roster.put(working, phase, roster.clock.now))
        for order in told:
            roster.say_order(order)
        return [order.order_id for order in told]

    def _find(self, working: Working, ts_ns: int, name: str) -> None:
        order, roster = working.state, self._roster
        phase = (_FOUND_PARTLY if order.traded else _FOUND).get(order.phase)
        if phase is not None:
            roster.say_order(roster.put(working, phase, ts_ns, name=name, is_heard=True))

    def _miss(self, working: Working, ts_ns: int) -> None:
        """End an order that its venue has not among those of the day."""
        order, roster = working.state, self._roster
        is_heard = order.status is not _SUBMITTING
        if is_heard or order.order_id in self._earlier:
            event = OrderEvent.GONE_PARTLY if order.traded else OrderEvent.GONE
            reason = f"{order.gateway} does not report it any more"
        else:
            event = OrderEvent.NOT_FOUND
            reason = f"it never reached the venue: {order.gateway} does not report it"
        state = roster.end(working, event, ts_ns=ts_ns, reason=reason)
        if state is None:
            return
        self.presumed.add(order.order_id)
        roster.say_order(state)
        roster.alert(
            "warning",
            f"order {order.order_id} in {order.symbol} has ended here: {reason}; "
            f"{order.traded} of its {order.volume} lots are known to be filled, compare the "
            "positions",
        )

    def _cancel_again(self, working: Working) -> None:
        """Send a cancel that was wished for, or got lost, of an order that works after all."""
        if not working.cancelling or working.state.phase in _KEEPS_WISH:
            return
        working.cancelling = False
        try:
            self._sending.cancel(working)
        except GatewayError as error:
            self._roster.alert("error", str(error))

    # -- asking ----------------------------------------------------------------

    def _ask(self, name: str) -> bool:
        """Have a venue report its orders; say whether it can and is there."""
        gateway = self._gateways[name]
        if name in self._down or not isinstance(gateway, OrderSource):
            return False
        now = self._roster.clock.now
        about = (each.state.order_id for each in self._at(name) if each.state.phase is not _HELD)
        patience = self._answer_ns * self._patience.get(name, 1)
        self._asked += 1
        question = _Question(self._asked, now + patience, about)
        # An answer may come later than it should; to one of long ago nobody waits any more.
        self.questions[name] = [*self.questions.get(name, ())[-_MOST_OPEN + 1 :], question]
        self._asked_ns[name] = now
        try:
            gateway.report_orders(question.number)
        except Exception as error:  # noqa: BLE001  told, and asked again; a timer has no fence
            self._roster.alert(
                "error",
                f"the gateway {name!r} raised {type(error).__name__}: {error} when it was asked "
                "for its orders; it is asked again",
            )
        self._go_on_watching()
        return True

    def _at(self, name: str) -> Sequence[Working]:
        return [each for each in self._roster.working.values() if each.state.gateway == name]

    def _unknown(self, name: str) -> list[str]:
        return [each.state.order_id for each in self._at(name) if each.state.phase is _UNKNOWN]

    # -- watching for answers --------------------------------------------------

    def _go_on_watching(self) -> None:
        """Look at what is asked when the first answer is late; with nothing asked, later."""
        due = self._due() if self._answer_ns else 0
        if due:
            self._arm(due)
        elif self._timer is None:
            # The next order or cancel that is sent begins it; so it costs each of them nothing.
            self._sending.watch = self._begin_watching if self._answer_ns else None

    def _begin_watching(self) -> None:
        self._arm(self._roster.clock.now + self._answer_ns)

    def _arm(self, due_ns: int) -> None:
        timer, clock = self._timer, self._roster.clock
        if timer is not None:
            if timer.due_ns <= due_ns:
                return
            timer.cancel()
        self._sending.watch = None
        self._timer = clock.call_after(max(due_ns - clock.now, 1), self._look)

    def _due(self) -> int:
        """Return when the first answer will be late, nanoseconds UTC; 0 where none is awaited."""
        answer_ns, working = self._answer_ns, self._roster.working.values()
        due = [each.asked_ns + answer_ns for each in working if each.state.phase in _AWAITS]
        due += [waiting[-1].late_ns for waiting in self.questions.values()]
        return min(due, default=0)

    def _look(self) -> None:
        """Count as unknown what was not answered in time, and ask."""
        self._timer = None
        if self._answer_ns:
            names = dict.fromkeys(self._lose_late())
            now = self._roster.clock.now
            for name, waiting in self.questions.items():
                if waiting[-1].late_ns <= now:
                    # A venue that does not answer is asked less and less often.
                    self._patience[name] = min(2 * self._patience.get(name, 1), _MOST_PATIENCE)
                    names[name] = None
            for name in names:
                self._ask(name)
        self._go_on_watching()

    def _lose_late(self) -> list[str]:
        """Count orders as unknown whose answer is late; return their venues."""
        latest = self._roster.clock.now - self._answer_ns
        late = [
            each
            for each in self._roster.working.values()
            if each.state.phase in _AWAITS and each.asked_ns <= latest
        ]
        names = list(dict.fromkeys(each.state.gateway for each in late))
        for name in names:
            lost = self._lose(each for each in late if each.state.gateway == name)
            self._tell_lost(name, lost, f"{name} has not answered in time")
        return names

    # -- telling ---------------------------------------------------------------

    def _tell_lost(self, name: str, lost: Sequence[str], what: str) -> None:
        if not lost:
            return
        if isinstance(self._gateways[name], OrderSource):
            then = "it is asked for them as soon as it is up"
        else:
            then = (
                "it cannot be asked for them: look there, cancel what should not work, and "
                "compare the positions; what it reports of them settles them"
            )
        self._roster.alert("warning", f"{what}: unknown are {', '.join(lost)}; {then}")

    def _tell_ending(self, working: Working) -> None:
        order = working.state
        if order.phase is _ENDING and order.order_id not in self._told:
            self._told.add(order.order_id)
            self._roster.alert(
                "error",
                f"{order.gateway} counts {working.ends_with} lots filled of order "
                f"{order.order_id} in {order.symbol} and has reported {order.traded}; it works "
                "until the trades come, look there",
            )
