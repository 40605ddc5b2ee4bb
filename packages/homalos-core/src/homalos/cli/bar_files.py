"""Bars to CSV, JSON and Parquet, one row each, in the columns the house reads back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from math import isnan
from pathlib import Path
from typing import Any, TextIO

from homalos.errors import MissingPluginError
from homalos.model import BarData

__all__ = ["COLUMNS", "EXCHANGE_TIME", "as_row", "save", "write_csv", "write_json"]

EXCHANGE_TIME = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China's clock; it has kept this offset since the summer time of 1991."""

COLUMNS = (
    "symbol",
    "trading_day",
    "datetime",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "turnover",
    "open_interest",
)
"""`trading_day` is yyyymmdd, `datetime` the bar's start, prices in currency per unit,
`volume` and `open_interest` in lots, `turnover` in currency."""

_NS = 1_000_000_000
_Row = tuple[Any, ...]


def as_row(bar: BarData) -> _Row:
    """Return a bar as the values of `COLUMNS`; what is missing is `None`.

    Whole numbers are ints, so that they are written without a point. Turnover is
    rounded to 0.01: it is a difference of cumulative doubles.
    """
    start = datetime.fromtimestamp(bar.start_ns // _NS, EXCHANGE_TIME)
    prices = (bar.open_price, bar.high_price, bar.low_price, bar.close_price)
    return (
        bar.symbol,
        bar.trading_day,
        start.isoformat(),
        *map(_number, prices),
        bar.volume,
        _number(round(bar.turnover, 2)),
        _number(bar.open_interest),
    )


def _number(value: float) -> float | None:
    if isnan(value):
        return None
    return int(value) if value.is_integer() else value


def write_csv(rows: Iterable[_Row], stream: TextIO) -> None:
    """Write rows under a head; a missing value is an empty cell."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)


def write_json(rows: Iterable[_Row], stream: TextIO) -> None:
    """Write rows as one array of objects, one a line; a missing value is null."""
    lines = (json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in rows)
    stream.write("[\n{}\n]\n".format(",\n".join(lines)))


def save(rows: Sequence[_Row], path: Path, kind: str) -> None:
    """Write rows into a file, which appears when it is whole.

    Args:
        rows: As `as_row` makes them.
        path: The file; one that is there is replaced.
        kind: `csv`, `json` or `parquet`.

    Raises:
        MissingPluginError: Parquet is asked for and pyarrow is not installed.
        OSError: It cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        if kind == "parquet":
            _write_parquet(rows, part)
        else:
            write: Callable[[Iterable[_Row], TextIO], None] = (
                write_csv if kind == "csv" else write_json
            )
            with part.open("w", encoding="utf-8", newline="") as stream:
                write(rows, stream)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_parquet(rows: Sequence[_Row], path: Path) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        msg = "Parquet needs pyarrow, which comes with homalos-storage; or write csv or json"
        raise MissingPluginError(msg) from error
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    kinds = (
        pa.string(),
        pa.int32(),
        pa.timestamp("s", tz="Asia/Shanghai"),
        *(pa.float64(),) * 4,
        pa.int64(),
        pa.float64(),
        pa.float64(),
    )
    columns[2] = [datetime.fromisoformat(text) for text in columns[2]]
    arrays = [pa.array(each, type=kind) for each, kind in zip(columns, kinds, strict=True)]
    parquet.write_table(pa.table(arrays, names=list(COLUMNS)), path, compression="zstd")
