"""Orders at the edges of the exchanges' hours, each expected result with the rule behind it.

All on the trading day 2025-08-05, a Tuesday, whose night is on Monday evening, unless a test
says otherwise. Hours are the exchanges' own as `homalos-china` has them from their notices.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from venue_floor import VenueFloor, told

from homalos.model import CancelRefused, Direction, OrderReport, OrderType, Status
from homalos.testing import tick
from homalos_china.market import ChinaMarket

if TYPE_CHECKING:
    from homalos.model import TickData
    from homalos.plugins.ports import VenueEvent

CN = timezone(timedelta(hours=8))
DAY = 20250805
BUY, SELL = Direction.LONG, Direction.SHORT
PRICE = {"rb": 3000.0, "au": 780.0, "m": 3000.0, "TA": 4700.0, "IF": 4000.0, "T": 108.0}
SYMBOL = {
    "rb": "rb2510.SHFE",
    "au": "au2512.SHFE",
    "m": "m2509.DCE",
    "TA": "TA509.CZCE",
    "IF": "IF2509.CFFEX",
    "T": "T2509.CFFEX",
    "lc": "lc2511.GFEX",
}
CLOSED = "exchange 26 not allowed in this state (当前状态禁止此项操作): no session"
MATCH = "exchange 26 not allowed in this state (当前状态禁止此项操作): the auction is being"


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> ChinaMarket:
    """Give the market without a user's overrides."""
    return ChinaMarket.load(tmp_path_factory.mktemp("home") / "china.toml")


