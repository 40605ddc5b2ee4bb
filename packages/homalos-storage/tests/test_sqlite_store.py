"""The SQLite store: what it keeps, and which of two states of a record."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from itertools import pairwise
from math import inf, isnan, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from homalos.errors import StoreError
from homalos.model import (
    BarData,
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderType,
    Status,
    Terms,
    TickData,
    TradeData,
)
from homalos.testing import same
from homalos_storage.sqlite import SCHEMA_VERSION, SqliteStore

_T0 = 1_538_960_400_500_000_001  # 2018-10-08T09:00:00.500000001+08:00


def _order(order_id: str = "1-1", **changes: Any) -> OrderData:
    order = OrderData(
        order_id=order_id,
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
        created_ns=_T0,
        ts_ns=_T0,
        reference="第一笔",
    )
    return replace(order, **changes)


def _trade(trade_id: str = "7", **changes: Any) -> TradeData:
    trade = TradeData(
        trade_id=trade_id,
        order_id="1-1",
        symbol="ru1901.SHFE",
        direction=Direction.SHORT,
        offset=Offset.CLOSETODAY,
        price=12490.0,
        volume=3,
        ts_ns=_T0,
        trading_day=20181008,
        strategy="ma",
        account="main",
        gateway="sim",
    )
    return replace(trade, **changes)


def _bar(minute: int = 0, **changes: Any) -> BarData:
    start_ns = 1_538_960_400_000_000_000 + minute * 60_000_000_000
    end_ns = start_ns + 60_000_000_000
    bar = BarData("ru1901.SHFE", "1m", start_ns, end_ns, 20181008, 1.0, 4.0, 0.5, 2.0, 9, 3.5, 7.0)
    return replace(bar, **changes)


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


def test_records_come_back_as_they_were_written(store: SqliteStore) -> None:
    """Every field of every kind survives, times to the nanosecond."""
    store.write([_order(), _trade(), _bar(complete=False)])
    assert store.load_orders() == [_order()]
    assert store.load_trades() == [_trade()]
    assert _all_bars(store) == [_bar(complete=False)]


def test_enums_come_back_as_enums(store: SqliteStore) -> None:
    """A loaded order has the members, not equal strings."""
    store.write([_order(status=Status.REJECTED, type=OrderType.MARKET)])
    (order,) = store.load_orders()
    assert order.status is Status.REJECTED
    assert order.type is OrderType.MARKET
    assert order.direction is Direction.LONG
    assert order.offset is Offset.OPEN


def test_a_missing_price_is_null_in_the_file_and_nan_in_the_record(
    store: SqliteStore, path: Path
) -> None:
    """The price of a market order makes the trip through NULL."""
    store.write([_order(price=nan)])
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT price FROM orders").fetchall() == [(None,)]
    connection.close()
    assert isnan(store.load_orders()[0].price)


_WHOLE = st.integers(min_value=0, max_value=2**63 - 1)
_FLOAT = st.floats(allow_nan=False)


@given(
    start_ns=_WHOLE,
    ts_ns=_WHOLE,
    volume=_WHOLE,
    price=_FLOAT,
    turnover=_FLOAT,
    interest=st.sampled_from([inf, 0.1 + 0.2, 5e-324, 1.7976931348623157e308]),
    symbol=st.text(st.characters(codec="utf-8"), min_size=1),
)
def test_any_number_and_any_text_survive(
    start_ns: int,
    ts_ns: int,
    volume: int,
    price: float,
    turnover: float,
    interest: float,
    symbol: str,
) -> None:
    """The widest int64, the smallest double and any text come back equal."""
    store = SqliteStore(Path(":memory:"))
    start_ns = min(start_ns, 2**63 - 2)
    bar = replace(
        _bar(symbol=symbol, start_ns=start_ns, ts_ns=ts_ns, volume=volume),
        **dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), price),
        turnover=turnover,
        open_interest=interest,
    )
    store.write([bar])
    assert store.load_bars(symbol, "1m", start_ns=0, end_ns=2**63 - 1) == [bar]
    store.close()


def test_a_missing_float_of_a_bar_comes_back_as_nan(store: SqliteStore) -> None:
    """Each float of a bar may be missing; the rest of the bar is as it was."""
    names = ("open_price", "high_price", "low_price", "close_price", "turnover", "open_interest")
    missing: dict[str, Any] = dict.fromkeys(names, nan)
    store.write([_bar(**missing)])
    zeros: dict[str, Any] = dict.fromkeys(names, 0.0)
    (bar,) = _all_bars(store)
    assert all(isnan(getattr(bar, name)) for name in names)
    assert replace(bar, **zeros) == _bar(**zeros)


def test_writing_a_batch_again_changes_nothing(store: SqliteStore) -> None:
    """The observer may repeat a batch of which it does not know whether it was kept."""
    batch: list[OrderData | TradeData | BarData]
    batch = [_order(), _order("1-2"), _trade(), _trade("8"), _bar(0), _bar(1)]
    store.write(batch)
    store.write(batch)
    assert store.load_orders() == [_order(), _order("1-2")]
    assert store.load_trades() == [_trade(), _trade("8")]
    assert _all_bars(store) == [_bar(0), _bar(1)]


_LIFE = (
    _order(),
    _order(status=Status.NOTTRADED, ts_ns=_T0 + 1),
    _order(status=Status.PARTTRADED, traded=2, ts_ns=_T0 + 2),
    _order(status=Status.PARTTRADED, traded=3, ts_ns=_T0 + 3),
    _order(status=Status.CANCELLED, traded=3, ts_ns=_T0 + 4, reason="by hand"),
)


@given(st.permutations(_LIFE), st.lists(st.integers(0, 4), max_size=4).map(sorted))
def test_the_newest_state_of_an_order_wins_in_any_order_of_writing(
    states: list[OrderData], cuts: list[int]
) -> None:
    """A batch that was tried again late does not bring back an older state."""
    store = SqliteStore(Path(":memory:"))
    edges = [0, *cuts, len(states)]
    for start, stop in pairwise(edges):
        store.write(states[start:stop])
    assert store.load_orders() == [_LIFE[-1]]
    store.close()


def test_states_of_several_orders_in_one_batch_do_not_mix(store: SqliteStore) -> None:
    """Each order keeps its own newest one, also where an older one comes behind it."""
    first = _order("1-1", status=Status.CANCELLED, ts_ns=_T0 + 4)
    second = _order("1-2", status=Status.NOTTRADED, ts_ns=_T0 + 1)
    store.write([_order("1-1"), _order("1-2"), first, second, _order("1-1")])
    assert store.load_orders() == [first, second]


def test_a_final_state_holds_when_both_are_stamped_the_same(store: SqliteStore) -> None:
    """In a simulation an order may be asked and cancelled in the same nanosecond."""
    cancelled = _order(status=Status.CANCELLED)
    store.write([cancelled])
    store.write([_order()])
    assert store.load_orders() == [cancelled]


def test_a_venue_whose_clock_is_behind_is_still_newer(store: SqliteStore) -> None:
    """The venue's stamp of an acknowledgement may lie before our own of the request."""
    acknowledged = _order(status=Status.NOTTRADED, ts_ns=_T0 - 5)
    store.write([_order(), acknowledged])
    assert store.load_orders() == [acknowledged]


