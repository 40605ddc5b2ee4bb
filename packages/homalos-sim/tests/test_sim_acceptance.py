"""What the venue refuses, with the number and the words of the counter, and where from."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from venue_floor import VenueFloor, told

from homalos.errors import ConfigError
from homalos.model import CancelRefused, Direction, Instrument, OrderReport, OrderType, Status
from homalos.plugins.ports import Session
from homalos.testing import DAY, INSTRUMENTS, SYMBOL, FakeMarket, at, tick
from homalos_sim import reasons
from homalos_sim.reasons import Reason

BUY, SELL = Direction.LONG, Direction.SHORT
CAPPED = evolve(INSTRUMENTS[SYMBOL], max_limit_volume=500, max_market_volume=30)


def _floor(contract: Instrument = CAPPED, **options: Any) -> VenueFloor:
    floor = VenueFloor(market=FakeMarket([contract]), symbol=contract.symbol, **options)
    floor.show(tick(contract.symbol, ts_ns=at(0), limit_up=110.0, limit_down=90.0))
    return floor


def _reason(said: list[Any]) -> str:
    (report,) = said
    assert isinstance(report, OrderReport)
    assert report.status is Status.REJECTED
    return report.reason


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ((0, 100.0), "CTP 15 bad field (报单字段有误): volume 0 is not above 0"),
        (
            (501, 100.0),
            "CTP 164 bad volume (报单手数不合法): volume 501 is above the 500 of one limit",
        ),
        (
            (31,),
            "CTP 164 bad volume (报单手数不合法): volume 31 is above the 30 of one market order",
        ),
        ((1, 100.5), "exchange 48 off the price grid (价格非最小单位倍数): price 100.5 is not on"),
        ((1, 111.0), "exchange 49 above the limit-up (价格超出涨停板): price 111.0 is above"),
        ((1, 89.0), "exchange 50 below the limit-down (价格跌破跌停板): price 89.0 is below"),
    ],
)
def test_a_refusal_has_the_counters_number_and_words(order: tuple[Any, ...], reason: str) -> None:
    """And then what was found and what is allowed."""
    assert _reason(_floor().send("1-1", BUY, *order)).startswith(reason)


def test_a_contract_nobody_knows_is_16() -> None:
    """The market's own words are behind it."""
    said = _floor().send("1-1", BUY, 1, 100.0, symbol="zz2510.TEST")
    assert _reason(said).startswith("CTP 16 instrument not found (找不到合约): zz2510.TEST is not")


def test_a_cancel_of_what_is_over_is_26_and_of_what_never_was_25() -> None:
    """Filled, cancelled and refused orders are known; another id is not."""
    floor = _floor()
    floor.send("filled", BUY, 1, 101.0)
    floor.send("refused", BUY, 0, 101.0)
    found = {}
    for name in ("filled", "refused", "never"):
        (said,) = floor.cancel(name)
        assert isinstance(said, CancelRefused)
        found[name] = said.reason[:6]
    assert found == {"filled": "CTP 26", "refused": "CTP 26", "never": "CTP 25"}


# -- types ---------------------------------------------------------------------------


def test_fill_and_kill_takes_what_is_there_and_the_rest_is_cancelled_with_the_reason() -> None:
    """Ten lots are offered at 101, twelve were asked."""
    said = _floor().send("1-1", BUY, 12, 101.0, kind=OrderType.FAK)
    assert told(said) == [
        ("nottraded", "1-1", 0),
        ("trade", "1-1", 10, 101.0),
        ("cancelled", "1-1", 10),
    ]
    assert isinstance(said[-1], OrderReport)
    assert said[-1].reason == (
        "exchange fill and kill (立即完成，否则撤销): 2 lots were not to be had at once"
    )


@pytest.mark.parametrize(("lots", "end"), [(10, "trade"), (11, "cancelled")])
def test_fill_or_kill_takes_all_or_nothing(lots: int, end: str) -> None:
    """Ten lots are offered at 101: ten are filled, of eleven none."""
    said = _floor().send("1-1", BUY, lots, 101.0, kind=OrderType.FOK)
    assert [each[:3] for each in told(said)] == [
        ("nottraded", "1-1", 0), (end, "1-1", 10 if end == "trade" else 0),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP])
