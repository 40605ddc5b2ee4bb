"""A close that its venue wants split: what leaves, what is heard, and what can be done with it."""

from __future__ import annotations

import pytest
from attrs import evolve

from homalos.config import AccountSettings, Settings, check
from homalos.errors import GatewayError
from homalos.model import (
    Alert,
    Command,
    ConnectionChanged,
    Direction,
    Instrument,
    Offset,
    OffsetRule,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    PositionMode,
    Rejection,
    Status,
    Terms,
    TradeData,
    TradeReport,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.strategy import Strategy
from homalos.testing import DAY, INSTRUMENTS, SYMBOL, FakeGateway, FakeMarket, at, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
NONE, OPEN, CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
TODAY, EARLIER = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY
NEXT_DAY_S = 86_400


class Hand(Strategy):
    """Trades as the test says; at the timer `close` it closes 3 lots and waits for that."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.orders: list[OrderData] = []
        self.trades: list[TradeData] = []
        self.states: list[OrderData] = []

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""

    def on_order(self, order: OrderData) -> None:
        """Keep an order's state."""
        self.orders.append(order)


class Patient(Hand):
    """Closes 3 lots when it sees a price of 105, and waits for that as the test says."""

    timeout_s: float | None = None

    async def on_tick(self, tick: object) -> None:  # type: ignore[override]  # waits
        """Close, and wait."""
        if getattr(tick, "last_price", 0) != 105:
            return
        order = self.sell(100, 3)
        assert isinstance(order, OrderData)
        self.states.append(await self.filled(order, timeout_s=self.timeout_s))


class House:
    """An engine on a venue that wants closes dated, with 2 lots of yesterday and 2 of today."""

    def __init__(
        self,
        *rules: RiskRuleSpec,
        contract: Instrument = INSTRUMENTS[SYMBOL],
        kind: type[Hand] = Hand,
        venue: FakeGateway | None = None,
        account: AccountSettings | None = None,
    ) -> None:
        """Buy 2 lots on each of two days."""
        self.venue = venue or FakeGateway()
        if contract.offsets is OffsetRule.PLAIN:
            contract = evolve(contract, offsets=OffsetRule.DATED)
        self.engine = engine(
            *rules,
            gateway=self.venue,
            market=FakeMarket([contract]),
            accounts={"main": account or AccountSettings(gateway="fake")},
        )
        hand = self.engine.add_strategy(kind, symbol=SYMBOL, name="hand")
        assert isinstance(hand, Hand)
        self.hand = hand
        self.manager = self.engine.parts.orders
        self.holding = self.engine.parts.accounts.holding("main", SYMBOL)
        self.alerts: list[str] = []
        self.engine.subscribe(Alert, lambda alert: self.alerts.append(alert.message))
        self.engine.start()
        for second in (0, NEXT_DAY_S):
            self.engine.step(tick(ts_ns=at(second)))
            hand.buy(100, 2)
            self.venue.fill()
        self.venue.requests.clear()
        hand.orders.clear()

    def sell(self, volume: int) -> OrderData:
        """Close long lots; they must leave."""
        order = self.hand.sell(100, volume)
        assert isinstance(order, OrderData)
        return order

    @property
    def sent(self) -> list[tuple[str, Offset, int]]:
        """Return what the venue was sent."""
        return [(each.order_id, each.offset, each.volume) for each in self.venue.requests]

    @property
    def closing(self) -> tuple[int, int]:
        """Return the long lots that are being closed, and those of them of today."""
        return self.holding.closing_long, self.holding.closing_long_today


def test_a_close_leaves_as_one_order_for_each_kind_of_lots() -> None:
    """What comes back is the whole, under the id of the first part."""
    house = House()
    whole = house.sell(3)

    assert house.sent == [("1-3", EARLIER, 2), ("1-3.2", TODAY, 1)]
    assert (whole.order_id, whole.offset, whole.volume) == ("1-3", CLOSE, 3)
    assert whole.status is Status.SUBMITTING
    assert house.closing == (3, 1)
    assert [order.order_id for order in house.hand.active_orders()] == ["1-3", "1-3.2"]


def test_the_books_close_the_lots_that_each_part_named() -> None:
    """Today's lot fills first; the two of yesterday stay until theirs does."""
    house = House()
    house.sell(3)
    house.venue.fill("1-3.2")
    between = (house.holding.long, house.holding.long_today, house.closing)
    house.venue.fill("1-3")

    assert between == (3, 1, (2, 0))
    assert (house.holding.long, house.holding.long_today, house.closing) == (1, 1, (0, 0))
    assert house.hand.pos == 1
    assert house.holding.overclosed == 0


def test_a_close_of_lots_of_one_kind_is_one_order() -> None:
    """It has its own id, and the offset that the venue wants."""
    house = House()
    assert house.sell(2).offset is EARLIER
    assert house.sell(2).offset is TODAY
    assert house.sent == [("1-3", EARLIER, 2), ("1-4", TODAY, 2)]


def test_more_than_is_held_does_not_leave() -> None:
    """Lots that are being closed already cannot be closed again."""
    house = House()
    house.sell(3)
    refused = house.hand.sell(100, 2)

    assert isinstance(refused, Rejection)
    assert (refused.rule, refused.order_id, refused.input, refused.limit) == (
        "closable", "1-4", 2, 1,
    )  # fmt: skip
    assert "4 are held, 2 of them opened today, 3 are being closed" in refused.message
    assert house.engine.summary().rejections == 1
    assert len(house.sent) == 2


def test_when_a_rule_refuses_one_part_none_leaves() -> None:
    """Half a close would be an order that nobody asked for."""

    def bind(*_: object) -> object:
        return lambda asked: Refusal("no", 1, 0) if asked.offset is TODAY else None

    house = House(RiskRuleSpec(name="no_today", factory=bind, kind="validity"))  # type: ignore[arg-type]  # made plain
    refused = house.hand.sell(100, 3)

    assert isinstance(refused, Rejection)
    assert (refused.rule, refused.order_id) == ("no_today", "1-3.2")
    assert (house.sent, house.closing) == ([], (0, 0))


def test_to_cancel_what_came_back_cancels_every_part() -> None:
    """Also when the first part is over already."""
    house = House()
    whole = house.sell(3)
    house.venue.fill("1-3")

    assert house.hand.cancel_order(whole)
    assert [asked.order_id for asked in house.venue.cancels] == ["1-3.2"]
    house.venue.cancel("1-3.2")
    assert house.closing == (0, 0)
    assert not house.hand.cancel_order(whole)


def test_a_part_can_be_cancelled_alone_and_all_at_once() -> None:
    """`cancel_all` counts orders, as they work at the venue."""
    house = House()
    house.sell(3)
    assert house.hand.cancel_order("1-3.2")
    assert [asked.order_id for asked in house.venue.cancels] == ["1-3.2"]
    assert house.hand.cancel_all() == 2
    assert [asked.order_id for asked in house.venue.cancels] == ["1-3.2", "1-3"]


def test_a_persons_order_is_cancelled_as_a_whole_too() -> None:
    """The command gives the id of the whole."""
    house = House()
    wish = {"symbol": SYMBOL, "direction": "short", "offset": "close", "volume": 3, "price": 100}
    sent = house.engine.submit(Command("order.send", wish))
    house.engine.step(tick(ts_ns=at(NEXT_DAY_S + 1)))
    gone = house.engine.submit(Command("order.cancel", {"order_id": sent.result(5).order_id}))
    house.engine.step(tick(ts_ns=at(NEXT_DAY_S + 2)))

    assert gone.result(5)
    assert [asked.order_id for asked in house.venue.cancels] == ["1-3", "1-3.2"]


@pytest.mark.parametrize(
    ("says", "found"),
    [
        (("fill", "fill"), (Status.ALLTRADED, 3)),
        (("fill", "cancel"), (Status.CANCELLED, 2)),
        (("cancel", "fill"), (Status.CANCELLED, 1)),
        (("reject", "cancel"), (Status.CANCELLED, 0)),
        (("reject", "reject"), (Status.REJECTED, 0)),
    ],
)
def test_to_wait_for_it_is_to_wait_for_every_part(
    says: tuple[str, str], found: tuple[Status, int]
) -> None:
    """The state has the lots of all parts added up."""
    house = House(kind=Patient)
    house.engine.step(tick(price=105.0, ts_ns=at(NEXT_DAY_S + 1)))
    for order_id, what in zip(("1-3", "1-3.2"), says, strict=True):
        assert house.hand.states == []
        getattr(house.venue, what)(order_id)

    (state,) = house.hand.states
    assert (state.order_id, state.offset, state.volume) == ("1-3", CLOSE, 3)
    assert (state.status, state.traded) == found


def test_a_wait_that_times_out_gives_what_is_filled_so_far() -> None:
    """1 of the 2 earlier lots, and none of today's."""
    house = House(kind=Patient)
    house.hand.timeout_s = 5  # type: ignore[attr-defined]  # a Patient
    house.engine.step(tick(price=105.0, ts_ns=at(NEXT_DAY_S + 1)))
    house.venue.fill("1-3", volume=1)
    house.engine.step(tick(ts_ns=at(NEXT_DAY_S + 7)))

    (state,) = house.hand.states
    assert (state.status, state.traded, state.volume) == (Status.PARTTRADED, 1, 3)


def test_a_venue_that_breaks_between_two_parts_keeps_what_it_was_sent() -> None:
    """The second part never left, and holds nothing."""

    class Breaking(FakeGateway):
        """Raises on closes."""

        def send_order(self, request: OrderRequest) -> None:
            """Raise."""
            super().send_order(request)
            if request.offset is EARLIER:
                msg = "the line broke"
                raise GatewayError(msg, gateway="fake")

    house = House(venue=Breaking())
    with pytest.raises(GatewayError, match="when it was to send 1-3;"):
        house.hand.sell(100, 3)

    assert house.closing == (2, 0)
    assert house.manager.wholes.state("1-3").volume == 2


def test_a_target_is_reached_by_split_orders() -> None:
    """From 4 long to 1 short: 2 of yesterday, 2 of today, 1 to open."""
    house = House()
    house.hand.set_target_pos(-1, price=100)
    assert [(offset, volume) for _, offset, volume in house.sent] == [
        (EARLIER, 2), (TODAY, 2), (OPEN, 1),
    ]  # fmt: skip
    for order_id, _, _ in house.sent:
        house.venue.fill(order_id)
    assert house.hand.pos == -1


def test_a_new_target_waits_until_every_part_is_gone() -> None:
    """Both parts are cancelled; only then is the way to the new target sent."""
    house = House()
    house.hand.set_target_pos(1, price=100)
    house.hand.set_target_pos(4, price=100)
    assert [asked.order_id for asked in house.venue.cancels] == ["1-3", "1-3.2"]
    house.venue.fill("1-3")
    assert len(house.sent) == 2
    house.venue.cancel("1-3.2")
    assert house.sent[2:] == [("1-4", OPEN, 2)]


def test_a_target_beyond_lots_that_must_be_held_over_night_sends_nothing() -> None:
    """T+1: the 2 lots of today cannot be sold, so that nothing is opened behind them."""
    contract = evolve(INSTRUMENTS[SYMBOL], closable_after=1)
    house = House(contract=contract)
    house.hand.set_target_pos(-1, price=100)
    assert house.sent == []
    house.hand.set_target_pos(2, price=100)
    assert house.sent == [("1-4", EARLIER, 2)]


def test_an_account_that_locks_opens_the_other_side_and_gives_it_up_again() -> None:
    """Sold out today: 2 closed and 2 locked; the day after, to buy is to close the lock."""
    account = AccountSettings(gateway="fake", close_today="lock")
    house = House(account=account)
    house.sell(4)
    assert house.sent == [("1-3", EARLIER, 2), ("1-3.2", OPEN, 2)]
    for order_id, _, _ in house.sent:
        house.venue.fill(order_id)
    assert (house.holding.long, house.holding.short, house.hand.pos) == (2, 2, 0)
    assert isinstance(house.hand.sell(100, 1), Rejection)

    house.engine.step(tick(ts_ns=at(2 * NEXT_DAY_S)))
    house.hand.buy(100, 3)
    assert house.sent[2:] == [("1-5", EARLIER, 2), ("1-5.2", OPEN, 1)]


def test_only_a_hedging_account_can_lock() -> None:
    """The other one would close the lock as it opens it."""
    account = AccountSettings(mode=PositionMode.NETTING, close_today="lock")
    assert check(Settings(accounts={"main": account})) == (
        "'lock' needs an account whose mode is 'hedging' @ $.accounts.main.close_today",
    )


def test_a_netting_account_that_waits_over_night_is_refused_what_it_bought_today() -> None:
    """4 lots are held, 2 of them since yesterday."""
    contract = evolve(INSTRUMENTS[SYMBOL], closable_after=1, offsets=OffsetRule.NONE)
    account = AccountSettings(gateway="fake", mode=PositionMode.NETTING)
    house = House(contract=contract, account=account)
    assert house.sell(2).offset is NONE
    refused = house.hand.sell(100, 1)
    assert isinstance(refused, Rejection)
    assert (refused.rule, refused.input, refused.limit) == ("closable", 1, 0)


def test_a_venue_without_offsets_hears_none_also_from_a_hedging_account() -> None:
    """It nets, whatever the account is called; a target is one order."""
    house = House(contract=evolve(INSTRUMENTS[SYMBOL], offsets=OffsetRule.NONE))
    house.hand.set_target_pos(-1, price=100)
    assert house.sent == [("1-3", NONE, 5)]


def test_the_phase_of_a_split_order_is_what_its_parts_come_to() -> None:
    """Of 2 lots of yesterday and 1 of today, each an order: as the venue answers, step by step."""
    house = House()
    whole = house.sell(3).order_id
    first, second = house.manager.wholes.parts(whole)
    found = [house.manager.wholes.state(whole).phase]
    for step in (
        lambda: house.venue.accept(first),
        lambda: house.venue.accept(second),
        lambda: house.venue.fill(first, volume=1),
        lambda: house.hand.cancel_order(whole),
        lambda: house.venue.cancel(first),
        lambda: house.venue.cancel(second),
    ):
        step()
        found.append(house.manager.wholes.state(whole).phase)

    assert found == [
        OrderPhase.PENDING, OrderPhase.PENDING, OrderPhase.RESTING, OrderPhase.PARTIAL,
        OrderPhase.CANCEL_PENDING, OrderPhase.CANCEL_PENDING, OrderPhase.PARTLY_CANCELLED,
    ]  # fmt: skip
    assert [each.order_id for each in house.venue.cancels] == [first, second]


def test_a_split_order_is_unknown_as_long_as_one_of_its_parts_is() -> None:
    """The other one is filled already; then the last one is, and so is the whole."""
    house = House()
    whole = house.sell(3).order_id
    first, second = house.manager.wholes.parts(whole)
    house.venue.fill(first)
    house.venue.report(ConnectionChanged("fake", is_up=False, reason="", ts_ns=at(NEXT_DAY_S)))
    lost = house.manager.wholes.state(whole)
    house.venue.fill(second)

    assert (lost.phase, lost.status, lost.traded) == (OrderPhase.UNKNOWN, Status.PARTTRADED, 2)
    assert house.manager.wholes.state(whole).phase is OrderPhase.FILLED


def test_a_released_close_is_split_as_any_other() -> None:
    """Held as one, it leaves as two orders with its type and terms; a cancel is of both."""
    house = House()
    terms = Terms(trigger=95.0)
    request = OrderRequest(
        house.manager.next_id(), SYMBOL, SHORT, CLOSE, OrderType.STOP, float("nan"), 3,
        "hand", "main", "fake", at(NEXT_DAY_S), "", terms,
    )  # fmt: skip
    house.manager.keep_held(request, house.manager.lane("main", SYMBOL))
    held = house.closing
    house.manager.release_held("1-3", OrderType.LIMIT, 94.0)
    parts = [house.manager.orders[each] for each in ("1-3", "1-3.2")]

    assert held == (0, 0)
    assert house.sent == [("1-3", EARLIER, 2), ("1-3.2", TODAY, 1)]
    assert [(each.type, each.terms, each.price) for each in parts] == [
        (OrderType.STOP, terms, 94.0)
    ] * 2
    assert house.closing == (3, 1)
    assert house.hand.cancel_order("1-3")
    assert [each.order_id for each in house.venue.cancels] == ["1-3", "1-3.2"]


# -- trades from elsewhere ------------------------------------------------------------


def foreign(trade_id: str, **fields: str) -> TradeReport:
    """Return a report of 1 lot sold elsewhere that closes a lot of yesterday."""
    told = {"symbol": SYMBOL, "account": "main", "gateway": "fake"} | fields
    return TradeReport(
        "X7", trade_id, told["symbol"], SHORT, EARLIER, 101.0, 1, at(NEXT_DAY_S), DAY + 1,
        told["account"], told["gateway"],
    )  # fmt: skip


def test_a_trade_from_elsewhere_is_booked_as_unassigned_and_told_once() -> None:
    """The account has one lot less, the strategy as many as before."""
    house = House()
    for trade_id in ("T90", "T91", "T91"):
        house.venue.report(foreign(trade_id))

    assert (house.holding.long, house.holding.long_today, house.hand.pos) == (2, 2, 4)
    assert [trade.strategy for trade in house.manager.trades[2:]] == ["unassigned"] * 2
    assert house.manager.ignored == {"duplicate": 1, "late": 0, "unknown": 0}
    (told,) = house.alerts
    assert told == (
        f"order X7 in {SYMBOL} was not sent by this engine; its trades are booked in account "
        "main as 'unassigned'"
    )


@pytest.mark.parametrize(
    "fields", [{"account": ""}, {"account": "other"}, {"gateway": "elsewhere"}]
)
def test_a_trade_from_elsewhere_without_an_account_of_ours_is_told(
    fields: dict[str, str],
) -> None:
    """Nobody can say in which books it belongs: a person has to look, told once."""
    house = House()
    for _ in range(2):
        house.venue.report(foreign("T90", **fields))
    assert (house.holding.long, house.manager.ignored["unknown"]) == (4, 2)
    (told,) = house.alerts
    assert told == (
        f"trade T90 of 1 lots in {SYMBOL} at 101.0 is of order X7, which nobody here knows, in "
        "no account of ours: it is not booked unless that order becomes known; look at the venue"
    )


def test_a_trade_from_elsewhere_in_an_unknown_contract_is_told() -> None:
    """It is counted as unknown, and the person who watches can look."""
    house = House()
    house.venue.report(foreign("T90", symbol="zz9999.TEST"))
    assert house.manager.ignored["unknown"] == 1
    assert "a trade of it in account main is not booked: 'zz9999.TEST'" in house.alerts[0]


def test_no_strategy_may_be_called_unassigned() -> None:
    """Its fills would be those of others."""
    with pytest.raises(ValueError, match="unassigned"):
        engine().add_strategy(Hand, symbol=SYMBOL, name="unassigned")
