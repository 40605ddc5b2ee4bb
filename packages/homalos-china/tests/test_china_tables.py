"""The facts in the package's files: whole, dated, sourced, and read as written."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from homalos.model import Fee
from homalos_china import ChinaMarket
from homalos_china.products import Span
from homalos_china.tables import parse_fee, parse_hours, read_night_changes, read_table

DATED = ["terms.csv", "hours.csv", "order_sizes.csv", "margins.csv", "fees.csv"]
OTHERS = ["exchanges.csv", "products.csv", "night_changes.csv", "rules.csv", "last_days.csv"]
ALL = [*DATED, *OTHERS, "deliveries.csv", "auctions.csv", "notices.csv"]


@pytest.mark.parametrize("name", ALL)
def test_every_row_names_sources_that_are_listed(name: str) -> None:
    """A fact without a source is no fact; only an unknown one has none."""
    known = {row["source"] for row in read_table("sources.csv")}
    for row in read_table(name):
        named = row["source"].split()
        assert set(named) <= known, row
        assert named or "unknown" in row.values(), row


def test_sources_of_the_larger_side_rule_are_listed() -> None:
    """They stand in a column of their own."""
    known = {row["source"] for row in read_table("sources.csv")}
    for row in read_table("rules.csv"):
        assert set(row["margin_source"].split()) <= known
        assert bool(row["margin_source"]) == (row["margin_side"] != "unknown")


def test_every_source_is_used() -> None:
    """The list of sources holds what the facts stand on, and nothing else."""
    used = {source for name in ALL for row in read_table(name) for source in row["source"].split()}
    assert used == {row["source"] for row in read_table("sources.csv")}


@pytest.mark.parametrize("name", DATED)
def test_a_tables_rows_cover_all_time_without_overlap(name: str) -> None:
    """For one delivery month each row begins on the day after the one before it ends."""
    groups: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for row in read_table(name):
        key = tuple(
            row.get(column, "")
            for column in ("exchange", "product", "first_delivery", "last_delivery")
        )
        first, last = int(row["valid_from"] or 0), int(row["valid_to"] or 99_999_999)
        groups.setdefault(key, []).append((first, last))
    for key, spans in groups.items():
        assert spans[0][0] == 0, key
        assert spans[-1][1] == 99_999_999, key
        for (_, last), (first, _) in pairwise(spans):
            assert last < first, key


def test_every_product_is_in_every_table() -> None:
    """A product that lacks a table would fail only when somebody asks for it."""
    products = {(row["exchange"], row["product"]) for row in read_table("products.csv")}
    for name in [*DATED, "last_days.csv", "deliveries.csv"]:
        assert {(row["exchange"], row["product"]) for row in read_table(name)} == products


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.000023", Fee(rate=Decimal("0.000023"))),
        ("3/lot", Fee(per_lot=Decimal(3))),
        ("0.0001+3.5/lot", Fee(rate=Decimal("0.0001"), per_lot=Decimal("3.5"))),
        ("0", Fee()),
        ("unknown", None),
    ],
)
def test_a_fee_is_read_as_a_share_an_amount_or_both(text: str, expected: Fee | None) -> None:
    """The three ways in which exchanges charge."""
    assert parse_fee(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "3/kg", "lot", "3/", "nan", "inf", "0.1+"])
def test_what_is_no_fee_is_refused(text: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(ValueError, match=r"is not a fee; write 0\.0001, 3/lot"):
        parse_fee(text)


def test_hours_after_midnight_count_on() -> None:
    """26:30 is 02:30 of the next date: 26.5 hours of 3,600 seconds."""
    assert parse_hours("21:00-26:30") == (75_600, 95_400)


@pytest.mark.parametrize("text", ["", "09:00", "10:15-09:00", "9-10", "09:00-09:60", "a:b-c:d"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    """The message shows how to write them."""
    with pytest.raises(ValueError, match="are no hours; write 09:00-10:15"):
        parse_hours(text)


def test_the_suspension_is_the_same_for_every_exchange_with_nights() -> None:
    """One decision of the regulator, four exchanges."""
    suspended = (Span(20200204, 20200506), None)
    changes = read_night_changes()
    assert {
        exchange
        for exchange, those in changes.items()
        if suspended in [(change.span, change.start) for change in those]
    } == {
        "SHFE",
        "INE",
        "DCE",
        "CZCE",
    }


def test_the_market_has_six_exchanges_in_shanghais_time(market: ChinaMarket) -> None:
    """The exchanges by the codes that CTP uses."""
    assert market.exchanges == {"SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"}
    assert market.timezone == "Asia/Shanghai"
    assert len(market.products) == 88
