"""`homalos series`: which contract is the main one, and the prices of all of them as one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import rich_click as click
from attrs import frozen
from msgspec import structs

from homalos.cli.bar_files import COLUMNS, as_row, save, write_csv, write_json
from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.cli.series_room import Room
from homalos.cli.series_words import roll_data, roll_line
from homalos.cli.several_files import DATA, SeveralFiles
from homalos.cli.tape import LABEL, STRICT, as_interval
from homalos.engine.series.adjusting import Adjust, Spliced, splice, with_prices
from homalos.engine.series.choosing import RollRule, choose
from homalos.engine.series.days import is_day
from homalos.engine.series.figures import count_days
from homalos.engine.series.hots import read_hots
from homalos.engine.series.keeping import read_series
from homalos.engine.tapes import TapeOptions
from homalos.errors import DataError
from homalos.model import BarData, TickData

if TYPE_CHECKING:
    from homalos.engine.series.rolls import MainSeries, Roll

__all__ = ["bars", "compute", "import_rolls", "show"]

_SHARED = (CONFIG, ENV, HOME, SET, PLUGIN)
_FORMATS = ("csv", "json", "parquet")


def _data(*, required: bool) -> Callable[[Any], Any]:
    return click.option(
        DATA,
        "files",
        multiple=True,
        required=required,
        type=click.Path(path_type=Path),
        metavar="FILE...",
        help="Ticks or bars of several contracts, CSV (also .gz) or Parquet. Repeatable.",
    )


_REPLACE = click.option(
    "--replace", is_flag=True, help="Put the new rows in the place of others of the same product."
)


def _as_day(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Read a day: `20250106`, `2025-01-06`."""
    if text is None:
        return None
    digits = text.replace("-", "")
    if not digits.isdecimal() or not is_day(int(digits)):
        msg = f"{text!r} is no day; write 2025-01-06 or 20250106"
        raise click.BadParameter(msg)
    return int(digits)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--until",
    callback=_as_day,
    metavar="DAY",
    help="Last day up to which FILE is complete; else the latest date in it.",
)
@_REPLACE
@with_options(*_SHARED)
def import_rolls(asked: Asked, *, file: Path, until: int | None, replace: bool) -> Outcome:
    """Take over the roll dates of FILE, a hots.json as WonderTrader keeps it (also .gz).

    They are written into market/main.csv of the home folder.
    """
    room = Room.of(asked)
    imported = read_hots(file, room, until=until or 0)
    if not imported.rolls:
        reasons = "; ".join(imported.left_out.values())
        msg = f"{file}: not one product in it is known here: {reasons}"
        raise DataError(msg)
    products = room.keep(imported.rolls, replace=replace)
    for product, reason in imported.left_out.items():
        sys.stderr.write(f"warning: {product} is left out: {reason}\n")
    for roll in imported.backwards:
        sys.stderr.write(f"warning: not to a later delivery month: {roll_line(roll)}\n")
    for roll in imported.without_prices:
        sys.stderr.write(f"warning: no price at this roll: {roll_line(roll)}\n")
    data = {
        "file": str(room.file),
        "rows": len(imported.rolls),
        "products": products,
        "left_out": dict(imported.left_out),
        "backwards": [roll_data(roll) for roll in imported.backwards],
        "without_prices": [roll_data(roll) for roll in imported.without_prices],
    }
    word = "product" if len(products) == 1 else "products"
    text = f"{len(imported.rolls)} rows of {len(products)} {word} in {room.file}"
    return Outcome(data=data, show=lambda: click.echo(text))


@click.command("compute", cls=SeveralFiles)
@_data(required=False)
@click.option("--stored", is_flag=True, help="Take the bars of the settings' store, not files.")
@click.option("--from", "from_day", callback=_as_day, metavar="DAY", help="With --stored: since.")
@click.option(
    "--until", callback=_as_day, metavar="DAY", help="With --stored: to which day; else today."
)
@click.option(
    "--interval",
    callback=as_interval,
    default="1m",
    show_default=True,
    help="With --stored: which bars.",
)
@click.option("--product", required=True, metavar="P", help="Such as rb.SHFE.")
@click.option(
    "--by",
    type=click.Choice(("oi", "volume")),
    default="oi",
    show_default=True,
    help="What is compared: open interest, or lots traded.",
)
@click.option(
    "--factor",
    type=click.FloatRange(1, 10),
    default=1.1,
    show_default=True,
    help="How many times the main contract's figure a challenger must be above.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 60),
    default=1,
    show_default=True,
    help="On how many evenings in a row.",
)
@click.option(
    "--price",
    type=click.Choice(("close", "settlement")),
    default="close",
    show_default=True,
    help="Which prices tell the difference at a roll.",
)
@_REPLACE
@STRICT
@with_options(*_SHARED)
def compute(asked: Asked, **options: Any) -> Outcome:
    """Find a product's main contracts in files or in the store, and keep them.

    A contract becomes the main one on the trading day after the evening that decided;
    a roll never goes back to an earlier delivery month.
    """
    wish = _Computing(**options)
    if wish.stored == bool(wish.files) or wish.stored != (wish.from_day is not None):
        msg = f"give files with {DATA}, or --stored with --from"
        raise click.UsageError(msg)
    room = Room.of(asked)
    series = room.series_of(wish.product)
    events: Iterable[BarData | TickData]
    if wish.from_day is not None:
        events = room.stored(series, wish.interval, wish.from_day, wish.until)
    else:
        events = room.read(wish.files, TapeOptions(strict=wish.strict), series.contains)
    rule = RollRule(by=wish.by, factor=wish.factor, days=wish.days, price=wish.price)
    found = choose(series.product, count_days(events), rule, following=series.days.after)
    for day, symbol in found.holes:
        text = f"no data of {symbol} on {day}, when it was the main contract: nothing was decided"
        sys.stderr.write(f"warning: {text}\n")
    room.keep(found.series.rolls, replace=wish.replace)
    return _shown(found.series, found.series.rolls)