def test_orders_that_the_engine_keeps_are_none_of_the_venues(kind: OrderType) -> None:
    """One that comes here all the same would be taken for a limit order."""
    reason = _reason(_floor().send("1-1", BUY, 1, 100.0, kind=kind))
    assert reason.startswith("exchange unsupported order type (不被支持的报单类型)")


@pytest.mark.parametrize(
    ("exchange", "kind", "strict", "taken"),
    [
        # Of CZCE's futures no fill or kill; the others are not known to refuse it.
        ("CZCE", OrderType.FOK, False, False),
        ("CZCE", OrderType.FAK, False, True),
        ("SHFE", OrderType.FOK, False, True),
        ("NEW", OrderType.FOK, True, True),
        # Market orders pass unless asked to be strict: SHFE, INE and GFEX have none.
        ("SHFE", OrderType.MARKET, False, True),
        ("SHFE", OrderType.MARKET, True, False),
        ("INE", OrderType.MARKET, True, False),
        ("GFEX", OrderType.MARKET, True, False),
        ("DCE", OrderType.MARKET, True, True),
        ("CZCE", OrderType.MARKET, True, True),
        ("CFFEX", OrderType.MARKET, True, True),
    ],
)
def test_an_exchange_takes_the_types_that_it_has(
    exchange: str, kind: OrderType, *, strict: bool, taken: bool
) -> None:
    """What is not known of an exchange is taken."""
    contract = Instrument(f"xx2510.{exchange}", "xx", 1.0, 10)
    floor = _floor(contract, strict_types=strict)
    price = () if kind is OrderType.MARKET else (101.0,)
    first = floor.send("1-1", BUY, 1, *price, kind=kind)[0]
    assert isinstance(first, OrderReport)
    assert (first.status is Status.NOTTRADED) is taken


# -- one's own orders -------------------------------------------------------------------


CROSSINGS = [
    # (working, sent): a price that meets the own order, and one that does not.
    ((BUY, 99.0), (SELL, 99.0), True),
    ((BUY, 99.0), (SELL, 98.0), True),
    ((BUY, 99.0), (SELL, 100.0), False),
    ((SELL, 103.0), (BUY, 103.0), True),
    ((SELL, 103.0), (BUY, 102.0), False),
    ((BUY, 99.0), (BUY, 99.0), False),
]


@pytest.mark.parametrize(("working", "sent", "crosses"), CROSSINGS)
def test_an_order_against_ones_own_is_refused(
    working: tuple[Direction, float], sent: tuple[Direction, float], *, crosses: bool
) -> None:
    """By default; the working one stays."""
    floor = _floor()
    floor.send("works", working[0], 1, working[1])
    first = floor.send("comes", sent[0], 1, sent[1])[0]
    assert isinstance(first, OrderReport)
    assert (first.status is Status.REJECTED) is crosses
    if crosses:
        assert first.reason == (
            "exchange self-trade (自成交): it would trade against works of the same account "
            f"at {working[1]}"
        )
    assert "works" in floor.venue.working_orders()


def test_a_market_order_against_ones_own_is_refused() -> None:
    """It takes any price."""
    floor = _floor()
    floor.send("works", SELL, 1, 105.0)
    assert _reason(floor.send("comes", BUY, 1)).startswith("exchange self-trade")


def test_the_working_one_can_be_cancelled_instead() -> None:
    """Both of those in the way, none of the others; then the order goes on as any other."""
    floor = _floor(self_trade="cancel_resting")
    for name, price in (("far", 104.0), ("near", 102.0), ("mid", 103.0)):
        floor.send(name, SELL, 1, price)
    said = floor.send("comes", BUY, 1, 103.0)
    assert told(said) == [
        ("cancelled", "near", 0),
        ("cancelled", "mid", 0),
        ("nottraded", "comes", 0),
        ("trade", "comes", 1, 101.0),
    ]
    assert floor.venue.working_orders() == {"far"}


def test_an_order_that_is_refused_anyway_cancels_nothing() -> None:
    """A price off the grid is no reason to lose what works."""
    floor = _floor(self_trade="cancel_resting")
    floor.send("works", SELL, 1, 102.0)
    assert told(floor.send("comes", BUY, 1, 103.5)) == [("rejected", "comes", 0)]
    assert floor.venue.working_orders() == {"works"}


def test_trades_with_oneself_can_be_allowed() -> None:
    """Both wait for the tape: here orders never meet each other."""
    floor = _floor(self_trade="allow")
    floor.send("works", BUY, 1, 99.0)
    assert told(floor.send("comes", SELL, 1, 99.0))[:1] == [("nottraded", "comes", 0)]


