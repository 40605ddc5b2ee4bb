"""Looks at what rules measure between orders, and warns before a limit is reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf, nan

from attrs import frozen

from homalos.bus import STRATEGY, Bus
from homalos.clock import EngineClock, Entry
from homalos.engine.risk.manager import RiskManager
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


class Watch:
    """Asks the meters of every rule after each fill and every so often. Engine thread.

    Of each subject of a rule it warns at each level, once, and at the limit itself as an
    error; again only after the figure fell below the level by `FALL_BACK` of the limit, or
    on another trading day. Where no rule has meters, nothing is asked and nothing costs.

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
        self._meters: tuple[tuple[str, Callable[[], Iterable[Meter]]], ...] = ()
        self._marks: dict[str, dict[str, _Mark]] = {}
        self._timer: Entry | None = None
        self._hears = False
        risk.on_bound = self._bind

    def look(self) -> None:
        """Ask every meter, and warn of what came near its limit."""
        self.looks += 1
        for rule, meters in self._meters:
            marks = self._marks[rule]
            try:
                for meter in meters():
                    limit = meter.limit
                    share = meter.value / limit if limit > 0 else _without(meter)
                    mark = marks.get(meter.subject)
                    if mark is None:
                        mark = marks[meter.subject] = _Mark(self._levels[0])
                    if share >= mark.above or share < mark.below:
                        self._move(rule, meter, mark, share)
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                self._risk.failed(rule, error)

    def begin(self) -> None:
        """Let a trading day begin: what was warned of is warned of anew."""
        self.warnings.clear()
        self._told.clear()
        for marks in self._marks.values():
            marks.clear()

    def seen(self) -> tuple[Watched, ...]:
        """Measure everything now, and return it with what was warned of; tells nobody."""
        found: list[Watched] = []
        for rule, meters in self._meters:
            try:
                measured = tuple(meters())
            except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                self._risk.failed(rule, error)
                continue
            found.extend(self._watched(rule, meter) for meter in measured)
        return tuple(found)

    # -- inside ----------------------------------------------------------------

    def _bind(self) -> None:
        self._meters = tuple(
            (rule.name, rule.meters) for rule in self._risk.bound if rule.meters is not None
        )
        self._marks = {name: self._marks.get(name, {}) for name, _ in self._meters}
        if not self._meters:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        if self._timer is None:
            self._timer = self._clock.call_every(self._interval_ns, self.look, catches_up=False)
        if not self._hears:
            self._hears = True
            # Behind all state, and before the strategies go on.
            self._bus.subscribe(TradeData, self._on_trade, order=STRATEGY - 1, name="risk watch")

    def _on_trade(self, _trade: TradeData) -> None:
        if self._meters:
            self.look()

    def _move(self, rule: str, meter: Meter, mark: _Mark, share: float) -> None:
        levels = self._levels
        before = mark.reached
        while mark.reached < len(levels) and share >= levels[mark.reached]:
            mark.reached += 1
        while mark.reached and share < levels[mark.reached - 1] - FALL_BACK:
            mark.reached -= 1
        reached = mark.reached
        mark.above = levels[reached] if reached < len(levels) else inf
        mark.below = levels[reached - 1] - FALL_BACK if reached else -inf
        if reached > before:
            self.warnings[rule] += 1
            self._told[rule, meter.subject] += 1
            self._warn(rule, meter, share, is_limit=reached == len(levels))

    def _warn(self, rule: str, meter: Meter, share: float, *, is_limit: bool) -> None:
        how = "has reached" if is_limit else f"is at {share:.0%} of"
        what = f"{meter.subject} {how} its limit: {meter.value:g} of {meter.limit:g}"
        level = "error" if is_limit else "warning"
        self._bus.publish(Alert(level, f"risk.{rule}", what, self._clock.now))

    def _watched(self, rule: str, meter: Meter) -> Watched:
        mark = self._marks[rule].get(meter.subject)
        return Watched(
            rule=rule,
            subject=meter.subject,
            value=meter.value,
            limit=meter.limit,
            level=self._levels[mark.reached - 1] if mark is not None and mark.reached else 0.0,
            warnings=self._told[rule, meter.subject],
        )


def _without(meter: Meter) -> float:
    """Return the share where nothing is allowed, or nobody knows how much is."""
    return inf if meter.limit == 0 and meter.value > 0 else nan
