"""Rows in files: our own, and those of WonderTrader."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos.engine.series.hots import read_hots
from homalos.engine.series.keeping import COLUMNS, main_file, merged, read_series, write_series
from homalos.engine.series.rolls import Roll, SeriesBook
from homalos.errors import DataError, UnknownInstrument

MAY = Roll(
    product="rb.SHFE", from_day=20250106, to_day=20250331, symbol="rb2505.SHFE", source="手工"
)
OCTOBER = Roll(
    product="rb.SHFE",
    from_day=20250401,
    to_day=20250822,
    symbol="rb2510.SHFE",
    previous="rb2505.SHFE",
    close=Decimal("3100.5"),
    previous_close=Decimal(3000),
    source="a, quoted",
)
HEAD = ",".join(COLUMNS)
ROW = "rb.SHFE,20250106,20250331,rb2505.SHFE,,,,me"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """To the last digit, and nothing is left lying about."""
    path = main_file(tmp_path)
    book = SeriesBook((MAY, OCTOBER))
    write_series(book, path)

    assert read_series(path) == book
    assert [each.name for each in path.parent.iterdir()] == ["main.csv"]


def test_the_file_is_a_table_that_people_can_read(tmp_path: Path) -> None:
    """And write: this is the whole of it."""
    path = tmp_path / "main.csv"
    write_series(SeriesBook((attrs.evolve(MAY, source="me"), OCTOBER)), path)

    assert path.read_text(encoding="utf-8").splitlines() == [
        "product,from_day,to_day,symbol,previous,close,previous_close,source",
        ROW,
        'rb.SHFE,20250401,20250822,rb2510.SHFE,rb2505.SHFE,3100.5,3000,"a, quoted"',
    ]


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    """Nobody has written any yet."""
    assert len(read_series(tmp_path / "main.csv")) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "main.csv:1: found the head '', expected 'product,from_day"),
        ("a,b\n", "main.csv:1: found the head 'a,b', expected"),
        (f"{HEAD}\nrb.SHFE,1\n", "main.csv:2: found 2 columns, expected 8"),
        (f"{HEAD}\n{ROW}\n\n,20250106,20250331,x,,,,\n", "main.csv:4: found a row without"),
        (f"{HEAD}\n{ROW.replace('20250331', '20250231')}\n", "main.csv:2: found '20250231', exp"),
        (f"{HEAD}\n{ROW.replace(',,,,', ',,3x,,')}\n", "main.csv:2: found '3x', expected a price"),
        (f"{HEAD}\n{ROW.replace(',,,,', ',,nan,,')}\n", "main.csv:2: found 'nan', expected a fin"),
        (f"{HEAD}\n{ROW}\n{ROW}\n", "main.csv: rb.SHFE: rows overlap: rb2505.SHFE holds to 2025"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_line(tmp_path: Path, text: str, message: str) -> None:
    """And none of it is taken."""
    path = tmp_path / "main.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(message)):
        read_series(path)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    """As spreadsheets of China write it."""
    path = tmp_path / "main.csv"
    path.write_bytes(f"{HEAD}\n{ROW.replace('me', '手工')}\n".encode("gbk"))
    with pytest.raises(DataError, match=r"main\.csv: not UTF-8"):
        read_series(path)


def test_other_rows_of_a_product_are_only_replaced_when_asked_for(tmp_path: Path) -> None:
    """The same rows again, and rows of other products, are no matter."""
    del tmp_path
    book = SeriesBook((MAY,))
    copper = attrs.evolve(MAY, product="cu.SHFE", symbol="cu2505.SHFE")
    with pytest.raises(DataError, match=r"main\.csv has other rows of rb\.SHFE already"):
        merged(book, (MAY, OCTOBER), replace=False, place="main.csv")

    assert merged(book, (MAY,), replace=False, place="") == book
    assert merged(book, (copper,), replace=False, place="").rolls() == (copper, MAY)
    assert merged(book, (MAY, OCTOBER), replace=True, place="").rolls() == (MAY, OCTOBER)


# -- WonderTrader's file ----------------------------------------------------------


class Weekdays:
    """A market of SHFE whose trading days are all Mondays to Fridays of August 2020."""

    def parse(self, text: str, exchange: str, day: int) -> str:
        """Know rb only."""
        assert day > 20200101
        if not text.startswith("rb") or exchange != "SHFE":
            msg = f"no {text} on {exchange}"
            raise UnknownInstrument(msg)
        return f"{text}.{exchange}"

    def at_or_after(self, symbol: str, day: int) -> int:
        """Return the Monday for the 22nd and the 23rd, which are a weekend."""
        assert symbol.startswith("rb")
        return 20200824 if day in (20200822, 20200823) else 0 if day > 20200831 else day


def row(date: int, to: str, before: str = "", **prices: float) -> dict[str, Any]:
    """Return a row as the file has it."""
    return {"date": date, "from": before, "to": to, "oldclose": 0.0, "newclose": 0.0, **prices}


def write(path: Path, content: object) -> Path:
    """Write a file of roll dates."""
    file = path / "hots.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_date_on_a_weekend_is_the_monday_after_it(tmp_path: Path) -> None:
    """The file has the day of the calendar after the evening that decided."""
    listed = [
        row(20200803, "rb2010", newclose=3700.0),
        row(20200822, "rb2101", "rb2010", oldclose=3783.0, newclose=3731.5),
    ]
    found = read_hots(write(tmp_path, {"SHFE": {"rb": listed}}), Weekdays(), until=20200831)

    assert found.rolls == (
        Roll(
            product="rb.SHFE",
            from_day=20200803,
            to_day=20200823,
            symbol="rb2010.SHFE",
            source="hots.json",
        ),
        Roll(
            product="rb.SHFE",
            from_day=20200824,
            to_day=20200831,
            symbol="rb2101.SHFE",
            previous="rb2010.SHFE",
            close=Decimal("3731.5"),
            previous_close=Decimal(3783),
            source="hots.json",
        ),
    )


def test_what_is_odd_in_a_file_is_listed_and_kept(tmp_path: Path) -> None:
    """Products that nobody knows are left out; the others are taken."""
    listed = [row(20200803, "rb2101"), row(20200810, "rb2010", "rb2101", newclose=1.0)]
    found = read_hots(
        write(tmp_path, {"SHFE": {"rb": listed, "bc": [row(20200803, "bc2103")]}}), Weekdays()
    )

    assert found.left_out == {"bc.SHFE": "no bc2103 on SHFE"}
    assert [roll.symbol for roll in found.backwards] == ["rb2010.SHFE"]
    assert [roll.previous_close for roll in found.without_prices] == [None]
    assert found.rolls[-1].to_day == 20200810


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "expected an object of exchanges, found list"),
        ({}, "it has no rows"),
        ({"SHFE": []}, "SHFE: expected an object of products"),
        ({"SHFE": {"rb": [{"date": 20200803}]}}, "SHFE.rb: expected rows with date, from, to"),
        ({"SHFE": {"rb": [row(20200832, "rb2010")]}}, "SHFE.rb: expected rows with date, from, to"),
        (
            {"SHFE": {"rb": [row(20200803, "rb2010"), row(20200804, "rb2101", "rb2009")]}},
            "the row of 20200804 says that rb2009.SHFE was the main contract before rb2101.SHFE",
        ),
        (
            {"SHFE": {"rb": [row(20200803, "rb2010"), row(20200803, "rb2101", "rb2010")]}},
            "the row of rb2010.SHFE ends on 20200802, before it begins on 20200803",
        ),
        (
            {"SHFE": {"rb": [row(20210803, "rb2110")]}},
            "rb.SHFE: no trading day is known at or after 20210803",
        ),
    ],
)
def test_a_file_that_is_no_list_of_rolls_is_told(
    tmp_path: Path, content: object, message: str
) -> None:
    """With its name and the product."""
    with pytest.raises(DataError, match=rf"hots\.json: .*{re.escape(message)}"):
        read_hots(write(tmp_path, content), Weekdays())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("hots.json", b"{", "no JSON"),
        ("hots.json", b"\xff\xfe", "no JSON"),
        ("hots.json.gz", b"{}", "no JSON"),
        ("absent.json", None, "no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """In one error."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_hots(path, Weekdays())
