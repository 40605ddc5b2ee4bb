"""The end of a trading day: marks, lines, funds and their chain, worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from homalos.engine.ledger import Ledger, cents
from homalos.model import (
    CloseLine,
    Direction,
    Fee,
    Funds,
    HoldingLine,
    Instrument,
    Offset,
    PositionLine,
    PriceOrigin,
    SettlementPrice,
    Statement,
    TradeData,
    TradeLine,
    TransferLine,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
MON, TUE, WED = 20240506, 20240507, 20240508

# 10 units a lot, 13 % margin; 1/10,000 of the turnover, but 3 a lot to close today's.
RB = Instrument(
    "rb2410.TEST",
    "rb",
    tick_size=1.0,
    multiplier=10,
    margin_rate=Decimal("0.13"),
    fee_open=Fee(rate=Decimal("0.0001")),
    fee_close=Fee(rate=Decimal("0.0001")),
    fee_close_today=Fee(per_lot=Decimal(3)),
)


def yuan(text: str) -> Decimal:
    """Return an amount as it is written."""
    return Decimal(text.replace(",", ""))


def at(price: str, origin: PriceOrigin = PriceOrigin.VENUE) -> dict[str, SettlementPrice]:
    """Return the day's settlement price of `RB`."""
    return {RB.symbol: SettlementPrice(Decimal(price), origin)}


def fill(
    trade_id: str,
    direction: Direction,
    offset: Offset,
    price: float,
    volume: int,
    day: int,
    contract: Instrument = RB,
) -> TradeData:
    """Make a fill."""
    return TradeData(
        trade_id, "1-1", contract.symbol, direction, offset, price, volume, 0, day, "s", "main", "g"
    )


def three_days() -> tuple[Ledger, list[Statement]]:
    """Open 2 on Monday, add 1 and close 2 on Tuesday, close the last on Wednesday; move money."""
    ledger = Ledger(capital=Decimal(1_000_000), account="main", currency="CNY")
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 2, MON), position)
    monday = ledger.settle(MON, at("3610"))
    ledger.post(fill("B", LONG, OPEN, 3620, 1, TUE), position)
    ledger.post(fill("C", SHORT, CLOSE, 3630, 2, TUE), position)
    tuesday = ledger.settle(TUE, at("3625", PriceOrigin.AVERAGE))
    ledger.transfer(Decimal(-50_000), WED, "rent")
    ledger.transfer(Decimal(1_000), WED)
    ledger.post(fill("D", SHORT, CLOSE, 3600, 1, WED), position)
    return ledger, [monday, tuesday, ledger.settle(WED, at("3590"))]


# Monday: 2 lots are marked from 3,600 to 3,610, +200; 72,000 of turnover cost 7.20.
# Tuesday: 2 lots close at 3,630, +400 since Monday and +600 since opening, and cost 7.26; the
# third costs 3.62 and is marked from 3,620 to 3,625, +50.
# Wednesday: it closes at 3,600, -250 since Tuesday and -200 since opening, and costs 3.60.
FUNDS = [
    Funds(
        balance_before=yuan("1,000,000.00"),
        deposits=yuan("0.00"),
        withdrawals=yuan("0.00"),
        realised=yuan("0.00"),
        realised_by_trade=yuan("0.00"),
        marked=yuan("200.00"),
        floating=yuan("200.00"),
        fees=yuan("7.20"),
        balance=yuan("1,000,192.80"),
        margin=yuan("9,386.00"),  # 13 % of 72,200
        available=yuan("990,806.80"),
        risk_degree=Decimal("0.0094"),  # 9,386 / 1,000,192.80 = 0.938 %
        margin_call=yuan("0.00"),
    ),
    Funds(
        balance_before=yuan("1,000,192.80"),
        deposits=yuan("0.00"),
        withdrawals=yuan("0.00"),
        realised=yuan("400.00"),
        realised_by_trade=yuan("600.00"),
        marked=yuan("50.00"),
        floating=yuan("50.00"),
        fees=yuan("10.88"),
        balance=yuan("1,000,631.92"),
        margin=yuan("4,712.50"),  # 13 % of 36,250
        available=yuan("995,919.42"),
        risk_degree=Decimal("0.0047"),
        margin_call=yuan("0.00"),
    ),
    Funds(
        balance_before=yuan("1,000,631.92"),
        deposits=yuan("1,000.00"),
        withdrawals=yuan("50,000.00"),
        realised=yuan("-250.00"),
        realised_by_trade=yuan("-200.00"),
        marked=yuan("0.00"),
        floating=yuan("0.00"),
        fees=yuan("3.60"),
        balance=yuan("951,378.32"),
        margin=yuan("0.00"),
        available=yuan("951,378.32"),
        risk_degree=Decimal(0),
        margin_call=yuan("0.00"),
    ),
]


