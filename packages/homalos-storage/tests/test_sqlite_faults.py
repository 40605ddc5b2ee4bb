"""The SQLite store in broken surroundings: what it says, and what survives."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homalos.codec import encode
from homalos.errors import StoreError
from homalos.model import BarData, Direction, Offset, OrderData, OrderType, Status
from homalos_storage.sqlite import SCHEMA_VERSION, SqliteStore

_ORDER = OrderData(
    order_id="1-1",
    symbol="ru1901.SHFE",
    direction=Direction.LONG,
    offset=Offset.OPEN,
    type=OrderType.LIMIT,
    price=12485.0,
    volume=5,
    traded=0,
    status=Status.SUBMITTING,
    strategy="ma",
    account="main",
    gateway="sim",
    created_ns=1,
    ts_ns=1,
)


def _bar(minute: int = 0) -> BarData:
    start_ns = minute * 60_000_000_000
    return BarData("ru1901.SHFE", "1m", start_ns, start_ns + 1, 20181008, 1.0, 4.0, 0.5, 2.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the place of the database."""
    return tmp_path / "homalos.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Give an open store."""
    store = SqliteStore(path, timeout_s=0.05)
    yield store
    store.close()


def _all_bars(store: SqliteStore) -> list[BarData]:
    return store.load_bars("ru1901.SHFE", "1m", start_ns=0, end_ns=2**63 - 1)


def test_a_locked_database_is_reported_and_can_be_tried_again(
    store: SqliteStore, path: Path
) -> None:
    """Another process holds the write lock; when it is gone the same batch goes in."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"homalos\.db: cannot write 1 records: .*locked; another"):
        store.write([_ORDER])
    other.execute("COMMIT")
    other.close()
    store.write([_ORDER])
    assert store.load_orders() == [_ORDER]


def test_a_full_disk_loses_nothing_of_earlier_batches(store: SqliteStore) -> None:
    """SQLite's own limit on pages stands for the disk's end."""
    store.write([_ORDER, _bar(0)])
    database = store._db  # noqa: SLF001  the limit belongs to the connection
    pages = database.pragma("page_count")
    database.pragma("max_page_count", pages)
    with pytest.raises(StoreError, match="full; free space"):
        store.write([_bar(minute) for minute in range(1, 5000)])
    assert _all_bars(store) == [_bar(0)]
    assert store.load_orders() == [_ORDER]
    database.pragma("max_page_count", pages + 10_000)
    store.write([_bar(1)])
    assert _all_bars(store) == [_bar(0), _bar(1)]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The folder is missing, or the file is a folder."""
    with pytest.raises(StoreError, match=r"homalos\.db: cannot open it: .*folder must exist"):
        SqliteStore(tmp_path / "absent" / "homalos.db")
    with pytest.raises(StoreError, match="cannot open it"):
        SqliteStore(tmp_path)


def test_a_read_only_file_is_reported(store: SqliteStore) -> None:
    """SQLite's own switch stands for the permission, which an administrator's test has anyway."""
    store._db.pragma("query_only", 1)  # noqa: SLF001  the switch belongs to the connection
    with pytest.raises(StoreError, match="readonly database; make the file and its folder writ"):
        store.write([_ORDER])


def test_a_file_that_is_no_database_is_reported_and_left_alone(path: Path) -> None:
    """A text file of the same name is not overwritten."""
    path.write_text("this is not a database, " * 100, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a database; it is damaged"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_damaged_page_is_reported_when_it_is_read(path: Path) -> None:
    """The header is whole, the pages behind it are not."""
    store = SqliteStore(path)
    store.write([_bar(minute) for minute in range(2000)])
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 4 :] = b"\xff" * (len(content) - 4096 * 4)
    path.write_bytes(content)
    damaged = SqliteStore(path)
    with pytest.raises(StoreError, match="malformed; it is damaged"):
        _all_bars(damaged)
    damaged.close()


def test_a_value_that_no_version_writes_is_reported(store: SqliteStore, path: Path) -> None:
    """A status that is none comes from a hand in the file."""
    store.write([_ORDER])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE orders SET status = 'lost'")
    connection.close()
    with pytest.raises(StoreError, match="'lost' is not a valid Status"):
        store.load_orders()


def test_terms_that_are_no_terms_are_reported(store: SqliteStore, path: Path) -> None:
    """Another message in their place comes from a hand in the file."""
    store.write([_ORDER])
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE orders SET terms = ?", (encode(_ORDER),))
    connection.close()
    with pytest.raises(StoreError, match="OrderData stands where an order's terms should"):
        store.load_orders()


def test_tables_of_a_newer_version_are_refused(path: Path) -> None:
    """An older Homalos must not write into what it does not understand."""
    SqliteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match=r"version 3, this Homalos knows 2; use a newer"):
        SqliteStore(path)


def test_a_database_of_somebody_else_is_refused(path: Path) -> None:
    """Our tables are not put beside foreign ones."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="tables that are not Homalos's"):
        SqliteStore(path)


_VICTIM = """
import sys
from pathlib import Path
from homalos.model import BarData
from homalos_storage.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
for batch in range(1_000_000):
    bars = [
        BarData("ru1901.SHFE", "1m", start, start + 1, 20181008, 1.0, 1.0, 1.0, 1.0)
        for start in range(batch * 100, batch * 100 + 100)
    ]
    store.write(bars)
    print(batch, flush=True)
"""


def test_kill_9_loses_at_most_the_batch_under_way(path: Path) -> None:
    """A process is killed between two of its batches, without a word."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    victim = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert victim.stdout is not None
    reported = 0
    while reported < 20:
        reported = int(victim.stdout.readline())
    victim.kill()
    rest, _ = victim.communicate()
    reported = max([reported, *map(int, rest.split())])
    store = SqliteStore(path)
    bars = store.load_bars("ru1901.SHFE", "1m", start_ns=0, end_ns=2**63 - 1)
    store.close()
    assert [bar.start_ns for bar in bars] == list(range(len(bars)))
    assert len(bars) % 100 == 0
    assert len(bars) // 100 - (reported + 1) in {0, 1}
