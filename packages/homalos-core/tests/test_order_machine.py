"""Many orders, two venues and lines that lose, repeat and reorder: what must hold all the same."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from math import nan

import pytest
from honest_venue import HonestVenue, Resting
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from homalos.bus import Bus
from homalos.clock import EngineClock
from homalos.config import AccountSettings
from homalos.engine.accounts import AccountManager
from homalos.engine.loop import Loop
from homalos.engine.orders import LEGAL, OrderManager
from homalos.engine.risk import RiskManager
from homalos.errors import GatewayError
from homalos.inbox import Inbox
from homalos.journal import CountingJournal
from homalos.model import (
    CancelRefused,
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderReport,
    OrderRequest,
    OrderType,
    PositionMode,
    Status,
    TradeReport,
)
from homalos.plugins.ports import VenueEvent
from homalos.testing import DAY, INSTRUMENTS, SYMBOL, at, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
HELD = OrderPhase.HELD
ENDS = {Status.ALLTRADED, Status.CANCELLED, Status.REJECTED}
DEEP = settings.default is not None and settings.default.max_examples >= 2_000
ACCOUNTS = {
    "one": AccountSettings(gateway="a"),
    "two": AccountSettings(gateway="b", mode=PositionMode.NETTING),
}
_place = st.integers(0, 99)
_which = st.integers(0, 1)
_lots = st.integers(1, 4)


def _raise(_subscription: object, _event: object, error: Exception) -> None:
    raise error


class OrdersAndLines(RuleBasedStateMachine):
    """An order manager on two honest venues, each behind a line of its own."""

    def __init__(self) -> None:
        super().__init__()
        bus, clock = Bus(_raise), EngineClock()
        self.clock = clock
        self.loop = Loop(
            bus=bus, clock=clock, inbox=Inbox(), journal=CountingJournal(), event_time=True
        )
        self.venues = tuple(HonestVenue(name, clock.now_ns, DAY) for name in "ab")
        self.accounts = AccountManager(bus, ACCOUNTS, lambda _: INSTRUMENTS[SYMBOL], lambda _: nan)
        self.manager = OrderManager(
            run="1",
            bus=bus,
            clock=clock,
            risk=RiskManager(),
            accounts=self.accounts,
            gateways={venue.name: venue for venue in self.venues},
            journal=CountingJournal(),
            last_price=lambda _: nan,
            answer_s=10.0,
        )
        self.loop.bind(OrderReport, self.manager.on_report)
        self.loop.bind(TradeReport, self.manager.on_trade)
        self.loop.bind(CancelRefused, self.manager.on_cancel_refused)
        self.loop.end_day = lambda _over, _begins: self.manager.end_day()
        self.lanes = tuple(self.manager.lane(name, SYMBOL) for name in ACCOUNTS)
        self.last: dict[str, OrderData] = {}
        bus.subscribe(OrderData, self.follow, order=90, name="test")
        self.heard: list[VenueEvent] = []
        self.foreign: list[TradeReport] = []
        self.days = 0
        self.loop.step(tick(price=100.0))

    def follow(self, order: OrderData) -> None:
        """Check a state that is told against the one told before."""
        before = self.last.get(order.order_id)
        if before is not None:
            same = order.status is before.status
            assert same or order.status in LEGAL[before.status]
            assert order.traded >= before.traded
            assert before.status not in ENDS or order.phase in {
                before.phase, OrderPhase.PARTLY_CANCELLED,
            }  # fmt: skip
        self.last[order.order_id] = order

    # -- what we do --------------------------------------------------------------

    @rule(which=_which, buys=st.booleans(), opens=st.booleans(), lots=_lots)
    def send(self, which: int, *, buys: bool, opens: bool, lots: int) -> None:
        """Send an order; the gateway may raise."""
        direction, offset = LONG if buys else SHORT, OPEN if opens else CLOSE
        with suppress(GatewayError):
            self.manager.submit(
                "hand", self.lanes[which], direction, offset, 100.0, lots, OrderType.LIMIT
            )

    @rule(which=_which, buys=st.booleans(), lots=_lots)
    def keep(self, which: int, *, buys: bool, lots: int) -> None:
        """Hold an order back."""
        lane = self.lanes[which]
        request = OrderRequest(
            self.manager.next_id(), SYMBOL, LONG if buys else SHORT, OPEN, OrderType.STOP, nan,
            lots, "hand", lane.account.name, lane.gateway_name, self.clock.now,
        )  # fmt: skip
        self.manager.keep_held(request, lane)

    def held(self) -> list[str]:
        """Return the ids of the orders that are held."""
        return [each.order_id for each in self.manager.working() if each.phase is HELD]

    @precondition(lambda self: self.held())
    @rule(place=_place, what=st.sampled_from(["release", "change", "end"]))
    def move_held(self, place: int, what: str) -> None:
        """Release a held order, change it, or end it."""
        held = self.held()
        order_id = held[place % len(held)]
        if what == "release":
            with suppress(GatewayError):
                self.manager.release_held(order_id, OrderType.LIMIT, 100.0)
        elif what == "change":
            self.manager.change_held(order_id, volume=place % 4 + 1)
        else:
            self.manager.end_held(order_id, "enough")

    @precondition(lambda self: self.manager.orders)
    @rule(place=_place)
    def cancel(self, place: int) -> None:
        """Ask for some order back, one that has ended, too."""
        with suppress(GatewayError):
            self.manager.cancel(list(self.manager.orders)[place % len(self.manager.orders)])

    # -- what happens at the venues ------------------------------------------------

    @rule(which=_which, arrives=st.booleans())
    def travel(self, which: int, *, arrives: bool) -> None:
        """Let what is on its way to a venue arrive, or the first of it get lost."""
        coming = self.venues[which].coming
        if coming and not arrives:
            coming.popleft()
        while coming:
            self.venues[which].arrive()

    def resting(self, which: int) -> list[Resting]:
        """Return the orders that work at a venue."""
        return [each for each in self.venues[which].orders.values() if not each.ended]

    @rule(which=_which, place=_place, lots=_lots)
    def fill(self, which: int, place: int, lots: int) -> None:
        """Fill lots of some order that works."""
        resting = self.resting(which)
        if resting:
            self.venues[which].fill(resting[place % len(resting)], lots)

    @rule(which=_which, place=_place)
    def end(self, which: int, place: int) -> None:
        """Have a venue end an order of its own will; without a fill it may be a rejection."""
        resting = self.resting(which)
        if resting:
            order = resting[place % len(resting)]
            rejects = place % 2 and not order.traded
            self.venues[which].cancel(order, Status.REJECTED if rejects else Status.CANCELLED)

    # -- what becomes of what they say ---------------------------------------------

    def hear(self, events: list[VenueEvent]) -> None:
        """Have the engine hear something."""
        for event in events:
            self.heard.append(event)
            self.loop.step(event)

    @rule(which=_which, count=st.integers(1, 8))
    def deliver(self, which: int, count: int) -> None:
        """Deliver what a venue said, in its order."""
        going = self.venues[which].going
        for _ in range(min(count, len(going))):
            self.hear(going.pop(0))

    @precondition(lambda self: any(len(venue.going) > 1 for venue in self.venues))
    @rule(which=_which, place=_place, how=st.sampled_from(["early", "twice", "lost", "torn"]))
    def disturb(self, which: int, place: int, how: str) -> None:
        """Deliver something early, twice, not at all, or an answer without its last part."""
        going = self.venues[which].going
        if going:
            events = going.pop(place % len(going))
            if how == "twice":
                self.hear(events)
            if how == "torn":
                self.hear(events[: place % len(events)])
            elif how != "lost":
                self.hear(events)

    @precondition(lambda self: self.heard)
    @rule(place=_place)
    def repeat(self, place: int) -> None:
        """Say something again that was heard long ago."""
        self.loop.step(self.heard[place % len(self.heard)])

    @rule(which=_which, is_up=st.booleans(), raises=st.booleans())
    def turn(self, which: int, *, is_up: bool, raises: bool) -> None:
        """Cut a line or mend it; the engine hears of it at once."""
        venue = self.venues[which]
        venue.raises = raises and not is_up
        venue.turn(is_up=is_up)
        self.hear(venue.going.pop(0))

    @rule(which=_which, is_ours=st.booleans(), lots=_lots)
    def trade_elsewhere(self, which: int, *, is_ours: bool, lots: int) -> None:
        """Trade by hand in an account, ours or one that nobody knows."""
        venue, name = self.venues[which], self.lanes[which].account.name
        trade = TradeReport(
            f"X{len(self.foreign)}", f"X{len(self.foreign)}", SYMBOL, LONG, OPEN, 100.0, lots,
            self.clock.now, venue.day, name if is_ours else "nobody", venue.name,
        )  # fmt: skip
        self.foreign.append(trade)
        self.hear([trade])

    # -- time ----------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 5, 11]))
    def wait(self, seconds: int) -> None:
        """Let time pass, until an answer is late or not."""
        self.loop.advance(self.clock.now + seconds * 10**9)

    @rule()
    def next_day(self) -> None:
        """Let a trading day end at the venues and begin in the engine."""
        self.days += 1
        for venue in self.venues:
            venue.end_day(DAY + self.days)
        self.loop.step(tick(price=100.0, ts_ns=at(self.days * 86_400)))

    # -- what must hold ------------------------------------------------------------

    @invariant()
    def fills_are_those_of_the_trades(self) -> None:
        """Each lot is counted once, in its order and in the position; no order has too many."""
        filled = dict.fromkeys(self.manager.orders, 0)
        net = dict.fromkeys(ACCOUNTS, 0)
        for trade in self.manager.trades:
            net[trade.account] += trade.volume if trade.direction is LONG else -trade.volume
            if trade.order_id in filled:
                filled[trade.order_id] += trade.volume
        orders = self.manager.orders
        assert {key: order.traded for key, order in orders.items()} == filled
        assert all(order.traded <= order.volume for order in orders.values())
        assert {
            lane.account.name: lane.position.long - lane.position.short for lane in self.lanes
        } == net

    @invariant()
    def no_trade_is_made_up(self) -> None:
        """Find each trade that is booked made at a venue, and booked once."""
        booked = [(each.gateway, each.trade_id) for each in self.manager.trades]
        made = {(venue.name, each.trade_id) for venue in self.venues for each in venue.trades}
        made |= {(each.gateway, each.trade_id) for each in self.foreign if each.account != "nobody"}
        assert len(set(booked)) == len(booked)
        assert made.issuperset(booked)

    @invariant()
    def what_works_is_what_is_held(self) -> None:
        """Lots working and money frozen are those of the orders at the venue, never less than 0."""
        for lane in self.lanes:
            working = [each.state for each in lane.working.values()]
            left = [
                sum(order.left for order in working if order.direction is side)
                for side in (LONG, SHORT)
            ]
            position = lane.position
            assert [
                position.opening_long + position.closing_short,
                position.opening_short + position.closing_long,
            ] == left  # fmt: skip
            assert lane.account.frozen >= -1e-6
            assert working or lane.account.frozen <= 1e-6

    @invariant()
    def orders_that_work_are_known_everywhere(self) -> None:
        """By strategy and lane, in the phase that says so."""
        working = self.manager.working()
        at_venues = {each.order_id for each in working if each.phase is not HELD}
        assert at_venues == set(chain.from_iterable(lane.working for lane in self.lanes))
        assert {each.order_id for each in working} == set(self.manager.working_of("hand"))
        assert all(each.status not in ENDS for each in working)

    # -- the end -------------------------------------------------------------------

    def teardown(self) -> None:
        """Mend the lines, end everything at the venues, and ask: then both sides agree."""
        for order_id in self.held():
            self.manager.end_held(order_id, "the end")
        for which, venue in enumerate(self.venues):
            venue.raises = False
            venue.turn(is_up=True)
            for order in self.resting(which):
                venue.cancel(order)
        # What arrived late, or is cancelled for being unknown here, is over after the second.
        for _ in range(3):
            self.wait(11)
            self.manager.reconcile()
            for which in (0, 1):
                self.travel(which, arrives=True)
                for order in self.resting(which):
                    self.venues[which].cancel(order)
                self.deliver(which, 10_000)
        self.fills_are_those_of_the_trades()
        self.no_trade_is_made_up()
        self.what_works_is_what_is_held()
        assert self.manager.working() == []
        assert [lane.account.frozen for lane in self.lanes] == pytest.approx([0, 0], abs=1e-6)
        booked = {(each.gateway, each.trade_id) for each in self.manager.trades}
        today = {
            (venue.name, each.trade_id)
            for venue in self.venues
            for each in venue.trades
            if each.trading_day == venue.day
        }
        assert booked.issuperset(today)


# Chance begins anew with each round; a round ends before the tests' time-out of five minutes.
@pytest.mark.machine
@pytest.mark.parametrize("_round", range(25 if DEEP else 1))
def test_orders_hold_on_any_line(_round: int) -> None:
    """1,000 sequences, and 50,000 in the deep run."""
    limits = settings(max_examples=2_000 if DEEP else 1_000, stateful_step_count=20)
    run_state_machine_as_test(OrdersAndLines, settings=limits)