def ns(text: str) -> int:
    """Return a local time such as `04 20:59:00.5` of August 2025."""
    day, _, clock = text.rpartition(" ")
    date = day if "-" in day else f"2025-08-{day}"
    whole, _, part = clock.partition(".")
    seconds = datetime.strptime(f"{date} {whole}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=CN)
    return int(seconds.timestamp()) * 10**9 + int((part or "0").ljust(9, "0"))


def floor(china: ChinaMarket, product: str, since: str, **options: Any) -> VenueFloor:
    """Return a venue with an empty tape at a local time."""
    made = VenueFloor(market=china, symbol=SYMBOL[product], start_ns=ns(since), **options)
    made.day = DAY
    return made


def quote(at: str, bid: float, ask: float, *, product: str = "rb", **fields: Any) -> TickData:
    """Return a tick with ten lots on either side; its last price is the bid unless given."""
    return tick(
        SYMBOL[product],
        fields.pop("last", bid),
        ts_ns=ns(at),
        trading_day=fields.pop("day", DAY),
        bid_price_1=bid,
        ask_price_1=ask,
        **fields,
    )


TAKEN = ""
EDGES = [
    # SHFE rb: night 21:00-23:00, day 09:00-10:15, 10:30-11:30, 13:30-15:00. The call auction
    # takes orders from 20:55 to 20:59 and matches until 21:00; since 2023-05-26 (notice SHFE
    # 2023/25) there is another one at 08:55 although there was a night.
    ("rb", "04 15:00:00", CLOSED),
    ("rb", "04 20:54:59.999", CLOSED),
    ("rb", "04 20:55:00", TAKEN),
    ("rb", "04 20:58:59.999", TAKEN),
    ("rb", "04 20:59:00", MATCH),
    ("rb", "04 20:59:59.999", MATCH),
    ("rb", "04 21:00:00", TAKEN),
    ("rb", "04 22:59:59.999", TAKEN),
    ("rb", "04 23:00:00", CLOSED),
    ("rb", "05 02:30:00", CLOSED),
    ("rb", "05 08:54:59.999", CLOSED),
    ("rb", "05 08:55:00", TAKEN),
    ("rb", "05 08:59:00", MATCH),
    ("rb", "05 09:00:00", TAKEN),
    ("rb", "05 10:14:59.999", TAKEN),
    ("rb", "05 10:15:00", CLOSED),
    ("rb", "05 10:29:59.999", CLOSED),
    ("rb", "05 10:30:00", TAKEN),
    ("rb", "05 11:29:59.999", TAKEN),
    ("rb", "05 11:30:00", CLOSED),
    ("rb", "05 13:00:00", CLOSED),
    ("rb", "05 13:29:59.999", CLOSED),
    ("rb", "05 13:30:00", TAKEN),
    ("rb", "05 14:59:59.999", TAKEN),
    ("rb", "05 15:00:00", CLOSED),
    # SHFE au: the same, but its night lasts until 02:30.
    ("au", "04 20:59:00", MATCH),
    ("au", "04 23:00:00", TAKEN),
    ("au", "05 02:29:59.999", TAKEN),
    ("au", "05 02:30:00", CLOSED),
    ("au", "05 10:15:00", CLOSED),
    # DCE m: as rb (notice DCE 2023/20).
    ("m", "04 20:59:00", MATCH),
    ("m", "04 23:00:00", CLOSED),
    ("m", "05 08:55:00", TAKEN),
    ("m", "05 10:15:00", CLOSED),
    ("m", "05 13:00:00", CLOSED),
    # CZCE TA: notice CZCE 2023/29 gives the day no auction after a night.
    ("TA", "04 20:55:00", TAKEN),
    ("TA", "04 20:59:00", MATCH),
    ("TA", "04 23:00:00", CLOSED),
    ("TA", "05 08:55:00", CLOSED),
    ("TA", "05 09:00:00", TAKEN),
    ("TA", "05 10:15:00", CLOSED),
    # CFFEX IF: no night; auction 09:25-09:29; 09:30-11:30, 13:00-15:00, no break at 10:15.
    ("IF", "04 20:59:00", CLOSED),
    ("IF", "04 21:00:00", CLOSED),
    ("IF", "05 09:24:59.999", CLOSED),
    ("IF", "05 09:25:00", TAKEN),
    ("IF", "05 09:29:00", MATCH),
    ("IF", "05 09:30:00", TAKEN),
    ("IF", "05 10:15:00", TAKEN),
    ("IF", "05 11:30:00", CLOSED),
    ("IF", "05 12:59:59.999", CLOSED),
    ("IF", "05 13:00:00", TAKEN),
    ("IF", "05 15:00:00", CLOSED),
    # CFFEX T: treasury bond futures go on until 15:15.
    ("T", "05 10:20:00", TAKEN),
    ("T", "05 15:00:00", TAKEN),
    ("T", "05 15:14:59.999", TAKEN),
    ("T", "05 15:15:00", CLOSED),
    # GFEX lc: no night; auction 08:55-08:59; the day as of the other commodities.
    ("lc", "04 20:59:00", CLOSED),
    ("lc", "04 21:00:00", CLOSED),
    ("lc", "05 08:55:00", TAKEN),
    ("lc", "05 08:59:00", MATCH),
    ("lc", "05 09:00:00", TAKEN),
    ("lc", "05 10:15:00", CLOSED),
    ("lc", "05 15:00:00", CLOSED),
    # After a holiday there was no night: 30 April 2025 was followed by 6 May.
    ("rb", "2025-04-30 21:00:00", CLOSED),
    ("rb", "2025-05-06 08:55:00", TAKEN),
    # On a Friday the night belongs to Monday; on a Saturday there is none.
    ("rb", "2025-08-01 21:00:00", TAKEN),
    ("rb", "2025-08-02 21:00:00", CLOSED),
]


@pytest.mark.parametrize(("product", "at", "expected"), EDGES)
def test_an_exchange_takes_orders_in_its_hours_only(
    china: ChinaMarket, product: str, at: str, expected: str
) -> None:
    """With `outside_session = "reject"` an order is taken or refused as the exchange would."""
    venue = floor(china, product, at, outside_session="reject")
    (report,) = venue.send("1-1", BUY, 1, PRICE.get(product, 70_000.0))
    assert isinstance(report, OrderReport)
    assert report.status is (Status.REJECTED if expected else Status.NOTTRADED)
    assert report.reason.startswith(expected)


@pytest.mark.parametrize(("product", "at", "expected"), EDGES)
def test_a_terminal_keeps_the_order_until_the_hours_begin(
    china: ChinaMarket, product: str, at: str, expected: str
) -> None:
    """By default it is taken at any time; outside the sessions nothing fills it at once."""
    venue = floor(china, product, at)
    price = PRICE.get(product, 70_000.0)
    # A book of one second ago that would fill it, were anything traded.
    day = china.trading_day(SYMBOL[product], ns(at))
    venue.show(tick(SYMBOL[product], price, ts_ns=ns(at), trading_day=day, ask_price_1=price))
    is_open = not expected and not any(
        each.start_ns <= ns(at) < each.match_ns for each in china.auctions(SYMBOL[product], day)
    )
    trade = [("trade", "1-1", 1, price)] if is_open else []
    assert told(venue.send("1-1", BUY, 1, price)) == [("nottraded", "1-1", 0), *trade]


# -- breaks --------------------------------------------------------------------------


def test_an_order_in_the_break_meets_the_first_book_behind_it(china: ChinaMarket) -> None:
    """At 10:15:10 the last book is ten seconds old and would fill it: no trade in a break."""
    venue = floor(china, "rb", "05 10:14:59")
    venue.show(quote("05 10:14:59.5", 2999.0, 3000.0))
    venue.until(ns("05 10:15:10"))
    assert told(venue.send("1-1", BUY, 2, 3005.0)) == [("nottraded", "1-1", 0)]
    said = venue.show(quote("05 10:30:00.5", 3003.0, 3004.0))
    assert told(said) == [("trade", "1-1", 2, 3004.0)]
    assert [each.ts_ns for each in said] == [ns("05 10:30:00.5")]


def test_a_resting_order_is_not_filled_by_a_snapshot_in_the_break(china: ChinaMarket) -> None:
    """Counters repeat the last snapshot at odd times; nothing trades between 11:30 and 13:30."""
    venue = floor(china, "rb", "05 11:29:00")
    venue.send("1-1", BUY, 1, 3000.0)
    assert venue.show(quote("05 11:31:00", 2990.0, 2991.0)) == []
    assert venue.show(quote("05 13:00:00", 2990.0, 2991.0)) == []
    assert told(venue.show(quote("05 13:30:00", 2990.0, 2991.0))) == [("trade", "1-1", 1, 3000.0)]


def test_the_snapshot_of_the_very_end_is_of_the_session(china: ChinaMarket) -> None:
    """What is stamped 11:30:00.000 traded before; half a second later nothing did."""
    venue = floor(china, "rb", "05 11:29:00")
    venue.send("1-1", BUY, 1, 3000.0)
    venue.send("1-2", BUY, 1, 2995.0)
    assert told(venue.show(quote("05 11:30:00", 2999.0, 3000.0))) == [("trade", "1-1", 1, 3000.0)]
    assert venue.show(quote("05 11:30:00.5", 2990.0, 2991.0)) == []


def test_a_break_is_not_the_end_of_the_day(china: ChinaMarket) -> None:
    """An order of the night of au lives over 02:30, 10:15 and 11:30 until 15:00."""
    venue = floor(china, "au", "05 02:29:00")
    venue.send("1-1", BUY, 1, 700.0)
    assert venue.until(ns("05 15:00:00")) == []
    assert told(venue.until(ns("05 15:00:01"))) == [("cancelled", "1-1", 0)]


# -- the end of the day ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "end"), [("rb", "05 15:00:00"), ("IF", "05 15:00:00"), ("T", "05 15:15:00")]
)
def test_what_works_at_the_last_sessions_end_is_cancelled_by_the_venue(
    china: ChinaMarket, product: str, end: str
) -> None:
    """Exchanges of futures know orders good for the day only; T ends a quarter later."""
    venue = floor(china, product, "05 14:00:00")
    venue.send("1-1", BUY, 3, PRICE[product])
    assert venue.until(ns(end)) == []
    (report,) = venue.until(ns(end) + 1)
    assert isinstance(report, OrderReport)
    assert (report.status, report.traded) == (Status.CANCELLED, 0)
    assert report.reason.startswith("exchange end of day (当日有效)")


