"""The rules about messages and orders at work: counts, rates, duplicates and self-trades."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.model import (
    CancelRequest,
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    Status,
)
from homalos.plugins import NoOptions
from homalos.plugins.ports import RiskRule
from homalos.testing import OTHER, START_NS, SYMBOL, FakeRiskContext, order_request
from homalos_risk import (
    DailyMessagesOptions,
    DuplicateOrderOptions,
    MessageRateOptions,
    OrderRateOptions,
    WorkingOrdersOptions,
    bind_daily_messages,
    bind_duplicate_order,
    bind_message_rate,
    bind_order_rate,
    bind_self_trade,
    bind_working_orders,
)
from homalos_risk.windows import Window

LONG, SHORT = Direction.LONG, Direction.SHORT
SECOND = 1_000_000_000


def resting(
    order_id: str,
    price: float = 100.0,
    *,
    direction: Direction = SHORT,
    strategy: str = "other",
    symbol: str = SYMBOL,
    phase: OrderPhase = OrderPhase.RESTING,
) -> OrderData:
    """Make an order at work; a price of nan makes it one at the market."""
    kind = OrderType.LIMIT if price == price else OrderType.MARKET  # noqa: PLR0124  nan
    return OrderData(
        order_id, symbol, direction, Offset.OPEN, kind, price, 1, 0, Status.NOTTRADED,
        strategy, "main", "fake", START_NS, START_NS, phase=phase,
    )  # fmt: skip


def cancel(symbol: str = SYMBOL) -> CancelRequest:
    """Make a cancel."""
    return CancelRequest("1-1", symbol, "test", "main", "fake", START_NS)


# -- working_orders -----------------------------------------------------------


def test_orders_at_work_are_counted_by_symbol_and_account() -> None:
    """Two in one symbol and one in another: three of the account."""
    context = FakeRiskContext()
    rules = bind_working_orders(context, WorkingOrdersOptions(max_symbol=3, max_account=3))
    context.rest(resting("1-1"))
    context.rest(resting("1-2"))
    ask = order_request()
    assert [rule.check(ask) for rule in rules.values()] == [None, None]
    context.holding("main", OTHER)
    context.rest(resting("1-3", symbol=OTHER))
    refusal = rules["account"].check(ask)
    assert rules["symbol"].check(ask) is None
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (4, 3)
    assert refusal.message == (
        "with this order 4 orders would be at work in account main; at most 3 are allowed"
    )
    assert rules["account"].meters is not None
    assert [(each.subject, each.value) for each in rules["account"].meters()] == [("main", 3)]
    assert rules["account"].measure is not None
    assert [each.value for each in rules["account"].measure(ask)] == [4]
    assert rules["account"].check(order_request(SHORT, offset=Offset.CLOSE)) is None


# -- daily_messages -----------------------------------------------------------


def test_opening_stops_while_every_order_can_still_be_cancelled() -> None:
    """497 cancels and one order at work leave one more of 499, so that 500 is never reached."""
    context = FakeRiskContext()
    context.activity("main", SYMBOL).cancels = 497
    rule = bind_daily_messages(context, DailyMessagesOptions(max_cancels=499))["cancels"]
    assert rule.check(order_request()) is None
    context.rest(resting("1-1"))
    assert rule.check(order_request()) is None
    context.rest(resting("1-2"))
    refusal = rule.check(order_request())
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (500, 499)
    assert refusal.message == (
        "with this order account main could come to 500 cancels in aa2510.TEST on this "
        "trading day; at most 499 are allowed"
    )
    assert rule.on_cancel is None
    assert rule.check(order_request(SHORT, offset=Offset.CLOSE)) is None


@pytest.mark.parametrize("kind", [OrderType.FAK, OrderType.FOK])
def test_order_that_is_over_at_once_takes_no_cancel(kind: OrderType) -> None:
    """Nobody cancels a FAK or FOK, and the exchanges do not count them."""
    context = FakeRiskContext()
    context.activity("main", SYMBOL).cancels = 500
    rule = bind_daily_messages(context, DailyMessagesOptions(max_cancels=500))["cancels"]
    assert rule.check(order_request(type=kind)) is None
    assert rule.check(order_request()) is not None


def test_orders_of_a_day_are_counted_in_each_symbol() -> None:
    """The counts are the engine's and begin anew with the trading day."""
    context = FakeRiskContext()
    rule = bind_daily_messages(context, DailyMessagesOptions(max_orders=10))["orders"]
    context.activity("main", SYMBOL).orders = 10
    assert rule.check(order_request()) is not None
    assert rule.check(order_request(symbol=OTHER)) is None
    context.activity("main", SYMBOL).orders = 9
    assert rule.check(order_request()) is None
    assert rule.measure is not None
    assert [each.value for each in rule.measure(order_request())] == [10]