def test_three_days_come_to_the_funds_worked_by_hand() -> None:
    """To the cent, and each day begins with what the one before came to."""
    _, statements = three_days()

    assert [each.funds for each in statements] == FUNDS
    assert [each.trading_day for each in statements] == [MON, TUE, WED]


def test_three_days_come_to_the_same_by_trade() -> None:
    """1,000,000 - 49,000 + 600 - 200 - 7.20 - 10.88 - 3.60, without a look at any mark."""
    ledger, _ = three_days()

    assert ledger.realised() == 400
    assert ledger.fees() == yuan("21.68")
    assert ledger.balance() == ledger.equity({}) == yuan("951,378.32")
    assert ledger.cash == pytest.approx(400 - 21.68 - 49_000)
    assert [ledger.margin, ledger.fees_today(), ledger.realised_marked()] == [0, 0, 0]


def test_trades_and_closings_are_told_line_by_line() -> None:
    """Tuesday's two fills, and the lots of Monday that the second closed."""
    _, (_, tuesday, _) = three_days()
    opened = TradeLine(
        day=TUE, symbol=RB.symbol, trade_id="B", direction=LONG, offset=OPEN, price=Decimal(3620),
        lots=1, turnover=yuan("36,200.00"), fee=yuan("3.62"), realised=yuan("0.00"), strategy="s",
    )  # fmt: skip
    closed = TradeLine(
        day=TUE, symbol=RB.symbol, trade_id="C", direction=SHORT, offset=CLOSE, lots=2,
        price=Decimal(3630), turnover=yuan("72,600.00"), fee=yuan("7.26"), realised=yuan("400.00"),
        strategy="s",
    )  # fmt: skip
    lots = CloseLine(
        day=TUE, symbol=RB.symbol, trade_id="C", direction=SHORT, lots=2, open_day=MON,
        open_trade_id="A", open_price=Decimal(3600), previous_settlement=Decimal(3610),
        price=Decimal(3630), realised=yuan("400.00"), realised_by_trade=yuan("600.00"),
    )  # fmt: skip

    assert tuesday.trades == (opened, closed)
    assert tuesday.closes == (lots,)


def test_what_is_held_is_told_lot_by_lot_and_contract_by_contract() -> None:
    """Tuesday's lot of its own day: its price before is that of its opening."""
    _, (_, tuesday, wednesday) = three_days()
    lot = HoldingLine(
        symbol=RB.symbol, trade_id="B", direction=LONG, open_day=TUE, lots=1,
        open_price=Decimal(3620), previous_settlement=Decimal(3620), settlement=Decimal(3625),
        marked=yuan("50.00"), floating=yuan("50.00"), margin=yuan("4,712.50"),
    )  # fmt: skip
    contract = PositionLine(
        symbol=RB.symbol, long_lots=1, long_average=Decimal("3620.0000"), short_lots=0,
        short_average=Decimal(0), previous_settlement=Decimal(3610), settlement=Decimal(3625),
        origin=PriceOrigin.AVERAGE, marked=yuan("50.00"), margin=yuan("4,712.50"),
    )  # fmt: skip

    assert (tuesday.holdings, tuesday.positions) == ((lot,), (contract,))
    assert (wednesday.holdings, wednesday.positions) == ((), ())
    assert wednesday.transfers == (
        TransferLine(day=WED, amount=Decimal(-50_000), note="rent"),
        TransferLine(day=WED, amount=Decimal(1_000)),
    )


def test_holdings_are_sorted_long_before_short_and_oldest_first() -> None:
    """By symbol; the mean of 1 @ 100 and 2 @ 101 is 100.6667 to four places."""
    ledger = Ledger(capital=Decimal(100_000))
    other = evolve(RB, symbol="al2410.TEST")
    for name, direction, price, volume, contract in (
        ("1", SHORT, 100, 1, RB),
        ("2", LONG, 100, 1, RB),
        ("3", LONG, 101, 2, RB),
        ("4", LONG, 50, 1, other),
    ):
        trade = fill(name, direction, OPEN, price, volume, MON, contract)
        ledger.post(trade, ledger.position(contract))
    statement = ledger.settle(MON, {})

    assert [line.trade_id for line in statement.holdings] == ["4", "2", "3", "1"]
    assert [line.long_average for line in statement.positions] == [50, Decimal("100.6667")]


