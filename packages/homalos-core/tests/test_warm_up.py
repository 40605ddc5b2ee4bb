"""A strategy that is loaded into a running engine finds its history in the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from homalos.config import StoreSettings
from homalos.engine.engine import Engine
from homalos.model import BarData
from homalos.plugins import StoreSpec
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeStore, at, bar, engine, tick

MINUTE_S = 60


class Learner(Strategy):
    """Keeps what history there was when it was prepared."""

    def on_init(self) -> None:
        """Look back."""
        self.found = [each.close_price for each in self.history(5)]

    def on_bar(self, bar: BarData) -> None:
        """Want bars."""


def running(store: FakeStore, home: Any) -> Engine:
    """Start an engine on this store, at second 600."""
    spec = StoreSpec(name="kept", factory=lambda _context, _options: store)
    house = engine(spec, store=StoreSettings(kind="kept"), home=home)
    house.start()
    house.step(tick(ts_ns=at(600)))
    return house


def stored(closes: Sequence[float], **fields: Any) -> FakeStore:
    """Return a store of one-minute bars that close there, the last one at second 540."""
    store = FakeStore()
    first = 600 - MINUTE_S * (len(closes) + 1)
    store.write(
        [
            bar(price=close, start_ns=at(first + MINUTE_S * number), **fields)
            for number, close in enumerate(closes)
        ]
    )
    return store


def test_stored_bars_are_history_when_the_market_brought_none(tmp_path: Any) -> None:
    """The last ones, oldest first, before `on_init` is called."""
    house = running(stored([1, 2, 3, 4, 5, 6, 7]), tmp_path)
    learner: Any = house.add_strategy(Learner, symbol=SYMBOL)
    house.stop()

    assert learner.found == [3, 4, 5, 6, 7]


def test_what_the_market_brought_is_not_mixed_with_the_store(tmp_path: Any) -> None:
    """A symbol that has history already is left alone."""
    house = running(stored([1, 2, 3]), tmp_path)
    house.add_strategy(Learner, symbol=SYMBOL, name="first")
    house.step(bar(price=9, start_ns=at(600)))
    second: Any = house.add_strategy(Learner, symbol=SYMBOL, name="second")
    house.stop()

    assert second.found == [1, 2, 3, 9]


@pytest.mark.parametrize("closes", [[], [1.0]])
def test_a_store_with_little_gives_what_it_has(closes: list[float], tmp_path: Any) -> None:
    """Nothing is an answer too."""
    house = running(stored(closes), tmp_path)
    learner: Any = house.add_strategy(Learner, symbol=SYMBOL)
    house.stop()

    assert learner.found == closes