# -- message_rate -------------------------------------------------------------


def test_orders_and_cancels_share_a_rate() -> None:
    """Three a second: an order, a cancel and an order fill it until a second after the first."""
    context = FakeRiskContext()
    rule = bind_message_rate(context, MessageRateOptions(max_messages=3))
    assert rule is not None
    assert rule.on_cancel is not None
    assert rule.check(order_request()) is None
    context.clock.advance(SECOND // 2)
    rule.on_cancel(cancel())
    assert rule.check(order_request()) is None
    refusal = rule.check(order_request())
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (4, 3)
    assert refusal.message == (
        "3 orders and cancels of account main in aa2510.TEST have passed in the last 1 s; "
        "no more are allowed"
    )
    assert rule.check(order_request(symbol=OTHER)) is None
    context.clock.advance(SECOND // 2)
    assert rule.check(order_request()) is None
    assert rule.check(order_request()) is not None


def test_cancels_and_closes_pass_and_count() -> None:
    """The way out is never barred, but what leaves is a message all the same."""
    context = FakeRiskContext()
    rule = bind_message_rate(context, MessageRateOptions(max_messages=2))
    assert rule is not None
    assert rule.on_cancel is not None
    close = order_request(SHORT, offset=Offset.CLOSE)
    assert [rule.check(close) for _ in range(3)] == [None] * 3
    context.clock.advance(SECOND - 1)
    rule.on_cancel(cancel())
    context.clock.advance(1)
    assert rule.check(order_request()) is None  # the cancel and this one
    assert rule.check(order_request()) is not None


def test_explaining_does_not_count() -> None:
    """`peek` and `measure` may be asked as often as one likes."""
    context = FakeRiskContext()
    rules = [
        bind_message_rate(context, MessageRateOptions(max_messages=1)),
        bind_order_rate(context, OrderRateOptions(max_orders=1)),
    ]
    for rule in rules:
        assert rule is not None
        assert rule.peek is not None
        assert rule.measure is not None
        for _ in range(3):
            assert rule.peek(order_request()) is None
            assert [(each.value, each.limit) for each in rule.measure(order_request())] == [(1, 1)]
        assert rule.check(order_request()) is None
        assert rule.peek(order_request()) == rule.check(order_request()) is not None


@given(
    gaps=st.lists(st.integers(0, 15), max_size=40),
    most=st.integers(1, 6),
    length=st.integers(1, 20),
)
def test_window_counts_as_a_list_would(gaps: list[int], most: int, length: int) -> None:
    """Instants younger than the window, at most as many as it keeps, computed here."""
    now = 100
    window = Window(most, length, now)
    added: list[int] = []
    for gap in gaps:
        now += gap
        young = [at for at in added if now - at < length][-most:]
        assert window.count(now) == len(young)
        assert window.is_full(now) is (len(young) == most)
        window.add(now)
        added.append(now)


# -- duplicate_order ----------------------------------------------------------


def duplicates(context: FakeRiskContext, within_s: float = 1.0) -> RiskRule:
    """Bind the rule."""
    rule = bind_duplicate_order(context, DuplicateOrderOptions(within_s=within_s))
    assert rule is not None
    return rule


def test_same_order_is_refused_within_the_window() -> None:
    """A second press of the button half a second later is one too many; a second later not."""
    context = FakeRiskContext()
    rule = duplicates(context)
    assert rule.check(order_request()) is None
    context.activity("main", SYMBOL).orders = 1
    context.clock.advance(SECOND // 2)
    refusal = rule.check(order_request())
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (0.5, 1.0)
    assert refusal.message == (
        "strategy test asked the same 0.5 s ago: long open, 1 lots of aa2510.TEST at 100.0; "
        "expected at least 1 s between"
    )
    context.clock.advance(SECOND // 2)
    assert rule.check(order_request()) is None


def test_asking_about_a_duplicate_remembers_nothing() -> None:
    """`peek` gives the verdict of `check`, before and after."""
    rule = duplicates(FakeRiskContext())
    assert rule.peek is not None
    assert [rule.peek(order_request()) for _ in range(2)] == [None, None]
    assert rule.check(order_request()) is None
    peeked = rule.peek(order_request())
    assert peeked is not None
    assert peeked == rule.check(order_request())
    assert (peeked.input, peeked.limit) == (0.0, 1.0)


@pytest.mark.parametrize(
    "other",
    [
        order_request(price=101.0),
        order_request(volume=2),
        order_request(SHORT),
        order_request(offset=Offset.CLOSE),
        order_request(strategy="other"),
        order_request(account="other"),
        order_request(symbol=OTHER),
        order_request(type=OrderType.FAK),
    ],
)
def test_order_that_differs_in_anything_passes(other: OrderRequest) -> None:
    """A grid of orders is no mistake."""
    rule = duplicates(FakeRiskContext())
    assert rule.check(order_request()) is None
    assert rule.check(other) is None


def test_market_orders_are_compared_without_a_price() -> None:
    """Two prices that are missing are the same, though nan is not equal to nan."""
    rule = duplicates(FakeRiskContext())
    assert rule.check(order_request(price=nan)) is None
    assert rule.check(order_request(price=float("nan"))) is not None


def test_order_that_another_rule_kept_may_be_asked_again() -> None:
    """Nothing left and something was refused since: it was this one."""
    context = FakeRiskContext()
    rule = duplicates(context)
    assert rule.check(order_request()) is None
    context.activity("main", SYMBOL).refused = 1
    assert rule.check(order_request()) is None
    context.activity("main", SYMBOL).orders = 1
    assert rule.check(order_request()) is not None


def test_old_orders_are_forgotten_and_young_ones_not() -> None:
    """Two thousand different orders are all remembered for as long as the window is."""
    context = FakeRiskContext()
    rule = duplicates(context)
    for number in range(2000):
        assert rule.check(order_request(volume=number + 1)) is None
    assert rule.check(order_request(volume=1)) is not None
    context.clock.advance(SECOND)
    for number in range(2000):
        assert rule.check(order_request(volume=number + 1)) is None


# -- self_trade ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "own", "price", "passes"),
    [
        (LONG, 101.0, 100.0, True),
        (LONG, 101.0, 101.0, False),
        (LONG, 101.0, 102.0, False),
        (LONG, 101.0, nan, False),
        (LONG, nan, 1.0, False),
        (SHORT, 99.0, 100.0, True),
        (SHORT, 99.0, 99.0, False),
        (SHORT, 99.0, 98.0, False),
        (SHORT, 99.0, nan, False),
        (SHORT, nan, 9999.0, False),
    ],
)
def test_order_that_would_meet_an_own_one_is_refused(
    direction: Direction,
    own: float,
    price: float,
    passes: bool,  # noqa: FBT001
) -> None:
    """Equal prices meet; an order at the market meets anything."""
    context = FakeRiskContext()
    context.rest(resting("1-7", own, direction=SHORT if direction is LONG else LONG))
    check = bind_self_trade(context, NoOptions())
    assert (check(order_request(direction, price)) is None) is passes
    assert (check(order_request(direction, price, offset=Offset.CLOSE)) is None) is passes


def test_refusal_names_the_order_and_whose_it_is() -> None:
    """The one of several that is in the way, so that it can be cancelled."""
    context = FakeRiskContext()
    check = bind_self_trade(context, NoOptions())
    context.rest(resting("1-5", 99.0, direction=LONG))
    context.rest(resting("1-6", 105.0))
    context.rest(resting("1-7", 101.0))
    refusal = check(order_request(price=102.0))
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (102.0, 101.0)
    assert refusal.message == (
        "the order to buy aa2510.TEST at 102.0 could trade with strategy other's order 1-7 "
        "to sell at 101.0 in account main; cancel that first"
    )
    mine = check(order_request(price=102.0, strategy="other"))
    assert mine is not None
    assert "with its own order 1-7" in mine.message


def test_only_orders_of_the_account_and_symbol_are_in_the_way() -> None:
    """Another account or symbol is another party; an order that has ended meets nobody."""
    context = FakeRiskContext()
    check = bind_self_trade(context, NoOptions())
    context.rest(resting("1-7", symbol=OTHER))
    assert check(order_request()) is None
    context.rest(resting("1-8", phase=OrderPhase.ENDING))
    assert check(order_request()) is None
    context.rest(resting("1-9", phase=OrderPhase.CANCEL_PENDING))
    assert check(order_request()) is not None
    assert check(order_request(account="other")) is None
