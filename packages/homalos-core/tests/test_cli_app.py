"""Tests of the program: which commands there are, how errors are told, what is not loaded."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from homalos.cli import main
from homalos.cli.bugs import Bugs, told

PLUGIN = """
import click
from homalos.plugins import CommandSpec, hookimpl


@hookimpl
def register_commands():
    return {specs}


@click.command()
def ring():
    click.echo("ding")


@click.command()
@click.option("--json", is_flag=True)
def bug(json):
    raise RuntimeError("a bug of ours")


@click.command()
def disk():
    raise OSError(28, "No space left on device")


@click.command()
def halt():
    raise KeyboardInterrupt


@click.command(context_settings={{"ignore_unknown_options": True}})
@click.option("--home")
@click.argument("rest", nargs=-1)
def leak(home, rest):
    raise ValueError("refused " + " ".join(rest))


@click.command()
def thread():
    import threading

    one = threading.Thread(target=lambda: 1 / 0, name="worker")
    one.start()
    one.join()


class Odd(Exception):
    def __str__(self):
        raise RuntimeError


@click.command()
def odd():
    raise Odd


class Dropped:
    def __del__(self):
        raise RuntimeError("in its last moment")


@click.command()
def dropped():
    Dropped()


@click.command()
def several():
    from homalos.errors import HomalosError

    raise HomalosError("one\\n\\ntwo")


not_a_command = 1
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that puts a package with commands on the path: `name=target` each."""

    def put(plugin: str, **commands: str) -> None:
        spec = "CommandSpec(name={!r}, target='{}:{}', help='Ring.'),"
        specs = "".join(
            spec.format(name.replace("_", " "), plugin, target) for name, target in commands.items()
        )
        (tmp_path / f"{plugin}.py").write_text(PLUGIN.format(specs=f"({specs})"))
        info = tmp_path / f"{plugin}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {plugin}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[homalos]\n{plugin} = {plugin}\n")
        monkeypatch.delitem(sys.modules, plugin, raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()

    return put


def test_help_lists_the_commands_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    """The overview names every command of the core with its one line."""
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for word in ("backtest", "data", "plugins", "up", "version", "Show the version."):
        assert word in shown


def test_help_loads_no_library_that_only_a_run_needs() -> None:
    """The overview is quick because nothing of an engine, the settings or the logs is imported."""
    program = (
        "import sys; from homalos.cli import main; main(['--help']);"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = set(done.stderr.decode().split())
    heavy = {"loguru", "numpy", "cattrs", "dynaconf", "pyarrow", "yaml", "homalos.engine.engine"}
    assert heavy & loaded == set()
    assert "rich_click" in loaded


def test_the_bare_program_shows_its_help_as_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command there is nothing to do, and the help says what there is."""
    assert main([]) == 2
    assert "backtest" in capsys.readouterr().out


