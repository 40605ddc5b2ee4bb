"""`homalos backtest`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import attrs
import rich_click as click
from attrs import frozen

from homalos.cli.faults import tell_faults, tell_left_out
from homalos.cli.market_doubts import warn_of_doubts
from homalos.cli.options import (
    CONFIG,
    ENV,
    HOME,
    PLUGIN,
    SET,
    Asked,
    Outcome,
    as_pairs,
    with_options,
)
from homalos.cli.settled_days import STATEMENTS, as_values, keep, settled_table
from homalos.cli.several_files import DATA, SeveralFiles
from homalos.cli.tape import LABEL, STRICT, as_interval, symbol_of, tell_bad_rows
from homalos.cli.words import event_line
from homalos.config import (
    AccountSettings,
    FeedSettings,
    GatewaySettings,
    JournalSettings,
    Settings,
    StrategySettings,
)
from homalos.config.given import Given
from homalos.config.yaml_text import read_text
from homalos.engine.bars import interval_ns
from homalos.engine.build import make_markets, make_reader
from homalos.engine.engine import Engine
from homalos.engine.series.keeping import main_file, read_series
from homalos.engine.series.names import product_of_main
from homalos.engine.strategies.sources import strategy_class
from homalos.engine.summary import RunSummary
from homalos.engine.tapes import TapeOptions
from homalos.errors import ConfigError, DataError
from homalos.model import Alert, BarData, Interval, PositionMode, Statement, TickData
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy

__all__ = ["backtest"]


class _StrategyThenFiles(SeveralFiles):
    """A command whose STRATEGY would be taken for a file behind `--data`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Say what to do about a strategy that is missing."""
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            if error.param is None or error.param.name != "strategy":
                raise
            msg = f"Missing STRATEGY: put it before {DATA}, which takes every word behind it"
            raise click.UsageError(msg, ctx) from error


def _as_capital(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation as error:
        msg = f"{text!r} is no amount of money"
        raise click.BadParameter(msg) from error


@click.command("backtest", cls=_StrategyThenFiles)
@click.argument("strategy")
@click.option(
    "--data",
    "files",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE...",
    help="Ticks or bars: one file or several, CSV (also .gz) or Parquet. Repeatable.",
)
@click.option("--symbol", required=True, metavar="S", help="What to trade, such as rb2510.SHFE.")
@click.option(
    "-p",
    "params",
    multiple=True,
    callback=as_pairs,
    metavar="KEY=VALUE",
    help="A parameter of the strategy. Repeatable.",
)
@click.option(
    "--interval",
    callback=as_interval,
    metavar="LENGTH",
    help="Length of the strategy's bars, such as 5m; else that of the bars in the files, else 1m.",
)
@LABEL
@click.option(
    "--capital", callback=_as_capital, metavar="N", help="What the account starts with.  [1000000]"
)
@click.option(
    "--mode",
    type=click.Choice([str(mode) for mode in PositionMode]),
    help="Long and short side by side (hedging), or one position (netting).",
)
@STRICT
@STATEMENTS
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def backtest(asked: Asked, **options: Any) -> Outcome:
    """Run STRATEGY over recorded ticks or bars.

    STRATEGY is the name of one that a plugin offers, or a class of your own as
    path/to/file.py:ClassName.
    """
    wish = _Wish(**options)
    settings = asked.settings(asked.config)
    engine, wanted = _prepared(wish, settings, asked.host())
    told = tell_left_out(engine)
    tell_bad_rows(engine.parts.reader.bad_rows)
    engine.observe([Alert], _tell, name="console", policy="block")
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


# -- what to run ----------------------------------------------------------------


@frozen(kw_only=True)
class _Wish:
    """What the command line asks for."""

    strategy: str
    files: Sequence[Path]
    symbol: str
    params: Mapping[str, str]
    interval: str | None
    label: Literal["start", "end"] | None
    capital: Decimal | None
    mode: str | None
    strict: bool
    statements: str | None


def _prepared(wish: _Wish, settings: Settings, host: PluginHost) -> tuple[Engine, StrategySettings]:
    """Return an engine with the strategy in it, ready to run.

    Raises:
        HomalosError: Something asked for is not there, or does not fit together.
    """
    catalog = Catalog.gather(host)
    own = strategy_class(wish.strategy)
    if own is None:
        catalog.strategy(wish.strategy)
    symbol = symbol_of(catalog, settings, wish.symbol)
    # A main contract is another one from time to time: the files are read for all of them.
    only = None if product_of_main(symbol) else symbol
    tape = TapeOptions(symbol=only, label=wish.label, strict=wish.strict)
    tape, length = _looked_into(wish, catalog, settings, tape, product_of_main(symbol))
    wanted = StrategySettings(
        strategy=wish.strategy if own is None else own.__name__,
        symbols=(symbol,),
        interval=length,
        params={key: _given(text) for key, text in wish.params.items()},
    )
    return _engine(host, _over_tape(settings, wish), tape, wanted, own), wanted


def _looked_into(
    wish: _Wish, catalog: Catalog, settings: Settings, tape: TapeOptions, product: str
) -> tuple[TapeOptions, str]:
    """Return how to read the files, and the length of the strategy's bars.

    Raises:
        DataError: A file is missing or unreadable, none has the symbol, its bars are too
            long for the strategy's, or the main contract of the product is not known on
            the first day.
    """
    missing = [f"{path}: no such file" for path in wish.files if not path.is_file()]
    if missing:
        raise DataError("; ".join(missing))
    try:
        first = _first(wish.files, catalog, settings, tape)
    except DataError:
        if wish.interval is None:
            raise
        # Too few rows to tell how long the bars are: then they are as long as asked for.
        first = _first(wish.files, catalog, settings, attrs.evolve(tape, interval=wish.interval))
    if first is None:
        names = ", ".join(map(str, wish.files))
        msg = f"no tick or bar of {tape.symbol or 'any contract'} came from {names}"
        raise DataError(msg)
    if product:
        if product_of_main(first.symbol):
            msg = (
                f"the files hold {first.symbol}, a series made of several contracts, which cannot "
                "be traded; give the contracts' own, or write it with `series bars --as`"
            )
            raise DataError(msg)
        read_series(main_file(settings.home)).find(product).on(first.trading_day)
    if not isinstance(first, BarData):
        return tape, wish.interval or Interval.MINUTE.value
    held = first.interval
    if wish.interval is not None and not _is_made_of(wish.interval, held):
        msg = f"the files hold bars of {held}, of which none of {wish.interval} can be made"
        raise DataError(msg)
    return attrs.evolve(tape, interval=held), wish.interval or held


def _first(
    files: Sequence[Path], catalog: Catalog, settings: Settings, tape: TapeOptions
) -> TickData | BarData | None:
    markets = make_markets(catalog, settings)
    for path in files:
        first = next(make_reader(catalog, markets, tape).read([path]), None)
        if first is not None:
            return first
    return None


def _is_made_of(longer: str, shorter: str) -> bool:
    if longer == shorter:
        return True
    length = interval_ns(shorter)
    # A day has length 0: every shorter bar divides it.
    return length > 0 and interval_ns(longer) % length == 0


def _over_tape(settings: Settings, wish: _Wish) -> Settings:
    """Return the settings with the simulated venue, one account, the tape and nothing else."""
    venue = next((each for each in settings.gateways.values() if each.kind == "sim"), None)
    account = next(iter(settings.accounts.values()), AccountSettings())
    return attrs.evolve(
        settings,
        clock="event",
        gateways={"sim": venue or GatewaySettings()},
        accounts={
            "main": attrs.evolve(
                account,
                gateway="sim",
                capital=account.capital if wish.capital is None else wish.capital,
                mode=account.mode if wish.mode is None else PositionMode(wish.mode),
            )
        },
        feed=FeedSettings(options={"files": [str(path) for path in wish.files]}),
        strategies=(),
        store=None,
        statements=False,  # the days of the home are those of what runs live there
        journal=JournalSettings(),
    )


def _given(text: str) -> object:
    value = read_text(text)
    return value if isinstance(value, dict) else Given(value, text, "-p")


_OURS = frozenset({"strategy", "symbol", "symbols", "name", "interval", "account"})


def _engine(
    host: PluginHost,
    settings: Settings,
    tape: TapeOptions,
    wanted: StrategySettings,
    own: type[Strategy] | None,
) -> Engine:
    if own is None:
        return Engine.build(attrs.evolve(settings, strategies=(wanted,)), plugins=host, tape=tape)
    taken = sorted(_OURS & set(wanted.params))
    if taken:
        raise ConfigError([f"a parameter cannot be called {name!r} @ -p" for name in taken])
    engine = Engine.build(settings, plugins=host, tape=tape)
    engine.add_strategy(own, symbol=wanted.symbols[0], interval=wanted.interval, **wanted.params)
    return engine


# -- what to tell ---------------------------------------------------------------


def _tell(alerts: Sequence[Alert]) -> None:
    for alert in alerts:
        level, text = event_line(alert)
        sys.stderr.write(f"{level.lower()}: {text}\n")


def _kept(engine: Engine, wish: _Wish) -> str:
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
