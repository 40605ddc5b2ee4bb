"""The limits on value, positions and margin, each worked by hand."""

from __future__ import annotations

from decimal import Decimal
from math import inf, isnan, nan
from typing import Any

import pytest
from attrs import evolve
from msgspec.structs import replace

from homalos.model import (
    Direction,
    Instrument,
    MarginSide,
    Offset,
    OrderData,
    OrderRequest,
    OrderType,
    Status,
)
from homalos.plugins.ports import Meter, RiskRule
from homalos.testing import FakeFunds, FakeHolding, FakeRiskContext
from homalos_risk import (
    ConcentrationOptions,
    MarginRatioOptions,
    NetExposureOptions,
    NotionalOptions,
    StrategyPositionOptions,
    TotalPositionOptions,
    bind_concentration,
    bind_margin_ratio,
    bind_net_exposure,
    bind_notional,
    bind_strategy_position,
    bind_total_position,
)

# A lot of rebar at 3,000 is worth 30,000; one of hot coil at 3,200 is worth 32,000; both are
# 10 tons a lot with a margin of 10 %. A lot of IF at 4,000 is worth 1,200,000, margin 12 %.
RB10 = Instrument("rb2510.SHFE", "rb", tick_size=1.0, multiplier=10)
RB01 = Instrument("rb2601.SHFE", "rb", tick_size=1.0, multiplier=10)
HC10 = Instrument("hc2510.SHFE", "hc", tick_size=1.0, multiplier=10)
IF09 = Instrument("IF2509.CFFEX", "IF", tick_size=0.2, multiplier=300, margin_rate=Decimal("0.12"))
CONTRACTS = {each.symbol: each for each in (RB10, RB01, HC10, IF09)}
PRICES = {RB10.symbol: 3000.0, RB01.symbol: 3100.0, HC10.symbol: 3200.0, IF09.symbol: 4000.0}
LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE, NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE


def house(**held: FakeHolding) -> FakeRiskContext:
    """Make an account by the codes of what it holds, at the prices above."""
    by_code = {symbol.split(".")[0]: symbol for symbol in CONTRACTS}
    return FakeRiskContext(
        contracts=CONTRACTS,
        held={("main", by_code[code]): each for code, each in held.items()},
        prices=dict(PRICES),
        money={"main": FakeFunds(equity=1_000_000.0)},
    )


def ask(
    volume: int,
    contract: Instrument = RB10,
    *,
    direction: Direction = LONG,
    offset: Offset = OPEN,
    price: float | None = None,
    strategy: str = "one",
) -> OrderRequest:
    """Make a limit order at the last price; a price of nan makes it a market order."""
    at = PRICES[contract.symbol] if price is None else price
    kind = OrderType.MARKET if isnan(at) else OrderType.LIMIT
    return OrderRequest(
        "1-1", contract.symbol, direction, offset, kind, at, volume, strategy, "main", "sim", 0
    )


def resting(
    order_id: str, lots: int, *, direction: Direction = LONG, strategy: str = "one", traded: int = 0
) -> OrderData:
    """Make an order at work in the first contract."""
    return OrderData(
        order_id, RB10.symbol, direction, OPEN, OrderType.LIMIT, 3000.0, lots, traded,
        Status.NOTTRADED, strategy, "main", "sim", 0, 0,
    )  # fmt: skip


def only(rules: Any) -> RiskRule:
    """Return the one rule that the options make."""
    assert len(rules) == 1
    (rule,) = rules.values()
    assert isinstance(rule, RiskRule)
    return rule


def figures(rule: RiskRule, request: OrderRequest) -> list[tuple[str, float, float]]:
    """Return what a rule says an order would come to."""
    assert rule.measure is not None
    return [(each.subject, each.value, each.limit) for each in rule.measure(request)]


def readings(rule: RiskRule) -> dict[str, float]:
    """Return what a rule's meters stand at."""
    assert rule.meters is not None
    found: list[Meter] = list(rule.meters())
    return {each.subject: each.value for each in found}


