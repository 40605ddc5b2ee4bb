"""Where a running engine is spoken to: a local socket of its owner alone, one engine a home."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from homalos.errors import DataError, EngineStateError

__all__ = ["Address", "connect", "owned", "refuse_second", "running_pid"]

SOCKET = "engine.sock"
LOCK = "engine.lock"
ADDRESS = "engine.address"

_HAS_UNIX = hasattr(socket, "AF_UNIX")  # Python has none on Windows
_LONGEST = 100  # bytes; Linux takes 107, macOS 103
_BACKLOG = 16
# Far behind the process id that the file holds: Windows lets nobody read what is locked.
_LOCKED_BYTE = 1 << 20


class Address:
    """A listening socket that `connect` finds by the home folder.

    Attributes:
        listener: It listens already.
        token: What a request has to bring; "" where the file system lets nobody else in.
    """

    def __init__(self, home: Path) -> None:
        """Listen: in the home, or where its file `engine.address` says.

        Raises:
            OSError: There is no way to listen here.
        """
        self.token = ""
        self._left: list[Path] = []
        self._folder: Path | None = None
        for path in (home / SOCKET, home / ADDRESS):
            path.unlink(missing_ok=True)  # of a process that was killed; we hold the lock
        if not _HAS_UNIX:
            self.listener = self._listen_on_loopback(home)
            return
        path = home / SOCKET
        if len(os.fsencode(path.absolute())) <= _LONGEST:
            with contextlib.suppress(OSError):  # a file system without sockets
                self.listener = self._listen_at(path)
                return
        self._folder = Path(tempfile.mkdtemp(prefix="homalos-"))  # 0700, by its own promise
        path = self._folder / SOCKET
        self.listener = self._listen_at(path)
        self._record(home, {"path": str(path)})

    def close(self) -> None:
        """Stop listening and take every file away. Again is harmless."""
        self.listener.close()
        while self._left:
            self._left.pop().unlink(missing_ok=True)
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self.close()

    def _listen_at(self, path: Path) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(path))
            self._left.append(path)
            path.chmod(0o600)  # before it listens, so that nobody came in until now
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener

    def _listen_on_loopback(self, home: Path) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self.token = secrets.token_urlsafe(32)
        self._record(home, {"port": listener.getsockname()[1], "token": self.token})
        return listener

    def _record(self, home: Path, where: dict[str, Any]) -> None:
        path = home / ADDRESS
        self._left.append(path)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            json.dump(where, opened)

    def lets_in(self, token: object) -> bool:
        """Say whether a request has brought the token that is needed here."""
        return not self.token or (
            isinstance(token, str) and hmac.compare_digest(token.encode(), self.token.encode())
        )


def connect(home: Path, timeout_s: float) -> tuple[socket.socket, str]:
    """Connect to the engine of a home; return the connection and the token to bring.

    Raises:
        EngineStateError: No engine runs there, or its socket is somebody else's.
        OSError: It does not take the connection in time.
    """
    nobody = (
        f"no engine runs in {home}; start one with `homalos up`, or name its folder with --home"
    )
    where: dict[str, Any] = {"path": str(home / SOCKET)}
    with contextlib.suppress(FileNotFoundError):
        where = _read_address(home / ADDRESS)
    try:
        if "port" in where:
            address = ("127.0.0.1", int(where["port"]))
            return socket.create_connection(address, timeout_s), str(where.get("token", ""))
        _refuse_strangers(Path(where["path"]))
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(_reachable(where["path"]))
        except OSError:
            connection.close()
            raise
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        raise EngineStateError(nobody) from error
    return connection, ""


def _reachable(path: str) -> str:
    """Return a path that a socket's address has room for, where the working folder helps."""
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    return min(path, os.path.relpath(path), key=len)


def _read_address(path: Path) -> dict[str, Any]:
    _refuse_strangers(path)
    with contextlib.suppress(ValueError):
        where: object = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(where, dict) and ("path" in where or "port" in where):
            return where
    msg = f"{path} does not say where the engine is; remove it once no engine runs there"
    raise DataError(msg)


def _refuse_strangers(path: Path) -> None:
    """Refuse what somebody else has put where our engine should be."""
    if not hasattr(os, "getuid"):
        return
    owner = path.stat().st_uid
    if owner not in (os.getuid(), 0):
        msg = f"{path} belongs to the user {owner}, not to you; ask that user, or remove it"
        raise EngineStateError(msg)


# -- one engine a home -----------------------------------------------------------


@contextlib.contextmanager
def owned(home: Path) -> Iterator[None]:
    """Be the one engine of a home, which is made, until the end.

    The lock is the operating system's, so it ends with the process, however that ends.

    Raises:
        EngineStateError: An engine runs there; the message has its process id.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / LOCK
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(file):
            pid = _read_pid(file)
            os.close(file)
            raise EngineStateError(_already(home, pid))
        if _is_same(file, path):
            break
        os.close(file)  # the one before has just ended and taken its file away
    try:
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        yield
    finally:
        if sys.platform == "win32":
            os.close(file)  # an open file cannot be removed there
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            path.unlink(missing_ok=True)
            os.close(file)


def refuse_second(home: Path) -> None:
    """Refuse to go on where an engine runs; before anything in its folder is touched.

    Raises:
        EngineStateError: The message has that engine's process id.
    """
    pid = running_pid(home)
    if pid is not None:
        raise EngineStateError(_already(home, pid))


def running_pid(home: Path) -> int | None:
    """Return the process id of the engine that runs in a home; `None` when none does."""
    try:
        file = os.open(home / LOCK, os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return None if _lock(file) else _read_pid(file)
    finally:
        os.close(file)  # which unlocks it


def _already(home: Path, pid: int) -> str:
    return (
        f"an engine runs already in {home} (pid {pid}); stop it first, "
        "or give this one another folder with --home"
    )


def _lock(file: int) -> bool:
    """Lock a file as the one process; say whether that was possible."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            os.lseek(file, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_same(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _read_pid(file: int) -> int:
    os.lseek(file, 0, os.SEEK_SET)
    text = os.read(file, 32).strip()
    return int(text) if text.isdigit() else 0
