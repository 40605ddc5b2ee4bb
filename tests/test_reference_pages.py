"""The reference pages say what the code says."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy
import pytest

from homalos.config import Settings, load_settings
from homalos.engine.builtin import register_commands
from homalos.plugins.hookspecs import Hooks
from homalos.strategy import Strategy
from homalos.testing import contracts
from homalos_risk.expressions import FACTS

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).resolve().parents[1] / "docs"
REFERENCE = DOCS / "reference"


def load_maker() -> ModuleType:
    """Load the script that makes the pages."""
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def text_of(name: str) -> str:
    """Return a page of the reference."""
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "commands.md",
        "contracts.md",
        "facts.md",
        "hooks.md",
        "ports.md",
        "settings.md",
        "strategy.md",
        "topics.md",
    ],
)
def test_a_made_page_is_what_the_code_makes_of_it_now(name: str) -> None:
    """A changed docstring or signature needs `python3 start.py nox -s docs`."""
    maker = load_maker()
    path = REFERENCE / name

    assert path.read_text(encoding="utf-8") == maker.page(path, maker.pages()[path])


def test_every_hook_is_in_the_manual_with_its_arguments() -> None:
    """What pluggy takes for a hook of the core has a heading and a signature line."""
    manager = pluggy.PluginManager("homalos")
    manager.add_hookspecs(Hooks)
    hooks = [name for name in vars(manager.hook) if not name.startswith("_")]
    lines = text_of("hooks.md").splitlines()
    documented = [line.strip("#` ") for line in lines if line.startswith("## `")]
    arguments = {name: manager.hook.__dict__[name].spec.argnames for name in hooks}
    signatures = [re.fullmatch(r"`(\w+)\((.*)\) -> .*`", line) for line in lines]
    shown = {each[1]: re.findall(r"(\w+):", each[2]) for each in signatures if each}

    assert sorted(documented) == sorted(hooks)
    assert shown == {name: list(names) for name, names in arguments.items()}


def test_every_requirement_is_in_the_manual_once() -> None:
    """Whoever sees a name fail finds it there with its reason."""
    kinds = [getattr(contracts, name) for name in contracts.__all__ if name.isupper()]
    names = [each.name for kind in kinds for each in kind]
    rows = re.findall(r"^\| `(\w+)` \| [A-Z`][^|]*\. \|$", text_of("contracts.md"), re.MULTILINE)

    assert sorted(rows) == sorted(names)


def test_every_public_member_of_a_strategy_is_in_the_manual() -> None:
    """A callback, a word to trade with or a look at the market has a heading of its own."""
    members = {name for name, _ in inspect.getmembers(Strategy) if not name.startswith("_")}
    public = members - set(inspect.get_annotations(Strategy))  # these are in the list of attributes
    headings = re.findall(r"^### `(\w+)", text_of("strategy.md"), re.MULTILINE)

    assert sorted(headings) == sorted(public)


def test_the_defaults_in_the_manual_are_settings_that_mean_the_defaults(tmp_path: Path) -> None:
    """Written into a file as the page has them, the defaults change nothing."""
    section = text_of("settings.md").partition("\n## `Settings`\n")[2]
    rows = re.search(r"^((?:\|.*\n)+)", section, re.MULTILINE)
    assert rows is not None
    cells: list[Any] = [line.split(" | ") for line in rows[1].splitlines()[2:]]
    defaults = {row[0].strip("|` "): row[-2].strip("`") for row in cells}
    del defaults["home"]  # a file cannot move itself
    path = tmp_path / "homalos.yaml"
    path.write_text("".join(f"{key}: {value}\n" for key, value in defaults.items()))

    assert load_settings(path, environment={}, overrides={}) == Settings()


def test_every_fact_is_in_the_manual_once() -> None:
    """Whoever writes a rule looks there for what it may say."""
    rows = re.findall(r"^\| `([a-z_.]+)` \|", text_of("facts.md"), re.MULTILINE)

    assert rows == list(FACTS)


def test_every_command_and_option_is_in_the_manual() -> None:
    """What `homalos COMMAND --help` offers stands under the command's heading."""
    sections = re.split(r"^## ", text_of("commands.md"), flags=re.MULTILINE)
    for spec in register_commands():
        module, _, attribute = spec.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        section = next(each for each in sections if each.startswith(f"`homalos {spec.name}"))
        options = {name for each in command.params for name in each.opts if name.startswith("-")}
        documented = set(re.findall(r"^\| `(-[-\w]+)", section, re.MULTILINE))

        assert documented == options


def test_every_setting_has_a_meaning_in_the_manual() -> None:
    """No cell of the last column is empty: a person who sets it must know what it does."""
    rows = [line for line in text_of("settings.md").splitlines() if line.startswith("| `")]

    assert rows
    assert [row for row in rows if row.endswith("|  |")] == []
