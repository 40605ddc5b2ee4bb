"""`homalos data bars`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import rich_click as click

from homalos.cli.bar_files import COLUMNS, as_row, save, write_csv, write_json
from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.cli.tape import LABEL, STRICT, as_interval, symbol_of, tell_bad_rows
from homalos.cli.tick_counts import class_counts, in_words, tell_classes
from homalos.config import BarSettings, JournalSettings, Settings
from homalos.engine.engine import Engine
from homalos.engine.tapes import TapeOptions
from homalos.errors import DataError
from homalos.model import BarData
from homalos.plugins.catalog import Catalog

__all__ = ["bars"]

_FORMATS = ("csv", "json", "parquet")


@click.command("bars")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option(
    "--interval", callback=as_interval, default="1m", show_default=True, help="Length of the bars."
)
@click.option("--symbol", metavar="S", help="Only this symbol, such as rb2510.SHFE.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(_FORMATS),
    help="What to write; else what the name of --output says, else csv.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where; else standard output."
)
@click.option(
    "--convention",
    type=click.Choice(("clock", "session")),
    help="Count bars from the whole hour, or trading time; else as in the settings.",
)
@LABEL
@STRICT
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def bars(
    asked: Asked,
    *,
    files: Sequence[Path],
    interval: str,
    symbol: str | None,
    kind: str | None,
    output: Path | None,
    convention: Literal["clock", "session"] | None,
    label: Any,
    strict: bool,
) -> Outcome:
    """Write the bars this engine makes of recorded ticks, or of shorter bars.

    The time of a bar is its start, in China's time. Bars are in the order of their
    start; of one start in the order of their symbols.

    Every tick has a class; how many there were of each is told on standard error where
    not all were good, and with --json by symbol in the object.
    """
    chosen = kind or _kind_of(output)
    if chosen == "parquet" and output is None:
        msg = "Parquet is no text: say with --output where it shall go"
        raise click.UsageError(msg)
    host = asked.host()
    settings = _market_data_only(asked.settings(asked.config))
    if convention is not None:
        settings = attrs.evolve(settings, bars=BarSettings(convention=convention))
    catalog = Catalog.gather(host)
    only = symbol_of(catalog, settings, symbol) if symbol else None
    tape = TapeOptions(symbol=only, label=label, strict=strict)
    engine = Engine.build(settings, plugins=host, tape=tape)
    tell_bad_rows(engine.parts.reader.bad_rows)
    made = _made(engine, files, interval, only)
    data = _told(engine, made, interval, output)
    tell_classes(data["classes"])
    return _written([as_row(bar) for bar in made], data, chosen, output)


def _written(
    rows: Sequence[tuple[Any, ...]], data: dict[str, Any], kind: str, output: Path | None
) -> Outcome:
    """Write the rows into the file, or leave them to standard output; in JSON, to the object."""
    if output is not None:
        save(rows, output, kind)
        text = f"{len(rows)} bars of {data['interval']} in {output}"
        return Outcome(data=data, show=lambda: click.echo(text))
    write = write_csv if kind == "csv" else write_json
    objects = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return Outcome(data={**data, "rows": objects}, show=lambda: write(rows, sys.stdout))


def _kind_of(output: Path | None) -> str:
    named = output.suffix[1:].lower() if output is not None else ""
    return named if named in _FORMATS else "csv"


def _market_data_only(settings: Settings) -> Settings:
    return attrs.evolve(
        settings,
        clock="event",
        gateways={},
        accounts={},
        strategies=(),
        risk={},
        feed=None,
        store=None,
        journal=JournalSettings(),
    )


def _made(engine: Engine, files: Sequence[Path], interval: str, only: str | None) -> list[BarData]:
    """Return the bars of a length that the files make, in the order in which they are written.

    Raises:
        DataError: The files have nothing that a bar could be made of.
    """
    made: list[BarData] = []
    engine.subscribe(BarData, made.append, key=(None, interval), name="data bars")
    want = engine.parts.data.want_bars
    seen: set[str] = set()
    with engine:
        for event in engine.parts.reader.read(files):
            if event.symbol not in seen:
                seen.add(event.symbol)
                want(event.symbol, interval)
            engine.step(event)
    if not made:
        raise DataError(_nothing(engine, files, interval, only))
    # Stable: of a start that comes twice, the one that was over first stays first.
    made.sort(key=lambda bar: (bar.start_ns, bar.symbol))
    return made


def _nothing(engine: Engine, files: Sequence[Path], interval: str, only: str | None) -> str:
    names = ", ".join(map(str, files))
    summary = engine.summary()
    found = in_words(class_counts(engine.parts)[0])
    if engine.parts.data.made:
        return f"{names}: no bar of {interval} can be made of ticks; whole minutes can"
    if summary.ticks:
        return f"{names}: {summary.ticks} ticks, not one of them inside a trading session: {found}"
    if summary.bars:
        return f"{names}: no bar of {interval} can be made of the bars in there"
    what = f"tick or bar of {only}" if only else "tick or bar"
    bad = f": {found}" if summary.bad_rows else ""
    return f"{names}: not one {what}; {summary.bad_rows} bad rows{bad}"


def _told(
    engine: Engine, made: Sequence[BarData], interval: str, output: Path | None
) -> dict[str, Any]:
    summary = engine.summary()
    classes, by_symbol = class_counts(engine.parts)
    return {
        "interval": interval,
        "bars": len(made),
        "symbols": sorted({bar.symbol for bar in made}),
        "ticks": summary.ticks,
        "trading_days": summary.trading_days,
        "bad_rows": summary.bad_rows,
        "late": summary.late,
        "outside": summary.outside,
        "incomplete": sum(not bar.complete for bar in made),
        "late_bars": engine.parts.data.late_bars(),
        "convention": engine.parts.settings.bars.convention,
        "classes": classes,
        "classes_by_symbol": by_symbol,
        "output": None if output is None else str(output),
    }
