"""What one trading day came to in one account, line by line, as a broker would print it.

Amounts are in the account's currency, rounded half-up to 0.01 line by line; the totals
of `Funds` are rounded from the exact sums, not summed from rounded lines. Prices are
exact decimals. Profit is counted in two ways that a statement knows: *marked* against
the settlement price before (逐日盯市), and *by trade* against the price of opening
(逐笔对冲).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import frozen

from homalos.model.enums import Direction, Offset

__all__ = [
    "CloseLine",
    "DeliveryLine",
    "Funds",
    "HoldingLine",
    "PositionLine",
    "PriceOrigin",
    "SettlementPrice",
    "Statement",
    "TradeLine",
    "TransferLine",
]


class PriceOrigin(StrEnum):
    """Where a settlement price comes from.

    The `VENUE` told it; the `AVERAGE` price of the day by volume; the `LAST` price seen;
    `CARRIED` over from the day before, since the contract had no price.
    """

    VENUE = "venue"
    AVERAGE = "average"
    LAST = "last"
    CARRIED = "carried"


@frozen
class SettlementPrice:
    """What lots are marked to at the end of a trading day: currency per unit, exact."""

    price: Decimal
    origin: PriceOrigin = PriceOrigin.VENUE


@frozen(kw_only=True)
class TransferLine:
    """Money that came in (> 0) or went out (< 0)."""

    day: int
    amount: Decimal
    note: str = ""


@frozen(kw_only=True)
class TradeLine:
    """One fill (成交记录).

    Attributes:
        realised: Marked profit of the lots it closed; 0 where it opened.
    """

    day: int
    symbol: str
    trade_id: str
    direction: Direction
    offset: Offset
    price: Decimal
    lots: int
    turnover: Decimal
    fee: Decimal
    realised: Decimal
    strategy: str = ""


@frozen(kw_only=True)
class CloseLine:
    """Lots that one fill closed of one earlier fill (平仓明细).

    Attributes:
        direction: Of the closing trade.
        previous_settlement: What the lots were marked to: their opening price where they
            were opened on this day.
        realised: Marked: close price against `previous_settlement`.
        realised_by_trade: Close price against `open_price`.
    """

    day: int
    symbol: str
    trade_id: str
    direction: Direction
    lots: int
    open_day: int
    open_trade_id: str
    open_price: Decimal
    previous_settlement: Decimal
    price: Decimal
    realised: Decimal
    realised_by_trade: Decimal


@frozen(kw_only=True)
class HoldingLine:
    """Lots of one fill that are still held (持仓明细).

    Attributes:
        direction: The side held.
        previous_settlement: What the lots were marked to before: their opening price where
            they were opened on this day.
        marked: Settlement against `previous_settlement`.
        floating: Settlement against `open_price`.
        margin: Of these lots alone, whatever side margin is held for.
    """

    symbol: str
    trade_id: str
    direction: Direction
    open_day: int
    lots: int
    open_price: Decimal
    previous_settlement: Decimal
    settlement: Decimal
    marked: Decimal
    floating: Decimal
    margin: Decimal


@frozen(kw_only=True)
class PositionLine:
    """Everything held of one contract (持仓汇总).

    Attributes:
        long_average: Mean opening price of the long lots, rounded half-up to four places; 0
            without lots.
        margin: What is held for the contract; under a group's larger side, the part of
            it: 0 on the side that is not charged.
    """

    symbol: str
    long_lots: int
    long_average: Decimal
    short_lots: int
    short_average: Decimal
    previous_settlement: Decimal
    settlement: Decimal
    origin: PriceOrigin
    marked: Decimal
    margin: Decimal


@frozen(kw_only=True)
class DeliveryLine:
    """Lots that ended with their contract at its last settlement price (交割)."""

    day: int
    symbol: str
    direction: Direction
    lots: int
    open_day: int
    open_price: Decimal
    previous_settlement: Decimal
    price: Decimal
    realised: Decimal
    realised_by_trade: Decimal
    fee: Decimal


@frozen(kw_only=True)
class Funds:
    """The money of the day (资金状况), and how it fits together.

    `balance = balance_before + deposits - withdrawals + realised + marked - fees`, and
    `available = balance - margin`: exactly so before rounding. Each amount is rounded by
    itself, so the printed ones may miss these sums by a cent.

    Attributes:
        balance_before: The balance of the day before (期初结存).
        deposits: >= 0.
        withdrawals: >= 0.
        realised: Marked profit of closed and delivered lots (平仓盈亏).
        realised_by_trade: The same lots against their opening prices.
        marked: Of lots held, settlement against what they were marked to before (持仓盯市盈亏).
        floating: Of lots held, settlement against their opening prices (浮动盈亏).
        fees: Of trades and deliveries, >= 0 (手续费).
        balance: What the account is worth (期末结存, 客户权益).
        margin: Held for what is held, at settlement prices (保证金占用).
        available: >= 0 unless margin is called for (可用资金).
        risk_degree: Margin as a share of the balance (风险度), rounded half-up to four
            places; 0 without margin.
        margin_call: What is missing: `-available` where that is below 0, else 0 (应追加资金).
    """

    balance_before: Decimal
    deposits: Decimal
    withdrawals: Decimal
    realised: Decimal
    realised_by_trade: Decimal
    marked: Decimal
    floating: Decimal
    fees: Decimal
    balance: Decimal
    margin: Decimal
    available: Decimal
    risk_degree: Decimal
    margin_call: Decimal


@frozen(kw_only=True)
class Statement:
    """One account's trading day (结算单).

    Lines are in the order in which things happened; what is held is sorted by symbol,
    long before short, oldest first.
    """

    account: str
    currency: str
    trading_day: int
    funds: Funds
    transfers: tuple[TransferLine, ...] = ()
    trades: tuple[TradeLine, ...] = ()
    closes: tuple[CloseLine, ...] = ()
    deliveries: tuple[DeliveryLine, ...] = ()
    holdings: tuple[HoldingLine, ...] = ()
    positions: tuple[PositionLine, ...] = ()
