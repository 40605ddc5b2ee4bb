"""Looks at what rules measure between orders, and warns before a limit is reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf, nan

from attrs import frozen

from homalos.bus import STRATEGY, Bus
from homalos.clock import EngineClock, Entry
from homalos.engine.risk.manager import BoundRule, RiskManager
from homalos.model import Alert, TradeData
from homalos.plugins.ports import Meter

__all__ = ["FALL_BACK", "Watch", "Watched"]

FALL_BACK = 0.05
"""How far below a level, as a share of the limit, a figure must fall for it to warn again."""

_NS = 1_000_000_000


@frozen(kw_only=True)
class Watched:
    """What one rule measured of one subject, last time it was looked at.

    Attributes:
        rule: The rule's name.
        subject: What was measured.
        value: What was found.
        limit: What is allowed.
        level: The highest share of the limit that was warned of and holds still; 0 for none.
        warnings: How often it was warned of on this trading day.
    """

    rule: str
    subject: str
    value: float
    limit: float
    level: float
    warnings: int


class _Mark:
    """Between which shares of its limit a subject may move without anything to be told."""

    __slots__ = ("above", "below", "reached")

    def __init__(self, first: float) -> None:
        self.reached = 0  # levels that it stands at or above
        self.below = -inf
        self.above = first


class _Marks(dict[str, _Mark]):
    """The marks of one rule, by subject."""

    __slots__ = ("raised",)

    def __init__(self) -> None:
        super().__init__()
        self.raised = 0  # subjects that stand at a level or above

    def forget(self) -> None:
        self.clear()
        self.raised = 0


class _Watching:
    """One rule's meters, with the marks of all that was watched under its name."""

    __slots__ = ("marks", "meters", "nearest", "rule")

    def __init__(
        self, rule: BoundRule, meters: Callable[[], Iterable[Meter]], marks: _Marks
    ) -> None:
        self.rule = rule.name
        self.meters = meters
        self.nearest = rule.nearest
        self.marks = marks


