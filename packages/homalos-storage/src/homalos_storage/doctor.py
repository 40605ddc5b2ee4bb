"""What `homalos doctor` looks at: SQLite, the database of the home folder, Parquet."""

from __future__ import annotations

import importlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

from homalos.plugins.ports import DoctorContext, Finding
from homalos_storage.options import SqliteOptions

__all__ = ["check_database", "check_parquet", "check_sqlite", "judge_database", "judge_sqlite"]

_OLDEST = (
    3,
    24,
    0,
)  # the first with ON CONFLICT DO UPDATE: https://www.sqlite.org/lang_upsert.html
_PATIENCE_S = 3.0
_STEPS = 10_000  # of SQLite's machine between two looks at the time
_RESTORE = "stop every run, move the file away, and restore a copy; a new one is made"


def judge_sqlite(version: tuple[int, int, int], thread_safety: int) -> Iterator[Finding]:
    """Say whether a SQLite does.

    Args:
        version: Such as (3, 45, 1).
        thread_safety: As `sqlite3.threadsafety`: 0 must not be used by two threads at all.
    """
    number = ".".join(map(str, version))
    remedy = "use a Python with a newer SQLite"
    if version < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        what = f"SQLite {number} is too old; {oldest} is needed"
        yield Finding(level="error", what=what, remedy=remedy)
    elif thread_safety == 0:
        what = f"SQLite {number} was built for a single thread"
        yield Finding(level="error", what=what, remedy=remedy)
    else:
        yield Finding(level="ok", what=f"SQLite {number}")


def judge_database(path: Path, schema: int, patience_s: float = _PATIENCE_S) -> Iterator[Finding]:
    """Say whether a database is whole. It is opened for reading only.

    Args:
        path: The file; it need not exist.
        schema: Version of the tables that this package writes.
        patience_s: Seconds after which a large file is let be, >= 0.
    """
    if not path.exists():
        yield Finding(level="ok", what=f"{path} is made by the first run")
        return
    # Where nobody writes, `immutable` keeps SQLite from leaving its -shm and -wal behind.
    is_quiet = not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if is_quiet else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            yield from _looked_into(database, path, schema, patience_s)
    except sqlite3.Error as error:
        yield Finding(level="error", what=f"{path} cannot be read: {error}", remedy=_RESTORE)


def _looked_into(
    database: sqlite3.Connection, path: Path, schema: int, patience_s: float
) -> Iterator[Finding]:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > schema:
        what = f"{path}: its tables are of version {version}, this homalos-storage knows {schema}"
        yield Finding(level="error", what=what, remedy="use a newer homalos-storage")
    if not _is_wal(path):
        what = f"{path} is without a write-ahead log: readers and the writer wait for each other"
        remedy = "start a run, which sets it; on a network disk it cannot be set"
        yield Finding(level="warning", what=what, remedy=remedy)
    deadline = time.monotonic() + patience_s
    database.set_progress_handler(lambda: time.monotonic() >= deadline, _STEPS)
    try:
        problems = [row[0] for row in database.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        what = f"{path} is too large to be looked through in {patience_s:g} s"
        remedy = f'look yourself when no run is on: sqlite3 {path} "PRAGMA integrity_check"'
        yield Finding(level="warning", what=what, remedy=remedy)
        return
    if problems == ["ok"]:
        yield Finding(level="ok", what=f"{path} is whole, {path.stat().st_size / 1e6:,.1f} MB")
        return
    for problem in problems:
        what = f"{path} is damaged: {' '.join(problem.split())}"
        yield Finding(level="error", what=what, remedy=_RESTORE)


def _is_wal(path: Path) -> bool:
    # The write version of the file's header; SQLite itself says "delete" of an immutable one.
    # https://www.sqlite.org/fileformat.html, "File format version numbers"
    with path.open("rb") as file:
        return file.read(19)[18:] == b"\x02"


def check_sqlite(_: DoctorContext) -> Iterator[Finding]:
    """Look at the SQLite that Python brings."""
    return judge_sqlite(sqlite3.sqlite_version_info, sqlite3.threadsafety)


def check_database(context: DoctorContext) -> Iterator[Finding]:
    """Look through the database in the home folder."""
    from homalos_storage.sqlite import SCHEMA_VERSION  # loads peewee

    options: SqliteOptions = context.options.get("store sqlite", SqliteOptions())
    return judge_database(context.home / options.file, SCHEMA_VERSION)


def check_parquet(
    _: DoctorContext, load: Callable[[str], ModuleType] = importlib.import_module
) -> Iterator[Finding]:
    """Load what reads Parquet files.

    Args:
        load: Imports a module by its name.
    """
    try:
        pyarrow = load("pyarrow")
        load("pyarrow.parquet")
    except ImportError as error:
        what = f"Parquet files cannot be read: {error}"
        remedy = "pip install pyarrow; CSV files are read without it"
        yield Finding(level="warning", what=what, remedy=remedy)
    else:
        yield Finding(level="ok", what=f"pyarrow {pyarrow.__version__}")