@click.command("show")
@click.argument("product")
@click.option("--on", "day", callback=_as_day, metavar="DAY", help="Only what holds on a day.")
@with_options(*_SHARED)
def show(asked: Asked, *, product: str, day: int | None) -> Outcome:
    """Show the main contracts of PRODUCT, such as rb.SHFE, and from when to when."""
    room = Room.of(asked)
    found = read_series(room.file).find(room.series_of(product).product)
    return _shown(found, found.rolls if day is None else (found.on(day),))


@click.command("bars", cls=SeveralFiles)
@click.argument("main")
@_data(required=True)
@click.option(
    "--as",
    "written_as",
    metavar="S",
    help="Symbol to write them under, such as rbHOT.SHFE, which a backtest takes for a contract.",
)
@click.option(
    "--adjust",
    type=click.Choice(("none", "back", "ratio")),
    default="none",
    show_default=True,
    help="Keep the jumps at rolls; shift older prices by them; or multiply older prices.",
)
@click.option("--interval", callback=as_interval, help="Which bars, where the files hold several.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(_FORMATS),
    help="What to write; else what the name of --output says, else csv.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where; else standard output."
)
@LABEL
@STRICT
@with_options(*_SHARED)
def bars(asked: Asked, **options: Any) -> Outcome:
    """Write the bars of a main contract, MAIN as in rb.MAIN.SHFE, as one series.

    Each trading day's bars are those of the contract that is the main one on it. The
    newest contract keeps its own prices.
    """
    wish = _Splicing(**options)
    output = wish.output
    kind = wish.kind or (output.suffix[1:].lower() if output is not None else "")
    kind = kind if kind in _FORMATS else "csv"
    if kind == "parquet" and output is None:
        msg = "Parquet is no text: say with --output where it shall go"
        raise click.UsageError(msg)
    room = Room.of(asked)
    series = room.series_of(wish.main)
    rows = read_series(room.file).find(series.product)
    tape = TapeOptions(label=wish.label, strict=wish.strict)
    held = _of_one_length(room.read(wish.files, tape, series.contains), wish.interval)
    if wish.adjust != "none":
        rows = with_prices(rows, count_days(held), preceding=series.days.before)
    spliced = splice(held, rows, wish.adjust, snap=room.markets.instrument(rows.symbol).snap)
    if spliced.outside:
        text = f"{spliced.outside} bars are of days on which the main contract is not known"
        sys.stderr.write(f"warning: {series.product}: {text}\n")
    symbol = room.markets.parse(wish.written_as) if wish.written_as else rows.symbol
    return _written(spliced, symbol, wish.adjust, kind, output)


@frozen(kw_only=True)
class _Computing:
    """What the command line asks `compute` for."""

    files: Sequence[Path]
    stored: bool
    from_day: int | None
    until: int | None
    interval: str
    product: str
    by: Literal["oi", "volume"]
    factor: float
    days: int
    price: Literal["close", "settlement"]
    replace: bool
    strict: bool


@frozen(kw_only=True)
class _Splicing:
    """What the command line asks `bars` for."""

    main: str
    files: Sequence[Path]
    written_as: str | None
    adjust: Adjust
    interval: str | None
    kind: str | None
    output: Path | None
    label: Literal["start", "end"] | None
    strict: bool


def _written(
    spliced: Spliced, symbol: str, adjust: Adjust, kind: str, output: Path | None
) -> Outcome:
    """Write the bars into the file, or leave them to standard output; in JSON, to the object."""
    rows = [as_row(structs.replace(bar, symbol=symbol)) for bar in spliced.bars]
    data = {
        "symbol": symbol,
        "adjust": adjust,
        "bars": len(rows),
        "outside": spliced.outside,
        "segments": [
            {**roll_data(roll), "add": float(factor.add), "times": float(factor.times)}
            for roll, factor in spliced.segments
        ],
        "output": None if output is None else str(output),
    }
    if output is not None:
        save(rows, output, kind)
        told = f"{len(rows)} bars of {symbol} in {output}"
        return Outcome(data=data, show=lambda: click.echo(told))
    write = write_csv if kind == "csv" else write_json
    objects = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return Outcome(data={**data, "rows": objects}, show=lambda: write(rows, sys.stdout))


def _shown(series: MainSeries, rolls: Sequence[Roll]) -> Outcome:
    def lines() -> None:
        for roll in rolls:
            click.echo(roll_line(roll))

    data = {
        "product": series.product,
        "symbol": series.symbol,
        "rows": [roll_data(roll) for roll in rolls],
    }
    return Outcome(data=data, show=lines)


def _of_one_length(events: Iterable[BarData | TickData], interval: str | None) -> list[BarData]:
    """Return the bars of the length asked for, or of the only one there is.

    Raises:
        DataError: There are ticks, or bars of several lengths and none is asked for.
    """
    held = []
    for event in events:
        if not isinstance(event, BarData):
            msg = f"the files hold ticks of {event.symbol}; make bars of them with `data bars`"
            raise DataError(msg)
        if interval in (None, event.interval):
            held.append(event)
    lengths = sorted({bar.interval for bar in held})
    if len(lengths) > 1:
        msg = f"the files hold bars of {' and '.join(lengths)}; say with --interval which to take"
        raise DataError(msg)
    return held
