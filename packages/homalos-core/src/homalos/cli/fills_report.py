"""Runs that differ by how the venue filled: their figures, and a page with the curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from pathlib import Path
from string import Template

from attrs import Factory, define, frozen

from homalos.cli.curve_drawing import COLOURS, Curve, drawing
from homalos.cli.words import money
from homalos.engine.summary import RunSummary

__all__ = ["Comparison", "Outcomes", "Run", "page"]


@frozen(kw_only=True)
class Run:
    """One run under one fill model.

    Attributes:
        model: Name of the model.
        doc: What it assumes, in one line.
        strategy: What ran.
        symbol: What it traded.
        files: Over which files.
        capital: What the account started with, currency.
        mode: Of the account's positions.
        currency: Of the account.
        summary: The figures.
        points: (nanoseconds UTC, equity), oldest first.
        code: The exit code that its faults ask for.
    """

    model: str
    doc: str
    strategy: str
    symbol: str
    files: Sequence[str]
    capital: Decimal
    mode: str
    currency: str
    summary: RunSummary
    points: Sequence[tuple[int, float]]
    code: int = 0


@frozen(kw_only=True)
class Comparison:
    """Several runs of one strategy over one tape, in the order asked for.

    Attributes:
        runs: At least one.
        params: The strategy's parameters, as they were written.
    """

    runs: Sequence[Run]
    params: Mapping[str, str]

    @property
    def title(self) -> str:
        """Return what ran, in a line."""
        first = self.runs[0]
        given = "".join(f", {key} {text}" for key, text in self.params.items())
        count = f"{len(first.files)} files" if len(first.files) > 1 else "1 file"
        return f"{first.strategy} on {first.symbol}{given}; {count}, {first.mode} account"

    @property
    def heads(self) -> tuple[str, ...]:
        """Return what the columns of `rows` are called."""
        return ("fills", "orders", "trades", "fees", "pnl", "drawdown")

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """Return the figures of each run as text; money in the account's currency."""
        return [
            (
                run.model,
                f"{run.summary.orders:,}",
                f"{run.summary.trades:,}",
                money(run.summary.fees),
                money(run.summary.pnl),
                money(Decimal(str(run.summary.max_drawdown))),
            )
            for run in self.runs
        ]


@define
class Outcomes:
    """Runs as they end.

    Attributes:
        runs: So far.
    """

    runs: list[Run] = Factory(list)

    def add(self, run: Run) -> None:
        """Take one more."""
        self.runs.append(run)

    @property
    def code(self) -> int:
        """Return the worst exit code."""
        return max((run.code for run in self.runs), default=0)

    def comparison(self, params: Mapping[str, str]) -> Comparison:
        """Return them beside each other."""
        return Comparison(runs=tuple(self.runs), params=params)


_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff;
       max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0 1rem; color: #57606a; }
svg { width: 100%; height: auto; display: block; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; text-align: right; border-bottom: 1px solid #d8dee4; }
th { font-weight: 600; color: #57606a; }
th:first-child, td:first-child { text-align: left; white-space: nowrap; }
.figures { overflow-x: auto; }
@media (max-width: 40rem) { th, td { padding: .3rem .3rem; font-size: .85rem; } }
dt { font-weight: 600; margin-top: .6rem; }
dd { margin: 0; }
.swatch { display: inline-block; width: 1.1rem; height: .25rem; margin-right: .5rem;
          vertical-align: middle; border-radius: 2px; }
</style>
</head>
<body>
<h1>$strategy on $symbol: one strategy, $count ways to fill</h1>
<p>$about</p>
$drawing
<h2>Figures</h2>
<div class="figures"><table>
<thead><tr>$heads</tr></thead>
<tbody>
$rows
</tbody>
</table></div>
<h2>What each model assumes</h2>
<dl>
$models
</dl>
</body>
</html>
""")


def page(found: Comparison) -> str:
    """Return the report: one HTML page with its drawing in it, no script, nothing to load."""
    first = found.runs[0]
    curves = [
        Curve(run.model, [(ts_ns, equity - float(run.capital)) for ts_ns, equity in run.points])
        for run in found.runs
    ]
    about = "; ".join(
        (
            f"capital {money(first.capital)} {first.currency}, {first.mode} account",
            *(f"{key} {text}" for key, text in found.params.items()),
            "tape: " + ", ".join(Path(each).name for each in first.files),
        )
    )
    return _PAGE.substitute(
        title=escape(found.title),
        strategy=escape(first.strategy),
        symbol=escape(first.symbol),
        count=len(found.runs),
        about=escape(about),
        drawing=drawing(curves, f"Equity less capital, {first.currency}"),
        heads="".join(f"<th>{escape(head)}</th>" for head in found.heads),
        rows="\n".join(_row(cells, index) for index, cells in enumerate(found.rows)),
        models="\n".join(
            f"<dt>{escape(run.model)}</dt><dd>{escape(run.doc)}</dd>" for run in found.runs
        ),
    )


def _row(cells: Sequence[str], index: int) -> str:
    colour = COLOURS[index % len(COLOURS)]
    name, *figures = map(escape, cells)
    first = f'<td><span class="swatch" style="background:{colour}"></span>{name}</td>'
    return f"<tr>{first}{''.join(f'<td>{each}</td>' for each in figures)}</tr>"
