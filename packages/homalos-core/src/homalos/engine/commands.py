"""What the outside may ask of a running engine, by name. Engine thread, between two events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from homalos.config import StrategySettings, structure
from homalos.engine.orders import MANUAL
from homalos.errors import OrderError
from homalos.model import Direction, Offset, OrderData, OrderType, Rejection

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["COMMANDS"]


def _start(parts: Parts, *, strategy: str) -> None:
    parts.strategies.start(strategy)


def _stop(parts: Parts, *, strategy: str) -> None:
    parts.strategies.stop(strategy)


def _add(parts: Parts, **settings: Any) -> str:
    """Load and start a strategy; the arguments are those of a strategy in the settings."""
    each = structure(settings, StrategySettings, path="$")
    return parts.loader.load(each, starts=True).name


def _unload(parts: Parts, *, strategy: str) -> None:
    parts.loader.unload(strategy)


def _reload(parts: Parts, *, strategy: str) -> None:
    """Put the code of a strategy's file, as it is now, in the place of the one that runs."""
    parts.loader.reload(strategy)


def _set(parts: Parts, *, strategy: str, params: Mapping[str, Any]) -> None:
    """Change some of a strategy's parameters; the others stay."""
    parts.loader.set_params(strategy, params)


def _show(parts: Parts, *, strategy: str) -> dict[str, Any]:
    """Return a strategy's state, parameters, variables and positions, as plain values."""
    found = parts.strategies.strategy(strategy)
    return {
        "state": str(parts.strategies.states()[strategy]),
        "params": to_builtins(found.params),
        "variables": to_builtins(found.variables),
        "positions": {symbol: found.position(symbol) for symbol in found.symbols},
    }


def _send(
    parts: Parts,
    *,
    symbol: str,
    direction: str,
    offset: str,
    volume: int,
    price: float = float("nan"),
    account: str = "",
    reference: str = "",
) -> OrderData | Rejection:
    """Send a person's order; without a price, a market order."""
    name = parts.markets.parse(symbol)
    lane = parts.orders.lane(account or next(iter(parts.settings.accounts)), name)
    if volume <= 0:
        msg = f"an order needs at least 1 lot, not {volume}"
        raise OrderError(msg)
    parts.data.watch(name)
    has_price = price == price  # noqa: PLR0124  nan: a market order
    return parts.orders.submit(
        MANUAL,
        lane,
        Direction(direction),
        Offset(offset),
        lane.instrument.snap(price),
        volume,
        OrderType.LIMIT if has_price else OrderType.MARKET,
        reference,
    )


def _cancel(parts: Parts, *, order_id: str) -> bool:
    return parts.orders.cancel(order_id)


def _cancel_all(parts: Parts) -> int:
    return sum(parts.orders.cancel(order.order_id) for order in parts.orders.working())


COMMANDS: Mapping[str, Callable[..., Any]] = {
    "order.cancel": _cancel,
    "order.cancel_all": _cancel_all,
    "order.send": _send,
    "strategy.add": _add,
    "strategy.reload": _reload,
    "strategy.set": _set,
    "strategy.show": _show,
    "strategy.start": _start,
    "strategy.stop": _stop,
    "strategy.unload": _unload,
}
"""Every command; its arguments are the function's keywords."""
