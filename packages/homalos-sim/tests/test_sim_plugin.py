"""What the package answers to the core's questions."""

from __future__ import annotations

import subprocess
import sys

import pluggy
import pytest

from homalos.plugins.hookspecs import PROJECT, Hooks
from homalos_sim import plugin
from homalos_sim.options import SyntheticOptions, TapeOptions, VenueOptions


def _host() -> pluggy.PluginManager:
    host = pluggy.PluginManager(PROJECT)
    host.add_hookspecs(Hooks)
    host.register(plugin)
    host.check_pending()
    return host


def test_venue_runs_in_process_under_the_name_sim() -> None:
    """The engine gives an in-process venue its own agenda, so the spec must say so."""
    ((spec,),) = _host().hook.register_gateways()
    assert (spec.name, spec.in_process, spec.config) == ("sim", True, VenueOptions)


def test_feeds_are_offered_with_their_options() -> None:
    """The settings' section of each feed is structured into these classes."""
    (specs,) = _host().hook.register_feeds()
    assert {spec.name: spec.config for spec in specs} == {
        "synthetic": SyntheticOptions,
        "tape": TapeOptions,
    }


def test_registering_loads_neither_the_venue_nor_the_market() -> None:
    """Asking what is there must stay quick: the rooms behind the plugin stay closed."""
    code = (
        "import sys, homalos_sim.plugin as p; p.register_gateways(); p.register_feeds();"
        "p.register_fill_models();"
        "print(*sorted(m for m in sys.modules if m.startswith('homalos_sim')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [
        "homalos_sim",
        "homalos_sim.faults",
        "homalos_sim.faults.options",
        "homalos_sim.fills",
        "homalos_sim.fills.options",
        "homalos_sim.options",
        "homalos_sim.plugin",
    ]


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_share_of_a_bar_is_above_0_and_at_most_1(share: float) -> None:
    """Nobody can trade more than was traded."""
    with pytest.raises(ValueError, match="bar_volume_share"):
        VenueOptions(bar_volume_share=share)


def test_impossible_market_is_refused() -> None:
    """The message names the option."""
    with pytest.raises(ValueError, match="'days' must be >= 1"):
        SyntheticOptions(days=0)
    with pytest.raises(ValueError, match="'tick_ms' must be <= 60000"):
        SyntheticOptions(tick_ms=60_001)
    with pytest.raises(ValueError, match="'symbols'"):
        SyntheticOptions(symbols=())
