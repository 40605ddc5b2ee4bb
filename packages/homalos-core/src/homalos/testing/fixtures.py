"""Pytest fixtures for Homalos and its plugins: `pytest -p homalos.testing.fixtures`.

The real market data that tests may stand on is not part of the project (some of it carries no
licence), so a test that needs it is skipped where it is absent. Where it must be there, as in CI,
set `HOMALOS_REQUIRE_DATA=1`: then a skipped real-data test is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

__all__ = ["find_real_data", "real_data"]


def find_real_data(root: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the folder of real market data, or None where there is none.

    Args:
        root: The tests' root folder. The data lies beside it, or beside a folder above it,
            as `shared/data`.
        environ: The process environment; `HOMALOS_TEST_DATA`, where set, names the folder instead.
    """
    named = environ.get("HOMALOS_TEST_DATA")
    candidates = [Path(named)] if named else [up / "shared" / "data" for up in root.parents]
    return next((folder for folder in candidates if folder.is_dir()), None)


@pytest.fixture(scope="session")
def real_data(pytestconfig: pytest.Config) -> Path:
    """Give the folder of real market data; its SOURCES.md says what is in it.

    The test is skipped where there is no such folder. Tests that ask for this fixture carry the
    mark `real_data` by themselves.
    """
    folder = find_real_data(pytestconfig.rootpath, os.environ)
    if folder is None:
        pytest.skip("no real market data: set HOMALOS_TEST_DATA, or put it at ../shared/data")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line("markers", "real_data: stands on real market data, absent in places")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for `real_data`, also through another fixture."""
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a real-data test into a failure where the data is required."""
    report = yield
    is_skip = report.skipped and not hasattr(report, "wasxfail")
    if is_skip and item.get_closest_marker("real_data") and _is_required():
        report.outcome = "failed"
        report.longrepr = f"skipped although real data is required: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure where the data is required.

    Nobody could tell whether real-data tests went with it; skip its tests one by one instead.
    """
    report = yield
    if report.skipped and _is_required():
        report.outcome = "failed"
        report.longrepr = f"a whole module skipped, real data is required: {report.longrepr}"
    return report


def _is_required() -> bool:
    return os.environ.get("HOMALOS_REQUIRE_DATA", "") not in {"", "0"}
