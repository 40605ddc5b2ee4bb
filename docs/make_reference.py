# ruff: noqa: INP001  a script, no package
"""Make the reference pages from the docstrings and signatures of the code.

    python3 start.py nox -s docs      writes them anew

The head of each page, down to the mark, is written by hand and stays; what stands below the
mark is made here. A test fails when a page and the code say different things.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
import click

from homalos import RunSummary, topics
from homalos.config import settings
from homalos.config.documentation import described_fields, entries, sections, unwrapped
from homalos.config.example import example
from homalos.plugins import ports, specs
from homalos.plugins.catalog import Catalog
from homalos.plugins.hookspecs import Hooks
from homalos.plugins.host import ANSWERS, PluginHost
from homalos.strategy import Strategy
from homalos.testing import contracts
from homalos_risk.expressions import FACTS, Fact

MARK = "<!-- Made by docs/make_reference.py from here on; change the docstrings instead. -->"
REFERENCE = Path(__file__).parent / "reference"
BUNDLED = frozenset({"china", "core", "risk", "sim", "storage", "strategies"})

_KINDS = {
    "markets": "Markets: `market.<name>`",
    "gateways": "Gateways: `gateways.<any name>.options`, with `kind: <name>`",
    "feeds": "Feeds: `feed.options`, with `kind: <name>`",
    "stores": "Stores: `store.options`, with `kind: <name>`",
    "risk_rules": "Risk rules: `risk.<name>`",
    "strategies": "Strategies: `strategies[].params`, with `strategy: <name>`",
    "fill_models": "Fill models, named in the options of a simulated venue",
    "alert_channels": "Alert channels: `alerts.<name>`",
}

_CONTRACTS = {
    "GATEWAY": ("Gateway", contracts.GatewaySubject),
    "STORE": ("Store", contracts.StoreSubject),
    "FEED": ("Feed", contracts.FeedSubject),
    "MARKET": ("Market", contracts.MarketSubject),
    "FILL_MODEL": ("Fill model", contracts.FillModelSubject),
    "RISK_RULE": ("Risk rule", contracts.RiskRuleSubject),
    "STRATEGY": ("Strategy", contracts.StrategySubject),
    "ALERT_CHANNEL": ("Alert channel", contracts.AlertChannelSubject),
}


def pages() -> dict[Path, Callable[[], Iterator[str]]]:
    """Return what makes each page's lower part, by the page."""
    return {
        REFERENCE / "commands.md": commands,
        REFERENCE / "contracts.md": all_contracts,
        REFERENCE / "facts.md": all_facts,
        REFERENCE / "hooks.md": hooks,
        REFERENCE / "ports.md": all_ports,
        REFERENCE / "settings.md": all_settings,
        REFERENCE / "strategy.md": strategy,
        REFERENCE / "topics.md": all_topics,
    }


def page(path: Path, make: Callable[[], Iterator[str]]) -> str:
    """Return a page as it should be: its head as it is, the rest made anew."""
    head, mark, _ = path.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        msg = f"{path.name} has no mark; put this line where the made part begins: {MARK}"
        raise ValueError(msg)
    return f"{head}{MARK}\n\n" + "\n\n".join(make()) + "\n"


# -- pages ---------------------------------------------------------------------


def commands() -> Iterator[str]:
    """Yield every command with its options, and the figures that a run gives."""
    for spec in bundled().commands.values():
        module, _, attribute = spec.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        usage = " ".join(p.metavar or p.human_readable_name.upper() for p in arguments)
        yield f"## `{f'homalos {spec.name} {usage}'.rstrip()}`"
        yield unwrapped(inspect.cleandoc(command.help))
        options = [p for p in command.params if isinstance(p, click.Option)]
        rows = (f"| `{spelling(each)}` | {meaning(each)} |" for each in options)
        yield "\n".join(("| option | meaning |", "|---|---|", *rows))
    yield "## Figures of a run"
    yield "What `up` and `backtest` give as JSON, beside what they were asked for:"
    yield bullets(sections(RunSummary)[1]["Attributes"])