def test_an_order_at_the_close_belongs_to_the_next_day(china: ChinaMarket) -> None:
    """At 15:00:00.000 the day is over: it waits for the night, and lives until the next 15:00."""
    venue = floor(china, "rb", "04 15:00:00")
    venue.send("1-1", BUY, 1, 2900.0)
    assert venue.until(ns("05 15:00:00")) == []
    assert told(venue.until(ns("05 15:00:01"))) == [("cancelled", "1-1", 0)]


# -- the call auction --------------------------------------------------------------------


def collected(china: ChinaMarket) -> VenueFloor:
    """Return the venue at 20:58 with five orders of two accounts, and nothing filled."""
    venue = floor(china, "rb", "04 20:50:00")
    venue.show(quote("04 20:54:00", 2999.0, 3000.0, day=20250804, volume=900))
    venue.until(ns("04 20:56:00"))
    venue.send("high", BUY, 3, 3010.0)
    venue.send("at", BUY, 4, 3005.0)
    venue.send("low", BUY, 1, 3004.0)
    venue.send("cheap", SELL, 2, 3000.0, account="other")
    venue.send("dear", SELL, 2, 3006.0, account="other")
    assert venue.until(ns("04 20:58:00")) == []
    return venue


def opened(at: str) -> TickData:
    """Return the first tick behind the auction: five lots at 3005."""
    return quote(at, 3004.0, 3006.0, last=3005.0, open_price=3005.0, volume=5)


