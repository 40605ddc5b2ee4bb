"""What `homalos new` renders installs, is found, and is red where something is to be written.

The finished example is the other end: the same tests, all of them green.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from homalos.cli import main
from homalos.testing.contracts import GATEWAY, RISK_RULE, STORE, STRATEGY

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "gateway"
TIME_LIMIT_S = 300  # far above what any of them takes, also on a busy machine

CONTRACTS = {
    "gateway": {each.name for each in GATEWAY},
    "risk-rule": {each.name for each in RISK_RULE},
    "strategy": {each.name for each in STRATEGY},
    "store": {each.name for each in STORE},
}

GREEN = {
    "gateway": {
        "making_it_opens_nothing",
        "connecting_is_said_under_its_own_name",
        "closing_is_harmless_at_any_time",
        "the_same_calls_bring_the_same_reports",  # asked of a venue inside the engine only
        # Asked of a venue that can report its orders anew, or holds a lease; both may be added.
        "orders_are_reported_anew_as_they_were",
        "the_end_of_the_answer_is_said_under_its_own_name",
        "the_end_of_each_answer_has_the_number_of_its_question",
        "reports_of_an_order_come_anew_in_their_order",
        "a_lease_that_runs_out_leaves_nothing_working",
        "a_lease_in_time_leaves_orders_alone",
        "a_late_order_is_refused_until_the_lease_is_renewed",
    },
    "risk-rule": {
        "an_order_that_reduces_passes",
        "explaining_says_what_checking_would",
        "meters_survive_bad_days",
        "the_nearest_is_no_less_than_any",
        "the_kind_is_one_of_two",
        "what_it_measures_can_be_watched",
        "it_stands_without_options",
        "wrong_options_are_refused",
    },
    "strategy": {
        "it_is_a_strategy",
        "an_unknown_parameter_is_refused_by_name",
        "it_sends_nothing_before_it_starts",
    },
    "store": {
        "closing_again_is_harmless",
        "a_write_that_fails_is_a_store_error",  # asked once the test can make a write fail
    },
}
"""What a new package meets as it is; everything else of its contract is still to be written."""

_BUILD = "import flit_core.buildapi as b, sys; print(b.build_wheel(sys.argv[1]))"
_HOMALOS = "import sys; from homalos.cli import main; sys.exit(main())"
_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR) \S+?(?:\[(\w+)\])?(?: - (.*))?$", re.MULTILINE)


def beside(*folders: Path) -> dict[str, str]:
    """Return an environment in which packages of these folders are found beside the installed."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith("HOMALOS_")}
    paths = [*map(str, folders), *filter(None, [kept.get("PYTHONPATH")])]
    # Wide, so that pytest's summary has every message whole.
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "1000"}


