"""A venue that does everything right passes; each way to get one thing wrong is found by name."""

from __future__ import annotations

import threading
from math import nan
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from broken_recoveries import BROKEN_RECOVERIES
from broken_venues import BROKEN
from small_venue import Venue

from homalos.model import (
    OrderRequest,
    TickData,
)
from homalos.plugins import GatewaySpec
from homalos.plugins.ports import GatewayContext, MarketTap, VenueEvent
from homalos.testing.contracts import GATEWAY, GatewaySubject, Requirement, verify
from homalos.testing.records import tick

FAULTS = BROKEN | BROKEN_RECOVERIES


def subject_of(kind: type[Venue], folder: Path) -> GatewaySubject:
    """Make a subject of a venue inside the engine."""
    spec = GatewaySpec(name="test", factory=lambda context, _: kind(context), in_process=True)
    return GatewaySubject(spec=spec, folder=folder)


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_a_venue_that_does_everything_right_passes(
    requirement: Requirement[GatewaySubject], tmp_path: Path
) -> None:
    """No requirement is beyond a small venue."""
    requirement.check(subject_of(Venue, tmp_path))


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_one_fault_is_found_by_its_name_and_no_other(kind: type[Venue], tmp_path: Path) -> None:
    """Who broke one thing is not sent looking for another."""
    failures = verify(GATEWAY, lambda: subject_of(kind, tmp_path))

    assert {failure.name for failure in failures} == FAULTS[kind]


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    assert set().union(*FAULTS.values()) == {each.name for each in GATEWAY}


class Remote(Venue):
    """The same venue outside the engine: it reports from a thread of its own."""

    def __init__(self, context: GatewayContext) -> None:
        """Make it; the thread runs while it is connected."""
        super().__init__(context)
        self.wire: Queue[VenueEvent | None] = Queue()
        self.post = self.wire.put
        self.ticks: dict[str, TickData] = {}
        self.reader = threading.Thread(target=self._read)

    def connect(self) -> None:
        """Open it."""
        self.reader.start()
        super().connect()

    def close(self) -> None:
        """End the thread."""
        super().close()
        if self.reader.is_alive():
            self.wire.put(None)
            self.reader.join()
        self.reader = threading.Thread(target=self._drain)
        self._drain()

    def market_tap(self) -> MarketTap | None:
        """See no market of the engine's."""
        return None

    def send_order(self, request: OrderRequest) -> None:
        """Send, and have the answer read also when nothing is connected."""
        super().send_order(request)
        if not self.is_up:
            self._drain()

    def seen(self, symbol: str) -> TickData | None:
        """Look at a market of its own."""
        return self.ticks.get(symbol)

    def _read(self) -> None:
        while (event := self.wire.get()) is not None:
            self.context.post(event)
            self.wire.task_done()
        self.wire.task_done()

    def _drain(self) -> None:
        while not self.wire.empty():
            event = self.wire.get()
            if event is not None:
                self.context.post(event)
            self.wire.task_done()


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_a_venue_outside_the_engine_passes(
    requirement: Requirement[GatewaySubject], tmp_path: Path
) -> None:
    """Its reports come on another thread, and its market is moved by the test."""
    made: list[Remote] = []

    def make(context: GatewayContext, _options: object) -> Remote:
        made.append(Remote(context))
        return made[-1]

    def quote(symbol: str, bid: float, ask: float, lots: int) -> None:
        book: dict[str, Any] = {"bid_price_1": bid, "ask_price_1": ask}
        book |= {"bid_volume_1": lots, "ask_volume_1": lots}
        made[-1].ticks[symbol] = seen = tick(symbol, nan, **book)
        made[-1].on_tick(seen)

    def settle() -> None:
        made[-1].wire.join()

    requirement.check(
        GatewaySubject(
            spec=GatewaySpec(name="test", factory=make),
            folder=tmp_path,
            quote=quote,
            settle=settle,
        )
    )


def test_a_venue_that_cannot_be_asked_is_given_time(tmp_path: Path) -> None:
    """Without `settle` the reports are waited for until there is silence."""
    spec = GatewaySpec(name="test", factory=lambda context, _: Remote(context))
    subject = GatewaySubject(
        spec=spec, folder=tmp_path, quote=lambda *_: None, quiet_s=0.1, settle=None
    )
    contract = [each for each in GATEWAY if each.name == "connecting_is_said_under_its_own_name"]

    assert verify(contract, lambda: subject) == ()
