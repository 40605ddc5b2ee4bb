"""A section whose entries the user names: one field gets every key that is no other field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import Attribute, Factory, field, frozen, validators

from homalos.cli.config_parts import effective, part_problems
from homalos.config import Settings, SettingsSource, structure
from homalos.config.documentation import described_fields
from homalos.config.example import example
from homalos.errors import ConfigError
from homalos.plugins import OTHER_KEYS, RiskRuleSpec
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.testing import plugin


@frozen(kw_only=True)
class Entry:
    """An entry.

    Attributes:
        lots: How many.
    """

    lots: int = field(validator=validators.ge(1))


def _two_faults(_: object, __: Attribute[Any], entries: Mapping[str, Entry]) -> None:
    if "bad" in entries:
        raise ConfigError(["bad is bad\n    bad\n    ^^^", "and worse"])


@frozen(kw_only=True)
class Section:
    """A section.

    Attributes:
        strict: A field as any other.
        entries: Under a name of the user's.
    """

    strict: bool = False
    entries: Mapping[str, Entry] = field(
        default=Factory(dict), validator=_two_faults, metadata={OTHER_KEYS: True}
    )


SPEC = RiskRuleSpec(name="section", factory=lambda _, __: None, config=Section, doc="A section.")


def problems(data: Mapping[str, object]) -> tuple[str, ...]:
    """Return what is wrong with a section."""
    with pytest.raises(ConfigError) as told:
        structure(data, Section, path="$.section")
    return told.value.problems


def catalog() -> Catalog:
    """Return a catalog with the one rule."""
    return Catalog.gather(PluginHost.of(plugin("sections", SPEC)))


def test_every_key_that_is_no_other_field_is_an_entry() -> None:
    """Also one that is called as the field is."""
    found = structure({"strict": True, "a": {"lots": 1}, "entries": {"lots": 2}}, Section)

    assert found == Section(strict=True, entries={"a": Entry(lots=1), "entries": Entry(lots=2)})


def test_no_entry_at_all_is_the_default() -> None:
    """A section that is left out, or empty."""
    assert structure({}, Section) == Section()


def test_a_problem_in_an_entry_is_told_where_the_user_wrote_it() -> None:
    """The field's own name is no step of the path."""
    assert problems({"a": {"lots": 0}, "b": {}, "c": 3, "strict": "no"}) == (
        "expected bool, found 'no' @ $.section.strict; write true or false",
        "'lots' must be >= 1: 0 @ $.section.a.lots",
        "required field missing @ $.section.b.lots",
        "expected a mapping, found 3 @ $.section.c",
    )


def test_several_problems_of_one_value_are_several_with_what_they_show_below() -> None:
    """The path stands on the first line of each, so that the lines below it can be a picture."""
    assert problems({"bad": {"lots": 1}}) == (
        "bad is bad @ $.section\n    bad\n    ^^^",
        "and worse @ $.section",
    )


def test_a_problem_with_lines_below_names_the_file_and_line_first(tmp_path: Path) -> None:
    """Editors jump to it."""
    path = tmp_path / "system.yaml"
    path.write_text("risk:\n  section:\n    bad: {lots: 1}\n", encoding="utf-8")
    loaded = SettingsSource(path=path).read()
    found = part_problems(loaded, catalog())
    told = [loaded.located(each) for each in found if "$.risk" in each]

    assert [each.splitlines()[0] for each in told] == [
        f"{path}:2: bad is bad @ $.risk.section",
        f"{path}:2: and worse @ $.risk.section",
    ]
    assert told[0].splitlines()[1:] == ["    bad", "    ^^^"]


def test_what_holds_is_shown_as_it_is_written() -> None:
    """`homalos config show` gives what could be put into the file."""
    settings = Settings(risk={"section": {"a": {"lots": 1}}})

    assert effective(settings, catalog())["risk"]["section"] == {"strict": False, "a": {"lots": 1}}


def test_the_manual_calls_it_name() -> None:
    """A reader sees that the key is free."""
    free = [each for each in described_fields(Section) if each.is_any_key]

    assert [(each.name, each.meaning) for each in free] == [("NAME", "Under a name of the user's.")]


def test_the_example_only_explains_it() -> None:
    """A key there would be an entry."""
    lines = [line.strip() for line in example(catalog()).splitlines()]

    assert "# NAME: Under a name of the user's. (mapping)" in lines
    assert not any(line.lstrip("#").startswith(("NAME:", "entries:")) for line in lines)