def test_every_lot_is_marked_once_a_day() -> None:
    """Long at 3,600 and 3,620, short at 3,640; then 3,610 and 3,615 are settled."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 1, MON), position)
    ledger.post(fill("B", LONG, OPEN, 3620, 1, MON), position)
    ledger.post(fill("C", SHORT, OPEN, 3640, 1, MON), position)
    first, second = ledger.settle(MON, at("3610")), ledger.settle(TUE, at("3615"))

    assert [line.marked for line in first.holdings] == [100, -100, 300]
    assert [line.marked for line in second.holdings] == [50, 50, -50]
    assert [line.floating for line in second.holdings] == [150, -50, 250]
    assert [first.funds.marked, second.funds.marked, second.funds.floating] == [300, 50, 350]
    assert (position.long_mark, position.short_mark) == (7_230_000_000, 3_615_000_000)


def test_a_day_settled_without_lines_comes_to_the_same() -> None:
    """The same funds, but no trade, closing or lot, not even from before a change."""
    ledger = Ledger(capital=Decimal(1_000_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 2, MON), position)
    monday = ledger.settle(MON, at("3610"), lines=False)
    ledger.post(fill("B", LONG, OPEN, 3620, 1, TUE), position)
    ledger.change(position, evolve(RB, fee_open=Fee()))
    ledger.post(fill("C", SHORT, CLOSE, 3630, 2, TUE), position)
    tuesday = ledger.settle(TUE, at("3625", PriceOrigin.AVERAGE), lines=False)

    assert [monday.funds, tuesday.funds] == FUNDS[:2]
    assert (tuesday.trades, tuesday.closes, tuesday.holdings) == ((), (), ())
    assert [line.long_lots for line in tuesday.positions] == [1]
    assert ledger.books.pnl("s", {}) == yuan("631.92")


def test_a_purchase_that_closes_gains_where_the_price_fell() -> None:
    """Sold short at 3,600 and 3,620, one marked to 3,610; both are bought back at 3,590."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", SHORT, OPEN, 3600, 1, MON), position)
    ledger.settle(MON, at("3610"))
    ledger.post(fill("B", SHORT, OPEN, 3620, 1, TUE), position)
    ledger.post(fill("C", LONG, CLOSE, 3590, 2, TUE), position)
    statement = ledger.settle(TUE, at("3595"))

    assert [line.realised for line in statement.closes] == [200, 300]
    assert [line.realised_by_trade for line in statement.closes] == [100, 300]
    assert [line.open_trade_id for line in statement.closes] == ["A", "B"]
    # 36,200 of turnover opened; an earlier lot costs 3.59 to close, today's costs 3.
    assert [line.fee for line in statement.trades] == [yuan("3.62"), yuan("6.59")]
    assert statement.trades[1].realised == statement.funds.realised == 500


def test_after_a_settlement_no_lot_is_of_today() -> None:
    """Before the next day's first fill, too, in the account and in the strategy's book."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 2, MON), position)
    ledger.post(fill("B", SHORT, OPEN, 3600, 1, MON), position)
    own = ledger.books.book("s").position(position)
    seen = [(each.long_today, each.short_today) for each in (position, own)]
    ledger.settle(MON, at("3610"))

    assert seen == [(2, 1), (2, 1)]
    assert [(each.long_today, each.short_today) for each in (position, own)] == [(0, 0), (0, 0)]
    assert (position.long, position.short) == (2, 1)


def test_lines_round_half_up_and_totals_from_the_exact_sums() -> None:
    """36,500 x 0.00001 is 0.365: 0.37 a line, though two of them cost 0.73."""
    contract = evolve(RB, fee_open=Fee(rate=Decimal("0.00001")))
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(contract)
    for name in "AB":
        ledger.post(fill(name, LONG, OPEN, 3650, 1, MON), position)
    statement = ledger.settle(MON, at("3650"))

    assert [line.fee for line in statement.trades] == [Decimal("0.37")] * 2
    assert statement.funds.fees == Decimal("0.73")
    assert statement.funds.balance == yuan("99,999.27")


def test_balances_chain_though_none_is_a_whole_cent() -> None:
    """0.365 a day: 99,999.635, 99,999.27 and 99,998.905, each printed half-up."""
    contract = evolve(RB, fee_open=Fee(rate=Decimal("0.00001")))
    ledger = Ledger(capital=Decimal(100_000))
    funds = []
    for day in (MON, TUE, WED):
        ledger.post(fill("A", LONG, OPEN, 3650, 1, day), ledger.position(contract))
        funds.append(ledger.settle(day, at("3650")).funds)

    assert [str(each.balance) for each in funds] == ["99999.64", "99999.27", "99998.91"]
    assert [each.balance_before for each in funds[1:]] == [each.balance for each in funds[:-1]]


def test_a_loss_below_a_cent_is_not_a_negative_zero() -> None:
    """A statement that prints -0.00 would differ from the broker's in one character."""
    assert [str(cents(Decimal(each))) for each in ("-0.004", "-0.005", "0")] == [
        "0.00",
        "-0.01",
        "0.00",
    ]


