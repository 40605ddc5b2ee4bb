"""What the core is offered, and how little it costs to ask."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import fields_dict

import homalos_china
from homalos.errors import StatementError
from homalos.model import Funds, Statement
from homalos.plugins.ports import Market, MarketContext
from homalos_china import ChinaMarket, ChinaOptions
from homalos_china.plugin import register_markets, register_statement_formats


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


def test_the_text_of_ctp_is_offered_as_a_format_of_statements() -> None:
    """What it writes it reads, in the broker's encoding, and a file of another kind it refuses."""
    zeros = Funds(**dict.fromkeys(fields_dict(Funds), Decimal(0)))
    day = Statement(account="甲", currency="CNY", trading_day=20250106, funds=zeros)
    (spec,) = register_statement_formats()

    reading = spec.read(spec.write(day).encode("gbk"), name="day.txt")

    assert (spec.name, reading.statement, set(reading.printed)) == ("ctp", day, {"funds"})
    with pytest.raises(StatementError, match=r"day\.txt: nothing of a settlement statement"):
        spec.read(b"{}", name="day.txt")


def test_asking_for_the_offer_loads_neither_data_nor_calendar() -> None:
    """Plugins are imported for every command, so the plugin module must be light."""
    code = (
        "import sys, homalos_china.plugin as p; p.register_markets();"
        "p.register_statement_formats();"
        "heavy = ('shinny_calendar', 'homalos_china.market', 'homalos_china.statements');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    """The lazy module answers like any other."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = homalos_china.Nothing
