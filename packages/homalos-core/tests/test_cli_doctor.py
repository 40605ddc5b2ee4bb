"""Tests of the command `doctor`: plugins that misbehave, settings that are wrong, what is shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos.cli.examination import examine
from homalos.plugins import DoctorCheckSpec
from homalos.plugins.ports import DoctorContext, Finding

HEALTHY = "gateways: {}\naccounts: {}\n"
PLUGIN = """
import threading
from attrs import frozen
from homalos.plugins import DoctorCheckSpec, RiskRuleSpec, hookimpl
from homalos.plugins.ports import Finding


@frozen
class Options:
    lots: int = 5
    password: str = ""


def look(context):
    options = context.options.get("risk rule calm")
    yield Finding(level="ok", what=f"sees {{options}}, {{sorted(context.options)}}")


@hookimpl
def register_risk_rules():
    return (RiskRuleSpec(name="calm", factory=lambda c, o: None, config=Options),)


@hookimpl
def check_settings(settings):
    if settings.seed == 13:
        return ("13 is unlucky @ $.seed",)


@hookimpl
def register_doctor_checks():
    return (
        DoctorCheckSpec(name="pulse", check=look),
        {more}
    )
"""
CONTEXT = DoctorContext(home=Path(), options={}, environment={}, now_ns=0)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a settings file that is in order, and a plugin in a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    Path("system.yaml").write_text(HEALTHY)
    Path("mine.py").write_text(PLUGIN.format(more=""))


def doctor(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """Run the command on the settings file; return the exit code, and the findings by check."""
    capsys.readouterr()
    code = main(["doctor", "--config", "system.yaml", "--plugin", "mine.py", "--json", *words])
    data = json.loads(capsys.readouterr().out)
    return code, {f"{each['plugin']}: {each['check']}": each["findings"] for each in data["checks"]}


def said(findings: list[dict[str, str]], level: str) -> list[str]:
    """Return what the findings of a level say; an error without a remedy is none."""
    assert all(each["remedy"] for each in findings if each["level"] != "ok")
    return [each["what"] for each in findings if each["level"] == level]


def test_everything_is_looked_at_and_an_ordinary_machine_is_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The core's checks, the settings, the plugins; each plugin sees its own options only."""
    code, found = doctor(capsys)
    assert list(found) == [
        "core: configuration",
        *(f"core: {name}" for name in ("python", "libraries", "clock", "time zone", "disk")),
        *(f"core: {name}" for name in ("home", "terminal", "open files")),
        "mine: pulse",
        "core: plugins",
    ]
    assert said(found["core: configuration"], "ok") == ["system.yaml is in order"]
    seen = "sees Options(lots=5, password=''), ['risk rule calm']"
    assert said(found["mine: pulse"], "ok") == [seen]
    assert code == 0


def test_every_problem_of_the_settings_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the file itself first; with them there is nothing to hold against the plugins."""
    Path("system.yaml").write_text("seed: x\ninbox: {market: -1}\nfoo: 1\n")
    code, found = doctor(capsys)
    assert code == 1
    problems = said(found["core: configuration"], "error")
    for part in ("$.seed", "$.inbox", "'foo'"):
        assert any(part in problem for problem in problems), part
    assert said(found["mine: pulse"], "ok") == ["sees None, []"]


def test_names_and_options_are_held_against_the_plugins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All of them, where building an engine would stop at the first."""
    Path("system.yaml").write_text(
        HEALTHY + "seed: 13\nrisk: {calm: {lots: many}, wild: true}\n"
        "feed: {kind: nowhere}\nstore: {kind: stone}\nalerts: {horn: true}\n"
    )
    code, found = doctor(capsys)
    assert code == 1
    assert said(found["core: configuration"], "error") == [
        "no plugin offers a feed 'nowhere'; there are none @ $.feed.kind",
        "expected int, found 'many' @ $.risk.calm.lots",
        "no plugin offers a risk rule 'wild'; there are: calm @ $.risk.wild",
        "no plugin offers a store 'stone'; there are none @ $.store.kind",
        "no plugin offers an alert channel 'horn'; there are: file @ $.alerts.horn",
        "13 is unlucky @ $.seed",
    ]


