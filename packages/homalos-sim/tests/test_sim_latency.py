"""How long messages take: drawn as the options say, the same again from the same seed."""

from __future__ import annotations

from random import Random
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Any

import pytest

from homalos.errors import ConfigError
from homalos_sim.latency import delay_of
from homalos_sim.options import DelayOptions

if TYPE_CHECKING:
    from pathlib import Path


def _drawn(count: int = 4_000, seed: int = 3, **options: Any) -> list[int]:
    delay = delay_of(DelayOptions(**options), Random(seed), where="$.send")
    return [delay() for _ in range(count)]


def test_a_fixed_delay_is_its_mean() -> None:
    """Microseconds in, nanoseconds out."""
    assert _drawn(3, mean_us=250.5) == [250_500] * 3


@pytest.mark.parametrize(
    ("kind", "deviation"), [("normal", 100.0), ("lognormal", 200.0), ("exponential", 500.0)]
)
def test_a_distribution_has_the_mean_and_the_deviation_that_were_asked(
    kind: str, deviation: float
) -> None:
    """Of the delay itself, also where its logarithm is drawn; within the noise of the draw."""
    drawn = _drawn(20_000, kind=kind, mean_us=500.0, deviation_us=deviation)
    assert min(drawn) >= 0
    assert fmean(drawn) == pytest.approx(500_000, rel=0.03)
    assert pstdev(drawn) == pytest.approx(deviation * 1_000, rel=0.06)


def test_a_normal_delay_is_never_below_0() -> None:
    """No message arrives before it was sent."""
    assert min(_drawn(kind="normal", mean_us=10.0, deviation_us=100.0)) == 0


@pytest.mark.parametrize("kind", ["normal", "lognormal", "exponential"])
def test_the_same_seed_draws_the_same_delays(kind: str) -> None:
    """A backtest that is run twice must take the same decisions."""
    options: dict[str, Any] = {"kind": kind, "mean_us": 500.0, "deviation_us": 50.0}
    assert _drawn(50, **options) == _drawn(50, **options)
    assert _drawn(50, **options) != _drawn(50, seed=4, **options)


def _file(folder: Path, text: str) -> str:
    file = folder / "测量.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("120\n80.5\n", ""),
        ("delay_us\n120\n80.5\n", ""),
        ("\ufeffat,往返\n1,120\n2,80.5\n\n", "往返"),
    ],
)
def test_measured_delays_are_drawn_from_their_column(
    tmp_path: Path, text: str, column: str
) -> None:
    """With a header and without, in any language, also behind a byte order mark."""
    drawn = _drawn(200, kind="file", file=_file(tmp_path, text), column=column)
    assert set(drawn) == {120_000, 80_500}


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("", "", "it has no delays"),
        ("delay_us\n", "", "it has no delays"),
        ("120\n-1\n", "", "the delay number 2 is none"),
        ("120\nnan\n", "", "the delay number 2 is none"),
        ("a,b\n1\n", "b", "the delay number 1 is none"),
        ("a,b\n1,2\n", "c", "has no column 'c', it has a, b"),
    ],
)
def test_a_file_that_has_something_else_is_one_clear_error(
    tmp_path: Path, text: str, column: str, told: str
) -> None:
    """It is told when the engine is built, with the place in the settings."""
    file = _file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        _drawn(kind="file", file=file, column=column)
    (problem,) = caught.value.problems
    assert told in problem
    assert "@ $.send" in problem


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00\xd8", b"1\x00\n"])
def test_a_file_that_cannot_be_read_is_one_clear_error(
    tmp_path: Path, content: bytes | None
) -> None:
    """Missing, or no text at all."""
    file = tmp_path / "delays.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"delays\.csv"):
        _drawn(kind="file", file=str(file))


def test_a_lognormal_delay_needs_a_mean() -> None:
    """The logarithm of nothing cannot be drawn."""
    with pytest.raises(ConfigError, match="mean above 0"):
        _drawn(kind="lognormal", deviation_us=5.0)
