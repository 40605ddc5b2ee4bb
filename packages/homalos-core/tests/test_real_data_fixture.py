"""The fixture `real_data`: it finds the folder, or skips, or fails where the data is required."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from homalos.testing.fixtures import find_real_data

if TYPE_CHECKING:
    from pathlib import Path

ASKS = "def test_asks(real_data): pass"
ASKS_THROUGH_ANOTHER = """
import pytest

@pytest.fixture
def ticks(real_data):
    return real_data / "ticks"

def test_asks(ticks):
    pass
"""
SKIPS_ITSELF = """
import pytest

def test_asks(real_data):
    pytest.skip("the file is not there")
"""
MARKED_AND_SKIPPED = """
import pytest

@pytest.mark.skip(reason="some day")
@pytest.mark.real_data
def test_asks():
    pass
"""
SKIPS_ITS_MODULE = """
import pytest
pytest.skip("nothing here", allow_module_level=True)
"""
SKIPS_FOR_ANOTHER_REASON = """
import pytest

def test_of_windows():
    pytest.skip("only there")
"""
FAILS_AS_EXPECTED = """
import pytest

@pytest.mark.xfail(strict=True)
def test_asks(real_data):
    assert real_data.name == "no"
"""


def run(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    *,
    data: Path,
    required: bool,
) -> dict[str, int]:
    """Run one test file with the fixtures and return how many tests ended in which way."""
    monkeypatch.setenv("HOMALOS_TEST_DATA", str(data))
    monkeypatch.setenv("HOMALOS_REQUIRE_DATA", "1" if required else "0")
    pytester.makepyfile(source)
    options = ("-p", "homalos.testing.fixtures", "-p", "no:hypothesispytest", "--strict-markers")
    return pytester.runpytest_inprocess(*options).parseoutcomes()


def test_the_folder_beside_the_root_is_found(tmp_path: Path) -> None:
    """A checkout with shared/data beside it needs no setting."""
    (tmp_path / "shared" / "data").mkdir(parents=True)

    assert find_real_data(tmp_path / "clone", {}) == tmp_path / "shared" / "data"


def test_the_folder_beside_a_folder_above_is_found(tmp_path: Path) -> None:
    """A package tested from its own folder finds the data of the checkout it lies in."""
    (tmp_path / "shared" / "data").mkdir(parents=True)
    package = tmp_path / "clone" / "packages" / "homalos-sim"

    assert find_real_data(package, {}) == tmp_path / "shared" / "data"


def test_a_folder_named_by_the_environment_wins_even_if_it_is_absent(tmp_path: Path) -> None:
    """A wrong HOMALOS_TEST_DATA is not silently replaced by another folder."""
    (tmp_path / "shared" / "data").mkdir(parents=True)
    environ = {"HOMALOS_TEST_DATA": str(tmp_path / "elsewhere")}

    assert find_real_data(tmp_path / "clone", environ) is None


@pytest.mark.parametrize("source", [ASKS, ASKS_THROUGH_ANOTHER])
def test_a_test_runs_where_the_data_is(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    """With the folder there, required or not makes no difference."""
    outcome = run(pytester, monkeypatch, source, data=tmp_path, required=True)

    assert outcome == {"passed": 1}


@pytest.mark.parametrize("source", [ASKS, ASKS_THROUGH_ANOTHER, MARKED_AND_SKIPPED])
def test_a_test_is_skipped_where_the_data_is_absent(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    """Without the folder and without the requirement, nothing fails."""
    outcome = run(pytester, monkeypatch, source, data=tmp_path / "absent", required=False)

    assert outcome == {"skipped": 1}


@pytest.mark.parametrize("source", [ASKS, ASKS_THROUGH_ANOTHER])
def test_a_skip_for_want_of_the_data_is_an_error_where_it_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    """The fixture's own skip does not pass for a result."""
    outcome = run(pytester, monkeypatch, source, data=tmp_path / "absent", required=True)

    assert outcome == {"errors": 1}


@pytest.mark.parametrize("source", [SKIPS_ITSELF, MARKED_AND_SKIPPED])
def test_any_other_skip_of_a_real_data_test_fails_where_it_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    """A missing file or a skip mark is no way round, though the folder is there."""
    outcome = run(pytester, monkeypatch, source, data=tmp_path, required=True)

    assert sum(outcome.values()) == 1
    assert set(outcome) <= {"errors", "failed"}


def test_a_module_that_skips_itself_is_an_error_where_the_data_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its tests are never seen, so nobody can tell what was left out."""
    outcome = run(pytester, monkeypatch, SKIPS_ITS_MODULE, data=tmp_path, required=True)

    assert outcome == {"errors": 1}


def test_other_tests_may_be_skipped_where_the_data_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The requirement is about real data only."""
    outcome = run(pytester, monkeypatch, SKIPS_FOR_ANOTHER_REASON, data=tmp_path, required=True)

    assert outcome == {"skipped": 1}


def test_an_expected_failure_is_not_a_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pytest reports an expected failure much like a skip; it ran on the data all the same."""
    outcome = run(pytester, monkeypatch, FAILS_AS_EXPECTED, data=tmp_path, required=True)

    assert outcome == {"xfailed": 1}
