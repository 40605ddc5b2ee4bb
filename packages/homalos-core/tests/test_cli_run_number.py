"""Tests of the numbers of runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from homalos.cli.run_number import next_run


def test_runs_are_counted_from_one(tmp_path: Path) -> None:
    """The folder is made, and no two runs have the same number."""
    home = tmp_path / "home"
    assert [next_run(home) for _ in range(12)] == list(range(1, 13))


def test_counting_leaves_one_file(tmp_path: Path) -> None:
    """The counter does not grow with the years."""
    for _ in range(3):
        next_run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.3"]


def test_a_file_that_only_looks_like_the_counter_is_let_be(tmp_path: Path) -> None:
    """`run.log` is somebody else's, and stays."""
    (tmp_path / "run.log").touch()
    assert next_run(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.1", "run.log"]


def test_runs_that_begin_at_once_get_different_numbers(tmp_path: Path) -> None:
    """Order ids begin with the number, so two equal ones would mix the orders of two runs."""
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: next_run(tmp_path), range(40)))
    assert sorted(numbers) == list(range(1, 41))
