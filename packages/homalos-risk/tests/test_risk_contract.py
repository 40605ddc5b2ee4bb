"""Every rule meets what the engine relies on."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from homalos.model import Direction, Offset, OrderData, OrderType, Status
from homalos.testing import (
    START_NS,
    SYMBOL,
    FakeActivity,
    FakeFunds,
    FakeHolding,
    FakeRiskContext,
    order_request,
    tick,
)
from homalos.testing.contracts import RISK_RULE, Requirement, RiskRuleSubject
from homalos_risk.plugin import register_risk_rules

SPECS = {spec.name: spec for spec in register_risk_rules()}
EXPOSURE: dict[str, Any] = {"refuses_reducing": False}

# A lot at 100 is worth 1,000 and takes a margin of 100. By the name of the rule, and of the
# limit where a rule has several.
SUBJECTS: dict[str, dict[str, Any]] = {
    "order_size": {
        "refused": order_request(volume=11),
        "options": {"max_lots": 10},
        "wrong_options": {"max_lots": 0},
    },
    "tick_grid": {"refused": order_request(price=100.5)},
    "price_band": {
        "refused": order_request(price=106.0),
        "options": {"max_deviation": 0.05},
        "wrong_options": {"max_deviation": 0},
    },
    "session_open": {
        "refused": order_request(symbol="bb2510.TEST"),
        "options": {"when": "open"},
        "wrong_options": {"when": "never"},
    },
    "stale_quote age": {
        "refused": order_request(symbol="bb2510.TEST"),
        "options": {"max_age_s": 5},
        "wrong_options": {"max_age_s": 0},
    },
    "stale_quote book": {
        "refused": order_request(symbol="bb2510.TEST"),
        "options": {"both_sides": True},
        "wrong_options": {"both_sides": 1},
    },
    "self_trade": {"refused": order_request(price=110.0)},
    "notional order": {
        **EXPOSURE,
        "refused": order_request(volume=6),
        "options": {"max_order": 5_000},
        "wrong_options": {"max_order": 0},
    },
    "notional account": {
        **EXPOSURE,
        "refused": order_request(volume=3),
        "options": {"max_account": 5_000},
        "wrong_options": {"max_account": nan},
    },
    "position_limit": {
        **EXPOSURE,
        "refused": order_request(volume=2),
        "options": {"max_position": 4},
        "wrong_options": {"symbols": {"aa2510": 3}},
    },
    "total_position product": {
        **EXPOSURE,
        "refused": order_request(volume=2),
        "options": {"products": {"aa": 4}},
        "wrong_options": {"products": {"aa": -1}},
    },
    "total_position account": {
        **EXPOSURE,
        "refused": order_request(volume=2),
        "options": {"max_account": 4},
        "wrong_options": {"max_account": -1},
    },
    "strategy_position": {
        **EXPOSURE,
        "refused": order_request(volume=3),
        "options": {"strategies": {"test": 2}},
        "wrong_options": {"strategies": {" ": 2}},
    },
    "net_exposure lots": {
        **EXPOSURE,
        "refused": order_request(volume=2),
        "options": {"instrument_lots": 4},
        "wrong_options": {"instrument_lots": 1.5},
    },
    "net_exposure value": {
        **EXPOSURE,
        "refused": order_request(volume=2),
        "options": {"account_value": 4_000},
        "wrong_options": {"account_value": -1},
    },
    "working_orders": {
        **EXPOSURE,
        "refused": order_request(strategy="other"),
        "options": {"max_symbol": 1},
        "passed": order_request(symbol="bb2510.TEST"),
        "wrong_options": {"max_account": 0},
    },
    "funds": {**EXPOSURE, "refused": order_request(volume=11)},
    "margin_ratio": {
        **EXPOSURE,
        "refused": order_request(volume=3),
        "options": {"max_ratio": 0.5},
        "wrong_options": {"max_ratio": 1.01},
    },
    "concentration equity": {
        **EXPOSURE,
        "refused": order_request(volume=3),
        "options": {"product_of_equity": 0.5},
        "wrong_options": {"product_of_equity": 0},
    },
    "concentration margin": {
        **EXPOSURE,
        "refused": order_request(volume=3),
        "options": {"instrument_of_margin": 0.5, "from_margin": 500},
        "wrong_options": {"instrument_of_margin": 0.5},
    },
    "daily_loss": {
        **EXPOSURE,
        "refused": order_request(account="loser"),
        "options": {"max_loss": 300},
        "wrong_options": {"accounts": {"main": 0}},
    },
    "daily_loss strategy": {
        **EXPOSURE,
        "refused": order_request(strategy="loser"),
        "options": {"max_strategy_loss": 300},
        "wrong_options": {"max_share": 2},
    },
    "drawdown": {
        **EXPOSURE,
        "refused": order_request(account="loser"),
        "options": {"max_share": 0.25},
        "wrong_options": {"then": "sell"},
    },
    "daily_messages orders": {
        **EXPOSURE,
        "refused": order_request(symbol="bb2510.TEST"),
        "options": {"max_orders": 400},
        "wrong_options": {"max_orders": 0},
    },
    "daily_messages cancels": {
        **EXPOSURE,
        "refused": order_request(symbol="bb2510.TEST"),
        "options": {"max_cancels": 300},
        "wrong_options": {"max_cancels": 1.5},
    },
    "duplicate_order": {
        "refused": order_request(),
        "before": 1,
        "options": {"within_s": 1},
        "wrong_options": {"within_s": 0},
    },
    "message_rate": {
        **EXPOSURE,
        "refused": order_request(),
        "options": {"max_messages": 3, "per_seconds": 60},
        "before": 3,
        "wrong_options": {"max_messages": 0},
    },
    "custom exposure": {
        **EXPOSURE,
        "refused": order_request(volume=11),
        "options": {"big": {"refuse_if": "order.volume > 10"}},
        "wrong_options": {"big": {"refuse_if": "order.volume >"}},
    },
    "custom validity": {
        "refused": order_request(price=99.0),
        "options": {"low": {"refuse_if": "order.price < market.last", "kind": "validity"}},
        "wrong_options": {"low": {"refuse_if": "order.price < market.last", "kind": "strict"}},
    },
    "order_rate": {
        "refused": order_request(),
        "options": {"max_orders": 3, "per_seconds": 60},
        "before": 3,
        "wrong_options": {"per_seconds": 0},
    },
}


def _house() -> FakeRiskContext:
    """Make a market with one fresh and open contract, a sound account and a losing one."""
    context = FakeRiskContext(
        names=("main", "loser"),
        held={("main", SYMBOL): FakeHolding(long=3)},
        money={
            "main": FakeFunds(available=1000.0, equity=1000.0, margin=300.0),
            "loser": FakeFunds(available=1000.0, equity=900.0, day_pnl=-300.0, drawdown=300.0),
        },
        prices={SYMBOL: 100.0},
        ticks={SYMBOL: tick(), "bb2510.TEST": tick("bb2510.TEST", ts_ns=START_NS - 6 * 10**9,
                                                   bid_price_1=nan)},
        done={("main", "bb2510.TEST"): FakeActivity(orders=400, cancels=300)},
        lots={("test", SYMBOL): 0},
        pnl={("loser", "main"): -300.0},
        closed={"bb2510.TEST"},
    )  # fmt: skip
    context.rest(
        OrderData(
            "1-9", SYMBOL, Direction.SHORT, Offset.OPEN, OrderType.LIMIT, 110.0, 1, 0,
            Status.NOTTRADED, "other", "main", "fake", START_NS, START_NS,
        )
    )  # fmt: skip
    return context


def _subject(name: str) -> RiskRuleSubject:
    given: dict[str, Any] = {
        "spec": SPECS[name.split(maxsplit=1)[0]],
        "passed": order_request(),
        "context": _house,
    }
    return RiskRuleSubject(**given | SUBJECTS[name])


def test_every_rule_is_a_subject() -> None:
    """A rule that is offered and not held to the contract would be a gap."""
    assert {name.split()[0] for name in SUBJECTS} == set(SPECS)


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("requirement", RISK_RULE, ids=str)
def test_the_rule_meets(requirement: Requirement[RiskRuleSubject], name: str) -> None:
    """The engine relies on it."""
    requirement.check(_subject(name))
