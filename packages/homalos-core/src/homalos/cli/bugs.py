"""An exception that nobody foresaw: whose bug it is, one line, and the trace where it is kept."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType

from attrs import frozen

from homalos.logs.blotting import blotter
from homalos.plugins.hookspecs import PROJECT

__all__ = ["Bugs", "told"]

_FILE = "homalos_file_"  # what modules made of single files are called
_MAX = 1_000  # crash files; beyond these no more are written
_AGAIN = "run again with --debug for the whole trace"


def told(error: BaseException) -> str:
    """Return an exception in one line: what, where, and whose bug it is.

    The innermost frame of Homalos, a plugin or a strategy's file is taken for the place.
    """
    what = " ".join(f"{type(error).__name__}: {_message(error)}".split()).rstrip(": ")
    owner, place = _blamed(error.__traceback__)
    return f"{what}{place}; this is a bug in {owner}"


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  the thread-top fence: even one that cannot say what it is
        return "(its message cannot be made)"


def _blamed(trace: TracebackType | None) -> tuple[str, str]:
    plugins = _plugins()
    owner, place = "homalos", ""
    for frame, line in traceback.walk_tb(trace):
        module = str(frame.f_globals.get("__name__", ""))
        found = _owner(module, plugins)
        if found:
            owner, place = found, f" ({Path(frame.f_code.co_filename).name}:{line})"
    return owner, place


def _plugins() -> Mapping[str, str]:
    """Return the installed plugins' names by their packages."""
    found = entry_points(group=PROJECT)
    return {entry.value.partition(":")[0].partition(".")[0]: entry.name for entry in found}


def _owner(module: str, plugins: Mapping[str, str]) -> str:
    package = module.partition(".")[0]
    if package == PROJECT:
        return "homalos"
    if package.startswith(_FILE):
        return f"{package.removeprefix(_FILE)}.py"
    return f"the plugin {plugins[package]!r}" if package in plugins else ""


@frozen(kw_only=True)
class Bugs:
    """What becomes of unforeseen exceptions in one call of the program.

    Attributes:
        debug: Whether the whole trace is shown.
        home: Gives the folder of the state, in whose `logs` traces are kept; `None`
            keeps none.
        secrets: Gives the texts that must not be shown.
    """

    debug: bool
    home: Callable[[], Path | None]
    secrets: Callable[[], Sequence[str]]

    def line(self, error: BaseException) -> str:
        """Keep the trace of an exception and return what to tell of it, in one line.

        With `debug` the trace is written to standard error, too.
        """
        blotted = self._blotter()
        trace = blotted("".join(traceback.format_exception(error)))
        if self.debug:
            sys.stderr.write(trace)
            return blotted(told(error))
        kept = self._keep(trace)
        where = f"; the trace is in {kept}" if kept else ""
        return f"{blotted(told(error))}; {_AGAIN}{where}"

    def blotted(self, text: str) -> str:
        """Return a text without secrets."""
        return self._blotter()(text)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Tell what other threads raise, and what nobody could be told of, in a line each."""
        hooks = threading.excepthook, sys.unraisablehook
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._nowhere
        try:
            yield
        finally:
            threading.excepthook, sys.unraisablehook = hooks

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread is not None else "?"
            self._warn(f"the thread {name!r} ended: {self.line(args.exc_value)}")

    def _nowhere(self, args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            self._warn(f"{args.err_msg or 'ignored'}: {self.line(args.exc_value)}")

    def _warn(self, what: str) -> None:
        with suppress(OSError, ValueError):  # a standard error that is closed
            sys.stderr.write(f"warning: {what}\n")

    def _blotter(self) -> Callable[[str], str]:
        try:
            return blotter(self.secrets())
        except Exception as error:  # noqa: BLE001  the thread-top fence: an error must be told
            # Nobody knows what would be shown, so nothing is.
            kind = type(error).__name__
            return lambda _: f"something failed that cannot be shown: its secrets are lost ({kind})"

    def _keep(self, trace: str) -> Path | None:
        try:
            home = self.home()
            if home is None or not home.is_dir():
                return None  # a mistake must not litter a folder
            return _written(home / "logs", trace)
        except OSError:
            return None


def _written(folder: Path, trace: str) -> Path | None:
    """Write a trace to the first free `crash-<n>.txt`, its owner's alone, and return the path."""
    folder.mkdir(exist_ok=True)
    for number in range(1, _MAX + 1):
        path = folder / f"crash-{number}.txt"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(trace)
        return path
    return None
