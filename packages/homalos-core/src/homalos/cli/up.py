"""`homalos up`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import rich_click as click

from homalos.cli.chaos import Chaos, chaos_report
from homalos.cli.demo import SPEED, SYMBOLS, begin_anew, demo_settings
from homalos.cli.faults import tell_faults, tell_left_out
from homalos.cli.following import Following
from homalos.cli.options import (
    CONFIG,
    ENV,
    HOME,
    PLUGIN,
    SET,
    Asked,
    Outcome,
    as_duration,
    as_speed,
    with_options,
)
from homalos.cli.run_number import next_run
from homalos.cli.stopping import stoppable
from homalos.config import FeedSettings, Loaded, Settings, SettingsSource
from homalos.engine.control import control
from homalos.engine.control_address import refuse_second
from homalos.engine.engine import Engine
from homalos.engine.summary import RunSummary
from homalos.errors import ConfigError

__all__ = ["up"]

_CONFIG = Path("config/system.yaml")
_UNNAMED_RUN = "1"  # what settings have that do not name their run


@click.command("up")
@click.option("--demo", is_flag=True, help="Run a simulated market with strategies on it.")
@click.option(
    "--for",
    "for_s",
    callback=as_duration,
    metavar="TIME",
    help="Stop after so long, such as 30s or 5m, counted in paced event time.",
)
@click.option(
    "--speed",
    callback=as_speed,
    metavar="N",
    help="Event seconds a second of the wall, or max, which does not wait.  [demo: 60]",
)
@click.option("--seed", type=click.IntRange(min=0), help="Where every chance begins.")
@click.option(
    "--chaos",
    type=click.IntRange(min=0),
    metavar="SEED",
    help="With --demo: break, lose, delay and repeat what goes between engine and venue.",
)
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def up(
    asked: Asked,
    *,
    demo: bool,
    for_s: float | None,
    speed: float | None,
    seed: int | None,
    chaos: int | None,
) -> Outcome:
    """Run an engine until its data end or Ctrl-C comes; a second Ctrl-C forces.

    Settings come from --config, else from config/system.yaml. Two demos with the same
    --seed, --chaos, --for and --speed make the same decisions. At the end of chaos it is
    told whether engine and venue agree; where they do not, the exit code is 1.
    """
    if chaos is not None and not demo:
        msg = "--chaos is the demo's; a settings file has gateways.NAME.options.faults for it"
        raise click.UsageError(msg)
    source, base = _demo(asked, seed or 1, chaos) if demo else _configured(asked, seed)

    def adapt(read: Settings) -> Settings:
        return attrs.evolve(read, feed=_paced(read.feed, speed, for_s), **base)

    loaded = source.read()
    settings = adapt(loaded.settings)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    refuse_second(settings.home)
    if demo:
        begin_anew(settings.home)
    engine = _built(settings, asked, loaded)
    told = tell_left_out(engine)
    if demo:
        for symbol in SYMBOLS:
            engine.parts.data.watch(symbol)
    what = "demo" if demo else f"run {settings.run}"
    wild = "" if chaos is None else f", CHAOS {chaos}"
    title = f"{what}, seed {settings.seed}{wild}, {_pace(settings)}"
    watched = None if chaos is None else Chaos(engine, chaos)
    following = Following(engine, source, loaded, adapt)
    with (
        _limited(engine, settings, for_s),
        following.watching(),
        control(engine, reload=following.reload),
    ):
        summary = _run(engine, title, as_json=asked.as_json)
    code = tell_faults(engine, told)
    data = {
        **summary.as_dict(),
        "run": settings.run,
        "seed": settings.seed,
        "speed": (settings.feed.speed or "max") if settings.feed else None,
        "trading_day": engine.parts.loop.trading_day,
        "home": str(settings.home),
    }
    if watched is not None:
        found = data["chaos"] = watched.as_dict()
        code = code or bool(found["differences"])
    return Outcome(data=data, show=lambda: _show(title, summary, data.get("chaos")), code=code)


# -- what to run ----------------------------------------------------------------


def _demo(asked: Asked, seed: int, chaos: int | None) -> tuple[SettingsSource, dict[str, Any]]:
    """Return where the settings come from, and what they are whatever it says."""
    if asked.config is not None:
        msg = "the demo takes no --config; change single settings with --set"
        raise click.UsageError(msg)
    source = asked.source(base=demo_settings(seed, chaos))
    return source, {"home": (source.home or Path()) / "demo"}


def _configured(asked: Asked, seed: int | None) -> tuple[SettingsSource, dict[str, Any]]:
    """Return where the settings come from, and what they are whatever it says."""
    config = asked.config or _CONFIG
    if asked.config is None and not config.is_file():
        msg = (
            f"there is no settings file {config} here; make a working folder with `homalos init`, "
            "run the demo with `homalos up --demo`, or name a file with --config"
        )
        raise ConfigError([msg])
    source = asked.source(config, {} if seed is None else {"seed": seed})
    settings = source.read().settings
    is_unnamed = settings.run == _UNNAMED_RUN
    return source, {"run": str(next_run(settings.home)) if is_unnamed else settings.run}


def _paced(
    feed: FeedSettings | None, speed: float | None, for_s: float | None
) -> FeedSettings | None:
    """Return the feed at a speed and for a time; without waiting, for as long in event time."""
    if feed is None:
        if speed is not None:
            msg = "--speed needs a feed in the settings; a venue's own data come when they come"
            raise ConfigError([msg])
        return None
    wanted = feed.speed if speed is None else speed
    lasting = feed.for_s if for_s is None else for_s
    if speed == 0:
        lasting *= feed.speed or SPEED
    return attrs.evolve(feed, speed=wanted, for_s=lasting)


def _pace(settings: Settings) -> str:
    if settings.feed is None:
        return "live"
    return f"{settings.feed.speed:g} ×" if settings.feed.speed else "full speed"


@contextmanager
def _limited(engine: Engine, settings: Settings, for_s: float | None) -> Iterator[None]:
    """Stop a run whose data come from a venue when its time on the wall is over."""
    if for_s is None or settings.feed is not None:
        yield
        return
    timer = threading.Timer(for_s, engine.request_stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _built(settings: Settings, asked: Asked, loaded: Loaded) -> Engine:
    """Build the engine; what is wrong with options is told with file and line."""
    try:
        return Engine.build(settings, plugins=asked.host())
    except ConfigError as error:
        raise ConfigError([loaded.located(each) for each in error.problems]) from None


# -- running --------------------------------------------------------------------


def _run(engine: Engine, title: str, *, as_json: bool) -> RunSummary:
    from homalos.cli.lines import lines
    from homalos.cli.live import LiveConsole, can_draw

    if as_json or not can_draw():
        with lines(engine), stoppable(engine.request_stop):
            return engine.run()
    console = LiveConsole(engine, title)

    def stop() -> None:
        console.stopping()
        engine.request_stop()

    with console.shown(), stoppable(stop, restore=console.restore):
        return engine.run()


def _show(title: str, summary: RunSummary, chaos: dict[str, Any] | None) -> None:
    from homalos.cli.tables import run_report, say

    say(*run_report(title, summary), *(chaos_report(chaos) if chaos is not None else ()))
