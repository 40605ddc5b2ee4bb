"""A rule that does everything right passes; each way to get one thing wrong is found by name."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import nan
from typing import Any

import pytest
from attrs import field, frozen
from attrs.validators import ge
from msgspec.structs import force_setattr

from homalos.model import CancelRequest, OrderRequest, OrderType, TradingState
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos.testing import SYMBOL, FakeFunds, FakeHolding, FakeRiskContext, order_request, tick
from homalos.testing.contracts import RISK_RULE, Requirement, RiskRuleSubject, verify


@frozen(kw_only=True)
class Options:
    """What the rules here are given."""

    max_lots: int = field(default=10, validator=ge(0))


@frozen(kw_only=True)
class Loose:
    """Options that nobody checks."""

    max_lots: int = 10


@frozen(kw_only=True)
class Needed:
    """Options without a default."""

    max_lots: int


class Rule:
    """A small rule of exposure that does everything right: lots held and asked for."""

    config: type = Options
    kind: Any = "exposure"

    @classmethod
    def make(cls, context: Any, options: Any) -> Any:
        """Make what the factory returns."""
        return cls(context, options)

    def __init__(self, context: FakeRiskContext, options: Any) -> None:
        """Bind it."""
        self.context = context
        self.limit = options.max_lots

    def __call__(self, request: OrderRequest) -> Any:
        """Check an order."""
        held = self.context.holding(request.account, request.symbol)
        lots = held.long + request.volume
        if lots <= self.limit or self.is_reducing(request):
            return None
        return self.refusal(lots)

    def is_reducing(self, request: OrderRequest) -> bool:
        """Say whether an order is the way out."""
        return self.context.is_reducing(request)

    def refusal(self, lots: int) -> Any:
        """Say no."""
        return Refusal(f"{lots} lots; at most {self.limit} are allowed", lots, self.limit)


class No(Rule):
    """Says `False` for yes."""

    def __call__(self, request: OrderRequest) -> Any:
        """Return what is not `None`."""
        found = super().__call__(request)
        return False if found is None and request == PASSED else found


class Never(Rule):
    """Lets everything pass."""

    def __call__(self, request: OrderRequest) -> Any:
        """Say yes."""
        del request


class Wordless(Rule):
    """Says no more than no."""

    def refusal(self, lots: int) -> Any:
        """Leave out what is allowed."""
        return Refusal("no", lots, nan)


class Vague(Rule):
    """Does not name the limit."""

    def refusal(self, lots: int) -> Any:
        """Say that it is too much."""
        return Refusal(f"{lots} lots are more than is allowed here", lots, self.limit)


class Moody(Rule):
    """Remembers the orders of all engines, and refuses otherwise by their number."""

    asked = 0

    def refusal(self, lots: int) -> Any:
        """Count."""
        Moody.asked += 1
        return Refusal(f"{lots} lots; at most {self.limit} are allowed", Moody.asked, self.limit)


class Shared(Rule):
    """Counts the orders of all engines together."""

    passed = 0

    def __call__(self, request: OrderRequest) -> Any:
        """Use up what another engine may send."""
        if request == PASSED:
            Shared.passed += 1
            if Shared.passed > 5:
                return Refusal("5 orders passed; 5 are allowed", 6, 5)
        return super().__call__(request)


class Meddling(Rule):
    """Makes an order smaller, so that it passes."""

    def __call__(self, request: OrderRequest) -> Any:
        """Change what it was given, the third time."""
        self.times = getattr(self, "times", 0) + 1
        if self.times == 3:
            force_setattr(request, "reference", "seen")
        return super().__call__(request)


class Slow(Rule):
    """Looks something up."""

    def __call__(self, request: OrderRequest) -> Any:
        """Wait for it."""
        threading.Event().wait(0.006)
        return super().__call__(request)


class Trap(Rule):
    """Bars the way out, and calls itself one of validity."""

    kind = "validity"

    def is_reducing(self, request: OrderRequest) -> bool:
        """Not ask."""
        del request
        return False


class Priced(Rule):
    """Needs a tick."""

    def __call__(self, request: OrderRequest) -> Any:
        """Look at it, whether it is there or not."""
        self.context.ticks[request.symbol].bid_price_1  # noqa: B018  what is wrong
        return super().__call__(request)


class Whole(Rule):
    """Counts the spread in whole ticks."""

    def __call__(self, request: OrderRequest) -> Any:
        """Make an int of what may be nan."""
        seen = self.context.last_tick(request.symbol)
        if seen is not None:
            int(seen.ask_price_1 - seen.bid_price_1)
        return super().__call__(request)


class Rich(Rule):
    """Needs funds."""

    def __call__(self, request: OrderRequest) -> Any:
        """Divide by them."""
        request.volume / self.context.available(request.account)
        return super().__call__(request)


class Sane(Rule):
    """Expects sense."""

    def __call__(self, request: OrderRequest) -> Any:
        """Put a price on the grid that may be infinite."""
        if request.type is OrderType.LIMIT:
            self.context.instrument(request.symbol).snap(request.price)
        return super().__call__(request)


class Demanding(Rule):
    """Cannot stand without options."""

    config = Needed

    def __init__(self, context: FakeRiskContext, options: Any) -> None:
        """Check them late."""
        super().__init__(context, options)
        if self.limit < 0:
            raise ValueError(self.limit)


class Believing(Rule):
    """Takes any options."""

    config = Loose


class Kindless(Rule):
    """Is neither of the two kinds."""

    kind = "both"


class Counting(Rule):
    """Counts what it is asked, also where nothing is sent."""

    asked = 0

    def refusal(self, lots: int) -> Any:
        """Say how often it was asked."""
        self.asked += 1
        return Refusal(f"{lots} lots; at most {self.limit} are allowed", self.asked, self.limit)


class Turning(Rule):
    """Turns a switch where it refuses, also where nothing is sent."""

    def refusal(self, lots: int) -> Any:
        """Turn it."""
        self.context.turn("engine", "", TradingState.HALTED, "enough")
        return super().refusal(lots)


class Fair(Rule):
    """Does everything right that a rule may do beside checking."""

    @classmethod
    def make(cls, context: Any, options: Any) -> Any:
        """Return all of it."""
        rule = cls(context, options)
        return RiskRule(
            check=rule,
            peek=rule.peek,
            measure=rule.measure,
            meters=rule.meters,
            nearest=rule.nearest,
            on_cancel=rule.on_cancel,
            on_day=rule.on_day,
        )

    def peek(self, request: OrderRequest) -> Any:
        """Say what `check` would."""
        return self(request)

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        """Measure an order."""
        held = self.context.holding(request.account, request.symbol)
        yield Meter(subject="main long", value=held.long + request.volume, limit=self.limit)

    def meters(self) -> Iterator[Meter]:
        """Measure what is held."""
        held = self.context.holding("main", SYMBOL)
        yield Meter(subject="main long", value=held.long, limit=self.limit)

    def nearest(self) -> float:
        """Say how near the limit that is."""
        return max(meter.value / meter.limit for meter in self.meters())

    def on_cancel(self, request: CancelRequest) -> None:
        """Hear of a cancel."""

    def on_day(self, day: int) -> None:
        """Hear of a day."""


class Lying(Fair):
    """Explains what it does not do."""

    def peek(self, request: OrderRequest) -> Any:
        """Say yes."""
        del request


class Nameless(Fair):
    """Measures nobody knows what."""

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        """Leave the subject out."""
        yield Meter(subject="", value=request.volume, limit=self.limit)


class Double(Fair):
    """Names a subject twice."""

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        """Measure it again."""
        yield from super().measure(request)
        yield from super().measure(request)


class Negative(Fair):
    """Has a limit below 0."""

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        """Allow less than nothing."""
        yield Meter(subject="main", value=request.volume, limit=-1)


class Drifting(Fair):
    """Measures another figure each time."""

    seen = 0

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        """Count."""
        self.seen += 1
        yield Meter(subject="main", value=self.seen * request.volume, limit=self.limit)


class Fragile(Fair):
    """Measures what may not be there."""

    def meters(self) -> Iterator[Meter]:
        """Look at a tick, whether it is there or not."""
        price = self.context.ticks[SYMBOL].last_price
        yield Meter(subject="main", value=price, limit=self.limit)


class Soothing(Fair):
    """Says that nothing is near."""

    def nearest(self) -> float:
        """Leave out what is held."""
        return 0.0


class Sleepy(Fair):
    """Expects an order before a day."""

    def on_day(self, day: int) -> None:
        """Fail."""
        raise LookupError(day)


PASSED = order_request(volume=2)
REFUSED = order_request(volume=9)
BROKEN: dict[type[Rule], set[str]] = {
    # It is asked for the order that passes in all of these.
    No: {
        "what_it_allows_passes",
        "two_engines_share_nothing",
        "unknown_prices_are_survived",
        "an_empty_book_is_survived",
        "an_empty_account_is_survived",
    },
    Never: {"what_it_forbids_is_refused"},
    Wordless: {"a_refusal_is_one_sentence_with_two_numbers"},
    Vague: {"a_refusal_names_the_limit"},
    Moody: {"the_same_state_brings_the_same_verdicts", "explaining_leaves_no_trace"},
    Meddling: {"it_changes_nothing_that_it_sees"},
    Slow: {"it_is_quick"},
    Trap: {"an_order_that_reduces_passes"},
    Priced: {"unknown_prices_are_survived"},
    Whole: {"an_empty_book_is_survived"},
    Rich: {"an_empty_account_is_survived"},
    Sane: {"absurd_orders_are_survived"},
    Demanding: {"it_stands_without_options", "wrong_options_are_refused"},
    Believing: {"wrong_options_are_refused"},
    Kindless: {"the_kind_is_one_of_two"},
    Counting: {"explaining_leaves_no_trace"},
    Turning: {"explaining_leaves_no_trace"},
    Lying: {"explaining_says_what_checking_would"},
    Nameless: {"what_it_measures_can_be_watched"},
    Double: {"what_it_measures_can_be_watched"},
    Negative: {"what_it_measures_can_be_watched"},
    Drifting: {"what_it_measures_can_be_watched"},
    Fragile: {"meters_survive_bad_days"},
    Soothing: {"the_nearest_is_no_less_than_any"},
    Sleepy: {"days_and_cancels_are_taken"},
}


def account() -> FakeRiskContext:
    """Make an account that holds three lots."""
    return FakeRiskContext(
        held={("main", SYMBOL): FakeHolding(long=3)},
        money={"main": FakeFunds(available=1000.0)},
        prices={SYMBOL: 100.0},
        ticks={SYMBOL: tick()},
    )


def subject_of(kind: type[Rule]) -> RiskRuleSubject:
    """Make a subject of a rule."""
    return RiskRuleSubject(
        spec=RiskRuleSpec(name="test", factory=kind.make, config=kind.config, kind=kind.kind),
        passed=order_request(volume=2),
        refused=order_request(volume=9),
        context=account,
        options={"max_lots": 10},
        refuses_reducing=False,
        wrong_options={"max_lots": -1},
    )


def failures_of(kind: type[Rule]) -> set[str]:
    """Return the names of what a rule does not meet."""
    return {failure.name for failure in verify(RISK_RULE, lambda: subject_of(kind))}


@pytest.mark.parametrize("requirement", RISK_RULE, ids=str)
def test_a_rule_that_does_everything_right_passes(
    requirement: Requirement[RiskRuleSubject],
) -> None:
    """No requirement is beyond a small rule."""
    requirement.check(subject_of(Rule))
    requirement.check(subject_of(Fair))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_fault_is_found_by_its_name(kind: type[Rule]) -> None:
    """Who broke one thing is not sent looking for another."""
    assert failures_of(kind) == BROKEN[kind]


def test_state_that_engines_share_is_found() -> None:
    """Whichever requirement comes after the fifth order, the one that says why is among them."""
    Shared.passed = 0

    assert "two_engines_share_nothing" in failures_of(Shared)


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    assert set().union(*BROKEN.values()) == {each.name for each in RISK_RULE}