def spelling(option: click.Option) -> str:
    """Return how an option is written, its value included."""
    value = ""
    if not option.is_flag:
        choices = getattr(option.type, "choices", ())
        value = " " + (option.metavar or "|".join(choices) or "N")
    return (", ".join(option.opts) + value).replace("|", r"\|")


def meaning(option: click.Option) -> str:
    """Return what an option does, as its help says."""
    needed = " Required." if option.required else ""
    default = f" Default: `{option.default}`." if option.show_default else ""
    text = " ".join((option.help or "").split()).replace("|", r"\|")
    return f"{text}{needed}{default}"


def all_contracts() -> Iterator[str]:
    """Yield every contract: its requirements with their reasons, and what a test gives it."""
    for name, (title, subject) in _CONTRACTS.items():
        contract = getattr(contracts, name)
        yield f"## {title}: `{name}`"
        rows = (f"| `{each.name}` | {each.reason}. |" for each in contract)
        yield "\n".join(("| requirement | why |", "|---|---|", *rows))
        yield f"### `{subject.__name__}`"
        yield from described(subject)


def all_facts() -> Iterator[str]:
    """Yield every fact that a rule in the settings may look at, group by group."""
    for group, facts in groupby(FACTS.values(), key=lambda fact: fact.name.partition(".")[0]):
        yield f"## `{group}`"
        rows = (
            f"| `{each.name}` | {each.unit or each.kind} | {fact_says(each)} |" for each in facts
        )
        yield "\n".join(("| fact | unit or kind | meaning |", "|---|---|---|", *rows))


def fact_says(fact: Fact) -> str:
    """Return what a fact says, what it may be, and whether it may be unknown."""
    choices = f" One of {', '.join(f'`{each}`' for each in fact.choices)}." if fact.choices else ""
    unknown = " May be unknown." if fact.may_be_unknown else ""
    return f"{fact.doc}{choices}{unknown}"


def hooks() -> Iterator[str]:
    """Yield every hook in the order of the source, and the spec that answers it."""
    for name, hook in vars(Hooks).items():
        if name.startswith("_"):
            continue
        yield f"## `{name}`"
        yield f"`{signature(name, hook)}`"
        yield from documented(hook)
        spec = ANSWERS.get(name)
        if spec is not None:
            yield f"Answered with [`{spec.__name__}`](#{spec.__name__.lower()})."
    yield "## Specs"
    yield from documented(specs)
    for spec in ANSWERS.values():
        yield f"### `{spec.__name__}`"
        yield from described(spec)


def all_ports() -> Iterator[str]:
    """Yield every class of the ports, by name."""
    shown = [value for name in ports.__all__ if inspect.isclass(value := getattr(ports, name))]
    for cls in sorted(shown, key=lambda cls: inspect.getsourcelines(cls)[1]):
        yield f"## `{cls.__name__}`"
        yield from described(cls)


def all_settings() -> Iterator[str]:
    """Yield the settings' classes, then the options of the bundled parts."""
    classes = [value for name in settings.__all__ if attrs.has(value := getattr(settings, name))]
    classes.sort(key=lambda cls: (cls is not settings.Settings, cls.__name__))
    for cls in classes:
        yield f"## `{cls.__name__}`"
        yield from described(cls)
    catalog = bundled()
    yield "## Options of the bundled parts"
    for kind, heading in _KINDS.items():
        yield f"### {heading}"
        for spec in getattr(catalog, kind).values():
            yield f"#### `{spec.name}`"
            yield spec.doc
            if attrs.fields(spec.config):
                yield table(spec.config)
            else:
                yield "It has no options."
    yield "## All of them in one file"
    yield (
        "`homalos init` writes this as `config/system.yaml.example`, with the options of the"
        " plugins that are installed."
    )
    yield f"```yaml\n{example(catalog)}```"


