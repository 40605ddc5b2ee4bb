"""Strategies on the main contract of a product: what they hear and trade, and the day of a roll."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos.config import RestartSettings, StrategySettings
from homalos.engine.engine import Engine
from homalos.engine.series.keeping import main_file, write_series
from homalos.engine.series.rolls import Roll, SeriesBook
from homalos.errors import DataError
from homalos.model import (
    Alert,
    BarData,
    Instrument,
    OrderData,
    Rolled,
    SessionChanged,
    SessionState,
    StrategyState,
    TickData,
)
from homalos.plugins import StrategySpec
from homalos.plugins.ports import Session
from homalos.plugins.specs import NoOptions
from homalos.strategy import Strategy
from homalos.testing import FakeFeed, FakeGateway, FakeMarket, at, bar, engine, tick

MAIN, NEAR, FAR, LAST = "aa.MAIN.TEST", "aa2602.TEST", "aa2605.TEST", "aa2609.TEST"
MONDAY, TUESDAY, WEDNESDAY = 20250106, 20250107, 20250108
DAY_S = 86_400
INSTRUMENTS = tuple(
    Instrument(symbol, "aa", tick_size=1.0, multiplier=10) for symbol in (MAIN, NEAR, FAR, LAST)
)
ROWS = (
    Roll(product="aa.TEST", from_day=20250101, to_day=MONDAY, symbol=NEAR),
    Roll(
        product="aa.TEST",
        from_day=TUESDAY,
        to_day=WEDNESDAY,
        symbol=FAR,
        previous=NEAR,
        close=Decimal(120),
        previous_close=Decimal("101.5"),
    ),
)


_NO_ROWS = r"no rows of main contracts of aa\.TEST in .*main\.csv; write them with `homalos series"


class Follower(Strategy):
    """Writes down what it hears."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.heard: list[str] = []
        self.rolls: list[Rolled] = []

    def on_init(self) -> None:
        """Write down what it begins with."""
        self.heard.append(f"init {self.symbol}")

    def on_start(self) -> None:
        """Write down what it starts with."""
        self.heard.append(f"start {self.symbol}")

    def on_tick(self, tick: TickData) -> None:
        """Write it down."""
        self.heard.append(f"{tick.symbol} {tick.last_price:g}")

    def on_roll(self, roll: Rolled) -> None:
        """Write it down."""
        self.rolls.append(roll)
        self.heard.append(f"roll {self.symbol}")


class Unaware(Strategy):
    """Has no `on_roll`."""

    def on_tick(self, tick: TickData) -> None:
        """Buy one lot of whatever is traded, once."""
        if not self.pos and not self.active_orders():
            self.buy(tick.last_price, 1)


class Mover(Unaware):
    """Moves its lots at a roll."""

    def on_roll(self, roll: Rolled) -> None:
        """Move them."""
        self.roll_over(roll)


def running(home: Path, *, rows: tuple[Roll, ...] = ROWS, **named: Any) -> Engine:
    """Build an engine whose home folder has rows of main contracts."""
    if rows:
        write_series(SeriesBook(rows), main_file(home))
    named.setdefault("market", FakeMarket(INSTRUMENTS))
    return engine(home=home, clock="event", **named)


def day_tick(day: int, symbol: str, price: float, seconds: float = 0) -> TickData:
    """Make a tick of a trading day of January 2025, so many seconds after one o'clock."""
    return tick(symbol, price, ts_ns=at((day - MONDAY) * DAY_S + seconds))


def two_days() -> list[TickData]:
    """Return the ticks of both contracts, on the last day of one and the first of the other."""
    return [
        day_tick(MONDAY, NEAR, 100, 0),
        day_tick(MONDAY, FAR, 119, 1),
        day_tick(MONDAY, NEAR, 101, 2),
        day_tick(TUESDAY, NEAR, 102, 0),
        day_tick(TUESDAY, FAR, 121, 1),
    ]


def test_a_strategy_hears_the_main_contract_of_each_day_and_is_told_of_the_roll(
    tmp_path: Path,
) -> None:
    """Before the first tick of the day, also where that is a tick of the old contract."""
    built = running(tmp_path)
    added = built.add_strategy(Follower, symbol=MAIN)
    assert isinstance(added, Follower)
    with built:
        for each in two_days():
            built.step(each)

    expected = [
        *(f"init {NEAR}", f"start {NEAR}", f"{NEAR} 100", f"{NEAR} 101"),
        *(f"roll {FAR}", f"{FAR} 121"),
    ]
    assert expected == added.heard
    told = Rolled(f"Follower-{MAIN}", MAIN, FAR, NEAR, TUESDAY, at(DAY_S), 120.0, 101.5)
    assert [told] == added.rolls
    assert added.symbols == (FAR,)


def test_orders_go_to_the_contract_itself_and_the_old_lots_stay(
    tmp_path: Path,
) -> None:
    """A strategy that knows nothing of rolls is warned for: nobody closes its lots."""
    venue = FakeGateway()
    built = running(tmp_path, gateway=venue)
    built.add_strategy(Unaware, symbol=MAIN, name="unaware")
    alerts: list[Alert] = []
    built.subscribe(Alert, alerts.append)
    with built:
        for each in two_days():
            built.step(each)
            if venue.working_orders():
                venue.fill()
        added = built.parts.strategies.strategy("unaware")

    assert [request.symbol for request in venue.requests] == [NEAR, FAR]
    assert (added.position(NEAR), added.position(FAR)) == (1, 1)
    expected = (
        f"{MAIN} is {FAR} now, and the strategy has no `on_roll`: its 1 lots and "
        f"0 working orders of {NEAR} stay as they are"
    )
    assert [expected] == [alert.message for alert in alerts]


def test_lots_are_moved_where_the_strategy_says_so(tmp_path: Path) -> None:
    """The old contract is sold and the new one bought, as two market orders."""
    venue = FakeGateway()
    built = running(tmp_path, gateway=venue)
    added = built.add_strategy(Mover, symbol=MAIN)
    with built:
        for each in two_days()[:3]:
            built.step(each)
            if venue.working_orders():
                venue.fill()
        built.step(two_days()[3])
        sent = venue.requests[-2:]
        venue.fill(sent[0].order_id, price=102)
        venue.fill(sent[1].order_id, price=121)

    assert [(each.symbol, str(each.direction), str(each.offset), each.volume) for each in sent] == [
        (NEAR, "short", "close", 1),
        (FAR, "long", "open", 1),
    ]
    assert (added.position(NEAR), added.position(FAR)) == (0, 1)


def test_working_orders_of_the_old_contract_are_cancelled_by_roll_over(tmp_path: Path) -> None:
    """And only then its lots are closed."""
    venue = FakeGateway()
    built = running(tmp_path, gateway=venue)
    built.add_strategy(Mover, symbol=MAIN)
    with built:
        for each in two_days():
            built.step(each)

    assert [venue.requests[0].order_id] == [cancel.order_id for cancel in venue.cancels]


def test_the_next_contract_is_watched_before_it_is_the_main_one(tmp_path: Path) -> None:
    """So that its bars are there at the roll."""
    lengths: list[list[float]] = []

    class Looker(Strategy):
        """Looks at the next contract."""

        def on_bar(self, bar: BarData) -> None:
            """Need bars."""

        def on_roll(self, roll: Rolled) -> None:
            """Look at the bars of the new contract."""
            found = self.history(10, symbol=roll.symbol)
            lengths.append([bar.close_price for bar in found])

    built = running(tmp_path)
    built.add_strategy(Looker, symbol=MAIN)
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        built.step(bar(FAR, 119, start_ns=at(60)))
        built.step(bar(FAR, 120, start_ns=at(120)))
        built.step(day_tick(TUESDAY, NEAR, 101))

    assert lengths == [[119.0, 120.0]]


def test_sessions_of_the_new_contract_are_told_on_the_day_of_the_roll(tmp_path: Path) -> None:
    """The strategy is moved before the day's sessions are arranged."""
    sessions = [
        Session(at(0), at(3600), MONDAY),
        Session(at(DAY_S), at(DAY_S + 3600), TUESDAY),
    ]
    told: list[tuple[str, SessionState]] = []

    class Listener(Strategy):
        """Hears sessions."""

        def on_session(self, event: SessionChanged) -> None:
            """Write it down."""
            told.append((event.symbol, event.state))

    built = running(tmp_path, market=FakeMarket(INSTRUMENTS, sessions=sessions))
    built.add_strategy(Listener, symbol=MAIN)
    with built:
        for each in two_days():
            built.step(each)

    opened, closed = SessionState.OPEN, SessionState.CLOSED
    assert [(NEAR, opened), (NEAR, closed), (FAR, opened)] == told


