"""`homalos fills compare`: one strategy, one tape, several fill models."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import rich_click as click
from rich.text import Text

from homalos.cli.backtest import tell_alerts
from homalos.cli.backtest_run import StrategyThenFiles, Wish, prepared, run_options
from homalos.cli.equity_curve import EquityCurve
from homalos.cli.faults import tell_faults, tell_left_out
from homalos.cli.fills_report import Comparison, Outcomes, Run, page
from homalos.cli.market_doubts import warn_of_doubts
from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.cli.tables import listing, say
from homalos.cli.tape import tell_bad_rows
from homalos.config import GatewaySettings, Settings
from homalos.engine.engine import Engine
from homalos.errors import HomalosError
from homalos.model import Alert, BarData, TickData
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost

__all__ = ["compare"]

_MODELS = "optimistic,queue,pessimistic"


def _as_models(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        msg = f"{text!r} is no list of fill models; write {_MODELS}"
        raise click.BadParameter(msg)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"{', '.join(twice)} is named twice"
        raise click.BadParameter(msg)
    return tuple(names)


@click.command("compare", cls=StrategyThenFiles)
@run_options
@click.option(
    "--fills",
    "models",
    default=_MODELS,
    show_default=True,
    callback=_as_models,
    metavar="NAME,...",
    help="Fill models of the simulated venue, two or more to be told apart.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Write the equity curves and figures into one file that needs no network.",
)
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def compare(asked: Asked, models: Sequence[str], report: Path | None, **options: Any) -> Outcome:
    """Run STRATEGY over recorded ticks or bars, once under each of several fill models.

    `optimistic` and `pessimistic` bound the fills of an order, not what a strategy makes;
    one that lives on the first alone lives on a flattering venue.
    """
    wish = Wish(**options)
    settings, host = asked.settings(asked.config), asked.host()
    if report is not None and not report.absolute().parent.is_dir():
        msg = f"{report.parent}: no such folder to write the report into; make it first"
        raise HomalosError(msg)
    catalog = Catalog.gather(host)
    docs = {name: catalog.fill_model(name).doc for name in models}
    outcomes = Outcomes()
    for name in models:
        is_first = not outcomes.runs
        under = _under(settings, name)
        outcomes.add(_run(wish, under, host, name, docs[name], is_first=is_first))
    found = outcomes.comparison(wish.params)
    if report is not None:
        report.write_text(page(found), encoding="utf-8")
    return Outcome(
        data=_values(found, wish, report),
        show=lambda: _show(found, report),
        code=outcomes.code,
    )


def _under(settings: Settings, model: str) -> Settings:
    """Return the settings with every simulated venue filling by a model."""
    gateways: Mapping[str, GatewaySettings] = settings.gateways or {"sim": GatewaySettings()}
    return attrs.evolve(
        settings,
        gateways={
            name: attrs.evolve(each, options={**each.options, "fill_model": model})
            if each.kind == "sim"
            else each
            for name, each in gateways.items()
        },
    )


def _run(
    wish: Wish, settings: Settings, host: PluginHost, model: str, doc: str, *, is_first: bool
) -> Run:
    engine, wanted = prepared(wish, settings, host)
    told = tell_left_out(engine)
    engine.observe([Alert], tell_alerts, name="console", policy="block")
    if is_first:
        # The others would say the same of the same files and contracts.
        tell_bad_rows(engine.parts.reader.bad_rows)
        warn_of_doubts(engine, wanted.symbols)
    curve = _watched(engine)
    sys.stderr.write(f"{wanted.strategy} on {wanted.symbols[0]}, filled by {model}\n")
    summary = engine.run()
    curve.end()
    account = engine.parts.settings.accounts["main"]
    return Run(
        model=model,
        doc=doc,
        strategy=wanted.strategy,
        symbol=wanted.symbols[0],
        files=tuple(map(str, wish.files)),
        capital=account.capital,
        mode=str(account.mode),
        currency=account.currency,
        summary=summary,
        points=tuple(curve.points),
        code=tell_faults(engine, told),
    )


def _watched(engine: Engine) -> EquityCurve:
    accounts, loop = engine.parts.accounts, engine.parts.loop
    curve = EquityCurve(lambda: float(accounts.account_data("main", loop.trading_day).equity))
    engine.subscribe(TickData, curve.hear, name="equity curve")
    engine.subscribe(BarData, curve.hear, name="equity curve")
    return curve


def _values(found: Comparison, wish: Wish, report: Path | None) -> dict[str, Any]:
    first = found.runs[0]
    return {
        "strategy": first.strategy,
        "symbol": first.symbol,
        "params": dict(found.params),
        "capital": float(first.capital),
        "mode": first.mode,
        "files": [str(path) for path in wish.files],
        "fills": {run.model: run.summary.as_dict() for run in found.runs},
        "report": None if report is None else str(report),
    }


def _show(found: Comparison, report: Path | None) -> None:
    say(
        Text(f"{found.title}\n"),
        listing(found.heads, found.rows),
        *(Text(f"  {run.model}: {run.doc}") for run in found.runs),
    )
    if report is not None:
        say(Text(f"\nreport: {report}"))
