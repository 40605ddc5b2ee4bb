"""Tests of what the strategies have made, as the live console shows it."""

from __future__ import annotations

from math import isnan

from homalos.cli.scores import Scores
from homalos.model import Direction, Instrument, Offset, TradeData

RB = Instrument("rb2510.SHFE", "rb", tick_size=1.0, multiplier=10)


def trade(strategy: str, direction: Direction, price: float, volume: int) -> TradeData:
    """Return a fill in rb2510; the offset does not matter here."""
    return TradeData(
        *("T", "1-1", "rb2510.SHFE", direction, Offset.OPEN, price, volume),
        *(0, 20250805, strategy, "main", "sim"),
    )


def test_a_strategy_is_worth_its_cash_and_what_it_holds() -> None:
    """Bought 3 at 3200, sold 1 at 3210, last 3220: 10 × 10 made, 2 × 20 × 10 open; 500 in all."""
    scores = Scores(lambda _: RB)
    scores.add(trade("ma", Direction.LONG, 3200.0, 3))
    scores.add(trade("ma", Direction.SHORT, 3210.0, 1))
    assert scores.worth({"rb2510.SHFE": 3220.0}) == {"ma": (2, 500.0)}


def test_strategies_in_one_symbol_are_kept_apart() -> None:
    """One is long and one is short of the same contract; what one wins the other loses."""
    scores = Scores(lambda _: RB)
    scores.add(trade("bull", Direction.LONG, 3200.0, 1))
    scores.add(trade("bear", Direction.SHORT, 3200.0, 1))
    assert scores.worth({"rb2510.SHFE": 3190.0}) == {"bull": (1, -100.0), "bear": (-1, 100.0)}


def test_a_closed_position_needs_no_price() -> None:
    """Nothing is held, so what was made is known without any market data."""
    scores = Scores(lambda _: RB)
    scores.add(trade("ma", Direction.LONG, 3200.0, 1))
    scores.add(trade("ma", Direction.SHORT, 3205.0, 1))
    assert scores.worth({}) == {"ma": (0, 50.0)}


def test_an_open_position_without_a_price_is_worth_nobody_knows_what() -> None:
    """A made-up figure would be worse than none."""
    scores = Scores(lambda _: RB)
    scores.add(trade("ma", Direction.LONG, 3200.0, 1))
    lots, profit = scores.worth({})["ma"]
    assert lots == 1
    assert isnan(profit)
