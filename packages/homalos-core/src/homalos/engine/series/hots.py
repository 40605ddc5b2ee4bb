"""Roll dates as WonderTrader keeps them: its `hots.json`.

The file is `{exchange: {product: [{date, from, to, oldclose, newclose}, ...]}}`. `date` is the
calendar day after the evening that decided, also where that is a Saturday; the closes are of
that evening, 0 where there is none. What was looked at beyond the last date of a file is not
written in it: its rows are taken as known up to that date.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import attrs
from attrs import field, frozen

from homalos.engine.series.days import day_before, is_day
from homalos.engine.series.names import delivery_month, product_of
from homalos.engine.series.rolls import MainSeries, Roll
from homalos.errors import DataError, UnknownInstrument

__all__ = ["Contracts", "Imported", "read_hots"]


class Contracts(Protocol):
    """What an import asks of the market."""

    def parse(self, text: str, exchange: str, day: int) -> str:
        """Return the symbol that a code means on an exchange.

        Raises:
            UnknownInstrument: It means nothing there.
        """

    def at_or_after(self, symbol: str, day: int) -> int:
        """Return the first trading day that is not before a day; 0 beyond the calendar."""


@frozen(kw_only=True)
class Imported:
    """What came out of a file.

    Attributes:
        rolls: Its rows, by product and day.
        left_out: Products that no market knows on the exchange named, each with the reason.
        backwards: Rows that go to a contract that is not delivered later.
        without_prices: Rows that lack a price at the roll.
    """

    rolls: tuple[Roll, ...]
    left_out: Mapping[str, str] = field(factory=dict)
    backwards: tuple[Roll, ...] = ()
    without_prices: tuple[Roll, ...] = ()


def read_hots(path: Path, contracts: Contracts, *, until: int = 0) -> Imported:
    """Read a file of roll dates; a name in `.gz` is unpacked.

    Args:
        path: The file.
        contracts: The market.
        until: Last day up to which the file is known to be complete, yyyymmdd; the latest
            date in it when 0.

    Raises:
        DataError: The file is not what it should be; product and row are named.
    """
    content = _content(path)
    rows = list(_rows(path, content))
    if not rows:
        msg = f"{path}: it has no rows"
        raise DataError(msg)
    last = until or max(row["date"] for *_, listed in rows for row in listed)
    source = path.name
    rolls: list[Roll] = []
    left_out: dict[str, str] = {}
    for exchange, code, listed in rows:
        try:
            rolls += _series(exchange, listed, contracts, last, source).rolls
        except UnknownInstrument as error:
            left_out[f"{code}.{exchange}"] = str(error)
        except DataError as error:
            msg = f"{path}: {error}"
            raise DataError(msg) from error
    ordered = tuple(sorted(rolls, key=lambda roll: (roll.product, roll.from_day)))
    return Imported(
        rolls=ordered,
        left_out=left_out,
        backwards=tuple(filter(_goes_back, ordered)),
        without_prices=tuple(
            roll for roll in ordered if roll.previous and None in (roll.close, roll.previous_close)
        ),
    )


def _content(path: Path) -> Any:
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as stream:
            return json.load(stream, parse_float=Decimal)
    except FileNotFoundError as error:
        msg = f"{path}: no such file"
        raise DataError(msg) from error
    except (ValueError, EOFError, gzip.BadGzipFile) as error:
        msg = f"{path}: no JSON: {error}"
        raise DataError(msg) from error


def _rows(path: Path, content: Any) -> Iterator[tuple[str, str, Sequence[Mapping[str, Any]]]]:
    if not isinstance(content, dict):
        msg = f"{path}: expected an object of exchanges, found {type(content).__name__}"
        raise DataError(msg)
    for exchange, products in content.items():
        if not isinstance(products, dict):
            msg = f"{path}: {exchange}: expected an object of products"
            raise DataError(msg)
        for code, listed in products.items():
            if not isinstance(listed, list) or not all(map(_is_row, listed)):
                msg = (
                    f"{path}: {exchange}.{code}: expected rows with date, from, to, "
                    "oldclose and newclose"
                )
                raise DataError(msg)
            if listed:
                yield exchange, code, listed


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and is_day(row.get("date"))
        and isinstance(row.get("from"), str)
        and isinstance(row.get("to"), str)
        and all(isinstance(row.get(name), int | Decimal) for name in ("oldclose", "newclose"))
    )


def _series(
    exchange: str,
    listed: Sequence[Mapping[str, Any]],
    contracts: Contracts,
    last: int,
    source: str,
) -> MainSeries:
    rolls: list[Roll] = []
    product = ""
    for row in sorted(listed, key=lambda row: row["date"]):
        symbol = contracts.parse(row["to"], exchange, row["date"])
        before = row["from"] and contracts.parse(row["from"], exchange, row["date"])
        product = product or product_of(symbol)
        from_day = contracts.at_or_after(symbol, row["date"])
        if not from_day:
            msg = f"{product}: no trading day is known at or after {row['date']}"
            raise DataError(msg)
        rolls.append(
            Roll(
                product=product,
                from_day=from_day,
                to_day=max(last, from_day),
                symbol=symbol,
                previous=before,
                close=_price(row["newclose"]) if before else None,
                previous_close=_price(row["oldclose"]) if before else None,
                source=source,
            )
        )
    ended = [attrs.evolve(a, to_day=day_before(b.from_day)) for a, b in pairwise(rolls)]
    return MainSeries(product, (*ended, rolls[-1]))


def _price(value: int | Decimal) -> Decimal | None:
    price = Decimal(value)
    if price <= 0:
        return None
    return Decimal(int(price)) if price == int(price) else price


def _goes_back(roll: Roll) -> bool:
    if not roll.previous:
        return False
    day = roll.from_day
    return delivery_month(roll.symbol, day) <= delivery_month(roll.previous, day)
