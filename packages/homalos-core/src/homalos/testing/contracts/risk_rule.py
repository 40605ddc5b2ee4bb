"""What every risk rule must do."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from math import inf, isclose, isfinite, nan
from typing import Any, cast

import attrs
from attrs import Factory, frozen
from msgspec.structs import replace

from homalos.errors import ConfigError
from homalos.model import Direction, Offset, OrderRequest, OrderType
from homalos.plugins.ports import Refusal, RiskCheck, RiskRule
from homalos.plugins.specs import RiskRuleSpec
from homalos.testing.contracts.requirement import Requirement, expect, options_of, requirement
from homalos.testing.houses import FakeRiskContext
from homalos.testing.records import same, tick

__all__ = ["RISK_RULE", "RiskRuleSubject"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_GENEROUS_S = 0.005


@frozen(kw_only=True)
class RiskRuleSubject:
    """A risk rule under test, with an order that it refuses and one that it lets pass.

    Attributes:
        spec: What the plugin offers.
        refused: An order that the rule refuses, given `context`.
        passed: An order that it lets pass.
        context: Makes what the rule sees: holdings, funds, prices.
        options: As they would stand in the settings.
        before: How often `passed` is asked before `refused` is, for a rule that counts.
        refuses_reducing: False for a rule of exposure, which never refuses an order that
            can only make a position smaller.
        wrong_options: Options that the rule's class must refuse; `None` where it has none.
    """

    spec: RiskRuleSpec
    refused: OrderRequest
    passed: OrderRequest
    context: Callable[[], FakeRiskContext] = FakeRiskContext
    options: Mapping[str, Any] = Factory(dict)
    before: int = 0
    refuses_reducing: bool = True
    wrong_options: Mapping[str, Any] | None = None


def _bound(subject: RiskRuleSubject, context: FakeRiskContext) -> RiskCheck:
    return _made(subject, context).check


def _made(subject: RiskRuleSubject, context: FakeRiskContext) -> RiskRule:
    made: object = subject.spec.factory(context, options_of(subject.spec, subject.options))
    if isinstance(made, Mapping):
        expect(len(made) == 1, f"the options make {len(made)} rules; a subject is one of them")
        made = next(iter(made.values()))
    expect(made is not None, "the options leave nothing to check; a subject's must")
    if isinstance(made, RiskRule):
        return made
    expect(callable(made), f"the factory made {made!r}; expected a check or a RiskRule")
    return RiskRule(check=cast("RiskCheck", made))


def _refusal(subject: RiskRuleSubject) -> Refusal | None:
    check = _bound(subject, subject.context())
    for _ in range(subject.before):
        check(subject.passed)
    return check(subject.refused)


def _expect_verdict(subject: RiskRuleSubject, context: FakeRiskContext, what: str) -> None:
    # Whether such an order passes is the rule's to say; that it says so is not.
    check = _bound(subject, context)
    for request in (subject.passed, subject.refused):
        for offset in (Offset.OPEN, Offset.CLOSE):
            for kind, price in ((OrderType.LIMIT, request.price), (OrderType.MARKET, nan)):
                order = replace(request, offset=offset, type=kind, price=price)
                found: object = check(order)
                expect(
                    found is None or isinstance(found, Refusal),
                    f"with {what} the verdict is {found!r}; expected None or a Refusal",
                )


# -- verdicts ----------------------------------------------------------------------


@requirement
def what_it_allows_passes(subject: RiskRuleSubject) -> None:
    """Anything but `None` keeps the order back."""
    found: object = _bound(subject, subject.context())(subject.passed)
    expect(found is None, f"an order that it allows got {found!r}; expected None")


@requirement
def what_it_forbids_is_refused(subject: RiskRuleSubject) -> None:
    """A rule that never says no is worse than none: somebody relies on it."""
    found: object = _refusal(subject)
    expect(isinstance(found, Refusal), f"an order to be refused got {found!r}; expected a Refusal")


@requirement
def a_refusal_is_one_sentence_with_two_numbers(subject: RiskRuleSubject) -> None:
    """The trader reads it beside the order, the journal keeps both figures."""
    found = _refusal(subject)
    if found is None:
        return
    expect(
        len(found.message.split()) > 3 and "\n" not in found.message,
        f"the message is {found.message!r}; expected one line that says what is allowed",
    )
    figures: tuple[tuple[str, object], ...] = (("input", found.input), ("limit", found.limit))
    for name, number in figures:
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        expect(is_number, f"`{name}` is {number!r}; expected a number, nan where there is none")


@requirement
def a_refusal_names_the_limit(subject: RiskRuleSubject) -> None:
    """Who is refused must see how far to go."""
    found = _refusal(subject)
    if found is None or not isfinite(found.limit):
        return
    numbers = [float(each) for each in _NUMBER.findall(found.message)]
    limit = found.limit
    named = any(isclose(abs(limit), abs(n), rel_tol=1e-6, abs_tol=0.006) for n in numbers)
    expect(named, f"{found.message!r} does not name the limit {limit:g}")


@requirement
def the_same_state_brings_the_same_verdicts(subject: RiskRuleSubject) -> None:
    """A backtest that is run twice must take the same decisions."""
    first, second = _verdicts(subject), _verdicts(subject)
    told = [[_figures(each) for each in day] for day in (first, second)]
    expect(same(*told), f"two equal days brought {first}, then {second}")


@requirement
def two_engines_share_nothing(subject: RiskRuleSubject) -> None:
    """A backtest in the same process must not use up what a live engine may send."""
    for _ in range(subject.before + 1):
        _verdicts(subject)
    what_it_allows_passes.body(subject)


@requirement
def it_changes_nothing_that_it_sees(subject: RiskRuleSubject) -> None:
    """The request is journaled and sent as it was checked; holdings are the engine's."""
    context = subject.context()
    check = _bound(subject, context)
    for request in (subject.passed, subject.refused):
        for _ in range(2):
            check(request)  # what it asks for is made now
        before = deepcopy((request, context.held, context.money, context.prices))
        check(request)
        after = (request, context.held, context.money, context.prices)
        expect(_equal(before, after), f"the check changed {before} to {after}")