@pytest.mark.parametrize("price", [3580.0, 3625.0, 3700.5])
def test_equity_is_the_same_by_marks_and_by_trade(price: float) -> None:
    """Balance and the day's marked profit, or capital and all profit since the beginning."""
    ledger = Ledger(capital=Decimal(1_000_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 3, MON), position)
    ledger.settle(MON, at("3610"))
    ledger.transfer(Decimal("-1000.25"), TUE)
    ledger.post(fill("B", SHORT, CLOSE, 3590, 1, TUE), position)
    ledger.post(fill("C", SHORT, OPEN, 3630, 4, TUE), position)
    # Fees: 10.80, 3.59 and 14.52; the first closing loses 100; 2 are long and 4 short.
    worth = 1_000_000 - Decimal("1000.25") - Decimal("28.91") - 100
    worth += 10 * (2 * (Decimal(str(price)) - 3600) + 4 * (3630 - Decimal(str(price))))
    prices = {RB.symbol: price}

    assert ledger.equity(prices) == worth
    assert (
        ledger.balance()
        + ledger.realised_marked()
        - ledger.fees_today()
        + (ledger.floating_marked(prices))
        == worth
    )
    assert (
        ledger.capital
        - Decimal("1000.25")
        + ledger.realised()
        - ledger.fees()
        + (ledger.floating(prices))
        == worth
    )


def test_a_margin_that_is_not_covered_is_called_for() -> None:
    """10,000 and a margin of 14,430: 4,430 and the fee and loss are missing."""
    ledger = Ledger(capital=Decimal(10_000))
    ledger.post(fill("A", LONG, OPEN, 3710, 3, MON), ledger.position(RB))
    funds = ledger.settle(MON, at("3700")).funds

    # 10,000 - 300 - 11.13 = 9,688.87; 13 % of 111,000 are 14,430.
    assert (funds.available, funds.margin_call) == (yuan("-4,741.13"), yuan("4,741.13"))
    assert funds.risk_degree == Decimal("1.4893")


def test_margin_without_any_balance_has_no_share_but_is_called_for() -> None:
    """A share of nothing cannot be told; what is missing can."""
    ledger = Ledger(capital=Decimal(0))
    free = evolve(RB, fee_open=Fee())
    ledger.post(fill("A", LONG, OPEN, 3700, 1, MON), ledger.position(free))
    funds = ledger.settle(MON, at("3700")).funds

    assert [funds.balance, funds.risk_degree, funds.margin_call] == [0, 0, 4_810]


def test_what_was_closed_and_not_held_is_on_no_line() -> None:
    """2 of 5 lots were there: the statement tells of two."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 2, MON), position)
    ledger.post(fill("B", SHORT, CLOSE, 3600, 5, MON), position)
    ledger.post(fill("C", SHORT, CLOSE, 3600, 1, MON), position)
    statement = ledger.settle(MON, at("3600"))

    assert [(line.trade_id, line.lots) for line in statement.trades] == [("A", 2), ("B", 2)]
    assert position.overclosed == 4


def test_terms_that_change_leave_alone_what_was_charged() -> None:
    """Opened at 1/10,000; at noon the fees double, and margin is 20 % from then on."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3600, 1, MON), position)
    dear = Fee(rate=Decimal("0.0002"))
    ledger.change(position, evolve(RB, fee_open=dear, margin_rate=Decimal("0.2")))
    ledger.post(fill("B", LONG, OPEN, 3600, 1, MON), position)
    held = ledger.margin_held()
    statement = ledger.settle(MON, at("3600"))

    assert [line.fee for line in statement.trades] == [yuan("3.60"), yuan("7.20")]
    assert ledger.fees() == statement.funds.fees == yuan("10.80")
    assert held == statement.funds.margin == 14_400
    assert ledger.position(RB) is position
