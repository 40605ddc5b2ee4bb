"""What an order would do and what every rule says of it, asked of a running engine."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from homalos.config import AccountSettings, ControlSettings
from homalos.errors import AccountError, OrderError, UnknownInstrument
from homalos.model import Command, Fee, OffsetRule, OrderRequest, PositionMode
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Meter, Refusal, RiskContext, RiskRule
from homalos.strategy import Strategy
from homalos.testing import INSTRUMENTS, SYMBOL, FakeGateway, FakeMarket, at, engine, tick

COSTLY = evolve(
    INSTRUMENTS[SYMBOL],
    fee_open=Fee(rate=Decimal("0.001")),
    fee_close=Fee(per_lot=Decimal(2)),
    fee_close_today=Fee(per_lot=Decimal(5)),
)


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class Limit:
    """A rule of 5 lots that counts what it lets pass, and says its figures."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.passed = 0

    def bind(self, context: RiskContext, _options: object) -> RiskRule:
        """Make the rule."""

        def lots(request: OrderRequest) -> int:
            return context.holding(request.account, request.symbol).long + request.volume

        def peek(request: OrderRequest) -> Refusal | None:
            if lots(request) <= 5:
                return None
            return Refusal(f"{lots(request)} lots; at most 5 are allowed", lots(request), 5)

        def check(request: OrderRequest) -> Refusal | None:
            self.passed += 1
            return peek(request)

        def measure(request: OrderRequest) -> Iterator[Meter]:
            yield Meter(subject="main long", value=lots(request), limit=5)

        def meters() -> Iterator[Meter]:
            long = context.holding("main", SYMBOL).long
            yield Meter(subject="main long", value=long, limit=5)

        return RiskRule(check=check, peek=peek, measure=measure, meters=meters)


class House:
    """An engine at a price of 100 with a rule of 5 lots."""

    def __init__(self, *, account: dict[str, Any] | None = None, **given: Any) -> None:
        """Start it."""
        self.limit = Limit()
        self.venue = FakeGateway()
        accounts = {"main": AccountSettings(gateway="fake", **(account or {}))}
        self.engine = engine(
            RiskRuleSpec(name="limit", factory=self.limit.bind),
            gateway=self.venue,
            accounts=accounts,
            market=FakeMarket([given.pop("contract", COSTLY)]),
            **given,
        )
        self.hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        self.engine.start()
        self.engine.step(tick())

    def hold(self, lots: int) -> None:
        """Buy lots at 100."""
        self.hand.buy(100, lots)
        self.venue.fill()

    def ask(self, command: str, **arguments: Any) -> Any:
        """Ask for something, and return what comes of it."""
        wish = self.engine.submit(Command(f"risk.{command}", arguments))
        self.engine.parts.loop.serve()
        return wish.result(0)

    def of_order(self, command: str, volume: int, direction: str = "long", **given: Any) -> Any:
        """Ask about an order to open at 100, unless told otherwise."""
        order = {"symbol": SYMBOL, "offset": "open", "price": 100.0, **given}
        return self.ask(command, volume=volume, direction=direction, **order)


def test_explaining_shows_every_rule_and_leaves_no_trace() -> None:
    """Nothing is sent, counted, journaled as a decision or noted as refused."""
    house = House()
    before = house.engine.summary()
    found = house.of_order("explain", 6)
    after = house.engine.summary()

    assert found["passes"] is False
    (part,) = found["parts"]
    assert (part["offset"], part["volume"]) == ("open", 6)
    assert list(part["verdicts"]) == [
        {
            "rule": "limit",
            "kind": "exposure",
            "is_refused": True,
            "is_waived": False,
            "message": "6 lots; at most 5 are allowed",
            "input": 6,
            "limit": 5,
            "measures": ({"subject": "main long", "value": 6, "limit": 5},),
        }
    ]
    assert (house.limit.passed, house.venue.requests) == (0, [])
    assert (before.decision_hash, before.rejections, before.orders, before.rules) == (
        after.decision_hash,
        after.rejections,
        after.orders,
        after.rules,
    )


def test_the_next_order_has_the_id_it_would_have_had() -> None:
    """Who asks first and trades then gets what a run without the question got."""
    house = House()
    house.of_order("preview", 2)
    house.hold(2)

    assert [each.order_id for each in house.venue.requests] == ["1-1"]


def test_a_switch_is_among_what_explains() -> None:
    """It refuses as a rule does, and stands before all others."""
    house = House()
    house.ask("switch", state="halted", reason="lunch")
    (part,) = house.of_order("explain", 1)["parts"]

    assert [(each["rule"], each["is_refused"]) for each in part["verdicts"]] == [
        ("switch", True),
        ("limit", False),
    ]


def test_what_reduces_is_shown_as_waived() -> None:
    """The rule says no, and the order would go."""
    house = House()
    house.hold(5)
    found = house.of_order("explain", 5, "short", offset="close")

    assert found["passes"] is True
    assert [each["is_waived"] for each in found["parts"][0]["verdicts"]] == [True]


