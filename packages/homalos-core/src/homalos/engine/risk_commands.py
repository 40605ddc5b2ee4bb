"""What the outside may ask of a running engine's risk, by name. As `homalos.engine.commands`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from homalos.engine.orders import MANUAL
from homalos.engine.risk.flatten_report import FlattenReport
from homalos.engine.risk.preview import explain, preview, wish_of
from homalos.errors import AccountError, OrderError, did_you_mean
from homalos.model import Direction, Offset, OrderRequest, TradingState

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["RISK_COMMANDS"]

_NS = 1_000_000_000


def _explain(parts: Parts, **order: Any) -> dict[str, Any]:
    """Return what every rule says of an order, which is not sent."""
    found = explain(parts, _wish(parts, **order))
    passes = not any(each.is_refused for part in found for each in part.verdicts)
    return {"passes": passes, "parts": to_builtins(found)}


def _preview(parts: Parts, **order: Any) -> dict[str, Any]:
    """Return what an order would do to its account, and what every rule says of it."""
    found: dict[str, Any] = to_builtins(preview(parts, _wish(parts, **order)))
    return found


def _show(parts: Parts) -> dict[str, Any]:
    """Return the rules, what they measure, the switches and the leases, as plain values."""
    control, risk = parts.control, parts.risk
    lease = control.lease
    silent_ns = parts.clock.now - lease.operator_ns if lease.operator_ns else 0
    return {
        "rules": [
            {"name": each.name, "kind": each.kind, "failures": risk.failures[each.name]}
            for each in risk.bound
        ],
        "refused": risk.refused,
        "meters": to_builtins(control.watch.seen()),
        "switches": to_builtins(control.switches.turned()),
        "lease": {
            "seconds": lease.lease_ns / _NS,
            "gateways": list(lease.holders),
            "is_held": lease.is_held,
            "operator_seconds": lease.silence_ns / _NS,
            "silent_seconds": silent_ns / _NS,
        },
    }


def _switch(
    parts: Parts, *, state: str, scope: str = "engine", name: str = "", reason: str = ""
) -> dict[str, Any]:
    """Turn a switch; a person's word takes the place of what rules hold it at."""
    try:
        wanted = TradingState(state)
    except ValueError as error:
        msg = f"{state!r} is no state of a switch; expected one of {', '.join(TradingState)}"
        raise OrderError(msg) from error
    switches = parts.control.switches
    if switches.at(scope, name) is TradingState.NORMAL and wanted is not TradingState.NORMAL:
        parts.control.scope(scope, name)  # a misspelt one would never forbid anything
    switches.turn(scope, name, wanted, reason or "a person turned it")
    return {"scope": scope, "name": name, "state": str(switches.at(scope, name))}


def _cancel_all(parts: Parts, *, scope: str = "engine", name: str = "") -> int:
    return parts.control.cancel_all(parts.control.scope(scope, name))


def _flatten(
    parts: Parts, *, scope: str = "engine", name: str = "", timeout_s: float = 20.0
) -> Future[dict[str, Any]]:
    """Begin to close everything of a scope; what is asked has the report when it is over."""
    if not (isfinite(timeout_s) and timeout_s > 0):
        msg = f"a time-out is above 0 seconds, not {timeout_s}"
        raise OrderError(msg)
    told: Future[dict[str, Any]] = Future()
    begun = parts.control.flatten(parts.control.scope(scope, name), timeout_s)
    begun.add_done_callback(partial(_tell, told))
    return told


def _alive(parts: Parts) -> dict[str, Any]:
    """Take a sign of the operator."""
    lease = parts.control.lease
    lease.alive()
    return {"is_held": lease.is_held, "operator_seconds": lease.silence_ns / _NS}


# -- inside ------------------------------------------------------------------------


def _wish(
    parts: Parts,
    *,
    symbol: str,
    direction: str,
    offset: str,
    volume: int,
    price: float = float("nan"),
    account: str = "",
    strategy: str = MANUAL,
) -> OrderRequest:
    name = account or next(iter(parts.settings.accounts))
    if name not in parts.settings.accounts:
        known = ", ".join(parts.settings.accounts)
        hint = did_you_mean(name, parts.settings.accounts)
        msg = f"no account is called {name!r}{hint}; there are {known}"
        raise AccountError(msg)
    if volume <= 0:
        msg = f"an order needs at least 1 lot, not {volume}"
        raise OrderError(msg)
    lane = parts.orders.lane(name, parts.markets.parse(symbol))
    return wish_of(parts, lane, Direction(direction), Offset(offset), price, volume, strategy)


def _tell(told: Future[dict[str, Any]], begun: Future[FlattenReport]) -> None:
    told.set_result(to_builtins(begun.result()))


RISK_COMMANDS: Mapping[str, Callable[..., Any]] = {
    "risk.alive": _alive,
    "risk.cancel_all": _cancel_all,
    "risk.explain": _explain,
    "risk.flatten": _flatten,
    "risk.preview": _preview,
    "risk.show": _show,
    "risk.switch": _switch,
}
"""Every command; its arguments are the function's keywords."""
