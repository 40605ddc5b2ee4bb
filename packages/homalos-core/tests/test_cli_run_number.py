"""Tests of the numbers of runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from homalos.cli.run_number import next_run


def test_runs_are_counted_from_one(tmp_path: Path) -> None:
    """The folder is made, and no two runs have the same number."""
    home = tmp_path / "home"
    assert [next_run(home) for _ in range(12)] == list(range(1, 13))


def test_counting_does_not_fill_the_folder(tmp_path: Path) -> None:
    """The last hundred numbers are kept, whatever the years bring."""
    for _ in range(130):
        next_run(tmp_path)
    assert len(list((tmp_path / "runs").iterdir())) == 100
    assert next_run(tmp_path) == 131


def test_a_file_that_is_no_number_is_let_be(tmp_path: Path) -> None:
    """What somebody else put there neither counts nor goes."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "9.txt").touch()
    assert next_run(tmp_path) == 1
    assert (tmp_path / "runs" / "9.txt").exists()


def test_runs_that_begin_at_once_get_different_numbers(tmp_path: Path) -> None:
    """Order ids begin with the number, so two equal ones would mix the orders of two runs."""
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: next_run(tmp_path), range(40)))
    assert sorted(numbers) == list(range(1, 41))
