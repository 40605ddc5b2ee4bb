"""Chaotic days: whatever the wire does, engine and venue agree on everything at the end."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import pytest
from attrs import frozen

from homalos import Engine, Settings, Strategy
from homalos.codec import encode
from homalos.config import (
    AccountSettings,
    FeedSettings,
    GatewaySettings,
    JournalSettings,
)
from homalos.engine.agreement import disagreements
from homalos.model import Direction, OrderData, OrderPhase
from homalos.plugins.ports import FaultMaker
from homalos_sim.faults.gateway import FaultyGateway

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from homalos import RunSummary
    from homalos.model import TickData

# Dated offsets with fees by turnover, closes of today first, a group's margin, a long night.
SYMBOLS = ("rb2510.SHFE", "m2509.DCE", "IF2509.CFFEX", "au2512.SHFE")
FAULTS = {
    "disconnects_per_hour": 4,
    "disconnect_s": 120,
    "notice_s": 20,
    "delay": 0.2,
    "delay_s": 4,
    "duplicate": 0.1,
    "reorder": 0.1,
    "reorder_s": 10,
    "lost_ack": 0.1,
    "lost_request": 0.05,
    "lost_cancel": 0.1,
}
# Far more than any line takes, so that messages cross one another and breaks fall between them.
LATENCY = {
    "send": {"kind": "lognormal", "mean_us": 800_000, "deviation_us": 900_000},
    "cancel": {"kind": "exponential", "mean_us": 700_000},
    "acknowledge": {"kind": "exponential", "mean_us": 1_500_000},
    "market_data": {"kind": "normal", "mean_us": 50_000, "deviation_us": 20_000},
}
KINDS = ("disconnect", "delay", "duplicate", "reorder", "lost_ack", "lost_request", "lost_cancel")


class Quoter(Strategy):
    """Rests on both sides of every market and quotes anew now and then."""

    def on_start(self) -> None:
        """Set the timer."""
        self.timer("quote", 600)

    def on_tick(self, tick: TickData) -> None:
        """See the market, so that the last tick is known."""

    def on_timer(self, name: str) -> None:
        """Take the old quotes back, close what is held, and quote anew."""
        del name
        self.cancel_all()
        for symbol in self.symbols:
            last = self.last_tick(symbol)
            if last is None:
                continue
            lots = 1 + self.now_ns // 1_000_000_000 % 3
            held = self.position(symbol)
            if held > 0:
                self.sell(last.ask_price_1, held, symbol=symbol)
            elif held < 0:
                self.cover(last.bid_price_1, -held, symbol=symbol)
            self.buy(last.bid_price_1, lots, symbol=symbol)
            self.short(last.ask_price_1, lots, symbol=symbol)


class Crosser(Strategy):
    """Turns around with every few ticks, at the other side's price."""

    def on_start(self) -> None:
        """Begin to count."""
        self.seen: Counter[str] = Counter()

    def on_tick(self, tick: TickData) -> None:
        """Buy, sell, sell short and cover in turn."""
        symbol = tick.symbol
        self.seen[symbol] += 1
        turn = self.seen[symbol]
        if turn % 60:
            return
        held = self.position(symbol)
        if held > 0:
            self.sell(tick.bid_price_1, held, symbol=symbol)
        elif held < 0:
            self.cover(tick.ask_price_1, -held, symbol=symbol)
        elif turn % 2:
            self.buy(tick.ask_price_1, 2, symbol=symbol)
        else:
            self.short(tick.bid_price_1, 2, symbol=symbol)


class Hoarder(Strategy):
    """Opens more than it closes, so that lots of several days lie side by side."""

    def on_start(self) -> None:
        """Begin to count."""
        self.turns: Counter[str] = Counter()

    def on_tick(self, tick: TickData) -> None:
        """Open 2 with one order and close 1 with the next, at the other side's price."""
        symbol = tick.symbol
        self.turns[symbol] += 1
        if self.turns[symbol] % 45:
            return
        if self.turns[symbol] % 2:
            self.buy(tick.ask_price_1, 2, symbol=symbol)
        elif self.position(symbol) > 0:
            self.sell(tick.bid_price_1, 1, symbol=symbol)


