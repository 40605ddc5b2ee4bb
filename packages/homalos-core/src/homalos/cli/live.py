"""The live console on a terminal: the engine's state, drawn four times a second."""

from __future__ import annotations

import io
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from decimal import Decimal
from functools import cache
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from homalos.cli.log_events import engine_log, write_events
from homalos.cli.scores import Scores
from homalos.cli.screen import View, draw
from homalos.cli.watch import Watch
from homalos.cli.words import DETAILS, EVENTS, event_line
from homalos.engine.engine import Engine
from homalos.logs import Log
from homalos.model import Instrument, TradeData
from homalos.plugins.ports import Snapshot

__all__ = ["LiveConsole", "can_draw"]

_EVERY_S = 0.25
_RATED = 5  # pictures over which events a second are counted
_KEPT = 20  # messages
# Leave the alternate screen and show the cursor, in the words of xterm and all after it.
_RESTORE = b"\x1b[?1049l\x1b[?25h"


def can_draw() -> bool:
    """Say whether standard output is a terminal that a screen can be drawn on."""
    console = Console()
    return console.is_terminal and not console.is_dumb_terminal and sys.stdout.isatty()


class LiveConsole:
    """Draws one engine on the terminal while it runs."""

    def __init__(self, engine: Engine, title: str) -> None:
        """Take an engine that has not started, and what to call the run."""
        self._engine = engine
        self._title = title
        instrument = _instruments(engine)
        self._scores = Scores(instrument)
        self._decimals = cache(lambda symbol: _decimals(instrument(symbol)))
        self._messages: deque[tuple[str, str]] = deque(maxlen=_KEPT)
        self._rated: deque[tuple[float, int]] = deque(maxlen=_RATED)
        self._is_stopping = False

    @contextmanager
    def shown(self) -> Iterator[Log]:
        """Draw from now on; the terminal is as it was afterwards. Events go into the log file.

        The log that is given takes changed settings: `Log.change`.
        """
        console = Console(file=sys.stdout)
        with engine_log(self._engine, None) as log:

            def hear(events: Sequence[Any]) -> None:
                write_events(log, events)
                for event in events:
                    if isinstance(event, TradeData):  # these have a table of their own
                        self._scores.add(event)
                    elif isinstance(event, EVENTS):
                        self._messages.append(event_line(event))

            self._engine.observe((*EVENTS, *DETAILS), hear, name="console")
            start = Text(" starting …", style="dim")
            live = Live(
                start,
                console=console,
                screen=True,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            printed = _Printed(self._messages)
            aside = redirect_stdout(printed), redirect_stderr(printed)
            watch = Watch(self._engine.snapshot, self._show_on(live), _EVERY_S)
            with live, aside[0], aside[1], watch:
                yield log
            if watch.fault is not None:
                log.write("error", "console", "the live console failed", error=watch.fault)
                sys.stderr.write(f"warning: the live console failed: {watch.fault!r}\n")

    def stopping(self) -> None:
        """Say on the screen that a stop was asked for. Any thread, also a signal handler."""
        self._is_stopping = True

    @staticmethod
    def restore() -> None:
        """Give the terminal back at once, without regard to who is drawing."""
        os.write(sys.__stdout__.fileno() if sys.__stdout__ else 1, _RESTORE)

    def _show_on(self, live: Live) -> Callable[[Snapshot | None], None]:
        last: Snapshot | None = None

        def show(picture: Snapshot | None) -> None:
            nonlocal last
            if picture is not None:
                last = picture
            if last is not None:  # an engine that is busy stopping does not answer
                size = live.console.size
                view = self._view(last, is_new=picture is not None)
                live.update(draw(view, size.width, size.height), refresh=True)

        return show

    def _view(self, picture: Snapshot, *, is_new: bool) -> View:
        prices = {symbol: tick.last_price for symbol, tick in picture.ticks.items()}
        return View(
            title=self._title,
            picture=picture,
            rate=self._rate(picture.dispatched) if is_new else 0.0,
            decimals=self._decimals,
            scores=self._scores.worth(prices),
            messages=tuple(self._messages),  # one step to the interpreter; others append
            is_stopping=self._is_stopping,
        )

    def _rate(self, dispatched: int) -> float:
        """Return the events a wall second over the last second or so."""
        now = time.perf_counter()
        self._rated.append((now, dispatched))
        then, before = self._rated[0]
        return (dispatched - before) / (now - then) if now > then else 0.0


class _Printed(io.TextIOBase):
    """Makes messages of what a strategy prints, which would tear the picture."""

    def __init__(self, messages: deque[tuple[str, str]]) -> None:
        self._messages = messages
        self._begun = ""

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, text: str) -> int:
        """Keep whole lines as messages."""
        *lines, self._begun = f"{self._begun}{text}".split("\n")
        self._messages.extend(("INFO", line) for line in lines)
        return len(text)


def _instruments(engine: Engine) -> Callable[[str], Instrument]:
    # Not the engine's own memory of them, which is the engine thread's; markets are anybody's.
    markets = engine.parts.markets
    return cache(lambda symbol: markets.of(symbol).resolve(symbol))


def _decimals(instrument: Instrument) -> int:
    exponent = Decimal(str(instrument.tick_size)).normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
