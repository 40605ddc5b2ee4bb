"""A running engine's ear: one request a line, one answer a line, over a local socket.

Requests are JSON objects: `{"do": "status"}`, `{"do": "command", "name": "strategy.stop",
"arguments": {"strategy": "ma1"}}`, `{"do": "reload"}`. A command that may take longer than
30 s has `"patience_s"`. An answer has `"ok": true` and what
was asked for, or `"ok": false` and an `"error"`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from homalos.clock import wall_ns
from homalos.engine.control_address import Address, owned
from homalos.errors import ConfigError, EngineStateError, HomalosError
from homalos.model import Command

if TYPE_CHECKING:
    from homalos.engine.engine import Engine

__all__ = ["Reload", "control"]

Reload = Callable[[], Mapping[str, Any]]
"""Reads the settings anew and has them applied; returns the differences as plain values."""

_LONGEST = 64 * 1024  # bytes of a request
_ASKING_S = 10.0  # for a whole request to come in, and for an answer to be taken
_LOOKING_S = 3.0  # for the engine to show itself; without it the answer says so
_ACTING_S = 30.0  # for the engine to carry out a command
_LONGEST_ACT_S = 3600.0  # for a command whose asker says that it may take longer
_CLIENTS = 16
_LEAVING_S = 2.0  # for answers under way when the engine ends


@contextlib.contextmanager
def control(engine: Engine, *, reload: Reload | None = None) -> Iterator[None]:
    """Let an engine be looked at and spoken to from other processes, until the end.

    Args:
        engine: Built, not yet started; its home is this engine's alone from now on.
        reload: What `{"do": "reload"}` calls, on a thread of its own.

    Raises:
        EngineStateError: An engine runs in this home already.
        OSError: Nobody can listen here.
    """
    home = engine.parts.settings.home
    with owned(home), Address(home) as address, _Server(address, _Talk(engine, address, reload)):
        yield


class _Talk:
    """Answers requests. Client threads."""

    def __init__(self, engine: Engine, address: Address, reload: Reload | None) -> None:
        self._engine = engine
        self._address = address
        self._reload = reload
        self._started_ns = wall_ns()
        self._actions = {
            "status": self._status,
            "command": self._command,
            "reload": self._reloaded,
        }

    def answer(self, line: bytes) -> bytes:
        """Return the answer to a request, whatever it is."""
        try:
            found: dict[str, Any] = {"ok": True, **self._done(line)}
        except ConfigError as error:
            found = {"ok": False, "error": "; ".join(error.problems), "problems": error.problems}
        except Exception as error:  # noqa: BLE001  the thread-top fence: the asker gets it
            what = str(error) if isinstance(error, HomalosError) else _class_and(error)
            found = {"ok": False, "error": what}
        return msgspec.json.encode(found, enc_hook=str) + b"\n"

    def _done(self, line: bytes) -> Mapping[str, Any]:
        try:
            request: object = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            msg = f"the request is not JSON: {error}"
            raise HomalosError(msg) from error
        if not isinstance(request, dict):
            msg = f"expected a JSON object as the request, found {type(request).__name__}"
            raise HomalosError(msg)
        if not self._address.lets_in(request.get("token")):
            msg = "the token is wrong; read it from the file engine.address in the home folder"
            raise HomalosError(msg)
        action = self._actions.get(str(request.get("do")))
        if action is None:
            known = ", ".join(self._actions)
            msg = f"nobody can do {request.get('do')!r}; there are {known}"
            raise HomalosError(msg)
        return action(request)

    def _status(self, _request: Mapping[str, Any]) -> Mapping[str, Any]:
        parts = self._engine.parts
        services = parts.registry.check()
        found: dict[str, Any] = {
            "pid": os.getpid(),
            "run": parts.settings.run,
            "home": str(parts.settings.home),
            "started_ns": self._started_ns,
            "now_ns": wall_ns(),
        }
        wish = self._engine.snapshot()
        try:
            picture = msgspec.to_builtins(wish.result(_LOOKING_S), enc_hook=str)
        except (TimeoutError, EngineStateError):
            wish.cancel()
            return {**found, "answers": False, "services": services}
        names = ("ts_ns", "trading_day", "dispatched", "strategies", "counters", "queues")
        shown = {name: picture[name] for name in (*names, "observers")}
        # Those of the check, which were asked just now.
        return {**found, "answers": True, **shown, "services": services}

    def _command(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        name, arguments = request.get("name"), request.get("arguments", {})
        if not isinstance(name, str) or not isinstance(arguments, dict):
            msg = "a command needs a name (text) and arguments (an object)"
            raise HomalosError(msg)
        patience_s = request.get("patience_s", _ACTING_S)
        if type(patience_s) not in (int, float) or not 0 < patience_s <= _LONGEST_ACT_S:
            msg = f"patience_s: expected seconds above 0, at most {_LONGEST_ACT_S:g}"
            raise HomalosError(msg)
        wish = self._engine.submit(Command(name, arguments))
        try:
            return {"result": wish.result(patience_s)}
        except TimeoutError as error:
            if wish.done():
                raise  # the command's own
            undone = wish.cancel()
            state = "is not carried out" if undone else "is under way still"
            msg = f"the engine is busy: {name} {state} after {patience_s:g} s"
            raise EngineStateError(msg) from error

    def _reloaded(self, _request: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._reload is None:
            msg = "this engine has no settings file that could be read anew"
            raise EngineStateError(msg)
        return self._reload()


class _Server:
    """Listens on a thread of its own, and gives each client another one."""

    def __init__(self, address: Address, talk: _Talk) -> None:
        self._listener = address.listener
        self._talk = talk
        self._lock = threading.Lock()
        self._clients: dict[threading.Thread, socket.socket] = {}
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="control", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._wake.send(b".")
        self._thread.join()
        with self._lock:
            clients = dict(self._clients)
        until = time.monotonic() + _LEAVING_S
        for thread, connection in clients.items():
            thread.join(max(until - time.monotonic(), 0.0))
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # who is silent is not waited for
        for each in (self._wake, self._woken):
            each.close()

    def _listen(self) -> None:
        self._listener.settimeout(0)  # a client may be gone again before it is taken
        with selectors.DefaultSelector() as selector:
            for each in (self._listener, self._woken):
                selector.register(each, selectors.EVENT_READ)
            while all(key.fileobj is self._listener for key, _ in selector.select()):
                with contextlib.suppress(OSError):
                    self._take(self._listener.accept()[0])

    def _take(self, connection: socket.socket) -> None:
        with self._lock:
            if len(self._clients) >= _CLIENTS:
                connection.close()  # its reader sees the end at once
                return
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="control-client", daemon=True
            )
            self._clients[thread] = connection
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                line = _read_line(connection)
                if line:
                    connection.settimeout(_ASKING_S)
                    connection.sendall(self._talk.answer(line))
        finally:
            with self._lock:
                self._clients.pop(threading.current_thread(), None)


def _read_line(connection: socket.socket) -> bytes:
    """Return what comes up to the end of a line; nothing when the other side ends before.

    Of a request that is too long the rest is read and forgotten: what is returned is no
    JSON then, and who sent it can hear so.

    Raises:
        OSError: It does not come in time.
    """
    until = time.monotonic() + _ASKING_S
    line = more = b""
    while b"\n" not in more:
        left_s = until - time.monotonic()
        if left_s <= 0:  # a byte now and then would never time out by itself
            raise TimeoutError
        connection.settimeout(left_s)
        more = connection.recv(4096)
        if not more:
            return b""
        if len(line) <= _LONGEST:
            line += more
    return line.partition(b"\n")[0]


def _class_and(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
