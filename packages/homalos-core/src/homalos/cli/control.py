"""How commands speak to a running engine."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from homalos.cli.config_file import found_settings
from homalos.engine.control_address import connect, running_pid
from homalos.errors import ConfigError, EngineStateError, HomalosError

if TYPE_CHECKING:
    from homalos.cli.options import Asked

__all__ = ["ask", "home_of_running"]

_DEMO = "demo"  # the folder that a demo has in its home


def ask(home: Path, request: Mapping[str, Any], *, timeout_s: float = 40.0) -> dict[str, Any]:
    """Ask the engine that runs in a home, and return its answer.

    Args:
        home: Its folder of state; `home_of_running` finds it.
        request: What to do, as in `homalos.engine.control`.
        timeout_s: Seconds to wait at most, > 0; the engine takes up to 30 for a command.

    Raises:
        EngineStateError: No engine runs there, or it does not answer.
        ConfigError: The engine refused settings; every problem at once.
        HomalosError: It could not do it; with its own words.
    """
    until = time.monotonic() + timeout_s
    try:
        connection, token = connect(home, timeout_s)
        with connection:
            line = msgspec.json.encode({**request, "token": token} if token else request) + b"\n"
            connection.sendall(line)
            answer = _read(connection, until)
    except OSError as error:
        pid = running_pid(home)
        who = f"the engine in {home}" + (f" (pid {pid})" if pid else "")
        msg = f"{who} does not answer: {error}; see its log, or end that process"
        raise EngineStateError(msg) from error
    if answer.get("ok") is True:
        return answer
    if "problems" in answer:
        raise ConfigError(answer["problems"])
    raise HomalosError(str(answer.get("error", "the engine answered without a reason")))


def home_of_running(asked: Asked) -> Path:
    """Return the home of the engine that the options mean; that of a demo where only one runs."""
    from homalos.config import home_folder

    config = found_settings(asked.config)
    home = home_folder(asked.home, os.environ, config, Path.cwd())
    places = [home]
    if asked.home is None:
        places.append(home_folder(None, os.environ, None, Path.cwd()))
    for place in places:
        for each in (place, place / _DEMO):
            if running_pid(each) is not None:
                return each
    return home


def _read(connection: socket.socket, until: float) -> dict[str, Any]:
    line = b""
    while not line.endswith(b"\n"):
        connection.settimeout(max(until - time.monotonic(), 0.001))
        more = connection.recv(1 << 16)
        if not more:
            msg = "it ended the connection" if line else "it has no room for one more client"
            raise ConnectionError(msg)
        line += more
    found: dict[str, Any] = msgspec.json.decode(line)
    return found