class Watch:
    """Asks the meters of every rule after each fill, those that drift every so often, too.

    Of each subject of a rule it warns at each level, once, and at the limit itself as an
    error; again only after the figure fell below the level by `FALL_BACK` of the limit, or
    on another trading day. A rule that says that nothing of it is near a level (`nearest`), and
    of which nothing stands at one, is not asked for its meters: there is nothing to tell.
    Where no rule has meters, nothing is asked and nothing costs. Engine thread.

    Attributes:
        looks: How often it looked.
        warnings: Warnings by rule on this trading day.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        risk: RiskManager,
        *,
        levels: Sequence[float],
        check_s: float,
    ) -> None:
        """Watch the rules that are bound from now on.

        Args:
            bus: Where fills come from and warnings go.
            clock: The engine's.
            risk: Who has the rules.
            levels: Shares of a limit, rising, above 0 and below 1.
            check_s: Seconds between two looks, > 0.
        """
        self.looks = 0
        self.warnings: Counter[str] = Counter()
        self._told: Counter[tuple[str, str]] = Counter()
        self._bus = bus
        self._clock = clock
        self._risk = risk
        self._levels = (*levels, 1.0)
        self._interval_ns = max(round(check_s * _NS), 1)
        self._marks: dict[str, _Marks] = {}
        self._all: tuple[_Watching, ...] = ()
        self._drifting: tuple[_Watching, ...] = ()
        self._timer: Entry | None = None
        self._hears = False
        risk.on_bound = self._bind

    def look(self) -> None:
        """Ask every meter, and warn of what came near its limit."""
        self._ask(self._all)

    def begin(self) -> None:
        """Let a trading day begin: what was warned of is warned of anew."""
        self.warnings.clear()
        self._told.clear()
        for watching in self._all:
            watching.marks.forget()

    def seen(self) -> tuple[Watched, ...]:
        """Measure everything now, and return it with what was warned of; tells nobody."""
        found: list[Watched] = []
        for watching in self._all:
            try:
                measured = tuple(watching.meters())
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                self._risk.failed(watching.rule, error)
                continue
            found.extend(self._shown(watching, meter) for meter in measured)
        return tuple(found)

    # -- inside ----------------------------------------------------------------

    def _ask(self, asked: tuple[_Watching, ...]) -> None:
        self.looks += 1
        lowest = self._levels[0]
        for watching in asked:
            marks, nearest = watching.marks, watching.nearest
            try:
                # Below the lowest level nothing can rise to one; and nothing has to fall from one.
                if nearest is not None and not marks.raised and nearest() < lowest:
                    continue
                for meter in watching.meters():
                    limit = meter.limit
                    share = meter.value / limit if limit > 0 else _without(meter)
                    mark = marks.get(meter.subject)
                    if mark is None:
                        mark = marks[meter.subject] = _Mark(lowest)
                    if share >= mark.above or share < mark.below:
                        self._move(watching, meter, mark, share)
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                self._risk.failed(watching.rule, error)

    def _glance(self) -> None:
        self._ask(self._drifting)

    def _bind(self) -> None:
        before, bound = self._marks, self._risk.bound
        # What takes the name of a rule that was bound before goes on where that has stopped.
        self._all = tuple(
            _Watching(rule, rule.meters, before.get(rule.name, _Marks()))
            for rule in bound
            if rule.meters is not None
        )
        self._marks = {each.rule: each.marks for each in self._all}
        drifting = {rule.name for rule in bound if rule.drifts}
        self._drifting = tuple(each for each in self._all if each.rule in drifting)
        if self._timer is not None and not self._drifting:
            self._timer.cancel()
            self._timer = None
        elif self._timer is None and self._drifting:
            self._timer = self._clock.call_every(self._interval_ns, self._glance, catches_up=False)
        if self._all and not self._hears:
            self._hears = True
            # Behind all state, and before the strategies go on.
            self._bus.subscribe(TradeData, self._on_trade, order=STRATEGY - 1, name="risk watch")

    def _on_trade(self, _trade: TradeData) -> None:
        if self._all:
            self._ask(self._all)

    def _move(self, watching: _Watching, meter: Meter, mark: _Mark, share: float) -> None:
        levels = self._levels
        before = mark.reached
        while mark.reached < len(levels) and share >= levels[mark.reached]:
            mark.reached += 1
        while mark.reached and share < levels[mark.reached - 1] - FALL_BACK:
            mark.reached -= 1
        reached = mark.reached
        mark.above = levels[reached] if reached < len(levels) else inf
        mark.below = levels[reached - 1] - FALL_BACK if reached else -inf
        watching.marks.raised += bool(reached) - bool(before)
        if reached > before:
            rule = watching.rule
            self.warnings[rule] += 1
            self._told[rule, meter.subject] += 1
            self._warn(rule, meter, share, is_limit=reached == len(levels))

    def _warn(self, rule: str, meter: Meter, share: float, *, is_limit: bool) -> None:
        how = "has reached" if is_limit else f"is at {share:.0%} of"
        what = f"{meter.subject} {how} its limit: {meter.value:g} of {meter.limit:g}"
        level = "error" if is_limit else "warning"
        self._bus.publish(Alert(level, f"risk.{rule}", what, self._clock.now))

    def _shown(self, watching: _Watching, meter: Meter) -> Watched:
        mark = watching.marks.get(meter.subject)
        return Watched(
            rule=watching.rule,
            subject=meter.subject,
            value=meter.value,
            limit=meter.limit,
            level=self._levels[mark.reached - 1] if mark is not None and mark.reached else 0.0,
            warnings=self._told[watching.rule, meter.subject],
        )


def _without(meter: Meter) -> float:
    """Return the share where nothing is allowed, or nobody knows how much is."""
    return inf if meter.limit == 0 and meter.value > 0 else nan
