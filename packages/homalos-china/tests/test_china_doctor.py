"""What the doctor says of the calendar and of the user's own file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homalos.plugins.ports import DoctorContext
from homalos_china import ChinaOptions
from homalos_china.doctor import check_overrides, judge_calendar, judge_overrides
from homalos_china.plugin import register_doctor_checks

_DAY_NS = 86_400 * 10**9
OCTOBER_31 = 1_761_926_400 * 10**9  # midnight of 2025-11-01 in Shanghai, by `date -d`


def context(home: Path, now_ns: int = 0, options: Mapping[str, Any] | None = None) -> DoctorContext:
    """Return what a check is given."""
    return DoctorContext(home=home, options=options or {}, environment={}, now_ns=now_ns)


@pytest.mark.parametrize(
    ("now_ns", "level", "what"),
    [
        (OCTOBER_31 - 1, "ok", "the trading calendar knows 20100104 to 20251230"),
        (OCTOBER_31, "warning", "the trading calendar ends in 59 days, on 20251230"),
        (OCTOBER_31 + 59 * _DAY_NS, "warning", "the trading calendar ends in 0 days, on 20251230"),
        (
            OCTOBER_31 + 60 * _DAY_NS,
            "error",
            "the trading calendar knows 20100104 to 20251230, not today",
        ),
        (0, "error", "the trading calendar knows 20100104 to 20251230, not today"),
    ],
)
def test_the_end_of_the_calendar_is_told_in_time(now_ns: int, level: str, what: str) -> None:
    """Two months before it comes, by the day in Shanghai."""
    (finding,) = judge_calendar(20100104, 20251230, now_ns)
    assert (finding.level, finding.what) == (level, what)
    assert bool(finding.remedy) is (level != "ok")


def test_every_problem_of_the_users_own_file_is_told(tmp_path: Path) -> None:
    """With its key, and what to do."""
    (tmp_path / "mine.toml").write_text("[products.rb]\nmultiplier = 0\ntick_size = -1\n")
    options = {"market china": ChinaOptions("mine.toml")}
    found = list(check_overrides(context(tmp_path, options=options)))
    assert [finding.level for finding in found] == ["error", "error"]
    assert all(finding.remedy for finding in found)
    assert "products.rb.multiplier: expected a whole number above 0, found 0" in found[0].what


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    """With the parser's word on it."""
    path = tmp_path / "china.toml"
    path.write_bytes(b"\xff\xfe")
    (finding,) = judge_overrides(path)
    assert finding.level == "error"
    assert finding.what.startswith(f"{path}: ")


def test_the_file_need_not_exist(tmp_path: Path) -> None:
    """Most have none."""
    (finding,) = check_overrides(context(tmp_path))
    assert finding.level == "ok"


def test_the_checks_are_offered(tmp_path: Path) -> None:
    """In the summer of 2025 the calendar that is installed covers the day."""
    summer = OCTOBER_31 - 120 * _DAY_NS
    found = {
        spec.name: list(spec.check(context(tmp_path, summer))) for spec in register_doctor_checks()
    }
    assert {name: [each.level for each in given] for name, given in found.items()} == {
        "calendar": ["ok"],
        "overrides": ["ok"],
    }
