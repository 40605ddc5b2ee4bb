"""A small market of this package's own: plugins never import each other, nor do their tests."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal, Protocol

import pytest
from attrs import Factory, define, frozen

from homalos.errors import MarketError, UnknownInstrument
from homalos.model import Instrument
from homalos.plugins.ports import Fact, ImportContext, Session

_CHINA = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_HOURS = (("09:00", "10:15"), ("10:30", "11:30"), ("13:30", "15:00"))
_INDEX_HOURS = (("09:30", "11:30"), ("13:00", "15:00"))
# (exchange, tick size, multiplier, close of the night session), as the exchanges' contract
# specifications have them; the night's close is that of 2019.
_PRODUCTS = {
    "rb": ("SHFE", 1.0, 10, "23:00"),
    "hc": ("SHFE", 1.0, 10, "23:00"),
    "ru": ("SHFE", 5.0, 10, "23:00"),
    "ag": ("SHFE", 1.0, 15, "23:00"),
    "au": ("SHFE", 0.02, 1000, "23:00"),
    "bu": ("SHFE", 2.0, 10, "23:00"),
    "cu": ("SHFE", 10.0, 5, "23:00"),
    "ni": ("SHFE", 10.0, 1, "23:00"),
    "pb": ("SHFE", 5.0, 5, "23:00"),
    "eg": ("DCE", 1.0, 10, "23:00"),
    "pp": ("DCE", 1.0, 5, "23:00"),
    "y": ("DCE", 2.0, 10, "23:00"),
    "jd": ("DCE", 1.0, 10, None),
    "i": ("DCE", 0.5, 100, "23:00"),
    "m": ("DCE", 1.0, 10, "23:00"),
    "AP": ("CZCE", 1.0, 10, None),
    "CF": ("CZCE", 5.0, 5, "23:00"),
    "MA": ("CZCE", 1.0, 10, "23:00"),
    "SA": ("CZCE", 1.0, 20, "23:00"),
    "RM": ("CZCE", 1.0, 10, "23:00"),
    "TA": ("CZCE", 2.0, 5, "23:00"),
    "sc": ("INE", 0.1, 1000, "23:00"),
    "lu": ("INE", 1.0, 10, "23:00"),
    "IF": ("CFFEX", 0.2, 300, None),
    "T": ("CFFEX", 0.005, 10000, None),
}


def to_ns(moment: datetime) -> int:
    """Return an instant as nanoseconds UTC, by whole microseconds."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _next_weekday(day: datetime) -> datetime:
    day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def _number(day: datetime) -> int:
    return int(day.strftime("%Y%m%d"))


def _date(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=_CHINA)


class WeekdayMarket:
    """Chinese futures, at +08:00, on a calendar in which every weekday is a trading day.

    Attributes:
        stamps: How often `stamp` was asked.
    """

    exchanges = frozenset({"SHFE", "DCE", "CZCE", "INE", "CFFEX"})
    timezone = "Asia/Shanghai"

    def __init__(self) -> None:
        """Begin."""
        self.stamps = 0

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Return `code.EXCHANGE` of a code, with or without its exchange."""
        del on_day
        found = re.fullmatch(r"([A-Za-z]+)\d{3,4}(\.[A-Z]+)?", text)
        product = _PRODUCTS.get(found[1]) if found else None
        if product is None or exchange not in ("", product[0]):
            msg = f"{text!r} is no contract here"
            raise UnknownInstrument(msg)
        return f"{text.partition('.')[0]}.{product[0]}"

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return the contract of a symbol."""
        code = re.match(r"[A-Za-z]+", symbol)
        if code is None or code[0] not in _PRODUCTS:
            msg = f"{symbol!r} is no contract here"
            raise UnknownInstrument(msg)
        _, tick_size, multiplier, _ = _PRODUCTS[code[0]]
        if code[0] == "au" and on_day is not None and on_day < 20191210:
            tick_size = 0.05  # SHFE made it 0.02 on that day
        return Instrument(symbol, code[0], tick_size, multiplier)

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Refuse: a reader of files asks for no facts."""
        raise NotImplementedError

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return the night before, where the product has one, and the day."""
        day = _date(str(trading_day))
        if day.weekday() >= 5:
            msg = f"{trading_day} is no trading day"
            raise MarketError(msg)
        exchange, _, _, night = _PRODUCTS[self.resolve(symbol).product]
        hours = _INDEX_HOURS if exchange == "CFFEX" else _DAY_HOURS
        spans = [(day, start, end) for start, end in hours]
        if night is not None:
            eve = day - timedelta(days=3 if day.weekday() == 0 else 1)
            spans.insert(0, (eve, "21:00", night))
        return tuple(
            Session(to_ns(_at(day, start)), to_ns(_at(day, end)), trading_day)
            for day, start, end in spans
        )

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Return the weekday of an instant; from 15:00 on the next one."""
        del symbol
        moment = (_EPOCH + timedelta(microseconds=ts_ns // 1000)).astimezone(_CHINA)
        if moment.hour >= 15 or moment.weekday() >= 5:
            moment = _next_weekday(moment)
        return _number(moment)

    def stamp(
        self, symbol: str, *, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Read ActionDay as the natural day; without it an evening is the one before."""
        self.stamps += 1
        day = _date(action_day or trading_day)
        if not action_day and time >= "20:00:00":
            day -= timedelta(days=3 if day.weekday() == 0 else 1)
        ts_ns = to_ns(_at(day, time)) + millisecond * 1_000_000
        return ts_ns, int(trading_day or self.trading_day(symbol, ts_ns))


def _at(day: datetime, clock: str) -> datetime:
    hour, minute, *second = map(int, clock.split(":"))
    return day.replace(hour=hour, minute=minute, second=second[0] if second else 0)


@frozen
class BadRow:
    """What a reader said of a row."""

    file: str
    line: int
    reason: str
    fault: str = "unreadable"


@define
class Reading:
    """A context for a reader, and what it complained of."""

    context: ImportContext
    market: WeekdayMarket
    bad_rows: list[BadRow] = Factory(list)

    @property
    def reasons(self) -> list[tuple[int, str]]:
        """Return (line, reason) of the bad rows."""
        return [(row.line, row.reason) for row in self.bad_rows]


class MakeReading(Protocol):
    """Makes a `Reading`."""

    def __call__(  # noqa: D102  the class says it
        self,
        symbol: str | None = None,
        interval: str | None = None,
        label: Literal["start", "end"] | None = None,
    ) -> Reading: ...


@pytest.fixture
def reading() -> MakeReading:
    """Give a maker of contexts that keep the bad rows."""

    def make(
        symbol: str | None = None,
        interval: str | None = None,
        label: Literal["start", "end"] | None = None,
    ) -> Reading:
        market = WeekdayMarket()
        bad_rows: list[BadRow] = []
        context = ImportContext(
            parse_symbol=lambda code, exchange: market.parse_symbol(code, exchange=exchange),
            market=lambda _: market,
            instrument=market.resolve,
            bad_row=lambda *row: bad_rows.append(BadRow(*row)),
            symbol=symbol,
            interval=interval,
            label=label,
        )
        return Reading(context, market, bad_rows)

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Give a writer of text files into the test's own folder; `.gz` is compressed."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return make
