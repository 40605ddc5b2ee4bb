"""Two statements of one day compared: every figure that differs is named, and nothing else."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve, fields_dict

from homalos.engine.statements import Difference, differences, unprinted
from homalos.model import (
    CloseLine,
    DeliveryLine,
    Direction,
    Funds,
    HoldingLine,
    Offset,
    PositionLine,
    PriceOrigin,
    Statement,
    TradeLine,
    TransferLine,
)

ZERO = Decimal(0)
DAY = 20250106
OPEN = TradeLine(
    day=DAY,
    symbol="rb2505.SHFE",
    trade_id="17",
    direction=Direction.LONG,
    offset=Offset.OPEN,
    price=Decimal(3310),
    lots=2,
    turnover=Decimal(66200),
    fee=Decimal("6.62"),
    realised=ZERO,
    strategy="grid",
)
CLOSE = evolve(
    OPEN,
    symbol="m2505.DCE",
    trade_id="18",
    direction=Direction.SHORT,
    offset=Offset.CLOSEYESTERDAY,
    price=Decimal(2700),
    realised=Decimal("1180.00"),
)
CLOSED = CloseLine(
    day=DAY,
    symbol="m2505.DCE",
    trade_id="18",
    direction=Direction.SHORT,
    lots=2,
    open_day=20250103,
    open_trade_id="5",
    open_price=Decimal(2625),
    previous_settlement=Decimal(2641),
    price=Decimal(2700),
    realised=Decimal("1180.00"),
    realised_by_trade=Decimal("1500.00"),
)
HELD = HoldingLine(
    symbol="rb2505.SHFE",
    trade_id="17",
    direction=Direction.LONG,
    open_day=DAY,
    lots=2,
    open_price=Decimal(3310),
    previous_settlement=Decimal(3310),
    settlement=Decimal(3350),
    marked=Decimal("800.00"),
    floating=Decimal("800.00"),
    margin=Decimal("4690.00"),
)
POSITION = PositionLine(
    symbol="rb2505.SHFE",
    long_lots=2,
    long_average=Decimal("3310.0000"),
    short_lots=0,
    short_average=ZERO,
    previous_settlement=Decimal(3310),
    settlement=Decimal(3350),
    origin=PriceOrigin.VENUE,
    marked=Decimal("800.00"),
    margin=Decimal("4690.00"),
)
DELIVERED = DeliveryLine(
    day=DAY,
    symbol="IF2501.CFFEX",
    direction=Direction.LONG,
    lots=1,
    open_day=20250103,
    open_price=Decimal(3800),
    previous_settlement=Decimal(3790),
    price=Decimal("3801.4"),
    realised=Decimal("3420.00"),
    realised_by_trade=Decimal("420.00"),
    fee=Decimal("114.04"),
)
OURS = Statement(
    account="main",
    currency="CNY",
    trading_day=DAY,
    funds=Funds(
        balance_before=Decimal("1000000.00"),
        deposits=Decimal("500.00"),
        withdrawals=ZERO,
        realised=Decimal("4600.00"),
        realised_by_trade=Decimal("1920.00"),
        marked=Decimal("800.00"),
        floating=Decimal("800.00"),
        fees=Decimal("127.28"),
        balance=Decimal("1005772.72"),
        margin=Decimal("4690.00"),
        available=Decimal("1001082.72"),
        risk_degree=Decimal("0.0047"),
        margin_call=ZERO,
    ),
    transfers=(TransferLine(day=DAY, amount=Decimal("500.00"), note="ours"),),
    trades=(OPEN, CLOSE),
    closes=(CLOSED,),
    deliveries=(DELIVERED,),
    holdings=(HELD,),
    positions=(POSITION,),
)


def test_the_same_day_does_not_differ() -> None:
    """Nor do what a statement cannot know: strategies, notes, the account's name."""
    theirs = evolve(
        OURS,
        account="80001234",
        trades=tuple(
            evolve(each, strategy="", trade_id=f"  {each.trade_id}") for each in OURS.trades
        ),
        transfers=(evolve(OURS.transfers[0], note="theirs"),),
    )

    assert differences(OURS, theirs) == ()


def test_a_cent_in_a_fee_names_line_and_column() -> None:
    """And the figures of the funds that come of it."""
    funds = evolve(OURS.funds, fees=Decimal("127.29"), balance=Decimal("1005772.71"))
    theirs = evolve(OURS, funds=funds, trades=(evolve(OPEN, fee=Decimal("6.63")), CLOSE))

    assert (
        Difference("funds", "", "fees", "127.28", "127.29"),
        Difference("funds", "", "balance", "1005772.72", "1005772.71"),
        Difference("trades", "20250106 rb2505.SHFE long 2 17", "fee", "6.62", "6.63"),
    ) == differences(OURS, theirs)