def test_an_id_used_again_by_a_later_run_is_the_newer_order(store: SqliteStore) -> None:
    """The finished order of yesterday does not hide today's of the same id."""
    today = _order(created_ns=_T0 + 10**14, ts_ns=_T0 + 10**14)
    store.write([_LIFE[-1]])
    store.write([today])
    assert store.load_orders() == [today]


def test_orders_come_oldest_first_and_then_as_written(store: SqliteStore) -> None:
    """Ids are text, so `1-10` must not come before `1-9`; a later state moves nothing."""
    store.write([_order("1-9"), _order("1-10"), _order("1-2", created_ns=_T0 - 1)])
    store.write([_order("1-9", status=Status.ALLTRADED, traded=5)])
    assert [order.order_id for order in store.load_orders()] == ["1-2", "1-9", "1-10"]


def test_trades_differ_by_day_side_and_account(store: SqliteStore) -> None:
    """A venue counts its trades anew each day, and a self-trade has one id for two sides."""
    trades = [
        _trade(),
        _trade(direction=Direction.LONG, ts_ns=_T0 + 1),
        _trade(trading_day=20181009, ts_ns=_T0 + 2),
        _trade(account="second", ts_ns=_T0 + 3),
        _trade(symbol="rb1901.SHFE", ts_ns=_T0 + 4),
    ]
    store.write(trades[::-1])
    assert store.load_trades() == trades


def test_bars_are_loaded_from_start_up_to_before_end(store: SqliteStore) -> None:
    """The range is half open and knows its symbol and length."""
    others = [_bar(1, symbol="rb1901.SHFE"), _bar(1, interval="5m")]
    store.write([_bar(minute) for minute in (3, 0, 2, 1)] + others)
    found = store.load_bars("ru1901.SHFE", "1m", start_ns=_bar(1).start_ns, end_ns=_bar(3).start_ns)
    assert found == [_bar(1), _bar(2)]


def test_a_bar_cut_short_does_not_replace_the_whole_one(store: SqliteStore) -> None:
    """After a restart in mid-interval the bar of the rest must not win."""
    store.write([_bar(0, volume=5, complete=False)])
    store.write([_bar(0, volume=9)])
    store.write([_bar(0, volume=1, complete=False)])
    assert _all_bars(store) == [_bar(0, volume=9)]


def test_a_batch_with_a_record_of_another_kind_keeps_nothing(store: SqliteStore) -> None:
    """Ticks are for the archive; all or nothing holds for what stands beside them."""
    tick = TickData("ru1901.SHFE", _T0, 20181008, 12485.0)
    with pytest.raises(StoreError, match="cannot keep a TickData"):
        store.write([_order(), tick])  # type: ignore[list-item]
    assert store.load_orders() == []


