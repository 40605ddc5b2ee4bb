"""Tests of the options that commands share: what they take, what they refuse, what they give."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from homalos.cli.options import (
    CONFIG,
    ENV,
    HOME,
    PLUGIN,
    SET,
    Asked,
    Outcome,
    as_duration,
    as_pairs,
    as_speed,
    with_options,
)
from homalos.errors import ConfigError

CONTEXT = click.Context(click.Command("test"))
PARAMETER = click.Option(["--test"])


def read(reader: Callable[..., Any], value: object) -> Any:
    """Read a value as click has it read."""
    return reader(CONTEXT, PARAMETER, value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h", 3600), ("90", 90), ("0.5s", 0.5), (".5m", 30)],
)
def test_a_stretch_of_time_is_read_in_seconds(text: str, seconds: float) -> None:
    """Seconds, minutes and hours; a bare number is seconds."""
    assert seconds == read(as_duration, text)


@pytest.mark.parametrize("text", ["0", "-5s", "5 years", "1m30s", "", "s", "nan", "inf", "9" * 400])
def test_what_is_no_stretch_of_time_is_refused(text: str) -> None:
    """Nothing is guessed, and no time is endless."""
    with pytest.raises(click.BadParameter, match="write 30s, 5m or 1h"):
        read(as_duration, text)


@pytest.mark.parametrize(("text", "speed"), [("max", 0.0), ("60", 60.0), ("0.5", 0.5)])
def test_a_speed_is_read(text: str, speed: float) -> None:
    """Full speed is 0, as the settings have it."""
    assert speed == read(as_speed, text)


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", ""])
def test_what_is_no_speed_is_refused(text: str) -> None:
    """0 is not full speed on the command line, where it might be meant as standing still."""
    with pytest.raises(click.BadParameter, match="a number above 0, or max"):
        read(as_speed, text)


def test_what_was_not_given_stays_nothing() -> None:
    """No time and no speed asked for is not the same as any."""
    assert read(as_duration, None) is None
    assert read(as_speed, None) is None


def test_pairs_are_split_at_the_first_equals_sign() -> None:
    """A value may hold more of them; of the same key the last counts."""
    assert read(as_pairs, ("a=1", "b=x=y", "a=2", "c=")) == {"a": "2", "b": "x=y", "c": ""}


@pytest.mark.parametrize("text", ["fast", "=5", " =5"])
def test_a_pair_without_key_or_sign_is_refused(text: str) -> None:
    """It is a wrong use, told before anything runs."""
    with pytest.raises(click.BadParameter, match="KEY=VALUE"):
        read(as_pairs, (text,))


def test_settings_come_from_file_command_and_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, what the command sets itself, `--set` over both; the home is beside the file."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    path = tmp_path / "system.yaml"
    path.write_text("seed: 1\nrun: from-file\nbus: {queue: 5}\n")
    asked = Asked(overrides={"seed": "3"})
    settings = asked.settings(path, {"seed": 2, "bus.batch": 7})
    assert (settings.seed, settings.run) == (3, "from-file")
    assert (settings.bus.queue, settings.bus.batch) == (5, 7)
    assert settings.home == tmp_path / ".homalos"


def test_an_environment_is_laid_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option goes before the variable; both are read when the source is made."""
    monkeypatch.setenv("HOMALOS_ENV", "paper")
    for name, seed in {"system": 1, "system.paper": 2, "system.live": 3}.items():
        (tmp_path / f"{name}.yaml").write_text(f"seed: {seed}\n")
    path = tmp_path / "system.yaml"
    assert Asked().settings(path).seed == 2
    source = Asked(env="live").source(path)
    monkeypatch.setenv("HOMALOS_SEED", "9")
    assert source.read().settings.seed == 3
    assert source.files()[1] == tmp_path / "system.live.yaml"


def test_wrong_settings_are_told_all_at_once() -> None:
    """One run of the command shows everything there is to mend."""
    with pytest.raises(ConfigError) as told:
        Asked(overrides={"bus.queue": "0", "sed": "1"}).settings()
    assert len(told.value.problems) == 2


@pytest.fixture
def command() -> click.Command:
    """Give a command with all shared options that prints, and returns what it was given."""

    @click.command()
    @with_options(CONFIG, ENV, HOME, SET, PLUGIN)
    def probe(asked: Asked) -> Outcome:
        sys.stdout.write("a strategy prints\n")
        return Outcome(
            data={
                "env": asked.env,
                "home": str(asked.home),
                "set": dict(asked.overrides),
                "json": asked.as_json,
            },
            show=lambda: click.echo("shown"),
        )

    return probe


def test_a_person_sees_the_outcome(
    command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without `--json` the command's own words go to standard output."""
    command.main([], standalone_mode=False)
    assert capsys.readouterr().out == "a strategy prints\nshown\n"


def test_with_json_standard_output_is_one_object(
    command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else is printed while the command runs goes to standard error."""
    command.main(["--json", "--env", "e", "--home", "x", "--set", "a.b=1"], standalone_mode=False)
    told = capsys.readouterr()
    assert json.loads(told.out) == {"env": "e", "home": "x", "set": {"a.b": "1"}, "json": True}
    assert told.out.count("\n") == 1
    assert told.err == "a strategy prints\n"


def test_a_working_folder_has_one_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its settings file, also for a command that reads no settings unless they are named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    assert Asked().source().home == tmp_path / ".homalos"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "system.yaml").write_text("", encoding="utf-8")
    assert Asked().source().home == tmp_path / "config" / ".homalos"
    assert Asked(home=tmp_path / "x").source().home == tmp_path / "x"
