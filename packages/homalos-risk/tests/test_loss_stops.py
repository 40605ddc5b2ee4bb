"""The stops after a loss: what they refuse, what they watch, and how they turn the switch."""

from __future__ import annotations

import pytest

from homalos.model import Direction, Offset, TradingState
from homalos.plugins.ports import RiskRule
from homalos.testing import FakeFunds, FakeRiskContext, order_request
from homalos_risk import DailyLossOptions, DrawdownOptions, bind_daily_loss, bind_drawdown

CLOSE_ONLY, HALTED, NORMAL = TradingState.CLOSE_ONLY, TradingState.HALTED, TradingState.NORMAL
DAY = 20250106


def house() -> FakeRiskContext:
    """Make two accounts that began the day with 100,000 each."""
    money = {name: FakeFunds(equity=100_000.0) for name in ("main", "other")}
    return FakeRiskContext(names=("main", "other"), money=money)


def lose(context: FakeRiskContext, amount: float, account: str = "main") -> None:
    """Have an account have lost so much on this trading day."""
    funds = context.funds(account)
    funds.day_pnl, funds.equity, funds.drawdown = -amount, 100_000.0 - amount, amount


def look(rule: RiskRule) -> dict[str, tuple[float, float]]:
    """Look at a rule's meters, as the engine does once a second."""
    assert rule.meters is not None
    return {each.subject: (each.value, each.limit) for each in rule.meters()}


def test_account_opens_nothing_once_it_has_lost_its_limit() -> None:
    """A cent less than 5,000 is less; 5,000 is the limit, and the way out stays open."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(max_loss=5_000))["account"]
    lose(context, 4_999.99)
    assert rule.check(order_request()) is None
    lose(context, 5_000.0)
    refusal = rule.check(order_request())
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (5_000.0, 5_000)
    assert refusal.message == (
        "account main has lost 5000.00 on this trading day; opening is allowed below 5000.00"
    )
    assert rule.check(order_request(Direction.SHORT, offset=Offset.CLOSE)) is None
    assert rule.check(order_request(account="other")) is None


def test_limit_of_a_named_account_takes_the_place_of_the_general_one() -> None:
    """An account that has neither is not watched."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(accounts={"main": 700.0}))["account"]
    lose(context, 700.0)
    lose(context, 90_000.0, "other")
    assert rule.check(order_request()) is not None
    assert rule.check(order_request(account="other")) is None
    assert look(rule) == {"main": (700.0, 700.0)}


def test_share_is_of_the_equity_that_the_day_began_with() -> None:
    """5 % of 100,000 are 5,000, however little is left."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(max_share=0.05))["share"]
    lose(context, 4_999.0)
    assert rule.check(order_request()) is None
    lose(context, 5_000.0)
    refusal = rule.check(order_request())
    assert refusal is not None
    assert refusal.limit == 5_000.0


def test_a_profit_reads_as_no_loss() -> None:
    """A meter counts from 0 up."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(max_loss=5_000))["account"]
    lose(context, -900.0)
    assert look(rule) == {"main": (0.0, 5_000), "other": (0.0, 5_000)}


@pytest.mark.parametrize(("then", "turned"), [(CLOSE_ONLY, True), (HALTED, True), (NORMAL, False)])
def test_switch_is_turned_without_an_order(then: TradingState, turned: bool) -> None:  # noqa: FBT001
    """A loss grows by itself; the account is stopped as soon as it is seen."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(max_loss=5_000, then=then))["account"]
    lose(context, 6_000.0)
    look(rule)
    reason = "account main has lost 6000.00 on this trading day; opening is allowed below 5000.00"
    assert context.switches == ({("account", "main"): (then, reason)} if turned else {})


def test_switch_stays_turned_for_the_day_and_is_turned_once() -> None:
    """A loss made good changes nothing; a person who turns it back is not overruled."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(max_loss=5_000))["account"]
    lose(context, 4_999.0)
    look(rule)
    assert context.switches == {}
    lose(context, 5_000.0)
    look(rule)
    lose(context, 1_000.0)
    look(rule)
    assert ("account", "main") in context.switches
    context.switches.clear()  # the person
    lose(context, 7_000.0)
    look(rule)
    assert context.switches == {}
    assert rule.on_day is not None
    rule.on_day(DAY + 1)
    look(rule)
    assert ("account", "main") in context.switches