def test_a_batch_that_fails_half_way_keeps_nothing(store: SqliteStore) -> None:
    """A number that SQLite cannot hold comes after good records of the same batch."""
    with pytest.raises(StoreError, match="cannot write 2 records"):
        store.write([_order(), _bar(0, volume=2**63)])
    assert store.load_orders() == []
    store.write([_order()])
    assert store.load_orders() == [_order()]


def test_records_outlive_the_store(path: Path) -> None:
    """What was written is there when the file is opened anew."""
    first = SqliteStore(path)
    first.write([_order(), _trade(), _bar()])
    first.close()
    second = SqliteStore(path)
    assert (second.load_orders(), second.load_trades()) == ([_order()], [_trade()])
    second.close()


def test_close_empties_the_log_and_may_be_called_again(store: SqliteStore, path: Path) -> None:
    """A closed database is one file, good to copy."""
    store.write([_bar(minute) for minute in range(100)])
    log = path.with_name("homalos.db-wal")
    assert log.stat().st_size > 0
    store.close()
    store.close()
    assert not log.exists() or log.stat().st_size == 0


def test_a_closed_store_says_so(store: SqliteStore) -> None:
    """Use after close is an error of ours, not of a library."""
    store.close()
    with pytest.raises(StoreError, match="not opened"):
        store.write([_order()])
    with pytest.raises(StoreError, match="not opened"):
        store.load_orders()


_FIRST_VERSION = """
CREATE TABLE orders (order_id TEXT NOT NULL PRIMARY KEY, symbol TEXT NOT NULL,
    direction TEXT NOT NULL, "offset" TEXT NOT NULL, type TEXT NOT NULL, price REAL,
    volume INTEGER NOT NULL, traded INTEGER NOT NULL, status TEXT NOT NULL,
    strategy TEXT NOT NULL, account TEXT NOT NULL, gateway TEXT NOT NULL,
    created_ns INTEGER NOT NULL, ts_ns INTEGER NOT NULL, venue_order_id TEXT NOT NULL,
    reason TEXT NOT NULL, reference TEXT NOT NULL);
PRAGMA user_version = 1;
"""


def test_a_file_of_the_first_version_is_brought_up_to_this_one(path: Path) -> None:
    """Its orders are in the phase that their public state tells; new ones go in beside them."""
    before = sqlite3.connect(path)
    before.executescript(_FIRST_VERSION)
    old = [
        ("1-1", 0, Status.SUBMITTING), ("1-2", 0, Status.NOTTRADED), ("1-3", 2, Status.PARTTRADED),
        ("1-4", 5, Status.ALLTRADED), ("1-5", 0, Status.CANCELLED), ("1-6", 2, Status.CANCELLED),
        ("1-7", 0, Status.REJECTED),
    ]  # fmt: skip
    for order_id, traded, status in old:
        row = astuple(_order(order_id, traded=traded, status=status))[:17]
        before.execute(f"INSERT INTO orders VALUES ({', '.join('?' * 17)})", row)  # noqa: S608
    before.commit()
    before.close()
    store = SqliteStore(path)
    store.write([_order("2-1", phase=OrderPhase.HELD, terms=Terms(trigger=3.5, group="oco"))])
    orders = store.load_orders()
    store.close()
    phases = [str(order.phase) for order in orders]
    expected = ["pending", "resting", "partial", "filled", "cancelled", "partly_cancelled"]
    assert phases == [*expected, "rejected", "held"]
    assert [order.terms is None for order in orders] == [True] * 7 + [False]
    assert same(orders[-1].terms, Terms(trigger=3.5, group="oco"))


def test_the_file_is_in_wal_mode_with_our_version(store: SqliteStore, path: Path) -> None:
    """Another process may read while we write."""
    store.write([_order()])
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    connection.close()


def test_loads_from_other_threads_see_every_batch_whole(store: SqliteStore) -> None:
    """One thread writes pairs of bars while two others read; no reader ever sees half a pair."""
    odd: list[int] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            odd.append(len(_all_bars(store)) % 2)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for minute in range(0, 400, 2):
        store.write([_bar(minute), _bar(minute + 1)])
    done.set()
    for reader in readers:
        reader.join()
    assert len(_all_bars(store)) == 400
    assert odd
    assert not any(odd)


def test_a_batch_of_many_bars_is_one_transaction(store: SqliteStore) -> None:
    """Ten thousand bars cost one commit to the disk, not ten thousand."""
    statements: list[str] = []
    store._db.connection().set_trace_callback(statements.append)  # noqa: SLF001  what it runs
    store.write([_bar(minute) for minute in range(10_000)])
    begun = [text for text in statements if text.startswith(("BEGIN", "COMMIT"))]
    assert begun == ["BEGIN IMMEDIATE", "COMMIT"]


def test_columns_stand_in_the_order_of_the_fields(store: SqliteStore) -> None:
    """Rows are made by position, so a new field at the end needs a new column at the end."""
    for record, table in ((_order(), "orders"), (_trade(), "trades"), (_bar(), "bars")):
        found = store._db.execute_sql(f"SELECT * FROM {table}")  # noqa: S608, SLF001
        columns = tuple(column[0] for column in found.description)
        assert columns == type(record).__struct_fields__
        assert len(columns) == len(astuple(record))
