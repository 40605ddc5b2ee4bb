"""Tests of `homalos plugins` and of what chooses plugins, good and bad, from the command line."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos.cli.plugin_host import limits

RULES = """
from contextlib import nullcontext
from homalos.plugins import AlertChannelSpec, DoctorCheckSpec, FillModelSpec, RiskRuleSpec, hookimpl

__version__ = "7.1"

@hookimpl
def register_risk_rules():
    return (RiskRuleSpec(name="calm", factory=lambda context, options: None),)

@hookimpl
def register_fill_models():
    return (FillModelSpec(name="lucky", factory=lambda context, options: None),)

@hookimpl
def register_alert_channels():
    return (AlertChannelSpec(name="pager", factory=lambda context, options: None),)

@hookimpl
def register_doctor_checks():
    return (DoctorCheckSpec(name="pulse", check=lambda context: ()),)

@hookimpl
def engine_lifespan(handle):
    return nullcontext()

@hookimpl
def check_settings(settings):
    return ()
"""
Install = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of this test, with nothing but the core installed that matters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    monkeypatch.delenv("HOMALOS_TRACE_HOOKS", raising=False)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that installs a distribution with one plugin."""

    def put(name: str, code: str) -> None:
        root = tmp_path / "site"
        info = root / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (root / f"{name}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[homalos]\n{name} = {name}\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(root)
        importlib.invalidate_caches()

    return put


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the plugins that were listed as JSON, by name and origin's end."""
    data = json.loads(capsys.readouterr().out)
    return {plugin["origin"].rpartition("/")[2]: plugin for plugin in data["plugins"]}


def test_a_plugin_is_listed_with_everything_it_offers(capsys: pytest.CaptureFixture[str]) -> None:
    """Version, origin, hooks of every kind, and the specs by kind and name."""
    Path("rules.py").write_text(RULES)
    assert main(["plugins", "--plugin", "rules.py", "--json"]) == 0
    assert listed(capsys)["rules.py"] == {
        "name": "rules",
        "version": "7.1",
        "origin": "rules.py",
        "hooks": [
            "check_settings",
            "engine_lifespan",
            "register_alert_channels",
            "register_doctor_checks",
            "register_fill_models",
            "register_risk_rules",
        ],
        "specs": [
            "risk rule calm",
            "fill model lucky",
            "alert channel pager",
            "doctor check pulse",
        ],
        "fault": "",
    }


def test_the_table_names_hooks_and_offers(capsys: pytest.CaptureFixture[str]) -> None:
    """A person sees the same."""
    Path("rules.py").write_text(RULES)
    assert main(["plugins", "--plugin", "rules.py"]) == 0
    shown = capsys.readouterr().out
    for word in ("rules", "7.1", "rules.py", "engine_lifespan", "fill model: lucky"):
        assert word in shown


@pytest.mark.parametrize(
    ("name", "code", "fault"),
    [
        ("boom.py", "1 / 0", "ZeroDivisionError: division by zero (boom.py:1)"),
        ("odd.py", "x = (", "SyntaxError: '(' was never closed (odd.py, line 1)"),
        ("gone.py", None, "there is no file gone.py"),
        ("notes.txt", "", "notes.txt is not a Python file; its name must end in .py"),
        (
            "slip.py",
            "from homalos.plugins import hookimpl\n@hookimpl\ndef register_risk_rule(): ...\n",
            "no hook 'register_risk_rule' (a newer one may have it); did you mean 'register_risk",
        ),
        ("bare.py", "raise SystemExit(3)", "SystemExit: 3 (bare.py:1)"),
        ("core.py", "", "homalos-core has a plugin of this name already"),
        ("latin.py", "x = '\xff'", "SyntaxError: (unicode error) 'utf-8' codec can't decode"),
    ],
)
def test_a_file_at_fault_is_told_and_the_exit_code_is_1(
    name: str, code: str | None, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was asked for, so it is not passed over; the others are listed all the same."""
    if code is not None:
        Path(name).write_text(code, encoding="latin-1")
    assert main(["plugins", "--plugin", name]) == 1
    told = capsys.readouterr()
    assert told.err == ""
    (line,) = [each for each in told.out.splitlines() if "is at fault" in each]
    assert line.startswith(f"{Path(name).stem} ({name}) is at fault: ")
    assert fault in line


def test_two_files_of_one_name_are_a_fault_of_the_second(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first one answers."""
    for folder in ("a", "b"):
        Path(folder).mkdir()
        (Path(folder) / "rules.py").write_text(RULES)
    assert main(["plugins", "--plugin", "a/rules.py", "--plugin", "b/rules.py"]) == 1
    shown = capsys.readouterr().out
    fault = "a/rules.py has a plugin of this name already; rename one of the two, or leave it out"
    assert f"rules (b/rules.py) is at fault: {fault}" in shown.splitlines()


def test_a_file_that_raises_at_a_hook_is_at_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """The hook is named."""
    Path("late.py").write_text(
        "from homalos.plugins import hookimpl\n@hookimpl\ndef register_feeds():\n    return 1 / 0\n"
    )
    assert main(["plugins", "--plugin", "late.py", "--json"]) == 1
    assert listed(capsys)["late.py"]["fault"] == (
        "register_feeds: ZeroDivisionError: division by zero (late.py:4)"
    )


def test_a_name_offered_twice_is_shown_with_the_whole_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No engine could be built; who looks for the reason sees both."""
    for name in ("one", "two"):
        Path(f"{name}.py").write_text(RULES)
    assert main(["plugins", "--plugin", "one.py", "--plugin", "two.py", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["problems"] == [
        "the risk rule 'calm' is offered by both the plugins 'one' and 'two'; take one of them out"
    ]
    assert {"one", "two"} <= {plugin["name"] for plugin in data["plugins"]}


def test_an_installed_plugin_at_fault_is_told_but_nobody_asked_for_it(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that happens to be there does not make the command fail."""
    install("sick", "1 / 0")
    monkeypatch.delenv("HOMALOS_PLUGINS")
    assert main(["plugins"]) == 0
    fault = "sick (sick) is at fault: ZeroDivisionError: division by zero (sick.py:1)"
    assert fault in capsys.readouterr().out.splitlines()


def test_an_installed_plugin_that_was_asked_for_makes_the_exit_code_1(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`HOMALOS_PLUGINS` names it."""
    install("sick", "1 / 0")
    monkeypatch.setenv("HOMALOS_PLUGINS", "sick")
    assert main(["plugins"]) == 1


def test_plugins_that_are_not_installed_are_one_line_each(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every one of them, with the nearest name."""
    install("bells", RULES)
    monkeypatch.setenv("HOMALOS_PLUGINS", "belsl, quux")
    assert main(["plugins"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: HOMALOS_PLUGINS: no plugin 'belsl' is installed; there are ")
    assert first.endswith("; did you mean 'bells'?")
    assert second.startswith("error: HOMALOS_PLUGINS: no plugin 'quux' is installed; there are ")


@pytest.mark.parametrize(
    ("text", "names"), [("", set()), (" , ", set()), ("a", {"a"}), (" a ,b,,a", {"a", "b"})]
)
def test_the_limits_are_names_between_commas(text: str, names: set[str]) -> None:
    """Blanks and empty places mean nothing; no name at all means every plugin."""
    assert limits({"HOMALOS_PLUGINS": text}) == names


@pytest.mark.parametrize(("value", "is_traced"), [("1", True), ("yes", True), ("0", False)])
def test_hook_calls_are_traced_on_standard_error(
    value: str,
    *,
    is_traced: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line for each call, the plugin and what came of it; standard output stays as it is."""
    Path("rules.py").write_text(RULES)
    monkeypatch.setenv("HOMALOS_TRACE_HOOKS", value)
    assert main(["plugins", "--plugin", "rules.py", "--json"]) == 0
    told = capsys.readouterr()
    assert ("hook register_fill_models -> rules: 1 offered\n" in told.err) is is_traced
    assert json.loads(told.out)["problems"] == []
