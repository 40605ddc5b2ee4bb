"""Positions and funds as the outside sees them; the ledger keeps the exact amounts."""

from __future__ import annotations

from decimal import Decimal

from homalos.model.enums import Direction
from homalos.model.message import Message

__all__ = ["AccountData", "PositionData"]


class PositionData(Message, frozen=True):
    """One side of one instrument in one account.

    Attributes:
        volume: Lots held, >= 0.
        yd_volume: Of these, lots held since before this trading day.
        average_price: Mean price of opening, currency per unit.
        floating_pnl: At the last price, in currency.
        margin: Held for it, in currency.
    """

    account: str
    symbol: str
    direction: Direction
    volume: int
    yd_volume: int
    average_price: float
    floating_pnl: float
    margin: Decimal


class AccountData(Message, frozen=True):
    """The funds of one account. `equity = capital + realised_pnl - fees + floating_pnl`.

    Attributes:
        capital: What was put in, less what was taken out, in currency.
        realised_pnl: Of closed lots, exact.
        fees: Paid so far, exact, >= 0.
        floating_pnl: Of open lots at the last prices, exact.
        equity: What the account is worth.
        margin: Held for open lots, exact.
        available: Equity less margin and less what working orders hold.
        max_drawdown: Largest fall of the equity from a peak so far, in currency, >= 0.
        balance: Of the last settlement, and the transfers since, exact.
        frozen: Margin and fees that working orders hold.
        risk_degree: Margin as a share of the equity, to four places; 0 without equity.
    """

    account: str
    currency: str
    trading_day: int
    capital: Decimal
    realised_pnl: Decimal
    fees: Decimal
    floating_pnl: Decimal
    equity: Decimal
    margin: Decimal
    available: Decimal
    max_drawdown: float
    balance: Decimal = Decimal(0)
    frozen: Decimal = Decimal(0)
    risk_degree: Decimal = Decimal(0)