def test_lines_that_one_side_has_alone_are_named() -> None:
    """On either side, whatever the order of the others."""
    other = evolve(OPEN, symbol="hc2505.SHFE", trade_id="99")
    theirs = evolve(OURS, trades=(other, OPEN))

    found = differences(OURS, theirs)

    keys = [(each.key, bool(each.ours), bool(each.theirs)) for each in found]
    assert keys == [
        ("20250106 m2505.DCE short 2 18", True, False),
        ("20250106 hc2505.SHFE long 2 99", False, True),
    ]
    assert {"line"} == {each.column for each in found}


def test_every_section_is_compared() -> None:
    """One figure of each is changed, and each is named."""
    theirs = evolve(
        OURS,
        currency="USD",
        transfers=(evolve(OURS.transfers[0], amount=Decimal("500.01")),),
        closes=(evolve(CLOSED, realised_by_trade=Decimal(1)),),
        deliveries=(evolve(DELIVERED, price=Decimal(3801)),),
        holdings=(evolve(HELD, margin=Decimal(1)),),
        positions=(evolve(POSITION, long_lots=3),),
    )

    assert [(each.section, each.column) for each in differences(OURS, theirs)] == [
        ("statement", "currency"),
        ("transfers", "amount"),
        ("closes", "realised_by_trade"),
        ("deliveries", "price"),
        ("holdings", "margin"),
        ("positions", "long_lots"),
    ]


def test_lines_are_paired_without_trade_ids() -> None:
    """By symbol, side, price and lots; then by symbol, side and lots."""
    strange = (evolve(OPEN, trade_id="x", price=Decimal(3311)), evolve(CLOSE, trade_id=""))
    theirs = evolve(OURS, trades=strange)

    found = differences(OURS, theirs)

    assert [(each.column, each.ours, each.theirs) for each in found] == [("price", "3310", "3311")]


def test_a_plain_close_says_no_more_than_that_it_closes() -> None:
    """Exchanges without the distinction print it for lots of any day."""
    assert differences(OURS, evolve(OURS, trades=(OPEN, evolve(CLOSE, offset=Offset.CLOSE)))) == ()
    changed = evolve(OURS, trades=(OPEN, evolve(CLOSE, offset=Offset.CLOSETODAY)))
    assert [each.column for each in differences(OURS, changed)] == ["offset"]


def test_the_settlement_before_counts_for_lots_that_there_were_before() -> None:
    """Brokers print it for today's lots as well, where profit is not counted from it."""
    theirs = evolve(
        OURS,
        closes=(evolve(CLOSED, previous_settlement=Decimal(1)),),
        holdings=(evolve(HELD, previous_settlement=Decimal(1)),),
        positions=(evolve(POSITION, previous_settlement=Decimal(1)),),
    )

    assert [each.section for each in differences(OURS, theirs)] == ["closes"]


def test_averages_are_compared_to_the_places_printed() -> None:
    """CTP prints three; a cent more is a difference still."""
    ours = evolve(OURS, positions=(evolve(POSITION, long_average=Decimal("3310.3335")),))
    printed = evolve(OURS, positions=(evolve(POSITION, long_average=Decimal("3310.334")),))
    wrong = evolve(OURS, positions=(evolve(POSITION, long_average=Decimal("3310.344")),))

    assert differences(ours, printed) == ()
    assert [each.column for each in differences(ours, wrong)] == ["long_average"]


def test_what_is_not_printed_is_no_difference_but_told() -> None:
    """A statement of a balance and nothing else."""
    zeros = Funds(**dict.fromkeys(fields_dict(Funds), ZERO))
    funds = evolve(zeros, balance=Decimal("1005772.72"))
    theirs = Statement(account="main", currency="CNY", trading_day=DAY, funds=funds)
    printed = {"funds": frozenset({"balance"})}

    assert differences(OURS, theirs, printed) == ()
    assert unprinted(OURS, printed) == (
        "transfers",
        "trades",
        "closes",
        "deliveries",
        "holdings",
        "positions",
    )


def test_only_the_net_of_transfers_may_be_printed() -> None:
    """Then it alone is compared."""
    theirs = evolve(OURS, funds=evolve(OURS.funds, deposits=Decimal("499.00"), fees=ZERO))

    found = differences(OURS, theirs, {"funds": frozenset({"net"})})

    assert (Difference("funds", "", "deposits - withdrawals", "500.00", "499.00"),) == found


def test_a_symbol_without_its_exchange_is_compared_by_its_code() -> None:
    """The summary of positions does not print exchanges."""
    theirs = evolve(OURS, positions=(evolve(POSITION, symbol="rb2505"),))

    assert differences(OURS, theirs) == ()
