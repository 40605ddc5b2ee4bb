"""A store that does everything right passes; each way to get one thing wrong is found by name."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from homalos.errors import StoreError
from homalos.model import BarData, OrderData, TradeData
from homalos.plugins import StoreSpec
from homalos.plugins.ports import Store
from homalos.testing import FakeStore
from homalos.testing.contracts import STORE, Requirement, StoreSubject, verify

Record = OrderData | TradeData | BarData


class Shelf:
    """A small store that does everything right; what is under a folder stays there."""

    kept: dict[Path, dict[Any, Record]]

    def __init__(self, home: Path) -> None:
        """Open it."""
        self.open(home)
        self.is_full = False
        self.lock = threading.Lock()
        self.records = type(self).kept.setdefault(home, {})

    def open(self, home: Path) -> None:
        """Look at the folder."""
        if not home.is_dir():
            msg = f"{home}: no folder"
            raise StoreError(msg)

    def write(self, records: Sequence[Record]) -> None:
        """Keep a batch."""
        with self.lock:
            self.check()
            self.records.update([(self.key(each), self.kept_as(each)) for each in records])

    def load_bars(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[BarData]:
        """Return bars."""
        found = [
            each
            for each in self.all(BarData)
            if (each.symbol, each.interval) == (symbol, interval)
            and start_ns <= each.start_ns < end_ns
        ]
        return sorted(found, key=lambda each: each.start_ns)

    def load_orders(self) -> list[OrderData]:
        """Return orders."""
        return sorted(self.all(OrderData), key=lambda each: each.created_ns)

    def load_trades(self) -> list[TradeData]:
        """Return trades."""
        return sorted(self.all(TradeData), key=lambda each: each.ts_ns)

    def close(self) -> None:
        """Do nothing."""

    # -- what can be got wrong -----------------------------------------------------

    def check(self) -> None:
        """Refuse when there is no room."""
        if self.is_full:
            msg = "no room"
            raise StoreError(msg)

    def key(self, each: Any) -> Any:
        """Return what a record is known by."""
        if isinstance(each, OrderData):
            return each.order_id
        if isinstance(each, TradeData):
            return each.trade_id, each.symbol, each.direction, each.trading_day
        if isinstance(each, BarData):
            return each.symbol, each.interval, each.start_ns
        msg = f"{each!r} is no record"
        raise StoreError(msg)

    def kept_as(self, each: Any) -> Any:
        """Return a record as it is kept."""
        return each

    def all(self, kind: type[Any]) -> list[Any]:
        """Return the records of a kind."""
        with self.lock:
            return [each for each in self.records.values() if isinstance(each, kind)]


class Empty(Shelf):
    """Takes no empty batch."""

    def write(self, records: Sequence[Record]) -> None:
        """Look at the first."""
        records[0].symbol  # noqa: B018  what is wrong
        super().write(records)


class Blunt(Shelf):
    """Forgets the text of an order's reason."""

    def kept_as(self, each: Any) -> Any:
        """Leave out a field."""
        return replace(each, venue_order_id="") if isinstance(each, OrderData) else each


class Zero(Shelf):
    """Takes a missing price for 0."""

    def kept_as(self, each: Any) -> Any:
        """Replace nan."""
        unpriced = isinstance(each, OrderData) and each.price != each.price
        return replace(each, price=0.0) if unpriced else each


class Ascii(Shelf):
    """Knows no language but one."""

    def kept_as(self, each: Any) -> Any:
        """Lose what is not ASCII."""
        if not isinstance(each, OrderData):
            return each
        return replace(each, reference=each.reference.encode("ascii", "ignore").decode())


class Small(Shelf):
    """Keeps a thousand of a batch."""

    def write(self, records: Sequence[Record]) -> None:
        """Cut it."""
        self.check()
        super().write(records[:8_000])


class Growing(Shelf):
    """Keeps a trade each time it is written."""

    def __init__(self, home: Path) -> None:
        """Begin to count."""
        super().__init__(home)
        self.times: Counter[Any] = Counter()

    def key(self, each: Any) -> Any:
        """Count how often."""
        key = super().key(each)
        if not isinstance(each, TradeData):
            return key
        self.times[key] += 1
        return key, self.times[key]


class First(Shelf):
    """Keeps the first state of an order."""

    def write(self, records: Sequence[Record]) -> None:
        """Not look at what is known."""
        news = {self.key(each): each for each in reversed(records)}
        super().write([each for key, each in news.items() if isinstance(key, tuple)][::-1])
        orders = [each for each in records if isinstance(each, OrderData)]
        super().write([each for each in orders if each.order_id not in self.records])


class Undated(Shelf):
    """Knows trades by their id alone."""

    def key(self, each: Any) -> Any:
        """Leave out the rest."""
        return (each.trade_id,) if isinstance(each, TradeData) else super().key(each)


