"""Stops in an engine: held, reached, sent; and the days when that goes wrong."""

from __future__ import annotations

from math import nan

import pytest
from attrs import evolve
from held_floor import CLOSE, LONG, OPEN, SHORT, Breaking, Floor, taken

from homalos.model import (
    OffsetRule,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    Rejection,
    Status,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.testing import INSTRUMENTS, SYMBOL, FakeMarket, at, bar


def test_a_stop_waits_here_and_leaves_at_the_market_under_its_own_id() -> None:
    """The venue hears of it when the price is reached, and not before."""
    floor = Floor()
    order = taken(floor.hand.stop_order(LONG, OPEN, 105.4, 2, reference="why"))
    floor.tick(104, 1)
    before = floor.sent
    floor.tick(105, 2)

    assert (order.phase, order.type, order.order_id) == (OrderPhase.HELD, OrderType.STOP, "1-1")
    assert order.terms is not None
    assert order.terms.trigger == 105.0
    assert before == []
    assert floor.sent == [("1-1", "market", -1, 2)]
    assert floor.state(order).reference == "why"
    assert floor.state(order).type is OrderType.STOP


def test_a_stop_limit_leaves_with_its_limit() -> None:
    """Also where the market has jumped over it: no better and no worse price is made up."""
    floor = Floor()
    order = floor.hand.stop_order(LONG, OPEN, 105, 2, limit=106)
    floor.tick(110, 1)

    assert floor.sent == [("1-1", "limit", 106, 2)]
    assert floor.state(order).price == 106


def test_a_gap_over_the_trigger_in_the_night_leaves_at_the_market() -> None:
    """The night session opens far below the stop of a long position: out, wherever that is."""
    floor = Floor()
    floor.hold(3)
    floor.hand.stop_order(SHORT, CLOSE, 95, 3)
    floor.tick(80, 14 * 3600)

    assert floor.sent[1:] == [("1-2", "market", -1, 3)]


def test_a_stop_that_is_reached_already_leaves_at_once() -> None:
    """A trigger on the wrong side of the last price is no mistake but in a hurry."""
    floor = Floor(price=100)
    order = taken(floor.hand.stop_order(SHORT, OPEN, 101, 1))

    assert floor.sent == [("1-1", "market", -1, 1)]
    assert order.phase is OrderPhase.PENDING


def test_what_is_in_a_hurry_and_refused_is_a_rejection() -> None:
    """As for any other order that leaves at once."""
    spec = RiskRuleSpec(name="none", factory=lambda *_: lambda _: Refusal("no", 1, 0))
    floor = Floor(spec)
    answer = floor.hand.stop_order(LONG, OPEN, 99, 1)

    assert isinstance(answer, Rejection)
    assert answer.rule == "none"
    assert floor.sent == []


def test_a_stop_without_a_price_yet_waits_for_the_first_one() -> None:
    """Nothing has traded: nothing is reached."""
    floor = Floor(price=nan)
    floor.hand.stop_order(LONG, OPEN, 105, 1)
    before = floor.sent
    floor.tick(105, 1)

    assert before == []
    assert len(floor.sent) == 1


def test_a_stop_placed_in_a_bar_is_reached_by_later_bars_only() -> None:
    """The bar that the strategy sees is over: its high cannot reach what came after it."""
    floor = Floor(price=nan)
    floor.hand.on_next_bar = lambda: floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.bar(0, high=106, low=99, close=100)
    floor.bar(1, high=104, low=99, close=100)
    before = floor.sent
    floor.bar(2, high=105, low=99, close=100)

    assert before == []
    assert floor.sent == [("1-1", "market", -1, 1)]


def test_a_longer_bar_that_began_before_the_stop_does_not_reach_it() -> None:
    """Five minutes whose high came before the stop was placed in the fifth of them."""
    floor = Floor(price=nan)
    floor.hand.on_next_bar = lambda: floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.bar(4, high=101, low=99, close=100)
    five = bar(price=100, start_ns=at(0), interval="5m", high_price=110, low_price=90)
    floor.engine.step(five)

    assert floor.sent == []


def test_bars_are_not_looked_at_where_ticks_come() -> None:
    """A trigger that ticks have pulled up is not reached by what a bar saw before that."""
    floor = Floor()
    floor.hand.stop_order(SHORT, OPEN, nan, 1, trail=5)
    floor.tick(97, 10)
    floor.tick(110, 20)
    floor.bar(0, high=110, low=97, close=110)

    assert floor.sent == []


def test_a_trailing_stop_shows_where_it_stands() -> None:
    """Each move is told; the order that leaves is the market's."""
    floor = Floor()
    order = floor.hand.stop_order(SHORT, OPEN, nan, 1, trail=5)
    for second, price in enumerate((102, 101, 104, 99), 1):
        floor.tick(price, second)
    triggers = [h.terms.trigger for h in floor.hand.heard if h.phase is OrderPhase.HELD and h.terms]

    assert triggers[1:] == [95, 97, 99]
    assert floor.sent == [("1-1", "market", -1, 1)]
    assert floor.state(order).phase is OrderPhase.PENDING


def test_nothing_is_heard_of_a_symbol_where_no_stop_waits() -> None:
    """What costs the way of a tick goes with the last stop."""
    floor = Floor()

    def names() -> list[str]:
        return [each.name for each in floor.engine.parts.bus.subscriptions() if each.key == SYMBOL]

    before = names()
    order = floor.hand.stop_order(LONG, OPEN, 105, 1)
    during = names()
    floor.hand.cancel_order(order)

    assert during.count("held orders") == 1
    assert names() == before
    assert floor.lines(order) == "cancelled 0/1"


@pytest.mark.parametrize(
    ("trigger", "trail", "message"),
    [
        (nan, nan, "a stop order needs a trigger, not nan"),
        (95, 0, "a trailing stop needs a trail above 0, not 0"),
    ],
)
def test_a_stop_that_cannot_be_is_refused_before_it_is_an_order(
    trigger: float, trail: float, message: str
) -> None:
    """By a rule of its own, told as every refusal is."""
    floor = Floor()
    answer = floor.hand.stop_order(LONG, OPEN, trigger, 1, trail=trail)

    assert isinstance(answer, Rejection)
    assert (answer.rule, answer.message) == ("order_terms", message)
    assert floor.hand.active_orders() == []


# -- bad days ------------------------------------------------------------------


def test_a_stop_reached_while_its_venue_is_down_leaves_when_that_is_back() -> None:
    """It is told twice: that it waits, and what becomes of it."""
    floor = Floor()
    floor.hold(3)
    order = floor.hand.stop_order(SHORT, CLOSE, 95, 3)
    floor.connection(is_up=False)
    floor.tick(94, 1)
    sent, told = floor.sent[1:], [alert.message for alert in floor.alerts]
    floor.tick(96, 2)
    floor.connection(is_up=True)

    assert sent == []
    assert told[-1] == (
        "stop order 1-2 of hand in aa2510.TEST is to leave, and fake is down: "
        "it leaves when the connection is back"
    )
    assert floor.sent[1:] == [("1-2", "market", -1, 3)]
    assert floor.lines(order) == "pending 0/3"


def test_a_stop_that_waits_for_its_venue_can_be_cancelled() -> None:
    """When the venue is back, nothing leaves."""
    floor = Floor()
    order = floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.connection(is_up=False)
    floor.tick(105, 1)
    floor.hand.cancel_order(order)
    floor.connection(is_up=True)

    assert floor.sent == []
    assert floor.lines(order) == "cancelled 0/1"


def test_a_stop_that_waits_survives_a_lost_connection() -> None:
    """It is the engine's: a venue that goes and comes does not know of it."""
    floor = Floor()
    order = floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.connection(is_up=False)
    floor.connection(is_up=True)

    assert floor.lines(order) == "held 0/1"


def test_a_stop_that_is_refused_when_it_is_reached_is_told() -> None:
    """It ends as rejected, with the rule's words; nobody has to find that out by chance."""
    full = False

    def rule(_context: object, _options: object) -> object:
        return lambda asked: Refusal("too much", asked.volume, 1) if full else None

    floor = Floor(RiskRuleSpec(name="size", factory=rule))  # type: ignore[arg-type]  # made plain
    order = floor.hand.stop_order(LONG, OPEN, 105, 2)
    full = True
    floor.tick(105, 1)

    assert (floor.state(order).status, floor.state(order).reason) == (Status.REJECTED, "too much")
    assert [(alert.level, alert.message) for alert in floor.alerts] == [
        ("error", "stop order 1-1 of hand in aa2510.TEST was kept by size: too much")
    ]


def test_a_stop_that_its_venue_rejects_is_told() -> None:
    """With the venue's words."""
    floor = Floor()
    floor.hand.stop_order(LONG, OPEN, 105, 2)
    floor.tick(105, 1)
    floor.venue.reject(reason="limit up")

    assert floor.alerts[-1].message == (
        "stop order 1-1 of hand in aa2510.TEST was reached, left, and was rejected: limit up; "
        "it does nothing more"
    )


def test_a_venue_that_raises_when_a_stop_leaves_does_not_stop_the_engine() -> None:
    """The order counts as sent; that is told, and other stops leave as well."""
    venue = Breaking()
    floor = Floor(venue=venue)
    first = floor.hand.stop_order(LONG, OPEN, 105, 1)
    second = floor.hand.stop_order(LONG, OPEN, 105, 2)
    venue.breaks = True
    floor.tick(105, 1)

    assert [floor.lines(order) for order in (first, second)] == ["pending 0/1", "pending 0/2"]
    assert [alert.level for alert in floor.alerts] == ["error", "error"]
    assert list(floor.engine.parts.faults) == []


def test_a_strategy_that_fails_has_its_stops_cancelled() -> None:
    """What it meant to do, it cannot look after any more."""
    floor = Floor()
    order = floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.engine.parts.strategies.fail("hand", ValueError("bug"), None)
    floor.tick(105, 1)

    assert floor.lines(order) == "cancelled 0/1"
    assert floor.sent == []


def test_a_strategy_that_is_unloaded_has_its_stops_cancelled() -> None:
    """And is gone at once, since no venue has to answer."""
    floor = Floor()
    order = floor.hand.stop_order(LONG, OPEN, 105, 1)
    gone: list[bool] = []
    floor.engine.parts.strategies.unload("hand", lambda: gone.append(True))

    assert floor.lines(order) == "cancelled 0/1"
    assert gone == [True]


def test_two_stops_at_one_price_leave_in_the_order_of_placing() -> None:
    """The same day gives the same orders."""
    floor = Floor()
    for volume in (3, 1, 2):
        floor.hand.stop_order(LONG, OPEN, 105, volume)
    floor.tick(106, 1)

    assert [volume for *_, volume in floor.sent] == [3, 1, 2]


def test_a_stop_that_the_strategy_cancels_when_another_leaves_does_not_leave() -> None:
    """It hears of the first while the second is looked at."""
    floor = Floor()
    floor.hand.stop_order(LONG, OPEN, 105, 1)
    second = floor.hand.stop_order(LONG, OPEN, 105, 2)
    hear = floor.hand.on_order

    def on_order(order: OrderData) -> None:
        hear(order)
        floor.hand.cancel_order(second)

    floor.engine.parts.bus.subscribe(OrderData, on_order, key="hand")
    floor.tick(105, 1)

    assert [volume for *_, volume in floor.sent] == [1]


def test_a_close_that_its_venue_wants_split_leaves_in_parts() -> None:
    """The stop of a position of yesterday and of today: two orders, one stop."""
    dated = evolve(INSTRUMENTS[SYMBOL], offsets=OffsetRule.DATED)
    floor = Floor(market=FakeMarket([dated]))
    floor.hold(2)
    day_s = 24 * 3600
    floor.tick(100, day_s)
    floor.hold(1)
    order = floor.hand.stop_order(SHORT, CLOSE, 95, 3)
    floor.tick(95, day_s + 1)
    asked: list[OrderRequest] = floor.venue.requests[2:]

    assert sorted((str(r.offset), r.volume) for r in asked) == [
        ("closetoday", 1),
        ("closeyesterday", 2),
    ]
    for request in asked:
        floor.venue.fill(request.order_id, price=94)
    assert floor.lines(order).endswith("3/3")


def test_a_target_leaves_stops_alone_and_does_not_count_them() -> None:
    """A stop may never leave: what is missing is sent all the same."""
    floor = Floor()
    floor.hold(1)
    stop = floor.hand.stop_order(SHORT, CLOSE, 95, 1)
    floor.hand.set_target_pos(3, price=100)

    assert floor.sent[1:] == [("1-3", "limit", 100, 2)]
    assert floor.lines(stop) == "held 0/1"


def test_a_run_that_ends_with_a_stop_held_has_settled_orders() -> None:
    """No venue knows of it, and none has to."""
    floor = Floor()
    floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.engine.stop()

    assert floor.engine.summary().orders_settled
