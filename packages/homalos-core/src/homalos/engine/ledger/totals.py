"""The money of a trading day: how the exact sums become the figures of a statement."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from attrs import field, frozen

from homalos.engine.ledger.amounts import EXACT, cents
from homalos.model import Funds, TransferLine

__all__ = ["DayTotals", "total_funds"]

_PLACES = Decimal("0.0001")
_ZERO = Decimal(0)


@frozen(kw_only=True)
class DayTotals:
    """What the figures of `Funds` are rounded from, currency, exact.

    Attributes:
        deposits: What came in, >= 0.
        withdrawals: What went out, >= 0.
        balance: What the account is worth after the day.
    """

    before: Decimal
    transfers: tuple[TransferLine, ...]
    realised: Decimal
    realised_by_trade: Decimal
    marked: Decimal
    floating: Decimal
    fees: Decimal
    margin: Decimal
    deposits: Decimal = field(init=False)
    withdrawals: Decimal = field(init=False)
    balance: Decimal = field(init=False)

    @deposits.default
    def _add_deposits(self) -> Decimal:
        total = _ZERO
        for line in self.transfers:
            total = EXACT.add(total, max(line.amount, _ZERO))
        return total

    @withdrawals.default
    def _add_withdrawals(self) -> Decimal:
        total = _ZERO
        for line in self.transfers:
            total = EXACT.add(total, max(-line.amount, _ZERO))
        return total

    @balance.default
    def _make_balance(self) -> Decimal:
        add, subtract = EXACT.add, EXACT.subtract
        total = add(add(add(self.before, self.deposits), self.realised), self.marked)
        return subtract(subtract(total, self.withdrawals), self.fees)


def total_funds(totals: DayTotals) -> Funds:
    """Round a day's exact sums to the figures of its statement, half-up."""
    balance = totals.balance
    available = EXACT.subtract(balance, totals.margin)
    return Funds(
        balance_before=cents(totals.before),
        deposits=cents(totals.deposits),
        withdrawals=cents(totals.withdrawals),
        realised=cents(totals.realised),
        realised_by_trade=cents(totals.realised_by_trade),
        marked=cents(totals.marked),
        floating=cents(totals.floating),
        fees=cents(totals.fees),
        balance=cents(balance),
        margin=cents(totals.margin),
        available=cents(available),
        risk_degree=_risk_degree(totals.margin, balance),
        margin_call=cents(max(-available, _ZERO)),
    )


def _risk_degree(margin: Decimal, balance: Decimal) -> Decimal:
    """Return margin as a share of the balance; of nothing there is no share, and 0 stands."""
    if not margin or not balance:
        return _ZERO
    share = EXACT.divide(margin, balance)
    return share.quantize(_PLACES, rounding=ROUND_HALF_UP, context=EXACT)