class Alphabetic(Shelf):
    """Sorts orders as texts."""

    def load_orders(self) -> list[OrderData]:
        """Put 1-10 before 1-2."""
        return sorted(self.all(OrderData), key=lambda each: each.order_id)


class Inclusive(Shelf):
    """Gives the bar at the end as well."""

    def load_bars(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[BarData]:
        """Go one too far."""
        return super().load_bars(symbol, interval, start_ns=start_ns, end_ns=end_ns + 1)


class Stubborn(Shelf):
    """Keeps the first form of a bar."""

    def write(self, records: Sequence[Record]) -> None:
        """Leave out what is known."""
        known = [e for e in records if isinstance(e, BarData) and self.key(e) in self.records]
        super().write([each for each in records if each not in known])


class Piecemeal(Shelf):
    """Writes record by record."""

    def write(self, records: Sequence[Record]) -> None:
        """Keep what came before the bad one."""
        if not records:
            return
        for each in records:
            super().write([each])


class Jealous(Shelf):
    """Serves the thread that made it."""

    def __init__(self, home: Path) -> None:
        """Note the thread."""
        super().__init__(home)
        self.owner = threading.get_ident()

    def check(self) -> None:
        """Refuse any other."""
        super().check()
        if threading.get_ident() != self.owner:
            msg = "not my thread"
            raise StoreError(msg)


class Fleeting(Shelf):
    """Forgets when it is closed."""

    def close(self) -> None:
        """Throw all away."""
        self.records.clear()


class Fragile(Shelf):
    """Is closed once."""

    is_closed = False

    def close(self) -> None:
        """Raise the second time."""
        if self.is_closed:
            msg = "closed"
            raise StoreError(msg)
        self.is_closed = True


class Plain(Shelf):
    """Raises what the disk raises."""

    def open(self, home: Path) -> None:
        """Let it through."""
        list(home.iterdir())


class Silent(Shelf):
    """Says nothing when it is full."""

    def check(self) -> None:
        """Look away."""


BROKEN: dict[type[Shelf], set[str]] = {
    Empty: {"an_empty_batch_is_harmless"},
    Blunt: {"every_field_comes_back"},
    Zero: {"missing_prices_survive"},
    Ascii: {"any_text_survives"},
    Small: {"a_large_batch_is_kept"},
    Growing: {"a_batch_written_again_changes_nothing"},
    First: {"the_last_state_of_an_order_stands"},
    Undated: {"trades_with_one_id_are_told_apart"},
    Alphabetic: {"orders_and_trades_come_oldest_first"},
    Inclusive: {"bars_are_those_of_the_range_oldest_first"},
    Stubborn: {"a_bar_made_anew_replaces_the_old_one"},
    Piecemeal: {"a_batch_is_kept_whole_or_not_at_all"},
    Jealous: {"it_serves_several_threads"},
    Fleeting: {"what_is_kept_survives_closing"},
    Fragile: {"closing_again_is_harmless"},
    Plain: {"a_home_that_is_no_folder_is_a_store_error"},
    Silent: {"a_write_that_fails_is_a_store_error"},
}


def subject_of(kind: type[Shelf], folder: Path) -> StoreSubject:
    """Make a subject of a store whose shelf is empty."""
    kind.kept = {}
    return StoreSubject(
        spec=StoreSpec(name="test", factory=lambda context, _: kind(context.home)),
        folder=folder,
        spoil=_fill,
    )


def _fill(store: Store) -> None:
    assert isinstance(store, Shelf)
    store.is_full = True


@pytest.mark.parametrize("requirement", STORE, ids=str)
def test_a_store_that_does_everything_right_passes(
    requirement: Requirement[StoreSubject], tmp_path: Path
) -> None:
    """No requirement is beyond a small store."""
    requirement.check(subject_of(Shelf, tmp_path))


@pytest.mark.parametrize("requirement", STORE, ids=str)
def test_the_fake_store_of_the_kit_passes(
    requirement: Requirement[StoreSubject], tmp_path: Path
) -> None:
    """Tests that stand on it meet what a real one does."""
    fake = FakeStore()

    def spoil(_: Store) -> None:
        fake.failures = 1

    spec = StoreSpec(name="fake", factory=lambda _context, _options: fake)
    requirement.check(StoreSubject(spec=spec, folder=tmp_path, spoil=spoil))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_one_fault_is_found_by_its_name_and_no_other(kind: type[Shelf], tmp_path: Path) -> None:
    """Who broke one thing is not sent looking for another."""
    failures = verify(STORE, lambda: subject_of(kind, tmp_path))

    assert {failure.name for failure in failures} == BROKEN[kind]


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    assert set().union(*BROKEN.values()) == {each.name for each in STORE}
