"""The checks that every order passes: who is asked, in what order, and what a no is."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import pytest

from homalos.engine.risk import BoundRule, RiskManager, RuleVerdict
from homalos.engine.risk.view import reduces
from homalos.errors import MissingPluginError, PluginLoadError
from homalos.model import CancelRequest, Direction, Offset, OrderRequest, Rejection, TickData
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Meter, Refusal, RiskCheck, RiskContext, RiskRule
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    SYMBOL,
    FakeGateway,
    FakeHolding,
    at,
    engine,
    order_request,
    tick,
)

if TYPE_CHECKING:
    from homalos.engine.ledger import Position
    from homalos.plugins import NoOptions

LONG, SHORT = Direction.LONG, Direction.SHORT
METER = Meter(subject="orders", value=3, limit=5)


def allow(_request: OrderRequest) -> Refusal | None:
    """Let every order pass."""
    return None


def at_most(lots: int) -> RiskCheck:
    """Refuse orders of more lots."""

    def check(request: OrderRequest) -> Refusal | None:
        if request.volume <= lots:
            return None
        return Refusal(f"{request.volume} lots are too many", request.volume, lots)

    return check


def broken(_request: OrderRequest) -> Refusal | None:
    """Fail."""
    msg = "no idea"
    raise ZeroDivisionError(msg)


def bound(*rules: tuple[str, int, RiskCheck]) -> RiskManager:
    """Return a manager of these rules: name, order, check."""
    manager = RiskManager()
    manager.bind([BoundRule(*each) for each in rules])
    return manager


def test_an_order_that_no_rule_refuses_passes() -> None:
    """And every rule was asked."""
    manager = bound(("a", 1, allow), ("b", 2, at_most(5)))

    assert manager.check(order_request(volume=5)) == ()
    assert (manager.evaluated, manager.refused) == (2, 0)


def test_without_rules_every_order_passes() -> None:
    """Nothing is asked."""
    manager = bound()

    assert manager.check(order_request()) == ()
    assert manager.evaluated == 0


def test_a_no_says_which_rule_what_it_measured_and_what_it_allows() -> None:
    """The request comes along, and the time of the decision."""
    request = order_request(volume=6, ts_ns=77)
    (rejection,) = bound(("size", 1, at_most(5))).check(request)

    assert rejection == Rejection("size", "6 lots are too many", request, 77, 6, 5)
    assert (rejection.order_id, rejection.strategy) == ("1-1", "test")


def test_every_rule_that_refuses_is_named_in_the_order_of_asking() -> None:
    """By rising order, ties by name; the one order is refused once."""
    manager = bound(
        ("late", 90, at_most(1)), ("b", 10, at_most(2)), ("a", 10, at_most(3)), ("c", 50, allow)
    )
    refused = manager.check(order_request(volume=9))

    assert manager.rules == ("a", "b", "c", "late")
    assert [(each.rule, each.limit) for each in refused] == [("a", 3), ("b", 2), ("late", 1)]
    assert (manager.evaluated, manager.refused) == (4, 1)


def test_a_rule_that_raises_refuses() -> None:
    """An order that nobody could judge does not leave; the other rules are asked all the same."""
    refused = bound(("broken", 1, broken), ("size", 2, at_most(1))).check(order_request(volume=2))

    assert [each.rule for each in refused] == ["broken", "size"]
    assert "ZeroDivisionError('no idea')" in refused[0].message
    assert isnan(refused[0].input)


# -- what a rule may look at -----------------------------------------------------


def is_reducing(holding: FakeHolding, request: OrderRequest) -> bool:
    """Ask of an order in an account with one holding."""
    position: Position = holding  # type: ignore[assignment]  # all that is looked at is there
    return reduces(lambda _account, _symbol: position, request)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (Offset.OPEN, False),
        (Offset.CLOSE, True),
        (Offset.CLOSETODAY, True),
        (Offset.CLOSEYESTERDAY, True),
    ],
)
def test_with_an_offset_closing_reduces(offset: Offset, expected: bool) -> None:  # noqa: FBT001  drawn
    """Whatever is held: a closing order cannot open."""
    request = order_request(SHORT, offset=offset)

    assert is_reducing(FakeHolding(), request) is expected


@pytest.mark.parametrize(
    ("holding", "direction", "volume", "expected"),
    [
        (FakeHolding(long=3), SHORT, 3, True),
        (FakeHolding(long=3), SHORT, 4, False),
        (FakeHolding(long=3), LONG, 1, False),
        (FakeHolding(short=2), LONG, 2, True),
        (FakeHolding(short=2), LONG, 3, False),
        (FakeHolding(long=3, closing_long=2), SHORT, 1, True),
        (FakeHolding(long=3, closing_long=2), SHORT, 2, False),
        (FakeHolding(short=3, closing_short=3), LONG, 1, False),
        (FakeHolding(), SHORT, 1, False),
    ],
)
def test_without_an_offset_what_is_held_and_not_closing_yet_decides(
    holding: FakeHolding,
    direction: Direction,
    volume: int,
    expected: bool,  # noqa: FBT001  drawn
) -> None:
    """Whatever else fills, the order can only make the position smaller."""
    request = order_request(direction, volume=volume, offset=Offset.NONE)

    assert is_reducing(holding, request) is expected


class Trader(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


def test_a_rule_sees_the_engine_s_own_state_as_it_is_now() -> None:
    """Clock, last price and tick, holding and funds, bound once and alive."""
    seen: list[tuple[float, ...]] = []

    def look(context: RiskContext, _options: NoOptions) -> RiskCheck:
        holding = context.holding("main", SYMBOL)

        def check(request: OrderRequest) -> Refusal | None:
            last = context.last_tick(SYMBOL)
            assert last is not None
            assert context.instrument(SYMBOL).multiplier == 10
            assert context.clock.now_ns() == request.ts_ns == last.ts_ns
            seen.append(
                (context.last_price(SYMBOL), holding.long, holding.opening_long,
                 context.available("main"))
            )  # fmt: skip
            return None

        return check

    venue = FakeGateway()
    running = engine(RiskRuleSpec(name="look", factory=look), gateway=venue)
    trader = running.add_strategy(Trader, symbol=SYMBOL)
    with running:
        running.step(tick(price=100.0))
        trader.buy(100, 2)
        trader.buy(100, 1)
        venue.fill("1-1")
        running.step(tick(price=101.0))
        trader.buy(100, 1)

    # 1,000,000 to begin with; 100 a lot frozen or held; up 1 x 10 x 2 at 101.
    assert seen == [
        pytest.approx((100, 0, 0, 1_000_000)),
        pytest.approx((100, 0, 2, 999_800)),
        pytest.approx((101, 2, 1, 999_720)),
    ]


def test_a_refused_order_never_reaches_the_venue_and_everybody_hears_why() -> None:
    """The asker gets the first no, the bus all of them; no decision was made."""
    rules = [
        RiskRuleSpec(name="a", factory=lambda *_: at_most(1), order=1),
        RiskRuleSpec(name="b", factory=lambda *_: at_most(2), order=2),
    ]
    venue = FakeGateway()
    running = engine(*rules, gateway=venue)
    trader = running.add_strategy(Trader, symbol=SYMBOL, name="trader")
    heard: list[Rejection] = []
    running.subscribe(Rejection, heard.append, key="trader")
    with running:
        got = trader.buy(100, 3)
        summary = running.summary()

    assert isinstance(got, Rejection)
    assert got.rule == "a"
    assert [each.rule for each in heard] == ["a", "b"]
    assert venue.requests == []
    assert (summary.orders, summary.rejections, summary.rules) == (0, 1, 2)
    # SHA-256 of nothing at all.
    assert summary.decision_hash.startswith("e3b0c44298fc1c14")


def test_a_rule_is_switched_off_by_name() -> None:
    """`risk: {a: false}` leaves it out; `true` and nothing at all keep it."""
    rules = [RiskRuleSpec(name=name, factory=lambda *_: allow) for name in ("a", "b", "c")]
    running = engine(*rules, risk={"a": False, "b": True})

    assert running.parts.risk.rules == ("b", "c")


def test_a_rule_that_nobody_offers_cannot_be_configured() -> None:
    """A mistyped name must not leave the desk without its rule."""
    rule = RiskRuleSpec(name="size", factory=lambda *_: allow)
    with pytest.raises(MissingPluginError, match="'sice'"):
        engine(rule, risk={"sice": False})


# -- what only reduces ---------------------------------------------------------


def refusing(name: str, kind: Any = "exposure", check: RiskCheck | None = None) -> BoundRule:
    """Return a rule that refuses everything, unless it does otherwise."""
    return BoundRule(name, 1, check or at_most(0), kind=kind)


def manager_of(*rules: BoundRule) -> RiskManager:
    """Return a manager that takes offsets for what they say."""
    manager = RiskManager()
    manager.bind(rules)
    return manager


def test_a_reducing_order_passes_rules_of_exposure() -> None:
    """A limit that bars the way out keeps the trader in what it warns of."""
    manager = manager_of(refusing("much"), refusing("broken", check=broken))

    assert manager.check(order_request(offset=Offset.CLOSE)) == ()
    assert [each.rule for each in manager.check(order_request())] == ["broken", "much"]
    assert (manager.refused, manager.failures) == (1, {"broken": 2})


def test_a_reducing_order_is_refused_by_rules_of_validity_alone() -> None:
    """A price off the grid is off the grid whatever is closed at it."""
    manager = manager_of(refusing("much"), refusing("grid", "validity"))

    refused = manager.check(order_request(offset=Offset.CLOSE))

    assert [each.rule for each in refused] == ["grid"]


def test_whether_an_order_reduces_is_asked_only_where_exposure_refuses() -> None:
    """Of the orders that pass, which are nearly all, nothing more is asked."""
    asked: list[OrderRequest] = []
    manager = RiskManager(lambda request: bool(asked.append(request)))
    manager.bind([refusing("grid", "validity"), BoundRule("fine", 1, allow)])
    manager.check(order_request())
    unasked = len(asked)
    manager.bind([refusing("much")])
    manager.check(order_request())

    assert (unasked, len(asked)) == (0, 1)


def test_a_broken_rule_is_told_of_once() -> None:
    """It may be asked a thousand times a second; each refusal says so all the same."""
    told: list[tuple[str, str]] = []
    manager = manager_of(refusing("broken", check=broken))
    manager.fault = lambda name, what: told.append((name, what))
    for _ in range(3):
        manager.check(order_request())

    assert told == [("risk.broken", "the rule itself failed: ZeroDivisionError('no idea')")]


# -- what else a rule is told, and says --------------------------------------------


def test_a_rule_that_counts_is_looked_at_without_being_counted() -> None:
    """`explain` asks `peek` instead of `check`."""
    counted: list[OrderRequest] = []

    def check(request: OrderRequest) -> Refusal | None:
        counted.append(request)
        return None

    manager = manager_of(
        BoundRule("rate", 1, check, kind="validity", peek=at_most(0), measure=lambda _: [METER])
    )
    (verdict,) = manager.explain(order_request(volume=2))

    assert counted == []
    assert verdict == RuleVerdict(
        rule="rate",
        kind="validity",
        is_refused=True,
        is_waived=False,
        message="2 lots are too many",
        input=2,
        limit=0,
        measures=(METER,),
    )
    assert (manager.evaluated, manager.refused) == (0, 0)


def test_explaining_names_those_that_pass_and_those_that_are_waived() -> None:
    """Every rule has its line, whatever it says."""
    manager = manager_of(
        refusing("a"),
        BoundRule("b", 1, allow),
        refusing("c", "validity"),
        refusing("d", check=broken),
    )
    shown = manager.explain(order_request(offset=Offset.CLOSE))

    assert [(each.rule, each.is_refused, each.is_waived) for each in shown] == [
        ("a", False, True),
        ("b", False, False),
        ("c", True, False),
        ("d", False, True),
    ]


def test_a_figure_that_cannot_be_had_is_left_out() -> None:
    """The verdict stands without it, and the fault is counted."""

    def measure(_request: OrderRequest) -> list[Meter]:
        raise ZeroDivisionError

    manager = manager_of(BoundRule("a", 1, allow, measure=measure))

    assert manager.explain(order_request())[0].measures == ()
    assert manager.failures["a"] == 1


def test_rules_hear_of_cancels_that_leave() -> None:
    """One that raises stops neither the cancel nor the others."""
    heard: list[str] = []

    def fail(_request: CancelRequest) -> None:
        raise ZeroDivisionError

    def bind(name: str, on_cancel: Any) -> RiskRuleSpec:
        return RiskRuleSpec(
            name=name, factory=lambda *_: RiskRule(check=allow, on_cancel=on_cancel)
        )

    venue = FakeGateway()
    running = engine(
        bind("a", fail), bind("b", lambda request: heard.append(request.order_id)), gateway=venue
    )
    trader = running.add_strategy(Trader, symbol=SYMBOL)
    with running:
        running.step(tick())
        trader.buy(100, 1)
        running.parts.orders.cancel("1-1")
        running.parts.orders.cancel("1-1")

        assert running.parts.risk.failures["a"] == 1
    assert heard == ["1-1"]
    assert [each.order_id for each in venue.cancels] == ["1-1"]


def test_rules_hear_of_a_day_before_its_first_event() -> None:
    """Counters begin anew before anything is counted in them."""
    heard: list[object] = []

    def bind(*_: object) -> RiskRule:
        return RiskRule(check=allow, on_day=heard.append)

    running = engine(RiskRuleSpec(name="days", factory=bind))
    running.subscribe(TickData, lambda tick: heard.append(tick.ts_ns))
    with running:
        running.step(tick())
        running.step(tick(ts_ns=at(1)))
        running.step(tick(ts_ns=at(86_400)))

    assert heard == [DAY, at(0), at(1), DAY + 1, at(86_400)]


def test_a_factory_may_make_several_rules_or_none() -> None:
    """Each has a name of its own behind the settings'; they keep their order."""
    several = RiskRuleSpec(
        name="custom",
        factory=lambda *_: {"z": at_most(1), "b": RiskRule(check=at_most(2))},
        order=20,
        kind="validity",
    )
    none = RiskRuleSpec(name="idle", factory=lambda *_: None)
    running = engine(several, none, RiskRuleSpec(name="first", factory=lambda *_: allow, order=1))

    assert running.parts.risk.rules == ("first", "custom.z", "custom.b")
    assert [each.kind for each in running.parts.risk.bound] == ["exposure", "validity", "validity"]


def test_replacing_rules_takes_out_all_that_the_settings_have_under_a_name() -> None:
    """Also where it becomes fewer, or none."""
    manager = manager_of(
        BoundRule("custom.a", 1, allow, spec="custom"),
        BoundRule("custom.b", 1, allow, spec="custom"),
        BoundRule("customs", 1, allow),
    )
    manager.replace({"custom": [BoundRule("custom.c", 1, allow, spec="custom")]})
    fewer = manager.rules
    manager.replace({"custom": []})

    assert (fewer, manager.rules) == (("custom.c", "customs"), ("customs",))


def test_what_is_no_rule_cannot_be_bound() -> None:
    """Anything that is neither called nor `None` would let every order pass."""
    wrong: Any = RiskRuleSpec(name="wrong", factory=lambda *_: 7)  # type: ignore[arg-type,return-value]  # what is wrong

    with pytest.raises(PluginLoadError, match="'wrong': its factory made 7"):
        engine(wrong)