class Bracketer(Strategy):
    """Enters with exits that the engine holds, and leaves the rest to them."""

    def on_start(self) -> None:
        """Begin to count."""
        self.seen: Counter[str] = Counter()

    def on_tick(self, tick: TickData) -> None:
        """Enter long and short in turn, near the touch, with a profit and a loss to take."""
        symbol = tick.symbol
        self.seen[symbol] += 1
        turn = self.seen[symbol]
        if turn % 70:
            return
        step = self.instrument(symbol).tick_size
        sign = 1 if turn % 140 else -1
        entry = tick.ask_price_1 if sign > 0 else tick.bid_price_1
        self.bracket(
            Direction.LONG if sign > 0 else Direction.SHORT,
            entry,
            2,
            take_profit=entry + 4 * sign * step,
            stop_loss=entry - 4 * sign * step,
            symbol=symbol,
        )


@frozen
class Day:
    """What a chaotic day came to.

    Attributes:
        summary: Its figures.
        differences: What engine and venue do not agree on.
        faults: How often each was made.
        unknown: Orders that were unknown at some time.
        is_invested: Whether something is held at the end.
        books: Every order, trade, position and account as bytes.
    """

    summary: RunSummary
    differences: tuple[str, ...]
    faults: dict[str, int]
    unknown: int
    is_invested: bool
    books: bytes


def chaos(
    home: Path,
    seed: int,
    *,
    days: int = 1,
    faults: Mapping[str, float] = FAULTS,
    latency: Mapping[str, object] | None = None,
    journal: Literal["count", "file"] = "count",
) -> Day:
    """Run trading days on a wire that fails by a seed.

    Args:
        home: A folder for its state.
        seed: Of the market and of the faults.
        days: Trading days.
        faults: How often each is made.
        latency: How long messages take on their way; none where left out.
        journal: Whether every input is written down.
    """
    options = {"symbols": SYMBOLS, "tick_ms": 20_000, "history_days": 0, "days": days}
    venue = {"faults": {"seed": seed, **faults}, "latency": latency or {}}
    engine = Engine.build(
        Settings(
            home=home,
            seed=seed,
            feed=FeedSettings(kind="synthetic", options=options),
            gateways={"sim": GatewaySettings(options=venue)},
            accounts={"main": AccountSettings(capital=Decimal(50_000_000))},
            journal=JournalSettings(mode=journal),
            statements=True,
        )
    )
    engine.add_strategy(Quoter, symbols=SYMBOLS)
    for symbol in SYMBOLS[:2]:
        engine.add_strategy(Crosser, symbol=symbol)
    engine.add_strategy(Crosser, symbols=SYMBOLS, name="crosser-of-all")
    engine.add_strategy(Hoarder, symbols=SYMBOLS)
    engine.add_strategy(Bracketer, symbols=SYMBOLS)
    engine.add_strategy("double_ma", symbol=SYMBOLS[0], fast=3, slow=8)
    unknown: set[str] = set()

    def look(order: OrderData) -> None:
        if order.phase is OrderPhase.UNKNOWN:
            unknown.add(order.order_id)

    engine.subscribe(OrderData, look)
    summary = engine.run()
    parts = engine.parts
    wire = parts.gateways["sim"]
    assert isinstance(wire, FaultMaker)
    day = parts.loop.trading_day
    records = [
        *parts.orders.orders.values(),
        *parts.orders.trades,
        *parts.accounts.position_data("main", day),
        parts.accounts.account_data("main", day),
    ]
    return Day(
        summary,
        disagreements(parts),
        dict(wire.faults()),
        len(unknown),
        bool(parts.accounts.position_data("main", day)),
        b"".join(map(encode, records)),
    )


