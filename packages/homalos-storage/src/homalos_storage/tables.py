"""The tables of the database and how a record becomes a row, and a row a record.

A column has the name of the record's field. A price that is missing (nan) is
NULL; enums are kept by value; times are nanoseconds UTC; an order's terms are the
message itself, as `homalos.codec` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any, Generic, TypeVar, get_type_hints

import peewee
from msgspec import to_builtins

from homalos.codec import decode, encode
from homalos.model import BarData, OrderData, Status, Terms, TradeData

__all__ = ["BARS", "MODELS", "ORDERS", "TRADES", "UPGRADES", "Table", "last_states"]

Record = TypeVar("Record", OrderData, TradeData, BarData)


class _Order(peewee.Model):
    order_id = peewee.TextField(primary_key=True)
    symbol = peewee.TextField()
    direction = peewee.TextField()
    offset = peewee.TextField()
    type = peewee.TextField()
    price = peewee.DoubleField(null=True)
    volume = peewee.BigIntegerField()
    traded = peewee.BigIntegerField()
    status = peewee.TextField()
    strategy = peewee.TextField()
    account = peewee.TextField()
    gateway = peewee.TextField()
    created_ns = peewee.BigIntegerField()
    ts_ns = peewee.BigIntegerField()
    venue_order_id = peewee.TextField()
    reason = peewee.TextField()
    reference = peewee.TextField()
    phase = peewee.TextField()
    terms = peewee.BlobField(null=True)

    class Meta:
        table_name = "orders"


class _Trade(peewee.Model):
    trade_id = peewee.TextField()
    order_id = peewee.TextField()
    symbol = peewee.TextField()
    direction = peewee.TextField()
    offset = peewee.TextField()
    price = peewee.DoubleField(null=True)
    volume = peewee.BigIntegerField()
    ts_ns = peewee.BigIntegerField()
    trading_day = peewee.BigIntegerField()
    strategy = peewee.TextField()
    account = peewee.TextField()
    gateway = peewee.TextField()

    class Meta:
        table_name = "trades"
        primary_key = peewee.CompositeKey(
            "trade_id", "symbol", "direction", "trading_day", "account"
        )


class _Bar(peewee.Model):
    symbol = peewee.TextField()
    interval = peewee.TextField()
    start_ns = peewee.BigIntegerField()
    ts_ns = peewee.BigIntegerField()
    trading_day = peewee.BigIntegerField()
    open_price = peewee.DoubleField(null=True)
    high_price = peewee.DoubleField(null=True)
    low_price = peewee.DoubleField(null=True)
    close_price = peewee.DoubleField(null=True)
    volume = peewee.BigIntegerField()
    turnover = peewee.DoubleField(null=True)
    open_interest = peewee.DoubleField(null=True)
    complete = peewee.BooleanField()

    class Meta:
        table_name = "bars"
        primary_key = peewee.CompositeKey("symbol", "interval", "start_ns")
        without_rowid = True  # clustered by the key: a range of bars is one stretch of the file


MODELS: tuple[type[peewee.Model], ...] = (_Order, _Trade, _Bar)

UPGRADES: Mapping[int, Sequence[str]] = {
    1: (
        "ALTER TABLE orders ADD COLUMN phase TEXT NOT NULL DEFAULT 'pending'",
        "ALTER TABLE orders ADD COLUMN terms BLOB",
        (
            "UPDATE orders SET phase = CASE status WHEN 'submitting' THEN 'pending' "
            "WHEN 'nottraded' THEN 'resting' WHEN 'parttraded' THEN 'partial' "
            "WHEN 'alltraded' THEN 'filled' WHEN 'cancelled' THEN "
            "CASE WHEN traded > 0 THEN 'partly_cancelled' ELSE 'cancelled' END ELSE status END"
        ),
    ),
}
"""What makes the tables of an earlier version those of the next one."""


class Table(Generic[Record]):
    """One kind of record and the SQL that keeps it.

    Attributes:
        upsert: Statement that keeps one row, to be run with `executemany`.
        select: Statement that reads every column, without WHERE or ORDER BY.
    """

    def __init__(
        self, record: type[Record], model: type[peewee.Model], *, unless_older: str = ""
    ) -> None:
        """Derive the statements from the model.

        Args:
            record: The message the rows become.
            model: Its table; columns in the order of the message's fields.
            unless_older: SQL condition under which `excluded` replaces the kept row.
        """
        meta = model._meta  # noqa: SLF001  peewee's documented way to a table's description
        name, columns = meta.table_name, tuple(meta.sorted_field_names)
        keys = tuple(field.name for field in meta.get_primary_keys())
        listed = ", ".join(f'"{column}"' for column in columns)
        places = ", ".join("?" for _ in columns)
        updates = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in keys)
        condition = f" WHERE {unless_older}" if unless_older else ""
        # Every name comes from the classes above, none from outside.
        self.upsert = (
            f'INSERT INTO "{name}" ({listed}) VALUES ({places}) '  # noqa: S608
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates}{condition}"
        )
        self.select = f'SELECT {listed} FROM "{name}"'  # noqa: S608
        self._record: Callable[..., Record] = record
        hints = get_type_hints(record)
        self._readers = tuple(_reader(hints[column]) for column in columns)

    def row(self, record: Record) -> list[Any]:
        """Return a record as the values of its columns; SQLite itself makes nan NULL."""
        values: list[Any] = to_builtins(record)
        del values[0]  # the name of its class
        if type(record) is OrderData and record.terms is not None:
            values[-1] = encode(record.terms)
        return values

    def record(self, row: Sequence[Any]) -> Record:
        """Return the record that a row holds.

        Raises:
            ValueError: A value is not one of its enum's.
        """
        return self._record(*[read(value) for read, value in zip(self._readers, row, strict=True)])


def _reader(kind: Any) -> Callable[[Any], Any]:
    if kind is float:
        return _float
    if kind == Terms | None:
        return _terms
    reader: Callable[[Any], Any] = kind
    return reader


def _terms(value: bytes | None) -> Terms | None:
    if value is None:
        return None
    terms = decode(value)
    if not isinstance(terms, Terms):
        msg = f"a message {type(terms).__name__} stands where an order's terms should"
        raise ValueError(msg)  # noqa: TRY004  as for any other value that no version writes
    return terms


def _float(value: float | None) -> float:
    return nan if value is None else value


def last_states(orders: Sequence[OrderData]) -> list[OrderData]:
    """Return the state that a table would come to hold of each order, in order of first sight."""
    last: dict[str, OrderData] = {}
    for order in orders:
        known = last.setdefault(order.order_id, order)
        if known is not order and _age(order) >= _age(known):
            last[order.order_id] = order
    return list(last.values())


def _age(order: OrderData) -> tuple[int, int, int, int]:
    """Return what `_AGE` says in SQL."""
    return order.created_ns, order.traded, _RANKS.get(order.status, 3), order.ts_ns


_RANKS = {Status.SUBMITTING: 0, Status.NOTTRADED: 1, Status.PARTTRADED: 2}

# An order lives forward only: lots filled never fall, and an active state never
# follows a final one, whatever the two clocks behind `ts_ns` say. An id used again
# by a later run is a newer order.
_AGE = (
    "({0}.created_ns, {0}.traded, CASE {0}.status WHEN 'submitting' THEN 0 "
    "WHEN 'nottraded' THEN 1 WHEN 'parttraded' THEN 2 ELSE 3 END, {0}.ts_ns)"
)

ORDERS = Table(
    OrderData, _Order, unless_older=f"{_AGE.format('excluded')} >= {_AGE.format('orders')}"
)
TRADES = Table(TradeData, _Trade)
# A bar cut short by a restart must not replace the whole one.
BARS = Table(BarData, _Bar, unless_older="excluded.complete >= bars.complete")
