"""What a person may ask of orders while the engine runs. Engine thread, between two events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from math import isnan, nan
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import to_builtins
from msgspec.structs import asdict

from homalos.engine.orders import MANUAL
from homalos.errors import AccountError, OrderError, did_you_mean
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderType,
    Rejection,
    Terms,
    TimeInForce,
)

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["ORDER_COMMANDS"]

_E = TypeVar("_E", bound=StrEnum)

_NS = 1_000_000_000
_PRICED = (OrderType.LIMIT, OrderType.FAK, OrderType.FOK, OrderType.STOP_LIMIT)


def _send(  # noqa: PLR0913  the words of an order, each by its name
    parts: Parts,
    *,
    symbol: str,
    direction: str,
    offset: str,
    volume: int,
    price: float | None = None,
    type: str = "",  # noqa: A002  the word that a person knows it by
    trigger: float | None = None,
    trail: float | None = None,
    time_in_force: str = "day",
    until_ns: int = 0,
    timeout_s: float = 0.0,
    requotes: int = 0,
    group: str = "",
    parent: str = "",
    account: str = "",
    reference: str = "",
    explain: bool = False,
) -> OrderData | Rejection | dict[str, Any]:
    """Send a person's order; without a type what its prices say, at the market without any.

    With `explain` the answer is plain values: the `order`, or every rule that `refused`.
    """
    name = parts.markets.parse(symbol)
    owner = _account(parts, account)
    if volume <= 0:
        msg = f"an order needs at least 1 lot, not {volume}"
        raise OrderError(msg)
    at, first, behind = (nan if each is None else float(each) for each in (price, trigger, trail))
    kind = _word(OrderType, type, "type") if type else _kind(at, first, behind)
    if kind in _PRICED and isnan(at):
        msg = f"a {kind} order needs a price"
        raise OrderError(msg)
    terms = Terms(
        trigger=first,
        trail=behind,
        time_in_force=_word(TimeInForce, time_in_force, "time in force"),
        until_ns=until_ns,
        timeout_ns=round(timeout_s * _NS),
        requotes=requotes,
        group=group,
        parent=parent,
    )
    lane = parts.orders.lane(owner, name)
    parts.data.watch(name)

    def submit() -> OrderData | Rejection:
        return parts.orders.submit(
            MANUAL,
            lane,
            _word(Direction, direction, "direction"),
            _word(Offset, offset, "offset"),
            lane.instrument.snap(at) if kind in _PRICED else nan,
            volume,
            kind,
            reference,
            None if _is_plain(terms) else terms,
        )

    return _explained(parts, submit) if explain else submit()


def _cancel(parts: Parts, *, order_id: str) -> bool:
    return parts.orders.cancel(order_id)


def _cancel_all(parts: Parts) -> int:
    return sum(parts.orders.cancel(order.order_id) for order in parts.orders.working())


def _amend(
    parts: Parts,
    *,
    order_id: str,
    price: float | None = None,
    volume: int | None = None,
    trigger: float | None = None,
    explain: bool = False,
) -> OrderData | Rejection | dict[str, Any]:
    """Change an order's limit, lots or trigger; what is left out stays."""

    def amend() -> OrderData | Rejection:
        return parts.orders.amend(order_id, price=price, volume=volume, trigger=trigger)

    return _explained(parts, amend) if explain else amend()


def _list(
    parts: Parts, *, strategy: str = "", account: str = "", over: bool = False
) -> list[dict[str, Any]]:
    """Return the orders that are not over, oldest first, as plain values; `over`: those, too."""
    if account:
        _account(parts, account)
    orders = parts.orders.orders.values() if over else parts.orders.working()
    return [
        _plain(order)
        for order in orders
        if strategy in ("", order.strategy) and account in ("", order.account)
    ]


# -- inside --------------------------------------------------------------------


def _account(parts: Parts, name: str) -> str:
    accounts = parts.settings.accounts
    if not name:
        return next(iter(accounts))
    if name not in accounts:
        known = ", ".join(accounts)
        msg = f"no account is called {name!r}{did_you_mean(name, accounts)}; there are {known}"
        raise AccountError(msg)
    return name


def _kind(price: float, trigger: float, trail: float) -> OrderType:
    if not isnan(trail):
        return OrderType.TRAILING_STOP
    if not isnan(trigger):
        return OrderType.STOP if isnan(price) else OrderType.STOP_LIMIT
    return OrderType.MARKET if isnan(price) else OrderType.LIMIT


def _is_plain(terms: Terms) -> bool:
    asks = (terms.until_ns, terms.timeout_ns, terms.requotes, terms.group, terms.parent)
    waits = not (isnan(terms.trigger) and isnan(terms.trail))
    return not (any(asks) or waits or terms.time_in_force is not TimeInForce.DAY)


def _word(kind: type[_E], text: str, what: str) -> _E:
    try:
        return kind(text)
    except ValueError:
        words = [str(each) for each in kind]
        hint = did_you_mean(text, words)
        msg = f"{text!r} is no {what}{hint}; there are {', '.join(words)}"
        raise OrderError(msg) from None


def _explained(parts: Parts, action: Callable[[], OrderData | Rejection]) -> dict[str, Any]:
    """Carry it out, and return what came of it; refused, with every rule that did so."""
    refused: list[Rejection] = []
    heard = parts.bus.subscribe(Rejection, refused.append, name="order command")
    try:
        answer = action()
    finally:
        heard.close()
    if isinstance(answer, OrderData):
        return {"order": _plain(answer), "refused": []}
    rules = [
        {"rule": each.rule, "message": each.message, "input": each.input, "limit": each.limit}
        for each in refused
        if each.order_id.partition(".")[0] == answer.order_id.partition(".")[0]
    ]
    return {"order": None, "refused": rules}


def _plain(order: OrderData) -> dict[str, Any]:
    terms = None if order.terms is None else asdict(order.terms)
    plain: dict[str, Any] = to_builtins({**asdict(order), "terms": terms})
    return plain


ORDER_COMMANDS: Mapping[str, Callable[..., Any]] = {
    "order.amend": _amend,
    "order.cancel": _cancel,
    "order.cancel_all": _cancel_all,
    "order.list": _list,
    "order.send": _send,
}
"""The commands of orders; their arguments are the functions' keywords."""
