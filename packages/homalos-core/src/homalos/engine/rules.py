"""Makes risk rules out of settings: when the engine is built, and when the settings change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homalos.config import structure
from homalos.engine.making import make
from homalos.engine.risk import BoundRule, RiskView

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["bind_rules", "make_rule"]


def bind_rules(parts: Parts) -> None:
    """Bind every rule that is offered and not switched off.

    Raises:
        MissingPluginError: The settings name a rule that no plugin offers.
        ConfigError: A rule's options are wrong; every problem of that rule at once.
    """
    options = parts.settings.risk
    for name in options:
        parts.catalog.risk_rule(name)
    made = (make_rule(parts, name, options.get(name, {})) for name in parts.catalog.risk_rules)
    parts.risk.bind([rule for rule in made if rule is not None])


def make_rule(parts: Parts, name: str, options: Any) -> BoundRule | None:
    """Make one rule; `None` when its options switch it off.

    Raises:
        MissingPluginError: No plugin offers it.
        ConfigError: Its options are wrong; every problem at once.
    """
    spec = parts.catalog.risk_rule(name)
    if options is False:
        return None
    config: Any = structure({} if options is True else options, spec.config, path=f"$.risk.{name}")
    accounts = parts.accounts
    view = RiskView(
        clock=parts.clock,
        instrument=parts.markets.instrument,
        holding=accounts.holding,
        available=lambda account: accounts.accounts[account].available(),
        last_price=parts.data.last_price,
        last_tick=parts.data.last_tick,
    )
    return BoundRule(name, spec.order, make(f"risk rule {name!r}", spec.factory, view, config))
