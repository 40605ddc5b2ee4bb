"""What a risk rule must do beside checking orders: be explained, measured and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf, isfinite, isnan, nan

from msgspec.structs import replace

from homalos.model import CancelRequest, OrderRequest
from homalos.plugins.ports import Meter, Refusal, RiskCheck
from homalos.testing.contracts.requirement import Requirement, expect, requirement
from homalos.testing.contracts.risk_rule_subject import RiskRuleSubject, figures, made, verdicts
from homalos.testing.records import same

__all__ = ["RISK_RULE_FIGURES"]

_KINDS = ("exposure", "validity")


@requirement
def the_kind_is_one_of_two(subject: RiskRuleSubject) -> None:
    """By it the engine knows whether the way out stays open."""
    kind: str = subject.spec.kind
    expect(kind in _KINDS, f"the kind is {kind!r}; expected one of {', '.join(_KINDS)}")


@requirement
def explaining_leaves_no_trace(subject: RiskRuleSubject) -> None:
    """Who asks what would be must not use up what may be sent, nor turn a switch."""
    plain = verdicts(subject, made(subject, subject.context()).check)
    context = subject.context()
    rule = made(subject, context)
    peek = rule.peek or rule.check
    before = dict(context.switches)

    def asked(request: OrderRequest) -> None:
        for each in (request, subject.refused, subject.passed):
            for _ in range(subject.before + 2):
                peek(each)
            if rule.measure is not None:
                list(rule.measure(each))

    asked(replace(subject.passed, order_id="peeked"))
    expect(context.switches == before, f"it turned {context.switches} where nothing was sent")
    looked = verdicts(subject, _between(rule.check, asked))
    told = [[figures(each) for each in day] for day in (plain, looked)]
    expect(same(*told), f"without a look the verdicts are {plain}, with one {looked}")


@requirement
def explaining_says_what_checking_would(subject: RiskRuleSubject) -> None:
    """An answer that the order then belies is worse than none."""
    rule = made(subject, subject.context())
    if rule.peek is None:
        return
    peek, check = rule.peek, rule.check
    for request in [subject.passed] * (subject.before + 1) + [subject.refused, subject.passed]:
        would = peek(request)
        did = check(request)
        expect(
            same(list(figures(would)), list(figures(did))),
            f"`peek` said {would}, and `check` at the same moment {did}",
        )


@requirement
def what_it_measures_can_be_watched(subject: RiskRuleSubject) -> None:
    """Warnings come by these figures, fraction by fraction of the limit."""
    rule = made(subject, subject.context())
    for request in [subject.passed] * subject.before:
        rule.check(request)
    if rule.meters is not None:
        _expect_sane("meters", rule.meters)
    if rule.measure is not None:
        measure = rule.measure
        for request in (subject.passed, subject.refused):
            _expect_sane("measure", partial(measure, request))


@requirement
def meters_survive_bad_days(subject: RiskRuleSubject) -> None:
    """They are asked on every fill, whether a price is known or not."""
    context = subject.context()
    context.prices.clear()
    context.ticks.clear()
    context.held.clear()
    context.money.clear()
    rule = made(subject, context)
    if rule.meters is not None:
        _expect_sane("meters", rule.meters)
    if rule.measure is not None:
        absurd = (replace(subject.passed, price=price, volume=10**12) for price in (nan, inf, -5.0))
        for request in absurd:
            list(rule.measure(request))


@requirement
def the_nearest_is_no_less_than_any(subject: RiskRuleSubject) -> None:
    """What it leaves out is warned of by nobody: below every level the meters are not asked."""
    rule = made(subject, subject.context())
    if rule.nearest is None or rule.meters is None:
        return
    for _ in range(subject.before + 2):
        said = rule.nearest()
        for each in rule.meters():
            share = each.value / each.limit if each.limit > 0 else nan
            expect(
                not share > said,
                f"`nearest` said {said:g}, and {each.subject} is at {each.value:g} of "
                f"{each.limit:g}; it may say more than the nearest of them, never less",
            )
        rule.check(subject.passed)


@requirement
def days_and_cancels_are_taken(subject: RiskRuleSubject) -> None:
    """They come whether or not there was an order before."""
    context = subject.context()
    rule = made(subject, context)
    one = subject.passed
    cancel = CancelRequest("1-1", one.symbol, one.strategy, one.account, one.gateway, one.ts_ns)
    for _ in range(2):
        if rule.on_cancel is not None:
            rule.on_cancel(cancel)
        if rule.on_day is not None:
            rule.on_day(context.day)
        rule.check(one)


def _between(check: RiskCheck, asked: Callable[[OrderRequest], None]) -> RiskCheck:
    """Return a check that looks before every order what it would come to."""

    def checked(request: OrderRequest) -> Refusal | None:
        asked(request)
        return check(request)

    return checked


def _expect_sane(what: str, measured: Callable[[], Iterable[Meter]]) -> None:
    found, again = list(measured()), list(measured())
    subjects = []
    for each in found:
        expect(isinstance(each, Meter), f"`{what}` gave {each!r}; expected a Meter")
        subject = each.subject
        expect(
            subject.strip() == subject != "" and "\n" not in subject,
            f"`{what}`: the subject is {subject!r}; expected words on one line",
        )
        expect(
            isfinite(each.value) or isnan(each.value),
            f"`{what}`: {subject} measured {each.value!r}; expected a number, nan where unknown",
        )
        expect(
            each.limit >= 0 or isnan(each.limit),
            f"`{what}`: the limit of {subject} is {each.limit!r}; expected one >= 0, or nan",
        )
        subjects.append(subject)
    expect(
        len(set(subjects)) == len(subjects),
        f"`{what}` names a subject twice: {subjects}; each has warnings of its own",
    )
    told = [[(each.subject, each.value, each.limit) for each in day] for day in (found, again)]
    expect(same(*told), f"`{what}` asked twice gave {found}, then {again}")


RISK_RULE_FIGURES: tuple[Requirement[RiskRuleSubject], ...] = (
    the_kind_is_one_of_two,
    explaining_leaves_no_trace,
    explaining_says_what_checking_would,
    what_it_measures_can_be_watched,
    meters_survive_bad_days,
    the_nearest_is_no_less_than_any,
    days_and_cancels_are_taken,
)
