"""Fifty rules in one settings file, each with an order that passes and one that is refused.

The world of the test: an account with an equity of 100,000, 5 long and 2 short lots of a
contract at 100 with 10 units a lot and a margin of 10 %, on a Monday at 9 in Shanghai.
"""

from __future__ import annotations

from functools import cache
from math import nan
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from homalos.config import load_settings, structure
from homalos.model import Direction, Offset, OrderData, OrderRequest, OrderType, Status
from homalos.plugins.ports import Refusal, RiskRule
from homalos.testing import (
    INSTRUMENTS,
    OTHER,
    SYMBOL,
    FakeActivity,
    FakeClock,
    FakeFunds,
    FakeHolding,
    FakeRiskContext,
    order_request,
    tick,
)
from homalos.testing.records import START_NS
from homalos_risk.custom import CustomOptions, bind_custom

FILE = Path(__file__).with_name("fifty_rules.yaml")

Changes = dict[str, Any]
SHORT = {"order.direction": Direction.SHORT}
CLOSE = {"order.offset": Offset.CLOSE}

# What is changed in the world for the order that passes, and for the one that is refused.
CASES: dict[str, tuple[Changes, Changes]] = {
    "big_order": ({"order.volume": 50}, {"order.volume": 51}),
    "odd_lots": ({"order.volume": 10}, {"order.volume": 11}),
    # 20 lots at 100 with 10 units are 20,000, a fifth of 100,000.
    "big_value": ({"order.volume": 20}, {"order.volume": 21}),
    "big_order_of_equity": ({"order.volume": 2000}, {"order.volume": 2001}),
    "no_market_orders": ({"order.type": OrderType.LIMIT}, {"order.type": OrderType.MARKET}),
    "only_plain_types": ({"order.type": OrderType.MARKET}, {"order.type": OrderType.FAK}),
    "no_shorts": (SHORT | CLOSE, SHORT),
    "close_only": (CLOSE, {}),
    "no_hands": ({}, {"order.strategy": "manual"}),
    "tagged": ({"order.reference": "grid"}, {}),
    "one_gateway": ({}, {"order.gateway": "other"}),
    "one_symbol": ({}, {"order.symbol": OTHER}),
    "two_accounts": ({"order.account": "second"}, {"order.account": "third"}),
    "small_price": ({"order.price": 10.0}, {"order.price": 9.0}),
    # 1 lot at 100 needs 100; a quarter of 60,000 is 15,000.
    "margin_of_one": ({"order.volume": 150}, {"order.volume": 151}),
    "large_contract": ({}, {"order.symbol": OTHER}),
    "fine_grid": ({}, {"order.symbol": OTHER}),
    "product_a": ({}, {"order.symbol": OTHER}),
    "exchange": ({}, {"contract.symbol": "aa2510.DCE"}),
    "currency": ({}, {"contract.currency": "USD"}),
    "dear_margin": ({}, {"order.symbol": OTHER}),
    "exchange_cap": (
        {"contract.max_limit_volume": 30, "order.volume": 30},
        {"contract.max_limit_volume": 30, "order.volume": 31},
    ),
    # The day is 6 January.
    "delivery_month": (
        {"contract.last_trading_day": 20250116},
        {"contract.last_trading_day": 20250115},
    ),
    "equity_floor": ({"funds.equity": 50_000.0}, {"funds.equity": 49_999.0}),
    "risk_degree": ({"funds.margin": 80_000.0}, {"funds.margin": 80_001.0}),
    "daily_loss": ({"funds.day_pnl": -19_999.0}, {"funds.day_pnl": -20_000.0}),
    "drawdown": ({"funds.drawdown": 5_000.0}, {"funds.drawdown": 5_000.5}),
    "frozen_share": ({"funds.frozen": 30_000.0}, {"funds.frozen": 30_001.0}),
    "reserve": ({"order.volume": 500}, {"order.volume": 501}),
    "long_cap": ({"order.volume": 15}, {"order.volume": 16}),
    "net_cap": ({"holding.long": 17}, {"holding.long": 18}),
    "gross_cap": ({"order.volume": 33}, {"order.volume": 34}),
    "working_cap": ({"working": 2}, {"working": 3}),
    # 4 x 2 + 20 are 28.
    "crowded_side": ({"holding.long": 28}, {"holding.long": 29}),
    "all_longs": (
        {"holding.long": 28, "holding.opening_long": 4, "holding.closing_long": 2},
        {"holding.long": 28, "holding.opening_long": 4, "holding.closing_long": 1},
    ),
    "product_cap": ({"order.volume": 53}, {"order.volume": 54}),
    "product_net": ({"holding.short": 30}, {"holding.short": 31}),
    "strategy_lots": ({"lots": -10}, {"lots": -11}),
    "strategy_loss": ({"pnl": -5000.0}, {"pnl": -5000.01}),
    "order_count": ({"activity.orders": 499}, {"activity.orders": 500}),
    "cancel_share": (
        {"activity.orders": 30, "activity.cancels": 15},
        {"activity.orders": 30, "activity.cancels": 16},
    ),
    "turnover": ({"activity.lots": 999}, {"activity.lots": 1000}),
    "wide_spread": ({"tick.ask_price_1": 104.0}, {"tick.ask_price_1": 105.0}),
    "far_price": ({"order.price": 102.0}, {"order.price": 103.0}),
    "near_limit": ({"tick.limit_up": 103.0}, {"tick.limit_up": 102.0}),
    "stale": ({"seconds": 30.0}, {"seconds": 30.5}),
    "thin_book": ({"order.volume": 10}, {"order.volume": 11}),
    "shut": ({}, {"closed": True}),
    # It is 09:00 in the beginning.
    "late": ({"seconds": 5 * 3600 + 54 * 60 + 59}, {"seconds": 5 * 3600 + 55 * 60}),
    "no_fridays": ({"seconds": 3 * 86_400}, {"seconds": 4 * 86_400}),
}