# -- notional -----------------------------------------------------------------


def test_order_may_be_worth_its_limit() -> None:
    """Five lots at 3,000 are worth 150,000; at 3,001 they are worth 50 more."""
    rule = only(bind_notional(house(), NotionalOptions(max_order=150_000)))
    assert rule.check(ask(5)) is None
    refusal = rule.check(ask(5, price=3001.0))
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (150_050.0, 150_000)
    assert refusal.message == (
        "the order of 5 lots of rb2510.SHFE would be worth 150050.00; at most 150000.00 is allowed"
    )
    assert figures(rule, ask(5)) == [("order", 150_000.0, 150_000)]


def test_market_order_is_worth_the_last_price() -> None:
    """Without a last price it cannot be valued, and does not leave."""
    context = house()
    rule = only(bind_notional(context, NotionalOptions(max_order=150_000)))
    assert rule.check(ask(5, price=nan)) is None
    assert rule.check(ask(6, price=nan)) is not None
    del context.prices[RB10.symbol]
    refusal = rule.check(ask(1, price=nan))
    assert refusal is not None
    assert refusal.message == (
        "the order of 1 lots of rb2510.SHFE cannot be valued: a price is not known"
    )


def test_account_is_worth_both_sides_of_everything() -> None:
    """2 long and 1 to open of rebar, 3 short of coil: 90,000 + 96,000; a lot more is 30,000."""
    context = house(rb2510=FakeHolding(long=2, opening_long=1), hc2510=FakeHolding(short=3))
    rule = only(bind_notional(context, NotionalOptions(max_account=216_000)))
    assert rule.check(ask(1)) is None
    refusal = rule.check(ask(2, direction=SHORT))
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (246_000.0, 216_000)
    assert readings(rule) == {"main": 186_000.0}


def test_every_lot_held_or_to_open_is_worth_something() -> None:
    """1 + 2 + 4 + 8 lots of either side, held or on the way: 15 of 30,000; exits count not."""
    lots = FakeHolding(1, 2, 4, 8, closing_long=1, closing_short=2)
    rule = only(bind_notional(house(rb2510=lots), NotionalOptions(max_account=480_000)))
    assert readings(rule) == {"main": 450_000.0}
    assert figures(rule, ask(1)) == [("main", 480_000.0, 480_000)]
    assert rule.check(ask(1)) is None
    assert rule.check(ask(1, direction=SHORT, price=3001.0)) is not None


def test_account_with_an_unknown_price_is_not_valued() -> None:
    """What is held of a contract without a price may be worth anything; its meter is silent."""
    context = house(hc2510=FakeHolding(short=3))
    del context.prices[HC10.symbol]
    rule = only(bind_notional(context, NotionalOptions(max_account=1_000_000)))
    refusal = rule.check(ask(1))
    assert refusal is not None
    assert refusal.message == (
        "with this order account main cannot be valued: a price is not known"
    )
    assert readings(rule) == {}
    context.holding("main", HC10.symbol).short = 0
    assert rule.check(ask(1)) is None


def test_turn_of_a_net_position_adds_what_it_opens() -> None:
    """From 3 long a sale of 5 in a netting account opens 2: 90,000 + 60,000."""
    context = house(rb2510=FakeHolding(long=3))
    turn = ask(5, direction=SHORT, offset=NONE)
    fits = only(bind_notional(context, NotionalOptions(max_account=150_000)))
    short_by_1 = only(bind_notional(context, NotionalOptions(max_account=149_999)))
    assert fits.check(turn) is None
    assert short_by_1.check(turn) is not None


# -- total_position -----------------------------------------------------------


