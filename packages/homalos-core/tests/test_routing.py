"""Where an order goes when its account has several venues: health, ability, cost, and lots held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import pytest

from homalos.bus import Bus
from homalos.config import AccountSettings, GatewaySettings, RoutingSettings, Settings, check
from homalos.engine.routers import make_cheapest, make_first
from homalos.engine.routing import Route, Routing
from homalos.model import (
    ConnectionChanged,
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    Status,
    TradeData,
)
from homalos.plugins import NoOptions
from homalos.plugins.ports import Refusal, Router, VenueView
from homalos.testing import SYMBOL, FakeGateway, at, order_request

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE, NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE
DAY = 20250106


class Plain(FakeGateway):
    """A venue that says nothing of itself."""

    def __init__(self, name: str) -> None:
        """Have a name that the test can read."""
        super().__init__(name)
        self.name = name


class Venue(Plain):
    """A venue that says what it takes and what that costs."""

    def __init__(self, name: str, *types: OrderType, cost: float = nan) -> None:
        """Take these types, or any where none is named."""
        super().__init__(name)
        self._types = frozenset(types)
        self._cost = cost

    def order_types(self, symbol: str) -> frozenset[OrderType]:
        """Return the types taken."""
        assert symbol == SYMBOL
        return self._types

    def cost(self, request: OrderRequest) -> float:
        """Return the price of a lot, times the lots."""
        return self._cost * request.volume


class Crossing:
    """Some venues, one account that has them all, and what is heard of them."""

    def __init__(self, *venues: Plain, router: Router | None = None, **more: Any) -> None:
        """Connect every venue; the first is the account's own."""
        self.bus = Bus(_told)
        names = [venue.name for venue in venues]
        settings = AccountSettings(
            gateway=names[0], routing=RoutingSettings(gateways=tuple(names[1:]), **more)
        )
        chosen = router or make_first(NoOptions())
        gateways = {venue.name: venue for venue in venues}
        routing = Routing(self.bus, gateways, {"main": settings}, {"main": chosen})
        self.route: Route = _there(routing.route("main"))
        assert routing.route("other") is None
        for name in names:
            self.turn(name, is_up=True)

    def turn(self, name: str, *, is_up: bool) -> None:
        """Have a venue come or go."""
        self.bus.publish(ConnectionChanged(name, is_up=is_up, reason="", ts_ns=at(0)))

    def trade(self, gateway: str, direction: Direction, offset: Offset, volume: int) -> None:
        """Have a venue fill something."""
        self.bus.publish(
            TradeData(
                f"T{id(direction)}{volume}", "1-1", SYMBOL, direction, offset, 100.0, volume, at(0),
                DAY, "test", "main", gateway,
            )
        )  # fmt: skip

    def order(self, gateway: str, status: Status = Status.NOTTRADED, **fields: Any) -> None:
        """Have one of our orders work at a venue, or be over there."""
        order = {"direction": SHORT, "offset": CLOSE, "volume": 1, **fields}
        self.bus.publish(
            OrderData(
                "1-9", SYMBOL, order["direction"], order["offset"], OrderType.LIMIT, 100.0,
                order["volume"], 0, status, "test", "main", gateway, at(0), at(0),
                phase=order.get("phase", OrderPhase.RESTING),
            )
        )  # fmt: skip


def _told(*_: object) -> None:
    pytest.fail("a handler raised")


def _there(route: Route | None) -> Route:
    assert route is not None
    return route


def _refusal(answer: str | Refusal) -> Refusal:
    assert isinstance(answer, Refusal)
    return answer


def test_the_first_venue_that_is_connected_gets_the_order() -> None:
    """Health: the preferred one, unless it is away."""
    crossing = Crossing(Plain("a"), Plain("b"))
    before = crossing.route(order_request())
    crossing.turn("a", is_up=False)
    while_away = crossing.route(order_request())
    crossing.turn("a", is_up=True)
    assert (before, while_away, crossing.route(order_request())) == ("a", "b", "a")


def test_a_venue_with_an_order_nobody_knows_the_state_of_comes_last() -> None:
    """What is unknown there is a sign that more might be lost."""
    crossing = Crossing(Plain("a"), Plain("b"))
    crossing.order("a", phase=OrderPhase.UNKNOWN)
    meanwhile = crossing.route(order_request())
    crossing.order("a", Status.CANCELLED, phase=OrderPhase.CANCELLED)
    assert (meanwhile, crossing.route(order_request())) == ("b", "a")


def test_without_any_connection_the_order_is_refused_and_the_venues_are_named() -> None:
    """Nothing is sent to a venue that is not there."""
    crossing = Crossing(Plain("a"), Plain("b"))
    crossing.turn("a", is_up=False)
    crossing.turn("b", is_up=False)
    refused = _refusal(crossing.route(order_request()))
    assert refused.message == "no venue of account main is connected: a, b; try again later"


