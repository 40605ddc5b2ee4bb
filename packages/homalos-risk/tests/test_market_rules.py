"""The rules about the moment: is the market open, is the quote fresh and whole."""

from __future__ import annotations

from math import nan

import pytest

from homalos.model import Direction, Offset
from homalos.plugins.ports import RiskCheck, RiskRule
from homalos.testing import OTHER, START_NS, SYMBOL, FakeRiskContext, order_request, tick
from homalos_risk import (
    SessionOpenOptions,
    StaleQuoteOptions,
    bind_session_open,
    bind_stale_quote,
)

SECOND = 1_000_000_000


def check_of(rule: RiskRule | RiskCheck) -> RiskCheck:
    """Return what a rule asks of an order."""
    return rule.check if isinstance(rule, RiskRule) else rule


def test_closed_market_takes_no_order() -> None:
    """Not even one that closes: it would wait at the door, or be refused."""
    context = FakeRiskContext(closed={SYMBOL})
    check = bind_session_open(context, SessionOpenOptions(when="open"))
    assert check is not None
    refusal = check(order_request(Direction.SHORT, offset=Offset.CLOSE))
    assert refusal is not None
    assert refusal.message == (
        "the market of aa2510.TEST is closed; orders are allowed while it is open"
    )
    assert check(order_request(symbol=OTHER)) is None
    context.closed.clear()
    assert check(order_request()) is None


def test_auction_counts_as_open_unless_told_otherwise() -> None:
    """Who trades continuously may not want to be matched at one price."""
    context = FakeRiskContext(auctions={SYMBOL})
    either = bind_session_open(context, SessionOpenOptions(when="open"))
    continuous = bind_session_open(context, SessionOpenOptions(when="continuous"))
    assert either is not None
    assert continuous is not None
    assert either(order_request()) is None
    refusal = continuous(order_request())
    assert refusal is not None
    assert refusal.message == (
        "a call auction of aa2510.TEST is on; orders are allowed in continuous trading"
    )
    assert continuous(order_request(symbol=OTHER)) is None


def test_quote_may_be_as_old_as_allowed() -> None:
    """Five seconds and no nanosecond more."""
    context = FakeRiskContext(ticks={SYMBOL: tick(ts_ns=START_NS)})
    rule = bind_stale_quote(context, StaleQuoteOptions(max_age_s=5))["age"]
    assert isinstance(rule, RiskRule)
    context.clock.advance(5 * SECOND)
    assert rule.check(order_request()) is None
    assert rule.measure is not None
    assert [(each.value, each.limit) for each in rule.measure(order_request())] == [(5.0, 5)]
    context.clock.advance(SECOND // 4)
    refusal = rule.check(order_request())
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (5.25, 5)
    assert refusal.message == (
        "the last tick of aa2510.TEST is 5.250 s old; at most 5 s are allowed"
    )
    context.ticks[SYMBOL] = tick(ts_ns=context.clock.now)
    assert rule.check(order_request()) is None


@pytest.mark.parametrize(
    ("bid", "ask", "passes"),
    [
        (99.0, 101.0, True),
        (99.0, nan, False),  # at the upper limit nobody offers
        (nan, 101.0, False),  # at the lower limit nobody bids
        (nan, nan, False),
        (100.0, 100.0, False),  # locked
        (101.0, 100.0, False),  # crossed
    ],
)
def test_book_must_be_whole(bid: float, ask: float, passes: bool) -> None:  # noqa: FBT001
    """A bid below an ask; anything else is no market to decide on."""
    context = FakeRiskContext(ticks={SYMBOL: tick(bid_price_1=bid, ask_price_1=ask)})
    check = check_of(bind_stale_quote(context, StaleQuoteOptions(both_sides=True))["book"])
    assert (check(order_request()) is None) is passes


def test_run_on_bars_has_no_quotes_to_judge() -> None:
    """A last price without a tick came from a bar; without either nothing is known."""
    context = FakeRiskContext(prices={SYMBOL: 100.0})
    rules = bind_stale_quote(context, StaleQuoteOptions(max_age_s=1, both_sides=True))
    assert set(rules) == {"age", "book"}
    for rule in rules.values():
        check = check_of(rule)
        assert check(order_request()) is None
        refusal = check(order_request(symbol=OTHER))
        assert refusal is not None
        assert refusal.message == (
            "no price of bb2510.TEST has been seen yet; wait for its first quote"
        )
