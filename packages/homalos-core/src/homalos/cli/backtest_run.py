"""What `backtest` and `fills compare` are asked, and the engine that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import attrs
import rich_click as click
from attrs import frozen

from homalos.cli.options import as_pairs
from homalos.cli.several_files import DATA, SeveralFiles
from homalos.cli.tape import LABEL, STRICT, as_interval, symbol_of
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
from homalos.engine.tapes import TapeOptions
from homalos.errors import ConfigError, DataError
from homalos.model import BarData, Interval, PositionMode, TickData
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy

__all__ = ["StrategyThenFiles", "Wish", "prepared", "run_options"]


class StrategyThenFiles(SeveralFiles):
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


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("strategy"),
    click.option(
        "--data",
        "files",
        multiple=True,
        required=True,
        type=click.Path(path_type=Path),
        metavar="FILE...",
        help="Ticks or bars: one file or several, CSV (also .gz) or Parquet. Repeatable.",
    ),
    click.option(
        "--symbol", required=True, metavar="S", help="What to trade, such as rb2510.SHFE."
    ),
    click.option(
        "-p",
        "params",
        multiple=True,
        callback=as_pairs,
        metavar="KEY=VALUE",
        help="A parameter of the strategy. Repeatable.",
    ),
    click.option(
        "--interval",
        callback=as_interval,
        metavar="LENGTH",
        help="Length of the strategy's bars, such as 5m; else that of the bars in the files, "
        "else 1m.",
    ),
    LABEL,
    click.option(
        "--capital",
        callback=_as_capital,
        metavar="N",
        help="What the account starts with.  [1000000]",
    ),
    click.option(
        "--mode",
        type=click.Choice([str(mode) for mode in PositionMode]),
        help="Long and short side by side (hedging), or one position (netting).",
    ),
    STRICT,
)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command STRATEGY and the options that say over what to run it, and how."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


# -- what to run ----------------------------------------------------------------


@frozen(kw_only=True)
class Wish:
    """What the command line asks for.

    Attributes:
        strategy: A name that a plugin offers, or `path/to/file.py:ClassName`.
        files: Ticks or bars.
        symbol: What to trade, as it was written.
        params: The strategy's parameters, as they were written.
        interval: Length of its bars; `None` leaves it to the files.
        label: Whether the time in a bar file is the bar's start or its end.
        capital: What the account starts with; `None` leaves it to the settings.
        mode: Of the account; `None` leaves it to the settings.
        strict: Whether a row that cannot be used is an error.
        statements: Where the days are kept; `None` keeps none.
    """

    strategy: str
    files: Sequence[Path]
    symbol: str
    params: Mapping[str, str]
    interval: str | None
    label: Literal["start", "end"] | None
    capital: Decimal | None
    mode: str | None
    strict: bool
    statements: str | None = None


def prepared(wish: Wish, settings: Settings, host: PluginHost) -> tuple[Engine, StrategySettings]:
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
    wish: Wish, catalog: Catalog, settings: Settings, tape: TapeOptions, product: str
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


def _over_tape(settings: Settings, wish: Wish) -> Settings:
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
