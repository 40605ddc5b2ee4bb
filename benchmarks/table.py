"""The results as a person reads them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["show"]


def show(
    results: Sequence[dict[str, Any]], missed: Sequence[str], wrong: Sequence[str], *, quick: bool
) -> None:
    """Print the table, then what was missed and what is wrong."""
    console = Console()
    table = Table("case", "floor", "ours", "measured", "target", "verdict", box=None)
    for each in results:
        verdict = _verdict(each)
        table.add_row(
            each["case"],
            _seconds(each.get("floor_s")),
            _seconds(each.get("ours_s")),
            each["measured"],
            each.get("target", ""),
            f"{verdict} (quick)" if quick and verdict else verdict,
        )
    console.print(table)
    for each in results:
        notes = [
            f"{name.replace('_', ' ')} {each[name]:,}"
            for name in ("trades", "bus_deliveries", "rules_evaluated", "ledger_postings")
            if name in each
        ]
        if notes:
            console.print(f"{each['case']}: {', '.join(notes)}, hash {each['decision_hash'][:16]}")
        for note in each.get("notes", ()):
            console.print(f"{each['case']}: {note}", highlight=False)
        for peer, ratio in each.get("peers", {}).items():
            console.print(f"{each['case']}: {peer} {ratio}")
    for sentence in missed:
        console.print(f"missed: {sentence}", style="yellow")
    for sentence in wrong:
        console.print(f"wrong: {sentence}", style="bold red")


def _verdict(result: dict[str, Any]) -> str:
    met = result.get("met")
    if met is None:
        return "not compared" if "target" in result else ""
    return "met" if met else "MISSED"


def _seconds(passes: Sequence[float] | None) -> str:
    return f"{statistics.median(passes):.3f} s" if passes else ""
