"""The same tape gives the same run, byte for byte, whichever way it comes into the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from homalos import Engine, Settings, Strategy
from homalos.codec import encode
from homalos.config import FeedSettings, InboxSettings, JournalSettings, StoreSettings

if TYPE_CHECKING:
    from pathlib import Path

    from homalos import RunSummary
    from homalos.model import TickData

_SYMBOLS = ("rb2510.SHFE", "IF2509.CFFEX")


class Quoter(Strategy):
    """Stands on both sides of the market and quotes anew every minute.

    Limit orders, cancels, partial fills and timers: much that could come out differently.
    """

    def on_start(self) -> None:
        """Set the timer."""
        self.timer("quote", 60)

    def on_tick(self, tick: TickData) -> None:
        """See the market, so that the last tick is known."""

    def on_timer(self, name: str) -> None:
        """Take the old quotes back and set new ones, at or near the touch."""
        last = self.last_tick()
        if last is None:
            return
        self.cancel_all()
        lots = 3 + self.now_ns // 1_000_000_000 % 5
        if self.pos <= 10:
            self.buy(last.bid_price_1, lots, reference=name)
        if self.pos >= -10:
            self.short(last.ask_price_1, lots, reference=name)


@frozen
class Outcome:
    """What a run came to.

    Attributes:
        summary: Its figures.
        decisions: Fingerprint of every request and cancel.
        books: Every order, trade, position and account as bytes.
    """

    summary: RunSummary
    decisions: str
    books: bytes


def outcome(home: Path, options: dict[str, Any], symbol: str, **settings: Any) -> Outcome:
    """Run three strategies and return what came of it.

    Args:
        home: An empty folder.
        options: The feed's; `kind` and `thread` are settings of the feed itself.
        symbol: What is traded.
        settings: Fields of `Settings`.
    """
    feed = FeedSettings(
        kind=options.pop("kind"), thread=options.pop("thread", False), options=options
    )
    engine = Engine.build(Settings(home=home, feed=feed, **settings))
    engine.add_strategy("double_ma", symbol=symbol, fast=5, slow=20)
    engine.add_strategy("ema_momentum", symbol=symbol, threshold_ticks=1.0)
    engine.add_strategy(Quoter, symbol=symbol)
    summary = engine.run()
    parts = engine.parts
    day = parts.loop.trading_day
    records = [
        *parts.orders.orders.values(),
        *parts.orders.trades,
        *parts.accounts.position_data("main", day),
        parts.accounts.account_data("main", day),
    ]
    return Outcome(summary, summary.decision_hash, b"".join(map(encode, records)))


def synthetic(**options: Any) -> dict[str, Any]:
    """Return the options of a synthetic market with a tick every five seconds."""
    return {"kind": "synthetic", "symbols": _SYMBOLS, "tick_ms": 5_000, **options}


def live_style() -> InboxSettings:
    """Return an inbox whose lane is always full and never loses anything."""
    return InboxSettings(market=64, when_full="block")


def check_lively(found: Outcome) -> None:
    """Make sure that there was something to come out differently."""
    assert found.summary.trades > 20
    assert found.summary.orders > 2 * found.summary.trading_days
    assert found.summary.faults == 0
    assert found.summary.identity_holds
    assert found.summary.orders_settled


def test_a_recorded_day_runs_the_same_twice_and_live_style(real_data: Path, tmp_path: Path) -> None:
    """ru1901 of 8 October 2018: orders, ids, trades and account are equal to the byte."""
    tape = str(real_data / "ticks_ctp_csv" / "SHFE.ru1901" / "20181008.tick-ctp.csv.gz")
    first, second, live = (
        outcome(tmp_path, {"kind": "tape", "files": (tape,), **more}, "ru1901.SHFE", inbox=inbox)
        for more, inbox in (
            ({}, InboxSettings()),
            ({}, InboxSettings()),
            ({"thread": True}, live_style()),
        )
    )

    check_lively(first)
    assert first.books == second.books == live.books
    assert first == second == live


def test_a_synthetic_market_runs_the_same_twice_and_live_style(tmp_path: Path) -> None:
    """Two instruments, a night and a day: equal to the byte, and so is every figure."""
    first = outcome(tmp_path, synthetic(), _SYMBOLS[0])
    second = outcome(tmp_path, synthetic(), _SYMBOLS[0])
    live = outcome(tmp_path, synthetic(thread=True), _SYMBOLS[0], inbox=live_style())

    check_lively(first)
    assert first.books == second.books == live.books
    assert first == second == live


@pytest.mark.parametrize("change", [{"seed": 2}, {"run": "other"}])
def test_another_seed_or_another_run_decides_otherwise(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    """The fingerprint tells them apart: by the market, or by nothing but the ids."""
    first = outcome(tmp_path, synthetic(), _SYMBOLS[0])
    other = outcome(tmp_path, synthetic(), _SYMBOLS[0], **change)

    assert first.decisions != other.decisions
    assert first.books != other.books


def test_the_hash_does_not_depend_on_what_is_kept(tmp_path: Path) -> None:
    """A store and a journal watch; they decide nothing."""
    plain = outcome(tmp_path / "a", synthetic(), _SYMBOLS[0])
    kept = outcome(
        tmp_path / "b", synthetic(), _SYMBOLS[0],
        store=StoreSettings(), journal=JournalSettings(mode="file"),
    )  # fmt: skip

    assert (tmp_path / "b" / "journal").is_dir()
    assert plain.books == kept.books
    assert plain.decisions == kept.decisions