def test_an_unknown_command_is_a_wrong_use_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A slip of the finger is told with what was probably meant, and where help is."""
    assert main(["bactest"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "error: No such command 'bactest'. Did you mean 'backtest'?" in told.err
    assert "see `homalos --help`" in told.err


def test_a_wrong_use_with_json_ends_in_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads along gets the error as JSON, too."""
    assert main(["version", "--json", "--loud"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == [told["error"]]
    assert "--loud" in told["error"]


def test_a_command_of_another_package_is_found_and_called(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an installed package offers through the hook is a command like any other."""
    install("bells", ring="ring")
    assert main(["ring"]) == 0
    assert capsys.readouterr().out == "ding\n"


def test_commands_of_two_words_share_a_group(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """`bell ring` and `bell chime` are two commands of the group `bell`."""
    install("bells", bell_ring="ring", bell_chime="ring")
    assert main(["bell", "chime"]) == 0
    assert capsys.readouterr().out == "ding\n"
    main(["--help"])
    assert "The commands ring, chime." in capsys.readouterr().out


def test_a_command_joins_a_group_of_the_core(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package may add `data ring` beside the core's `data bars`."""
    install("bells", data_ring="ring")
    assert main(["data", "ring"]) == 0
    assert capsys.readouterr().out == "ding\n"


@pytest.mark.parametrize("name", ["version", "data_bars", "data", "version_ring"])
def test_a_command_name_that_is_taken_names_both_plugins(
    name: str, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two plugins with one name, or a command named like a group, cannot both be had."""
    install("bells", **{name: "ring"})
    assert main(["--help"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: the command ")
    assert "'core'" in told
    assert "'bells'" in told


@pytest.mark.parametrize(
    ("target", "reason"),
    [("absent", "has no attribute 'absent'"), ("not_a_command", "is no click command, but int")],
)
def test_a_command_that_cannot_be_loaded_is_told(
    target: str, reason: str, install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plugin's faulty command costs an error line, not a traceback, and only when called."""
    install("bells", ring=target)
    assert main(["version"]) == 0
    capsys.readouterr()
    assert main(["ring"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert reason in told


BUG = "RuntimeError: a bug of ours (bells.py:19); this is a bug in the plugin 'bells'"
AGAIN = "; run again with --debug for the whole trace"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of this test, with no variable of the person who runs it."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOMALOS_HOME", "HOMALOS_DEBUG", "HOMALOS_PLUGINS", "HOMALOS_TRACE_HOOKS"):
        monkeypatch.delenv(name, raising=False)


def test_a_bug_is_one_line_and_ends_in_json(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception that nobody foresaw says where it came from and whose it is."""
    install("bells", bug="bug")
    assert main(["bug", "--json"]) == 1
    told = capsys.readouterr()
    assert told.err == f"error: {BUG}{AGAIN}\n"
    assert json.loads(told.out)["error"] == f"{BUG}{AGAIN}"


@pytest.mark.parametrize("words", [["--debug", "bug"], ["bug", "--debug"]])
def test_debug_shows_the_whole_trace_wherever_it_stands(
    words: list[str], install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the command or behind it; the line comes last."""
    install("bells", bug="bug")
    assert main(words) == 1
    told = capsys.readouterr().err
    assert told.startswith("Traceback (most recent call last)")
    assert told.endswith(f"\nerror: {BUG}\n")


@pytest.mark.parametrize(("value", "traces"), [("1", 1), ("0", 0), ("", 0)])
def test_debug_by_the_environment(
    value: str,
    traces: int,
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`HOMALOS_DEBUG` is the same as the option; empty and 0 are not."""
    install("bells", bug="bug")
    monkeypatch.setenv("HOMALOS_DEBUG", value)
    assert main(["bug"]) == 1
    assert capsys.readouterr().err.count("Traceback") == traces


def test_debug_shows_where_an_expected_error_comes_from(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it an error of Homalos is a line for each thing that is wrong."""
    install("bells", several="several")
    assert main(["several"]) == 1
    assert capsys.readouterr().err == "error: one\nerror: two\n"
    assert main(["several", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_what_stands_behind_two_dashes_is_the_commands(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """There `--debug` is a word like any other."""
    install("bells", leak="leak")
    assert main(["leak", "--", "--debug"]) == 1
    assert "ValueError: refused --debug (bells.py:" in capsys.readouterr().err


def test_the_trace_of_a_bug_is_kept_in_the_home_folder(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file each, for its owner only, and the line says where."""
    install("bells", leak="leak")
    home = tmp_path / "home"
    home.mkdir()
    for number in (1, 2):
        assert main(["leak", "--home", str(home), "now"]) == 1
        kept = home / "logs" / f"crash-{number}.txt"
        assert capsys.readouterr().err.endswith(f"; the trace is in {kept}\n")
        assert "ValueError: refused now" in kept.read_text()
        assert kept.stat().st_mode & 0o077 == 0


def test_a_bug_makes_no_home_folder(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake must not litter the folder it was made in."""
    install("bells", bug="bug")
    assert main(["bug"]) == 1
    assert not (tmp_path / ".homalos").exists()
    assert capsys.readouterr().err.endswith(f"{AGAIN}\n")


def test_secrets_are_neither_told_nor_kept(
    install: Install,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those of the settings file, the environment and the command line."""
    install("bells", leak="leak")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "system.yaml").write_text("gateways: {a: {options: {token: file-4711}}}")
    (tmp_path / "config" / ".homalos").mkdir()
    monkeypatch.setenv("HOMALOS_GATEWAYS__A__OPTIONS__PASSWORD", "env-4711")
    assert (
        main(["leak", "file-4711", "env-4711", "a.auth_code=line-4711", "--set=b.token=set-4711"])
        == 1
    )
    told = capsys.readouterr().err
    assert told.startswith(
        "error: ValueError: refused *** *** a.auth_code=*** --set=b.token=*** (bells.py:"
    )
    (kept,) = (tmp_path / "config" / ".homalos" / "logs").iterdir()
    assert "4711" not in kept.read_text()


def test_a_home_folder_that_takes_no_file_does_not_hide_the_bug(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trace is lost, the line is not."""
    install("bells", leak="leak")
    (tmp_path / "logs").write_text("in the way")
    assert main(["leak", "--home", str(tmp_path), "now"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ValueError: refused now (bells.py:")
    assert "the trace is in" not in told


def test_an_exception_that_cannot_say_what_it_is_is_told(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its class and its place are known all the same."""
    install("bells", odd="odd")
    assert main(["odd"]) == 1
    assert capsys.readouterr().err.startswith("error: Odd: (its message cannot be made) (bells.py:")


def test_what_another_thread_raises_is_a_warning_in_one_line(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command goes on; the thread is named."""
    install("bells", thread="thread")
    assert main(["thread"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "warning: the thread 'worker' ended: ZeroDivisionError: division by zero (bells.py:"
    )


def test_what_nobody_can_be_told_of_is_a_warning_in_one_line(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as what an object raises when it is thrown away."""
    install("bells", dropped="dropped")
    assert main(["dropped"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "RuntimeError: in its last moment (bells.py:" in line


def test_a_fault_of_the_machine_is_one_line(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk is nobody's bug: the message is enough."""
    install("bells", disk="disk")
    assert main(["disk"]) == 1
    assert capsys.readouterr().err == "error: [Errno 28] No space left on device\n"


def test_ctrl_c_in_a_command_ends_it_with_130(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """128 and the signal's number, as every shell has it."""
    install("bells", halt="halt")
    assert main(["halt"]) == 130
    assert "error: interrupted" in capsys.readouterr().err


def test_plugins_can_be_limited_by_the_environment(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`HOMALOS_PLUGINS` leaves out what it does not name; the core is always there."""
    install("bells", ring="ring")
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    assert main(["ring"]) == 2
    monkeypatch.setenv("HOMALOS_PLUGINS", "core, bells")
    assert main(["ring"]) == 0


def test_a_plugin_that_is_not_installed_is_told_with_the_nearest_name(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name in `HOMALOS_PLUGINS` would silently leave a plugin out."""
    install("bells", ring="ring")
    monkeypatch.setenv("HOMALOS_PLUGINS", "belsl")
    assert main(["version"]) == 1
    told = capsys.readouterr().err
    assert "error: HOMALOS_PLUGINS: no plugin 'belsl' is installed" in told
    assert "did you mean 'bells'?" in told


def test_hook_calls_can_be_traced(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`HOMALOS_TRACE_HOOKS` tells each call on standard error."""
    install("bells", ring="ring")
    monkeypatch.setenv("HOMALOS_TRACE_HOOKS", "1")
    assert main(["ring"]) == 0
    told = capsys.readouterr()
    assert told.out == "ding\n"
    assert "hook register_commands -> bells: 1 offered\n" in told.err


def test_what_a_plugin_prints_at_import_stays_off_standard_output(
    install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A chatty package must not break a command's output."""
    install("bells", ring="ring")
    with (tmp_path / "bells.py").open("a") as module:
        module.write("print('hello')\n")
    assert main(["ring"]) == 0
    told = capsys.readouterr()
    assert told.out == "ding\n"
    assert "hello" in told.err


def test_the_hooks_of_the_interpreter_are_given_back() -> None:
    """Who calls the program from their own has theirs again."""
    before = threading.excepthook, sys.unraisablehook
    assert main(["version"]) == 0
    assert (threading.excepthook, sys.unraisablehook) == before


def test_a_bug_in_a_file_with_a_strategy_is_blamed_on_it() -> None:
    """Modules made of single files are called after them."""
    space = {"__name__": "homalos_file_mine"}
    exec(compile("def fail():\n    return 1 / 0\n", "/x/mine.py", "exec"), space)  # noqa: S102
    with pytest.raises(ZeroDivisionError) as caught:
        space["fail"]()  # type: ignore[operator]  # it is a function
    assert told(caught.value) == (
        "ZeroDivisionError: division by zero (mine.py:2); this is a bug in mine.py"
    )


def test_a_failure_is_not_shown_where_nobody_knows_the_secrets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It might hold one; what cannot be blotted out is kept back, the trace too."""

    def lost() -> Sequence[str]:
        raise TypeError

    bugs = Bugs(debug=True, home=lambda: None, secrets=lost)
    line = bugs.line(ValueError("hunter2"))

    assert line == "something failed that cannot be shown: its secrets are lost (TypeError)"
    assert "hunter2" not in capsys.readouterr().err
