"""The keys of a rule beside its condition, and what a verdict says."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest
from attrs import evolve

from homalos.config import AccountSettings, Settings, structure
from homalos.errors import ConfigError
from homalos.model import Direction, OrderRequest
from homalos.plugins.ports import RiskRule
from homalos.testing import (
    INSTRUMENTS,
    OTHER,
    SYMBOL,
    FakeClock,
    FakeFunds,
    FakeHolding,
    FakeRiskContext,
    order_request,
    tick,
)
from homalos.testing.records import START_NS
from homalos_risk.custom import CustomOptions, account_problems, bind_custom
from homalos_risk.plugin import check_settings


def bound(context: FakeRiskContext, refuse_if: str, **keys: Any) -> RiskRule:
    """Bind one rule as it would stand in the settings."""
    options = structure({"it": {"refuse_if": refuse_if, **keys}}, CustomOptions)
    return bind_custom(context, options)["it"]


@pytest.mark.parametrize(
    ("to", "order", "is_of_it"),
    [
        ({"products": ["aa"]}, {}, True),
        ({"products": ["bb", "aa"]}, {}, True),
        ({"products": ["AA"]}, {}, True),
        ({"products": ["BB"]}, {}, False),
        ({"products": ["bb"]}, {"symbol": OTHER}, True),
        ({"exchanges": ["SHFE"]}, {}, False),
        ({"exchanges": ["test"]}, {}, True),
        ({"symbols": [SYMBOL.lower()]}, {}, True),
        ({"symbols": [SYMBOL.upper()]}, {}, True),
        ({"symbols": [SYMBOL]}, {"symbol": OTHER}, False),
        ({"strategies": ["test"]}, {}, True),
        ({"strategies": ["Test"]}, {}, False),
        ({"strategies": ["grid", "manual"]}, {}, False),
        ({"accounts": ["main"], "products": ["aa"]}, {}, True),
        ({"accounts": ["main"], "products": ["bb"]}, {}, False),
        ({"accounts": []}, {}, True),
    ],
)
def test_a_rule_is_of_the_orders_that_are_in_each_list(
    to: dict[str, list[str]], order: dict[str, Any], *, is_of_it: bool
) -> None:
    """An empty list, or none, is of all; what it is not of passes and shows no figures."""
    rule = bound(FakeRiskContext(), "order.volume > 0", applies_to=to)
    request = order_request(**order)
    assert rule.measure is not None

    assert (rule.check(request) is not None) is is_of_it
    assert bool(list(rule.measure(request))) is is_of_it


def test_a_rule_of_an_account_that_there_is_not_is_refused() -> None:
    """It would hold of nothing, and nobody would know; the nearest name is shown."""
    rules = {
        "right": {"refuse_if": "order.volume > 0", "applies_to": {"accounts": ["main"]}},
        "wrong": {"refuse_if": "order.volume > 0", "applies_to": {"accounts": ["mani", "main"]}},
        "far": {"refuse_if": "order.volume > 0", "applies_to": {"accounts": ["x"]}},
    }
    settings = Settings(accounts={"main": AccountSettings()}, risk={"custom": rules})
    assert check_settings(settings) == (
        (
            "there is no account 'mani'; did you mean 'main'? "
            "@ $.risk.custom.wrong.applies_to.accounts"
        ),
        "there is no account 'x' @ $.risk.custom.far.applies_to.accounts",
    )


@pytest.mark.parametrize(
    "options",
    [
        None,
        False,
        True,
        [],
        {"it": None},
        {"it": {"applies_to": []}},
        {"it": {"applies_to": {"accounts": "x"}}},
        {"it": {"applies_to": {"accounts": [1]}}},
    ],
)
def test_options_that_are_wrong_in_another_way_are_told_elsewhere(options: object) -> None:
    """Where they are read, with all else that is wrong with them."""
    assert list(account_problems(options, ["main"])) == []


@pytest.mark.parametrize("name", ["", " rb", "rb "])
def test_a_name_that_nothing_can_have_is_refused(name: str) -> None:
    """Such a rule would silently be of nothing."""
    with pytest.raises(ConfigError, match="must be names without blanks around them"):
        bound(FakeRiskContext(), "order.volume > 0", applies_to={"products": [name]})


WORDS = [
    ("order.volume > 2", "order.volume is 3, above 2", 3, 2),
    ("2 < order.volume", "order.volume is 3, above 2", 3, 2),
    ("order.volume >= 3", "order.volume is 3, not below 3", 3, 3),
    ("not order.volume <= 2", "order.volume is 3, above 2", 3, 2),
    ("not (order.volume < 2 or order.volume > 9)", "order.volume is 3, not above 9", 3, 9),
    ("order.volume == 3", "order.volume is 3, equal to 3", 3, 3),
    ("order.volume in (1, 3)", "order.volume is 3, one of 1, 3", 3, None),
    ("order.volume not in (1, 2)", "order.volume is 3, none of 1, 2", 3, None),
    (
        "order.price * 2 > account.equity / 4",
        "order.price * 2 is 200, above 100 (account.equity / 4)",
        200.0,
        100.0,
    ),
    # What is measured comes before the circumstances.
    (
        'order.direction == "long" and order.volume > 2 and not order.is_reducing',
        "order.volume is 3, above 2",
        3,
        2,
    ),
    # The first that is so, where one is enough.
    (
        "order.volume > 9 or order.price > 99 or order.volume > 1",
        "order.price is 100, above 99",
        100.0,
        99,
    ),
    ("1 < order.volume <= 3", "order.volume is 3, not above 3", 3, 3),
    ('order.direction == "long"', "order.direction is long, equal to long", None, None),
    ("market.is_open", "market.is_open is true", None, None),
    ("not order.is_reducing", "order.is_reducing is false", None, None),
    ("time.of_day < 09:30", "time.of_day is 09:00:00, below 09:30:00", None, None),
    ("min(order.volume, 7) > 2", "min(order.volume, 7) is 3, above 2", 3, 2),
    ("order.volume>2\n and  order.price > 1", "order.price is 100, above 1", 100.0, 1),
]


@pytest.mark.parametrize(("text", "words", "measured", "limit"), WORDS)
def test_the_verdict_names_the_comparison_that_decided(
    text: str, words: str, measured: float | None, limit: float | None
) -> None:
    """In words and, where both sides are numbers, in figures."""
    context = FakeRiskContext(money={"main": FakeFunds(equity=400.0)}, ticks={SYMBOL: tick()})
    found = bound(context, text).check(order_request(volume=3))
    assert found is not None

    assert found.message == f"an order is refused where this holds: {words}"
    assert (None if isnan(found.input) else found.input) == measured
    assert (None if isnan(found.limit) else found.limit) == limit


def test_the_figures_of_every_limit_are_shown_for_an_order_that_passes() -> None:
    """Each comparison of numbers that has an order; equalities are no limits."""
    text = 'order.volume > 5 or abs(position.net) >= 9 or order.volume == 4 or order.type == "fok"'
    context = FakeRiskContext(held={("main", SYMBOL): FakeHolding(short=7)})
    measure = bound(context, text).measure
    assert measure is not None

    assert [(each.subject, each.value, each.limit) for each in measure(order_request())] == [
        ("order.volume > 5", 1, 5),
        ("abs(position.net) >= 9", 7, 9),
    ]


def test_the_same_order_is_judged_by_what_is_so_now() -> None:
    """Holdings, money and prices are live, not as they were when it was first looked at."""
    context = FakeRiskContext(ticks={SYMBOL: tick()})
    check = bound(context, "position.long > 5 or market.last > 200 or account.margin > 9").check
    request = order_request()
    holding, funds = context.holding("main", SYMBOL), context.funds("main")
    verdicts = []
    for long, price, margin in (
        (5, 200.0, 9.0),
        (6, 200.0, 9.0),
        (5, 200.0, 9.0),
        (5, 201.0, 9.0),
        (5, 200.0, 9.0),
        (5, 200.0, 9.5),
    ):
        holding.long, funds.margin = long, margin
        context.ticks[SYMBOL] = tick(price=price)
        verdicts.append(check(request) is not None)

    assert verdicts == [False, True, False, True, False, True]


def test_new_terms_of_a_contract_hold_from_the_new_day() -> None:
    """The exchange changed the margin overnight."""
    contracts = dict(INSTRUMENTS)
    context = FakeRiskContext(contracts=contracts)
    rule = bound(context, "contract.size > 10")
    request = order_request()
    assert rule.on_day is not None
    assert rule.check(request) is None
    contracts[SYMBOL] = evolve(INSTRUMENTS[SYMBOL], multiplier=11)
    rule.on_day(20250107)

    assert rule.check(request) is not None


def test_an_order_that_cannot_be_looked_up_does_not_leave_the_one_before_in_its_place() -> None:
    """The engine takes what is raised for a no; the next order is judged by itself."""
    rule = bound(FakeRiskContext(), "contract.size >= 300")
    assert rule.check(order_request(symbol=OTHER)) is not None
    unknown = order_request(symbol="zz9999.TEST")
    for _ in range(2):
        with pytest.raises(LookupError):
            rule.check(unknown)

    assert rule.check(order_request()) is None


@pytest.mark.parametrize(
    ("zone", "passes"), [("Asia/Shanghai", True), ("UTC", False), ("Asia/Tokyo", True)]
)
def test_the_time_is_that_of_the_rule_s_zone(zone: str, *, passes: bool) -> None:
    """At 09:00 in Shanghai it is 01:00 in UTC and 10:00 in Tokyo."""
    context = FakeRiskContext(clock=FakeClock(START_NS))
    rule = bound(context, "time.of_day < 08:00", timezone=zone)

    assert (rule.check(order_request()) is None) is passes


@pytest.mark.parametrize("zone", ["Mars", "", "../../etc/passwd", "/etc/localtime", "America"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    """Also one that would look elsewhere in the file system."""
    with pytest.raises(ConfigError, match="is no time zone that is known here"):
        bound(FakeRiskContext(), "time.of_day < 08:00", timezone=zone)


def test_two_accounts_are_judged_each_by_its_own_money() -> None:
    """One frame serves both."""
    context = FakeRiskContext(
        names=("main", "second"), money={"main": FakeFunds(equity=1.0), "second": FakeFunds()}
    )
    check = bound(context, "account.equity < 0.5").check

    def verdicts(*requests: OrderRequest) -> list[bool]:
        return [check(each) is not None for each in requests]

    first, second = order_request(), order_request(Direction.SHORT, account="second")
    assert verdicts(first, second, first, second) == [False, True, False, True]


def watched(text: str, **keys: Any) -> list[tuple[str, float, float]] | None:
    """Return what the meters of a rule say in a house of two accounts."""
    context = FakeRiskContext(
        names=("main", "second"),
        money={
            "main": FakeFunds(equity=1000.0, margin=400.0, day_pnl=-30.0, drawdown=50.0),
            "second": FakeFunds(equity=0.0, day_pnl=7.0),
        },
    )
    meters = bound(context, text, **keys).meters
    return None if meters is None else [(m.subject, m.value, m.limit) for m in meters()]


def test_a_rule_about_accounts_is_watched_in_each_of_them() -> None:
    """Its warnings come before its limit, and without any order; a loss counts upwards."""
    text = "account.drawdown > 80 or account.day_pnl < -60"

    assert watched(text) == [
        ("main account.drawdown > 80", 50.0, 80),
        ("main account.day_pnl < -60", 30.0, 60),
        ("second account.drawdown > 80", 0.0, 80),
        ("second account.day_pnl < -60", -7.0, 60),
    ]
    assert watched(text, applies_to={"accounts": ["second"]}) == [
        ("second account.drawdown > 80", 0.0, 80),
        ("second account.day_pnl < -60", -7.0, 60),
    ]


def test_a_limit_that_moves_is_watched_as_it_stands() -> None:
    """A tenth of an equity of 1,000; none where the limit is not above 0."""
    assert watched("account.drawdown >= account.equity / 10") == [
        ("main account.drawdown >= account.equity / 10", 50.0, 100.0)
    ]


def test_a_figure_that_cannot_be_reckoned_is_watched_as_unknown() -> None:
    """Without equity there is no share of it."""
    found = watched("account.margin / account.equity > 0.5")
    assert found is not None

    assert found[0] == ("main account.margin / account.equity > 0.5", 0.4, 0.5)
    assert isnan(found[1][1])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("order.volume > 3", {}),
        ("account.drawdown > 80 and order.volume > 3", {}),
        ("account.drawdown > order.value", {}),
        ("not account.drawdown <= 80", {}),
        ("account.drawdown == 80", {}),
        # A meter rises towards a limit above 0, and an equity falls towards its floor.
        ("account.equity < 500", {}),
        ("account.drawdown > 80", {"applies_to": {"products": ["aa"]}}),
    ],
)
def test_what_depends_on_an_order_or_has_no_such_limit_is_not_watched(
    text: str, keys: dict[str, Any]
) -> None:
    """There would be nothing to measure."""
    assert watched(text, **keys) is None
