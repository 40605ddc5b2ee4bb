"""The sections and columns of a statement's text, as CTP's counters name them.

What public samples confirm, and what is ours alone, stands in
`docs/explanation/statements.md`; columns that are ours are marked there and nowhere
else, since a reader treats them like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from homalos.model import (
    CloseLine,
    DeliveryLine,
    Direction,
    HoldingLine,
    Offset,
    PositionLine,
    TradeLine,
    TransferLine,
)
from homalos.plugins.ports import StatementKind

__all__ = [
    "CURRENCIES",
    "DIRECTIONS",
    "EXCHANGES",
    "FUNDS",
    "OFFSETS",
    "SECTIONS",
    "Column",
    "FundsLine",
    "Section",
    "Shape",
    "folded",
]


class Shape(StrEnum):
    """What stands in the cells of a column."""

    TEXT = "text"
    DAY = "day"
    LOTS = "lots"
    PRICE = "price"
    AMOUNT = "amount"
    SIDE = "side"
    OFFSET = "offset"
    ORIGIN = "origin"
    EXCHANGE = "exchange"
    CODE = "code"
    PRODUCT = "product"
    HEDGE = "hedge"
    PREMIUM = "premium"


@frozen
class Column:
    """One column of a section.

    Attributes:
        head: Its Chinese head.
        english: The head of the line below.
        shape: What its cells are.
        field: The field of the line; empty where the line does not have it.
        by_trade: The field that it is on a statement by trade; empty says none.
        also: Other heads that brokers give it.
        total: Whether the line of totals sums it up.
    """

    head: str
    english: str
    shape: Shape
    field: str = ""
    by_trade: str | None = None
    also: tuple[str, ...] = ()
    total: bool = False

    def target(self, kind: StatementKind) -> str:
        """Return the field that the column is on a statement of this kind."""
        if kind is StatementKind.BY_TRADE and self.by_trade is not None:
            return self.by_trade
        return self.field


@frozen
class Section:
    """One table of the statement.

    Attributes:
        name: The field of `Statement`.
        title: The Chinese title.
        english: The title's second half.
        line: The class of its lines.
        columns: In the order in which they are written.
        also: Other titles that brokers give it.
    """

    name: str
    title: str
    english: str
    line: type
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()
    heads: Mapping[str, Column] = field(init=False, eq=False, repr=False)

    @heads.default
    def _heads(self) -> Mapping[str, Column]:
        """Return the columns by every head they may have, the Chinese ones counting most."""
        found: dict[str, Column] = {}
        for column in self.columns:
            for head in (column.head, *column.also):
                found[folded(head)] = column
        for column in self.columns:
            found.setdefault(folded(column.english), column)
        return found


@frozen
class FundsLine:
    """One figure of the account summary (资金状况).

    Attributes:
        label: Its Chinese label, as printed, blanks included.
        english: The label's second half.
        field: The field of `Funds`; several labels of one field add up.
        by_trade: The same on a statement by trade; empty says none.
        also: Other labels that brokers give it.
    """

    label: str
    english: str
    field: str
    by_trade: str
    also: tuple[str, ...] = ()


def folded(text: str) -> str:
    """Return a head or label without blanks, dots and case, so that spellings compare."""
    return re.sub(r"[\s.\u3000]", "", text).casefold()


_T = Shape.TEXT
_EXCHANGE = Column("交易所", "Exchange", Shape.EXCHANGE)
_PRODUCT = Column("品种", "Product", Shape.PRODUCT)
_CODE = Column("合约", "Instrument", Shape.CODE)
_SIDE = Column("买/卖", "B/S", Shape.SIDE, "direction", also=("买卖",))
_HEDGE = Column("投/保", "S/H", Shape.HEDGE, also=("投保", "投机/套保"))
_PREMIUM = Column("权利金收支", "Premium Received/Paid", Shape.PREMIUM, total=True)
_TRADE_ID = Column("成交序号", "Trans.No.", _T, "trade_id", also=("成交编号",))
_OPEN_DAY = Column("开仓日期", "Open Date", Shape.DAY, "open_day")
_OPEN_PRICE = Column("开仓价", "Pos. Open Price", Shape.PRICE, "open_price")
_BEFORE = Column("昨结算", "Prev. Sttl", Shape.PRICE, "previous_settlement", also=("昨结算价",))
_LOTS = Column("手数", "Lots", Shape.LOTS, "lots", total=True)
_REALISED = Column(
    "平仓盈亏", "Realized P/L", Shape.AMOUNT, "realised", "realised_by_trade", total=True
)
_BY_TRADE = Column(
    "逐笔盈亏", "Trade P/L", Shape.AMOUNT, "realised_by_trade", also=("逐笔平仓盈亏",), total=True
)

_TRANSFERS = Section(
    "transfers",
    "出入金明细",
    "Deposit/Withdrawal",
    TransferLine,
    (
        Column("发生日期", "Date", Shape.DAY, "day"),
        Column("出入金类型", "Type", _T),
        Column("入金", "Deposit", Shape.AMOUNT, "deposit", total=True),
        Column("出金", "Withdrawal", Shape.AMOUNT, "withdrawal", total=True),
        Column("说明", "Note", _T, "note", also=("摘要",)),
    ),
)
_TRADES = Section(
    "trades",
    "成交记录",
    "Transaction Record",
    TradeLine,
    (
        Column("成交日期", "Date", Shape.DAY, "day", also=("实际成交日期",)),
        _EXCHANGE,
        _PRODUCT,
        _CODE,
        _SIDE,
        _HEDGE,
        Column("成交价", "Price", Shape.PRICE, "price"),
        _LOTS,
        Column("成交额", "Turnover", Shape.AMOUNT, "turnover", total=True),
        Column("开平", "O/C", Shape.OFFSET, "offset", also=("开/平",)),
        Column("手续费", "Fee", Shape.AMOUNT, "fee", total=True),
        Column("平仓盈亏", "Realized P/L", Shape.AMOUNT, "realised", "", total=True),
        _PREMIUM,
        _TRADE_ID,
    ),
    also=("成交明细",),
)
_CLOSES = Section(
    "closes",
    "平仓明细",
    "Position Closed",
    CloseLine,
    (
        Column("平仓日期", "Close Date", Shape.DAY, "day", also=("实际成交日期",)),
        _EXCHANGE,
        _PRODUCT,
        _CODE,
        _OPEN_DAY,
        _SIDE,
        _LOTS,
        _OPEN_PRICE,
        _BEFORE,
        Column("成交价", "Trans. Price", Shape.PRICE, "price", also=("平仓价",)),
        _REALISED,
        _PREMIUM,
        _BY_TRADE,
        _TRADE_ID,
        Column("原成交序号", "Open Trans.No.", _T, "open_trade_id", also=("开仓成交编号",)),
    ),
)
_DELIVERIES = Section(
    "deliveries",
    "交割明细",
    "Delivery",
    DeliveryLine,
    (
        Column("交割日期", "Delivery Date", Shape.DAY, "day"),
        _EXCHANGE,
        _PRODUCT,
        _CODE,
        _OPEN_DAY,
        _SIDE,
        Column("手数", "Lots", Shape.LOTS, "lots", also=("交割量", "交割手数"), total=True),
        _OPEN_PRICE,
        _BEFORE,
        Column("交割价", "Delivery Price", Shape.PRICE, "price", also=("交割结算价",)),
        Column(
            "交割盈亏", "Delivery P/L", Shape.AMOUNT, "realised", "realised_by_trade", total=True
        ),
        _BY_TRADE,
        Column("交割手续费", "Delivery Fee", Shape.AMOUNT, "fee", also=("手续费",), total=True),
    ),
)
_HOLDINGS = Section(
    "holdings",
    "持仓明细",
    "Positions Detail",
    HoldingLine,
    (
        _EXCHANGE,
        _PRODUCT,
        _CODE,
        _OPEN_DAY,
        _HEDGE,
        _SIDE,
        # CTP's counters print the English head without its second i.
        Column(
            "持仓量",
            "Positon",
            Shape.LOTS,
            "lots",
            also=("Position", "手数"),
            total=True,
        ),
        _OPEN_PRICE,
        _BEFORE,
        Column("结算价", "Settlement Price", Shape.PRICE, "settlement", also=("今结算",)),
        Column("浮动盈亏", "Accum. P/L", Shape.AMOUNT, "floating", total=True),
        Column("盯市盈亏", "MTM P/L", Shape.AMOUNT, "marked", also=("持仓盯市盈亏",), total=True),
        Column("保证金", "Margin", Shape.AMOUNT, "margin", also=("保证金占用",), total=True),
        _TRADE_ID,
    ),
)
_POSITIONS = Section(
    "positions",
    "持仓汇总",
    "Positions",
    PositionLine,
    (
        _EXCHANGE,
        _PRODUCT,
        _CODE,
        Column("买持", "Long Pos.", Shape.LOTS, "long_lots", also=("买持仓",), total=True),
        Column("买均价", "Avg Buy Price", Shape.PRICE, "long_average", also=("买开仓均价",)),
        Column("卖持", "Short Pos.", Shape.LOTS, "short_lots", also=("卖持仓",), total=True),
        Column("卖均价", "Avg Sell Price", Shape.PRICE, "short_average", also=("卖开仓均价",)),
        _BEFORE,
        Column("今结算", "Sttl Today", Shape.PRICE, "settlement", also=("今结算价", "结算价")),
        Column("持仓盯市盈亏", "MTM P/L", Shape.AMOUNT, "marked", also=("盯市盈亏",), total=True),
        Column(
            "保证金占用", "Margin Occupied", Shape.AMOUNT, "margin", also=("保证金",), total=True
        ),
        _HEDGE,
        Column("价格来源", "Price Origin", Shape.ORIGIN, "origin"),
    ),
)
SECTIONS = (_TRANSFERS, _TRADES, _CLOSES, _DELIVERIES, _HOLDINGS, _POSITIONS)
"""In the order in which they are printed."""

# Left and right column of the account summary by turns. A statement by trade carries its
# balances without what is floating, so only its equity is a balance as we count it.
FUNDS = (
    FundsLine("期初结存", "Balance b/f", "balance_before", "", also=("上日结存",)),
    FundsLine("期末结存", "Balance c/f", "balance", "", also=("当日结存",)),
    FundsLine("出 入 金", "Deposit/Withdrawal", "net", "net"),
    FundsLine("客户权益", "Client Equity", "equity", "equity"),
    FundsLine("平仓盈亏", "Realized P/L", "realised", "realised_by_trade"),
    FundsLine("保证金占用", "Margin Occupied", "margin", "margin", also=("总保证金占用",)),
    FundsLine("持仓盯市盈亏", "MTM P/L", "marked", "", also=("持仓盈亏", "盯市盈亏")),
    FundsLine("可用资金", "Fund Avail.", "available", "available"),
    FundsLine("手 续 费", "Commission", "fees", "fees"),
    FundsLine("风 险 度", "Risk Degree", "risk_degree", "risk_degree"),
    FundsLine("交割手续费", "Delivery Fee", "fees_delivery", "fees_delivery"),
    FundsLine("应追加资金", "Margin Call", "margin_call", "margin_call", also=("追加保证金",)),
    FundsLine("交割盈亏", "Delivery P/L", "realised_delivery", "realised_by_trade_delivery"),
    FundsLine("浮动盈亏", "Floating P/L", "floating", "floating", also=("浮动持仓盈亏",)),
    FundsLine("入金", "Deposit", "deposits", "deposits"),
    FundsLine("逐笔盈亏", "Trade P/L", "realised_by_trade", ""),
    FundsLine("出金", "Withdrawal", "withdrawals", "withdrawals"),
)

EXCHANGES = {
    "SHFE": ("上期所", "上海期货交易所"),
    "INE": ("能源中心", "上海国际能源交易中心"),
    "DCE": ("大商所", "大连商品交易所"),
    "CZCE": ("郑商所", "郑州商品交易所"),
    "CFFEX": ("中金所", "中国金融期货交易所"),
    "GFEX": ("广期所", "广州期货交易所"),
}
"""What statements call an exchange, the name that is written first."""
CURRENCIES = {"CNY": "人民币", "USD": "美元", "HKD": "港币", "EUR": "欧元"}
DIRECTIONS = {Direction.LONG: ("买", "buy", "b"), Direction.SHORT: ("卖", "sell", "s")}
OFFSETS = {
    Offset.NONE: ("净", "net"),
    Offset.OPEN: ("开", "开仓", "open", "o"),
    Offset.CLOSE: ("平", "平仓", "强平", "强减", "本地强平", "close", "c", "forced liquidation"),
    Offset.CLOSETODAY: ("平今", "平今仓", "close today"),
    Offset.CLOSEYESTERDAY: ("平昨", "平昨仓", "close prev.", "close yesterday"),
}
"""What statements call an offset, the word that is written first."""
