"""The connection: one thread that reads, one that writes, and a bounded queue before it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["Link"]

_CONNECT_S = 3.0
_JOIN_S = 5.0


class Link:
    """Lines over TCP, connected again whenever the connection is lost.

    The callbacks are called on the link's own thread.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        greet: Callable[[], bytes],
        on_line: Callable[[bytes], None],
        on_down: Callable[[str], None],
        most: int,
        retry_s: float,
    ) -> None:
        """Make it; nothing happens before `start`.

        Args:
            address: Host and port.
            greet: What to say first on every new connection.
            on_line: Is given every line; may call `open`.
            on_down: Is told why there is no connection, after each failure.
            most: Lines that may wait, >= 1.
            retry_s: Seconds from a failure to the next try.
        """
        self._address = address
        self._greet = greet
        self._on_line = on_line
        self._on_down = on_down
        self._most = most
        self._retry_s = retry_s
        self._waiting: deque[bytes] = deque()
        self._is_open = False
        self._talking: socket.socket | None = None
        self._change = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kiosk", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    @property
    def is_started(self) -> bool:
        """Return whether it connects, or tries to."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the connection and both threads; what waits is lost. More than once is fine."""
        self._stopping.set()
        with self._change:
            self._hang_up()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def open(self) -> None:
        """Let lines through from now until the connection is lost."""
        with self._change:
            self._is_open = self._talking is not None

    def send(self, line: bytes) -> str:
        """Have a line sent; never blocks. Any thread.

        Returns:
            "" when it waits its turn, else why it cannot be sent.
        """
        with self._change:
            if not self._is_open:
                return "there is no connection to the kiosk"
            if len(self._waiting) >= self._most:
                return f"{self._most} lines wait for the kiosk already"
            self._waiting.append(line)
            self._change.notify_all()
        return ""

    # -- the link's own threads -------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._talk()
                reason = "the kiosk closed the connection"
            except Exception as error:  # noqa: BLE001  the thread-top fence: told, tried again
                reason = f"{type(error).__name__}: {error}"
            if not self._stopping.is_set():
                self._on_down(reason)
            self._stopping.wait(self._retry_s)

    def _talk(self) -> None:
        with socket.create_connection(self._address, timeout=_CONNECT_S) as connection:
            connection.settimeout(None)
            writer = threading.Thread(target=self._write, args=(connection,), name="kiosk writer")
            with self._change:
                self._talking = connection
            try:
                connection.sendall(self._greet())
                writer.start()
                with connection.makefile("rb") as lines:
                    for line in lines:
                        self._on_line(line)
            finally:
                with self._change:
                    self._hang_up()
                if writer.ident is not None:
                    writer.join()

    def _write(self, connection: socket.socket) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._talking is not connection)
                if self._talking is not connection:
                    return
                line = self._waiting.popleft()
            try:
                connection.sendall(line)
            except OSError:  # the reader meets the end of the same connection and tells it
                with self._change:
                    self._hang_up()

    def _hang_up(self) -> None:
        # What waited must not go out later: by then its order has been given up.
        self._is_open = False
        self._waiting.clear()
        connection, self._talking = self._talking, None
        if connection is not None:
            with contextlib.suppress(OSError):  # the other side was faster
                connection.shutdown(socket.SHUT_RDWR)
        self._change.notify_all()
