"""Fees: what was charged, in whole numbers, and what that comes to."""

from __future__ import annotations

from decimal import Decimal

from homalos.engine.ledger.amounts import EXACT, MICRO, amount
from homalos.model import Fee, Instrument

__all__ = ["FeeLine", "fee_of", "posting_fee"]


class FeeLine:
    """The turnover and lots that one fee was charged on.

    Attributes:
        fee: Its terms.
        turnover: Millionths x lots charged so far, before the multiplier.
        lots: Charged so far.
    """

    __slots__ = ("fee", "lots", "multiplier", "per_lot", "per_unit", "turnover")

    def __init__(self, fee: Fee, multiplier: int) -> None:
        self.fee = fee
        self.multiplier = multiplier
        self.per_unit = float(fee.rate) * multiplier / MICRO
        self.per_lot = float(fee.per_lot)
        self.turnover = 0
        self.lots = 0

    def charge(self, turnover: int, lots: int) -> float:
        """Charge turnover (millionths x lots) and lots; return about what it costs."""
        self.turnover += turnover
        self.lots += lots
        return turnover * self.per_unit + lots * self.per_lot

    def amount(self) -> Decimal:
        """Return what was charged so far, currency, exact."""
        return fee_of(self.fee, self.turnover, self.lots, self.multiplier)


def fee_of(fee: Fee, turnover: int, lots: int, multiplier: int) -> Decimal:
    """Return what a fee comes to, currency, exact.

    Args:
        fee: Its terms.
        turnover: Millionths x lots, before the multiplier.
        lots: As many as are charged.
        multiplier: Units a lot.
    """
    share = EXACT.multiply(amount(turnover, multiplier), fee.rate)
    return EXACT.add(share, EXACT.multiply(lots, fee.per_lot))


def posting_fee(
    instrument: Instrument, price: int, opened: int, today: int, earlier: int
) -> Decimal:
    """Return the fee of one fill at a price in millionths, currency, exact.

    Args:
        instrument: The terms that held.
        price: Millionths.
        opened: Lots that it opened.
        today: Lots of its own day that it closed.
        earlier: Lots of earlier days that it closed.
    """
    fee = Decimal(0)
    for terms, lots in (
        (instrument.fee_open, opened),
        (instrument.fee_close_today, today),
        (instrument.fee_close, earlier),
    ):
        if lots:
            fee = EXACT.add(fee, fee_of(terms, price * lots, lots, instrument.multiplier))
    return fee
