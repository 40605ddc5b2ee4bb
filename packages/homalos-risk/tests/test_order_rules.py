"""The rules that look at an order alone: size, price and rate."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isnan, nan

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from homalos.model import Direction, Instrument, Offset, OrderRequest, OrderType, TickData
from homalos.plugins import NoOptions
from homalos.testing import START_NS, FakeRiskContext
from homalos_risk import (
    OrderRateOptions,
    OrderSizeOptions,
    PriceBandOptions,
    bind_order_rate,
    bind_order_size,
    bind_price_band,
    bind_tick_grid,
)

RB = Instrument(symbol="rb2510.SHFE", product="rb", tick_size=1.0, multiplier=10)


def house(
    *, contract: Instrument = RB, last: float = nan, tick: TickData | None = None
) -> FakeRiskContext:
    """Make what a rule sees: one contract, with a last price and a tick where there are any."""
    ticks = {} if tick is None else {RB.symbol: tick}
    return FakeRiskContext(contracts={RB.symbol: contract}, prices={RB.symbol: last}, ticks=ticks)


def ask(volume: int = 1, price: float = 3000.0, offset: Offset = Offset.OPEN) -> OrderRequest:
    """Make an order to buy; a price of nan makes it a market order."""
    kind = OrderType.MARKET if isnan(price) else OrderType.LIMIT
    return OrderRequest(
        "1-1", RB.symbol, Direction.LONG, offset, kind, price, volume, "manual", "main", "sim", 0
    )


# -- order_size ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("volume", "passes"), [(-1, False), (0, False), (1, True), (1000, True), (1001, False)]
)
def test_order_of_1_to_max_lots_passes(volume: int, passes: bool) -> None:  # noqa: FBT001
    """The default of 1,000 lots holds for opening and closing orders alike."""
    check = bind_order_size(house(), OrderSizeOptions()).check
    assert (check(ask(volume)) is None) is passes
    assert (check(ask(volume, offset=Offset.CLOSE)) is None) is passes


def test_contract_bounds_limit_and_market_orders_apart() -> None:
    """The exchange's largest order holds where the contract knows it, exactly."""
    context = house(contract=evolve(RB, max_limit_volume=500, max_market_volume=20))
    check = bind_order_size(context, OrderSizeOptions()).check
    assert check(ask(500)) is None
    assert check(ask(20, nan)) is None
    limit, market = check(ask(501)), check(ask(21, nan))
    assert limit is not None
    assert market is not None
    assert (limit.input, limit.limit) == (501, 500)
    assert market.message == (
        "the order has 21 lots; a market order in rb2510.SHFE may have at most 20"
    )


# -- price_band ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "last", "share", "passes"),
    [
        (3300.0, 3000.0, 0.1, True),
        (3301.0, 3000.0, 0.1, False),
        (2700.0, 3000.0, 0.1, True),
        (2699.0, 3000.0, 0.1, False),
        (177.0, 300.0, 0.41, True),  # 0.41 * 300 is below 123 in doubles
        (176.0, 300.0, 0.41, False),
        (-110.0, -100.0, 0.1, True),
        (-111.0, -100.0, 0.1, False),
        (-89.0, -100.0, 0.1, False),
        (0.0, 0.0, 0.1, True),
        (1.0, 0.0, 0.1, False),
        (9999.0, nan, 0.1, True),
    ],
)
def test_limit_price_passes_up_to_the_deviation(
    price: float,
    last: float,
    share: float,
    passes: bool,  # noqa: FBT001
) -> None:
    """The edge of the band belongs to it; without a last price there is no band."""
    check = bind_price_band(house(last=last), PriceBandOptions(max_deviation=share)).check
    assert (check(ask(price=price)) is None) is passes


