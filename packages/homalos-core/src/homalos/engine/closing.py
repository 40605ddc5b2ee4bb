"""What a wish to open or close becomes at its venue. Pure: no clock, no bus.

A strategy says `close`; what its venue wants to hear depends on the contract. Where a
close must say which lots it takes (SHFE, INE) it is split into one of today's lots and
one of earlier ones, the cheaper part first. An account that locks opens the other side
where it would have to close lots of today.
"""

from __future__ import annotations

from typing import Literal, Protocol

from homalos.model import CloseFirst, Direction, Fee, Instrument, Offset, OffsetRule
from homalos.plugins.ports import Refusal

__all__ = ["RULE", "CloseToday", "Closing", "Part", "closable", "free", "plan"]

RULE = "closable"
"""The name under which a close of more than may be closed is refused."""

CloseToday = Literal["close", "lock", "cheaper"]
"""What an account does with lots of today: see `homalos.config.AccountSettings.close_today`."""

Part = tuple[Offset, int]
"""An offset and its lots."""

_LONG = Direction.LONG
_NONE, _OPEN, _CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
_TODAY, _EARLIER = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY


class Closing(Protocol):
    """What an account holds and works in one instrument; lots, all >= 0. Read only."""

    instrument: Instrument
    long: int
    short: int
    long_today: int
    short_today: int
    closing_long: int
    closing_short: int
    closing_long_today: int
    closing_short_today: int
    opening_long: int
    opening_short: int


def free(position: Closing, side: Direction) -> tuple[int, int]:
    """Return the (earlier, today's) lots of one side that no working order closes yet.

    Under `OffsetRule.DATED` each working close has said which lots it takes. Elsewhere
    they take what `Instrument.close_first` says, and where lots must be held over night
    they can only take earlier ones.
    """
    if side is _LONG:
        held, today = position.long, position.long_today
        closing, dated = position.closing_long, position.closing_long_today
    else:
        held, today = position.short, position.short_today
        closing, dated = position.closing_short, position.closing_short_today
    instrument = position.instrument
    if instrument.offsets is OffsetRule.DATED:
        return max(held - today - closing + dated, 0), max(today - dated, 0)
    left = max(held - closing, 0)
    if instrument.close_first is CloseFirst.TODAY and not instrument.closable_after:
        of_today = min(max(today - closing, 0), left)
        return left - of_today, of_today
    earlier = min(max(held - today - closing, 0), left)
    return earlier, left - earlier


def plan(
    position: Closing,
    direction: Direction,
    offset: Offset,
    volume: int,
    *,
    price: float,
    nets: bool = False,
    close_today: CloseToday = "close",
) -> tuple[Part, ...] | Refusal:
    """Say which orders a wish becomes, or why it may not leave.

    Args:
        position: What the account holds in the contract.
        direction: Of the order: a close by `Direction.LONG` closes short lots.
        offset: What was wished. `CLOSE` leaves the choice of lots to this plan, `NONE`
            also how many are closed: the rest opens. `CLOSETODAY` and `CLOSEYESTERDAY`
            choose, where the venue knows them, and are a `CLOSE` elsewhere.
        volume: Lots. One that is not above 0 is passed on, for others to refuse.
        price: What the fees are compared at, currency per unit; nan where none is known.
        nets: Whether the account nets: its orders have no offset.
        close_today: What the account does with lots of today.

    Returns:
        The parts in the order in which they are to be sent, at least one, whose lots
        add up to `volume`; or the refusal.
    """
    instrument = position.instrument
    if nets or instrument.offsets is OffsetRule.NONE:
        return _netted(position, direction, volume)
    if volume <= 0:
        return ((offset, volume),)
    if instrument.closable_after:
        close_today = "close"
    if offset is _OPEN:
        return _opened(position, direction, volume, close_today)
    if offset is _NONE:
        return _turned(position, direction, volume, price, close_today)
    if offset is not _CLOSE and instrument.offsets is OffsetRule.DATED:
        return _chosen(position, direction, offset, volume)
    return _closed(position, direction, volume, price, close_today)


# -- each kind of wish ---------------------------------------------------------------


def _netted(position: Closing, direction: Direction, volume: int) -> tuple[Part, ...] | Refusal:
    """Pass on an order that closes what stands against it; only T+1 can stand in its way."""
    if position.instrument.closable_after:
        side = _other(direction)
        earlier, today = free(position, side)
        closes = min(volume, earlier + today)
        if closes > earlier:
            return _refused(position, side, closes, earlier, "")
    return ((_NONE, volume),)


def _turned(
    position: Closing, direction: Direction, volume: int, price: float, close_today: CloseToday
) -> tuple[Part, ...] | Refusal:
    """Close what stands against the order as far as may be, and open the rest."""
    side = _other(direction)
    most = closable(position, side, close_today)
    if position.instrument.closable_after and volume > most and free(position, side)[1]:
        return _refused(position, side, volume, most)
    closes = min(volume, most)
    if not closes:
        return _opened(position, direction, volume, close_today)
    closed = _closed(position, direction, closes, price, close_today)
    if isinstance(closed, Refusal) or closes == volume:
        return closed
    opens = volume - closes
    if closed[-1][0] is _OPEN:
        # What locks and what opens is one order.
        return (*closed[:-1], (_OPEN, closed[-1][1] + opens))
    return (*closed, (_OPEN, opens))


