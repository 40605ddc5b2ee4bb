"""From an exchange's own date and time fields to an instant and a trading day.

By day every exchange writes the same date into TradingDay and ActionDay. At
night SHFE and INE write the trading day into the one and the natural day into
the other, as they should; DCE writes the trading day into both, and CZCE the
natural day into both. Recorders often mend that, and some leave a field out.

What is read how, for a time from 20:00 to 06:00:

- Two different dates are right: ActionDay is the date, and TradingDay must be
  the trading day that follows it. After midnight the date is the one after
  the evening of the night session, whichever of the two ActionDay names.
- Two equal dates, or TradingDay alone, are the natural day where the exchange
  writes that (CZCE), else the trading day (DCE; after midnight SHFE and INE).
  Two equal dates on an evening of SHFE or INE, which never sends them, are an
  error when both readings would be in a night session.
- ActionDay alone is the natural day.
- An evening that is in no night session by these rules keeps its date: fronts
  repeat a day's last snapshot in the evening after it.

Between 06:00 and 20:00 the date is ActionDay, else TradingDay.
"""

from __future__ import annotations

from collections.abc import Callable

from homalos_china.calendar import SECOND_NS, TradingCalendar, midnight_ns, ordinal_of
from homalos_china.products import Product
from homalos_china.sessions import SessionTable

__all__ = ["Stamper"]

_MORNING = 6 * 3_600
_EVENING = 20 * 3_600
_KEPT = 16_384

# (local midnight in ns UTC, trading day) before the morning, by day and in the evening.
_Reading = tuple[int, int]
_Plan = tuple[_Reading, _Reading, _Reading]
_CONTRADICTION: _Reading = (0, 0)


class Stamper:
    """The readings of the date fields, worked out once for each pair of dates. Any thread.

    Args:
        calendar: The trading days.
        table: Tells which evenings have a night session.
        product_of: The product of a symbol.
    """

    def __init__(
        self,
        calendar: TradingCalendar,
        table: SessionTable,
        product_of: Callable[[str], Product],
    ) -> None:
        self._calendar = calendar
        self._table = table
        self._product_of = product_of
        self._plans: dict[tuple[str, str, str], _Plan] = {}
        self._minutes = {
            f"{hour:{width}}:{minute:02}": (hour * 60 + minute) * 60
            for hour in range(24)
            for minute in range(60)
            for width in ("02", "")
        }
        self._seconds = {f":{second:02}": second for second in range(60)}

    def stamp(
        self, symbol: str, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Return (ts_ns, trading day) of an exchange's own date and time fields.

        Raises:
            ValueError: A field cannot be read, or the dates contradict each other.
            MarketError: A date is outside the calendar.
            UnknownInstrument: This market has no such product.
        """
        plan = self._plans.get((symbol, trading_day, action_day))
        if plan is None:
            plan = self._keep_plan(symbol, trading_day, action_day)
        try:
            second = self._minutes[time[:-3]] + self._seconds[time[-3:]]
        except KeyError:
            msg = f"time {time!r} cannot be read; expected HH:MM:SS"
            raise ValueError(msg) from None
        if not 0 <= millisecond <= 999:
            msg = f"millisecond {millisecond} is not from 0 to 999"
            raise ValueError(msg)
        if second < _MORNING:
            base_ns, day = plan[0]
        elif second < _EVENING:
            base_ns, day = plan[1]
        else:
            base_ns, day = plan[2]
            if not day:
                msg = (
                    f"TradingDay and ActionDay of {symbol} are both {trading_day} at {time}:"
                    " the evening before that trading day, or the evening of that date?"
                )
                raise ValueError(msg)
        return base_ns + second * SECOND_NS + millisecond * 1_000_000, day

    def _keep_plan(self, symbol: str, trading_day: str, action_day: str) -> _Plan:
        product = self._product_of(symbol)
        trading, action = _date(trading_day, "TradingDay"), _date(action_day, "ActionDay")
        if trading and action and trading != action:
            plan = self._differing(product, trading, action)
        elif action and not trading:
            plan = self._natural(product, action)
        elif not trading:
            msg = "neither TradingDay nor ActionDay is given; one is needed"
            raise ValueError(msg)
        elif product.exchange.night_dates == "natural":
            plan = self._natural(product, trading)
        else:
            plan = self._trading(product, trading)
            if action and product.exchange.night_dates == "right":
                plan = (plan[0], plan[1], self._either(product, trading, plan[2]))
        if len(self._plans) >= _KEPT:
            self._plans.clear()
        self._plans[symbol, trading_day, action_day] = plan
        return plan

    def _differing(self, product: Product, trading: int, action: int) -> _Plan:
        ordinal = ordinal_of(action)
        if self._calendar.on_or_after(ordinal + 1) != trading:
            msg = f"TradingDay {trading} is not the trading day after ActionDay {action}"
            raise ValueError(msg)
        given = (midnight_ns(ordinal), trading)
        evening = self._table.night_evening(product, trading)
        small = given if evening is None else (midnight_ns(evening + 1), trading)
        return small, given, given

    def _natural(self, product: Product, day: int) -> _Plan:
        """Read one date as the day on the wall calendar."""
        ordinal = ordinal_of(day)
        own = (midnight_ns(ordinal), self._calendar.on_or_after(ordinal))
        following = self._following(product, ordinal)
        return own, own, (own[0], following) if following else own

    def _trading(self, product: Product, day: int) -> _Plan:
        """Read one date as the trading day."""
        if not self._calendar.is_trading_day(day):
            msg = f"TradingDay {day} is not a trading day"
            raise ValueError(msg)
        own = (midnight_ns(ordinal_of(day)), day)
        evening = self._table.night_evening(product, day)
        if evening is None:
            return own, own, own
        return (midnight_ns(evening + 1), day), own, (midnight_ns(evening), day)

    def _either(self, product: Product, day: int, before: _Reading) -> _Reading:
        """Choose between the evening before a trading day, as read, and its own evening."""
        ordinal = ordinal_of(day)
        own_ns = midnight_ns(ordinal)
        following = self._following(product, ordinal)
        if not following:
            return before
        return (own_ns, following) if before[0] == own_ns else _CONTRADICTION

    def _following(self, product: Product, ordinal: int) -> int:
        """Return the trading day whose night session begins on the evening of a date, or 0."""
        if ordinal >= ordinal_of(self._calendar.last):
            return 0
        day = self._calendar.on_or_after(ordinal + 1)
        return day if self._table.night_evening(product, day) == ordinal else 0


def _date(text: str, field: str) -> int:
    """Read yyyymmdd; 0 says that the field is empty."""
    if not text:
        return 0
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        msg = f"{field} {text!r} cannot be read; expected yyyymmdd, or nothing"
        raise ValueError(msg)
    return int(text)
