"""What every store must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import nan
from pathlib import Path
from typing import Any

from attrs import Factory, frozen
from msgspec.structs import replace

from homalos.errors import StoreError
from homalos.model import (
    BarData,
    Direction,
    Offset,
    OrderData,
    OrderType,
    Status,
    TradeData,
)
from homalos.plugins.ports import Store, StoreContext
from homalos.plugins.specs import StoreSpec
from homalos.testing.contracts.requirement import (
    Requirement,
    expect,
    options_of,
    requirement,
)
from homalos.testing.records import DAY, OTHER, SYMBOL, at, bar, same

__all__ = ["STORE", "StoreSubject"]

_MINUTE = 60
Record = OrderData | TradeData | BarData


@frozen(kw_only=True)
class StoreSubject:
    """A store under test.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own; the store's home.
        options: As they would stand in the settings.
        spoil: Make every further write of a store fail, as a full disk does; where it is
            left out, only a home that is no folder is tried.
    """

    spec: StoreSpec
    folder: Path
    options: Mapping[str, Any] = Factory(dict)
    spoil: Callable[[Store], None] | None = None


@contextmanager
def _opened(subject: StoreSubject, home: Path | None = None) -> Iterator[Store]:
    context = StoreContext(home=home or subject.folder)
    store = subject.spec.factory(context, options_of(subject.spec, subject.options))
    try:
        yield store
    finally:
        store.close()


def _order(number: int = 1, **fields: Any) -> OrderData:
    created = at(number)
    order = OrderData(
        f"1-{number}", SYMBOL, Direction.LONG, Offset.OPEN, OrderType.LIMIT, 100.0, 3, 0,
        Status.SUBMITTING, "test", "main", "sim", created, created,
    )  # fmt: skip
    return replace(order, **fields)


def _trade(number: int = 1, **fields: Any) -> TradeData:
    trade = TradeData(
        f"T{number}", "1-1", SYMBOL, Direction.LONG, Offset.OPEN, 100.0, 1, at(number), DAY,
        "test", "main", "sim",
    )  # fmt: skip
    return replace(trade, **fields)


def _bars(store: Store, first: int = 0, end: int = 1_000_000) -> list[BarData]:
    return store.load_bars(SYMBOL, "1m", start_ns=at(first * _MINUTE), end_ns=at(end * _MINUTE))


def _bar(minute: int, **fields: Any) -> BarData:
    return bar(start_ns=at(minute * _MINUTE), **fields)


# -- what is kept ------------------------------------------------------------------


@requirement
def an_empty_batch_is_harmless(subject: StoreSubject) -> None:
    """An observer that is closed may hand over a last batch of nothing."""
    with _opened(subject) as store:
        store.write([])
        found = (store.load_orders(), store.load_trades(), _bars(store))
        expect(found == ([], [], []), f"{found} after an empty batch; expected nothing")


@requirement
def every_field_comes_back(subject: StoreSubject) -> None:
    """What is not kept is lost when the engine stops, and nobody hears of it."""
    order = _order(
        traded=2, status=Status.PARTTRADED, ts_ns=at(9), venue_order_id="V1", reason="r",
        reference="why", offset=Offset.CLOSETODAY, direction=Direction.SHORT,
    )  # fmt: skip
    trade = _trade(price=99.0, volume=2, offset=Offset.CLOSE, direction=Direction.SHORT)
    kept = _bar(0, high_price=103.0, volume=7, turnover=0.1, open_interest=5.0, complete=False)
    with _opened(subject) as store:
        store.write([order, trade, kept])
        for found, written in (
            (store.load_orders(), order),
            (store.load_trades(), trade),
            (_bars(store), kept),
        ):
            expect(same(found, [written]), f"{found} was read; expected {[written]}")


@requirement
def missing_prices_survive(subject: StoreSubject) -> None:
    """A market order has the price nan, and so has a bar in which nothing traded."""
    order, empty = _order(type=OrderType.MARKET, price=nan), _bar(0, price=nan)
    with _opened(subject) as store:
        store.write([order, empty])
        found = [store.load_orders(), _bars(store)]
        expect(same(found, [[order], [empty]]), f"{found} was read; expected nan as the price")


@requirement
def any_text_survives(subject: StoreSubject) -> None:
    """Reasons are worded by exchanges, references by traders, in any language."""
    order = _order(reference="止损 📈 'quoted\"\n", reason="资金不足")
    with _opened(subject) as store:
        store.write([order])
        found = store.load_orders()
        expect(found == [order], f"{found} was read; expected {[order]}")


@requirement
def a_large_batch_is_kept(subject: StoreSubject) -> None:
    """After a pause of the disk thousands of records come at once."""
    count = 3_000
    numbers = range(count)
    records: list[Record] = [*map(_order, numbers), *map(_trade, numbers), *map(_bar, numbers)]
    with _opened(subject) as store:
        store.write(records)
        found = (len(store.load_orders()), len(store.load_trades()), len(_bars(store)))
        expect(found == (count,) * 3, f"{found} of {count} each were read")


# -- again, and in order -----------------------------------------------------------


@requirement
def a_batch_written_again_changes_nothing(subject: StoreSubject) -> None:
    """The observer tries a batch again when it cannot tell whether it was kept."""
    batch: list[Record] = [_order(), _trade(), _bar(0)]
    with _opened(subject) as store:
        for _ in range(3):
            store.write(batch)
        found = [*store.load_orders(), *store.load_trades(), *_bars(store)]
        expect(found == batch, f"{len(found)} records after three times the same 3")


@requirement
def the_last_state_of_an_order_stands(subject: StoreSubject) -> None:
    """What works and what is over is told by this after a crash."""
    states = [
        _order(),
        _order(status=Status.PARTTRADED, traded=1, ts_ns=at(2)),
        _order(status=Status.ALLTRADED, traded=3, ts_ns=at(3)),
    ]
    with _opened(subject) as store:
        store.write(states[:1])
        store.write(states[1:])
        found = store.load_orders()
        expect(found == states[2:], f"{found} was read; expected the last of three states")


@requirement
def trades_with_one_id_are_told_apart(subject: StoreSubject) -> None:
    """Exchanges begin to count anew every day, and for every contract."""
    trades = [
        _trade(1),
        _trade(1, symbol=OTHER, ts_ns=at(2)),
        _trade(1, direction=Direction.SHORT, ts_ns=at(3)),
        _trade(1, trading_day=DAY + 1, ts_ns=at(4)),
    ]
    with _opened(subject) as store:
        store.write(trades)
        found = store.load_trades()
        expect(found == trades, f"{len(found)} trades were read; expected {len(trades)}")


@requirement
def orders_and_trades_come_oldest_first(subject: StoreSubject) -> None:
    """Positions are counted from them in this order."""
    orders, trades = [_order(n) for n in range(1, 13)], [_trade(n) for n in range(1, 13)]
    with _opened(subject) as store:
        store.write([*orders, *trades])
        for found in (store.load_orders(), store.load_trades()):
            stamps = [each.ts_ns for each in found]
            expect(stamps == [at(n) for n in range(1, 13)], f"the stamps are {stamps}")


@requirement
def bars_are_those_of_the_range_oldest_first(subject: StoreSubject) -> None:
    """Indicators are warmed up from them: a bar too many looks into the future."""
    others = [_bar(2, symbol=OTHER), _bar(2, interval="5m")]
    with _opened(subject) as store:
        store.write([*(_bar(minute) for minute in (3, 1, 4, 0, 2)), *others])
        found = _bars(store, 1, 4)
        expected = [_bar(minute) for minute in (1, 2, 3)]
        expect(found == expected, f"{len(found)} bars of minutes 1 to 3; expected them in order")


@requirement
def a_bar_made_anew_replaces_the_old_one(subject: StoreSubject) -> None:
    """A second import mends what a first one got wrong."""
    with _opened(subject) as store:
        store.write([_bar(0, price=1.0)])
        store.write([_bar(0, price=2.0)])
        found = [each.close_price for each in _bars(store)]
        expect(found == [2.0], f"the closes are {found}; expected [2.0]")


# -- bad days ----------------------------------------------------------------------


@requirement
def a_batch_is_kept_whole_or_not_at_all(subject: StoreSubject) -> None:
    """A trade without its order makes a position that nobody can explain."""
    broken: Any = [_order(), object(), _trade()]
    with _opened(subject) as store:
        try:
            store.write(broken)
        except Exception:  # noqa: BLE001  of what kind is not said for what is no record
            kept, expected = len(store.load_orders()) + len(store.load_trades()), 0
        else:
            kept, expected = len(store.load_orders()) + len(store.load_trades()), 2
        expect(kept == expected, f"{kept} of 2 records are kept; expected {expected}")


@requirement
def it_serves_several_threads(subject: StoreSubject) -> None:
    """An observer writes on its thread while others read on theirs."""
    with _opened(subject) as store, ThreadPoolExecutor(3) as threads:
        writing = [threads.submit(store.write, [_order(number)]) for number in range(40)]
        reading = [threads.submit(store.load_orders) for _ in range(40)]
        for each in writing:
            each.result(60)
        for every in reading:
            every.result(60)
        found = len(store.load_orders())
        expect(found == 40, f"{found} of 40 orders written by threads were read")


@requirement
def what_is_kept_survives_closing(subject: StoreSubject) -> None:
    """Keeping it until tomorrow is the point of a store."""
    batch: list[Record] = [_order(), _trade(), _bar(0)]
    with _opened(subject) as store:
        store.write(batch)
    with _opened(subject) as store:
        found = [*store.load_orders(), *store.load_trades(), *_bars(store)]
        expect(found == batch, f"{len(found)} of 3 records were read after opening it again")


@requirement
def closing_again_is_harmless(subject: StoreSubject) -> None:
    """A start that fails closes what was opened, and so does the stop that follows."""
    with _opened(subject) as store:
        store.close()


@requirement
def a_home_that_is_no_folder_is_a_store_error(subject: StoreSubject) -> None:
    """Any other error shows the trader a traceback instead of one sentence."""
    home = subject.folder / "no-folder"
    home.write_bytes(b"")
    try:
        with _opened(subject, home) as store:
            store.write([_order()])
    except StoreError:
        return  # a store that is not in files may well go on


@requirement
def a_write_that_fails_is_a_store_error(subject: StoreSubject) -> None:
    """A store that says nothing has the observer count as kept what is lost."""
    if subject.spoil is None:
        return
    with _opened(subject) as store:
        subject.spoil(store)
        try:
            store.write([_bar(minute) for minute in range(5_000)])
        except StoreError:
            return
        expect(met=False, what="writing went well although nothing could be kept")


STORE: tuple[Requirement[StoreSubject], ...] = (
    an_empty_batch_is_harmless,
    every_field_comes_back,
    missing_prices_survive,
    any_text_survives,
    a_large_batch_is_kept,
    a_batch_written_again_changes_nothing,
    the_last_state_of_an_order_stands,
    trades_with_one_id_are_told_apart,
    orders_and_trades_come_oldest_first,
    bars_are_those_of_the_range_oldest_first,
    a_bar_made_anew_replaces_the_old_one,
    a_batch_is_kept_whole_or_not_at_all,
    it_serves_several_threads,
    what_is_kept_survives_closing,
    closing_again_is_harmless,
    a_home_that_is_no_folder_is_a_store_error,
    a_write_that_fails_is_a_store_error,
)
