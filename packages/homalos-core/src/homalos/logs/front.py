"""The log of a run: loguru set up, every line rendered, blotted and counted when it is lost."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from loguru import logger

from homalos.logs.blotting import blotter
from homalos.logs.daily import DailyFile
from homalos.logs.levels import Levels
from homalos.logs.tidying import tidy

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = ["Log", "LogLevels", "logging_to"]

_CONSOLE = "{time:HH:mm:ss.SSS} <level>{level: <7}</level> {extra[said]}\n"
_PATIENCE_S = 10.0  # for the zipping of yesterday's file, at the end of a run
_NS = 1_000_000_000


class LogLevels(Protocol):
    """What a log takes from the settings; `homalos.config.LogSettings` is one."""

    @property
    def level(self) -> str:
        """Return the least level that is written."""

    @property
    def levels(self) -> Mapping[str, str]:
        """Return the least levels of single components, by name."""

    @property
    def json(self) -> bool:
        """Say whether the file has JSON lines."""

    @property
    def days(self) -> int:
        """Return for how many days files are kept."""


class Log:
    """Writes lines to the console and the file of the day. Any thread but the engine's.

    Attributes:
        lost: Lines that could not be written to the file.
    """

    def __init__(
        self, settings: LogLevels, secrets: Iterable[str], stamp: Callable[[int], str]
    ) -> None:
        """Take what `logging_to` was given; it makes logs."""
        self.lost = 0
        self._stamp = stamp
        self._logger = logger.bind(log=self)
        self._take(settings, secrets)

    def write(
        self,
        level: str,
        component: str,
        message: str,
        *,
        ts_ns: int = 0,
        error: BaseException | None = None,
    ) -> None:
        """Write a line, if its level is one that is written of its component.

        Args:
            level: `debug`, `info`, `warning` or `error`.
            component: Who speaks, such as `strategy.ma1`.
            message: What is said; secrets are blotted out.
            ts_ns: The event's own time, nanoseconds UTC; 0 for a line without an event.
            error: An exception to show in full.
        """
        if self.wants(level, component):
            bound = self._logger.bind(component=component, ts_ns=ts_ns)
            bound.opt(exception=error).log(level.upper(), message)

    def wants(self, level: str, component: str) -> bool:
        """Say whether a line would be written, so that one nobody wants need not be made."""
        return self._levels.wants(level, component)

    def change(self, settings: LogLevels, secrets: Iterable[str] = ()) -> None:
        """Take other levels, another format and other days from the next line on. Any thread.

        Args:
            settings: As in the settings now.
            secrets: More texts that must not be shown; those known stay known.
        """
        self._take(settings, (*self._secrets, *secrets))

    def is_asked(self, record: Record) -> bool:
        """Say whether loguru's record is for this log and of a level that is written.

        Whoever uses loguru on their own, such as a plugin, is heard under their module's
        name; the lines of another log are not.
        """
        level = record["level"].no
        return record["extra"].get("log", self) is self and level >= self._levels.least(
            _component(record)
        )

    def console_format(self, record: Record) -> str:
        """Return the format of a console line, whose text is made here."""
        record["extra"]["said"] = self._text(record)
        return _CONSOLE

    def file_line(self, record: Record) -> str:
        """Return a line of the file, its end included."""
        if self._is_json:
            return self._json(record)
        when = record["time"].isoformat(" ", "milliseconds")
        level = record["level"].name
        return f"{when} {level: <7} {_component(record)}: {self._text(record)}\n"

    @property
    def days(self) -> int:
        """Return for how many days files are kept."""
        return self._days

    def _take(self, settings: LogLevels, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        self._blotted = blotter(self._secrets)
        self._levels = Levels(settings.level, settings.levels)
        self._is_json = settings.json
        self._days = settings.days

    def _text(self, record: Record) -> str:
        ts_ns = record["extra"].get("ts_ns", 0)
        when = f"[{self._stamp(ts_ns)}] " if ts_ns else ""
        trace = _trace(record)
        below = f"\n{trace}" if trace else ""
        return self._blotted(f"{when}{record['message']}{below}")

    def _json(self, record: Record) -> str:
        ts_ns = record["extra"].get("ts_ns", 0)
        line: dict[str, object] = {
            "time": record["time"].isoformat(timespec="milliseconds"),
            "level": record["level"].name.lower(),
            "component": _component(record),
            "message": self._blotted(record["message"]),
            "event_time": _instant(ts_ns) if ts_ns else None,
            "event_ns": ts_ns or None,
        }
        trace = _trace(record)
        if trace:
            line["exception"] = self._blotted(trace)
        return f"{json.dumps(line, ensure_ascii=False)}\n"


@contextmanager
def logging_to(
    sink: TextIO | Callable[[str], object] | None,
    *,
    folder: Path | None = None,
    settings: LogLevels,
    secrets: Iterable[str] = (),
    fault: Callable[[str], object] | None = None,
    stamp: Callable[[int], str] | None = None,
    now: Callable[[], datetime] | None = None,
) -> Iterator[Log]:
    """Give a log, whose lines go to a stream or a function, and to a file a day, until the end.

    A file that cannot be written is told once on standard error, every line lost is
    counted, and the run goes on.

    Args:
        sink: A stream, coloured when it is a terminal; or what is called with each
            line, on the thread that logs; `None` for neither.
        folder: Where the files are kept, `homalos_{date}.log`; it is made. `None`
            writes none.
        settings: Levels, format, days; `Log.change` takes others.
        secrets: Texts that are blotted out of every line.
        fault: Is told the first line lost, and why. The thread that logs.
        stamp: How the time of an event is written in front of a line of text.
        now: The wall's time, with its zone; the system's when left out.
    """
    log = Log(settings, secrets, stamp or _instant)
    file = None if folder is None else _FileSink(log, folder, fault, now)
    with suppress(ValueError):
        logger.remove(0)  # loguru's own, which shows everything on standard error
    added = []
    if sink is not None:
        out: Any = sink if callable(sink) else _Console(sink)
        shown = log.console_format
        added.append(logger.add(out, format=shown, filter=log.is_asked, level=0, catch=False))
    if file is not None:
        # The line is made in the sink: what it raises is told in one line there.
        added.append(logger.add(file, format="", filter=log.is_asked, level=0, catch=False))
    try:
        yield log
    finally:
        for number in added:
            with suppress(ValueError):
                logger.remove(number)
        if file is not None:
            file.close()


class _Console:
    """A stream; one that is closed or broken costs its lines and nothing else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.isatty = stream.isatty  # loguru asks, to colour the lines

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            try:
                self._stream.write(text)
            except UnicodeEncodeError as error:  # a terminal without these letters
                self._stream.write(text.encode(error.encoding, "backslashreplace").decode())

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