def test_an_order_goes_only_where_its_type_is_taken() -> None:
    """Ability: the preferred venue knows limit orders only."""
    crossing = Crossing(Venue("a", OrderType.LIMIT), Venue("b", OrderType.LIMIT, OrderType.FAK))
    assert crossing.route(order_request(type=OrderType.FAK)) == "b"
    refused = _refusal(crossing.route(order_request(type=OrderType.FOK)))
    assert refused.message == f"no venue of account main takes a fok order in {SYMBOL}: a, b"


def test_a_venue_that_names_no_types_takes_any() -> None:
    """An empty set is silence, not refusal."""
    assert Crossing(Venue("a"), Venue("b")).route(order_request(type=OrderType.FOK)) == "a"


def test_the_cheapest_venue_is_the_one_with_the_lowest_fees() -> None:
    """3 lots at 2.0 cost less than 3 at 2.5; what is not known comes last, ties first."""
    venues = (Venue("x"), Venue("a", cost=2.5), Venue("b", cost=2.0), Venue("c", cost=2.0))
    crossing = Crossing(*venues, router=make_cheapest(NoOptions()))
    known = crossing.route(order_request(volume=3))
    crossing.turn("b", is_up=False)
    crossing.turn("c", is_up=False)
    others = crossing.route(order_request(volume=3))
    crossing.turn("a", is_up=False)
    assert (known, others, crossing.route(order_request())) == ("b", "a", "x")


def test_a_close_goes_where_the_lots_are() -> None:
    """2 lots at the one venue, 5 at the other: a close of 3 has one place to go."""
    crossing = Crossing(Plain("a"), Plain("b"))
    crossing.trade("a", LONG, OPEN, 2)
    crossing.trade("b", LONG, OPEN, 5)
    small = crossing.route(order_request(SHORT, volume=2, offset=CLOSE))
    large = crossing.route(order_request(SHORT, volume=3, offset=CLOSE))
    refused = _refusal(crossing.route(order_request(SHORT, volume=6, offset=CLOSE)))
    assert (small, large) == ("a", "b")
    assert refused.message == (
        f"6 lots of {SYMBOL} were to be closed and no venue of account main has so many to "
        "close: a has 2, b has 5; close them in several orders"
    )
    assert (refused.input, refused.limit) == (6, 5)


def test_lots_that_are_being_closed_are_not_closed_twice() -> None:
    """Of 2 lots one is on its way out, so that the second close of 2 has no place here."""
    crossing = Crossing(Plain("a"), Plain("b"))
    crossing.trade("a", LONG, OPEN, 2)
    crossing.order("a")
    assert _refusal(crossing.route(order_request(SHORT, volume=2, offset=CLOSE))).limit == 1
    crossing.order("a", Status.CANCELLED)
    assert crossing.route(order_request(SHORT, volume=2, offset=CLOSE)) == "a"


def test_two_fronts_of_one_account_share_its_lots() -> None:
    """`shared` says so: with the first front down, the close leaves by the second."""
    crossing = Crossing(Plain("a"), Plain("b"), shared=True)
    crossing.trade("a", LONG, OPEN, 2)
    crossing.turn("a", is_up=False)
    assert crossing.route(order_request(SHORT, volume=2, offset=CLOSE)) == "b"


def test_trades_without_an_offset_close_before_they_open() -> None:
    """5 bought, 7 sold: 2 short are left at that venue, which a later close can find."""
    crossing = Crossing(Plain("a"), Plain("b"))
    crossing.trade("b", LONG, NONE, 5)
    crossing.trade("b", SHORT, NONE, 7)
    assert crossing.route(order_request(LONG, volume=2, offset=CLOSE)) == "b"
    assert _refusal(crossing.route(order_request(SHORT, volume=1, offset=CLOSE))).limit == 0


def _always(answer: str) -> Router:
    return lambda _request, _venues: answer


def _broken(_request: OrderRequest, _venues: Sequence[VenueView]) -> str:
    msg = "no map"
    raise RuntimeError(msg)


@pytest.mark.parametrize(
    ("router", "message"),
    [
        (_always("z"), "the router chose 'z', which is none of a, b"),
        (_broken, "the router itself failed: RuntimeError('no map')"),
    ],
)
def test_a_router_that_goes_wrong_keeps_the_order(router: Router, message: str) -> None:
    """A third party's mistake must not send an order nobody chose."""
    crossing = Crossing(Plain("a"), Plain("b"), router=router)
    assert _refusal(crossing.route(order_request())).message == message


def _problems(routing: RoutingSettings) -> tuple[str, ...]:
    gateways: Mapping[str, GatewaySettings] = {"a": GatewaySettings(), "b": GatewaySettings()}
    accounts = {"main": AccountSettings(gateway="a", routing=routing)}
    return check(Settings(gateways=gateways, accounts=accounts))


def test_the_settings_name_each_venue_once_and_only_those_there_are() -> None:
    """Both mistakes are told at once, each with its path."""
    assert _problems(RoutingSettings(gateways=("a", "bb"))) == (
        "'a' is there already @ $.accounts.main.routing.gateways[0]; name each once",
        "no gateway is called 'bb' @ $.accounts.main.routing.gateways[1]; did you mean 'b'?",
    )
    assert _problems(RoutingSettings(gateways=("b",))) == ()
