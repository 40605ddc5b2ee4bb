"""`homalos init`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import rich_click as click

from homalos.cli.config_file import CONFIG_FILE, strategies_file
from homalos.cli.options import PLUGIN, Asked, Outcome, with_options
from homalos.config.example import example
from homalos.errors import ConfigError
from homalos.plugins.catalog import Catalog

__all__ = ["init"]

_SYSTEM = """\
# The settings: a simulated market, a simulated venue and one account. Nothing here reaches
# a real exchange. Everything that can be set is in system.yaml.example, with its meaning.

clock: event # the time of the market data, not that of the wall

gateways:
  sim: {kind: sim} # fills orders against the market data

accounts:
  main: {gateway: sim, capital: 1000000, currency: CNY}

feed:
  kind: synthetic # a random market; always the same one for the same seed
  speed: 60 # seconds of the market in one of yours: a minute's bar every second
  thread: true
  options:
    symbols: [rb2510.SHFE]
    days: 300

inbox:
  when_full: block # wait rather than lose ticks, so that a run can be repeated

risk:
  order_size: {max_lots: 100} # an order of more lots is refused

# What runs is in strategies.yaml; strategies of your own are files in this folder.
strategies_folder: ../strategies

# All state is in .homalos beside this file: database, journal, statements and logs.
store: {kind: sqlite}
statements: true # of each settled trading day
journal: {mode: file}

logs:
  level: info
  days: 30 # that log files are kept
"""
_STRATEGIES = """\
# What runs. `homalos strategy add|set|remove` writes here too and keeps your comments.

strategies:
  - name: ma-rb
    strategy: double_ma
    symbol: rb2510.SHFE
    interval: 1m
    params: {fast: 5, slow: 20, volume: 1} # averages in bars, volume in lots
"""
_OWN = '''\
"""A strategy of your own: buy a new high, leave at a new low.

Put it to work with

    homalos strategy add breakout --symbol rb2510.SHFE -p bars=10
"""

from attrs import frozen

from homalos.model import BarData
from homalos.strategy import Strategy, param


class Breakout(Strategy):
    """Long after a close above the last bars, flat after a close below them."""

    @frozen(kw_only=True)
    class Params:
        """What can be set: `-p bars=10`, or `params:` in config/strategies.yaml.

        Attributes:
            bars: How many bars a close is compared with, >= 2.
            lots: How many lots it holds, >= 1.
        """

        bars: int = param(20, ge=2, unit="bars", en="Bars", zh="周期")
        lots: int = param(1, ge=1, unit="lots", en="Lots", zh="手数")

    params: Params

    def on_bar(self, bar: BarData) -> None:
        """Decide at the end of every bar."""
        # The bar itself is the last one of the history.
        *before, _ = self.history(self.params.bars + 1)
        if len(before) < self.params.bars:
            return
        if bar.close_price > max(each.high_price for each in before):
            self.set_target_pos(self.params.lots)
        elif bar.close_price < min(each.low_price for each in before):
            self.set_target_pos(0)
'''
_IGNORED = """\
# State of the runs, and secrets.
.homalos/
"""


@click.command("init")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@with_options(PLUGIN)
def init(asked: Asked, *, folder: Path | None) -> Outcome:
    """Write a working folder: settings, a strategy to run, and one of your own to change.

    FOLDER is made when it is not there; without it the files go where you are. A file
    that is there already is kept as it is.
    """
    folder = folder or Path()
    config = folder / CONFIG_FILE
    texts: Mapping[Path, str] = {
        config: _SYSTEM,
        strategies_file(config): _STRATEGIES,
        config.with_name(f"{config.name}.example"): example(Catalog.gather(asked.host())),
        folder / "strategies" / "breakout.py": _OWN,
        folder / ".gitignore": _IGNORED,
    }
    written: list[str] = []
    kept: list[str] = []
    for path, text in texts.items():
        (written if _is_new(path, text) else kept).append(str(path))
    steps = ["homalos config check", "homalos up", "homalos strategy list"]
    if folder != Path():
        steps.insert(0, f'cd "{folder}"' if " " in str(folder) else f"cd {folder}")

    def show() -> None:
        for path in written:
            click.echo(f"wrote {path}")
        for path in kept:
            click.echo(f"kept  {path}, which was there already")
        click.echo("\nNext:")
        for step in steps:
            click.echo(f"  {step}")

    data = {"folder": str(folder), "written": written, "kept": kept, "next": steps}
    return Outcome(data=data, show=show)


def _is_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet; say whether it was so."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
            except OSError:
                # A part of it would be kept for the whole the next time.
                path.unlink(missing_ok=True)
                raise
    except OSError as error:
        if isinstance(error, FileExistsError) and path.is_file():
            return False
        what = f"{path} cannot be written: {error.strerror}"
        raise ConfigError([f"{what}; choose a folder that you may write to"]) from error
    return True
