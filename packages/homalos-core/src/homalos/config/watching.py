"""Notices when the files of the settings change, and tells what they say then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from homalos.config.settings import Settings
from homalos.config.source import Loaded, SettingsSource
from homalos.errors import ConfigError

__all__ = ["Watcher"]

_STEP_MS = 50
_DEBOUNCE_MS = 150
_LOOK_MS = 200  # what no notice comes of is seen after this: a network drive, a new folder
_PATIENCE_S = 1.0

_Mark = tuple[int, ...] | str


class Watcher:
    """Reads settings again when one of their files changes, on a thread named `settings`.

    A change is seen within half a second: files written in place or put in the place of
    others, appearing, disappearing, with other rights. Settings that read as before are not
    told. Whatever is wrong with a file, watching goes on.

    Attributes:
        faults: How often `on_error` itself raised.
        fault: What it raised last, or `None`.
    """

    def __init__(
        self,
        source: SettingsSource,
        on_change: Callable[[Loaded], None],
        on_error: Callable[[ConfigError], None],
        *,
        known: Settings | None = None,
    ) -> None:
        """Make it; as a context manager it watches inside.

        Args:
            source: What is read.
            on_change: Is called with settings that differ from those last taken; they are
                taken when it returns. Both are called on the watcher's thread, one at a time.
            on_error: Is called with what is wrong: with a file, or with settings that
                `on_change` refused, whose problems then name file and line.
            known: What the settings were before; read when watching begins when left out.
        """
        self.faults = 0
        self.fault: Exception | None = None
        self._source = source
        self._on_change = on_change
        self._on_error = on_error
        self._known = known
        self._files = source.files()
        self._seen: tuple[_Mark, ...] = ()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settings", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread.

        Raises:
            ConfigError: The settings cannot be read now, and none were handed over.
        """
        if self._known is None:
            self._seen = self._marks()
            self._known = self._source.read().settings
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread; a callback that hangs is left behind after a second."""
        self._over.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE_S)

    # -- the watcher's thread --------------------------------------------------

    def _run(self) -> None:
        while not self._over.is_set():
            folders = self._folders()
            for _ in self._notices(folders):
                self._look()
                if self._folders() != folders:
                    break

    def _folders(self) -> tuple[Path, ...]:
        """Return the folders that are there, without the home folder.

        It sees every write of database and journal; its one file is looked at now and then.
        """
        home = self._source.home
        folders = dict.fromkeys(file.parent for file in self._files if file.parent != home)
        return tuple(folder for folder in folders if folder.is_dir())

    def _notices(self, folders: tuple[Path, ...]) -> Iterator[None]:
        """Yield whenever it is time to look, until it is over or the folders are gone."""
        from watchfiles import watch  # only an engine that runs needs it

        try:
            # The folders, not the files: an editor puts a new file in the place of the old.
            for _ in watch(
                *folders,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                stop_event=self._over,
                rust_timeout=_LOOK_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=False,
            ):
                yield
        except (OSError, RuntimeError):
            # A folder that is gone again, or a system that gives no more watches.
            if not self._over.wait(_LOOK_MS / 1_000):
                yield

    def _look(self) -> None:
        marks = self._marks()
        while marks != self._seen and not self._over.is_set():
            # Not while somebody writes: half a file may read as settings too.
            if self._over.wait(_STEP_MS / 1_000):
                return
            before, marks = marks, self._marks()
            if before != marks:
                continue
            try:
                loaded: Loaded | ConfigError = self._source.read()
            except ConfigError as error:
                loaded = error
            marks = self._marks()
            if before == marks:
                self._seen = marks
                self._tell(loaded)

    def _marks(self) -> tuple[_Mark, ...]:
        return tuple(map(_mark, self._files))

    def _tell(self, found: Loaded | ConfigError) -> None:
        try:
            if isinstance(found, ConfigError):
                self._on_error(found)
            elif found.settings != self._known:
                self._take(found)
        except Exception as error:  # noqa: BLE001  the thread-top fence: counted, and kept to be told
            self.faults += 1
            self.fault = error

    def _take(self, loaded: Loaded) -> None:
        try:
            self._on_change(loaded)
        except ConfigError as error:
            self._on_error(ConfigError([loaded.located(each) for each in error.problems]))
        except Exception as error:  # noqa: BLE001  the thread-top fence: told, the old settings stand
            what = loaded.located(f"{type(error).__name__}: {error}")
            self._on_error(ConfigError([f"the changed settings were not taken up: {what}"]))
        else:
            self._known = loaded.settings


def _mark(path: Path) -> _Mark:
    """Return what differs when the file is another one, has other content or other rights."""
    try:
        found = path.stat()
    except OSError as error:
        return error.strerror or type(error).__name__
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode)
