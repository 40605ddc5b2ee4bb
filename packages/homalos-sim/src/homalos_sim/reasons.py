"""The venue's refusals: the number and the words that a person knows from the real counter.

`CTP` is the counter's own number (`RspInfo.ErrorID`), with the words of the `error.xml` of
CTP 6.7.8. `exchange` is the number before the colon of an order's `StatusMsg`, which the
exchange gives; the same number means something else there. Where no number is known the
words stand alone.
"""

from __future__ import annotations

from attrs import frozen

__all__ = [
    "ABOVE_LIMIT",
    "BAD_FIELD",
    "BAD_VOLUME",
    "BELOW_LIMIT",
    "END_OF_DAY",
    "FILL_AND_KILL",
    "FILL_OR_KILL",
    "NOT_CONNECTED",
    "NO_MONEY",
    "OFF_GRID",
    "ORDER_NOT_FOUND",
    "ORDER_OVER",
    "OVER_CLOSE",
    "OVER_CLOSE_EARLIER",
    "OVER_CLOSE_TODAY",
    "SELF_TRADE",
    "UNKNOWN_INSTRUMENT",
    "UNSUPPORTED_TYPE",
    "WRONG_STATE",
    "Reason",
]


@frozen
class Reason:
    """A kind of no.

    Attributes:
        code: Who numbers it, and the number; "" where none is known.
        meaning: In English.
        words: As the counter or the exchange says it.
        source: Where number and words are from.
    """

    code: str
    meaning: str
    words: str
    source: str

    def because(self, what: str) -> str:
        """Return the whole sentence, with what was found and what is allowed."""
        return f"{self.code} {self.meaning} ({self.words}): {what}".lstrip()


_ERRORS = "error.xml of CTP 6.7.8"
_CONSTANTS = "comments of the CTP 6.7.11 header ThostFtdcUserApiDataType.h"

NOT_CONNECTED = Reason(
    "CTP -1", "not connected", "网络连接失败", "return codes of ReqOrderInsert, CTP 6.7 manual"
)
BAD_FIELD = Reason("CTP 15", "bad field", "报单字段有误", _ERRORS)
UNKNOWN_INSTRUMENT = Reason("CTP 16", "instrument not found", "找不到合约", _ERRORS)
ORDER_NOT_FOUND = Reason("CTP 25", "order not found", "撤单找不到相应报单", _ERRORS)
ORDER_OVER = Reason("CTP 26", "order is over", "报单已全成交或已撤销，不能再撤", _ERRORS)
OVER_CLOSE = Reason("CTP 30", "over close", "平仓量超过持仓量", _ERRORS)
NO_MONEY = Reason("CTP 31", "insufficient money", "资金不足", _ERRORS)
OVER_CLOSE_TODAY = Reason("CTP 50", "over close of today", "平今仓位不足", _ERRORS)
OVER_CLOSE_EARLIER = Reason("CTP 51", "over close of earlier days", "平昨仓位不足", _ERRORS)
BAD_VOLUME = Reason(
    "CTP 164", "bad volume", "报单手数不合法", "error tables of later CTP, as ctpbuddy lists them"
)
WRONG_STATE = Reason(
    "exchange 26",
    "not allowed in this state",
    "当前状态禁止此项操作",
    "StatusMsg of SHFE outside its sessions, as several published gateways quote it",
)
OFF_GRID = Reason(
    "exchange 48",
    "off the price grid",
    "价格非最小单位倍数",
    "StatusMsg `48:` of INE and CFFEX, as published gateways quote it",
)
ABOVE_LIMIT = Reason(
    "exchange 49",
    "above the limit-up",
    "价格超出涨停板",
    "StatusMsg of SHFE, as published gateways quote it; its number is the one before 50",
)
BELOW_LIMIT = Reason(
    "exchange 50",
    "below the limit-down",
    "价格跌破跌停板",
    "StatusMsg `50:` of SHFE, quoted in vnpy issue 3705",
)
UNSUPPORTED_TYPE = Reason(
    "exchange",
    "unsupported order type",
    "不被支持的报单类型",
    "StatusMsg, as published gateways quote it",
)
SELF_TRADE = Reason(
    "exchange",
    "self-trade",
    "自成交",
    "the exchanges' rules on abnormal trading, which count trades with oneself",
)
END_OF_DAY = Reason("exchange", "end of day", "当日有效", f"THOST_FTDC_TC_GFD, {_CONSTANTS}")
FILL_AND_KILL = Reason(
    "exchange", "fill and kill", "立即完成，否则撤销", f"THOST_FTDC_TC_IOC, {_CONSTANTS}"
)
FILL_OR_KILL = Reason("exchange", "fill or kill", "全部数量", f"THOST_FTDC_VC_CV, {_CONSTANTS}")