def check(day: Day) -> None:
    """Make sure that enough happened, and that nothing of it is left."""
    assert day.differences == ()
    assert day.summary.faults == 0
    assert day.summary.identity_holds
    assert day.summary.orders_settled
    # Nothing agrees so easily as two to whom nothing happened.
    assert day.summary.trades > 100
    assert [kind for kind in KINDS if not day.faults[kind]] == []
    assert day.unknown > 10


@pytest.mark.parametrize("seed", range(1, 21))
def test_engine_and_venue_agree_after_a_chaotic_day(tmp_path: Path, seed: int) -> None:
    """On every order, trade and position, and on equity, fees and margin to the cent."""
    check(chaos(tmp_path, seed))


@pytest.mark.parametrize("seed", [8, 21, 27])
def test_they_agree_after_three_chaotic_days(tmp_path: Path, seed: int) -> None:
    """Also where a close takes lots of today first, and was heard of before their opening.

    Booked in the order of the reports, each of these seeds cost a fee that the venue did not
    take: close of an earlier day's lot for one of today.
    """
    check(chaos(tmp_path, seed, days=3))


@pytest.mark.parametrize(("seed", "days"), [(3, 1), (36, 1), (39, 1), (17, 3)])
def test_they_agree_where_messages_are_under_way_for_seconds(
    tmp_path: Path, seed: int, days: int
) -> None:
    """Each of these seeds found something.

    An end of the day that cut messages off, reports that got lost where nobody had heard them,
    an answer that was taken for the one to a later question.
    """
    check(chaos(tmp_path, seed, days=days, latency=LATENCY))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 161))
def test_they_agree_where_messages_are_under_way_for_seconds_for_many_seeds(
    tmp_path: Path, seed: int
) -> None:
    """As above, one day of each."""
    check(chaos(tmp_path, seed, latency=LATENCY))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 41))
def test_they_agree_over_days_of_messages_that_take_seconds(tmp_path: Path, seed: int) -> None:
    """As above, three days of each."""
    check(chaos(tmp_path, seed, days=3, latency=LATENCY))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 101))
def test_they_agree_after_three_chaotic_days_of_many_seeds(tmp_path: Path, seed: int) -> None:
    """As above, for a hundred seeds."""
    check(chaos(tmp_path, seed, days=3))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(21, 501))
def test_engine_and_venue_agree_after_many_chaotic_days(tmp_path: Path, seed: int) -> None:
    """As above, for the rest of five hundred seeds."""
    check(chaos(tmp_path, seed))


def test_the_money_agrees_over_days_whatever_is_held_over_night(tmp_path: Path) -> None:
    """Two computations of fees, margin and equity, three settlements, and no fault at all."""
    day = chaos(tmp_path, 1, days=3, faults={})
    assert day.differences == ()
    assert (day.summary.trading_days, day.unknown, set(day.faults.values())) == (3, 0, {0})
    assert day.summary.trades > 500
    assert day.is_invested


def test_without_asking_the_venue_they_would_not_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions that lead nowhere: orders hang, trades are missing, nobody knows the money."""
    monkeypatch.setattr(FaultyGateway, "report_orders", lambda _self, _question: None)
    differences = chaos(tmp_path, 1).differences
    for what in (
        "works for engine, and not for sim",
        "the venue never heard of it",
        "was made at the venue, and is not booked",
        "its venue cannot say what it holds",
    ):
        assert [each for each in differences if what in each], what


def test_two_chaotic_days_of_one_seed_are_equal_byte_for_byte(tmp_path: Path) -> None:
    """Orders, trades, money, decisions, journal and statements; another seed is another day."""
    first, second, other = (
        chaos(tmp_path / name, seed, journal="file")
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second
    assert first.books != other.books
    kept = [_files(tmp_path / name) for name in ("a", "b", "c")]
    assert kept[0] == kept[1]
    assert {path.split("/")[0] for path in kept[0]} == {"journal", "statements"}
    assert kept[0] != kept[2]


def _files(home: Path) -> dict[str, bytes]:
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }
