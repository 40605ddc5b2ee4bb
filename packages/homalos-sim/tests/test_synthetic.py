"""The synthetic market: the same seed gives the same market, and it keeps an exchange's rules."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from itertools import islice, pairwise
from math import isclose, isnan
from pathlib import Path

import msgspec
import pytest

from homalos.errors import DataError, MarketError, UnknownInstrument
from homalos.model import BarData, Instrument, TickData
from homalos.plugins.ports import Fact, FeedContext, Market, MarketEvent, Session
from homalos_sim.options import SyntheticOptions
from homalos_sim.profile import profile_of
from homalos_sim.synthetic import SyntheticFeed

CHINA = timezone(timedelta(hours=8))
MINUTE_NS = 60_000_000_000
RB, AU, IF = "rb2510.SHFE", "au2512.SHFE", "IF2509.CFFEX"
CONTRACTS = {
    RB: Instrument(RB, "rb", 1.0, 10),
    AU: Instrument(AU, "au", 0.02, 1000),
    IF: Instrument(IF, "IF", 0.2, 300),
    "zz1.XX": Instrument("zz1.XX", "zz", 0.5, 3),
}
# Hours and minutes of each session, counted from midnight; a night may end after 24:00.
NIGHTS = {RB: [((21, 0), (23, 0))], AU: [((21, 0), (26, 30))]}
DAYS = [((9, 0), (10, 15)), ((10, 30), (11, 30)), ((13, 30), (15, 0))]
STOCK_DAYS = [((9, 30), (11, 30)), ((13, 0), (15, 0))]


def _ns(day: date, clock: tuple[int, int]) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
    return int((midnight + timedelta(hours=clock[0], minutes=clock[1])).timestamp()) * 10**9


class WeekdayMarket:
    """Trades on weekdays but the sixth of August; a night belongs to the weekday after it."""

    exchanges = frozenset({"SHFE", "CFFEX", "XX"})
    timezone = "Asia/Shanghai"

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Refuse: a feed has symbols."""
        raise NotImplementedError

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Refuse: a feed asks its context."""
        raise NotImplementedError

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return the sessions of a day."""
        day = date.fromisoformat(str(trading_day))
        if day.weekday() > 4 or trading_day == 20250806:
            msg = f"{trading_day} is no trading day"
            raise MarketError(msg)
        evening = day - timedelta(days=3 if day.weekday() == 0 else 1)
        spans = [(evening, span) for span in NIGHTS.get(symbol, [])]
        spans += [(day, span) for span in (STOCK_DAYS if symbol == IF else DAYS)]
        return tuple(
            Session(_ns(on, start), _ns(on, end), trading_day) for on, (start, end) in spans
        )

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Refuse: a feed asks for sessions."""
        raise NotImplementedError

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Refuse: a feed asks for sessions."""
        raise NotImplementedError

    def stamp(
        self, symbol: str, *, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Refuse: a feed has no clock times."""
        raise NotImplementedError


MARKET = WeekdayMarket()


def _instrument(symbol: str) -> Instrument:
    if symbol not in CONTRACTS:
        raise UnknownInstrument(symbol)
    return CONTRACTS[symbol]


def _market(symbol: str) -> Market:
    return {symbol: MARKET}[symbol]


def _no_files(paths: Sequence[Path]) -> Iterator[MarketEvent]:
    raise NotImplementedError


def _feed(
    seed: int = 1,
    *,
    symbols: tuple[str, ...] = (RB, AU, IF),
    start_day: int = 20250805,
    days: int = 1,
    history_days: int = 1,
) -> SyntheticFeed:
    options = SyntheticOptions(
        symbols=symbols, start_day=start_day, days=days, history_days=history_days
    )
    context = FeedContext(seed=seed, instrument=_instrument, market=_market, read=_no_files)
    return SyntheticFeed(context, options)


def _digest(events: Iterator[TickData]) -> str:
    sha = hashlib.sha256()
    for event in events:
        sha.update(msgspec.msgpack.encode(event))
    return sha.hexdigest()


@pytest.fixture(scope="module")
def ticks() -> dict[str, list[TickData]]:
    """Return one trading day by symbol, in the order of the feed."""
    found: dict[str, list[TickData]] = defaultdict(list)
    for tick in _feed(days=1).events():
        found[tick.symbol].append(tick)
    return dict(found)


@pytest.fixture(scope="module")
def history() -> dict[str, list[BarData]]:
    """Return two days of bars by symbol."""
    found: dict[str, list[BarData]] = defaultdict(list)
    for bar in _feed(history_days=2).history():
        found[bar.symbol].append(bar)
    return dict(found)


# -- chance ----------------------------------------------------------------------


def test_same_seed_gives_the_same_market_on_every_interpreter() -> None:
    """The digest was taken once, on CPython 3.11; 3.12 and 3.13 must find the same bytes."""
    assert _digest(islice(_feed(7).events(), 20_000)) == (
        "1734fc51fbf3de8c41a4392145ecee076c8c1c356bc177a610dc0c3c8bb82b0b"
    )


def test_other_seed_gives_another_market() -> None:
    """Two seeds differ within the first ticks."""
    assert _digest(islice(_feed(1).events(), 100)) != _digest(islice(_feed(2).events(), 100))


def test_symbol_has_the_same_day_whoever_trades_beside_it(
    ticks: dict[str, list[TickData]],
) -> None:
    """Chance belongs to seed, symbol and day, not to the company it comes in."""
    assert list(_feed(symbols=(RB,)).events()) == ticks[RB]


def test_asking_for_the_history_does_not_change_the_events() -> None:
    """The bars are there whether somebody reads them or not."""
    asked, silent = _feed(), _feed()
    list(asked.history())
    assert list(islice(asked.events(), 100)) == list(islice(silent.events(), 100))


# -- an exchange's rules -----------------------------------------------------------


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_prices_are_on_the_grid_and_within_the_limits(
    ticks: dict[str, list[TickData]], symbol: str
) -> None:
    """Every price a tick shows is a multiple of the tick size, between the day's limits."""
    is_on_grid = CONTRACTS[symbol].is_on_grid
    for tick in ticks[symbol]:
        assert tick.depth is not None
        prices = (
            *reversed(tick.depth.bid_prices),
            tick.bid_price_1,
            tick.ask_price_1,
            *tick.depth.ask_prices,
        )
        assert list(prices) == sorted(set(prices))
        assert tick.limit_down <= prices[0]
        assert prices[-1] <= tick.limit_up
        assert all(map(is_on_grid, (*prices, tick.last_price, tick.pre_close, tick.limit_up)))


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_spread_is_mostly_one_tick_and_never_less(
    ticks: dict[str, list[TickData]], symbol: str
) -> None:
    """Count the spreads in ticks; sizes stand on both sides and on every level."""
    to_ticks = CONTRACTS[symbol].to_ticks
    spreads = [to_ticks(t.ask_price_1) - to_ticks(t.bid_price_1) for t in ticks[symbol]]
    assert min(spreads) == 1
    assert spreads.count(1) > 0.8 * len(spreads)
    assert min(min(t.bid_volume_1, t.ask_volume_1) for t in ticks[symbol]) >= 1
    assert all(
        t.depth is not None and min(*t.depth.bid_volumes, *t.depth.ask_volumes) >= 1
        for t in ticks[symbol]
    )


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_turnover_is_the_sum_of_price_times_lots_times_multiplier(
    ticks: dict[str, list[TickData]], symbol: str
) -> None:
    """Add it up again from the volumes; the cumulative counts never fall."""
    multiplier = CONTRACTS[symbol].multiplier
    volume, turnover = 0, 0.0
    for tick in ticks[symbol]:
        assert tick.volume >= volume
        turnover += (tick.volume - volume) * tick.last_price * multiplier
        volume = tick.volume
        assert isclose(tick.turnover, turnover, rel_tol=1e-9)
    assert volume > 10_000


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_open_high_and_low_are_those_of_the_last_prices(
    ticks: dict[str, list[TickData]], symbol: str
) -> None:
    """The first snapshot trades and opens the day; high and low follow the trades."""
    day = ticks[symbol]
    assert day[0].volume > 0
    high = low = day[0].last_price
    for tick in day:
        high, low = max(high, tick.last_price), min(low, tick.last_price)
        assert (tick.open_price, tick.high_price, tick.low_price) == (
            day[0].last_price,
            high,
            low,
        )


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_ticks_come_within_sessions_in_step(ticks: dict[str, list[TickData]], symbol: str) -> None:
    """Every stamp is in a session, half a second or more after the one before."""
    sessions = MARKET.sessions(symbol, 20250805)
    for tick in ticks[symbol]:
        assert any(s.start_ns <= tick.ts_ns < s.end_ns for s in sessions)
        assert tick.trading_day == 20250805
    gaps = [b.ts_ns - a.ts_ns for a, b in pairwise(ticks[symbol])]
    assert min(gaps) == 500_000_000
    assert all(gap % 500_000_000 == 0 for gap in gaps)
    assert max(gaps[:100]) > 500_000_000


@pytest.fixture(scope="module")
def locked() -> list[list[TickData]]:
    """Return the days of IF on which somebody was missing on one side, of 70 days."""
    days: dict[int, list[TickData]] = defaultdict(list)
    for tick in _feed(3, symbols=(IF,), history_days=0, days=70).events():
        days[tick.trading_day].append(tick)
    return [day for day in days.values() if any(isnan(_both(tick)) for tick in day)]


def _both(tick: TickData) -> float:
    return tick.bid_price_1 + tick.ask_price_1


def test_some_days_run_to_a_limit_where_one_side_is_empty(locked: list[list[TickData]]) -> None:
    """At a locked limit nothing stands on the other side, at no level."""
    assert 0 < len(locked) < 7  # of 70; one in a hundred is meant to run there
    for tick in (tick for day in locked for tick in day if isnan(_both(tick))):
        assert tick.depth is not None
        if isnan(tick.bid_price_1):
            assert (tick.ask_price_1, tick.bid_volume_1) == (tick.limit_down, 0)
            assert tick.depth.bid_prices == ()
        else:
            assert (tick.bid_price_1, tick.ask_volume_1) == (tick.limit_up, 0)
            assert tick.depth.ask_prices == ()


def test_what_trades_while_a_limit_is_locked_trades_at_the_limit(
    locked: list[list[TickData]],
) -> None:
    """Lots that are new in a snapshot with an empty side have the limit as their price."""
    prices = [
        (tick.last_price, tick.limit_down if isnan(tick.bid_price_1) else tick.limit_up)
        for day in locked
        for before, tick in pairwise(day)
        if isnan(_both(tick)) and tick.volume > before.volume
    ]
    assert len(prices) > 100
    assert all(price == limit for price, limit in prices)


def test_the_market_opens_with_a_gap_after_it_was_closed(
    ticks: dict[str, list[TickData]],
) -> None:
    """The morning after a night and the day before do not begin where they ended."""
    starts = [session.start_ns for session in MARKET.sessions(AU, 20250805)]
    mids = [(t.ts_ns, (t.bid_price_1 + t.ask_price_1) / 2) for t in ticks[AU]]
    gaps = [
        abs(now - before)
        for (then_ns, before), (now_ns, now) in pairwise(mids)
        if any(then_ns < start <= now_ns for start in starts)
    ]
    steps = [abs(now - before) for (_, before), (_, now) in pairwise(mids)]
    assert len(gaps) == 3
    assert max(gaps) > 10 * sum(steps) / len(steps)


def test_orders_lean_one_way_for_a_while_and_then_the_other(
    ticks: dict[str, list[TickData]],
) -> None:
    """Trades at the ask come in rows, as split orders do; over the day the sides even out."""
    traded = [
        after.last_price == after.ask_price_1
        for before, after in pairwise(ticks[AU])
        if after.volume > before.volume
    ]
    share = sum(traded) / len(traded)
    both = sum(a and b for a, b in pairwise(traded)) / (len(traded) - 1)
    assert 0.4 < share < 0.6
    assert both > share * share + 0.005


def test_the_spread_is_wider_right_after_an_open(ticks: dict[str, list[TickData]]) -> None:
    """Of the first three minutes fewer snapshots have one tick than of an hour in the middle."""
    to_ticks, start = CONTRACTS[IF].to_ticks, MARKET.sessions(IF, 20250805)[0].start_ns
    spreads = [
        ((t.ts_ns - start) // MINUTE_NS, to_ticks(t.ask_price_1) - to_ticks(t.bid_price_1))
        for t in ticks[IF]
    ]
    opening = [spread for minute, spread in spreads if minute < 3]
    middle = [spread for minute, spread in spreads if 30 <= minute < 90]
    assert opening.count(1) / len(opening) < middle.count(1) / len(middle) - 0.02


def test_open_and_close_are_busier_than_the_middle(ticks: dict[str, list[TickData]]) -> None:
    """The first five and last five minutes of IF's morning beat the five around 10:30."""
    start = MARKET.sessions(IF, 20250805)[0].start_ns
    traded: dict[int, int] = defaultdict(int)
    for before, tick in pairwise(ticks[IF]):
        traded[(tick.ts_ns - start) // MINUTE_NS] += tick.volume - before.volume
    middle = sum(traded[minute] for minute in range(58, 63))
    assert sum(traded[minute] for minute in range(5)) > 1.5 * middle
    assert sum(traded[minute] for minute in range(115, 120)) > 1.2 * middle


def test_moving_averages_cross_several_times_a_day(ticks: dict[str, list[TickData]]) -> None:
    """Count the crossings of the 5 and 20 minute means on the minutes' last prices."""
    closes = list({t.ts_ns // MINUTE_NS: t.last_price for t in ticks[RB]}.values())
    signs = [
        sum(closes[i - 5 : i]) * 4 > sum(closes[i - 20 : i]) for i in range(20, len(closes) + 1)
    ]
    assert sum(a != b for a, b in pairwise(signs)) >= 6


def test_events_are_merged_by_time_from_the_first_night_on() -> None:
    """The day begins with the night sessions; IF has none and joins in the morning."""
    stamps = []
    seen = []
    for tick in _feed().events():
        stamps.append(tick.ts_ns)
        if tick.symbol not in seen:
            seen.append(tick.symbol)
    assert stamps == sorted(stamps)
    assert stamps[0] == _ns(date(2025, 8, 4), (21, 0))
    assert seen == [RB, AU, IF]


# -- days --------------------------------------------------------------------------


def test_next_day_begins_from_the_close_of_the_day_before() -> None:
    """The sixth is no trading day: the seventh knows the fifth's close, settlement and interest."""
    days: dict[int, list[TickData]] = defaultdict(list)
    for tick in _feed(symbols=(RB,), days=2).events():
        days[tick.trading_day].append(tick)
    assert list(days) == [20250805, 20250807]
    last, first = days[20250805][-1], days[20250807][0]
    assert first.pre_close == last.last_price
    assert first.pre_open_interest == last.open_interest
    assert first.pre_settlement == CONTRACTS[RB].snap(last.turnover / last.volume / 10)
    assert isclose(first.limit_up - first.pre_settlement, 0.07 * first.pre_settlement, abs_tol=1)


def test_start_on_a_closed_day_begins_with_the_next_one() -> None:
    """Asked for Saturday the second, the market opens for Monday the fourth."""
    first = next(_feed(symbols=(RB,), start_day=20250802).events())
    assert first.trading_day == 20250804
    assert first.ts_ns == _ns(date(2025, 8, 1), (21, 0))


@pytest.mark.parametrize(("symbol", "minutes"), [(RB, 345), (AU, 555), (IF, 240)])
def test_history_has_every_minute_of_the_days_before(
    history: dict[str, list[BarData]], symbol: str, minutes: int
) -> None:
    """Friday and Monday before Tuesday the fifth, each minute of each session once."""
    bars = history[symbol]
    expected = [
        start
        for day in (20250801, 20250804)
        for session in MARKET.sessions(symbol, day)
        for start in range(session.start_ns, session.end_ns, MINUTE_NS)
    ]
    assert [bar.start_ns for bar in bars] == expected
    assert len(bars) == 2 * minutes
    assert all(bar.ts_ns == bar.start_ns + MINUTE_NS for bar in bars)


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_history_bars_hold_together(history: dict[str, list[BarData]], symbol: str) -> None:
    """Open and close lie between low and high, and so does the mean price of the minute."""
    instrument = CONTRACTS[symbol]
    for bar in history[symbol]:
        low, high = bar.low_price, bar.high_price
        assert low <= min(bar.open_price, bar.close_price)
        assert max(bar.open_price, bar.close_price) <= high
        assert all(map(instrument.is_on_grid, (low, high, bar.open_price, bar.close_price)))
        lots = bar.volume * instrument.multiplier
        assert low * lots * (1 - 1e-12) <= bar.turnover <= high * lots * (1 + 1e-12)


@pytest.mark.parametrize("symbol", [RB, AU, IF])
def test_history_ends_where_the_events_begin(ticks: dict[str, list[TickData]], symbol: str) -> None:
    """The first tick knows the last bar's close and open interest, and comes after it."""
    last = [bar for bar in _feed().history() if bar.symbol == symbol][-1]
    first = ticks[symbol][0]
    assert (first.pre_close, first.pre_open_interest) == (last.close_price, last.open_interest)
    assert last.ts_ns <= first.ts_ns


def test_market_without_history_begins_at_the_product_price() -> None:
    """No bars, and the day before ended at the price in the product's profile."""
    feed = _feed(symbols=(IF,), history_days=0)
    assert list(feed.history()) == []
    assert next(feed.events()).pre_close == 4_060.0


def test_unknown_product_begins_at_three_thousand_ticks() -> None:
    """A product with no profile and a tick of 0.5 begins at 1,500."""
    assert profile_of(CONTRACTS["zz1.XX"]).price == 1_500.0
    assert next(_feed(symbols=("zz1.XX",), history_days=0).events()).pre_close == 1_500.0


def test_unknown_symbol_is_told_before_anything_starts() -> None:
    """The feed cannot be made."""
    with pytest.raises(UnknownInstrument):
        _feed(symbols=("rb2510.NOWHERE",))


def test_start_that_is_no_date_is_told() -> None:
    """There is no thirteenth month."""
    with pytest.raises(DataError, match="start_day 20251305 is not a date"):
        _feed(start_day=20251305)


def test_calendar_that_never_trades_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a month of refusals the feed gives up and repeats what the market said."""

    def refuse(_symbol: str, trading_day: int) -> tuple[Session, ...]:
        msg = f"{trading_day} is outside the calendar"
        raise MarketError(msg)

    monkeypatch.setattr(MARKET, "sessions", refuse)
    with pytest.raises(DataError, match=r"no trading day within 31 days.*outside the calendar"):
        _feed()
