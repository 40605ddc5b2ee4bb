"""The contracts of a file: their symbol, their grid, and when their clock times are."""

from __future__ import annotations

from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any

from homalos.errors import MarketError
from homalos_storage.readers.values import (
    MILLISECOND,
    SECOND,
    Prices,
    day_text,
    is_missing,
    number,
)
from homalos_storage.readers.wall_clock import WallClock

if TYPE_CHECKING:
    from homalos.model import Instrument
    from homalos.plugins.ports import ImportContext

__all__ = ["Contract", "Contracts", "Milliseconds"]

_SECONDS = {f":{second:02}": second * SECOND for second in range(60)}
_DIGITS = 9  # of a fraction of a second; nanoseconds
_KEPT = 16_384  # minutes remembered; a trading day has up to 600
_EXPECTED_TIME = "expected a time such as 09:00:00 or 09:00:00.5"


class Contract:
    """One contract: what reading its rows needs, bound once.

    Attributes:
        symbol: `CODE.EXCHANGE`.
        day: The trading day whose grid holds, 0 before the first row.
        instrument: The contract on that day.
        prices: Cells to prices that can be traded at, on its grid.
        settlements: Cells to settlement prices, which may stand off the grid.
    """

    def __init__(self, symbol: str, context: ImportContext) -> None:
        """Ask for the contract and its market.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        self.symbol = symbol
        self.market = context.market(symbol)
        self._take(context.instrument(symbol))
        self.day = 0
        self._minutes: dict[tuple[Any, Any, str], tuple[int, int]] = {}
        self._day_from = 0
        self._day_until = 0
        self._day = 0

    def turn_to(self, day: int) -> None:
        """Take the price grid of a trading day: exchanges change the tick of a product.

        Raises:
            UnknownInstrument: The market does not know the contract on that day.
        """
        instrument = self.market.resolve(self.symbol, on_day=day)
        if instrument.tick_size != self.instrument.tick_size:
            self._take(instrument)
        self.day = day

    @cached_property
    def clock(self) -> WallClock:
        """Return the clock of the market's zone."""
        return WallClock(self.market.timezone)

    def stamp(
        self, trading_day: Any, action_day: Any, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Return (ts_ns, trading day) of an exchange's own date and time fields.

        The market is asked once a minute: sessions begin and end on whole minutes, so
        what it says of one second holds for the minute.

        Args:
            trading_day: A cell.
            action_day: A cell.
            time: H:MM:SS, with or without a fraction.
            millisecond: In nanoseconds, 0 to 999,000,000.

        Raises:
            ValueError: A field cannot be read, or the dates contradict each other.
        """
        second = _SECONDS.get(time[5:])
        if second is None:
            time, fraction = _clock_time(time)
            if fraction and millisecond:
                msg = f"found {time!r} with a fraction and milliseconds beside it, expected one"
                raise ValueError(msg)
            second = _SECONDS[time[5:]] + fraction
        minute = (trading_day, action_day, time[:5])
        start_ns, day = self._minutes.get(minute) or self._ask(*minute)
        return start_ns + second + millisecond, day

    def trading_day(self, ts_ns: int) -> int:
        """Return the trading day of an instant; the market is asked once a day.

        Raises:
            MarketError: The instant is outside the calendar.
        """
        if self._day_from <= ts_ns < self._day_until:
            return self._day
        day = self.market.trading_day(self.symbol, ts_ns)
        sessions = self.market.sessions(self.symbol, day)
        if sessions:  # between the first and the last of a day's sessions it is that day
            self._day, self._day_from = day, sessions[0].start_ns
            self._day_until = sessions[-1].end_ns
        return day

    def day_range(self, ts_ns: int) -> tuple[int, int]:
        """Return (trading day, an instant up to which it surely lasts), > `ts_ns`.

        Raises:
            MarketError: The instant is outside the calendar.
        """
        day = self.trading_day(ts_ns)
        known = self._day_from <= ts_ns < self._day_until
        return day, self._day_until if known else ts_ns + 1

    def whole_day(self, trading_day: int) -> tuple[int, int]:
        """Return (start of the first session, end of the last) of a trading day.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        sessions = self.market.sessions(self.symbol, trading_day)
        if not sessions:
            msg = f"found {trading_day}, on which {self.symbol} has no session"
            raise MarketError(msg)
        return sessions[0].start_ns, sessions[-1].end_ns

    def close_by(self, trading_day: int, start_ns: int, end_ns: int) -> int:
        """Return when a stretch is over: with the last session in it, or at its own end.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        for session in reversed(self.market.sessions(self.symbol, trading_day)):
            if session.start_ns < end_ns and session.end_ns > start_ns:
                return min(end_ns, session.end_ns)
        return end_ns

    def _ask(self, trading_day: Any, action_day: Any, minute: str) -> tuple[int, int]:
        """Ask the market when a minute begins, and on which trading day."""
        if not (minute[2] == ":" and minute[:2].isdecimal() and minute[3:].isdecimal()):
            msg = f"found {minute!r}, {_EXPECTED_TIME}"
            raise ValueError(msg)
        found = self.market.stamp(
            self.symbol,
            trading_day=day_text(trading_day),
            action_day=day_text(action_day),
            time=f"{minute}:00",
            millisecond=0,
        )
        if len(self._minutes) >= _KEPT:
            self._minutes.clear()
        self._minutes[trading_day, action_day, minute] = found
        return found

    def _take(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.prices = Prices(instrument)
        self.settlements = Prices(instrument, strict=False)


def _clock_time(text: str) -> tuple[str, int]:
    """Return (HH:MM:SS, its fraction in nanoseconds) of a clock time as files write it."""
    whole, _, digits = text.strip().partition(".")
    whole = whole.zfill(8)
    if digits and not (digits.isdecimal() and len(digits) <= _DIGITS):
        whole = ""
    if len(whole) != 8 or whole[5:] not in _SECONDS:  # HH:MM:SS
        msg = f"found {text!r}, {_EXPECTED_TIME}"
        raise ValueError(msg)
    return whole, int(digits.ljust(_DIGITS, "0")) if digits else 0


class Milliseconds(dict[Any, int]):
    """The nanoseconds of a cell of milliseconds, remembered once read."""

    def __missing__(self, cell: Any) -> int:
        """Read a cell for the first time.

        Raises:
            ValueError: It is no whole number from 0 to 999.
        """
        value = number(cell)
        whole = 0 if isnan(value) else int(value)
        if not isnan(value) and not (whole == value and 0 <= whole < 1000):
            msg = f"found {cell!r}, expected milliseconds from 0 to 999"
            raise ValueError(msg)
        if cell == cell:  # noqa: PLR0124  nan as a key would be found by no other nan
            self[cell] = whole * MILLISECOND
        return whole * MILLISECOND


class Contracts(dict[tuple[Any, Any], "Contract | None"]):
    """The contracts of a file by (code, exchange) as its rows write them.

    Looking one up gives `None` for a symbol other than the one asked for.
    """

    def __init__(self, context: ImportContext) -> None:
        """Begin empty."""
        super().__init__()
        self._context = context
        self._known: dict[str, Contract] = {}

    def __missing__(self, key: tuple[Any, Any]) -> Contract | None:
        """Ask the market what a code means.

        Raises:
            UnknownInstrument: No market knows it, and no single symbol is asked for.
            ValueError: The cell is empty.
        """
        only = self._context.symbol
        code, exchange = ("" if is_missing(cell) else str(cell).strip() for cell in key)
        if not code:
            msg = "found no code, expected that of a contract such as rb2510"
            raise ValueError(msg)
        try:
            symbol = self._context.parse_symbol(code, exchange)
        except MarketError:
            if only is None:
                raise
            symbol = ""
        if only is not None and symbol != only:
            self[key] = None
            return None
        if symbol not in self._known:
            self._known[symbol] = Contract(symbol, self._context)
        self[key] = self._known[symbol]
        return self._known[symbol]
