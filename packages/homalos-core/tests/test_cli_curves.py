"""Equity noted in the course of a run, and drawn."""

from __future__ import annotations

import re
from itertools import count
from xml.etree import ElementTree as ET

import pytest

from homalos.cli.curve_drawing import Curve, drawing
from homalos.cli.equity_curve import EquityCurve
from homalos.testing import at, tick

SVG = "{http://www.w3.org/2000/svg}"


def test_worth_is_noted_once_a_second_and_at_the_end() -> None:
    """Ticks come every half second; the last one is at 2.5."""
    numbers = count()
    curve = EquityCurve(lambda: float(next(numbers)))
    for half in range(6):
        curve.hear(tick(ts_ns=at(half / 2)))
    curve.end()

    assert curve.points == [(at(0), 0.0), (at(1), 1.0), (at(2), 2.0), (at(2.5), 3.0)]


def test_the_end_takes_the_place_of_a_note_of_the_same_instant() -> None:
    """A fill may have come after it."""
    worth = [10.0, 11.0]
    curve = EquityCurve(lambda: worth.pop(0))
    curve.hear(tick(ts_ns=at(0)))
    curve.end()

    assert curve.points == [(at(0), 11.0)]


def test_a_long_run_has_no_more_notes_than_a_short_one() -> None:
    """Of 100,000 seconds fewer than a hundred are left, over all of them."""
    curve = EquityCurve(lambda: 0.0, most=100)
    for second in range(100_000):
        curve.hear(tick(ts_ns=at(second)))
    curve.end()
    stamps = [ts_ns for ts_ns, _ in curve.points]

    assert 25 <= len(stamps) <= 101
    assert (stamps[0], stamps[-1]) == (at(0), at(99_999))
    assert stamps == sorted(set(stamps))


def lines(text: str) -> list[list[tuple[float, float]]]:
    """Return the points of each line of a drawing."""
    return [
        [
            (float(x), float(y))
            for x, y in (pair.split(",") for pair in each.attrib["points"].split())
        ]
        for each in ET.fromstring(text).iter(f"{SVG}polyline")  # noqa: S314  our own
    ]


def test_curves_lie_within_the_drawing_the_higher_the_more() -> None:
    """Down is up in SVG; both begin at the same place."""
    stamps = [at(second) for second in range(3)]
    up = Curve("up", list(zip(stamps, (0.0, 50.0, 90.0), strict=True)))
    down = Curve("down", list(zip(stamps, (0.0, -50.0, -90.0), strict=True)))
    one, other = lines(drawing([up, down], "money"))

    assert one[0] == other[0]
    assert one[1][1] > one[2][1] > 0
    assert 420 > other[2][1] > other[1][1]
    assert [x for x, _ in one] == [x for x, _ in other]


@pytest.mark.parametrize("value", [0.0, 1e-9, -3.0, 1e12])
def test_a_flat_curve_is_drawn(value: float) -> None:
    """An account that never traded, or one that is worth a single value."""
    text = drawing([Curve("flat", [(at(0), value)])], "money")

    assert len(lines(text)) == 1
    assert "nan" not in text


def test_names_are_written_apart_and_as_text() -> None:
    """Three curves end at one place; a name may hold anything."""
    curves = [Curve(name, [(at(0), 0.0), (at(1), 5.0)]) for name in ("a", "<b>&", "c")]
    text = drawing(curves, "money")
    places = [
        float(each.attrib["y"])
        for each in ET.fromstring(text).iter(f"{SVG}text")  # noqa: S314  our own
        if each.text in {"a", "<b>&", "c"}
    ]

    assert len(places) == 3
    assert places[1] - places[0] >= 14 <= places[2] - places[1]
    assert re.search(r">[0-9]{2}:[0-9]{2}</text>", text)