def strategy() -> Iterator[str]:
    """Yield the methods of the strategy class under the headings of its source."""
    homes = [cls for cls in Strategy.__mro__ if cls is not object]
    source = [line for cls in homes for line in inspect.getsourcelines(cls)[0]]
    heading = re.compile(r"    # -- (\w+) -+$")
    method = re.compile(r"    def ([a-z]\w*)\(")
    yield from described(Strategy, with_methods=False)
    for line in source:
        if found := heading.match(line):
            yield f"## {found[1].capitalize()}"
        elif found := method.match(line):
            yield from one_method(found[1], inspect.getattr_static(Strategy, found[1]))


def bundled() -> Catalog:
    """Return what the packages of this checkout offer, whatever else is installed."""
    return Catalog.gather(PluginHost.discover(only=BUNDLED))


# -- pieces --------------------------------------------------------------------


def described(cls: type, *, with_methods: bool = True) -> Iterator[str]:
    """Yield a class: what its docstring says, its fields, its methods."""
    text, bodies = sections(cls)
    yield text
    if attrs.has(cls):
        yield table(cls)
    elif "Attributes" in bodies:
        yield bullets(bodies["Attributes"])
    elif (fields := inspect.get_annotations(cls)) and with_methods:
        yield "\n".join(f"- `{name}: {kind}`" for name, kind in fields.items())
    if with_methods and not attrs.has(cls):
        for name, member in vars(cls).items():
            is_public = not name.startswith("_")
            if is_public and (inspect.isfunction(member) or isinstance(member, property)):
                yield from one_method(name, member)


def one_method(name: str, member: Any) -> Iterator[str]:
    """Yield a method or property: its signature, and what its docstring says."""
    if isinstance(member, property):
        assert member.fget is not None  # noqa: S101  for the type checker
        kind = inspect.get_annotations(member.fget)["return"]
        yield f"### `{name}: {kind}`"
        yield from documented(member.fget)
        return
    yield f"### `{name}`"
    yield f"`{signature(name, member)}`"
    yield from documented(member)


def signature(name: str, function: Callable[..., Any]) -> str:
    """Return a signature as a caller sees it: without `self`, annotations as written."""
    found = inspect.signature(function)
    seen = []
    for parameter in found.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in seen:
            seen.append("*")
        value = parameter.default
        shown = f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)
        given = "" if value is parameter.empty else f" = {shown}"
        seen.append(f"{parameter.name}: {parameter.annotation}{given}")
    return f"{name}({', '.join(seen)}) -> {found.return_annotation}"


def documented(thing: Any) -> Iterator[str]:
    """Yield a docstring as Markdown."""
    text, bodies = sections(thing)
    yield text
    for title, body in bodies.items():
        if title in {"Args", "Attributes", "Raises"}:
            label = {"Args": "Arguments", "Attributes": "Attributes", "Raises": "Raises"}[title]
            yield f"{label}:\n\n{bullets(body)}"
        else:
            yield f"{title}: {unwrapped(body)}"


def all_topics() -> Iterator[str]:
    """Yield the manual of the topics' module, and the type of message behind each name."""
    for part in inspect.cleandoc(topics.__doc__ or "").split("\n\n")[1:-1]:
        yield part if part.startswith("|") else unwrapped(part)
    yield "## Types"
    yield "What a handler is given, and what to subscribe to by type:"
    rows = (f"| `{each.name}` | `{each.kind.__name__}` |" for each in topics.TOPICS)
    yield "\n".join(("| topic | type |", "|---|---|", *rows))


def bullets(body: str) -> str:
    """Return a section's entries as a list."""
    return "\n".join(f"- `{name}`: {text}" for name, text in entries(body).items())


def table(cls: Any) -> str:
    """Return the fields of an attrs class: name, type, default and what they mean."""
    lines = ["| name | type | default | meaning |", "|---|---|---|---|"]
    for each in described_fields(cls):
        default = "required" if each.default is None else f"`{each.default}`"
        cells = (f"`{each.name}`", f"`{each.kind}`", default, each.meaning)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    for each, maker in pages().items():
        new = page(each, maker)
        if new != each.read_text(encoding="utf-8"):
            each.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{each.name} has changed\n")
