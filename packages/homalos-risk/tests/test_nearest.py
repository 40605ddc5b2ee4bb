"""What a rule says of the nearest of its meters is what its meters say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homalos.plugins.ports import RiskRule
from homalos.testing import INSTRUMENTS, FakeHolding, FakeRiskContext, order_request
from homalos_risk import (
    OrderRateOptions,
    PositionLimitOptions,
    bind_order_rate,
    bind_position_limit,
)

ACCOUNTS = ("main", "other")
SYMBOLS = sorted(INSTRUMENTS)
LOTS = st.integers(0, 40)
SECOND = 1_000_000_000


def shares(rule: RiskRule) -> list[float]:
    """Return how near its limit each meter is; with 0 where there is none."""
    assert rule.meters is not None
    return [0.0, *(each.value / each.limit for each in rule.meters())]


def nearest(rule: RiskRule) -> float:
    """Return what the rule says."""
    assert rule.nearest is not None
    return rule.nearest()


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(SYMBOLS), LOTS, LOTS, LOTS, LOTS)
    ),
    own=st.dictionaries(st.sampled_from(SYMBOLS), st.integers(0, 60)),
    most=st.integers(0, 60),
)
def test_position_is_the_nearest_of_all_accounts_and_symbols(
    changes: list[tuple[str, str, int, int, int, int]], own: dict[str, int], most: int
) -> None:
    """Also of contracts that come after the first look, and of what orders alone have changed."""
    context = FakeRiskContext(names=ACCOUNTS)
    rule = bind_position_limit(context, PositionLimitOptions(max_position=most, symbols=own))
    assert nearest(rule) == 0
    for account, symbol, long, short, opening_long, opening_short in changes:
        held: FakeHolding = context.holding(account, symbol)
        held.long, held.short = long, short
        held.opening_long, held.opening_short = opening_long, opening_short
        assert nearest(rule) == max(shares(rule))


@given(gaps=st.lists(st.integers(0, SECOND), max_size=30), most=st.integers(1, 9))
def test_orders_are_as_many_as_lie_in_the_window(gaps: list[int], most: int) -> None:
    """Also where time has passed and no order came."""
    context = FakeRiskContext()
    rule = bind_order_rate(context, OrderRateOptions(max_orders=most))
    for gap in gaps:
        rule.check(order_request())
        assert nearest(rule) == max(shares(rule)) > 0
        context.clock.advance(gap)
        assert nearest(rule) == max(shares(rule))
