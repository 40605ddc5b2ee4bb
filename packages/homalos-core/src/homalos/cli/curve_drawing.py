"""Curves over trading time, drawn as one SVG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from math import ceil, floor, log10

from attrs import frozen

from homalos.cli.bar_files import EXCHANGE_TIME

__all__ = ["COLOURS", "Curve", "drawing"]

# Told apart by people who see colours differently (Okabe and Ito, 2008); the dashes, too.
COLOURS = ("#0072b2", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9")
_DASHES = ("", "", "", "6 3", "2 3", "8 3 2 3")
_WIDTH, _HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 118, 34, 40
_FONT = 'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="12"'
_NS = 1_000_000_000
_STAMPS = 6
_LINE = 14  # height of a label, so that those at the ends do not cover one another
_PER_DECADE = (1, 2, 2.5, 5, 10)


@frozen
class Curve:
    """A line to draw.

    Attributes:
        name: Written at its end.
        points: (nanoseconds UTC, value), oldest first, at least one.
    """

    name: str
    points: Sequence[tuple[int, float]]


def drawing(curves: Sequence[Curve], label: str) -> str:
    """Return an SVG element with the curves over one another.

    The way along it is that from note to note, not the time of the clock, so that nights
    and breaks take no room.

    Args:
        curves: At least one, all noted at the same instants.
        label: What the values are.
    """
    longest = max(curves, key=lambda curve: len(curve.points))
    values = [value for curve in curves for _, value in curve.points]
    grid = _grid(min(*values, 0.0), max(*values, 0.0))
    frame = _Frame(len(longest.points), grid[0], grid[-1])
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT}>',
        f"<title>{escape(label)}</title>",
        f'<text x="{_LEFT}" y="18" fill="#57606a">{escape(label)}</text>',
        *(_level(frame, value, grid) for value in grid),
        *_stamps(frame, longest),
        *(_line(frame, curve, index) for index, curve in enumerate(curves)),
        *_names(frame, curves),
        "</svg>",
    ]
    return "\n".join(parts)


@frozen
class _Frame:
    """Where a point comes to lie."""

    count: int
    low: float
    high: float

    def x(self, index: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * index / max(1, self.count - 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share


def _grid(low: float, high: float) -> list[float]:
    """Return round values from below the lowest to above the highest, about six of them."""
    span = (high - low) or 1.0
    rough = span / 5
    decade = 10 ** floor(log10(rough))
    step = next(decade * each for each in _PER_DECADE if decade * each >= rough * 0.999)
    first, last = floor(low / step), ceil(high / step)
    return [step * each for each in range(first, max(last, first + 1) + 1)]


def _level(frame: _Frame, value: float, grid: Sequence[float]) -> str:
    y = frame.y(value)
    digits = 0 if grid[1] - grid[0] >= 1 else 2
    colour = "#8c959f" if value == 0 else "#e5e9ed"
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#57606a">'
        f"{value:,.{digits}f}</text>"
    )


def _stamps(frame: _Frame, curve: Curve) -> list[str]:
    points = curve.points
    days = {_local(ts_ns).date() for ts_ns, _ in points}
    form = "%H:%M" if len(days) == 1 else "%m-%d %H:%M"
    places = sorted({round((len(points) - 1) * part / _STAMPS) for part in range(_STAMPS + 1)})
    return [
        f'<text x="{frame.x(each):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle" '
        f'fill="#57606a">{_local(points[each][0]).strftime(form)}</text>'
        for each in places
    ]


def _local(ts_ns: int) -> datetime:
    return datetime.fromtimestamp(ts_ns // _NS, UTC).astimezone(EXCHANGE_TIME)


def _line(frame: _Frame, curve: Curve, index: int) -> str:
    dash = _DASHES[index % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    points = " ".join(
        f"{frame.x(place):.1f},{frame.y(value):.1f}"
        for place, (_, value) in enumerate(curve.points)
    )
    return (
        f'<polyline fill="none" stroke="{COLOURS[index % len(COLOURS)]}" stroke-width="1.8" '
        f'stroke-linejoin="round"{dashed} points="{points}"/>'
    )


def _names(frame: _Frame, curves: Sequence[Curve]) -> list[str]:
    """Return the names at the ends of the lines, moved apart where they would meet."""
    ends = sorted(
        (frame.y(curve.points[-1][1]), index, curve.name) for index, curve in enumerate(curves)
    )
    found, above = [], -float(_LINE)
    for y, index, name in ends:
        place = max(y, above + _LINE)
        above = place
        found.append(
            f'<text x="{_WIDTH - _RIGHT + 8}" y="{place + 4:.1f}" font-weight="600" '
            f'fill="{COLOURS[index % len(COLOURS)]}">{escape(name)}</text>'
        )
    return found
