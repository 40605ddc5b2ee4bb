"""What the market tells of a contract on a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from homalos.errors import MarketError, UnknownInstrument
from homalos.plugins.ports import Fact
from homalos_china import ChinaMarket
from homalos_china.tables import read_table


def _told(market: ChinaMarket, symbol: str, day: int) -> dict[str, Fact]:
    return {fact.name: fact for fact in market.describe(symbol, on_day=day)}


def test_a_known_fact_has_its_time_and_its_sources(market: ChinaMarket) -> None:
    """Gold's price step became finer on 10 December 2019."""
    assert _told(market, "au2012.SHFE", 20191209)["tick_size"] == Fact(
        name="tick_size",
        value="0.05",
        valid_to=20191209,
        sources=("tqsdk-20200616", "shfe-au-20191210"),
    )
    later = _told(market, "au2012.SHFE", 20191210)["tick_size"]
    assert (later.value, later.valid_from, later.nearest) == ("0.02", 20191210, 0)


def test_what_stayed_the_same_when_another_term_changed_holds_on(market: ChinaMarket) -> None:
    """Gold's multiplier is 1000 before and after its price step changed."""
    for day in (20191209, 20191210):
        fact = _told(market, "au2012.SHFE", day)["multiplier"]
        assert (fact.value, fact.valid_from, fact.valid_to) == ("1000", 0, 99_999_999)


@pytest.mark.parametrize(("day", "nearest"), [(20240506, 20200616), (20200616, 0)])
def test_a_snapshot_is_nearest_known_on_any_other_day(
    market: ChinaMarket, day: int, nearest: int
) -> None:
    """Fees of rebar were seen on 16 June 2020 and hold, as far as is known, then."""
    found = _told(market, "rb2510.SHFE", day)
    for name, value in {"fee_open": "0.0001", "fee_close": "0.0001"}.items():
        fact = found[name]
        assert (fact.value, fact.nearest) == (value, nearest)
        assert (fact.valid_from, fact.valid_to) == (20200616, 20200616)


def test_what_no_source_gives_is_unknown(market: ChinaMarket) -> None:
    """Offset paper is younger than the snapshot with the fees, and in no list of limits."""
    found = _told(market, "op2603.SHFE", 20251226)
    for name in ("fee_open", "fee_close", "fee_close_today", "limit_rate"):
        assert (found[name].value, found[name].sources, found[name].nearest) == ("unknown", (), 0)


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (20240506, "no night 09:00-10:15 10:30-11:30 13:30-15:00"),  # after 1 May
        (20240507, "night 21:00-23:00 09:00-10:15 10:30-11:30 13:30-15:00"),
        (20200304, "no night 09:00-10:15 10:30-11:30 13:30-15:00"),  # suspended
        (20191226, "night 22:30-23:00 09:00-10:15 10:30-11:30 13:30-15:00"),  # late
    ],
)
def test_the_sessions_are_those_of_the_day(market: ChinaMarket, day: int, value: str) -> None:
    """As the calendar and the notices have it, with the reason."""
    found = _told(market, "rb2410.SHFE", day)["sessions"]
    assert found.value == value
    assert bool(found.note) == (day != 20240507)


@pytest.mark.parametrize(
    ("symbol", "day", "value"),
    [
        ("rb2306.SHFE", 20230525, "20:55-20:59, match 20:59-21:00"),
        ("rb2410.SHFE", 20240506, "08:55-08:59, match 08:59-09:00"),  # no night after a holiday
        ("rb2005.SHFE", 20191226, "22:25-22:29, match 22:29-22:30"),  # a night that began late
        ("jd2409.DCE", 20240507, "08:55-08:59, match 08:59-09:00"),  # eggs have no night
        ("IF2406.CFFEX", 20240507, "09:25-09:29, match 09:29-09:30"),
        ("si2407.GFEX", 20240507, "08:55-08:59, match 08:59-09:00"),
    ],
)
def test_the_call_auction_is_before_the_days_first_session(
    market: ChinaMarket, symbol: str, day: int, value: str
) -> None:
    """By night where there is one."""
    assert _told(market, symbol, day)["call_auction"].value == value


def test_every_source_can_be_looked_up(market: ChinaMarket) -> None:
    """It is a row of the list of sources, or the calendar's package."""
    known = {row["source"] for row in read_table("sources.csv")} | {"shinny-calendar"}
    for key in market.products:
        code, exchange = key.split(".")
        symbol = market.parse_symbol(f"{code}2602", exchange=exchange)
        for fact in market.describe(symbol, on_day=20251226):
            assert set(fact.sources) <= known, fact
            assert fact.sources or fact.value == "unknown" or fact.name == "delivery_month", fact


def test_the_users_own_file_is_named_as_the_source(tmp_path: Path) -> None:
    """Their margin is no snapshot: it holds on every day."""
    path = tmp_path / "china.toml"
    path.write_text("[products.rb]\nmargin_rate = 0.13\n", encoding="utf-8")
    found = _told(ChinaMarket.load(path), "rb2510.SHFE", 20240506)
    assert found["margin_rate"] == Fact(name="margin_rate", value="0.13", sources=(str(path),))
    assert found["fee_open"].nearest == 20200616


def test_only_what_the_file_sets_is_the_files(tmp_path: Path) -> None:
    """One fee of three, one of two order sizes, the step without the multiplier."""
    path = tmp_path / "china.toml"
    own = "fee_close_today = 0.0003\nmax_market_volume = 7\ntick_size = 2\nclose_first = 'today'\n"
    path.write_text(f"[products.rb]\n{own}", encoding="utf-8")
    found = _told(ChinaMarket.load(path), "rb2510.SHFE", 20240506)
    names = {name for name, fact in found.items() if fact.sources == (str(path),)}
    assert names == {"fee_close_today", "max_market_volume", "tick_size", "close_first"}
    assert (found["fee_open"].nearest, found["fee_close_today"].nearest) == (20200616, 0)
    assert found["tick_size"].value == "2"


def test_a_series_has_no_last_trading_day(market: ChinaMarket) -> None:
    """A continuous series goes on."""
    found = _told(market, "rbHOT.SHFE", 20240506)
    assert (found["delivery_month"].value, found["last_trading_day"].value) == ("none", "unknown")


def test_the_end_of_a_contract_is_told_with_its_rule(market: ChinaMarket) -> None:
    """15 October 2025 is a Wednesday."""
    last = _told(market, "rb2510.SHFE", 20240506)["last_trading_day"]
    assert (last.value, last.note) == ("2025-10-15", "by the rule day:15")
    later = _told(market, "rb2510.SHFE", 20251016)["last_trading_day"]
    assert later.note == "by the rule day:15; over"
    beyond = _told(market, "bu2703.SHFE", 20251226)["last_trading_day"]
    assert (beyond.value, beyond.note) == ("unknown", "day:15, which is beyond the calendar")


@pytest.mark.parametrize("day", [20240504, 19990104, 20240230])
def test_what_is_no_trading_day_is_refused(market: ChinaMarket, day: int) -> None:
    """A Saturday, a day before the calendar, no date at all."""
    with pytest.raises(MarketError, match=str(day)):
        market.describe("rb2510.SHFE", on_day=day)


def test_an_unknown_product_says_how_to_add_it(market: ChinaMarket) -> None:
    """The message names the file."""
    with pytest.raises(UnknownInstrument, match=r"to add it, put \[products.qq\].*china.toml"):
        market.describe("qq2510.SHFE", on_day=20240506)