def test_contracts_of_a_product_count_together() -> None:
    """4 and 3 held long with 2 on the way are 9 of 10; another product is not among them."""
    context = house(
        rb2510=FakeHolding(long=4, opening_long=2),
        rb2601=FakeHolding(long=3),
        hc2510=FakeHolding(9),
    )
    rule = only(bind_total_position(context, TotalPositionOptions(max_product=10)))
    assert rule.check(ask(1, RB01)) is None
    refusal = rule.check(ask(2, RB01))
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (11, 10)
    assert refusal.message == (
        "with this order the long side of product rb in account main could reach 11 lots; "
        "at most 10 are allowed"
    )
    assert rule.check(ask(10, RB01, direction=SHORT)) is None
    assert figures(rule, ask(2, RB01)) == [("main rb long", 11, 10)]
    assert readings(rule) == {
        "main rb long": 9, "main rb short": 0, "main hc long": 9, "main hc short": 0
    }  # fmt: skip


def test_account_counts_all_products_of_a_side() -> None:
    """4 + 3 long leave 3 of 10; the short side has its own 10."""
    context = house(rb2510=FakeHolding(long=4), IF2509=FakeHolding(long=3, short=8))
    rule = only(bind_total_position(context, TotalPositionOptions(accounts={"main": 10})))
    assert rule.check(ask(3, HC10)) is None
    assert rule.check(ask(4, HC10)) is not None
    assert rule.check(ask(2, HC10, direction=SHORT)) is None
    assert rule.check(ask(3, HC10, direction=SHORT)) is not None


def test_named_limit_takes_the_place_of_the_general_one() -> None:
    """A product or account without a name and without a general limit is free."""
    named = only(
        bind_total_position(house(), TotalPositionOptions(max_product=5, products={"rb": 20}))
    )
    free = only(bind_total_position(house(), TotalPositionOptions(products={"hc": 1})))
    assert named.check(ask(20)) is None
    assert named.check(ask(6, HC10)) is not None
    assert free.check(ask(900)) is None
    assert figures(free, ask(900)) == []


def test_either_side_is_what_is_held_and_to_open() -> None:
    """1 + 4 long and 2 + 8 short; exits that work make neither smaller until they fill."""
    lots = FakeHolding(1, 2, 4, 8, closing_long=1, closing_short=2)
    context = house(rb2510=lots, hc2510=FakeHolding(16, 32, 64, 128))
    rule = only(bind_total_position(context, TotalPositionOptions(max_account=900)))
    assert readings(rule) == {"main long": 85, "main short": 170}
    assert figures(rule, ask(1)) == [("main long", 86, 900)]
    assert figures(rule, ask(1, direction=SHORT)) == [("main short", 171, 900)]
    # Netting: the sale of 50 meets 1 long, which a sale at work closes already.
    assert figures(rule, ask(50, direction=SHORT, offset=NONE)) == [("main short", 220, 900)]
    assert figures(rule, ask(50, offset=NONE)) == [("main long", 135, 900)]


def test_net_turn_counts_only_what_it_leaves() -> None:
    """From 4 short a purchase of 6 leaves 2 long, beside 7 of the other contract."""
    context = house(rb2510=FakeHolding(short=4), rb2601=FakeHolding(long=7))
    fits = only(bind_total_position(context, TotalPositionOptions(max_product=9)))
    full = only(bind_total_position(context, TotalPositionOptions(max_product=8)))
    assert fits.check(ask(6, offset=NONE)) is None
    assert full.check(ask(6, offset=NONE)) is not None


# -- strategy_position --------------------------------------------------------


@pytest.mark.parametrize(("direction", "most"), [(LONG, 2), (SHORT, 11)])
def test_strategy_may_come_to_its_limit(direction: Direction, most: int) -> None:
    """3 long and 2 of 4 still to buy, 1 to sell: of 7 either way, 2 more up or 11 more down."""
    context = house()
    context.lots["one", RB10.symbol] = 3
    context.rest(resting("1-1", 4, traded=2))
    context.rest(resting("1-2", 9, strategy="two"))
    context.rest(resting("1-3", 1, direction=SHORT))
    options = StrategyPositionOptions(max_position=7 if direction is LONG else 9)
    rule = bind_strategy_position(context, options)
    assert rule is not None
    assert rule.check(ask(most, direction=direction)) is None
    assert rule.check(ask(most + 1, direction=direction)) is not None
    assert readings(rule) == {f"one {RB10.symbol}": 3}
    after = 7 if direction is LONG else 9
    assert [value for _, value, _ in figures(rule, ask(most, direction=direction))] == [after]