def test_a_day_that_no_row_covers_leaves_a_running_strategy_where_it_is(tmp_path: Path) -> None:
    """What the main contract is then is nobody's guess, and it is told."""
    built = running(tmp_path)
    added = built.add_strategy(Follower, symbol=MAIN, name="f")
    assert isinstance(added, Follower)
    alerts: list[Alert] = []
    built.subscribe(Alert, alerts.append)
    with built:
        built.step(day_tick(WEDNESDAY, FAR, 121))
        built.step(day_tick(WEDNESDAY + 1, FAR, 122))

    assert [f"init {FAR}", f"start {FAR}", f"{FAR} 121", f"{FAR} 122"] == added.heard
    expected = (
        "the main contract of aa.TEST is not known on 20250109: aa2605.TEST is known from 20250107 "
        f"to 20250108; compute or import newer rows; it stays on {FAR}"
    )
    assert [expected] == [alert.message for alert in alerts]


def test_a_strategy_whose_first_day_no_row_covers_fails(tmp_path: Path) -> None:
    """It has no contract to stay on."""
    built = running(tmp_path)
    added = built.add_strategy(Follower, symbol=MAIN, name="f")
    assert isinstance(added, Follower)
    with built:
        built.step(tick(NEAR, 100, ts_ns=at(-30 * DAY_S)))
        state = built.parts.strategies.states()["f"]

    assert state == StrategyState.FAILED
    assert added.heard == []


def test_a_product_without_rows_is_refused_when_the_strategy_is_added(tmp_path: Path) -> None:
    """The error says how to get rows."""
    built = running(tmp_path, rows=())
    with pytest.raises(DataError, match=_NO_ROWS):
        built.add_strategy(Follower, symbol=MAIN)


def test_a_product_without_rows_is_refused_when_the_engine_is_built(tmp_path: Path) -> None:
    """Before anything runs."""
    given = StrategySettings(strategy="follower", symbols=(MAIN,))
    spec = StrategySpec(name="follower", factory=Follower)
    with pytest.raises(DataError, match=_NO_ROWS):
        engine(spec, home=tmp_path, market=FakeMarket(INSTRUMENTS), strategies=(given,))


def test_days_left_out_roll_once_to_the_contract_of_the_day(tmp_path: Path) -> None:
    """The prices of a row are told only where they are of the two contracts it goes between."""
    rows = (
        *ROWS[:1],
        Roll(
            product="aa.TEST", from_day=TUESDAY, to_day=TUESDAY, symbol=FAR, previous=NEAR,
            close=Decimal(1), previous_close=Decimal(2),
        ),
        Roll(
            product="aa.TEST", from_day=WEDNESDAY, to_day=WEDNESDAY, symbol=LAST, previous=FAR,
            close=Decimal(3), previous_close=Decimal(4),
        ),
    )  # fmt: skip
    built = running(tmp_path, rows=rows)
    added = built.add_strategy(Follower, symbol=MAIN, name="f")
    assert isinstance(added, Follower)
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        built.step(day_tick(WEDNESDAY, LAST, 140))

    assert [(each.symbol, each.previous) for each in added.rolls] == [(LAST, NEAR)]
    assert added.rolls[0].close != added.rolls[0].close


def test_a_stopped_strategy_is_told_of_the_roll_when_it_starts_again(tmp_path: Path) -> None:
    """Behind `on_start` and before its first event: it may have lots of the old contract."""
    built = running(tmp_path)
    added = built.add_strategy(Follower, symbol=MAIN, name="f")
    assert isinstance(added, Follower)
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        built.parts.strategies.stop("f")
        built.step(day_tick(TUESDAY, NEAR, 101))
        built.parts.strategies.start("f")
        built.step(day_tick(TUESDAY, FAR, 121, 5))

    assert added.heard[-3:] == [f"start {FAR}", f"roll {FAR}", f"{FAR} 121"]
    assert [(each.previous, each.ts_ns) for each in added.rolls] == [(NEAR, at(DAY_S))]


def test_rolls_that_were_not_heard_are_told_as_one(tmp_path: Path) -> None:
    """From the contract that the strategy last knew to that of the day."""
    rows = (
        *ROWS[:1],
        attrs.evolve(ROWS[1], to_day=TUESDAY),
        Roll(product="aa.TEST", from_day=WEDNESDAY, to_day=WEDNESDAY, symbol=LAST, previous=FAR),
    )
    built = running(tmp_path, rows=rows)
    added = built.add_strategy(Follower, symbol=MAIN, name="f")
    assert isinstance(added, Follower)
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        built.parts.strategies.stop("f")
        built.step(day_tick(TUESDAY, NEAR, 101))
        built.step(day_tick(WEDNESDAY, LAST, 140))
        built.parts.strategies.start("f")
        built.step(day_tick(WEDNESDAY, LAST, 141, 5))

    assert [(each.previous, each.symbol) for each in added.rolls] == [(NEAR, LAST)]


