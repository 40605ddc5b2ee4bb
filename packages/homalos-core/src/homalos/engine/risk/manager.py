"""The checks that every order passes: bound when the engine is built, walked as a tuple."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import nan
from typing import Literal, TypeVar

from attrs import frozen

from homalos.model import CancelRequest, Offset, OrderRequest, Rejection
from homalos.plugins.ports import Meter, Refusal, RiskCheck

__all__ = ["BoundRule", "RiskManager", "RuleVerdict", "by_offset"]

_T = TypeVar("_T")
_Refused = tuple["BoundRule", Refusal]


@frozen
class BoundRule:
    """A rule as it runs: its name, its place in the order, and what it is asked and told.

    Attributes:
        spec: The name under which the settings have it; "" where it is `name`.
        kind: Whether a refusal also holds for an order that only reduces.
        peek: As `check`, leaving no trace; `None` where `check` leaves none.
        measure: What its limits would come to with an order.
        meters: What is to be watched.
        drifts: Whether that moves between fills.
        nearest: The largest share of its limit among what is to be watched.
        on_cancel: Told of cancels.
        on_day: Told of trading days.
    """

    name: str
    order: int
    check: RiskCheck
    spec: str = ""
    kind: Literal["exposure", "validity"] = "exposure"
    peek: RiskCheck | None = None
    measure: Callable[[OrderRequest], Iterable[Meter]] | None = None
    meters: Callable[[], Iterable[Meter]] | None = None
    drifts: bool = True
    nearest: Callable[[], float] | None = None
    on_cancel: Callable[[CancelRequest], None] | None = None
    on_day: Callable[[int], None] | None = None


@frozen(kw_only=True)
class RuleVerdict:
    """What one rule says of an order that is not sent.

    Attributes:
        rule: Its name.
        kind: `exposure` or `validity`.
        is_refused: Whether the order may not go because of it.
        is_waived: Whether it says no, and the order goes all the same: it only reduces.
        message: Its words, where it says no.
        input: What was measured; nan where it says yes.
        limit: What is allowed; nan where it says yes.
        measures: What each of its limits would come to, where it can say so.
    """

    rule: str
    kind: str
    is_refused: bool
    is_waived: bool
    message: str
    input: float
    limit: float
    measures: tuple[Meter, ...]


def by_offset(request: OrderRequest) -> bool:
    """Say that an order reduces where its offset closes."""
    return request.offset is not Offset.OPEN and request.offset is not Offset.NONE


def _unheard(name: str, what: str) -> None:
    """Let a rule's fault go unheard."""