def test_other_strategies_have_their_own_limits() -> None:
    """What one holds leaves the others their room; one that is not limited passes."""
    context = house()
    context.lots["one", RB10.symbol] = 5
    rule = bind_strategy_position(context, StrategyPositionOptions(strategies={"one": 5, "two": 2}))
    assert rule is not None
    refusal = rule.check(ask(1))
    assert refusal is not None
    assert refusal.message == (
        "with this order strategy one could be long 6 lots of rb2510.SHFE; at most 5 are allowed"
    )
    assert rule.check(ask(2, strategy="two")) is None
    assert rule.check(ask(3, strategy="two")) is not None
    assert rule.check(ask(99, strategy="three")) is None


# -- net_exposure -------------------------------------------------------------


def test_what_works_in_the_orders_direction_counts_as_filled() -> None:
    """8 long, 3 short, 2 to open long and 1 of the shorts being bought back: 8 net long."""
    lots = FakeHolding(
        long=8, short=3, opening_long=2, closing_short=1, opening_short=5, closing_long=4
    )
    rule = only(bind_net_exposure(house(rb2510=lots), NetExposureOptions(instrument_lots=10)))
    assert rule.check(ask(2)) is None
    refusal = rule.check(ask(3))
    assert refusal is not None
    assert refusal.message == (
        "with this order rb2510.SHFE in account main could be net long 11 lots; "
        "at most 10 are allowed"
    )
    # To sell: 3 - 8 held, 5 to open short and 4 of the longs being sold: 4 net short.
    assert figures(rule, ask(6, direction=SHORT)) == [("main rb2510.SHFE lots", 10, 10)]
    assert readings(rule) == {"main rb2510.SHFE lots": 8}


def test_a_hedge_makes_room() -> None:
    """A spread, 6 long and 6 short of one product, is net 0 for the product."""
    context = house(rb2510=FakeHolding(long=6), rb2601=FakeHolding(short=6))
    rule = only(bind_net_exposure(context, NetExposureOptions(product_lots=3)))
    assert rule.check(ask(3)) is None
    assert rule.check(ask(4)) is not None
    assert rule.check(ask(3, RB01, direction=SHORT)) is None


def test_net_value_of_an_account_adds_up_products() -> None:
    """2 IF long are 2,400,000, 50 coil short 1,600,000: net 800,000 long."""
    context = house(IF2509=FakeHolding(long=2), hc2510=FakeHolding(short=50))
    rule = only(bind_net_exposure(context, NetExposureOptions(account_value=1_000_000)))
    assert rule.check(ask(6)) is None  # 180,000 more
    refusal = rule.check(ask(7))  # 210,000 more
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (1_010_000.0, 1_000_000)
    # To sell 60 lots of rebar leaves 1,000,000 net short.
    assert rule.check(ask(60, direction=SHORT)) is None
    assert rule.check(ask(61, direction=SHORT)) is not None
    assert readings(rule) == {"main value": 800_000.0}


def test_own_price_holds_until_the_contract_has_one() -> None:
    """A limit price values the order's contract; a market order without a price is refused."""
    context = house()
    context.prices.clear()
    rule = only(bind_net_exposure(context, NetExposureOptions(product_value=30_000)))
    assert rule.check(ask(1, price=3000.0)) is None
    assert rule.check(ask(1, price=3001.0)) is not None
    refusal = rule.check(ask(1, price=nan))
    assert refusal is not None
    assert isnan(refusal.input)


def test_limits_are_rules_of_their_own() -> None:
    """Each says for itself why it refuses."""
    options = NetExposureOptions(instrument_lots=1, account_lots=2, product_value=1.0)
    assert set(bind_net_exposure(house(), options)) == {
        "instrument_lots", "account_lots", "product_value"
    }  # fmt: skip


