"""`homalos backtest`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import rich_click as click

from homalos.cli.backtest_run import StrategyThenFiles, Wish, prepared, run_options
from homalos.cli.faults import tell_faults, tell_left_out
from homalos.cli.market_doubts import warn_of_doubts
from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.cli.settled_days import STATEMENTS, as_values, keep, settled_table
from homalos.cli.tape import tell_bad_rows
from homalos.cli.words import event_line
from homalos.config.yaml_text import read_text
from homalos.engine.engine import Engine
from homalos.engine.summary import RunSummary
from homalos.model import Alert, Statement

__all__ = ["backtest", "tell_alerts"]


@click.command("backtest", cls=StrategyThenFiles)
@run_options
@STATEMENTS
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def backtest(asked: Asked, **options: Any) -> Outcome:
    """Run STRATEGY over recorded ticks or bars.

    STRATEGY is the name of one that a plugin offers, or a class of your own as
    path/to/file.py:ClassName.
    """
    wish = Wish(**options)
    settings = asked.settings(asked.config)
    engine, wanted = prepared(wish, settings, asked.host())
    told = tell_left_out(engine)
    tell_bad_rows(engine.parts.reader.bad_rows)
    engine.observe([Alert], tell_alerts, name="console", policy="block")
    warn_of_doubts(engine, wanted.symbols)
    begun = time.perf_counter()
    settler = engine.parts.settler
    settler.lines = wish.statements is not None
    summary = engine.run()
    took = time.perf_counter() - begun
    code = tell_faults(engine, told)
    symbol = wanted.symbols[0]
    count = f"{len(wish.files)} files" if len(wish.files) > 1 else "1 file"
    title = f"{wanted.strategy} on {symbol}, bars of {wanted.interval}, {count}, {took:.1f} s"
    account = engine.parts.settings.accounts["main"]
    text = _kept(engine, wish)
    return Outcome(
        data={
            **summary.as_dict(),
            "strategy": wanted.strategy,
            "symbol": symbol,
            "interval": wanted.interval,
            "params": {key: read_text(text) for key, text in wish.params.items()},
            "capital": float(account.capital),
            "mode": str(account.mode),
            "files": [str(path) for path in wish.files],
            "days": as_values(settler.statements),
        },
        show=lambda: _show(title, summary, settler.statements, text),
        code=code,
    )


# -- what to tell ---------------------------------------------------------------


def tell_alerts(alerts: Sequence[Alert]) -> None:
    """Write alerts to standard error, a line each."""
    for alert in alerts:
        level, text = event_line(alert)
        sys.stderr.write(f"{level.lower()}: {text}\n")


def _kept(engine: Engine, wish: Wish) -> str:
    """Keep the days where they are wanted; return their text where they are to be printed."""
    if wish.statements is None:
        return ""
    form = next(iter(engine.parts.catalog.statement_formats.values()), None)
    write = form.write if form else None
    return keep(engine.parts.settler.statements, wish.statements, write)


def _show(title: str, summary: RunSummary, days: Sequence[Statement], text: str) -> None:
    from homalos.cli.tables import run_report, say

    if text:
        click.echo(text)
    say(*run_report(title, summary), *(() if text else settled_table(days)))