def _closed(
    position: Closing, direction: Direction, volume: int, price: float, close_today: CloseToday
) -> tuple[Part, ...] | Refusal:
    """Close lots of any day that may be closed, the cheaper ones first."""
    instrument = position.instrument
    side = _other(direction)
    most = closable(position, side, close_today)
    if volume > most:
        return _refused(position, side, volume, most)
    earlier, today = free(position, side)
    if close_today == "lock" or (close_today == "cheaper" and _lock_is_cheaper(instrument, price)):
        return _locked(instrument, volume, earlier, today)
    if instrument.offsets is OffsetRule.PLAIN:
        return ((_CLOSE, volume),)
    if _today_is_cheaper(instrument, price) and not instrument.closable_after:
        first = min(volume, today)
        return _parts((_TODAY, first), (_EARLIER, volume - first))
    first = min(volume, earlier)
    return _parts((_EARLIER, first), (_TODAY, volume - first))


def _chosen(
    position: Closing, direction: Direction, offset: Offset, volume: int
) -> tuple[Part, ...] | Refusal:
    """Close the lots that were asked for, of today or of earlier days, and no others."""
    side = _other(direction)
    earlier, today = free(position, side)
    most, which = earlier, "of earlier days"
    if offset is _TODAY:
        most, which = 0 if position.instrument.closable_after else today, "of today"
    if volume > most:
        return _refused(position, side, volume, most, which)
    return ((offset, volume),)


def _opened(
    position: Closing, direction: Direction, volume: int, close_today: CloseToday
) -> tuple[Part, ...]:
    """Open lots; an account that locks gives up locks of earlier days first.

    Lots of the other side are locked as far as lots of the order's own side stand
    against them. To close one makes the account as much longer or shorter as to open one.
    """
    if close_today == "close":
        return ((_OPEN, volume),)
    theirs, of_today = free(position, _other(direction))
    unlocked = min(volume, theirs, sum(free(position, direction)))
    dated = position.instrument.offsets is OffsetRule.DATED
    if not dated and of_today and position.instrument.close_first is CloseFirst.TODAY:
        # A plain close would take lots of today before the locked ones.
        unlocked = 0
    return _parts((_EARLIER if dated else _CLOSE, unlocked), (_OPEN, volume - unlocked))


def _locked(instrument: Instrument, volume: int, earlier: int, today: int) -> tuple[Part, ...]:
    """Close what is of earlier days, and open the other side for what is of today."""
    if instrument.offsets is OffsetRule.DATED:
        closes = min(volume, earlier)
        return _parts((_EARLIER, closes), (_OPEN, volume - closes))
    if instrument.close_first is CloseFirst.TODAY:
        # Any close would take lots of today first.
        closes = 0 if today else volume
    else:
        closes = min(volume, earlier)
    return _parts((_CLOSE, closes), (_OPEN, volume - closes))


def closable(position: Closing, side: Direction, close_today: CloseToday) -> int:
    """Return how many lots of a side a plain close may be of.

    Lots that must be held over night are not among them before the next day, and in an
    account that locks none that are locked.
    """
    earlier, today = free(position, side)
    if position.instrument.closable_after:
        return earlier
    if close_today == "close":
        return earlier + today
    return max(earlier + today - _against(position, side), 0)


def _against(position: Closing, side: Direction) -> int:
    """Return the lots that lock lots of a side, or are on their way to."""
    if side is _LONG:
        return position.short - position.closing_short + position.opening_short
    return position.long - position.closing_long + position.opening_long


def _parts(first: Part, second: Part) -> tuple[Part, ...]:
    if not second[1]:
        return (first,)
    if not first[1]:
        return (second,)
    return (first, second)


def _other(direction: Direction) -> Direction:
    return Direction.SHORT if direction is _LONG else _LONG


# -- what it costs -------------------------------------------------------------------


def _cost(fee: Fee, instrument: Instrument, price: float) -> float:
    rate = float(fee.rate)
    share = rate * price * instrument.multiplier if rate else 0.0
    return share + float(fee.per_lot)


def _today_is_cheaper(instrument: Instrument, price: float) -> bool:
    """Say whether a lot of today costs less to close; nan, as any tie, says no."""
    today, earlier = instrument.fee_close_today, instrument.fee_close
    return _cost(today, instrument, price) < _cost(earlier, instrument, price)


def _lock_is_cheaper(instrument: Instrument, price: float) -> bool:
    """Say whether to open the other side now and close both later costs less."""
    lock = _cost(instrument.fee_open, instrument, price)
    lock += 2 * _cost(instrument.fee_close, instrument, price)
    return lock < _cost(instrument.fee_close_today, instrument, price)


# -- refusals ------------------------------------------------------------------------


def _refused(
    position: Closing, side: Direction, wished: int, most: int, which: str = ""
) -> Refusal:
    """Return a refusal that names what is held, what may be closed and what was wished."""
    instrument = position.instrument
    if side is _LONG:
        held, today, closing = position.long, position.long_today, position.closing_long
    else:
        held, today, closing = position.short, position.short_today, position.closing_short
    position_of = f"the {side} position {which}".rstrip()
    message = (
        f"{wished} lots of {position_of} in {instrument.symbol} were to be closed and {most} "
        f"may be: {held} are held, {today} of them opened today, {closing} are being closed"
    )
    if instrument.closable_after:
        message += "; lots opened today may not be closed before tomorrow"
    return Refusal(message, wished, most)
