"""The control socket: who may speak, what is answered, and what does no harm."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homalos import Engine
from homalos.cli import main
from homalos.cli.control import ask
from homalos.engine import control as module
from homalos.engine import control_address
from homalos.engine.control import Reload, control
from homalos.engine.control_address import owned, running_pid
from homalos.errors import ConfigError, EngineStateError, HomalosError
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, engine

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the sockets of these tests are AF_UNIX")

SOON_S = 10.0


@contextmanager
def served(home: Path, reload: Reload | None = None) -> Iterator[Engine]:
    """Give an engine that runs on a thread of its own and can be spoken to."""
    running = engine(home=home)
    running.add_strategy(Strategy, symbol=SYMBOL, name="idle")
    with control(running, reload=reload):
        thread = threading.Thread(target=running.run, name="engine")
        thread.start()
        try:
            running.snapshot().result(SOON_S)  # it has started
            yield running
        finally:
            running.request_stop()
            thread.join(SOON_S)


def raw(home: Path, line: bytes) -> bytes:
    """Send bytes as they are; return what comes back until the other side ends."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SOON_S)
        connection.connect(str(home / "engine.sock"))
        connection.sendall(line)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def left(home: Path) -> list[str]:
    """Return the files of the control socket that are there."""
    return sorted(path.name for path in home.glob("engine.*"))


# -- what is answered ------------------------------------------------------------


def test_a_status_has_services_strategies_queues_and_counters(tmp_path: Path) -> None:
    """As plain values, from a thread that is not the engine's."""
    with served(tmp_path):
        found = ask(tmp_path, {"do": "status"})
    assert (found["pid"], found["run"], found["home"]) == (os.getpid(), "1", str(tmp_path))
    services = {each["name"]: each["state"] for each in found["services"]}
    assert services == {"journal": "running", "gateway.fake": "running"}
    assert found["strategies"] == {"idle": "running"}
    assert (found["counters"]["ticks"], found["queues"], found["observers"]) == (
        0,
        {"inbox": 0},
        [],
    )
    assert found["answers"] is True


def test_a_command_is_carried_out_and_answered(tmp_path: Path) -> None:
    """Its result, or the engine's own words."""
    stop = {"do": "command", "name": "strategy.stop", "arguments": {"strategy": "idle"}}
    with served(tmp_path):
        assert ask(tmp_path, {"do": "command", "name": "order.cancel_all"})["result"] == 0
        ask(tmp_path, stop)
        assert ask(tmp_path, {"do": "status"})["strategies"] == {"idle": "stopped"}
        with pytest.raises(HomalosError, match=r"is named 'strategy\.halt'"):
            ask(tmp_path, stop | {"name": "strategy.halt"})
        with pytest.raises(HomalosError, match="a command needs a name"):
            ask(tmp_path, stop | {"arguments": [1]})


def test_a_reload_is_what_the_starter_gives(tmp_path: Path) -> None:
    """Its differences come back; problems come back as such; without one it is refused."""

    def reload() -> dict[str, Any]:
        if changes:
            return changes.pop()
        raise ConfigError(["a @ $.b", "c @ $.d"])

    changes = [{"applied": ["risk.max_lots: 3 -> 5"]}]
    with served(tmp_path, reload):
        assert ask(tmp_path, {"do": "reload"})["applied"] == ["risk.max_lots: 3 -> 5"]
        with pytest.raises(ConfigError) as caught:
            ask(tmp_path, {"do": "reload"})
    assert caught.value.problems == ("a @ $.b", "c @ $.d")
    with served(tmp_path), pytest.raises(HomalosError, match="no settings file"):
        ask(tmp_path, {"do": "reload"})


