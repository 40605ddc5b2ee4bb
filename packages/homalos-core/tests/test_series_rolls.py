"""Rows of main contracts: which holds on a day, and rows that cannot be."""

from __future__ import annotations

import re

import attrs
import pytest

from homalos.engine.series.names import (
    delivery_month,
    main_symbol,
    product_of,
    product_of_main,
)
from homalos.engine.series.rolls import MainSeries, Roll, SeriesBook
from homalos.errors import DataError

MAY = Roll(product="rb.SHFE", from_day=20250106, to_day=20250331, symbol="rb2505.SHFE")
OCTOBER = Roll(
    product="rb.SHFE",
    from_day=20250401,
    to_day=20250822,
    symbol="rb2510.SHFE",
    previous="rb2505.SHFE",
)
RB = MainSeries("rb.SHFE", (MAY, OCTOBER))


@pytest.mark.parametrize(
    ("day", "expected"),
    [(20250106, MAY), (20250331, MAY), (20250401, OCTOBER), (20250822, OCTOBER)],
)
def test_a_day_has_the_row_that_holds_on_it(day: int, expected: Roll) -> None:
    """First and last day of a row are in it."""
    assert RB.on(day) == expected


@pytest.mark.parametrize(
    ("day", "message"),
    [
        (20250103, "not known on 20250103: its first row is rb2505.SHFE from 20250106 on"),
        (20250825, "not known on 20250825: rb2510.SHFE is known from 20250401 to 20250822"),
    ],
)
def test_a_day_outside_the_rows_has_none(day: int, message: str) -> None:
    """The nearest is named, not guessed."""
    with pytest.raises(DataError, match=message):
        RB.on(day)


def test_a_hole_between_rows_is_a_hole() -> None:
    """What holds before it is not carried over it."""
    series = MainSeries("rb.SHFE", (attrs.evolve(MAY, to_day=20250314), OCTOBER))
    with pytest.raises(DataError, match=r"rb2505\.SHFE is known from 20250106 to 20250314"):
        series.on(20250317)


@pytest.mark.parametrize(
    ("rolls", "message"),
    [
        ((), "rb.SHFE: a main series needs at least one row"),
        (
            (attrs.evolve(MAY, to_day=20250401), OCTOBER),
            "rb.SHFE: rows overlap: rb2505.SHFE holds to 20250401, rb2510.SHFE from 20250401 on",
        ),
        (
            (MAY, attrs.evolve(OCTOBER, previous="rb2501.SHFE")),
            "rb2501.SHFE was the main contract before rb2510.SHFE, but the row before says rb2505",
        ),
        ((attrs.evolve(MAY, to_day=20250103),), "ends on 20250103, before it begins on 20250106"),
        ((attrs.evolve(MAY, product="hc.SHFE"),), "a row of hc.SHFE stands in the main series"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(rolls: tuple[Roll, ...], message: str) -> None:
    """By name and day."""
    with pytest.raises(DataError, match=re.escape(message)):
        MainSeries("rb.SHFE", rolls)


def test_the_row_behind_another_is_the_next_contract() -> None:
    """Behind the last one there is none."""
    assert RB.after(MAY) == OCTOBER
    assert RB.after(OCTOBER) is None


def test_a_book_sorts_rows_by_product_and_day() -> None:
    """They may come in any order."""
    copper = attrs.evolve(MAY, product="cu.SHFE", symbol="cu2502.SHFE")
    book = SeriesBook((OCTOBER, copper, MAY))

    assert list(book) == ["cu.SHFE", "rb.SHFE"]
    assert book.rolls() == (copper, MAY, OCTOBER)
    assert book.find("rb.SHFE") == RB


def test_a_product_that_a_book_lacks_is_told_with_what_to_do() -> None:
    """And with the one that may be meant."""
    with pytest.raises(DataError, match=r"of rb\.SHEF in main\.csv; .*did you mean 'rb\.SHFE'"):
        SeriesBook((MAY,), place="main.csv").find("rb.SHEF")


def test_names_of_products_and_their_main_contracts_go_back_and_forth() -> None:
    """A contract, and a series that somebody else has spliced, are not main contracts."""
    assert main_symbol("rb.SHFE") == "rb.MAIN.SHFE"
    assert product_of_main("rb.MAIN.SHFE") == "rb.SHFE"
    assert [product_of_main(text) for text in ("rb2510.SHFE", "rbHOT.SHFE", "MAIN")] == [""] * 3
    assert product_of("AP010.CZCE") == "AP.CZCE"


@pytest.mark.parametrize(
    ("symbol", "day", "expected"),
    [
        ("rb2510.SHFE", 20250106, 202510),
        ("AP905.CZCE", 20190102, 201905),
        ("AP001.CZCE", 20190920, 202001),
        ("AP001.CZCE", 20200120, 202001),
        ("AP001.CZCE", 20200203, 203001),
    ],
)
def test_a_delivery_month_is_read_off_the_code(symbol: str, day: int, expected: int) -> None:
    """One digit of the year is the first that is not past."""
    assert delivery_month(symbol, day) == expected


@pytest.mark.parametrize("symbol", ["rbHOT.SHFE", "rb2513.SHFE", "rb.MAIN.SHFE", "rb25.SHFE"])
def test_what_has_no_delivery_month_is_told(symbol: str) -> None:
    """It cannot be put in order."""
    with pytest.raises(DataError, match="does not end in a delivery month"):
        delivery_month(symbol, 20250106)