class RiskManager:
    """Asks every rule about every order. Engine thread.

    An order that every rule of validity lets pass, and that can only make a position
    smaller, goes whatever rules of exposure say, also where one of them is broken.

    Attributes:
        refused: Orders kept so far.
        failures: How often each rule raised, by name.
        told_of_cancels: Each is told of every cancel that leaves; none of them raises.
        on_bound: Called when other rules are bound.
        fault: Told of a rule that raises, the first time of each.
    """

    def __init__(self, is_reducing: Callable[[OrderRequest], bool] = by_offset) -> None:
        """Take what says of an order whether it can only make a position smaller."""
        self.refused = 0
        self.failures: Counter[str] = Counter()
        self.told_of_cancels: tuple[Callable[[CancelRequest], None], ...] = ()
        self.on_bound: Callable[[], None] = lambda: None
        self.fault: Callable[[str, str], None] = _unheard
        self._is_reducing = is_reducing
        self._asked = 0
        self._before = 0  # rules asked under earlier bindings
        self._guard: tuple[BoundRule, ...] = ()
        self._rules: tuple[BoundRule, ...] = ()
        self._checks: tuple[tuple[BoundRule, RiskCheck], ...] = ()

    # -- binding ---------------------------------------------------------------

    def bind(self, rules: Sequence[BoundRule]) -> None:
        """Take the rules; they are asked by rising order, ties by the settings' names."""
        self._rules = tuple(sorted(rules, key=lambda rule: (rule.order, rule.spec or rule.name)))
        self._rebind()
        self.told_of_cancels = tuple(
            self._fenced(rule.name, rule.on_cancel) for rule in self._rules if rule.on_cancel
        )
        self.on_bound()

    def replace(self, changed: Mapping[str, Sequence[BoundRule]]) -> None:
        """Put other rules in the place of those that the settings have under the same names."""
        kept = [rule for rule in self._rules if (rule.spec or rule.name) not in changed]
        self.bind([*kept, *(rule for rules in changed.values() for rule in rules)])

    def guard(self, rule: BoundRule | None) -> None:
        """Have one more rule asked, before all others; `None` takes it away."""
        self._guard = () if rule is None else (rule,)
        self._rebind()

    @property
    def evaluated(self) -> int:
        """Return how many rules were asked so far."""
        return self._before + self._asked * len(self._checks)

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the names of the rules, in the order in which they are asked."""
        return tuple(rule.name for rule in self._rules)

    @property
    def bound(self) -> tuple[BoundRule, ...]:
        """Return the rules, in the order in which they are asked."""
        return self._rules

    # -- asking ----------------------------------------------------------------

    def check(self, request: OrderRequest) -> tuple[Rejection, ...]:
        """Return a rejection for every rule that refuses; empty when the order may go.

        A rule that raises refuses: an order nobody could judge does not leave.
        """
        self._asked += 1
        refused: tuple[_Refused, ...] = ()
        for rule, check in self._checks:
            try:
                refusal = check(request)
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                refusal = self.failed(rule.name, error)
            if refusal is not None:
                refused = (*refused, (rule, refusal))
        if refused:
            return self._kept(refused, request)
        return ()

    def explain(self, request: OrderRequest) -> tuple[RuleVerdict, ...]:
        """Return what every rule says of an order, without a trace in any of them."""
        refusals = [self._peeked(rule, request) for rule, _ in self._checks]
        goes = any(refusals) and self._is_reducing(request)
        return tuple(
            self._verdict(rule, refusal, request, waives=goes and rule.kind == "exposure")
            for (rule, _), refusal in zip(self._checks, refusals, strict=True)
        )

    def begin(self, day: int) -> None:
        """Tell the rules of a new trading day, yyyymmdd."""
        for rule in self._rules:
            if rule.on_day is not None:
                self._fenced(rule.name, rule.on_day)(day)

    # -- inside ----------------------------------------------------------------

    def _rebind(self) -> None:
        self._before, self._asked = self.evaluated, 0
        self._checks = tuple((rule, rule.check) for rule in (*self._guard, *self._rules))

    def _kept(self, refused: tuple[_Refused, ...], request: OrderRequest) -> tuple[Rejection, ...]:
        if any(rule.kind == "exposure" for rule, _ in refused) and self._is_reducing(request):
            refused = tuple(each for each in refused if each[0].kind == "validity")
        if refused:
            self.refused += 1
        return tuple(
            Rejection(rule.name, no.message, request, request.ts_ns, no.input, no.limit)
            for rule, no in refused
        )

    def failed(self, rule: str, error: Exception) -> Refusal:
        """Count what a rule raised, and tell of it the first time; return it as a no."""
        self.failures[rule] += 1
        if self.failures[rule] == 1:
            self.fault(f"risk.{rule}", f"the rule itself failed: {error!r}")
        return Refusal(f"the rule itself failed: {error!r}", nan, nan)

    def _peeked(self, rule: BoundRule, request: OrderRequest) -> Refusal | None:
        try:
            return (rule.peek or rule.check)(request)
        except Exception as error:  # noqa: BLE001  the bus fence: the asker is told
            return Refusal(f"the rule itself failed: {error!r}", nan, nan)

    def _verdict(
        self, rule: BoundRule, no: Refusal | None, request: OrderRequest, *, waives: bool
    ) -> RuleVerdict:
        measures: tuple[Meter, ...] = ()
        if rule.measure is not None:
            try:
                measures = tuple(rule.measure(request))
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                self.failed(rule.name, error)
        return RuleVerdict(
            rule=rule.name,
            kind=rule.kind,
            is_refused=no is not None and not waives,
            is_waived=no is not None and waives,
            message=no.message if no else "",
            input=no.input if no else nan,
            limit=no.limit if no else nan,
            measures=measures,
        )

    def _fenced(self, rule: str, told: Callable[[_T], None]) -> Callable[[_T], None]:
        """Wrap what a rule is told, so that its faults stop nobody."""

        def tell(what: _T) -> None:
            try:
                told(what)
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                self.failed(rule, error)

        return tell