def test_net_value_counts_what_works_on_either_side() -> None:
    """16 - 32 held; to buy 4 open and 2 cover, to sell 8 open and 1 closes; 30,000 a lot."""
    lots = FakeHolding(16, 32, 4, 8, closing_long=1, closing_short=2)
    rule = only(bind_net_exposure(house(rb2510=lots), NetExposureOptions(product_value=900_000)))
    assert figures(rule, ask(20)) == [("main rb value", 300_000.0, 900_000)]
    assert figures(rule, ask(5, direction=SHORT)) == [("main rb value", 900_000.0, 900_000)]
    assert rule.check(ask(5, direction=SHORT)) is None
    assert rule.check(ask(6, direction=SHORT)) is not None
    assert readings(rule) == {"main rb value": 750_000.0}


def test_contract_that_comes_later_is_counted() -> None:
    """An account takes up contracts as it goes."""
    context = house(rb2510=FakeHolding(long=2))
    rule = only(bind_net_exposure(context, NetExposureOptions(account_lots=5)))
    assert rule.check(ask(3)) is None
    context.holding("main", HC10.symbol).long = 1
    assert rule.check(ask(3)) is not None


# -- margin_ratio -------------------------------------------------------------


def test_margin_may_come_to_its_share_of_the_equity() -> None:
    """Of 1,000,000, 250,000 are held and 20,000 frozen; ten lots of 3,000 each fit 30 %."""
    context = house()
    funds = context.funds("main")
    funds.margin, funds.frozen = 250_000.0, 20_000.0
    rule = bind_margin_ratio(context, MarginRatioOptions(max_ratio=0.3))
    assert rule is not None
    assert rule.check(ask(10)) is None
    refusal = rule.check(ask(11))
    assert refusal is not None
    assert refusal.input == pytest.approx(0.303)
    assert refusal.message == (
        "with this order the margin of account main could reach 303000.00, 0.303 of its equity "
        "of 1000000.00; at most 0.3 is allowed"
    )
    assert readings(rule) == {"main": 0.27}
    assert figures(rule, ask(10)) == [("main", 0.3, 0.3)]


@pytest.mark.parametrize("equity", [0.0, -5.0])
def test_account_without_equity_opens_nothing(equity: float) -> None:
    """Any margin is too much of nothing."""
    context = house()
    context.funds("main").equity = equity
    rule = bind_margin_ratio(context, MarginRatioOptions(max_ratio=1))
    assert rule is not None
    refusal = rule.check(ask(1))
    assert refusal is not None
    assert refusal.input == inf
    assert readings(rule) == {}


# -- concentration ------------------------------------------------------------


def test_one_product_keeps_to_its_share_of_the_equity() -> None:
    """30 rebar of 3,000 and 5 of 3,100 are 105,500; 31 more of 3,100 make 201,600."""
    context = house(rb2510=FakeHolding(long=30), rb2601=FakeHolding(opening_short=5))
    options = ConcentrationOptions(product_of_equity=0.2)
    rule = only(bind_concentration(context, options))
    assert rule.check(ask(30, RB01)) is None  # 198,500
    refusal = rule.check(ask(31, RB01))
    assert refusal is not None
    assert refusal.input == pytest.approx(0.2016)
    assert rule.check(ask(1, HC10)) is None
    assert readings(rule)["main rb"] == pytest.approx(0.1055)


def test_larger_side_counts_where_the_exchange_says_so() -> None:
    """10 long and 8 short of one product: 18 lots on DCE's terms, 10 on SHFE's."""
    both = FakeHolding(long=10, short=8)
    group = evolve(RB10, margin_side=MarginSide.GROUP, margin_group="rb")
    options = ConcentrationOptions(product_of_equity=0.5)
    found = []
    for contract in (RB10, group):
        context = house(rb2510=both)
        context.contracts = {RB10.symbol: contract}
        found.append(readings(only(bind_concentration(context, options)))["main rb"])
    assert found == [pytest.approx(0.054), pytest.approx(0.03)]


