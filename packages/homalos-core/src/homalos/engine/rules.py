"""Makes risk rules out of settings: when the engine is built, and when the settings change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from homalos.config import structure
from homalos.engine.making import make
from homalos.engine.risk import BoundRule
from homalos.engine.risk.view import RiskView
from homalos.errors import PluginLoadError
from homalos.plugins.ports import RiskCheck, RiskRule
from homalos.plugins.specs import RiskRuleSpec

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["bind_rules", "make_rules"]


def bind_rules(parts: Parts) -> None:
    """Bind every rule that is offered and not switched off.

    Raises:
        MissingPluginError: The settings name a rule that no plugin offers.
        ConfigError: A rule's options are wrong; every problem of that rule at once.
    """
    options = parts.settings.risk
    for name in options:
        parts.catalog.risk_rule(name)
    made = (make_rules(parts, name, options.get(name, {})) for name in parts.catalog.risk_rules)
    parts.risk.bind([rule for rules in made for rule in rules])


def make_rules(parts: Parts, name: str, options: Any) -> tuple[BoundRule, ...]:
    """Make what the settings have under one name; empty when its options switch it off.

    Raises:
        MissingPluginError: No plugin offers it.
        ConfigError: Its options are wrong; every problem at once.
        PluginLoadError: What its factory made is no rule.
    """
    spec = parts.catalog.risk_rule(name)
    if options is False:
        return ()
    config: Any = structure({} if options is True else options, spec.config, path=f"$.risk.{name}")
    view = RiskView(name, parts.control.house)
    made: object = make(f"risk rule {name!r}", spec.factory, view, config)
    if made is None:
        return ()
    if isinstance(made, Mapping):
        return tuple(_bound(spec, f"{name}.{key}", rule) for key, rule in made.items())
    return (_bound(spec, name, made),)


def _bound(spec: RiskRuleSpec, name: str, made: object) -> BoundRule:
    if isinstance(made, RiskRule):
        return BoundRule(
            name,
            spec.order,
            made.check,
            spec=spec.name,
            kind=spec.kind,
            peek=made.peek,
            measure=made.measure,
            meters=made.meters,
            drifts=made.drifts,
            nearest=made.nearest,
            on_cancel=made.on_cancel,
            on_day=made.on_day,
        )
    if not callable(made):
        msg = f"risk rule {name!r}: its factory made {made!r}; expected a check or a RiskRule"
        raise PluginLoadError(msg)
    check: RiskCheck = made
    return BoundRule(name, spec.order, check, spec=spec.name, kind=spec.kind)