def test_an_engine_that_is_busy_still_shows_its_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has not begun to run takes no errand; a command is withdrawn then."""
    for limit in ("_LOOKING_S", "_ACTING_S"):
        monkeypatch.setattr(module, limit, 0.05)
    running = engine(home=tmp_path)
    with control(running):
        found = ask(tmp_path, {"do": "status"})
        with pytest.raises(HomalosError, match=r"order.cancel_all is not carried out after 0.05 s"):
            ask(tmp_path, {"do": "command", "name": "order.cancel_all"})
    running.stop()
    assert found["answers"] is False
    assert [each["name"] for each in found["services"]] == ["journal"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{\n", "the request is not JSON"),
        (b"\xff\xfe\n", "the request is not JSON"),
        (b"[1]\n", "expected a JSON object as the request, found list"),
        (b"{}\n", "nobody can do None; there are status, command, reload"),
        (b'{"do": "dance"}\n', "nobody can do 'dance'"),
        (b'{"do": ["status"]}\n', "nobody can do ['status']"),
        (b"x" * 70_000 + b"\n", "the request is not JSON"),
    ],
)
def test_garbage_is_answered_with_what_is_wrong(tmp_path: Path, line: bytes, error: str) -> None:
    """And the next one is served."""
    with served(tmp_path):
        answer = json.loads(raw(tmp_path, line))
        assert ask(tmp_path, {"do": "status"})["ok"] is True
    assert answer["ok"] is False
    assert answer["error"].startswith(error)


def test_a_client_that_says_nothing_keeps_nobody_from_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are served beside it, and the engine ends without it."""
    monkeypatch.setattr(module, "_LEAVING_S", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        with served(tmp_path):
            silent.connect(str(tmp_path / "engine.sock"))
            assert ask(tmp_path, {"do": "status"})["ok"] is True
        silent.settimeout(SOON_S)
        assert silent.recv(1) == b""
    assert left(tmp_path) == []


def test_too_many_clients_are_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one too many is told so by its own side."""
    monkeypatch.setattr(module, "_CLIENTS", 0)
    with served(tmp_path), pytest.raises(EngineStateError, match="does not answer"):
        ask(tmp_path, {"do": "status"})


def test_many_ask_at_once(tmp_path: Path) -> None:
    """Each gets an answer of its own."""
    answers: list[bool] = []
    with served(tmp_path):
        threads = [
            threading.Thread(target=lambda: answers.append(ask(tmp_path, {"do": "status"})["ok"]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON_S)
    assert answers == [True] * 8


# -- where it listens ------------------------------------------------------------


def test_only_the_owner_can_open_the_socket(tmp_path: Path) -> None:
    """A home that is made is the owner's alone, too; nothing is left behind."""
    home = tmp_path / "home"
    with served(home):
        modes = {name: (home / name).stat().st_mode & 0o777 for name in left(home)}
        assert modes == {"engine.lock": 0o600, "engine.sock": 0o600}
        assert home.stat().st_mode & 0o777 == 0o700
    assert left(home) == []


def test_a_home_too_long_for_a_socket_has_it_elsewhere(tmp_path: Path) -> None:
    """In a private folder that a file of the owner's names; both are gone in the end."""
    home = tmp_path / ("long" * 30)
    with served(home):
        path = Path(json.loads((home / "engine.address").read_text())["path"])
        assert ask(home, {"do": "status"})["ok"] is True
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert (home / "engine.address").stat().st_mode & 0o777 == 0o600
    assert (left(home), path.parent.exists()) == ([], False)


def test_without_such_sockets_a_token_keeps_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the loopback address, where everybody on the machine can knock."""
    monkeypatch.setattr(control_address, "_HAS_UNIX", False)
    with served(tmp_path):
        where = json.loads((tmp_path / "engine.address").read_text())
        assert ask(tmp_path, {"do": "status"})["ok"] is True
        with socket.create_connection(("127.0.0.1", where["port"]), SOON_S) as stranger:
            stranger.sendall(b'{"do": "status", "token": "guessed"}\n')
            refused = json.loads(stranger.recv(4096))
    assert (refused["ok"], refused["error"][:18]) == (False, "the token is wrong")
    assert left(tmp_path) == []


def test_an_address_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / "engine.address").write_text("{")
    with pytest.raises(HomalosError, match=r"engine\.address does not say where the engine is"):
        ask(tmp_path, {"do": "status"})


def test_a_second_engine_in_a_home_is_refused(tmp_path: Path) -> None:
    """By the process id of the first, which does not notice."""
    second = engine(home=tmp_path)
    with served(tmp_path):
        assert running_pid(tmp_path) == os.getpid()
        with (
            pytest.raises(EngineStateError, match=rf"runs already in .* \(pid {os.getpid()}\)"),
            control(second),
        ):
            pass
        assert ask(tmp_path, {"do": "status"})["ok"] is True
    second.stop()
    assert running_pid(tmp_path) is None


def test_what_a_killed_engine_left_is_taken_over(tmp_path: Path) -> None:
    """Its socket and its lock file are there, but nobody holds them."""
    code = (
        "import os, sys, pathlib\n"
        "from homalos.engine.control_address import Address, owned\n"
        "home = pathlib.Path(sys.argv[1])\n"
        "with owned(home), Address(home):\n"
        "    os._exit(7)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    dead = subprocess.run([sys.executable, "-c", code, tmp_path], env=environment, check=False)
    assert (dead.returncode, left(tmp_path)) == (7, ["engine.lock", "engine.sock"])
    with pytest.raises(EngineStateError, match="no engine runs in"):
        ask(tmp_path, {"do": "status"})
    with served(tmp_path):
        assert ask(tmp_path, {"do": "status"})["pid"] == os.getpid()


def test_the_lock_goes_with_an_error(tmp_path: Path) -> None:
    """The next engine may have the home."""
    with pytest.raises(OSError, match="no"), owned(tmp_path):
        raise OSError("no")  # noqa: EM101  any error
    with owned(tmp_path):
        assert running_pid(tmp_path) == os.getpid()


# -- the commands ----------------------------------------------------------------


def test_status_is_a_table_for_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Services, strategies, queues and counters."""
    with served(tmp_path):
        assert main(["status", "--home", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    for text in (f"pid {os.getpid()}", "gateway.fake", "idle", "inbox", "rejections"):
        assert text in shown


@pytest.mark.parametrize("command", ["status", "reload"])
def test_without_a_running_engine_the_remedy_is_told(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with exit code 1; also where there is no such folder."""
    home = tmp_path / "none"
    assert main([command, "--home", str(home)]) == 1
    assert capsys.readouterr().err == (
        f"error: no engine runs in {home}; start one with `homalos up`, "
        "or name its folder with --home\n"
    )
    assert not home.exists()


def test_reload_shows_what_became_of_each_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lists under their heading; nothing is said of what is empty."""
    answer = {"applied": ["risk.max_lots: 3 -> 5"], "needs_restart": {"feed": "其他"}, "none": []}
    with served(tmp_path, lambda: answer):
        assert main(["reload", "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "applied:\n  risk.max_lots: 3 -> 5\nneeds restart:\n  feed: 其他\n"
    )
