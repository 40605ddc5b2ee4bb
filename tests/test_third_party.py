"""A package that nobody here knows: built, installed beside the core, found and obeyed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_PYPROJECT = """
[build-system]
requires = ["flit_core>=3.12,<5"]
build-backend = "flit_core.buildapi"

[project]
name = "thrifty-desk"
version = "3.1"
description = "Orders cost money"
dependencies = ["homalos-core"]

[project.entry-points.homalos]
thrifty = "thrifty"

[tool.flit.module]
name = "thrifty"
"""

_MODULE = '''
"""Orders cost money."""

from attrs import frozen

from homalos.plugins import RiskRuleSpec, hookimpl
from homalos.plugins.ports import Refusal


@frozen
class ThriftOptions:
    """How many lots an order may have."""

    max_lots: int = 0


def bind(context, options):
    """Return the check."""

    def check(request):
        if request.volume <= options.max_lots:
            return None
        return Refusal("that would cost money", request.volume, options.max_lots)

    return check


@hookimpl
def register_risk_rules():
    """Offer the rule."""
    return (RiskRuleSpec(name="thrift", factory=bind, config=ThriftOptions),)
'''

_BUILD = "import flit_core.buildapi as b, sys; print(b.build_wheel(sys.argv[1]))"
_HOMALOS = "import sys; from homalos.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the package and unpack its wheel, as an installer does, beside the core."""
    source = tmp_path_factory.mktemp("source")
    (source / "pyproject.toml").write_text(_PYPROJECT, encoding="utf-8")
    (source / "thrifty.py").write_text(_MODULE, encoding="utf-8")
    wheels = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-c", _BUILD, str(wheels)]
    built = subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheels / built.stdout.split()[-1]) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an hour of bars of rb2510, up for ten minutes and down for ten, in turn."""
    path = tmp_path_factory.mktemp("tape") / "rb2510.csv"
    lines = ["symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest"]
    for minute in range(60):
        price = 3_600 + (minute % 20 if minute % 20 < 10 else 20 - minute % 20)
        stamp = f"2025-08-05T09:{minute:02}:00+08:00"
        lines.append(f"rb2510.SHFE,20250805,{stamp},{price},{price},{price},{price},500,0,1000")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def homalos(*arguments: str, home: Path, beside: Path | None) -> dict[str, Any]:
    """Run the command line in a process of its own and return its JSON object.

    Args:
        arguments: What follows the program's name.
        home: The folder of all state.
        beside: A folder of packages to be found beside the installed ones.
    """
    environment = {key: text for key, text in os.environ.items() if not key.startswith("HOMALOS_")}
    if beside is not None:
        paths = [str(beside), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    command = [sys.executable, "-c", _HOMALOS, *arguments, "--json"]
    ran = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def backtest(tape: Path, home: Path, beside: Path | None, *more: str) -> tuple[int, int]:
    """Run a backtest of a crossing that trades; return its orders and its rejections."""
    words = ("backtest", "double_ma", "--data", str(tape), "--symbol", "rb2510.SHFE")
    found = homalos(
        *words, "-p", "fast=2", "-p", "slow=5", "--home", str(home), *more, home=home, beside=beside
    )
    return found["orders"], found["rejections"]


def test_a_package_installed_beside_the_core_is_listed(site: Path, tmp_path: Path) -> None:
    """With its name, version, origin and what it offers."""
    plugins = {
        each["name"]: each for each in homalos("plugins", home=tmp_path, beside=site)["plugins"]
    }

    assert plugins["thrifty"] == {
        "name": "thrifty",
        "version": "3.1",
        "origin": "thrifty-desk",
        "hooks": ["register_risk_rules"],
        "specs": ["risk rule thrift"],
        "fault": "",
    }
    assert "core" in plugins


def test_its_rule_refuses_orders_of_a_run(site: Path, tape: Path, tmp_path: Path) -> None:
    """Active as soon as it is installed; without it the same run trades."""
    without = backtest(tape, tmp_path, None)
    beside = backtest(tape, tmp_path, site)

    assert without[0] > 0
    assert without[1] == 0
    assert beside[0] == 0
    assert beside[1] > 0


def test_its_rule_takes_its_options_from_the_settings(
    site: Path, tape: Path, tmp_path: Path
) -> None:
    """With a larger limit, or switched off, the orders pass."""
    larger = backtest(tape, tmp_path, site, "--set", "risk.thrift.max_lots=1")
    off = backtest(tape, tmp_path, site, "--set", "risk.thrift=false")

    assert larger == off
    assert larger[0] > 0
    assert larger[1] == 0
