"""The rules that look at what an account holds: position limit and funds."""

from __future__ import annotations

from decimal import Decimal
from math import isnan, nan

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from homalos.model import Direction, Instrument, Offset, OrderRequest, OrderType
from homalos.plugins import NoOptions
from homalos.testing import FakeFunds, FakeHolding, FakeRiskContext
from homalos_risk import PositionLimitOptions, bind_funds, bind_position_limit

RB = Instrument(symbol="rb2510.SHFE", product="rb", tick_size=1.0, multiplier=10)
LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, NONE = Offset.OPEN, Offset.NONE


def house(
    lots: FakeHolding | None = None,
    *,
    contract: Instrument = RB,
    funds: float = 0.0,
    last: float = nan,
) -> FakeRiskContext:
    """Make what a rule sees: one account with one holding in one contract."""
    return FakeRiskContext(
        contracts={contract.symbol: contract},
        held={("main", contract.symbol): FakeHolding() if lots is None else lots},
        money={"main": FakeFunds(available=funds)},
        prices={contract.symbol: last},
    )


def ask(
    volume: int,
    price: float = 3000.0,
    *,
    direction: Direction = LONG,
    offset: Offset = OPEN,
    symbol: str = RB.symbol,
) -> OrderRequest:
    """Make an order; a price of nan makes it a market order."""
    kind = OrderType.MARKET if isnan(price) else OrderType.LIMIT
    return OrderRequest(
        "1-1", symbol, direction, offset, kind, price, volume, "manual", "main", "sim", 0
    )


# -- position_limit -----------------------------------------------------------


@pytest.mark.parametrize(("direction", "most"), [(LONG, 7), (SHORT, 11)])
def test_side_of_a_hedging_account_may_grow_to_the_limit(direction: Direction, most: int) -> None:
    """Of 20 lots 8 are held long and 5 on their way, 3 held short and 6 on their way."""
    lots = FakeHolding(8, 3, opening_long=5, opening_short=6, closing_long=8, closing_short=3)
    check = bind_position_limit(house(lots), PositionLimitOptions(max_position=20)).check
    assert check(ask(most, direction=direction)) is None
    refusal = check(ask(most + 1, direction=direction))
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (21, 20)
    assert refusal.message == (
        f"with this order the {direction} position in rb2510.SHFE could reach 21 lots; "
        "at most 20 are allowed"
    )


@pytest.mark.parametrize(("direction", "most"), [(LONG, 7), (SHORT, 18)])
def test_net_position_may_grow_to_the_limit(direction: Direction, most: int) -> None:
    """From 8 long with 5 bought and 10 sold at work the worst is 13 long or 2 short."""
    lots = FakeHolding(8, opening_long=5, closing_long=8, opening_short=2)
    context = house(lots)
    check = bind_position_limit(context, PositionLimitOptions(max_position=20)).check
    assert check(ask(most, direction=direction, offset=NONE)) is None
    assert check(ask(most + 1, direction=direction, offset=NONE)) is not None


@given(
    net=st.integers(-30, 30),
    bought=st.integers(0, 30),
    sold=st.integers(0, 30),
    volume=st.integers(1, 60),
    limit=st.integers(0, 40),
)
def test_net_position_is_judged_by_the_worst_that_can_come(
    net: int, bought: int, sold: int, volume: int, limit: int
) -> None:
    """An order passes if it leaves the net inside when its side fills, or never crosses zero."""
    context = house(net_lots(net, bought, sold))
    check = bind_position_limit(context, PositionLimitOptions(max_position=limit)).check
    highest, lowest = net + bought + volume, net - sold - volume
    buys, sells = ask(volume, offset=NONE), ask(volume, direction=SHORT, offset=NONE)
    assert (check(buys) is None) is (highest <= limit or highest <= 0)
    assert (check(sells) is None) is (-lowest <= limit or lowest >= 0)


def net_lots(net: int, bought: int, sold: int) -> FakeHolding:
    """Book orders at work in a netting account: they close first, and open the rest."""
    long, short = max(net, 0), max(-net, 0)
    covers, sells = min(bought, short), min(sold, long)
    return FakeHolding(long, short, bought - covers, sold - sells, sells, covers)


def test_symbol_may_have_a_limit_of_its_own() -> None:
    """The symbol's limit takes the place of the general one, also where it is larger."""
    hc = evolve(RB, symbol="hc2510.SHFE", product="hc")
    options = PositionLimitOptions(max_position=5, symbols={"rb2510.SHFE": 20})
    own = bind_position_limit(house(), options).check
    general = bind_position_limit(house(contract=hc), options).check
    assert own(ask(20)) is None
    assert own(ask(21)) is not None
    assert general(ask(5, symbol="hc2510.SHFE")) is None
    assert general(ask(6, symbol="hc2510.SHFE")) is not None


