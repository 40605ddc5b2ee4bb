"""The books against an account reckoned on paper, over sequences of everything that happens."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import TypeAlias

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from plain_accounts import Happened, PlainAccount, Prices, Settled, Terms, Transfer, cent

from homalos.engine.ledger import Ledger
from homalos.model import (
    CloseFirst,
    Delivery,
    DeliveryLine,
    Direction,
    Fee,
    Instrument,
    MarginSide,
    Offset,
    OffsetRule,
    SettlementPrice,
    Statement,
    TradeData,
    TradeLine,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
CAPITAL = Decimal("1000000.00")
STRATEGIES = ("trend", "quoter", "")
DEEP = settings.default is not None and settings.default.max_examples >= 2_000
BASE = 20_000

CONTRACTS = (
    Instrument(
        "aa1.ONE",
        "aa",
        tick_size=1.0,
        multiplier=10,
        margin_rate=Decimal("0.1"),
        margin_rate_short=Decimal("0.12"),
        margin_side=MarginSide.GROUP,
        margin_group="aa",
        fee_open=Fee(rate=Decimal("0.000101")),
        fee_close=Fee(rate=Decimal("0.000101")),
        fee_close_today=Fee(rate=Decimal("0.000303")),
        offsets=OffsetRule.DATED,
    ),
    Instrument(
        "aa2.ONE",
        "aa",
        tick_size=1.0,
        multiplier=10,
        margin_side=MarginSide.GROUP,
        margin_group="aa",
        fee_open=Fee(per_lot=Decimal("3.01")),
        offsets=OffsetRule.DATED,
        last_trading_day=3,
        delivery=Delivery.PHYSICAL,
        fee_delivery=Fee(rate=Decimal("0.0001"), per_lot=Decimal("0.5")),
    ),
    Instrument(
        "bb.TWO",
        "bb",
        tick_size=0.2,
        multiplier=300,
        margin_side=MarginSide.LARGER,
        fee_open=Fee(rate=Decimal("0.000023")),
        fee_close=Fee(rate=Decimal("0.000023")),
        fee_close_today=Fee(rate=Decimal("0.000345")),
        close_first=CloseFirst.TODAY,
    ),
    Instrument(
        "cc.THREE",
        "cc",
        tick_size=0.005,
        multiplier=10_000,
        margin_per_lot=Decimal("7.505"),
        fee_open=Fee(per_lot=Decimal("3.005")),
        fee_close=Fee(per_lot=Decimal("1.5")),
        offsets=OffsetRule.NONE,
        last_trading_day=4,
        delivery=Delivery.CASH,
        fee_delivery=Fee(per_lot=Decimal("1.234")),
    ),
)
_SYMBOLS = tuple(each.symbol for each in CONTRACTS)
_ticks = st.integers(-300, 300)
_account = st.integers(0, 1)
Fill: TypeAlias = tuple[str, Direction, Offset, int, int]
_fill: st.SearchStrategy[Fill] = st.tuples(
    st.sampled_from(STRATEGIES),
    st.sampled_from(Direction),
    st.sampled_from(Offset),
    _ticks,
    st.integers(1, 4),
)
_rate = st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.13"), Decimal("0.135")])
_fee = st.builds(
    Fee,
    st.sampled_from([Decimal(0), Decimal("0.00005"), Decimal("0.000345")]),
    st.sampled_from([Decimal(0), Decimal("0.005"), Decimal("2.01")]),
)


def told(statement: Statement) -> list[tuple[object, ...]]:
    """Return a statement's lines as the paper has them, without the margin of positions."""
    lines: list[tuple[object, ...]] = []
    for trade in statement.trades:
        lines.append(
            ("trade", trade.trade_id, trade.lots, trade.turnover, trade.fee, trade.realised)
        )
        lines += [
            (
                "close",
                each.trade_id,
                each.open_trade_id,
                each.lots,
                each.open_price,
                each.previous_settlement,
                each.price,
                each.realised,
                each.realised_by_trade,
            )
            for each in statement.closes
            if each.trade_id == trade.trade_id
        ]
    lines += [
        (
            "delivery",
            each.symbol,
            each.direction,
            each.lots,
            each.open_day,
            each.open_price,
            each.previous_settlement,
            each.price,
            each.realised,
            each.realised_by_trade,
            each.fee,
        )
        for each in statement.deliveries
    ]
    for position in statement.positions:
        lines += [
            (
                "holding",
                each.symbol,
                each.trade_id,
                each.direction,
                each.open_day,
                each.lots,
                each.open_price,
                each.previous_settlement,
                each.settlement,
                each.marked,
                each.floating,
                each.margin,
            )
            for each in statement.holdings
            if each.symbol == position.symbol
        ]
        lines.append(
            (
                "position",
                position.symbol,
                position.previous_settlement,
                position.settlement,
                position.marked,
            )
        )
    return lines