def test_a_settings_file_that_is_missing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The one that was named is an error, the usual one a warning."""
    Path("system.yaml").unlink()
    code, found = doctor(capsys)
    assert code == 1
    assert said(found["core: configuration"], "error") == ["system.yaml: No such file or directory"]
    main(["doctor", "--json", "--set", "gateways={}", "--set", "accounts={}"])
    data = json.loads(capsys.readouterr().out)
    (first, *_) = data["checks"]
    assert said(first["findings"], "warning") == [
        "there is no settings file config/system.yaml here"
    ]


def test_secrets_are_blotted_out_of_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """A plugin may well show its options."""
    Path("system.yaml").write_text(f"{HEALTHY}risk: {{calm: {{password: geheim-4711}}}}\n")
    _, found = doctor(capsys)
    seen = "sees Options(lots=5, password='***'), ['risk rule calm']"
    assert said(found["mine: pulse"], "ok") == [seen]


def test_a_check_that_raises_is_an_error_that_names_the_plugin(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The other checks are carried out."""
    more = "DoctorCheckSpec(name='trap', check=lambda context: 1 / 0),"
    Path("mine.py").write_text(PLUGIN.format(more=more))
    code, found = doctor(capsys)
    assert code == 1
    (problem,) = said(found["mine: trap"], "error")
    assert problem.startswith(
        "the check 'trap' of the plugin 'mine' failed: ZeroDivisionError: division by zero (mine"
    )
    assert problem.endswith("this is a bug in mine.py")
    assert said(found["mine: pulse"], "ok")


def test_a_plugin_at_fault_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Whether at import or at a hook."""
    Path("broken.py").write_text("import nothing_of_this_name\n")
    code, found = doctor(capsys, "--plugin", "broken.py")
    assert code == 1
    (fault,) = said(found["core: plugins"], "error")
    assert fault == (
        "the plugin 'broken' (broken.py) is at fault: "
        "ModuleNotFoundError: No module named 'nothing_of_this_name' (broken.py:1)"
    )


def test_a_name_offered_twice_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Both plugins are named, and the rest is looked at."""
    Path("yours.py").write_text(PLUGIN.format(more=""))
    code, found = doctor(capsys, "--plugin", "yours.py")
    assert code == 1
    (clash,) = said(found["core: plugins"], "error")
    assert clash.startswith("the risk rule 'calm' is offered by both the plugins 'mine' and")
    assert "yours: pulse" in found


def test_a_person_sees_what_to_do_also_without_colours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mark, a word, and the remedy below."""
    Path("system.yaml").write_text("seed: x\n")
    assert main(["doctor", "--config", "system.yaml"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "core: configuration"
    assert lines[1].startswith("  ✗ error   system.yaml:1: expected int, found 'x' @ $.seed")
    assert lines[2] == "             do: correct it in system.yaml"
    assert lines[-1].startswith("errors: 1, warnings: ")


# -- checks that misbehave ----------------------------------------------------------


def examined(check: Callable[[DoctorContext], Any], patience_s: float = 5.0) -> list[Finding]:
    """Carry out a check of the plugin `bells`."""
    spec = DoctorCheckSpec(name="ring", check=check)
    return list(examine("bells", spec, CONTEXT, patience_s).findings)


def test_a_check_that_hangs_is_cut_off() -> None:
    """The command goes on; the thread is left to itself."""
    hung, over = threading.Event(), threading.Event()

    def hang(_: DoctorContext) -> Iterable[Finding]:
        hung.set()
        over.wait(60)
        yield Finding(level="ok", what="too late")

    (finding,) = examined(hang, 0.05)
    assert hung.wait(5)
    over.set()
    assert finding.level == "error"
    assert finding.what == "the check 'ring' of the plugin 'bells' took over 0.05 s"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "TypeError: 'NoneType' object is not iterable"),
        ("fine", "TypeError: expected a Finding of the level ok, warning or error, found 'f'"),
        (
            (Finding(level="bad", what="x"),),  # type: ignore[arg-type]  # what a plugin may do
            "TypeError: expected a Finding of the level ok, warning or error, found Finding(",
        ),
    ],
)
def test_an_answer_that_is_none_is_an_error(answer: object, reason: str) -> None:
    """What was expected is told."""
    (finding,) = examined(lambda _: answer)
    assert finding.level == "error"
    assert f"'bells' failed: {reason}" in finding.what


def test_a_check_that_ends_the_program_is_an_error() -> None:
    """`sys.exit` in a check ends the check."""

    def leave(_: DoctorContext) -> Iterable[Finding]:
        raise SystemExit(3)

    (finding,) = examined(leave)
    assert "SystemExit: 3" in finding.what


def test_a_check_without_a_word_is_fine() -> None:
    """It found nothing to say."""
    assert examined(lambda _: ()) == [Finding(level="ok", what="nothing to say")]
