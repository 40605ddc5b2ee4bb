"""The facts against the snapshots they were taken from, contract by contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from homalos_china import ChinaMarket
from homalos_china.products import fact_on

Metadata = Callable[[str], Any]
TQSDK = "tqsdk/symbols_2020-06-16_futures_and_live_options.json.gz"
CTP = "homalos/instruments_20251226.json.gz"


@pytest.fixture(scope="module")
def tqsdk(metadata: Metadata) -> list[dict[str, Any]]:
    """Give the futures that were alive on 16 June 2020."""
    found = metadata(TQSDK).values()
    return [one for one in found if one["class"] == "FUTURE" and not one["expired"]]


@pytest.fixture(scope="module")
def ctp(metadata: Metadata) -> list[dict[str, Any]]:
    """Give the contracts of 26 December 2025."""
    return list(metadata(CTP)["instruments"].values())


def _seconds(text: str) -> int:
    hour, minute, second = (int(part) for part in text.split(":"))
    return hour * 3600 + minute * 60 + second


def _spans(sections: Iterable[tuple[str, str]]) -> list[tuple[int, int]]:
    return [(_seconds(start), _seconds(end)) for start, end in sections]


def _hours(market: ChinaMarket, key: str, day: int) -> list[tuple[int, int]]:
    hours = fact_on(market.products[key].hours, day)
    return ([hours.night] if hours.night else []) + list(hours.sections)


def test_the_products_are_those_of_all_snapshots(
    market: ChinaMarket, metadata: Metadata, ctp: list[dict[str, Any]]
) -> None:
    """Nothing is left out and nothing made up: 88 products on six exchanges."""
    found = {f"{one['product_id']}.{one['exchange_id']}" for one in ctp}
    for exchange, products in metadata("wondertrader/commodities.json.gz").items():
        found |= {f"{product}.{exchange}" for product in products}
    for one in metadata(TQSDK).values():
        if one["class"] == "FUTURE":
            found.add(f"{one['product_id']}.{one['exchange_id']}")
    assert set(market.products) == found


def test_contracts_of_2020_have_the_terms_of_that_snapshot(
    market: ChinaMarket, tqsdk: list[dict[str, Any]]
) -> None:
    """Price step, multiplier and order sizes of 623 living contracts."""
    for one in tqsdk:
        symbol = market.parse_symbol(one["ins_id"], exchange=one["exchange_id"])
        found = market.resolve(symbol, on_day=20200616)
        assert found.tick_size == one["price_tick"], symbol
        assert found.multiplier == one["volume_multiple"], symbol
        assert found.max_limit_volume == one["max_limit_order_volume"], symbol
        assert found.max_market_volume == one["max_market_order_volume"], symbol
    assert len(tqsdk) == 623


def test_contracts_of_2025_have_the_terms_of_that_snapshot(
    market: ChinaMarket, ctp: list[dict[str, Any]]
) -> None:
    """Price step and multiplier of 844 contracts; sizes never above the front's."""
    for one in ctp:
        symbol = market.parse_symbol(one["instrument_id"], exchange=one["exchange_id"])
        assert symbol == f"{one['instrument_id']}.{one['exchange_id']}"
        found = market.resolve(symbol, on_day=20251226)
        assert found.tick_size == one["price_tick"], symbol
        assert found.multiplier == one["volume_multiple"], symbol
        assert found.max_limit_volume == one["max_limit_order_volume"], symbol
        assert found.max_market_volume <= one["max_market_order_volume"], symbol
    assert len(ctp) == 844


def test_terms_of_2022_agree_with_wondertrader(market: ChinaMarket, metadata: Metadata) -> None:
    """Price step and multiplier of its products, taken for a contract of June 2022."""
    for exchange, products in metadata("wondertrader/commodities.json.gz").items():
        for code, one in products.items():
            symbol = market.parse_symbol(f"{code}2206", exchange=exchange)
            found = market.resolve(symbol, on_day=20220328)
            assert (found.tick_size, found.multiplier) == (one["pricetick"], one["volscale"])


def test_hours_of_2020_agree_with_tqsdk(market: ChinaMarket, tqsdk: list[dict[str, Any]]) -> None:
    """The hours of every living contract of 16 June 2020, bonds still from 09:15."""
    for one in tqsdk:
        expected = _spans(one["trading_time"].get("night", []) + one["trading_time"]["day"])
        key = f"{one['product_id']}.{one['exchange_id']}"
        assert _hours(market, key, 20200616) == expected, key


def test_hours_of_2025_agree_with_the_front(market: ChinaMarket, metadata: Metadata) -> None:
    """The 68 products that its list has."""
    by_code = {product.code: product.key for product in market.products.values()}
    listed = metadata("homalos/trading_times.json.gz")
    for code, times in listed.items():
        expected = _spans(times["night"] + times["day"])
        assert _hours(market, by_code[code], 20251226) == expected, code


def test_hours_of_2022_agree_with_wondertrader_but_for_two(
    market: ChinaMarket, metadata: Metadata
) -> None:
    """It is alone in letting bonds close at 15:00, and nr trade until 02:30."""
    sessions = metadata("wondertrader/sessions.json.gz")
    differing = set()
    for exchange, products in metadata("wondertrader/commodities.json.gz").items():
        for code, one in products.items():
            expected = [
                _clock_span(section["from"], section["to"])
                for section in sessions[one["session"]]["sections"]
            ]
            if _hours(market, f"{code}.{exchange}", 20220328) != expected:
                differing.add(code)
    assert differing == {"T", "TF", "TS", "nr"}


def _clock_span(start: int, end: int) -> tuple[int, int]:
    """Turn 2100, 230 into seconds; an end before its start is on the next date."""
    first, last = (clock // 100 * 3600 + clock % 100 * 60 for clock in (start, end))
    return first, last if last > first else last + 86_400


def test_margin_and_fee_rates_give_the_amounts_of_2020(
    market: ChinaMarket, tqsdk: list[dict[str, Any]]
) -> None:
    """Where rates are known, margin and fee a lot come from one and the same price.

    The snapshot has the amounts only; their price is no fact of ours, so that both
    rates must agree on it, and it must be on the contract's grid.
    """
    checked = 0
    for one in tqsdk:
        symbol = market.parse_symbol(one["ins_id"], exchange=one["exchange_id"])
        product, found = market.product(symbol), market.resolve(symbol, on_day=20200616)
        seen = any(margin.rate and 20200616 in margin.span for margin in product.margins)
        if not (seen and found.fee_open.rate):
            continue
        price = one["margin"] / one["volume_multiple"] / float(found.margin_rate)
        assert price * one["volume_multiple"] * float(found.fee_open.rate) == pytest.approx(
            one["commission"]
        ), symbol
        assert found.is_on_grid(round(price, 6)), symbol
        checked += 1
    assert checked > 100
