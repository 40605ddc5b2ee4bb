"""Every fact says what its line in the table says, in a world whose values were put there."""

from __future__ import annotations

import json
from decimal import Decimal
from math import isnan, nan
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from click.testing import CliRunner
from msgspec.structs import replace

from homalos.model import Direction, Offset, OrderData, OrderRequest, Status
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
from homalos_risk.expressions import FACTS, Frame, Kind
from homalos_risk.facts_command import list_facts

SHANGHAI = ZoneInfo("Asia/Shanghai")
CONTRACT = evolve(
    INSTRUMENTS[SYMBOL],
    margin_rate_short=Decimal("0.12"),
    margin_per_lot=Decimal(7),
    max_limit_volume=500,
    max_market_volume=60,
    last_trading_day=20250110,
)
SECOND = evolve(INSTRUMENTS[SYMBOL], symbol="aa2601.TEST")
ABROAD = evolve(INSTRUMENTS[SYMBOL], symbol="aa2510.ELSE")

# In the world below: an order to sell 3 lots at 102, at 09:00:02.5 on Monday, 6 January 2025.
EXPECTED: dict[str, Any] = {
    "order.volume": 3,
    "order.price": 102.0,
    "order.value": 3060.0,  # 102 x 3 x 10
    "order.margin": 388.2,  # 3 x (102 x 10 x 0.12 + 7)
    "order.direction": "short",
    "order.offset": "open",
    "order.type": "limit",
    "order.symbol": SYMBOL,
    "order.strategy": "test",
    "order.account": "main",
    "order.gateway": "fake",
    "order.reference": "grid-7",
    "order.is_reducing": False,
    "contract.size": 10,
    "contract.tick": 1.0,
    "contract.product": "aa",
    "contract.exchange": "TEST",
    "contract.currency": "CNY",
    "contract.margin": 0.12,
    "contract.margin_per_lot": 7.0,
    "contract.max_limit_volume": 500,
    "contract.max_market_volume": 60,
    "contract.last_day": 20250110,
    "contract.days_left": 4,
    "account.equity": 200.0,
    "account.available": 101.0,
    "account.margin": 50.0,
    "account.frozen": 4.0,
    "account.day_pnl": -5.0,
    "account.drawdown": 6.0,
    "account.risk_degree": 0.25,
    "position.long": 11,
    "position.short": 2,
    "position.net": 9,
    "position.gross": 13,
    "position.opening_long": 3,
    "position.opening_short": 4,
    "position.closing_long": 5,
    "position.closing_short": 1,
    "position.working": 2,
    "product.long": 31,  # 11 + 20; what is held abroad or of another product does not count
    "product.short": 3,
    "product.net": 28,
    "product.gross": 34,
    "strategy.lots": -8,
    "strategy.pnl": 12.5,
    "activity.orders": 21,
    "activity.cancels": 22,
    "activity.refused": 23,
    "activity.trades": 24,
    "activity.lots": 25,
    "market.last": 100.0,
    "market.bid": 98.0,
    "market.ask": 101.0,
    "market.bid_volume": 12,
    "market.ask_volume": 13,
    "market.spread": 3.0,
    "market.mid": 99.5,
    "market.limit_up": 110.0,
    "market.limit_down": 90.0,
    "market.open": 96.0,
    "market.high": 104.0,
    "market.low": 95.0,
    "market.pre_close": 97.0,
    "market.pre_settlement": 97.5,
    "market.volume": 1234,
    "market.open_interest": 5678.0,
    "market.age_s": 2.5,
    "market.is_open": True,
    "market.in_auction": True,
    "time.of_day": 9 * 3600 + 2.5,
    "time.weekday": "monday",
    "time.date": 20250106,
    "time.trading_day": 20250106,
}


def full() -> FakeRiskContext:
    """Return a world in which everything is known."""
    book: dict[str, Any] = {
        "bid_price_1": 98.0,
        "bid_volume_1": 12,
        "ask_price_1": 101.0,
        "ask_volume_1": 13,
    }
    day: dict[str, Any] = {
        "open_price": 96.0,
        "high_price": 104.0,
        "low_price": 95.0,
        "limit_up": 110.0,
    }
    before: dict[str, Any] = {"pre_close": 97.0, "pre_settlement": 97.5, "limit_down": 90.0}
    counts: dict[str, Any] = {"volume": 1234, "open_interest": 5678.0}
    context = FakeRiskContext(
        contracts={
            **INSTRUMENTS,
            SYMBOL: CONTRACT,
            SECOND.symbol: SECOND,
            ABROAD.symbol: ABROAD,
        },
        clock=FakeClock(START_NS + 2_500_000_000),
        held={
            ("main", SYMBOL): FakeHolding(11, 2, 3, 4, 5, 1),
            ("main", SECOND.symbol): FakeHolding(20, 1),
            ("main", ABROAD.symbol): FakeHolding(100, 100),
            ("main", OTHER): FakeHolding(100, 100),
            ("second", SYMBOL): FakeHolding(100, 100),
        },
        money={"main": FakeFunds(101.0, 200.0, 50.0, 4.0, -5.0, 6.0)},
        done={("main", SYMBOL): FakeActivity(21, 22, 23, 24, 25)},
        ticks={SYMBOL: tick(**book, **day, **before, **counts)},
        lots={("test", SYMBOL): -8},
        pnl={("test", "main"): 12.5},
        auctions={SYMBOL},
    )
    one = order_request()
    for order_id in ("1", "2"):
        head = (order_id, one.symbol, one.direction, one.offset, one.type, one.price, 1, 0)
        tail = (Status.NOTTRADED, one.strategy, one.account, one.gateway, 0, 0)
        context.rest(OrderData(*head, *tail))
    return context