def test_a_strategy_that_never_ran_is_told_of_nothing(tmp_path: Path) -> None:
    """It begins with the contract of the day on which it is started."""
    built = running(tmp_path)
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        added = built.add_strategy(Follower, symbol=MAIN, name="f")
        assert isinstance(added, Follower)
        built.parts.strategies.stop("f")
        built.parts.strategies.unload("f", lambda: None)
        built.step(day_tick(TUESDAY, NEAR, 101))

    assert added.rolls == []


def test_a_version_that_comes_during_a_roll_is_on_the_new_contract(tmp_path: Path) -> None:
    """It was made before the day turned, and put in place behind it, when the order was over."""
    venue = FakeGateway()
    built = running(tmp_path, gateway=venue)
    built.add_strategy(Mover, symbol=MAIN, name="m")
    manager = built.parts.strategies
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        manager.replace("m", manager.plan("m"))
        built.step(day_tick(TUESDAY, NEAR, 101))
        venue.cancel()
        built.step(day_tick(TUESDAY, NEAR, 102, 1))
        symbols, state = manager.strategy("m").symbols, manager.states()["m"]

    assert (symbols, state) == ((FAR,), StrategyState.RUNNING)
    assert venue.requests[-1].symbol == NEAR


def test_a_strategy_may_have_a_contract_beside_a_main_one(tmp_path: Path) -> None:
    """The contract stays; the other place rolls."""
    built = running(tmp_path)
    added = built.add_strategy(Follower, symbols=(LAST, MAIN))
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        before = added.symbols
        built.step(day_tick(TUESDAY, NEAR, 101))

    assert before == (LAST, NEAR)
    assert added.symbols == (LAST, FAR)
    assert added.symbol == LAST


def test_one_that_fails_in_on_roll_falls_alone(tmp_path: Path) -> None:
    """The others are told, too."""

    class Breaks(Strategy):
        """Raises when it rolls."""

        def on_roll(self, roll: Rolled) -> None:
            """Raise."""
            raise ValueError(roll.symbol)

    built = running(tmp_path)
    built.add_strategy(Breaks, symbol=MAIN, name="breaks")
    other = built.add_strategy(Follower, symbol=MAIN, name="other")
    assert isinstance(other, Follower)
    with built:
        for each in two_days():
            built.step(each)
        states = built.parts.strategies.states()

    assert states == {"breaks": StrategyState.FAILED, "other": StrategyState.RUNNING}
    assert len(other.rolls) == 1


def test_a_roll_is_told_past_a_callback_that_waits(tmp_path: Path) -> None:
    """What it waits for may be an order that never fills any more."""
    rolls: list[str] = []

    class Waits(Strategy):
        """Waits in a callback."""

        while_waiting = "skip"

        async def on_tick(self, tick: TickData) -> None:
            """Wait for long."""
            del tick
            await self.sleep(10 * DAY_S)

        def on_roll(self, roll: Rolled) -> None:
            """Write it down."""
            rolls.append(roll.symbol)

    built = running(tmp_path)
    built.add_strategy(Waits, symbol=MAIN)
    with built:
        for each in two_days():
            built.step(each)

    assert rolls == [FAR]


def test_venues_are_asked_for_both_contracts_once_the_day_is_known(tmp_path: Path) -> None:
    """And not for the main contract itself, which nobody trades."""
    venue = FakeGateway()
    built = running(tmp_path, gateway=venue)
    built.add_strategy(Follower, symbol=MAIN)
    with built:
        before = list(venue.subscribed)
        built.step(day_tick(MONDAY, NEAR, 100))

    assert before == []
    assert venue.subscribed == [NEAR, FAR]


