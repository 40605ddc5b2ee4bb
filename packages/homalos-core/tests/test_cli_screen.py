"""Tests of the live console's picture: its size, its figures, what gives way."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import nan

import attrs
import pytest
from rich.console import Console

from homalos.cli.screen import View, draw
from homalos.model import (
    AccountData,
    Direction,
    Offset,
    OrderData,
    OrderType,
    PositionData,
    Status,
    StrategyState,
    TickData,
    TradeData,
)
from homalos.plugins.ports import Snapshot

NOW = 1_754_312_400_000_000_000  # 2025-08-04 21:00:00 in Shanghai
DECIMALS = {"rb2510.SHFE": 0, "au2512.SHFE": 2}


def tick(symbol: str, last: float, bid: float, ask: float) -> TickData:
    """Return a tick with one level of book, settled at 3200 the day before."""
    return TickData(
        symbol, NOW, 20250805, last, volume=12_345, open_interest=1_600_000.0,
        bid_price_1=bid, bid_volume_1=350, ask_price_1=ask, ask_volume_1=360,
        pre_settlement=3200.0,
    )  # fmt: skip


def trades(count: int) -> tuple[TradeData, ...]:
    """Return fills of 1, 2, 3 ... lots."""
    return tuple(
        TradeData(
            *(f"T{lots}", f"1-{lots}", "rb2510.SHFE", Direction.LONG, Offset.OPEN, 3211.0, lots),
            *(NOW, 20250805, "ma", "main", "sim"),
        )
        for lots in range(1, count + 1)
    )


def view(*, positions: int = 1, fills: int = 3, messages: int = 2) -> View:
    """Return a picture of a small run."""
    account = AccountData(
        *("main", "CNY", 20250805, Decimal(1_000_000), Decimal(-40), Decimal("40.62")),
        *(Decimal(200), Decimal("1000119.38"), Decimal("44535.1"), Decimal("955584.28"), 560.0),
    )
    order = OrderData(
        *("1-9", "rb2510.SHFE", Direction.SHORT, Offset.CLOSETODAY, OrderType.LIMIT, 3215.0, 4, 1),
        *(Status.PARTTRADED, "ma", "main", "sim", NOW, NOW),
    )
    held = PositionData("main", "rb2510.SHFE", Direction.SHORT, 2, 0, 3220.5, 95.0, Decimal(1))
    picture = Snapshot(
        ts_ns=NOW,
        trading_day=20250805,
        dispatched=1000,
        ticks={
            "rb2510.SHFE": tick("rb2510.SHFE", 3216.0, 3215.0, 3216.0),
            "au2512.SHFE": tick("au2512.SHFE", 780.1, nan, 780.12),
        },
        bars={},
        orders=(order,),
        trades=trades(fills),
        positions=(held,) * positions,
        accounts=(account,),
        strategies={"ma": StrategyState.RUNNING, "broken": StrategyState.FAILED},
        counters={
            "ticks": 900,
            "bars": 30,
            "orders": 9,
            "trades": 8,
            "rejections": 1,
            "dropped": 0,
            "conflated": 4,
        },
        queues={"inbox": 3, "store": 12},
    )
    return View(
        title="demo, seed 1, 60 ×",
        picture=picture,
        rate=372.4,
        decimals=DECIMALS.__getitem__,
        scores={"ma": (-2, 1234.5)},
        messages=[("INFO", f"message {number}") for number in range(messages)],
    )


def lines(shown: View, width: int, height: int) -> Sequence[str]:
    """Return what a terminal of that size would show."""
    console = Console(width=width, height=height, color_system=None, force_terminal=True)
    with console.capture() as captured:
        console.print(draw(shown, width, height), height=height)
    return captured.get().splitlines()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 60), (110, 24), (109, 30), (60, 16)])
def test_the_picture_fills_the_terminal_and_not_more(size: tuple[int, int]) -> None:
    """A line too many or too long would make the screen scroll and flicker."""
    width, height = size
    shown = lines(view(positions=30, fills=100, messages=20), width, height)
    assert len(shown) == height
    assert {len(line) for line in shown} == {width}


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize(
    "text",
    [
        "demo, seed 1, 60 ×",
        "2025-08-04 21:00:00  trading day 2025-08-05",
        "372 events/s",
        "queues inbox 3 store 12",
        "dropped 0 conflated 4",
        "3216",
        "+16",
        "3215 × 350",
        "780.10",
        "780.12 × 360",
        "12,345",
        "1,600,000",
        "1,000,119.38",
        "955,584.28",
        "44,535.10",
        "4.5 %",
        "40.62",
        "-40.00",
        "+200.00",
        "560.00",
        "3220.5",
        "+95.00",
        "3/4",
        "+1,234.50",
        "running",
        "failed",
        "message 1",
    ],
)
def test_every_figure_is_on_the_screen(size: tuple[int, int], text: str) -> None:
    """At both sizes that are promised; the risk degree is 44,535.10 of 1,000,119.38."""
    assert text in "\n".join(lines(view(), *size))


def test_a_missing_bid_is_a_dash() -> None:
    """At limit-down nobody bids; no figure stands for that."""
    row = next(line for line in lines(view(), 120, 40) if "au2512" in line)
    assert " – " in row
    assert "nan" not in row


def test_the_last_trade_is_on_top_and_what_is_left_out_is_said() -> None:
    """Of a hundred fills, those that fit; the newest has 100 lots."""
    shown = lines(view(fills=100), 120, 40)
    head = next(at for at, line in enumerate(shown) if "Last trades (" in line)
    assert " of 100)" in shown[head]
    assert " 100 " in shown[head + 2]


def test_a_stop_under_way_is_said_first() -> None:
    """Who pressed Ctrl-C must see that it was taken, and what a second one does."""
    shown = lines(attrs.evolve(view(), is_stopping=True), 80, 24)
    assert "stopping, Ctrl-C forces" in shown[0]