def test_limit_follows_the_live_holding() -> None:
    """The holding is looked up once, and its lots are read for every order."""
    context = house()
    check = bind_position_limit(context, PositionLimitOptions(max_position=2)).check
    assert check(ask(2)) is None
    context.held["main", RB.symbol].long = 1
    assert check(ask(2)) is not None


# -- funds --------------------------------------------------------------------


def test_order_may_use_all_that_is_available() -> None:
    """A lot of rebar at 3,000 needs 3,000 x 10 x 0.1 = 3,000; ten of them 30,000."""
    check = bind_funds(house(funds=30_000.0), NoOptions()).check
    assert check(ask(10)) is None
    refusal = check(ask(11))
    assert refusal is not None
    assert (refusal.input, refusal.limit) == (33_000.0, 30_000.0)
    assert refusal.message == (
        "11 lots of rb2510.SHFE need a margin of 33000.00; 30000.00 is available in account main"
    )


def test_a_side_needs_its_own_rate_and_what_each_lot_asks_beside() -> None:
    """A lot at 3,000: long 3,000 x 10 x 0.1 + 50 = 3,050, short at 0.12 3,650."""
    contract = evolve(RB, margin_rate_short=Decimal("0.12"), margin_per_lot=Decimal(50))
    refused = [
        bind_funds(house(contract=contract, funds=1.0), NoOptions()).check(ask(1, direction=side))
        for side in (LONG, SHORT)
    ]
    assert [each.input for each in refused if each is not None] == [3_050.0, 3_650.0]


@pytest.mark.parametrize(("funds", "passes"), [(3300.0, True), (3299.99, False)])
def test_margin_is_compared_to_the_cent(funds: float, passes: bool) -> None:  # noqa: FBT001
    """3,000 x 10 x 0.11 is 3300.0000000000005 in doubles, and 3,300 is enough."""
    context = house(contract=evolve(RB, margin_rate=Decimal("0.11")), funds=funds)
    assert (bind_funds(context, NoOptions()).check(ask(1)) is None) is passes


def test_market_order_is_valued_at_the_last_price() -> None:
    """A market order names no price: the last one holds, and without one it is refused."""
    context = house(funds=3_000.0, last=3_000.0)
    check = bind_funds(context, NoOptions()).check
    assert check(ask(1, nan)) is None
    context.prices[RB.symbol] = 3_001.0
    assert check(ask(1, nan)) is not None
    context.prices[RB.symbol] = nan
    refusal = check(ask(1, nan))
    assert refusal is not None
    assert refusal.message == (
        "a market order in rb2510.SHFE cannot be valued: its price is not known"
    )


def test_changed_margin_rate_holds_at_once() -> None:
    """A contract that the engine replaces, as on a new trading day, is valued anew."""
    context = house(funds=3_000.0)
    check = bind_funds(context, NoOptions()).check
    assert check(ask(1)) is None
    context.contracts = {RB.symbol: evolve(RB, margin_rate=Decimal("0.2"))}
    assert check(ask(1)) is not None


@pytest.mark.parametrize(
    ("direction", "lots"),
    [(LONG, FakeHolding(short=4, closing_short=1)), (SHORT, FakeHolding(long=4, closing_long=1))],
)
def test_turn_of_a_net_position_needs_the_margin_of_what_it_opens(
    direction: Direction, lots: FakeHolding
) -> None:
    """Of 5 lots against 4, one of which is on its way out already, 2 open at 3,000 each."""
    context = house(lots, funds=6_000.0)
    check = bind_funds(context, NoOptions()).check
    assert check(ask(5, direction=direction, offset=NONE)) is None
    context.money["main"].available = 5_999.0
    assert check(ask(5, direction=direction, offset=NONE)) is not None


# -- both ---------------------------------------------------------------------


@given(
    lots=st.builds(FakeHolding, *[st.integers(0, 50)] * 6),
    volume=st.integers(1, 100),
    direction=st.sampled_from(Direction),
    offset=st.sampled_from(Offset),
    price=st.sampled_from([3_000.0, nan]),
)
def test_reducing_order_is_never_refused(
    lots: FakeHolding,
    volume: int,
    direction: Direction,
    offset: Offset,
    price: float,
) -> None:
    """Without limit, funds or a price, exactly the orders that reduce pass both rules."""
    context = house(lots, funds=-1_000.0)
    request = ask(volume, price, direction=direction, offset=offset)
    refusals = [
        bind_position_limit(context, PositionLimitOptions(max_position=0)).check(request),
        bind_funds(context, NoOptions()).check(request),
    ]
    if context.is_reducing(request):
        assert refusals == [None, None]
    elif offset is OPEN:
        assert None not in refusals