@pytest.mark.parametrize(
    ("side", "group", "long", "short"),
    [
        (MarginSide.BOTH, "", 0.08165, 0.0999),
        (MarginSide.LARGER, "", 0.0488, 0.0511),
        (MarginSide.GROUP, "", 0.0488, 0.0511),  # alone in its group
    ],
)
def test_margin_of_what_is_held_and_to_open(
    side: MarginSide, group: str, long: float, short: float
) -> None:
    """A long lot takes 3,000 + 50, a short one 3,600 + 50: 16 and 9 lots are 48,800 and 32,850.

    Of 1,000,000 both are 8.165 %, the larger 4.88 %; 5 more short make the shorts 51,100.
    """
    contract = evolve(
        RB10, margin_side=side, margin_group=group, margin_rate_short=Decimal("0.12"),
        margin_per_lot=Decimal(50),
    )  # fmt: skip
    context = house(rb2510=FakeHolding(12, 7, 4, 2))
    context.contracts = {RB10.symbol: contract}
    rule = only(bind_concentration(context, ConcentrationOptions(instrument_of_equity=1)))
    assert readings(rule) == {"main rb2510.SHFE": pytest.approx(long, abs=1e-9)}
    found = figures(rule, ask(5, direction=SHORT))
    assert [value for _, value, _ in found] == [pytest.approx(short, abs=1e-9)]


def test_share_of_the_margin_is_judged_once_there_is_some() -> None:
    """Up to 60,000 in all nothing is judged; beyond, half of it may be in one contract."""
    context = house(hc2510=FakeHolding(short=10))  # 32,000
    options = ConcentrationOptions(instrument_of_margin=0.5, from_margin=60_000)
    rule = only(bind_concentration(context, options))
    assert rule.check(ask(9)) is None  # 27,000 of 59,000
    assert rule.check(ask(10)) is None  # 30,000 of 62,000
    refusal = rule.check(ask(11))  # 33,000 of 65,000
    assert refusal is not None
    assert refusal.input == pytest.approx(33 / 65)
    assert rule.check(ask(8, HC10, direction=SHORT)) is None  # alone, 57,600 are not judged
    assert rule.check(ask(9, HC10, direction=SHORT)) is not None


def test_share_of_the_margin_needs_a_floor() -> None:
    """Without one the first position, which is all of the margin, would be refused."""
    with pytest.raises(ValueError, match="from_margin must be set"):
        ConcentrationOptions(product_of_margin=0.5)


def test_unknown_price_of_what_counts_is_refused() -> None:
    """A product whose other contract has no price cannot be valued."""
    context = house(rb2601=FakeHolding(long=1))
    del context.prices[RB01.symbol]
    rule = only(bind_concentration(context, ConcentrationOptions(product_of_equity=1)))
    refusal = rule.check(ask(1))
    assert refusal is not None
    assert isnan(refusal.input)


# -- all ----------------------------------------------------------------------


def test_way_out_stays_open() -> None:
    """Far beyond every limit, with no equity and no price, a close is let through by each."""
    context = house(rb2510=FakeHolding(long=900))
    context.prices.clear()
    context.funds("main").equity = -1.0
    context.lots["one", RB10.symbol] = -900
    close = replace(ask(900, direction=SHORT), offset=CLOSE)
    margin = bind_margin_ratio(context, MarginRatioOptions(max_ratio=0.1))
    position = bind_strategy_position(context, StrategyPositionOptions(max_position=0))
    assert margin is not None
    assert position is not None
    rules = [
        margin,
        position,
        *bind_notional(context, NotionalOptions(max_order=1, max_account=1)).values(),
        *bind_total_position(context, TotalPositionOptions(max_product=0, max_account=0)).values(),
        *bind_net_exposure(
            context, NetExposureOptions(instrument_lots=0, product_lots=0, account_value=1)
        ).values(),
        *bind_concentration(
            context, ConcentrationOptions(instrument_of_equity=0.1, product_of_equity=0.1)
        ).values(),
    ]
    assert [rule.check(close) for rule in rules] == [None] * 11
