"""Changed settings in a running engine: what can be applied is, what cannot is named.

A reload is planned on the thread that asks for it, where everything new is read and
checked, and carried out on the engine thread between two events: first everything is
made, then everything is put in place. Where anything is wrong, nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from attrs import define, field, frozen

from homalos.config import Change, Settings, StrategySettings, diff, structure
from homalos.config.settings import effective_name
from homalos.engine.rules import make_rule
from homalos.errors import EngineStateError
from homalos.model import Alert
from homalos.plugins.ports import NeedsRestart

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["Reload", "Reloaded", "masked"]

_ONCE = "it is read once, when the engine is built"
_STRATEGY = "unload the strategy and load it anew, or restart"

Commit = Callable[[], None]
Prepare = Callable[[], Commit]


@frozen
class Reloaded:
    """What became of changed settings.

    Attributes:
        applied: Changes that hold from now on, as `risk.funds.max: 1 -> 2`.
        needs_restart: Changes that do not, each with the reason.
    """

    applied: tuple[str, ...] = ()
    needs_restart: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """Return it as plain JSON values."""
        return {"applied": list(self.applied), "needs_restart": list(self.needs_restart)}


@define
class Reload:
    """One reload: planned, then carried out once.

    Attributes:
        changes: What differs, secrets masked.
    """

    changes: tuple[Change, ...]
    _parts: Parts
    _old: Settings
    _new: Settings
    _listeners: Sequence[Callable[[Settings], None]]
    _steps: list[Prepare] = field(factory=list)
    _reasons: dict[str, str] = field(factory=dict)  # what needs a restart: path, why
    _settings: Settings = field(init=False)

    @classmethod
    def planned(
        cls,
        parts: Parts,
        new: Settings,
        listeners: Sequence[Callable[[Settings], None]],
        *,
        hidden: Collection[str] = (),
    ) -> Reload:
        """Plan what is to be done. Any thread.

        Args:
            parts: The engine's.
            new: Checked by themselves already.
            listeners: Called with the settings that hold, on the engine thread.
            hidden: Paths of values that are secret whatever they are called.

        Raises:
            HomalosError: Something new cannot be: an unknown rule, a wrong parameter.
        """
        old = parts.settings
        reload = cls(diff(old, new, hidden=hidden), parts, old, new, listeners)
        reload._plan()
        return reload

    def carry_out(self) -> Reloaded:
        """Make everything new, then put it in place. Engine thread, between two events.

        Raises:
            EngineStateError: Another reload was carried out since this one was planned.
            Exception: What a part raises that is made new; nothing has changed then.
        """
        if self._parts.settings is not self._old:
            msg = "the settings have been changed meanwhile; ask again"
            raise EngineStateError(msg)
        commits = [prepare() for prepare in self._steps]
        for commit in commits:
            commit()
        self._parts.settings = self._settings
        for listener in self._listeners:
            listener(self._settings)
        return self._told()

    # -- planning --------------------------------------------------------------

    def _plan(self) -> None:
        old, new = self._old, self._new
        self._settings = attrs.evolve(
            old, risk=new.risk, logs=new.logs, watch=new.watch, orders=new.orders
        )
        if old.orders != new.orders:
            self._steps.append(_later(self._parts.orders.set_answer, new.orders.answer_s))
        self._plan_rules()
        self._plan_strategies()
        self._plan_gateways()
        for change in self.changes:
            head = change.path.partition(".")[0]
            if head not in _APPLIED:
                self._reasons.setdefault(change.path, _ONCE)

    def _plan_rules(self) -> None:
        parts, old, new = self._parts, self._old.risk, self._new.risk
        for name in new:
            parts.catalog.risk_rule(name)  # a misspelt one without options, too
        changed = [name for name in {**old, **new} if old.get(name, {}) != new.get(name, {})]
        if not changed:
            return
        for name in changed:  # on this thread, so that a wrong one is told before anything is done
            spec, options = parts.catalog.risk_rule(name), new.get(name, {})
            structure(
                {} if isinstance(options, bool) else options, spec.config, path=f"$.risk.{name}"
            )

        def prepare() -> Commit:
            made = {name: make_rule(parts, name, new.get(name, {})) for name in changed}
            return lambda: parts.risk.replace(made)

        self._steps.append(prepare)

    def _plan_strategies(self) -> None:
        old = {effective_name(each): each for each in self._old.strategies}
        new = {effective_name(each): each for each in self._new.strategies}
        running = set(self._parts.strategies.names())
        kept = []
        for name, each in new.items():
            before = old.get(name)
            if before is None:
                self._plan_addition(each)
            elif before != each and name in running:
                each = self._plan_change(name, before, each)  # noqa: PLW2901  as it will be
            kept.append(each)
        for name in old:
            if name not in new and name in running:
                self._steps.append(_later(self._parts.loader.unload, name))
        self._settings = attrs.evolve(self._settings, strategies=tuple(kept))

    def _plan_addition(self, each: StrategySettings) -> None:
        parts = self._parts
        parts.loader.check(each)
        self._steps.append(_later(parts.loader.load, each, starts=True))

    def _plan_change(
        self, name: str, old: StrategySettings, new: StrategySettings
    ) -> StrategySettings:
        """Plan what can change while a strategy runs; return what it will be."""
        parts = self._parts
        if old.params != new.params:
            parts.loader.checked(name, new.params, keep=False)
            self._steps.append(_later(parts.loader.set_params, name, new.params, keep=False))
        restart, cancels = new.restart, new.cancel_on_failure
        if (old.restart, old.cancel_on_failure) != (restart, cancels):
            change_plan = parts.strategies.set_plan
            self._steps.append(
                _later(change_plan, name, restart=restart, cancel_on_failure=cancels)
            )
        result = attrs.evolve(old, params=new.params, restart=restart, cancel_on_failure=cancels)
        for change in self.changes:
            inside = change.path.removeprefix(f"strategies.{name}.")
            if inside != change.path and inside.partition(".")[0] in _FIXED:
                self._reasons[change.path] = _STRATEGY
        return result

    def _plan_gateways(self) -> None:
        parts, old, new = self._parts, self._old.gateways, self._new.gateways
        for change in self.changes:
            words = change.path.split(".")
            if words[0] == "gateways":
                self._reasons[change.path] = _ONCE
        for name, gateway in parts.gateways.items():
            before, after = old[name], new.get(name)
            if after is None or before == after or before.kind != after.kind:
                continue
            spec = parts.catalog.gateway(after.kind)
            config: Any = structure(after.options, spec.config, path=f"$.gateways.{name}.options")
            if spec.on_settings is None:
                continue
            was: Any = structure(before.options, spec.config, path=f"$.gateways.{name}.options")
            ask = spec.on_settings

            def tell(name: str = name, ask: Any = ask, given: Any = (gateway, was, config)) -> None:
                self._take(name, ask(*given))

            self._steps.append(_later(tell))

    def _take(self, name: str, answer: object) -> None:
        """Take a gateway's word on its new options. Engine thread."""
        prefix = f"gateways.{name}."
        for path in [path for path in self._reasons if path.startswith(prefix)]:
            if isinstance(answer, NeedsRestart):
                self._reasons[path] = answer.reason
            else:
                del self._reasons[path]
        if not isinstance(answer, NeedsRestart):
            gateways = {**self._settings.gateways, name: self._new.gateways[name]}
            self._settings = attrs.evolve(self._settings, gateways=gateways)

    # -- telling ---------------------------------------------------------------

    def _told(self) -> Reloaded:
        say, now = self._parts.bus.publish, self._parts.clock.now
        applied = tuple(str(each) for each in self.changes if each.path not in self._reasons)
        restart = tuple(
            f"{each} needs a restart: {self._reasons[each.path]}"
            for each in self.changes
            if each.path in self._reasons
        )
        for text in applied:
            say(Alert("info", "settings", text, now))
        for text in restart:
            say(Alert("warning", "settings", text, now))
        return Reloaded(applied, restart)


_APPLIED = frozenset({"risk", "logs", "watch", "orders", "strategies", "gateways"})
_FIXED = frozenset({"strategy", "symbols", "name", "interval", "account"})


def _later(action: Callable[..., object], *given: Any, **named: Any) -> Prepare:
    """Return a step that has nothing to make, only to put in place."""

    def commit() -> None:
        action(*given, **named)

    return lambda: commit


def masked(changes: Sequence[Change]) -> dict[str, Any]:
    """Return changes as a command's arguments, for the journal."""
    return {"changes": [str(each) for each in changes]}
