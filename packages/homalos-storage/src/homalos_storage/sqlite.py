"""Orders, trades and bars in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import peewee

from homalos.errors import StoreError
from homalos.model import BarData, OrderData, TradeData
from homalos_storage.tables import (
    BARS,
    MODELS,
    ORDERS,
    TRADES,
    UPGRADES,
    Record,
    Table,
    last_states,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SCHEMA_VERSION", "SqliteStore"]

SCHEMA_VERSION = 2
_FAULTS = (sqlite3.Error, peewee.PeeweeException, OverflowError, UnicodeError, ValueError)
_REMEDIES = (
    ("locked", "another process is writing to it: stop that one, or raise `timeout_s`"),
    ("full", "free space on its disk; everything written before is kept"),
    ("readonly", "make the file and its folder writable"),
    ("unable to open", "the folder must exist and be writable, and the name be a file's"),
    ("not a database", "it is damaged or no SQLite file: move it away, or restore a copy"),
    ("malformed", "it is damaged: move it away, or restore a copy"),
    ("disk i/o", "the disk is full or fails: free space, or check it and restore a copy"),
)


class SqliteStore:
    """A store in WAL mode, so that other processes may read while this one writes.

    One connection serves every thread, one at a time. `synchronous=NORMAL`: a
    killed process loses the batch under way at most, a power cut perhaps the last few.
    """

    def __init__(self, path: Path, *, timeout_s: float = 5.0) -> None:
        """Open the file, or make it.

        Args:
            path: The database.
            timeout_s: Seconds to wait for another process that is writing, >= 0.

        Raises:
            StoreError: It cannot be opened, or a newer version of Homalos made it.
        """
        self._path = path
        self._lock = threading.Lock()
        self._db = peewee.SqliteDatabase(
            str(path),
            pragmas=(("journal_mode", "wal"), ("synchronous", "normal")),
            timeout=timeout_s,
            autoconnect=False,  # else every thread silently opens a connection of its own
            thread_safe=False,  # one connection for all: `_lock` keeps them apart
            check_same_thread=False,
        )
        try:
            with self._reported("open it"):
                self._db.connect()
                self._prepare()
        except StoreError:
            self._db.close()
            raise

    def write(self, records: Sequence[OrderData | TradeData | BarData]) -> None:
        """Keep a batch in one transaction; an older state never replaces a newer one.

        Raises:
            StoreError: Nothing of the batch was kept.
        """
        orders: list[OrderData] = []
        trades: list[list[Any]] = []
        bars: list[list[Any]] = []
        for record in records:
            if isinstance(record, OrderData):
                orders.append(record)
            elif isinstance(record, TradeData):
                trades.append(TRADES.row(record))
            elif isinstance(record, BarData):
                bars.append(BARS.row(record))
            else:
                msg = f"{self._path}: cannot keep a {type(record).__name__}; orders, trades, bars"
                raise StoreError(msg)
        # Most orders pass through several states in a batch, and only the last is kept.
        states = [ORDERS.row(order) for order in last_states(orders)]
        with self._lock, self._reported(f"write {len(records)} records"), self._transaction():
            cursor = self._db.cursor()
            for table, rows in ((ORDERS, states), (TRADES, trades), (BARS, bars)):
                if rows:
                    cursor.executemany(table.upsert, rows)

    def load_bars(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[BarData]:
        """Return the bars with `start_ns <= bar.start_ns < end_ns`, oldest first. Any thread.

        Raises:
            StoreError: The file cannot be read.
        """
        where = "WHERE symbol = ? AND interval = ? AND start_ns >= ? AND start_ns < ?"
        found = (symbol, interval, start_ns, end_ns)
        return self._load(BARS, f"{where} ORDER BY start_ns", found)

    def load_orders(self) -> list[OrderData]:
        """Return the last state of every order, oldest first. Any thread.

        Raises:
            StoreError: The file cannot be read.
        """
        return self._load(ORDERS, "ORDER BY created_ns, rowid")

    def load_trades(self) -> list[TradeData]:
        """Return every trade, oldest first. Any thread.

        Raises:
            StoreError: The file cannot be read.
        """
        return self._load(TRADES, "ORDER BY ts_ns, rowid")

    def close(self) -> None:
        """Empty the write-ahead log into the file and let go of it; again is harmless."""
        with self._lock:
            if self._db.is_closed():
                return
            # Refused while another process reads; the next one to open does it then.
            with suppress(*_FAULTS):
                self._db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    def _load(self, table: Table[Record], tail: str, values: tuple[Any, ...] = ()) -> list[Record]:
        with self._lock, self._reported("read it"):
            rows = self._db.execute_sql(f"{table.select} {tail}", values).fetchall()
            return [table.record(row) for row in rows]

    def _prepare(self) -> None:
        with self._transaction():
            version = self._db.pragma("user_version")
            if version == SCHEMA_VERSION:
                return
            if version > SCHEMA_VERSION:
                msg = (
                    f"{self._path}: its tables are of version {version}, this Homalos knows "
                    f"{SCHEMA_VERSION}; use a newer homalos-storage, or another file"
                )
                raise StoreError(msg)
            if version:
                for earlier in range(version, SCHEMA_VERSION):
                    for statement in UPGRADES[earlier]:
                        self._db.execute_sql(statement)
                self._db.pragma("user_version", SCHEMA_VERSION)
                return
            if self._db.get_tables():
                msg = f"{self._path}: it holds tables that are not Homalos's; name another file"
                raise StoreError(msg)
            for model in MODELS:
                peewee.SchemaManager(model, database=self._db).create_all()
            self._db.pragma("user_version", SCHEMA_VERSION)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # "IMMEDIATE": a deferred one that reads, then writes, fails at once when another
        # process writes, instead of waiting. Not peewee's `atomic`: it would answer a full
        # disk, where SQLite has rolled back already, with an error about the roll-back.
        self._db.begin("IMMEDIATE")
        try:
            yield
            self._db.commit()
        except BaseException:
            if self._db.connection().in_transaction:
                self._db.rollback()
            raise

    @contextmanager
    def _reported(self, doing: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            raise
        except _FAULTS as error:
            found = str(error) or type(error).__name__
            remedies = (how for sign, how in _REMEDIES if sign in found.lower())
            remedy = "".join(f"; {how}" for how in remedies)
            msg = f"{self._path}: cannot {doing}: {found}{remedy}"
            raise StoreError(msg) from error
