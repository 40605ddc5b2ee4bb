"""What the core is offered, and how little it costs to ask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import homalos_china
from homalos.plugins.ports import Market, MarketContext
from homalos_china import ChinaMarket, ChinaOptions
from homalos_china.plugin import register_markets


def test_the_market_is_offered_by_name() -> None:
    """One spec, with the options that the settings are structured into."""
    (spec,) = register_markets()
    assert (spec.name, spec.config) == ("china", ChinaOptions)


def test_the_factory_reads_the_overrides_in_the_home_folder(tmp_path: Path) -> None:
    """The file's name is an option, its folder the home."""
    (tmp_path / "mine.toml").write_text("[products.rb]\nmultiplier = 7\n", encoding="utf-8")
    (spec,) = register_markets()
    market: Market = spec.factory(MarketContext(home=tmp_path), ChinaOptions("mine.toml"))
    assert market.resolve("rb2510.SHFE").multiplier == 7


def test_without_a_file_the_market_is_as_packaged(tmp_path: Path) -> None:
    """A home folder that does not exist yet is no error."""
    (spec,) = register_markets()
    market: Market = spec.factory(MarketContext(home=tmp_path / "none"), ChinaOptions())
    assert isinstance(market, ChinaMarket)
    assert market.resolve("rb2510.SHFE").multiplier == 10


def test_asking_for_the_offer_loads_neither_data_nor_calendar() -> None:
    """Plugins are imported for every command, so the plugin module must be light."""
    code = (
        "import sys, homalos_china.plugin as p; p.register_markets();"
        "print([m for m in ('shinny_calendar', 'homalos_china.market') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    """The lazy module answers like any other."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = homalos_china.Nothing
