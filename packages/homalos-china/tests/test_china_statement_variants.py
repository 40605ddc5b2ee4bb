"""Statements as brokers print them: other widths, orders, encodings, kinds; broken ones."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.errors import StatementError
from homalos.model import Direction, Offset
from homalos_china.statements import parse_statement, read_statement

# Written for these tests. Sections are missing, columns stand in an order of their own, a
# page ends within the trades, a section that nobody knows stands in between.
MARKED = """\
                        某某期货有限公司
                                        制表时间 Creation Date：20250107
============================================================
          交易结算单（盯市） Settlement Statement(MTM)
客户号 Client ID:80001234   客户名称 Client Name: 测试
日期 Date:2025-01-06

尊敬的客户：以下是您的结算单。
    资金状况   资金账号：80001234  币种：人民币  Account Summary  Currency：CNY
------------------------------------------------------------
期初结存 Balance b/f：  1,000,000.00   基础保证金 Initial Margin：   20.00
出 入 金 Deposit/Withdrawal：  -500.00\t期末结存 Balance c/f：1,001,467.90
平仓盈亏 Realized P/L：1,180.00  质 押 金 Pledge Amount： 0.00
持仓盯市盈亏 MTM P/L： 800.00  客户权益 Client Equity：： 1,001,467.90
手 续 费 Commission：  12.10  保证金占用 Margin Occupied：  46,340.00
货币质入 New FX Pledge：  --  可用资金 Fund Avail.：  955,127.90
风 险 度 Risk Degree：  4.63%  应追加资金 Margin Call：  0.00

  成交记录 Transaction Record
------------------------------------------------------------
|成交序号|合约|交易所|成交日期|买/卖|开平|手数|成交价|成交额|手续费|平仓盈亏|成交时间|
|Trans.No.|Instrument|Exchange|Date|B/S|O/C|Lots|Price|Turnover|Fee|Realized P/L|Time|
------------------------------------------------------------
|   00017|rb2505|上期所|20250106|  买|开|   1|3,310.000|33,100.00|3.31|0.00|09:01:02|{blanks}
                  第 1 页 / 共 2 页
某某期货有限公司
|成交序号|合约|交易所|成交日期|买/卖|开平|手数|成交价|成交额|手续费|平仓盈亏|成交时间|
|Trans.No.|Instrument|Exchange|Date|B/S|O/C|Lots|Price|Turnover|Fee|Realized P/L|Time|
|00018|m2505|大商所|20250106|卖|平|2|2,700.000|54,000.00|8.79|1,180.00|09:05:00|
------------------------------------------------------------
|共  2条|  |  |  |  |  |3| |87,100.00|12.10|1,180.00| |
------------------------------------------------------------
上期所---SHFE   大商所---DCE
买---Buy   卖---Sell

  期权行权明细 Exercise Details
|成交日期|合约|买/卖|行权数量|
|Date|Instrument|B/S|Volume|
|20250106|m2505-C-2700|买|1|
|共  1条| | |1|

  持仓汇总 Positions
| 品种 |  合约  |买持| 买均价 |卖持|卖均价|昨结算|今结算|持仓盯市盈亏| 保证金占用 |投/保|
|螺纹钢|rb2505|2|3305.333|0|0.000|3290.000|3,350.000|800.00|46,340.00|投机|
""".replace("{blanks}", "  ")


@pytest.mark.parametrize("encoding", ["text", "utf-8", "gbk"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_broker_s_own_widths_and_order_are_read(encoding: str, end: str) -> None:
    """Columns are found by their heads; what is between the tables does no harm."""
    text = MARKED.replace("\n", end)
    found = parse_statement(text if encoding == "text" else text.encode(encoding))

    assert (found.account, found.currency, found.trading_day) == ("80001234", "CNY", 20250106)
    funds = found.funds
    assert Decimal("1000000.00") == funds.balance_before
    assert (Decimal(0), Decimal(500)) == (funds.deposits, funds.withdrawals)
    assert (Decimal("1001467.90"), Decimal("0.0463")) == (funds.balance, funds.risk_degree)
    assert [each.symbol for each in found.trades] == ["rb2505.SHFE", "m2505.DCE"]
    first, second = found.trades
    assert (
        first.trade_id,
        first.direction,
        first.offset,
    ) == ("00017", Direction.LONG, Offset.OPEN)
    assert (Decimal("2700.000"), 2, Decimal("8.79")) == (second.price, second.lots, second.fee)


def test_a_position_without_an_exchange_gets_that_of_the_trades() -> None:
    """The summary of positions has no exchange in CTP's layout."""
    assert parse_statement(MARKED).positions[0].symbol == "rb2505.SHFE"