def test_every_callback_of_an_order_still_comes_after_the_move(tmp_path: Path) -> None:
    """Only the market is heard anew; orders of the old contract are reported."""
    states: list[str] = []

    class Waiting(Unaware):
        """Waits for its order."""

        def on_order(self, order: OrderData) -> None:
            """Write it down."""
            states.append(f"{order.symbol} {order.status}")

        def on_roll(self, roll: Rolled) -> None:
            """Take the old order back."""
            self.cancel_all(roll.previous)

    venue = FakeGateway()
    built = running(tmp_path, gateway=venue)
    built.add_strategy(Waiting, symbol=MAIN)
    with built:
        built.step(day_tick(MONDAY, NEAR, 100))
        built.step(day_tick(TUESDAY, NEAR, 101))
        venue.cancel(venue.requests[0].order_id)

    assert f"{NEAR} cancelled" == states[-1]


def test_a_live_engine_knows_the_contract_when_the_strategy_is_loaded(tmp_path: Path) -> None:
    """By the wall's clock, so that venues are asked before the first event."""
    rows = (
        Roll(product="aa.TEST", from_day=20200101, to_day=20241231, symbol=NEAR),
        Roll(
            product="aa.TEST", from_day=20250101, to_day=20991231, symbol=FAR, previous=NEAR
        ),
    )  # fmt: skip
    write_series(SeriesBook(rows), main_file(tmp_path))
    venue = FakeGateway()
    built = engine(home=tmp_path, clock="live", market=FakeMarket(INSTRUMENTS), gateway=venue)
    added = built.add_strategy(Follower, symbol=MAIN)
    assert isinstance(added, Follower)
    with built:
        pass

    assert venue.subscribed == [FAR]
    assert added.heard == [f"init {FAR}", f"start {FAR}"]


def test_a_feed_tells_the_day_also_on_the_wall_s_clock(tmp_path: Path) -> None:
    """Its market is a recorded or a made one: today's contracts mean nothing there."""
    write_series(SeriesBook(ROWS), main_file(tmp_path))
    built = engine(
        home=tmp_path,
        clock="live",
        market=FakeMarket(INSTRUMENTS),
        feed=FakeFeed(two_days()),
    )
    added = built.add_strategy(Follower, symbol=MAIN)
    assert isinstance(added, Follower)
    built.run()

    assert added.heard == [
        *(f"init {NEAR}", f"start {NEAR}", f"{NEAR} 100", f"{NEAR} 101"),
        *(f"roll {FAR}", f"{FAR} 121"),
    ]


def test_a_live_engine_refuses_a_main_contract_that_is_out_of_date(tmp_path: Path) -> None:
    """When the strategy is loaded, not when it first trades."""
    write_series(SeriesBook(ROWS), main_file(tmp_path))
    built = engine(home=tmp_path, clock="live", market=FakeMarket(INSTRUMENTS))
    with pytest.raises(DataError, match=r"not known on .*compute or import newer rows"):
        built.add_strategy(Follower, symbol=MAIN)


def test_settings_that_ask_for_an_unknown_main_contract_are_refused_by_a_reload(
    tmp_path: Path,
) -> None:
    """And the engine goes on as it was."""
    spec = StrategySpec(name="follower", factory=Follower)
    built = engine(spec, home=tmp_path, market=FakeMarket(INSTRUMENTS), clock="event")
    new = attrs.evolve(
        built.parts.settings,
        strategies=(StrategySettings(strategy="follower", symbols=(MAIN,)),),
    )
    with pytest.raises(DataError, match=_NO_ROWS):
        built.reload(new)
    assert built.parts.strategies.names() == ()


def test_a_rolled_strategy_comes_back_on_the_contract_of_the_day(tmp_path: Path) -> None:
    """One that failed behind a roll is made anew on what it was moved to."""

    class BreaksOnce(Strategy):
        """Raises once."""

        def on_tick(self, tick: TickData) -> None:
            """Raise on the first tick of the new contract."""
            if tick.symbol == FAR and tick.last_price == 121:
                raise ValueError(FAR)

    built = running(tmp_path, strategies=())
    given = StrategySettings(
        strategy="BreaksOnce", symbols=(MAIN,), name="b", restart=RestartSettings(times=1, wait_s=1)
    )
    built.parts.loader.load_class(given, BreaksOnce, NoOptions, starts=False)
    with built:
        for each in two_days():
            built.step(each)
        failed = built.parts.strategies.states()["b"]
        built.step(day_tick(TUESDAY, FAR, 122, 10))
        state = built.parts.strategies.states()["b"]
        symbols = built.parts.strategies.strategy("b").symbols

    assert (failed, state, symbols) == (StrategyState.FAILED, StrategyState.RUNNING, (FAR,))