@requirement
def it_is_quick(subject: RiskRuleSubject) -> None:
    """Every order of every strategy waits for it: no file, no network, no search."""
    check = _bound(subject, subject.context())
    spent = []
    for _ in range(20):
        begun = time.perf_counter()
        check(subject.passed)
        spent.append(time.perf_counter() - begun)
    # The quickest: a busy machine may hold up any one of them.
    expect(min(spent) < _GENEROUS_S, f"it takes {min(spent) * 1000:.1f} ms; expected far below 1")


# -- the way out -------------------------------------------------------------------


@requirement
def an_order_that_reduces_passes(subject: RiskRuleSubject) -> None:
    """A limit that also bars the way out keeps the trader in what it warns of."""
    if subject.refuses_reducing:
        return
    context = subject.context()
    asked = subject.refused
    holding = context.holding(asked.account, asked.symbol)
    if asked.direction is Direction.LONG:
        holding.short = asked.volume
    else:
        holding.long = asked.volume
    check = _bound(subject, context)
    for offset in (Offset.CLOSE, Offset.NONE):
        found = check(replace(asked, offset=offset))
        expect(found is None, f"an order {offset} that only reduces got {found!r}; expected None")


# -- bad days ----------------------------------------------------------------------


@requirement
def unknown_prices_are_survived(subject: RiskRuleSubject) -> None:
    """Before the first tick nothing is known; a rule that raises refuses everything."""
    context = subject.context()
    context.prices.clear()
    context.ticks.clear()
    _expect_verdict(subject, context, "no price known")


@requirement
def an_empty_book_is_survived(subject: RiskRuleSubject) -> None:
    """At the limit of the day one side is empty, and its price nan."""
    context = subject.context()
    symbol = subject.refused.symbol
    context.ticks[symbol] = tick(
        symbol, nan, bid_price_1=nan, bid_volume_1=0, ask_price_1=nan, ask_volume_1=0
    )
    context.prices[symbol] = nan
    _expect_verdict(subject, context, "an empty book")


@requirement
def an_empty_account_is_survived(subject: RiskRuleSubject) -> None:
    """A new account has neither funds nor holdings."""
    context = subject.context()
    context.held.clear()
    context.money.clear()
    _expect_verdict(subject, context, "an empty account")


@requirement
def absurd_orders_are_survived(subject: RiskRuleSubject) -> None:
    """A slip of the finger is what rules are there for."""
    check = _bound(subject, subject.context())
    for price in (0.0, -5.0, 1e18, inf, nan):
        for volume in (0, -1, 10**12):
            found: object = check(replace(subject.passed, price=price, volume=volume))
            expect(
                found is None or isinstance(found, Refusal),
                f"{volume} lots at {price} got {found!r}; expected None or a Refusal",
            )


# -- options -----------------------------------------------------------------------


@requirement
def it_stands_without_options(subject: RiskRuleSubject) -> None:
    """A rule holds as soon as its plugin is installed, with the defaults."""
    expect(attrs.has(subject.spec.config), f"{subject.spec.config} is no attrs class")
    subject.spec.factory(subject.context(), options_of(subject.spec, {}))


@requirement
def wrong_options_are_refused(subject: RiskRuleSubject) -> None:
    """A limit below 0, or of the wrong kind, would silently not hold."""
    if subject.wrong_options is None:
        return
    try:
        found = options_of(subject.spec, subject.wrong_options)
    except ConfigError:
        return
    expect(met=False, what=f"{dict(subject.wrong_options)} was read as {found}")


def _verdicts(subject: RiskRuleSubject) -> list[Refusal | None]:
    check = _bound(subject, subject.context())
    asked = [subject.passed] * (subject.before + 1) + [subject.refused, subject.passed]
    return [check(request) for request in asked]


def _figures(verdict: object) -> tuple[object, ...]:
    if isinstance(verdict, Refusal):
        return verdict.message, verdict.input, verdict.limit
    return (verdict,)


def _equal(before: Any, after: Any) -> bool:
    return same(before[0], after[0]) and before[1:] == after[1:]


RISK_RULE: tuple[Requirement[RiskRuleSubject], ...] = (
    what_it_allows_passes,
    what_it_forbids_is_refused,
    a_refusal_is_one_sentence_with_two_numbers,
    a_refusal_names_the_limit,
    the_same_state_brings_the_same_verdicts,
    two_engines_share_nothing,
    it_changes_nothing_that_it_sees,
    it_is_quick,
    an_order_that_reduces_passes,
    unknown_prices_are_survived,
    an_empty_book_is_survived,
    an_empty_account_is_survived,
    absurd_orders_are_survived,
    it_stands_without_options,
    wrong_options_are_refused,
)
