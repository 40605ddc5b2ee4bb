"""Tests of events in words and figures as a trader writes them."""

from __future__ import annotations

from decimal import Decimal
from math import nan

import pytest

from homalos.cli.words import (
    clock,
    component,
    day,
    event_line,
    event_words,
    heartbeat,
    level,
    money,
    price,
    side,
)
from homalos.model import (
    AccountData,
    Alert,
    ConnectionChanged,
    Direction,
    Funds,
    Offset,
    OrderRequest,
    OrderType,
    Rejection,
    Rolled,
    SessionChanged,
    SessionState,
    Settled,
    Statement,
    StrategyChanged,
    StrategyState,
    TradeData,
    TradingDayChanged,
)
from homalos.plugins.ports import Snapshot

OPENING = 1_754_312_400_000_000_000  # 2025-08-04 13:00:00 UTC, by `date -u -d @1754312400`
TRADE = TradeData(
    *("T1", "demo-1-1", "rb2510.SHFE", Direction.SHORT, Offset.CLOSETODAY, 3200.0, 2),
    *(OPENING, 20250805, "double_ma", "main", "sim"),
)
DAY = Statement(
    account="main",
    currency="CNY",
    trading_day=20250804,
    funds=Funds(
        balance_before=Decimal("1000135.75"),
        deposits=Decimal(0),
        withdrawals=Decimal(0),
        realised=Decimal(30),
        realised_by_trade=Decimal(20),
        marked=Decimal(-40),
        floating=Decimal(-25),
        fees=Decimal("2.30"),
        balance=Decimal("1000123.45"),
        margin=Decimal(35_000),
        available=Decimal("965123.45"),
        risk_degree=Decimal("0.0350"),
        margin_call=Decimal(0),
    ),
)
REQUEST = OrderRequest(
    *("1-1", "au2512.SHFE", Direction.LONG, Offset.OPEN, OrderType.LIMIT, 780.02, 5),
    *("mine", "main", "sim", OPENING),
)


def test_a_time_is_that_of_the_exchange() -> None:
    """13:00 of Greenwich is 21:00 in Shanghai; before the first event there is no time."""
    assert clock(OPENING) == "2025-08-04 21:00:00"
    assert clock(0) == "---------- --:--:--"


def test_a_trading_day_is_written_as_a_date() -> None:
    """The number has no separators; 0 is no day."""
    assert day(20250805) == "2025-08-05"
    assert day(0) == "----------"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(3200.0, None, "3200"), (780.02, None, "780.02"), (780.1, 2, "780.10"), (nan, 2, "–")],
)
def test_a_price_is_written_on_its_grid(value: float, decimals: int | None, text: str) -> None:
    """Whole prices without a point, others with the digits asked for; a missing one is a dash."""
    assert price(value, decimals) == text


def test_money_is_written_to_the_cent() -> None:
    """Thousands are apart."""
    assert money(Decimal("1234567.891")) == "1,234,567.89"


def test_a_side_without_offset_is_one_word() -> None:
    """A netting account knows no offsets."""
    netting = OrderRequest(
        *("1-1", "au2512.SHFE", Direction.SHORT, Offset.NONE, OrderType.LIMIT, 780.02, 5),
        *("mine", "main", "sim", OPENING),
    )
    assert side(netting) == "sell"
    assert side(REQUEST) == "buy open"


@pytest.mark.parametrize(
    ("event", "level", "text"),
    [
        (TRADE, "INFO", "double_ma: sell closetoday 2 rb2510.SHFE at 3200 (demo-1-1)"),
        (
            Rejection("order_size", "5 lots, 2 are allowed", REQUEST, OPENING),
            "WARNING",
            "mine: buy open 5 au2512.SHFE refused by order_size: 5 lots, 2 are allowed",
        ),
        (StrategyChanged("ma", StrategyState.RUNNING, "", OPENING), "INFO", "ma is running"),
        (
            StrategyChanged("ma", StrategyState.FAILED, "ValueError: x", OPENING),
            "ERROR",
            "ma is failed: ValueError: x",
        ),
        (ConnectionChanged("ctp", is_up=True, reason="", ts_ns=OPENING), "INFO", "ctp is up"),
        (
            ConnectionChanged("ctp", is_up=False, reason="4097", ts_ns=OPENING),
            "ERROR",
            "ctp is down: 4097",
        ),
        (TradingDayChanged(20250805, 20250804, OPENING), "INFO", "trading day 2025-08-05"),
        (
            Rolled("ma", "aa.MAIN.TEST", "aa2510.TEST", "aa2505.TEST", 20250805, OPENING),
            "INFO",
            "ma: aa.MAIN.TEST is aa2510.TEST, was aa2505.TEST",
        ),
        (
            Settled("main", 20250804, OPENING, DAY),
            "INFO",
            (
                "main settled for 2025-08-04: balance 1,000,123.45, of the day -12.30 with fees "
                "of 2.30, margin 35,000.00"
            ),
        ),
        (Alert("warning", "strategy.ma", "no depth", OPENING), "WARNING", "strategy.ma: no depth"),
        (Alert("loud", "strategy.ma", "no depth", OPENING), "INFO", "strategy.ma: no depth"),
    ],
)
def test_an_event_is_one_line_with_its_own_time(event: object, level: str, text: str) -> None:
    """What goes wrong has a level of its own, so that it can be found."""
    assert event_line(event) == (level, f"[2025-08-04 21:00:00] {text}")


def test_a_heartbeat_has_the_figures_of_a_run() -> None:
    """Counts, equity, what waits and what was lost, in one line."""
    account = AccountData(
        *("main", "CNY", 20250805, Decimal(1_000_000), Decimal(0), Decimal(0), Decimal(0)),
        *(Decimal("1000123.5"), Decimal(0), Decimal(1_000_123), 0.0),
    )
    picture = Snapshot(
        ts_ns=OPENING,
        trading_day=20250805,
        dispatched=9,
        ticks={},
        bars={},
        orders=(),
        trades=(),
        positions=(),
        accounts=(account,),
        strategies={},
        counters={"ticks": 1234, "bars": 5, "orders": 4, "trades": 3, "dropped": 2, "conflated": 1},
        queues={"inbox": 7, "store": 1000},
    )
    assert heartbeat(picture) == (
        "[2025-08-04 21:00:00] ticks 1,234 bars 5 orders 4 trades 3 equity main 1,000,123.50 "
        "queues inbox 7 store 1,000 dropped 2 conflated 1"
    )


@pytest.mark.parametrize(
    ("event", "speaker"),
    [
        (TRADE, "orders"),
        (Rejection("order_size", "too many", REQUEST, OPENING), "risk"),
        (StrategyChanged("ma1", StrategyState.RUNNING, "", OPENING), "strategy.ma1"),
        (ConnectionChanged("sim", is_up=True, reason="", ts_ns=OPENING), "gateway.sim"),
        (TradingDayChanged(20250805, 20250804, OPENING), "market"),
        (Rolled("ma1", "a.MAIN.T", "a2.T", "a1.T", 20250805, OPENING), "strategy.ma1"),
        (Alert("info", "store", "x", OPENING), "store"),
    ],
)
def test_every_event_has_a_speaker(event: object, speaker: str) -> None:
    """The name that `logs.levels` goes by."""
    assert component(event) == speaker


def test_details_are_of_the_level_debug() -> None:
    """The states of orders and the sessions are for who looks closely."""
    opened = SessionChanged("rb2510.SHFE", SessionState.OPEN, 20250805, OPENING)
    assert (level(opened), event_words(opened)) == ("debug", "rb2510.SHFE: session open")