def world(changes: Changes) -> tuple[FakeRiskContext, OrderRequest]:
    """Return the world and an order to buy one lot, with what a case changes in them."""

    def of(group: str) -> Changes:
        inside = (name.partition(".") for name in changes if name.startswith(f"{group}."))
        return {field: changes[f"{group}.{field}"] for _, _, field in inside}

    contract = evolve(INSTRUMENTS[SYMBOL], **of("contract"))
    context = FakeRiskContext(
        contracts={**INSTRUMENTS, SYMBOL: contract},
        clock=FakeClock(START_NS + round(changes.get("seconds", 0) * 10**9)),
        money={
            "main": FakeFunds(
                **{
                    "equity": 100_000.0,
                    "available": 60_000.0,
                    "margin": 30_000.0,
                    "frozen": 5_000.0,
                    "day_pnl": -1_000.0,
                    "drawdown": 2_000.0,
                    **of("funds"),
                }
            )
        },
        held={("main", SYMBOL): FakeHolding(**{"long": 5, "short": 2, **of("holding")})},
        done={("main", SYMBOL): FakeActivity(**{"orders": 10, "cancels": 4, **of("activity")})},
        ticks={SYMBOL: tick(**of("tick")), OTHER: tick(OTHER)},
        lots={("test", SYMBOL): changes.get("lots", 4)},
        pnl={("test", "main"): changes.get("pnl", -500.0)},
        closed={SYMBOL} if changes.get("closed") else set(),
    )
    request = order_request(**of("order"))
    for number in range(changes.get("working", 0)):
        context.rest(resting(request, str(number)))
    return context, request


def resting(like: OrderRequest, order_id: str) -> OrderData:
    """Return an order that works where another is asked for."""
    return OrderData(
        order_id=order_id,
        symbol=like.symbol,
        direction=like.direction,
        offset=like.offset,
        type=like.type,
        price=like.price,
        volume=1,
        traded=0,
        status=Status.NOTTRADED,
        strategy=like.strategy,
        account=like.account,
        gateway=like.gateway,
        created_ns=0,
        ts_ns=0,
    )


@cache
def options() -> CustomOptions:
    """Read the file as a start does."""
    settings = load_settings(FILE, environment={}, overrides={})
    return structure(settings.risk["custom"], CustomOptions, path="$.risk.custom")


def judged(name: str, changes: Changes) -> Refusal | None:
    """Return the verdict of one of the rules, bound with all the others."""
    context, request = world(changes)
    rules: dict[str, RiskRule] = bind_custom(context, options())
    return rules[name].check(request)


def test_there_are_fifty_rules_and_a_case_for_each() -> None:
    """None is left out, and none has lost its rule."""
    assert len(options().rules) == 50
    assert sorted(CASES) == sorted(options().rules)


@pytest.mark.parametrize("name", CASES)
def test_the_rule_lets_the_one_pass_and_refuses_the_other(name: str) -> None:
    """Both verdicts are worked by hand, on either side of the limit where there is one."""
    passes, refuses = CASES[name]

    assert judged(name, passes) is None
    found = judged(name, refuses)
    assert isinstance(found, Refusal), name
    assert "cannot be judged" not in found.message


def test_the_verdict_shows_message_values_and_figures() -> None:
    """The person who is refused sees both sides of the comparison that decided."""
    found = judged("big_order_of_equity", {"order.volume": 2001})

    assert found == Refusal(
        "the order is larger than a fifth of the account: "
        "order.volume * contract.size is 20010, above 20000 (account.equity * 0.2)",
        20010,
        20000.0,
    )


def test_all_fifty_at_once_judge_one_order_each_by_itself() -> None:
    """They share what they look at, and none disturbs another."""
    context, request = world({"order.volume": 51, "order.reference": "grid"})
    rules = bind_custom(context, options())
    refused = [name for name, rule in rules.items() if rule.check(request) is not None]

    # 51 lots: 51,000 of value; 56 long; 58 of gross; the offer has 10 lots.
    expected = ["big_order", "odd_lots", "big_value", "close_only", "long_cap", "gross_cap"]
    assert refused == [*expected, "thin_book"]


def test_a_reducing_order_passes_every_rule_of_exposure() -> None:
    """Whatever is wrong in the account, the way out is open."""
    sick = {"funds.equity": 1.0, "funds.day_pnl": -99_999.0, "tick.ask_price_1": nan}
    context, request = world({**sick, **CLOSE, "order.volume": 5, "holding.long": 99})
    rules = bind_custom(context, options())
    kinds = {name: rule.kind for name, rule in options().rules.items()}
    refused = [name for name, rule in rules.items() if rule.check(request) is not None]

    assert [name for name in refused if kinds[name] == "exposure"] == []
    assert refused == ["tagged"]
