"""`homalos risk facts`: what a rule in the settings may look at."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from homalos_risk.expressions.facts import FACTS, Fact

__all__ = ["list_facts"]


@click.command("facts")
@click.argument("group", required=False, metavar="[GROUP]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_facts(group: str | None, *, as_json: bool) -> None:
    """List what a rule in the settings may look at: its name, kind, unit and meaning.

    GROUP is what stands before the point, such as account; all groups without it.
    """
    groups = {name.partition(".")[0] for name in FACTS}
    if group is not None and group not in groups:
        in_order = ", ".join(dict.fromkeys(name.partition(".")[0] for name in FACTS))
        msg = f"there is no group {group!r}; there are {in_order}"
        raise click.UsageError(msg)
    found = [fact for name, fact in FACTS.items() if group is None or name.startswith(f"{group}.")]
    if as_json:
        click.echo(json.dumps({"facts": [_as_dict(fact) for fact in found]}))
    else:
        click.echo("\n".join(_lines(found)))


def _as_dict(fact: Fact) -> dict[str, object]:
    return {
        "name": fact.name,
        "kind": str(fact.kind),
        "unit": fact.unit,
        "doc": fact.doc,
        "choices": [str(each) for each in fact.choices],
        "may_be_unknown": fact.may_be_unknown,
    }


def _lines(facts: list[Fact]) -> Iterator[str]:
    rows = [(fact.name, fact.unit or str(fact.kind), _meaning(fact)) for fact in facts]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    before = ""
    for name, unit, doc in rows:
        group = name.partition(".")[0]
        if before and group != before:
            yield ""
        before = group
        yield f"{name:<{widths[0]}}  {unit:<{widths[1]}}  {doc}"


def _meaning(fact: Fact) -> str:
    return f"{fact.doc} One of {', '.join(fact.choices)}." if fact.choices else fact.doc
