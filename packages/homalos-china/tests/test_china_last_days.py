"""Last trading days: the rules against every expiry that the two snapshots have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from shinny_calendar import CalendarUtility

from homalos_china import ChinaMarket
from homalos_china.calendar import TradingCalendar
from homalos_china.last_days import check_rule, last_day

Metadata = Callable[[str], Any]
TQSDK = "tqsdk/symbols_2020-06-16_futures_and_live_options.json.gz"
CTP = "homalos/instruments_20251226.json.gz"
# The holiday of 2020 was made longer when these had a day: 31 January became one of it.
MOVED = {"fu2002.SHFE": (20200131, 20200123), "sc2002.INE": (20200131, 20200123)}


def _found(market: ChinaMarket, one: dict[str, Any]) -> tuple[str, int]:
    """Return symbol and last trading day, asked for in the month of delivery.

    By the product, for the thermal coal of 2016 was written TC.
    """
    code = f"{one['product_id']}{one['delivery_year'] % 100}{one['delivery_month']:02}"
    symbol = market.parse_symbol(code, exchange=one["exchange_id"])
    first = one["delivery_year"] * 10_000 + one["delivery_month"] * 100 + 1
    return symbol, market.resolve(symbol, on_day=first).last_trading_day


def _noon_after(day: int) -> int:
    """Return the instant of the noon after a day, nanoseconds UTC; Shanghai's is at 4 h."""
    noon = datetime(day // 10_000, day // 100 % 100, day % 100, 4, tzinfo=UTC) + timedelta(days=1)
    return int(noon.timestamp()) * 1_000_000_000


def _expiry(one: dict[str, Any]) -> int:
    moment = datetime.fromtimestamp(one["expire_datetime"], UTC) + timedelta(hours=8)
    return int(f"{moment:%Y%m%d}")


def test_expiries_until_2020_are_as_the_rules_say(market: ChinaMarket, metadata: Metadata) -> None:
    """All contracts of that snapshot whose year's holidays were known when it was taken."""
    checked, differing, crude = 0, {}, set()
    for one in metadata(TQSDK).values():
        if one["class"] != "FUTURE" or one["delivery_year"] > 2020:
            continue
        symbol, found = _found(market, one)
        if symbol.endswith(".INE") and one["product_id"] == "sc" and found < 20200101:
            crude.add(symbol)
            assert found < _expiry(one) <= market.trading_day(symbol, _noon_after(found))
        elif (expected := _expiry(one)) != found:
            differing[symbol] = (expected, found)
        checked += 1
    assert differing == MOVED
    # Crude oil until January 2020: the contract's text says the last trading day of the month
    # before, the snapshot has the next one, or New Year's Day.
    assert crude == {
        *(f"sc{month}.INE" for month in (1809, 1810, 1811, 1812, 2001)),
        *(f"sc19{month:02}.INE" for month in range(1, 13)),
    }
    assert checked > 2_600


def test_later_expiries_were_reckoned_by_the_same_rules_without_holidays(
    market: ChinaMarket, metadata: Metadata
) -> None:
    """In June 2020 no holiday of 2021 was known yet: every weekday counted as a trading day."""
    known = {on for on in CalendarUtility().holidays if on.year <= 2020}
    calendar = TradingCalendar(known | {date(2023, 12, 31)})
    checked = 0
    for one in metadata(TQSDK).values():
        if one["class"] != "FUTURE" or one["delivery_year"] <= 2020:
            continue
        product = market.products[f"{one['product_id']}.{one['exchange_id']}"]
        delivery = one["delivery_year"] * 100 + one["delivery_month"]
        found = last_day(product.ending_of(delivery).rule, delivery, calendar)
        assert _expiry(one) == found, one["ins_id"]
        checked += 1
    assert checked > 250


def test_expiries_of_2026_are_as_the_rules_say(market: ChinaMarket, metadata: Metadata) -> None:
    """All 844 contracts of the front's list, but for those after the calendar's end."""
    beyond = set()
    for one in metadata(CTP)["instruments"].values():
        symbol, found = _found(market, one)
        if one["delivery_year"] > 2026:
            beyond.add(symbol)
            assert found == 0, symbol
        else:
            assert int(one["expire_date"]) == found, symbol
    assert len(beyond) == 12


def test_every_known_rule_is_one_that_the_snapshots_prove(
    market: ChinaMarket, metadata: Metadata
) -> None:
    """A product that neither has is unknown."""
    seen = {f"{one['product_id']}.{one['exchange_id']}" for one in _futures(metadata)}
    known = {key for key, one in market.products.items() if any(e.rule for e in one.endings)}
    assert known == seen


def _futures(metadata: Metadata) -> list[dict[str, Any]]:
    old = [one for one in metadata(TQSDK).values() if one["class"] == "FUTURE"]
    return old + list(metadata(CTP)["instruments"].values())


@pytest.mark.parametrize(
    ("rule", "delivery", "expected"),
    [
        ("day:15", 202402, 20240219),  # the 15th is in the Spring Festival
        ("friday:3", 202309, 20230915),
        ("friday:2", 202402, 20240219),  # the 9th is New Year's Eve
        ("monday:-1", 202602, 20260209),  # the 16th and 23rd are in the Spring Festival
        ("before:-1", 202401, 20231229),
        ("20200121", 202001, 20200121),
        ("day:15", 209912, 0),
    ],
)
def test_rules_are_read_by_the_calendar(
    calendar: TradingCalendar, rule: str, delivery: int, expected: int
) -> None:
    """Moved past holidays; 0 where the calendar does not reach."""
    check_rule(rule)
    assert last_day(rule, delivery, calendar) == expected


@pytest.mark.parametrize("rule", ["", "nth:0", "day:31", "friday:5", "tuesday:1", "nth:x", "2020"])
def test_what_is_no_rule_is_refused(rule: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(ValueError, match=r"no rule for a last trading day; write day:15"):
        check_rule(rule)