class Books(RuleBasedStateMachine):
    """Two accounts that trade, pay, are settled and change their terms side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.ids = count(1)
        self.day = 1
        self.ledgers = tuple(Ledger(capital=CAPITAL, account=name) for name in ("main", "hedge"))
        self.happened: tuple[list[Happened], ...] = ([], [])
        self.before = [CAPITAL, CAPITAL]
        self.prices: Prices = {
            each.symbol: BASE * Decimal(str(each.tick_size)) for each in CONTRACTS
        }
        self.touched = {0, 1}
        for ledger, happened in zip(self.ledgers, self.happened, strict=True):
            for each in CONTRACTS:
                ledger.position(each)
                happened.append(Terms(each))

    @rule(which=_account, symbol=st.sampled_from(_SYMBOLS), fills=st.lists(_fill, min_size=1))
    def trade(self, which: int, symbol: str, fills: list[Fill]) -> None:
        """Fill orders in one contract, many at a time: what is rare needs many lots."""
        position = self.ledgers[which].positions[symbol]
        terms = position.instrument
        if 0 < terms.last_trading_day < self.day:
            return
        for strategy, direction, offset, ticks, lots in fills:
            price = terms.from_ticks(BASE + ticks)
            trade = TradeData(
                f"T{next(self.ids)}",
                "1-1",
                symbol,
                direction,
                offset,
                price,
                lots,
                0,
                self.day,
                strategy,
                self.ledgers[which].account,
                "g",
            )
            self.ledgers[which].post(trade, position)
            self.happened[which].append(trade)
            self.prices[symbol] = Decimal(str(price))
        self.touched.add(which)

    @rule(which=_account, cents=st.integers(-5_000_000, 5_000_000).filter(bool))
    def transfer(self, which: int, cents: int) -> None:
        """Money comes in or goes out."""
        amount = Decimal(cents) / 100
        self.ledgers[which].transfer(amount, self.day)
        self.happened[which].append(Transfer(amount))
        self.touched.add(which)

    @rule(
        which=_account,
        symbol=st.sampled_from(_SYMBOLS),
        rate=_rate,
        short=st.none() | _rate,
        side=st.sampled_from(MarginSide),
        first=st.sampled_from(CloseFirst),
        fees=st.tuples(_fee, _fee, _fee),
    )
    def change(
        self,
        which: int,
        symbol: str,
        rate: Decimal,
        short: Decimal | None,
        side: MarginSide,
        first: CloseFirst,
        fees: tuple[Fee, Fee, Fee],
    ) -> None:
        """Change margin and fees, and how closings are taken."""
        position = self.ledgers[which].positions[symbol]
        terms = evolve(
            position.instrument,
            margin_rate=rate,
            margin_rate_short=short,
            margin_side=side,
            close_first=first,
            fee_open=fees[0],
            fee_close=fees[1],
            fee_close_today=fees[2],
        )
        self.ledgers[which].change(position, terms)
        self.happened[which].append(Terms(terms))
        self.touched.add(which)

    @rule(ticks=st.lists(st.none() | _ticks, min_size=4, max_size=4), gap=st.integers(1, 3))
    def settle(self, ticks: list[int | None], gap: int) -> None:
        """End the day for both accounts; some contracts have no price."""
        prices = {
            each.symbol: (BASE + tick) * Decimal(str(each.tick_size))
            for each, tick in zip(CONTRACTS, ticks, strict=True)
            if tick is not None
        }
        found = {symbol: SettlementPrice(price) for symbol, price in prices.items()}
        for which, ledger in enumerate(self.ledgers):
            self.happened[which].append(Settled(self.day, prices))
            self.compare(which, ledger.settle(self.day, found))
        self.prices.update(prices)
        self.day += gap
        for ledger in self.ledgers:
            ledger.begin(self.day)
        self.touched |= {0, 1}

    def compare(self, which: int, statement: Statement) -> None:
        """Compare a statement with the paper's, its balances with the day before's."""
        paper = PlainAccount.after(CAPITAL, self.happened[which])
        funds = statement.funds
        assert {name: getattr(funds, name) for name in paper.funds} == paper.funds
        assert told(statement) == paper.lines
        assert funds.balance_before == self.before[which]
        assert funds.available == cent(paper.balance - paper.margin())
        assert funds.margin_call == max(-funds.available, Decimal(0))
        # Each line is at most half a cent off.
        slack = Decimal("0.005") * (len(paper.lines) + 1)
        lines: list[TradeLine | DeliveryLine] = [*statement.trades, *statement.deliveries]
        assert abs(sum(each.fee for each in lines) - funds.fees) <= slack
        assert abs(sum(each.realised for each in lines) - funds.realised) <= slack
        assert abs(sum(each.marked for each in statement.holdings) - funds.marked) <= slack
        assert abs(sum(each.floating for each in statement.holdings) - funds.floating) <= slack
        assert abs(sum(each.margin for each in statement.positions) - funds.margin) <= slack
        self.before[which] = funds.balance

    @invariant()
    def agree(self) -> None:
        """Every reading of an account that something happened to is the paper's, exactly."""
        for which in sorted(self.touched):
            paper = PlainAccount.after(CAPITAL, self.happened[which])
            self.check_money(self.ledgers[which], paper)
            self.check_lots(self.ledgers[which], paper)
        self.touched.clear()

    def check_money(self, ledger: Ledger, paper: PlainAccount) -> None:
        """Compare amounts, and both ways to the equity."""
        prices = {symbol: float(price) for symbol, price in self.prices.items()}
        floating = paper.floating(self.prices)
        assert ledger.balance() == paper.balance
        assert (ledger.realised(), ledger.realised_marked()) == (
            paper.realised,
            paper.realised_marked,
        )
        assert (ledger.fees(), ledger.fees_today()) == (paper.fees, paper.fees_today)
        assert ledger.floating(prices) == floating
        assert ledger.floating_marked(prices) == paper.floating(self.prices, marked=True)
        assert ledger.margin_held() == paper.margin()
        cash = paper.realised - paper.fees + paper.transfers
        assert ledger.equity(prices) == CAPITAL + cash + floating
        assert (ledger.cash, ledger.margin) == pytest.approx(
            (float(cash), float(paper.margin())), abs=1e-4
        )
        books = ledger.books
        earned = [books.pnl(name, prices) for name in STRATEGIES]
        assert earned == [paper.pnl(name, self.prices) for name in STRATEGIES]
        assert sum(earned) == paper.realised - paper.fees + floating

    def check_lots(self, ledger: Ledger, paper: PlainAccount) -> None:
        """Compare what is held, of today and of before."""
        for symbol, position in ledger.positions.items():
            today = [paper.count(symbol, side, since=self.day) for side in Direction]
            held = [paper.count(symbol, side) for side in Direction]
            assert [position.long, position.short] == held
            assert [position.long_today, position.short_today] == today
            assert [position.yesterday(side, self.day) for side in Direction] == [
                each - new for each, new in zip(held, today, strict=True)
            ]
            assert position.overclosed == paper.overclosed.get(symbol, 0)


# Chance begins anew with each round; a round ends before the tests' time-out of five minutes.
@pytest.mark.machine
@pytest.mark.parametrize("_round", range(10 if DEEP else 1))
def test_the_books_are_those_of_the_plain_account(_round: int) -> None:
    """1,000 sequences, and 50,000 in the deep run."""
    limits = settings(max_examples=5_000 if DEEP else 1_000, stateful_step_count=12)
    run_state_machine_as_test(Books, settings=limits)
