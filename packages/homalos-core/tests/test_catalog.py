"""The catalog: what the plugins offer, found by kind and name."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from homalos.errors import DuplicateNameError, MissingPluginError
from homalos.plugins import (
    AlertChannelSpec,
    CommandSpec,
    DoctorCheckSpec,
    FeedSpec,
    FillModelSpec,
    GatewaySpec,
    ImporterSpec,
    MarketSpec,
    RiskRuleSpec,
    RouterSpec,
    StatementFormatSpec,
    StoreSpec,
    StrategySpec,
    hookimpl,
)
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import ANSWERS, PluginHost
from homalos.strategy import Strategy


def unused(*_: Any, **__: Any) -> Any:
    """Stand where a spec wants a factory; building an engine is not tested here."""
    raise NotImplementedError


MARKET = MarketSpec(name="china", factory=unused)
GATEWAY = GatewaySpec(name="sim", factory=unused)
FEED = FeedSpec(name="tape", factory=unused)
IMPORTER = ImporterSpec(name="ctp", matches=unused, read=unused)
STORE = StoreSpec(name="sqlite", factory=unused)
ROUTER = RouterSpec(name="best", factory=unused)
RULE = RiskRuleSpec(name="price_band", factory=unused)
FILLS = FillModelSpec(name="l1", factory=unused)
CHANNEL = AlertChannelSpec(name="file", factory=unused)
FORMAT = StatementFormatSpec(name="ctp", write=unused, read=unused)
CHECK = DoctorCheckSpec(name="disk", check=unused)
STRATEGY = StrategySpec(name="double_ma", factory=Strategy)
COMMAND = CommandSpec(name="data bars", target="homalos.cli:bars", help="Print bars.")

EVERYTHING = (
    *(MARKET, GATEWAY, FEED, IMPORTER, STORE, RULE, STRATEGY, FILLS, CHANNEL, FORMAT),
    CHECK,
    COMMAND,
    ROUTER,
)


def plugin(name: str, *specs: object) -> ModuleType:
    """Return a module that offers each spec through the hook of its class."""
    module = ModuleType(name)
    for hook, kind in ANSWERS.items():
        own = tuple(spec for spec in specs if isinstance(spec, kind))
        if own:
            setattr(module, hook, hookimpl(returning(own)))
    return module


def returning(answer: object) -> Callable[[], object]:
    """Return a function of no arguments with this result."""

    def give() -> object:
        return answer

    return give


def broken(name: str) -> ModuleType:
    """Return a plugin whose gateways cannot be asked for."""
    module = ModuleType(name)

    def register_gateways() -> object:
        msg = "No module named 'openctp_ctp'"
        raise ImportError(msg)

    module.register_gateways = hookimpl(register_gateways)  # type: ignore[attr-defined]  # as a plugin's module has it
    return module


def gather(*modules: ModuleType) -> Catalog:
    """Return the catalog of some plugins."""
    return Catalog.gather(PluginHost.of(*modules))


def test_every_kind_is_found_by_its_name() -> None:
    """Each lookup returns the very spec that was offered."""
    catalog = gather(plugin("all", *EVERYTHING))
    assert (
        catalog.market("china"),
        catalog.gateway("sim"),
        catalog.feed("tape"),
        catalog.importer("ctp"),
        catalog.store("sqlite"),
        catalog.risk_rule("price_band"),
        catalog.strategy("double_ma"),
        catalog.fill_model("l1"),
        catalog.alert_channel("file"),
        catalog.statement_format("ctp"),
        catalog.doctor_checks["disk"],
        catalog.command("data bars"),
        catalog.router("best"),
    ) == EVERYTHING


def test_a_plugins_offers_are_listed_for_people() -> None:
    """`homalos plugins` shows kind and name of each."""
    catalog = gather(plugin("sim", GATEWAY, FEED), plugin("rules", RULE), plugin("idle"))
    assert catalog.specs_of("sim") == ("gateway sim", "feed tape")
    assert catalog.specs_of("rules") == ("risk rule price_band",)
    assert catalog.specs_of("idle") == ()


def test_the_offering_plugin_is_kept() -> None:
    """Of every spec it is known whose it is."""
    catalog = gather(plugin("sim", GATEWAY, FEED), plugin("rules", RULE))
    assert dict(catalog.offered_by) == {
        ("gateway", "sim"): "sim",
        ("feed", "tape"): "sim",
        ("risk rule", "price_band"): "rules",
    }


def test_names_come_sorted_whoever_offers_them() -> None:
    """Rules and importers have the same order on every machine."""
    rules = [RiskRuleSpec(name=name, factory=unused) for name in "dbca"]
    catalog = gather(plugin("z", *rules[:2]), plugin("a", *rules[2:]))
    assert list(catalog.risk_rules) == ["a", "b", "c", "d"]


def test_the_catalog_cannot_be_changed() -> None:
    """What the engine was built from stays what it was."""
    catalog = gather(plugin("sim", GATEWAY))
    with pytest.raises(TypeError):
        catalog.gateways["sim"] = GATEWAY  # type: ignore[index]  # that is the point


def test_a_name_offered_twice_names_both_plugins() -> None:
    """Which of the two would trade must not depend on an order."""
    with pytest.raises(DuplicateNameError) as caught:
        gather(plugin("other", GATEWAY), plugin("sim", GATEWAY))
    assert str(caught.value) == (
        "the gateway 'sim' is offered by both the plugins 'other' and 'sim'; take one of them out"
    )
    assert (caught.value.plugin, caught.value.hook) == ("sim", "register_gateways")


def test_a_name_offered_twice_by_one_plugin_is_refused_too() -> None:
    """The second spec would otherwise vanish."""
    with pytest.raises(DuplicateNameError, match="offered twice by the plugin 'sim'"):
        gather(plugin("sim", GATEWAY, GATEWAY))


def test_the_same_name_in_two_kinds_is_no_clash() -> None:
    """A feed and a gateway may both be called sim."""
    catalog = gather(plugin("sim", GATEWAY, FeedSpec(name="sim", factory=unused)))
    assert catalog.specs_of("sim") == ("gateway sim", "feed sim")


def test_a_missing_name_is_told_with_what_there_is() -> None:
    """The message lists the names and guesses the one that was meant."""
    rules = [RiskRuleSpec(name=name, factory=unused) for name in ("price_band", "order_size")]
    catalog = gather(plugin("rules", *rules))
    with pytest.raises(MissingPluginError) as caught:
        catalog.risk_rule("price_bend")
    assert str(caught.value) == (
        "no plugin offers a risk rule 'price_bend'; there are: order_size, price_band;"
        " did you mean 'price_band'?"
    )


def test_a_missing_name_is_told_when_there_is_nothing_at_all() -> None:
    """Nobody offers a store: that is what it says."""
    with pytest.raises(MissingPluginError, match="no plugin offers a store 'x'; there are none"):
        gather().store("x")


def test_a_missing_name_mentions_the_plugin_at_fault() -> None:
    """It is most likely the one that would have offered it."""
    catalog = gather(plugin("sim", GATEWAY), broken("ctp"))
    with pytest.raises(MissingPluginError) as caught:
        catalog.gateway("ctp")
    message = str(caught.value)
    assert message.startswith("no plugin offers a gateway 'ctp'; there are: sim; the plugin 'ctp'")
    assert "is at fault: register_gateways: ImportError: No module named 'openctp_ctp'" in message
    assert list(catalog.faults) == ["ctp"]


def test_every_hook_is_gathered() -> None:
    """A kind that the hooks know and the catalog forgets would never be found."""
    lines: list[str] = []
    host = PluginHost.of(plugin("all", *EVERYTHING), trace=lines.append)
    Catalog.gather(host)
    assert sorted(line.split(" ")[0] for line in lines) == sorted(ANSWERS)
