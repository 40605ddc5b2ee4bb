"""Everything is closed, as far as the market lets it; what stays is told with the reason."""

from __future__ import annotations

from concurrent.futures import Future
from math import nan
from typing import Any

import pytest
from attrs import evolve

from homalos.config import AccountSettings
from homalos.engine.risk import BoundRule
from homalos.engine.risk.flatten_report import FlattenReport
from homalos.engine.risk.scopes import Scope
from homalos.errors import GatewayError, OrderError
from homalos.model import (
    Alert,
    Command,
    Direction,
    Offset,
    OffsetRule,
    OrderRequest,
    PositionMode,
    Rejection,
    TradeReport,
    TradingState,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal, Session
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    INSTRUMENTS,
    OTHER,
    SYMBOL,
    FakeGateway,
    FakeMarket,
    at,
    engine,
    tick,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
ENGINE, MAIN = Scope("engine"), Scope("account", "main")


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine with two hands, on a venue that fills what a test lets it."""

    def __init__(
        self, *rules: RiskRuleSpec, account: dict[str, Any] | None = None, **given: Any
    ) -> None:
        """Start it at a price of 100."""
        self.venue = FakeGateway()
        accounts = {"main": AccountSettings(gateway="fake", **(account or {}))}
        given.setdefault("accounts", accounts)
        self.engine = engine(*rules, gateway=self.venue, **given)
        self.one, self.two = (
            self.engine.add_strategy(Hand, symbols=(SYMBOL, OTHER), name=name)
            for name in ("one", "two")
        )
        self.alerts: list[Alert] = []
        self.engine.subscribe(Alert, self.alerts.append)
        self.orders = self.engine.parts.orders
        self.engine.start()
        self.pass_to(0)
        self.seen = 0

    def pass_to(self, second: float, price: float = 100.0, **fields: Any) -> None:
        """Let an event come."""
        self.engine.step(tick(ts_ns=at(second), price=price, **fields))

    def hold(self, who: Strategy, lots: int, *, opens: bool = True, symbol: str = SYMBOL) -> None:
        """Have a hand trade lots; below 0 it sells."""
        trade = who.buy if lots > 0 else who.short if opens else who.sell
        answer = trade(100, abs(lots), symbol=symbol)
        assert not isinstance(answer, Rejection), answer
        self.fill()

    def fill(self) -> None:
        """Fill everything that works, cancel what was asked back."""
        cancelled = {each.order_id for each in self.venue.cancels}
        for order_id in sorted(self.venue.working_orders()):
            if order_id in cancelled:
                self.venue.cancel(order_id)
            else:
                self.venue.fill(order_id)

    def flatten(self, scope: Scope = ENGINE, timeout_s: float = 20.0) -> Future[FlattenReport]:
        """Begin, and forget what was sent before."""
        self.seen = len(self.venue.requests)
        return self.engine.parts.control.flatten(scope, timeout_s)

    @property
    def sent(self) -> list[tuple[str, Direction, Offset, int, float]]:
        """Return what the venue was sent."""
        return [
            (each.strategy, each.direction, each.offset, each.volume, each.price)
            for each in self.venue.requests[self.seen :]
        ]

    def lots(self) -> tuple[int, int]:
        """Return the long and the short lots of the first account."""
        held = self.engine.parts.accounts.holding("main", SYMBOL)
        return held.long, held.short

    def books(self) -> dict[str, int]:
        """Return the net lots of every book in the first account."""
        books = self.engine.parts.accounts.accounts["main"].ledger.books
        return {
            name: own.long - own.short
            for name, book in books.books.items()
            for symbol, own in book.positions.items()
            if symbol == SYMBOL
        }


def why(report: FlattenReport) -> list[tuple[str, int, str]]:
    """Return who has how many lots left, and the reason."""
    return [(each.strategy, each.lots, each.why) for each in report.left]


# -- the way to nothing ------------------------------------------------------------


def test_what_works_is_cancelled_before_what_is_held_is_closed() -> None:
    """The closing order leaves once the other's end is reported, two ticks below the bid of 99."""
    house = House()
    house.hold(house.one, 3)
    house.one.buy(90, 2)
    future = house.flatten()
    asked = [each.order_id for each in house.venue.cancels]
    before = house.sent
    house.fill()
    after = house.sent
    house.fill()
    report = future.result(0)

    assert (asked, before) == (["1-2"], [])
    assert after == [("one", SHORT, Offset.CLOSE, 3, 97.0)]
    assert (report.is_flat, report.cancelled, report.sent, report.closed) == (True, 1, 1, 3)
    assert (house.lots(), house.books()) == ((0, 0), {"one": 0})


def test_the_switch_is_turned_to_close_only_and_stays() -> None:
    """A strategy must not open again behind the back of who closes everything."""
    house = House()
    house.hold(house.one, 1)
    house.flatten(MAIN)
    house.fill()
    refused = house.one.buy(100, 1)

    assert house.engine.parts.control.switches.at("account", "main") is TradingState.CLOSE_ONLY
    assert isinstance(refused, Rejection)


def test_it_works_while_everything_is_halted() -> None:
    """Its own orders pass the switch, which stays halted."""
    house = House()
    house.hold(house.one, 2)
    switches = house.engine.parts.control.switches
    switches.turn("engine", "", TradingState.HALTED, "a test")
    future = house.flatten()
    house.fill()

    assert future.result(0).is_flat
    assert switches.at("engine") is TradingState.HALTED
    assert isinstance(house.one.buy(100, 1), Rejection)


def test_each_book_is_closed_in_its_own_name() -> None:
    """Two hands and a person hold lots; every book ends at nothing, and so does the account."""
    house = House()
    house.hold(house.one, 3)
    house.hold(house.two, 2)
    send = Command(
        "order.send",
        {"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 1, "price": 100.0},
    )
    house.engine.submit(send)
    house.pass_to(1)
    house.fill()
    future = house.flatten()
    shown = sorted((name, volume) for name, _, _, volume, _ in house.sent)
    house.fill()

    assert shown == [("manual", 1), ("one", 3), ("two", 2)]
    assert house.books() == {"one": 0, "two": 0, "manual": 0}
    assert future.result(0).closed == 6


def test_lots_that_nobody_here_bought_are_closed_as_nobody_s() -> None:
    """A trade from elsewhere is in the book of `unassigned`, and leaves it again."""
    house = House()
    house.engine.parts.loop.step(
        TradeReport(
            "X9", "T9", SYMBOL, LONG, Offset.OPEN, 100.0, 4, at(1), DAY,
            account="main", gateway="fake",
        )
    )  # fmt: skip
    future = house.flatten()
    house.fill()

    assert future.result(0).is_flat
    assert house.books() == {"unassigned": 0}


def test_a_strategy_s_scope_leaves_the_others_alone() -> None:
    """Neither their lots nor their orders are touched."""
    house = House()
    house.hold(house.one, 3)
    house.hold(house.two, 2)
    house.two.buy(90, 1)
    future = house.flatten(Scope("strategy", "one"))
    assert house.sent == [("one", SHORT, Offset.CLOSE, 3, 97.0)]
    house.venue.fill()

    assert future.result(0).is_flat
    assert (house.books(), house.venue.cancels) == ({"one": 0, "two": 2}, [])


def test_both_sides_are_closed_one_after_the_other() -> None:
    """At one time they could meet each other: no account may trade with itself."""
    house = House()
    house.hold(house.one, 3)
    house.hold(house.two, -2)
    future = house.flatten()
    first = len(house.sent)
    house.fill()
    second = house.sent
    house.fill()

    assert first == 1
    assert sorted(each[1:4] for each in second) == [
        (LONG, Offset.CLOSE, 2),
        (SHORT, Offset.CLOSE, 3),
    ]
    assert future.result(0).is_flat


def test_a_netting_account_closes_without_an_offset() -> None:
    """Where the venue wants none; they never turn the position round."""
    house = House(account={"mode": PositionMode.NETTING}, market=dated(offsets=OffsetRule.NONE))
    house.hold(house.one, 3)
    future = house.flatten()
    assert house.sent == [("one", SHORT, Offset.NONE, 3, 97.0)]
    house.fill()

    assert future.result(0).is_flat


def test_books_that_stand_against_each_other_are_told_of() -> None:
    """The account holds 3 of the 5; nothing at the venue closes the 2 that two has sold."""
    house = House(account={"mode": PositionMode.NETTING})
    house.hold(house.one, 5)
    house.hold(house.two, -2, opens=False)
    future = house.flatten()
    house.fill()
    report = future.result(0)

    assert (house.lots(), house.books()) == ((0, 0), {"one": 2, "two": -2})
    against = "others' lots stand against them in their books: the account does not hold them"
    assert why(report) == [("one", 2, against), ("two", 2, against)]


def test_one_strategy_of_a_netting_account_is_closed_whole() -> None:
    """What two has sold is two's: one ends at nothing, and the account holds two's 2 short."""
    house = House(account={"mode": PositionMode.NETTING})
    house.hold(house.one, 5)
    house.hold(house.two, -2, opens=False)
    future = house.flatten(Scope("strategy", "one"))
    house.fill()

    assert future.result(0).is_flat
    assert (house.lots(), house.books()) == ((0, 2), {"one": 0, "two": -2})


# -- today and yesterday, sizes ----------------------------------------------------


def dated(**terms: Any) -> FakeMarket:
    """Return a market whose contract has other terms."""
    return FakeMarket([evolve(INSTRUMENTS[SYMBOL], **terms), INSTRUMENTS[OTHER]])


def test_lots_of_today_and_of_yesterday_are_closed_apart() -> None:
    """Where the venue wants to hear which."""
    house = House(market=dated(offsets=OffsetRule.DATED))
    house.hold(house.one, 2)
    house.pass_to(86_400)
    house.hold(house.one, 1)
    future = house.flatten()
    shown = sorted((offset, volume) for _, _, offset, volume, _ in house.sent)
    house.fill()

    assert shown == [(Offset.CLOSETODAY, 1), (Offset.CLOSEYESTERDAY, 2)]
    assert future.result(0).is_flat


def test_lots_that_must_be_held_over_night_stay_and_are_told_of() -> None:
    """T+1: yesterday's two go, today's one may not before tomorrow."""
    house = House(market=dated(closable_after=1))
    house.hold(house.one, 2)
    house.pass_to(86_400)
    house.hold(house.one, 1)
    future = house.flatten()
    house.fill()

    assert why(future.result(0)) == [
        ("one", 1, "lots opened today may not be closed before tomorrow")
    ]


def test_locks_that_the_account_makes_are_told_of() -> None:
    """An account that locks ends with nothing at risk, and with both sides held."""
    house = House(account={"close_today": "lock"})
    house.hold(house.one, 2)
    future = house.flatten()
    house.fill()

    assert house.lots() == (2, 2)
    assert {each[2] for each in why(future.result(0))} == {
        "they are locked by lots of the other side, as the account's close_today says"
    }


def test_more_lots_than_an_order_may_have_leave_as_several() -> None:
    """The exchange takes 4 at once."""
    house = House(market=dated(max_limit_volume=4))
    for _ in range(3):
        house.hold(house.one, 3)
    future = house.flatten()
    shown = [volume for _, _, _, volume, _ in house.sent]
    house.fill()

    assert shown == [4, 4, 1]
    assert future.result(0).is_flat


def test_a_rule_that_bounds_one_order_is_obeyed() -> None:
    """Its own limit says how many it lets pass."""

    def at_most_two(request: OrderRequest) -> Refusal | None:
        if request.offset is Offset.OPEN or request.volume <= 2:
            return None
        return Refusal("at most 2", request.volume, 2)

    house = House(RiskRuleSpec(name="size", factory=lambda *_: at_most_two, kind="validity"))
    house.hold(house.one, 5)
    future = house.flatten()
    shown = [volume for _, _, _, volume, _ in house.sent]
    house.fill()

    assert shown == [2, 2, 1]
    assert future.result(0).is_flat


# -- what stands in the way --------------------------------------------------------


def test_what_does_not_fill_is_sent_anew_further_beyond() -> None:
    """Two seconds a round, 2, 5, then 10 ticks below a bid of 99."""
    house = House()
    house.hold(house.one, 1)
    future = house.flatten()
    prices = []
    for second in (2, 4, 6):
        prices.append(house.venue.requests[-1].price)
        house.pass_to(second)
        house.venue.cancel()
    house.fill()

    assert prices == [97.0, 94.0, 89.0]
    assert future.result(0).is_flat


def test_at_the_lower_limit_the_price_is_the_limit_and_the_reason_is_told() -> None:
    """Nobody bids; the order waits at 95 in case somebody does."""
    house = House()
    house.hold(house.one, 1)
    house.pass_to(1, 95.0, bid_price_1=nan, bid_volume_1=0, ask_price_1=95.0, limit_down=95.0)
    future = house.flatten(timeout_s=5)
    price = house.venue.requests[-1].price
    for second in range(2, 12):
        house.pass_to(
            second, 95.0, bid_price_1=nan, bid_volume_1=0, ask_price_1=95.0, limit_down=95.0
        )
        if {each.order_id for each in house.venue.cancels} & house.venue.working_orders():
            house.venue.cancel()
    report = future.result(0)

    assert price == 95.0
    assert why(report) == [("one", 1, "it is at its lower limit of 95, and nobody buys")]
    assert (report.orders, house.venue.working_orders()) == ((), frozenset())


def test_a_closed_market_is_told_of_at_once() -> None:
    """It is not waited for: who asked wants to know now."""
    sessions = (Session(at(0), at(60), DAY), Session(at(7200), at(9000), DAY))
    house = House(market=FakeMarket(sessions=sessions))
    house.hold(house.one, 2)
    house.pass_to(90)
    future = house.flatten()

    assert house.sent == []
    assert why(future.result(0)) == [("one", 2, "its market is closed")]


def test_a_rule_of_validity_is_obeyed_and_told_of() -> None:
    """It is tried every second until the time is over."""
    asked: list[int] = []

    def throttle(request: OrderRequest) -> Refusal | None:
        if request.offset is Offset.OPEN:
            return None
        asked.append(request.ts_ns)
        return Refusal("too many a second", 9, 8)

    house = House(RiskRuleSpec(name="rate", factory=lambda *_: throttle, kind="validity"))
    house.hold(house.one, 2)
    future = house.flatten(timeout_s=3)
    for second in (1, 2, 3, 4, 5, 6):
        house.pass_to(second)

    assert [(each - at(0)) // 10**9 for each in asked] == [0, 1, 2]
    assert why(future.result(0)) == [("one", 2, "rate refuses it: too many a second")]


def test_exposure_never_keeps_it() -> None:
    """A rule that forbids everything lets go what only reduces."""
    house = House()
    house.hold(house.one, 2)
    no = BoundRule("no", 1, lambda _: Refusal("nothing may be traded", 1, 0))
    house.engine.parts.risk.replace({"no": [no]})
    future = house.flatten()
    house.fill()

    assert future.result(0).is_flat


def test_what_the_venue_refuses_is_tried_again_after_a_second() -> None:
    """Not at once, for ever: a venue that refuses everything is not flooded."""
    house = House()
    house.hold(house.one, 2)
    future = house.flatten(timeout_s=3)
    counts = []
    for second in (0.5, 1, 1.5, 2, 3, 4, 5, 6):
        if house.venue.working_orders():
            house.venue.reject(reason="不允许开平")
        house.pass_to(second)
        counts.append(len(house.sent))

    assert counts[:4] == [1, 2, 2, 3]
    assert why(future.result(0))[0][2].endswith(": 不允许开平")


def test_a_venue_that_answers_nothing_ends_with_the_time() -> None:
    """What works still is named, and so is what is held."""
    house = House()
    house.hold(house.one, 2)
    house.one.buy(90, 1)
    future = house.flatten(timeout_s=3)
    for second in (1, 2, 3, 4, 5, 6):
        house.pass_to(second)
    report = future.result(0)

    assert (report.is_flat, report.orders, report.sent) == (False, ("1-2",), 0)
    assert why(report) == [("one", 2, "the time was too short")]


def test_a_gateway_that_raises_is_told_of() -> None:
    """And the other contract is closed all the same."""
    house = House()
    house.hold(house.one, 2)
    house.engine.step(tick(OTHER, 50.0, ts_ns=at(0)))
    house.hold(house.one, 1, symbol=OTHER)
    send = house.venue.send_order

    def failing(request: OrderRequest) -> None:
        if request.symbol == SYMBOL:
            msg = "no line"
            raise GatewayError(msg, gateway="fake")
        send(request)

    house.venue.send_order = failing  # type: ignore[method-assign]  # the line goes dead
    future = house.flatten(timeout_s=3)
    house.fill()
    for second in (1, 2, 3, 4, 5, 6):
        house.pass_to(second)
    report = future.result(0)

    assert [each.symbol for each in report.left] == [SYMBOL]
    assert "no line" in report.left[0].why


# -- one at a time, and the command ------------------------------------------------


def test_nothing_to_do_is_done_at_once() -> None:
    """An empty house is flat."""
    report = House().flatten().result(0)

    assert (report.is_flat, report.sent, report.left, report.orders) == (True, 0, (), ())


def test_another_one_takes_the_place_of_the_first() -> None:
    """The first reports what is left, and touches nothing any more."""
    house = House()
    house.hold(house.one, 2)
    first = house.flatten(MAIN)
    second = house.flatten(ENGINE)
    report = first.result(0)
    house.fill()
    house.fill()

    assert why(report) == [("one", 2, "another one was asked for meanwhile")]
    assert second.result(0).is_flat


def test_an_engine_that_stops_ends_it() -> None:
    """Who waits for the report gets one."""
    house = House()
    house.hold(house.one, 2)
    future = house.flatten()
    house.engine.stop()

    assert why(future.result(0)) == [("one", 2, "the engine was stopped")]


def test_the_command_has_the_report_when_it_is_over() -> None:
    """Plain values; the engine goes on meanwhile."""
    house = House()
    house.hold(house.one, 2)
    wish = house.engine.submit(Command("risk.flatten", {"scope": "account", "name": "main"}))
    house.pass_to(1)
    is_done = wish.done()
    house.fill()
    found = wish.result(0)

    assert not is_done
    assert (found["scope"], found["is_flat"], found["closed"]) == ("account main", True, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"timeout_s": 0}, "above 0 seconds"),
        ({"timeout_s": nan}, "above 0 seconds"),
        ({"scope": "account", "name": "mainn"}, "did you mean 'main'"),
        ({"scope": "strategy", "name": "three"}, "there are one, two"),
        ({"scope": "engine", "name": "main"}, "the engine has no name"),
        ({"scope": "desk"}, "no 'desk'"),
    ],
)
def test_a_command_that_cannot_be_changes_nothing(arguments: dict[str, Any], words: str) -> None:
    """The switch stays where it is, too."""
    house = House()
    house.hold(house.one, 2)
    wish = house.engine.submit(Command("risk.flatten", arguments))
    house.pass_to(1)

    with pytest.raises(OrderError, match=words):
        wish.result(0)
    assert house.engine.parts.control.switches.turned() == ()


def test_cancel_all_asks_for_the_orders_of_a_scope() -> None:
    """One strategy's, then everybody's."""
    house = House()
    house.one.buy(90, 1)
    house.two.buy(90, 1)
    house.two.buy(91, 1)
    counts = []
    for arguments in ({"scope": "strategy", "name": "two"}, {}):
        wish = house.engine.submit(Command("risk.cancel_all", arguments))
        house.pass_to(1)
        counts.append(wish.result(0))

    assert counts == [2, 3]
    assert [each.order_id for each in house.venue.cancels] == ["1-2", "1-3", "1-1"]