def test_what_a_broker_does_not_print_is_known() -> None:
    """Neither sections nor columns nor figures that are missing are taken for zeros."""
    printed = read_statement(MARKED).printed

    assert {"funds", "trades", "positions"} == set(printed)
    assert "net" in printed["funds"]
    assert not {"deposits", "withdrawals", "floating", "realised_by_trade"} & printed["funds"]
    assert "origin" not in printed["positions"]


BY_TRADE = """\
交易结算单(逐笔对冲) Settlement Statement(Trade-for-Trade)
客户号：80001234  客户名称：测试
日期：20250106
资金状况 币种：人民币 Account Summary Currency：CNY
期初结存 Balance b/f： 990000.00  客户权益 Client Equity： 1001467.90
平仓盈亏 Realized P/L： 1500.00  浮动盈亏 Floating P/L： 900.00
期末结存 Balance c/f： 1000567.90

平仓明细 Position Closed
|平仓日期|交易所|合约|开仓日期|买/卖|手数|开仓价|昨结算|成交价|平仓盈亏|
|20250106|大商所|m2505|20250103|卖|2|2625.000|2641.000|2700.000|1500.00|
"""


def test_a_statement_by_trade_counts_from_the_opening_prices() -> None:
    """Its balance carries no floating profit, so the equity is what we call the balance."""
    reading = read_statement(BY_TRADE)
    funds = reading.statement.funds

    assert reading.kind == "by trade"
    assert (Decimal("1001467.90"), Decimal(900)) == (funds.balance, funds.floating)
    assert Decimal(1500) == funds.realised_by_trade
    assert Decimal(1500) == reading.statement.closes[0].realised_by_trade
    assert not {"realised", "balance_before"} & reading.printed["funds"]
    assert "realised" not in reading.printed["closes"]


ENGLISH = """\
Settlement Statement(MTM)
Client ID: 77  Client Name: Somebody
Date: 20250106
Account Summary  Currency: USD
Balance b/f: 10.00   Balance c/f: 11.00
Fund Avail.: 9.00
Positions Detail
|Exchange|Product|Instrument|Open Date|S/H|B/S|Positon|Pos. Open Price|MTM P/L|Margin|
|SHFE|Rebar|rb2505|20250103|Spec|Sell|4|3300.000|1.00|2.00|
|Total 1| | | | | |4| |1.00|2.00|
"""


def test_a_statement_in_english_alone_is_read() -> None:
    """Its heads and titles are the second halves of the Chinese ones."""
    found = parse_statement(ENGLISH)
    line = found.holdings[0]

    assert ("77", "USD", Decimal(11)) == (found.account, found.currency, found.funds.balance)
    assert (line.symbol, line.direction, line.lots) == ("rb2505.SHFE", Direction.SHORT, 4)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("3,310.000", "3x10", "成交价 Price: '3x10' is no number"),
        ("|00018|m2505|大商所|", "|00018|m2505|", "11 cells; expected 12"),
        ("|卖|平|2|", "|沽|平|2|", "'沽' is no side"),
        ("|共  2条|", "|共  3条|", "expected 3, as the totals say"),
        ("|20250106|卖", "|6 Jan|卖", "'6 Jan' is no day; expected yyyymmdd"),
        ("|2|2,700.000", "|1.5|2,700.000", "'1.5' is no number of lots"),
        ("1,180.00  质", "abc  质", "Realized P/L: 'abc' is no number"),
        ("|  合约  |", "|        |", "no column 合约 Instrument"),
        ("日期 Date:2025-01-06", "", "expected 日期 Date：yyyymmdd"),
    ],
)
def test_a_broken_statement_names_line_and_reason(old: str, new: str, told: str) -> None:
    """One error: what was found, and what was expected."""
    line = MARKED[: MARKED.index(old)].count("\n") + 1 if new else 0
    with pytest.raises(StatementError) as raised:
        parse_statement(MARKED.replace(old, new), name="day.txt")

    assert told in str(raised.value)
    assert (line, "day.txt") == (raised.value.line, raised.value.file)


@pytest.mark.parametrize("text", ["", "\n\n", "hello: 1", b"\x00\x00", "a,b,c\n1,2,3"])
def test_what_is_no_statement_is_refused(text: str | bytes) -> None:
    """An empty file is no day without trades."""
    with pytest.raises(StatementError, match="nothing of a settlement statement"):
        parse_statement(text)


def test_a_statement_in_two_currencies_is_refused() -> None:
    """Their amounts must not be mixed."""
    with pytest.raises(StatementError, match="a second account summary in USD, after CNY"):
        parse_statement(MARKED + "资金状况 Account Summary Currency：USD\n")


@given(st.data())
def test_a_damaged_statement_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever was cut out, doubled or put in between, bytes included: no other error."""
    damaged = MARKED.encode("gbk")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        to = data.draw(st.integers(at, min(len(damaged), at + 40)))
        damaged = damaged[:at] + data.draw(st.binary(max_size=6)) + damaged[to:]

    with contextlib.suppress(StatementError):
        parse_statement(damaged)