def run(command: Sequence[str], cwd: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a program and return its exit code and what it printed."""
    ran = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=TIME_LIMIT_S,
        check=False,
    )
    return ran.returncode, ran.stdout


def installed(source: Path, site: Path) -> Path:
    """Build a package and unpack its wheel, as an installer does, and return where."""
    site.mkdir()
    code, said = run([sys.executable, "-c", _BUILD, str(site)], source, beside())
    assert code == 0, said
    with zipfile.ZipFile(site / said.split()[-1]) as wheel:
        wheel.extractall(site)
    return site


def outcomes(source: Path, python: str, environment: dict[str, str]) -> dict[str, dict[str, str]]:
    """Run a package's tests; return outcome -> requirement -> message."""
    options = ("-q", "-rA", "-p", "no:cacheprovider", "--tb=no")
    _, said = run([python, "-m", "pytest", *options], source, environment)
    found: dict[str, dict[str, str]] = {"PASSED": {}, "FAILED": {}, "ERROR": {}}
    for outcome, name, message in _OUTCOME.findall(said):
        found[outcome][name] = message
    assert any(found.values()), said
    return found


def expect_red_where_to_write(kind: str, found: dict[str, dict[str, str]]) -> None:
    """Check which requirements fail, and that each does because of what is not written yet."""
    others = {name: why for name, why in found["FAILED"].items() if "to be written" not in why}

    assert found["ERROR"] == {}
    assert set(found["PASSED"]) == GREEN[kind]
    assert set(found["FAILED"]) == CONTRACTS[kind] - GREEN[kind]
    assert others == {}


@pytest.mark.parametrize("kind", GREEN)
def test_a_new_package_is_found_and_red_where_to_write(kind: str, tmp_path: Path) -> None:
    """Rendered, built, installed beside the core, listed without a fault, tested."""
    source = tmp_path / "source"
    assert main(["new", kind, "demo", "--folder", str(source)]) == 0
    environment = beside(installed(source, tmp_path / "site"))
    _, said = run([sys.executable, "-c", _HOMALOS, "plugins", "--json"], tmp_path, environment)
    plugins = {each["name"]: each for each in json.loads(said.splitlines()[-1])["plugins"]}
    module = f"demo_{kind.replace('-', '_')}"

    assert plugins[module]["fault"] == ""
    assert plugins[module]["origin"] == f"demo-{kind}"
    assert plugins[module]["specs"] == [f"{kind.replace('-', ' ')} demo"]
    expect_red_where_to_write(kind, outcomes(source, sys.executable, environment))


def test_new_packages_are_in_house_style_and_typed(tmp_path: Path) -> None:
    """The rules of this house, which are stricter than most, find nothing in any of them."""
    for kind in GREEN:
        assert main(["new", kind, "my-venue", "--folder", str(tmp_path / kind)]) == 0
    rules = ("--config", str(ROOT / "pyproject.toml"), "--config", 'src=["*/src"]', "--no-cache")
    mypy = ("mypy", "--config-file", "gateway/pyproject.toml", "--cache-dir", os.devnull)
    commands = (("ruff", "check", *rules), ("ruff", "format", "--check", *rules), mypy)
    found = [run([sys.executable, "-m", *command, "."], tmp_path, beside()) for command in commands]

    assert [code for code, _ in found] == [0, 0, 0], found


@pytest.mark.skipif(importlib.util.find_spec("ensurepip") is None, reason="this Python has no pip")
def test_pip_installs_a_new_package_beside_the_core(tmp_path: Path) -> None:
    """By its path, with the command of its README, into an environment of its own."""
    assert main(["new", "gateway", "demo", "--folder", str(tmp_path / "demo-gateway")]) == 0
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    names = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=names))
    here = sysconfig.get_path("purelib")
    (site / "beside.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    python = str(next(folder.glob("[bS]*/python*")))
    install = ("-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation")
    code, said = run([python, *install, "-e", "./demo-gateway"], tmp_path, beside())

    assert code == 0, said
    found = outcomes(tmp_path / "demo-gateway", python, beside())
    expect_red_where_to_write("gateway", found)


def test_the_finished_gateway_meets_every_requirement(tmp_path: Path) -> None:
    """What the templates lead to: nothing red, and its own tests are green as well."""
    environment = beside(installed(EXAMPLE, tmp_path / "site"))
    found = outcomes(EXAMPLE, sys.executable, environment)

    assert (found["FAILED"], found["ERROR"]) == ({}, {})
    assert CONTRACTS["gateway"] <= set(found["PASSED"])


def test_the_finished_gateway_loses_nothing_when_the_line_is_cut(tmp_path: Path) -> None:
    """A whole engine with it: the rest of an order is filled while nobody listens."""
    environment = beside(installed(EXAMPLE, tmp_path / "site"))
    code, said = run([sys.executable, "-W", "error", "trade.py"], EXAMPLE, environment)

    # 3 lots of 10 t at 3200, 1/10,000 of the turnover (homalos-china's products.csv and fees.csv).
    assert (code, said.splitlines()) == (
        0,
        [
            "corner is up",
            "order 1-1: nottraded, 0 of 3 lots",
            "order 1-1: parttraded, 1 of 3 lots",
            "order 1-1: parttraded, 1 of 3 lots",  # lost from sight, as the phase says
            "corner is down",
            "order 1-1: alltraded, 3 of 3 lots",
            "2 trades, fees 9.60",
        ],
    )


def test_the_name_of_an_installed_part_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bundled venue is called `sim`; a second one could not be told from it."""
    code = main(["new", "gateway", "sim", "--folder", str(tmp_path / "sim")])

    assert code == 1
    assert capsys.readouterr().err == (
        "error: the plugin 'sim' has a gateway 'sim' already; choose another name\n"
    )
    assert list(tmp_path.iterdir()) == []
