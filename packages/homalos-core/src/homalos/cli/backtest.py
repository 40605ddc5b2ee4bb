"""`homalos backtest`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import attrs
import rich_click as click

from homalos.cli.options import CONFIG, HOME, PLUGIN, SET, Asked, Outcome, as_pairs, with_options
from homalos.cli.strategy_file import strategy_class
from homalos.cli.tape import LABEL, STRICT, as_interval, symbol_of, tell_bad_rows
from homalos.config import (
    AccountSettings,
    FeedSettings,
    GatewaySettings,
    JournalSettings,
    Settings,
    StrategySettings,
)
from homalos.config.problems import Given
from homalos.config.yaml_text import read_text
from homalos.engine.bars import interval_ns
from homalos.engine.build import make_markets, make_reader
from homalos.engine.engine import Engine
from homalos.engine.summary import RunSummary
from homalos.engine.tapes import TapeOptions
from homalos.errors import ConfigError, DataError
from homalos.model import Alert, BarData, Interval, PositionMode, TickData
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy

__all__ = ["backtest"]


def _one_by_one(arguments: Sequence[str], flag: str) -> Iterator[str]:
    """Yield arguments with a flag in front of each of the words that follow it."""
    inside = False
    for at, argument in enumerate(arguments):
        if argument == "--":
            yield from arguments[at:]
            return
        is_option = argument.startswith("-") and len(argument) > 1
        if is_option:
            inside = argument == flag or argument.startswith(f"{flag}=")
        following = arguments[at + 1 : at + 2]
        if argument == flag and following and not following[0].startswith("-"):
            continue  # it comes again with each word
        if inside and not is_option:
            yield flag
        yield argument


class _SeveralFiles(click.RichCommand):
    """A command whose `--data` takes every word up to the next option, as a shell expands `*`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write the flag out for each file, as click knows it."""
        return super().parse_args(ctx, list(_one_by_one(args, "--data")))


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


@click.command("backtest", cls=_SeveralFiles)
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
@with_options(CONFIG, HOME, SET, PLUGIN)
def backtest(
    asked: Asked,
    *,
    strategy: str,
    files: Sequence[Path],
    symbol: str,
    params: Mapping[str, str],
    interval: str | None,
    label: Any,
    capital: Decimal | None,
    mode: str | None,
    strict: bool,
) -> Outcome:
    """Run STRATEGY over recorded ticks or bars.

    STRATEGY is the name of one that a plugin offers, or a class of your own as
    path/to/file.py:ClassName.
    """
    host = asked.host()
    catalog = Catalog.gather(host)
    settings = asked.settings(asked.config)
    own = strategy_class(strategy)
    if own is None:
        catalog.strategy(strategy)
    only = symbol_of(catalog, settings, symbol)
    tape = TapeOptions(symbol=only, label=label, strict=strict)
    tape, length = _look_into(files, catalog, settings, tape, interval)
    settings = _over_tape(settings, files, capital, mode)
    wanted = StrategySettings(
        strategy=strategy if own is None else own.__name__,
        symbols=(only,),
        interval=length,
        params={key: _given(text) for key, text in params.items()},
    )
    engine = _engine(host, settings, tape, wanted, own)
    tell_bad_rows(engine.parts.reader.bad_rows)
    engine.observe([Alert], _tell, name="console", policy="block")
    begun = time.perf_counter()
    summary = engine.run()
    took = time.perf_counter() - begun
    account = next(iter(settings.accounts.values()))
    title = f"{wanted.strategy} on {only}, bars of {length}, {len(files)} files, {took:.1f} s"
    return Outcome(
        data={
            **summary.as_dict(),
            "strategy": wanted.strategy,
            "symbol": only,
            "interval": length,
            "params": {key: read_text(text) for key, text in params.items()},
            "capital": float(account.capital),
            "mode": str(account.mode),
            "files": [str(path) for path in files],
        },
        show=lambda: _show(title, summary),
    )


# -- what to run ----------------------------------------------------------------


def _look_into(
    files: Sequence[Path],
    catalog: Catalog,
    settings: Settings,
    tape: TapeOptions,
    interval: str | None,
) -> tuple[TapeOptions, str]:
    """Return how to read the files, and the length of the strategy's bars.

    Raises:
        DataError: A file is missing or unreadable, none has the symbol, or its bars
            are too long for the strategy's.
    """
    missing = [f"{path}: no such file" for path in files if not path.is_file()]
    if missing:
        raise DataError("; ".join(missing))
    try:
        first = _first(files, catalog, settings, tape)
    except DataError:
        if interval is None:
            raise
        # Too few rows to tell how long the bars are: then they are as long as asked for.
        first = _first(files, catalog, settings, attrs.evolve(tape, interval=interval))
    if first is None:
        names = ", ".join(map(str, files))
        msg = f"no tick or bar of {tape.symbol} came from {names}"
        raise DataError(msg)
    if not isinstance(first, BarData):
        return tape, interval or Interval.MINUTE.value
    held = first.interval
    if interval is not None and not _is_made_of(interval, held):
        msg = f"the files hold bars of {held}, of which none of {interval} can be made"
        raise DataError(msg)
    return attrs.evolve(tape, interval=held), interval or held


def _first(
    files: Sequence[Path], catalog: Catalog, settings: Settings, tape: TapeOptions
) -> TickData | BarData | None:
    markets = make_markets(catalog, settings)
    for path in files:
        events = make_reader(catalog, markets, tape).read([path])
        with closing(events):  # type: ignore[type-var]  # importers are generators
            first = next(events, None)
        if first is not None:
            return first
    return None


def _is_made_of(longer: str, shorter: str) -> bool:
    if longer == shorter:
        return True
    length = interval_ns(shorter)
    # A day has length 0: every shorter bar divides it.
    return length > 0 and interval_ns(longer) % length == 0


def _over_tape(
    settings: Settings, files: Sequence[Path], capital: Decimal | None, mode: str | None
) -> Settings:
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
                capital=account.capital if capital is None else capital,
                mode=account.mode if mode is None else PositionMode(mode),
            )
        },
        feed=FeedSettings(options={"files": [str(path) for path in files]}),
        strategies=(),
        store=None,
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
        sys.stderr.write(f"{alert.level}: {alert.source}: {alert.message}\n")


def _show(title: str, summary: RunSummary) -> None:
    from homalos.cli.tables import run_report, say

    say(*run_report(title, summary))
