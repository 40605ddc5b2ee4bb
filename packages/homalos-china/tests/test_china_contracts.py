"""Contracts resolved: terms, fees, margins and sizes of a day."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from homalos.errors import UnknownInstrument
from homalos.model import Fee, Instrument
from homalos_china import ChinaMarket
from homalos_china.market import DEFAULT_FEE, DEFAULT_MARGIN


def test_a_contract_has_all_that_its_sources_give(market: ChinaMarket) -> None:
    """Rebar by the snapshots of 2020 and 2025, margin of September 2025; a tick is 1.0 x 10."""
    rebar = market.resolve("rb2510.SHFE")
    assert (rebar.symbol, rebar.product, rebar.name) == ("rb2510.SHFE", "rb", "螺纹2510")
    assert (rebar.tick_size, rebar.multiplier, rebar.tick_value) == (1.0, 10, Decimal(10))
    assert rebar.margin_rate == Decimal("0.07")
    assert rebar.fee_open == Fee(rate=Decimal("0.0001"))
    assert (rebar.max_limit_volume, rebar.max_market_volume) == (500, 30)


@pytest.mark.parametrize(
    ("symbol", "day", "tick_size", "multiplier"),
    [
        ("au1912.SHFE", 20191209, 0.05, 1000),  # SHFE, 2 December 2019: 0.02 from the 10th
        ("au1912.SHFE", 20191210, 0.02, 1000),
        ("lc2501.GFEX", 20241217, 50.0, 1),  # GFEX 2024/337: 20 after that day's settlement
        ("lc2501.GFEX", 20241218, 20.0, 1),
        ("TS2406.CFFEX", 20240301, 0.005, 20000),
        ("TS2409.CFFEX", 20240301, 0.002, 20000),  # listed at 100.974
        ("fb1911.DCE", 20191101, 0.05, 500),
        ("fb1912.DCE", 20191101, 0.5, 10),
        ("IH2101.CFFEX", 20210104, 0.2, 300),
        ("IC2101.CFFEX", 20210104, 0.2, 200),
    ],
)
def test_terms_are_those_of_the_day_and_the_delivery(
    market: ChinaMarket, symbol: str, day: int, tick_size: float, multiplier: int
) -> None:
    """Some terms changed on a day for all, some with a new delivery month."""
    found = market.resolve(symbol, on_day=day)
    assert (found.tick_size, found.multiplier) == (tick_size, multiplier)


def test_a_contract_is_one_object_until_a_fact_is_another(market: ChinaMarket) -> None:
    """SHFE set rebar's largest orders anew for 28 March 2022; the weekend before nothing moved."""
    days = (20220323, 20220324, 20220325, 20220328, 20220329)
    one, two, three, four, five = (market.resolve("rb2210.SHFE", on_day=day) for day in days)
    assert one is two is three
    assert four is five
    assert one.max_market_volume != four.max_market_volume


@pytest.mark.parametrize("symbol", ["rb2010.SHFE", "AP010.CZCE", "au1912.SHFE", "rbHOT.SHFE"])
def test_what_was_resolved_before_changes_no_contract(market: ChinaMarket, symbol: str) -> None:
    """Days there and back, year by year: each as a market knows it that was asked of no other."""
    days = [year * 10_000 + 100 * month + 5 for year in range(2018, 2026) for month in (1, 6, 12)]
    for day in (*days, *reversed(days), None):
        fresh = ChinaMarket.load(Path("without.toml"))
        assert market.resolve(symbol, on_day=day) == fresh.resolve(symbol, on_day=day)


def test_without_a_day_the_latest_terms_hold(market: ChinaMarket) -> None:
    """Today's knowledge, but still that of the delivery month."""
    assert market.resolve("au1912.SHFE").tick_size == 0.02
    assert market.resolve("fb1911.DCE").multiplier == 500


def test_unknown_margin_and_fee_become_the_documented_defaults(market: ChinaMarket) -> None:
    """No source gives those of platinum; the product says so, the instrument has defaults."""
    product = market.product("pt2606.GFEX")
    assert product.margins[0].rate is None
    assert product.fees[0].open is None
    platinum = market.resolve("pt2606.GFEX")
    bare = Instrument("pt2606.GFEX", "pt", 0.05, 1000)
    assert platinum.margin_rate == DEFAULT_MARGIN == bare.margin_rate
    assert platinum.fee_open == platinum.fee_close_today == DEFAULT_FEE == bare.fee_open


def test_closing_today_may_be_free_or_cheaper(market: ChinaMarket) -> None:
    """Gold costs 10 a lot and nothing to close today; coke half the rate (2020 and 2022)."""
    gold, coke = market.resolve("au2412.SHFE"), market.resolve("j2405.DCE")
    assert (gold.fee_close, gold.fee_close_today) == (Fee(per_lot=Decimal(10)), Fee())
    assert coke.fee_close.rate == 2 * coke.fee_close_today.rate == Decimal("0.00006")


def test_a_continuous_series_has_the_terms_of_its_product(market: ChinaMarket) -> None:
    """Bars of a main contract are tested with the grid that the product has."""
    main = market.resolve("IFHOT.CFFEX")
    assert (main.tick_size, main.multiplier, main.symbol) == (0.2, 300, "IFHOT.CFFEX")


def test_an_unknown_product_is_refused(market: ChinaMarket) -> None:
    """The same error as when its symbol is read."""
    with pytest.raises(UnknownInstrument, match="no product 'zz'"):
        market.resolve("zz2501.SHFE")


@pytest.mark.parametrize(
    ("symbol", "offsets", "first", "side", "delivery"),
    [
        ("rb2510.SHFE", "dated", "oldest", "group", "physical"),
        ("sc2510.INE", "dated", "oldest", "group", "physical"),
        ("ec2510.INE", "dated", "oldest", "group", "cash"),
        ("m2509.DCE", "plain", "today", "both", "physical"),
        ("SR509.CZCE", "plain", "today", "both", "physical"),
        ("IF2509.CFFEX", "plain", "today", "group", "cash"),
        ("T2509.CFFEX", "plain", "today", "group", "physical"),
        ("lc2509.GFEX", "plain", "today", "both", "physical"),
    ],
)
def test_a_contract_has_the_rules_of_its_exchange(
    market: ChinaMarket, symbol: str, offsets: str, first: str, side: str, delivery: str
) -> None:
    """As `rules.csv` and `deliveries.csv` have them; where the side is unknown, both count."""
    found = market.resolve(symbol, on_day=20250804)
    assert (found.offsets, found.close_first) == (offsets, first)
    assert (found.margin_side, found.delivery) == (side, delivery)
    assert found.margin_group == f"{found.product}.{found.exchange}"
