"""Bars to CSV, JSON and Parquet, in the layout that `readers.bars` reads back unchanged.

The columns are `COLUMNS`: `trading_day` is yyyymmdd, `datetime` the start of the bar,
prices in currency per unit, `volume` and `open_interest` in lots, `turnover` in currency.
A missing number is an empty cell or null. The length of the bars is not among them: a
file holds bars of one length.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from homalos.model import BarData

__all__ = ["COLUMNS", "bar_rows", "write_csv", "write_json", "write_parquet"]

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
_SECOND = 1_000_000_000
_BATCH = 20_000  # rows held at once

_Number = float | None
_Row = tuple[str, int, str, _Number, _Number, _Number, _Number, int, _Number, _Number]


def bar_rows(bars: Iterable[BarData], zone: str) -> Iterator[_Row]:
    """Yield each bar as the values of `COLUMNS`, `None` where a number is missing.

    Args:
        bars: One length, in any order.
        zone: IANA name of the zone that `datetime` is written in, as ISO 8601 with its
            offset: `2018-10-08T09:00:00+08:00`.
    """
    clock = ZoneInfo(zone)
    for bar in bars:
        seconds, rest = divmod(bar.start_ns, _SECOND)
        start = datetime.fromtimestamp(seconds, clock).replace(microsecond=rest // 1000)
        prices = (bar.open_price, bar.high_price, bar.low_price, bar.close_price)
        opened, high, low, close = map(_number, prices)
        yield (
            bar.symbol,
            bar.trading_day,
            start.isoformat(),
            opened,
            high,
            low,
            close,
            bar.volume,
            _number(bar.turnover),
            _number(bar.open_interest),
        )


def write_csv(bars: Iterable[BarData], stream: TextIO, zone: str) -> None:
    """Write bars as CSV with a header.

    Args:
        bars: One length, in any order.
        stream: Text; open it with `newline=""`.
        zone: IANA name of the zone that `datetime` is written in.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(bar_rows(bars, zone))


def write_json(bars: Iterable[BarData], stream: TextIO, zone: str) -> None:
    """Write bars as one JSON array of objects, one a line.

    Args:
        bars: One length, in any order.
        stream: Text.
        zone: IANA name of the zone that `datetime` is written in.
    """
    before = "[\n"
    for row in bar_rows(bars, zone):
        stream.write(before)
        stream.write(json.dumps(dict(zip(COLUMNS, row, strict=True)), allow_nan=False))
        before = ",\n"
    stream.write("[]\n" if before == "[\n" else "\n]\n")


def write_parquet(bars: Iterable[BarData], path: Path, zone: str) -> None:
    """Write bars as Parquet; the file appears when it is whole.

    Args:
        bars: One length, in any order.
        path: The file; one that is there is replaced.
        zone: IANA name of the zone that `datetime`, an instant, is shown in.

    Raises:
        OSError: It cannot be written.
    """
    import pyarrow as pa  # 0.2 s, and only Parquet needs it
    import pyarrow.parquet as pq

    number = pa.float64()
    sums = (pa.int64(), number, number)
    kinds = (pa.string(), pa.int32(), pa.timestamp("ns", tz=zone), *[number] * 4, *sums)
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            rest = iter(bars)
            while batch := list(islice(rest, _BATCH)):
                columns = zip(*map(_values, batch), strict=True)
                arrays = [pa.array(c, k) for c, k in zip(columns, kinds, strict=True)]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _values(bar: BarData) -> tuple[Any, ...]:
    prices = (bar.open_price, bar.high_price, bar.low_price, bar.close_price)
    sums = (bar.volume, bar.turnover, bar.open_interest)
    return (bar.symbol, bar.trading_day, bar.start_ns, *prices, *sums)


def _number(value: float) -> float | None:
    return None if isnan(value) else value