def test_another_account_is_another_person() -> None:
    """Two accounts may stand against each other, and trade with the tape each."""
    floor = _floor()
    floor.send("works", BUY, 1, 99.0, account="one")
    said = floor.send("comes", SELL, 1, 98.0, account="two")
    assert told(said) == [("nottraded", "comes", 0), ("trade", "comes", 1, 99.0)]


def test_an_own_order_that_was_filled_is_in_nobodys_way() -> None:
    """It is over, however it ended."""
    floor = _floor()
    floor.send("over", BUY, 1, 99.0)
    floor.send("gone", BUY, 1, 98.0)
    floor.cancel("gone")
    floor.show(tick(SYMBOL, 98.0, ts_ns=at(1), ask_price_1=99.0))
    assert told(floor.send("comes", SELL, 1, 97.0))[0] == ("nottraded", "comes", 0)


def test_what_is_left_of_an_own_order_stays_in_the_way() -> None:
    """One lot of two was filled; the other one still works, until it is filled as well."""
    floor = _floor()
    floor.send("half", BUY, 2, 99.0)
    floor.show(tick(SYMBOL, 99.0, ts_ns=at(1), ask_price_1=99.0, ask_volume_1=1))
    assert "it would trade against half" in _reason(floor.send("early", SELL, 1, 99.0))
    floor.show(tick(SYMBOL, 99.0, ts_ns=at(2), ask_price_1=99.0, ask_volume_1=1))
    assert told(floor.send("late", SELL, 1, 99.0))[0] == ("nottraded", "late", 0)


def test_hours_that_are_ignored_neither_refuse_nor_end_an_order() -> None:
    """The one session is long over: an order is taken, filled by a later day, and taken back."""
    session = Session(trading_day=DAY, start_ns=at(0), end_ns=at(60))
    floor = VenueFloor(market=FakeMarket(sessions=[session]), outside_session="ignore")
    floor.until(at(120))
    floor.send("waits", BUY, 1, 99.0)
    floor.send("stays", BUY, 1, 90.0)
    later = at(3 * 86_400)
    said = floor.show(tick(SYMBOL, 99.0, ts_ns=later, trading_day=DAY + 3, ask_price_1=99.0))
    assert told(said) == [("trade", "waits", 1, 99.0)]
    assert told(floor.cancel("stays")) == [("cancelled", "stays", 0)]


def test_two_accounts_share_the_lots_of_one_book() -> None:
    """Ten are offered: who came first gets seven, the other one three, and no more."""
    floor = _floor()
    first = floor.send("1-1", BUY, 7, 101.0, account="one")
    second = floor.send("1-2", BUY, 7, 101.0, account="two")
    assert told(first)[1:] == [("trade", "1-1", 7, 101.0)]
    assert told(second)[1:] == [("trade", "1-2", 3, 101.0)]


# -- the table ------------------------------------------------------------------------


def test_every_reason_names_its_source() -> None:
    """A number without one would be made up."""
    table = [getattr(reasons, name) for name in reasons.__all__ if name.isupper()]
    assert table
    assert all(isinstance(each, Reason) and each.words and each.source for each in table)


def test_the_counters_numbers_and_words_are_those_of_its_own_table() -> None:
    """As the `error.xml` of CTP 6.7.8 has them, read by hand."""
    known = {
        "CTP 15": "报单字段有误",
        "CTP 16": "找不到合约",
        "CTP 25": "撤单找不到相应报单",
        "CTP 26": "报单已全成交或已撤销，不能再撤",
        "CTP 30": "平仓量超过持仓量",
        "CTP 31": "资金不足",
        "CTP 50": "平今仓位不足",
        "CTP 51": "平昨仓位不足",
    }
    table = [getattr(reasons, name) for name in reasons.__all__ if name.isupper()]
    cited = [each for each in table if each.source == "error.xml of CTP 6.7.8"]
    assert {each.code: each.words for each in cited} == known


@pytest.mark.parametrize(
    "option", [{"outside_session": "maybe"}, {"self_trade": "sometimes"}, {"strict_types": "yes"}]
)
def test_an_option_that_means_nothing_is_told(option: dict[str, Any]) -> None:
    """When the engine is built, by its name."""
    with pytest.raises(ConfigError, match=next(iter(option))):
        VenueFloor(**option)
