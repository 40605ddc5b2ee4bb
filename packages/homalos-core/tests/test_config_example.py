"""Tests of the example of the settings, and of the reading of docstrings behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from attrs import Factory, frozen

from homalos.config import Settings, load_settings, settings, structure
from homalos.config.documentation import described_fields, entries, sections, written
from homalos.config.example import example
from homalos.plugins import (
    AlertChannelSpec,
    FeedSpec,
    GatewaySpec,
    MarketSpec,
    RiskRuleSpec,
    StoreSpec,
    StrategySpec,
)
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy
from homalos.testing import plugin


class Colour(Enum):
    """What there is to choose from."""

    RED = "red"
    BLUE = "blue"


@frozen
class Inner:
    """A part of the options.

    Attributes:
        deep: How deep it goes, metres.
    """

    deep: int = 3


@frozen
class Options:
    """What can be set.

    Attributes:
        text: A word with a
            second line.
        colour: What it looks like.
        places: Where it is.
        inner: What is inside.
        needed: What nobody can guess.
    """

    needed: int
    text: str = "yes: no"
    colour: Colour = Colour.BLUE
    places: tuple[str, ...] = ("here", "7")
    inner: Inner = Factory(Inner)


def nothing(*_: object) -> Any:
    """Make nothing; no test here builds an engine."""


FULL = Catalog.gather(
    PluginHost.of(
        plugin(
            "all",
            MarketSpec(name="moon", factory=nothing, config=Options, doc="A market far away."),
            GatewaySpec(name="post", factory=nothing, config=Options, doc="A venue by letter."),
            FeedSpec(name="wire", factory=nothing, config=Options, doc="Data by wire."),
            StoreSpec(name="stone", factory=nothing, config=Options, doc="Carved."),
            RiskRuleSpec(name="nerves", factory=nothing, doc="Says no when it is afraid."),
            AlertChannelSpec(name="bell", factory=nothing, config=Options, doc="Rings."),
            StrategySpec(name="wait", factory=Strategy, config=Options, doc="Waits."),
        )
    )
)
EMPTY = Catalog.gather(PluginHost.of())


def read(text: str, folder: Path) -> Settings:
    """Read a text as a settings file."""
    path = folder / "system.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment={}, overrides={})


def switched_on(text: str) -> str:
    """Return the example with every setting switched on that is off."""
    text = re.sub(r"^( *)#(?=\S)", r"\1", text, flags=re.MULTILINE)
    return re.sub(r"^( *)needed:$", r"\1needed: 5", text, flags=re.MULTILINE)


@pytest.mark.parametrize("catalog", [FULL, EMPTY], ids=["plugins", "bare"])
def test_the_example_as_it_is_means_the_defaults(catalog: Catalog, tmp_path: Path) -> None:
    """Who takes it for a settings file gets what no file gives."""
    assert read(example(catalog), tmp_path) == Settings()


def test_every_setting_of_every_class_is_in_the_example() -> None:
    """A key, on or off, with what it means above it; `home` is explained, since none can set it."""
    text = example(FULL)
    plain = " ".join(text.replace("#", " ").split())
    classes = [getattr(settings, name) for name in settings.__all__]
    for cls in (*filter(attrs.has, classes), Options, Inner):
        for each in described_fields(cls):
            assert re.search(rf"^ *#? ?(- )?{each.name}:", text, re.MULTILINE), each.name
            assert each.meaning in plain


def test_switched_on_the_example_still_reads_with_the_options_of_every_part(
    tmp_path: Path,
) -> None:
    """What is off is right as well: only the values that have no default must be filled in."""
    found = read(switched_on(example(FULL)), tmp_path)
    assert found.feed is not None
    assert found.store is not None
    given: list[Mapping[str, Any]] = [
        found.market["moon"],
        found.gateways["post"].options,
        found.feed.options,
        found.store.options,
        found.alerts["bell"],
        found.strategies[0].params,
    ]
    assert [structure(each, Options) for each in given] == [Options(needed=5)] * 6
    assert (found.feed.kind, found.store.kind) == ("wire", "stone")
    assert found.risk == {"nerves": {}}


def test_types_are_in_words() -> None:
    """Choices by their values, lists by what is in them, and what must be given."""
    text = example(FULL)
    for line in (
        "# What it looks like. (red or blue; default blue)",
        '# Where it is. (list of text; default [here, "7"])',
        "# What nobody can guess. (whole number; required)",
        '# A word with a second line. (text; default "yes: no")',
        "# How deep it goes, metres. (whole number; default 3)",
        "# What a full market lane does. (block or conflate; default conflate)",
    ):
        assert f"  {line}\n" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("5m", "5m"),
        ("7", '"7"'),
        ("null", '"null"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("上期所", '"上期所"'),
        (Path("a/b.db"), "a/b.db"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (("a", "1"), '[a, "1"]'),
        ({"a": 1, "b": {}}, "{a: 1, b: {}}"),
        (Colour.RED, "red"),
        (Inner(), "{}"),
    ],
)
def test_a_value_is_written_as_yaml_reads_it(value: object, text: str) -> None:
    """Texts that would read as something else are in quotes."""
    assert written(value) == text


def test_a_docstring_comes_apart_into_text_and_sections() -> None:
    """Its paragraphs and its entries are a line each, however they were broken."""
    text, bodies = sections(Options)
    assert text == "What can be set."
    assert list(bodies) == ["Attributes"]
    assert entries(bodies["Attributes"])["text"] == "A word with a second line."


@frozen(kw_only=True)
class _Base:
    """What is inherited.

    Attributes:
        way: Which.
    """

    way: Literal["up", "down"] = "up"


@frozen(kw_only=True)
class _More(_Base):
    """What inherits.

    Attributes:
        way: Which.
        far: How far.
    """

    far: int = 1


def test_an_inherited_field_is_described_as_written_also_after_a_converter_saw_it() -> None:
    """Else a page would depend on what was read before it."""
    before = [each.kind for each in described_fields(_More)]
    structure({"way": "down"}, _More)
    assert before == [each.kind for each in described_fields(_More)]
    assert before == ["Literal['up', 'down']", "int"]