def test_a_preview_of_an_opening_order_by_hand() -> None:
    """3 lots of 10 units at 100: a margin of 10 % and a fee of 0.1 % of 3,000."""
    house = House(account={"capital": Decimal(10_000)})
    house.hold(1)  # 100 of margin, 1 of fee
    found = house.of_order("preview", 3)

    assert (found["opens"], found["closes"], found["long"], found["short"]) == (3, 0, 4, 0)
    assert (found["margin"], found["fee"], found["frees"]) == pytest.approx((300, 3, 0))
    assert found["available"] == pytest.approx(10_000 - 101)
    assert found["available_after"] == pytest.approx(10_000 - 101 - 303)
    assert found["passes"] is True


def test_the_preview_is_what_the_order_then_holds() -> None:
    """Against the engine's own books, once the order works."""
    house = House()
    found = house.of_order("preview", 3, price=98.0)
    house.hand.buy(98, 3)

    assert found["available_after"] == house.engine.parts.accounts.accounts["main"].available()


def test_a_preview_of_a_close_says_what_it_frees() -> None:
    """2 of 4 lots: half of the margin, and 2 a lot for lots of which nobody knows the day."""
    house = House()
    house.hold(4)
    found = house.of_order("preview", 2, "short", offset="close", price=101.0)

    assert (found["opens"], found["closes"], found["long"]) == (0, 2, 2)
    assert (found["margin"], found["frees"]) == pytest.approx((0, 200))
    assert found["fee"] == pytest.approx(10)  # the dearer of 2 and 5


def test_a_preview_shows_the_parts_that_would_leave() -> None:
    """One of yesterday's lots and two of today's, each asked about by itself."""
    house = House(contract=evolve(COSTLY, offsets=OffsetRule.DATED))
    house.hold(1)
    house.engine.step(tick(ts_ns=at(86_400)))
    house.hold(2)
    found = house.of_order("preview", 3, "short", offset="close")

    assert [(each["offset"], each["volume"]) for each in found["parts"]] == [
        ("closeyesterday", 1),
        ("closetoday", 2),
    ]
    assert found["fee"] == pytest.approx(2 + 2 * 5)
    assert found["long"] == 0


def test_in_a_netting_account_what_is_held_is_closed_first() -> None:
    """Of 5 lots sold 2 close and 3 open."""
    house = House(account={"mode": PositionMode.NETTING})
    house.hold(2)
    found = house.of_order("preview", 5, "short", offset="none")

    assert (found["closes"], found["opens"]) == (2, 3)
    assert (found["long"], found["short"]) == (0, 3)


def test_a_close_of_more_than_is_held_is_refused_in_words() -> None:
    """Before any rule: nothing like it could be sent."""
    house = House()
    house.hold(1)
    found = house.of_order("preview", 2, "short", offset="close")
    first = found["parts"][0]["verdicts"][0]

    assert found["passes"] is False
    assert (first["rule"], first["input"], first["limit"]) == ("closable", 2, 1)


def test_a_market_order_is_reckoned_at_the_last_price() -> None:
    """It has none of its own."""
    house = House()
    found = house.ask("preview", symbol=SYMBOL, direction="long", offset="open", volume=1)

    assert (found["price"], found["margin"]) == (100.0, pytest.approx(100))


def test_what_is_shown_of_risk() -> None:
    """Rules, how near their limits are, switches and leases."""
    house = House(control=ControlSettings(operator_s=60))
    house.hold(4)
    house.ask("switch", scope="account", name="main", state="close_only", reason="late")
    found = house.ask("show")

    assert found["rules"] == [{"name": "limit", "kind": "exposure", "failures": 0}]
    assert list(found["meters"]) == [
        {
            "rule": "limit",
            "subject": "main long",
            "value": 4,
            "limit": 5,
            "level": 0.7,
            "warnings": 1,
        }
    ]
    assert list(found["switches"]) == [
        {
            "scope": "account",
            "name": "main",
            "state": "close_only",
            "reason": "late",
            "holder": "",
        }
    ]
    assert found["lease"] == {
        "seconds": 0,
        "gateways": [],
        "is_held": False,
        "operator_seconds": 60,
        "silent_seconds": 0,
    }


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"account": "mainn"}, AccountError, "did you mean 'main'"),
        ({"volume": 0}, OrderError, "at least 1 lot"),
        ({"symbol": "xx"}, UnknownInstrument, "xx"),
    ],
)
def test_an_order_that_cannot_be_is_told_of(
    given: dict[str, Any], kind: type[Exception], words: str
) -> None:
    """One clear error; the engine goes on."""
    house = House()

    with pytest.raises(kind, match=words):
        house.ask(
            "preview",
            **{"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 1, **given},
        )