FILLED = [
    # By price, then time, at the one price; of five lots the better buy gets three.
    ("trade", "high", 3, 3005.0),
    ("trade", "at", 2, 3005.0),
    # Both lots of the sell below the price; the other one asks for more.
    ("trade", "cheap", 2, 3005.0),
]


def test_the_auction_fills_at_one_price_by_price_and_time(china: ChinaMarket) -> None:
    """SHFE shows the outcome in the minute of the match; each side may have its five lots."""
    venue = collected(china)
    by_name = sorted(told(venue.show(opened("04 20:59:00.5"))))
    assert by_name == sorted(FILLED)
    assert venue.venue.working_orders() == {"at", "low", "dear"}
    # The next day's holdings, from the night before it on.
    (held,) = venue.venue.positions("main")
    assert (held.direction, held.today) == (BUY, 5)


def test_the_auction_can_be_read_from_the_first_tick_of_the_session(china: ChinaMarket) -> None:
    """A recording that begins at 21:00 has the day's open and its volume all the same."""
    venue = collected(china)
    assert sorted(told(venue.show(opened("04 21:00:00.5")))) == sorted(FILLED)


def test_what_is_left_of_the_auction_goes_on_in_the_session(china: ChinaMarket) -> None:
    """`at` still wants two lots at 3005 and gets them when somebody offers them there."""
    venue = collected(china)
    venue.show(opened("04 20:59:00.5"))
    assert venue.show(quote("04 21:00:00.5", 3004.0, 3006.0, volume=6)) == []
    said = venue.show(quote("04 21:00:01", 3004.0, 3005.0, volume=6))
    assert told(said) == [("trade", "at", 2, 3005.0)]


