"""Holds stop orders against the market: hears a symbol only while one waits there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isnan

from attrs import define, field

from homalos.bus import STATE, Bus, Subscription
from homalos.engine.data import DataManager
from homalos.engine.held.trigger import Trigger
from homalos.model import BarData, TickData

__all__ = ["Watching"]

_ORDER = STATE + 3


@define
class _Waiting:
    trigger: Trigger
    since_ns: int


@define
class _Symbol:
    """One symbol's stop orders, in the order of placing.

    Bars are looked at only where no ticks come: one that was made of ticks tells nothing
    that they have not told, and not in which order.
    """

    waiting: dict[str, _Waiting] = field(factory=dict)
    heard: list[Subscription] = field(factory=list)
    has_ticks: bool = False


class Watching:
    """Tells when a stop order is reached, and when its trigger has moved. Engine thread."""

    def __init__(
        self,
        bus: Bus,
        data: DataManager,
        reached: Callable[[str], None],
        moved: Callable[[str, float], None],
    ) -> None:
        self._bus = bus
        self._data = data
        self._reached = reached
        self._moved = moved
        self._symbols: dict[str, _Symbol] = {}
        self._symbol_of: dict[str, str] = {}

    def add(self, order_id: str, symbol: str, trigger: Trigger, now_ns: int) -> None:
        """Hold an order against the market from now on, the last price being the first.

        Of bars, only those that begin now or later are looked at.
        """
        if trigger.on_price(self._data.last_price(symbol)):
            self._reached(order_id)
            return
        found = self._symbols.get(symbol)
        if found is None:
            found = self._symbols[symbol] = _Symbol()
            found.has_ticks = self._data.last_tick(symbol) is not None
            subscribe = partial(self._bus.subscribe, order=_ORDER, name="held orders")
            found.heard.append(subscribe(TickData, self._on_tick, key=symbol))
            found.heard.append(subscribe(BarData, self._on_bar, key=(symbol, None)))
        found.waiting[order_id] = _Waiting(trigger, now_ns)
        self._symbol_of[order_id] = symbol
        if not isnan(trigger.price):
            self._moved(order_id, trigger.price)

    def remove(self, order_id: str) -> bool:
        """Look for an order no more; say whether it was looked for."""
        symbol = self._symbol_of.pop(order_id, None)
        if symbol is None:
            return False
        found = self._symbols[symbol]
        del found.waiting[order_id]
        if not found.waiting:
            for subscription in found.heard:
                subscription.close()
            del self._symbols[symbol]
        return True

    # -- inside ------------------------------------------------------------------

    def _on_tick(self, tick: TickData) -> None:
        found = self._symbols.get(tick.symbol)
        if found is None:
            return  # the last of them went while this tick was on its way
        found.has_ticks = True
        last = tick.last_price
        for order_id, waiting in tuple(found.waiting.items()):
            if order_id in found.waiting:
                self._look(order_id, waiting, waiting.trigger.on_price, last)

    def _on_bar(self, bar: BarData) -> None:
        found = self._symbols.get(bar.symbol)
        if found is None or found.has_ticks:
            return
        high, low, close = bar.high_price, bar.low_price, bar.close_price
        for order_id, waiting in tuple(found.waiting.items()):
            if order_id in found.waiting and waiting.since_ns <= bar.start_ns:
                self._look(order_id, waiting, waiting.trigger.on_bar, high, low, close)

    def _look(
        self, order_id: str, waiting: _Waiting, meets: Callable[..., bool], *prices: float
    ) -> None:
        before = waiting.trigger.price
        if meets(*prices):
            self.remove(order_id)
            self._reached(order_id)
            return
        after = waiting.trigger.price
        if after != before and not isnan(after):
            self._moved(order_id, after)