@given(
    tick=st.sampled_from(["1", "5", "0.2", "0.02", "0.005"]),
    last=st.integers(1, 100_000),
    distance=st.fractions(-2, 2),
    percent=st.integers(1, 100),
)
def test_band_is_exact_on_every_grid(
    tick: str, last: int, distance: Fraction, percent: int
) -> None:
    """Doubles decide as whole ticks and fractions do, computed here."""
    price = round(last + distance * last * percent / 100)
    contract = evolve(RB, tick_size=float(tick))
    context = house(contract=contract, last=contract.from_ticks(last))
    check = bind_price_band(context, PriceBandOptions(max_deviation=percent / 100)).check
    expected = 100 * abs(price - last) <= percent * last
    assert (check(ask(price=contract.from_ticks(price))) is None) is expected


def test_far_price_is_told_what_is_allowed() -> None:
    """The message is a sentence, the limit the nearest price that would pass."""
    refusal = bind_price_band(house(last=3000.0), PriceBandOptions()).check(ask(price=2600.0))
    assert refusal is not None
    assert refusal.message == (
        "price 2600.0 of rb2510.SHFE is not within 2700 to 3300, 10 % around the last price 3000.0"
    )
    assert (refusal.input, refusal.limit) == (2600.0, 2700.0)


@pytest.mark.parametrize("price", [3000.5, 3000.0000000000005, inf, -inf])
def test_limit_price_off_the_grid_is_refused(price: float) -> None:
    """What an exchange cannot book does not leave."""
    assert bind_tick_grid(house(), NoOptions())(ask(price=price)) is not None


def test_limit_order_without_a_price_is_refused() -> None:
    """A missing price makes sense in a market order only; either rule sees to it alone."""
    band = bind_price_band(house(last=3000.0), PriceBandOptions()).check
    grid = bind_tick_grid(house(last=3000.0), NoOptions())
    market = ask(price=nan)
    fields = {name: getattr(market, name) for name in market.__struct_fields__}
    limit = OrderRequest(**fields | {"type": OrderType.LIMIT})
    for check in (band, grid):
        refusal = check(limit)
        assert check(market) is None
        assert refusal is not None
        assert refusal.message == "a limit order needs a price; nan is none"


def test_price_passes_up_to_the_days_limits() -> None:
    """The day's limits hold inside the band as well, and only where they are known."""
    tick = TickData(RB.symbol, 0, 20250102, 3000.0, limit_up=3100.0, limit_down=2900.0)
    context = house(last=3000.0, tick=tick)
    check = bind_price_band(context, PriceBandOptions()).check
    answers = [check(ask(price=price)) for price in (2899.0, 2900.0, 3100.0, 3101.0)]
    assert [each and each.limit for each in answers] == [2900.0, None, None, 3100.0]
    context.ticks[RB.symbol] = TickData(RB.symbol, 0, 20250102, 3000.0)
    assert check(ask(price=3101.0)) is None


# -- order_rate ---------------------------------------------------------------


def test_order_counts_until_the_window_has_passed() -> None:
    """Two a second: the third waits until exactly one second after the first."""
    context = house()
    check = bind_order_rate(context, OrderRateOptions(max_orders=2, per_seconds=1.0)).check
    passed = []
    for now in (0, 400_000_000, 900_000_000, 999_999_999, 10**9, 1_399_999_999):
        context.clock.now = START_NS + now
        refusal = check(ask())
        passed.append(refusal is None)
    assert passed == [True, True, False, False, True, False]
    assert refusal is not None
    assert refusal.message == "2 orders have passed in the last 1 s; no more are allowed"


@given(
    gaps=st.lists(st.integers(0, 700), max_size=60),
    max_orders=st.integers(1, 5),
)
def test_no_window_holds_more_than_is_allowed(gaps: list[int], max_orders: int) -> None:
    """The ring decides as a count over all that passed before, computed here."""
    context = house()
    options = OrderRateOptions(max_orders=max_orders, per_seconds=0.001)
    check = bind_order_rate(context, options).check
    passed: list[int] = []
    for gap in gaps:
        context.clock.advance(gap * 1_000)
        now = context.clock.now
        recent = [at for at in passed if now - at < 1_000_000]
        assert (check(ask()) is None) is (len(recent) < max_orders)
        if len(recent) < max_orders:
            passed.append(now)