def test_an_auction_without_trades_fills_nobody(china: ChinaMarket) -> None:
    """The first tick shows no lots: all go into the session, where only real offers fill."""
    venue = collected(china)
    assert venue.show(quote("04 20:59:00.5", 3003.0, 3012.0, volume=0)) == []
    said = venue.show(quote("04 21:00:00.5", 3003.0, 3009.0, volume=0))
    # The tick offers ten lots at 3009 and bids for ten at 3003.
    assert sorted(told(said)) == [("trade", "cheap", 2, 3003.0), ("trade", "high", 3, 3009.0)]


def test_the_minute_of_the_match_takes_no_cancel(china: ChinaMarket) -> None:
    """From 20:59 on the orders of the auction cannot be taken back; at 21:00 they can."""
    venue = collected(china)
    assert told(venue.cancel("low")) == [("cancelled", "low", 0)]
    venue.until(ns("04 20:59:00"))
    (refused,) = venue.cancel("at")
    assert isinstance(refused, CancelRefused)
    assert refused.reason.startswith(MATCH)
    venue.until(ns("04 21:00:00"))
    assert told(venue.cancel("at")) == [("cancelled", "at", 0)]


def test_an_order_in_the_minute_of_the_match_waits_for_the_session(china: ChinaMarket) -> None:
    """It is not at the exchange yet: it is not in the auction, and can be taken back."""
    venue = collected(china)
    venue.until(ns("04 20:59:00"))
    venue.send("late", BUY, 9, 3020.0)
    venue.send("gone", BUY, 9, 3020.0)
    assert told(venue.cancel("gone")) == [("cancelled", "gone", 0)]
    assert "late" not in {each[1] for each in told(venue.show(opened("04 20:59:00.5")))}
    said: list[VenueEvent] = venue.show(quote("04 21:00:00.5", 3004.0, 3006.0, volume=6))
    assert told(said) == [("trade", "late", 9, 3006.0)]


@pytest.mark.parametrize("kind", [OrderType.MARKET, OrderType.FAK, OrderType.FOK])
def test_the_auction_takes_limit_orders_only(china: ChinaMarket, kind: OrderType) -> None:
    """What has to trade at once has nothing to trade with before the match."""
    venue = floor(china, "rb", "04 20:56:00")
    (report,) = venue.send("1-1", BUY, 1, 3000.0, kind=kind)
    assert isinstance(report, OrderReport)
    assert (report.status, report.reason.endswith("takes limit orders only")) == (
        Status.REJECTED,
        True,
    )


def test_an_order_of_the_night_is_in_the_auction_of_the_morning(china: ChinaMarket) -> None:
    """At 08:59 of the second auction 40 lots trade at 2990: a buy at 3000 gets the one price.

    Without the auction it would have paid its own limit.
    """
    venue = floor(china, "rb", "04 22:59:00")
    venue.send("1-1", BUY, 1, 3000.0)
    assert venue.show(quote("04 23:00:00", 3001.0, 3002.0, volume=500)) == []
    said = venue.show(
        quote("05 08:59:00.5", 2989.0, 2991.0, last=2990.0, open_price=3005.0, volume=540)
    )
    assert told(said) == [("trade", "1-1", 1, 2990.0)]


def test_price_limits_of_the_new_day_meet_who_waited_for_it(china: ChinaMarket) -> None:
    """At 16:00 nobody knows tomorrow's limits; the first tick of the session has them."""
    venue = floor(china, "rb", "04 14:59:00")
    venue.show(quote("04 14:59:59", 2999.0, 3000.0, day=20250804, limit_up=3100.0))
    venue.until(ns("04 16:00:00"))
    assert told(venue.send("1-1", BUY, 1, 3150.0)) == [("nottraded", "1-1", 0)]
    (report,) = venue.show(quote("04 21:00:00.5", 3099.0, 3100.0, volume=1, limit_up=3120.0))
    assert isinstance(report, OrderReport)
    assert report.reason == (
        "exchange 49 above the limit-up (价格超出涨停板): price 3150.0 is above the limit-up 3120.0"
    )
