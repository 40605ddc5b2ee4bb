"""Fees: what was charged, in whole numbers, and what that comes to."""

from __future__ import annotations

from decimal import Decimal

from homalos.engine.ledger.amounts import EXACT, MICRO, PLACES
from homalos.model import Fee, Instrument

__all__ = ["FeeLine", "fee_scale"]


class FeeLine:
    """The turnover and lots that one fee was charged on.

    Attributes:
        scale: Decimal places that its amounts are counted in.
        turnover: Millionths x lots charged so far, before the multiplier.
        lots: Charged so far.
    """

    __slots__ = ("lots", "per_lot", "per_unit", "scale", "turnover", "units_a_lot", "units_a_micro")

    def __init__(self, fee: Fee, multiplier: int, scale: int) -> None:
        self.per_unit = float(fee.rate) * multiplier / MICRO
        self.per_lot = float(fee.per_lot)
        self.scale = scale
        self.units_a_micro = _units(EXACT.multiply(fee.rate, multiplier), scale - PLACES)
        self.units_a_lot = _units(fee.per_lot, scale)
        self.turnover = 0
        self.lots = 0

    def charge(self, turnover: int, lots: int) -> float:
        """Charge turnover (millionths x lots) and lots; return about what it costs."""
        self.turnover += turnover
        self.lots += lots
        return turnover * self.per_unit + lots * self.per_lot

    def units(self, turnover: int, lots: int) -> int:
        """Return what turnover (millionths x lots) and lots cost, exact, in 1/10**scale."""
        return turnover * self.units_a_micro + lots * self.units_a_lot


def fee_scale(instrument: Instrument) -> int:
    """Return the decimal places in which every fee of a contract is a whole number."""
    fees = (
        instrument.fee_open,
        instrument.fee_close,
        instrument.fee_close_today,
        instrument.fee_delivery,
    )
    return max(max(PLACES + _places(fee.rate), _places(fee.per_lot)) for fee in fees)


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _units(number: Decimal, scale: int) -> int:
    return int(EXACT.scaleb(number, scale))