def sell() -> OrderRequest:
    """Return an order to sell three lots."""
    return order_request(Direction.SHORT, 102.0, 3, reference="grid-7")


def read(name: str, context: FakeRiskContext, request: OrderRequest) -> Any:
    """Return a fact's value."""
    frame = Frame(context)
    frame.take(request)
    return FACTS[name].reading(lambda: SHANGHAI)(frame)


def test_every_fact_is_expected_here() -> None:
    """A new one needs a value of its own."""
    assert list(EXPECTED) == list(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_the_fact_says_what_stands_in_the_world(name: str) -> None:
    """No two numbers of the world are the same, so that none is taken for another."""
    found = read(name, full(), sell())

    assert found == pytest.approx(EXPECTED[name])
    number = (int, float)
    kinds: dict[Kind, Any] = {Kind.NUMBER: number, Kind.TIME: number}
    kinds |= {Kind.TEXT: str, Kind.BOOL: bool}
    assert isinstance(found, kinds[FACTS[name].kind])


@pytest.mark.parametrize("name", [name for name, fact in FACTS.items() if fact.may_be_unknown])
def test_a_fact_that_may_be_unknown_is_nan_where_nothing_was_seen(name: str) -> None:
    """In an empty world; what a strategy made may be unknown to the engine alone."""
    context = FakeRiskContext(day=0, pnl={("test", "main"): nan})

    assert isnan(read(name, context, order_request(price=nan)))


@pytest.mark.parametrize("name", [name for name, fact in FACTS.items() if not fact.may_be_unknown])
def test_any_other_fact_is_known_in_an_empty_world(name: str) -> None:
    """The compiler leaves out the question for nan."""
    value = read(name, FakeRiskContext(day=0), order_request(price=nan))

    assert value == value  # noqa: PLR0124  nan is not


def test_a_market_order_is_valued_at_the_last_price() -> None:
    """100 x 3 x 10, and the margin of it."""
    request = replace(sell(), price=nan)

    assert read("order.value", full(), request) == 3000.0
    assert read("order.margin", full(), request) == pytest.approx(3 * (100 * 10 * 0.12 + 7))


def test_the_margin_is_that_of_the_order_s_side() -> None:
    """A short position may need another one."""
    assert read("contract.margin", full(), order_request()) == 0.1
    assert read("contract.margin", full(), sell()) == 0.12


def test_an_order_that_closes_is_reducing() -> None:
    """As the engine says it."""
    assert read("order.is_reducing", full(), order_request(offset=Offset.CLOSE)) is True


def test_the_next_order_is_looked_at_and_not_the_one_before() -> None:
    """One frame serves every order, of whatever contract and account."""
    frame, volume, size = Frame(full()), FACTS["position.long"], FACTS["contract.size"]
    frame.take(order_request())
    frame.take(order_request(symbol=OTHER))

    assert volume.reading(lambda: SHANGHAI)(frame) == 100
    assert size.reading(lambda: SHANGHAI)(frame) == 300


@pytest.mark.parametrize(
    ("seconds", "zone", "of_day", "weekday", "date"),
    [
        (0, "Asia/Shanghai", 9 * 3600, "monday", 20250106),
        (15 * 3600, "Asia/Shanghai", 0, "tuesday", 20250107),
        (0, "America/New_York", 20 * 3600, "sunday", 20250105),
        # 30 March 2025, 01:00 UTC: the clocks go from 02:00 to 03:00.
        (83 * 86_400 - 1, "Europe/Berlin", 7199, "sunday", 20250330),
        (83 * 86_400, "Europe/Berlin", 3 * 3600, "sunday", 20250330),
    ],
)
def test_times_are_those_of_the_rule_s_zone(
    seconds: int, zone: str, of_day: int, weekday: str, date: int
) -> None:
    """Also over midnight and where the clocks are changed."""
    context = FakeRiskContext(clock=FakeClock(START_NS + seconds * 10**9))
    frame = Frame(context)
    frame.take(order_request())
    names = ("time.of_day", "time.weekday", "time.date")
    found = [FACTS[name].reading(lambda: ZoneInfo(zone))(frame) for name in names]

    assert found == [of_day, weekday, date]


def test_every_fact_has_a_line_and_a_number_its_unit() -> None:
    """Nobody should have to guess what a number counts."""
    for fact in FACTS.values():
        assert fact.doc.endswith(".")
        assert bool(fact.unit) is (fact.kind is Kind.NUMBER), fact.name


def test_the_command_lists_every_fact_once() -> None:
    """In the order of the table, as text and as JSON."""
    text = CliRunner().invoke(list_facts, [])
    data = CliRunner().invoke(list_facts, ["--json"])
    lines = [line for line in text.output.splitlines() if line]

    assert [line.split()[0] for line in lines] == list(FACTS)
    assert [each["name"] for each in json.loads(data.output)["facts"]] == list(FACTS)


def test_the_command_lists_one_group() -> None:
    """And says which there are where one is misspelt."""
    found = CliRunner().invoke(list_facts, ["strategy"])
    wrong = CliRunner().invoke(list_facts, ["strategie"])

    assert [line.split()[0] for line in found.output.splitlines()] == [
        "strategy.lots",
        "strategy.pnl",
    ]
    assert wrong.exit_code == 2
    assert "there are order, contract, account" in wrong.output