class _FileSink:
    """Writes the records that loguru hands on; loguru lets one thread in at a time."""

    def __init__(
        self,
        log: Log,
        folder: Path,
        fault: Callable[[str], object] | None,
        now: Callable[[], datetime] | None,
    ) -> None:
        self._log = log
        self._file = DailyFile(folder)
        self._fault = fault
        self._now = now
        self._tidying: threading.Thread | None = None

    def __call__(self, message: Message) -> None:
        record = message.record
        if self._now is not None:
            record["time"] = self._now()
        day = record["time"].date()
        try:
            is_new = self._file.write(self._log.file_line(record), day)
        except OSError as error:
            self._lose(error)
        else:
            if is_new:
                self._tidy(day)

    def close(self) -> None:
        self._file.close()
        if self._tidying is not None:
            self._tidying.join(_PATIENCE_S)

    def _tidy(self, day: date) -> None:
        # Zipping a day's file takes seconds; who logs must not wait for it.
        if self._tidying is not None:
            self._tidying.join(_PATIENCE_S)
        self._tidying = threading.Thread(
            target=self._tidied, args=(day,), name="logs-tidying", daemon=True
        )
        self._tidying.start()

    def _tidied(self, day: date) -> None:
        try:
            tidy(self._file.folder, today=day, days=self._log.days)
        except OSError as error:
            self._tell(f"old log files in {self._file.folder} could not be zipped: {error}")

    def _lose(self, error: OSError) -> None:
        self._log.lost += 1
        if self._log.lost == 1:
            reason = error.strerror or str(error)
            self._tell(
                f"the log file in {self._file.folder} cannot be written: {reason}; "
                "the run goes on without it, free space or make the folder writable"
            )

    def _tell(self, what: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"warning: {what}\n")
        if self._fault is not None:
            self._fault(what)


def _component(record: Record) -> str:
    return str(record["extra"].get("component") or record["name"] or "homalos")


def _trace(record: Record) -> str:
    # Not loguru's own, which shows the values of variables, and a password may be one.
    error = record["exception"]
    if error is None or error.type is None:
        return ""
    lines = traceback.format_exception(error.type, error.value, error.traceback)
    return "".join(lines).rstrip("\n")


def _instant(ts_ns: int) -> str:
    seconds, rest = divmod(ts_ns, _NS)
    at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000)
    return at.isoformat().replace("+00:00", "Z")