def test_new_trading_day_lets_go_of_the_switch() -> None:
    """What was lost yesterday is yesterday's."""
    context = house()
    rule = bind_daily_loss(context, DailyLossOptions(max_loss=5_000))["account"]
    lose(context, 6_000.0)
    look(rule)
    lose(context, 0.0)
    assert rule.on_day is not None
    rule.on_day(DAY + 1)
    assert context.switches == {}
    assert rule.check(order_request()) is None


def test_strategy_is_stopped_by_its_own_loss() -> None:
    """Another strategy of the same account goes on."""
    context = house()
    options = DailyLossOptions(max_strategy_loss=1_000, strategies={"bold": 3_000.0})
    rule = bind_daily_loss(context, options)["strategy"]
    context.pnl.update({("test", "main"): -1_000.0, ("bold", "main"): -1_000.0})
    refusal = rule.check(order_request())
    assert refusal is not None
    assert refusal.message == (
        "strategy test has lost 1000.00 on this trading day; opening is allowed below 1000.00"
    )
    assert rule.check(order_request(strategy="bold")) is None
    assert look(rule) == {"test main": (1_000.0, 1_000), "bold main": (1_000.0, 3_000.0)}
    assert set(context.switches) == {("strategy", "test")}


def test_drawdown_is_measured_from_the_highest_equity() -> None:
    """20,000 below 120,000 is a sixth: beyond 15 %, within 20 %."""
    context = house()
    context.funds("main").drawdown = 20_000.0
    stops = {
        share: bind_drawdown(context, DrawdownOptions(max_share=share))["share"]
        for share in (0.15, 0.2)
    }
    amount = bind_drawdown(context, DrawdownOptions(max_drawdown=20_000))["account"]
    assert stops[0.2].check(order_request()) is None
    assert stops[0.15].check(order_request()) is not None
    refusal = amount.check(order_request())
    assert refusal is not None
    assert refusal.message == (
        "account main is 20000.00 below its highest equity; opening is allowed below 20000.00"
    )


def test_strategy_is_measured_from_its_best_of_the_day() -> None:
    """From 3,000 made down to 1,000 is 2,000; the next day begins at 0."""
    context = house()
    rule = bind_drawdown(context, DrawdownOptions(max_strategy_drawdown=2_000))["strategy"]
    seen = []
    for made in (0.0, 3_000.0, 1_000.1, 1_000.0):
        context.pnl["test", "main"] = made
        seen.append(rule.check(order_request()) is None)
        look(rule)
    assert seen == [True, True, True, False]
    assert set(context.switches) == {("strategy", "test")}
    assert rule.on_day is not None
    rule.on_day(DAY + 1)
    context.pnl["test", "main"] = -1_999.0
    assert rule.check(order_request()) is None
    assert context.switches == {}


def test_asking_leaves_the_best_and_the_switch_alone() -> None:
    """`measure` and `check` only read: `explain` must not stop anybody."""
    context = house()
    rule = bind_drawdown(context, DrawdownOptions(max_strategy_drawdown=2_000))["strategy"]
    context.pnl["test", "main"] = 5_000.0
    assert rule.measure is not None
    assert [each.value for each in rule.measure(order_request())] == [-5_000.0]
    context.pnl["test", "main"] = -2_000.0
    assert [each.value for each in rule.measure(order_request())] == [2_000.0]
    assert rule.check(order_request()) is not None
    assert context.switches == {}
