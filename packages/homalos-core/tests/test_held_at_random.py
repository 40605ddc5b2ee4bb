"""Orders of the engine's own under any market and any venue: no lot is ever closed twice."""

from __future__ import annotations

from held_floor import LONG, OPEN, SHORT, Floor
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from homalos.config import OrderSettings
from homalos.model import OrderData, OrderPhase, Rejection, Terms, TimeInForce
from homalos.strategy import Bracket

HELD = OrderPhase.HELD
NS = 1_000_000_000
DAY_S = 86_400
PLACE = "in place of "

lots = st.integers(1, 4)
prices = st.integers(85, 115)
number = st.integers(0, 50)


class HeldMachine(RuleBasedStateMachine):
    """Places, changes and cancels; the price jumps; the venue fills, cancels and refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor(orders=OrderSettings(answer_s=0))
        self.second = 0
        self.brackets: list[Bracket] = []
        self.pairs: list[tuple[OrderData, OrderData]] = []
        self.asked: dict[str, int] = {}

    # -- what a strategy does ------------------------------------------------------

    @rule(
        volume=lots,
        price=prices,
        away=st.integers(1, 6),
        trails=st.booleans(),
        filled=st.integers(0, 4),
    )
    def bracket(
        self,
        volume: int,
        price: int,
        away: int,
        trails: bool,  # noqa: FBT001  drawn
        filled: int,
    ) -> None:
        """Enter with two exits; some of it fills at once."""
        made = self.floor.hand.bracket(
            LONG, price, volume,
            take_profit=price + away, stop_loss=price - away,
            trail=away if trails else float("nan"),
        )  # fmt: skip
        assert isinstance(made, Bracket)
        self.brackets.append(made)
        if filled:
            self.floor.venue.fill(made.entry.order_id, volume=min(filled, volume), price=price)

    @rule(volume=lots, away=st.integers(1, 6))
    def exit_pair(self, volume: int, away: int) -> None:
        """Close what is held either way; refused where it is not there."""
        pair = self.floor.hand.oco(SHORT, volume, limit=100 + away, stop=100 - away)
        if not isinstance(pair, Rejection):
            self.pairs.append(pair)

    @rule(volume=lots, price=prices, requotes=st.integers(0, 2), lasts=st.sampled_from(TimeInForce))
    def limit(self, volume: int, price: int, requotes: int, lasts: TimeInForce) -> None:
        """Buy with a time-out, over days or not."""
        until = 0
        if lasts is TimeInForce.GTD:
            until = self.floor.engine.parts.clock.now + 50 * NS
        terms = Terms(time_in_force=lasts, until_ns=until, timeout_ns=5 * NS, requotes=requotes)
        order = self.floor.hand.buy(price, volume, terms=terms)
        self.asked[order.order_id] = volume

    @rule(volume=lots, trigger=prices)
    def stop(self, volume: int, trigger: int) -> None:
        """Buy when the price is there."""
        self.floor.hand.stop_order(LONG, OPEN, trigger, volume)

    @precondition(lambda self: self.floor.hand.active_orders())
    @rule(which=number, price=prices, volume=st.none() | lots)
    def amend(self, which: int, price: int, volume: int | None) -> None:
        """Change an order; what may not be is refused."""
        order = self._of(self.floor.hand.active_orders(), which)
        answer = self.floor.hand.amend_order(order, price=price, volume=volume)
        root = self._root(order.order_id)
        if volume is not None and root in self.asked and isinstance(answer, OrderData):
            before = sum(
                self.floor.state(i).traded for i in self._family(root) if i != order.order_id
            )
            self.asked[root] = max(self.asked[root], before + volume)

    @precondition(lambda self: self.floor.hand.active_orders())
    @rule(which=number)
    def cancel(self, which: int) -> None:
        """Take an order back."""
        self.floor.hand.cancel_order(self._of(self.floor.hand.active_orders(), which))

    # -- what the market and the venue do --------------------------------------------

    @rule(price=prices, seconds=st.integers(0, 9))
    def trade(self, price: int, seconds: int) -> None:
        """Let a price trade, a while later."""
        self.second += seconds
        self.floor.tick(price, self.second)

    @rule()
    def next_day(self) -> None:
        """Let the venue end everything that is there, and a day begin."""
        for order in self._out():
            self.floor.venue.cancel(order.order_id, reason="the day is over")
        self.second = (self.second // DAY_S + 1) * DAY_S
        self.floor.tick(100, self.second)

    @precondition(lambda self: self._out())
    @rule(which=number, what=st.sampled_from(["accept", "cancel", "reject", "refuse"]))
    def venue_says(self, which: int, what: str) -> None:
        """Let the venue speak of an order that it has."""
        order = self._of(self._out(), which)
        venue = self.floor.venue
        if what == "reject" and order.traded:
            return
        if what == "refuse":
            if order.phase is OrderPhase.CANCEL_PENDING:
                venue.refuse_cancel(order.order_id)
            return
        getattr(venue, what)(order.order_id)

    @precondition(lambda self: self._out())
    @rule(which=number, volume=lots)
    def fill(self, which: int, volume: int) -> None:
        """Let lots of an order fill, also where its cancel is on its way."""
        order = self._of(self._out(), which)
        self.floor.venue.fill(order.order_id, volume=min(volume, order.left), price=100)

    @rule(is_up=st.booleans())
    def connection(self, is_up: bool) -> None:  # noqa: FBT001
        """Let the venue go away or come back."""
        self.floor.connection(is_up=is_up)

    # -- what must be so ---------------------------------------------------------------

    @invariant()
    def exits_of_a_bracket_close_no_lot_twice(self) -> None:
        """Hold what is closed, and what orders that are out may close, against what was entered."""
        for bracket in self.brackets:
            entered = sum(
                self.floor.state(each).traded for each in self._family(bracket.entry.order_id)
            )
            exits = [
                order
                for order in self.floor.orders.orders.values()
                if order.terms is not None and order.terms.parent == bracket.entry.order_id
            ]
            closed = sum(order.traded for order in exits)
            out = sum(o.left for o in exits if o.is_active and o.phase is not HELD)
            assert closed + out <= entered

    @invariant()
    def of_a_pair_only_one_is_out(self) -> None:
        """Have the stop leave when the limit is over, and not before."""
        for pair in self.pairs:
            out = [
                state
                for order in pair
                for state in map(self.floor.state, self._family(order.order_id))
                if state.is_active and state.phase is not HELD
            ]
            assert len(out) <= 1

    @invariant()
    def no_more_is_bought_than_was_asked(self) -> None:
        """Hold fills and what is out against the volume, however often it is sent anew."""
        for order_id, volume in self.asked.items():
            states = [self.floor.state(each) for each in self._family(order_id)]
            traded = sum(state.traded for state in states)
            out = sum(s.left for s in states if s.is_active and s.phase is not HELD)
            assert traded + out <= volume

    @invariant()
    def nobody_failed(self) -> None:
        """See no handler raise."""
        assert list(self.floor.engine.parts.faults) == []

    def teardown(self) -> None:
        """Take everything back: with the venue's word it all ends."""
        self.floor.connection(is_up=True)
        for _ in range(3):
            self.floor.hand.cancel_all()
            for order in self._out():
                self.floor.venue.cancel(order.order_id)
        assert self.floor.hand.active_orders() == []
        self.nobody_failed()

    # -- inside ------------------------------------------------------------------------

    def _out(self) -> list[OrderData]:
        return [o for o in self.floor.hand.active_orders() if o.phase is not HELD]

    @staticmethod
    def _of(orders: list[OrderData], which: int) -> OrderData:
        return orders[which % len(orders)]

    def _before(self) -> dict[str, str]:
        heard = self.floor.hand.heard
        named = (o for o in heard if o.phase is HELD and o.reason.startswith(PLACE))
        return {o.order_id: o.reason.removeprefix(PLACE).partition(":")[0] for o in named}

    def _root(self, order_id: str) -> str:
        before = self._before()
        while order_id in before:
            order_id = before[order_id]
        return order_id

    def _family(self, order_id: str) -> list[str]:
        """Return an order's id, and those of the orders that took its place since."""
        return [order_id, *(each for each in self._before() if self._root(each) == order_id)]


TestHeldAtRandom = HeldMachine.TestCase
TestHeldAtRandom.settings = settings(stateful_step_count=40, max_examples=100)
