"""What the outside may ask of a running engine, by name. Engine thread, between two events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from msgspec.structs import asdict

from homalos.config import StrategySettings, structure
from homalos.engine.order_commands import ORDER_COMMANDS
from homalos.engine.pace_command import turn_pace
from homalos.engine.risk_commands import RISK_COMMANDS
from homalos.errors import AccountError, GatewayError, MarketError, did_you_mean
from homalos.model.message import Message

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


def _subscribe(parts: Parts, *, symbols: Sequence[str], gateway: str = "") -> list[str]:
    """Ask for the market data of more symbols, and keep their last ticks; return the symbols."""
    if isinstance(symbols, str) or not symbols:
        msg = f'symbols: expected a list such as ["rb2510.SHFE"], not {symbols!r}'
        raise MarketError(msg)
    if gateway and gateway not in parts.gateways:
        known = ", ".join(parts.gateways) or "none"
        hint = did_you_mean(gateway, parts.gateways)
        msg = f"no gateway is called {gateway!r}{hint}; there are {known}"
        raise GatewayError(msg, gateway=gateway)
    # Every symbol is looked at before anybody is asked: all of them or none.
    names = list(dict.fromkeys(parts.markets.parse(text) for text in symbols))
    for name in names:
        parts.markets.instrument(name)
    for name, asked in parts.gateways.items():
        if gateway in ("", name):
            asked.subscribe(names)
    for name in names:
        parts.data.watch(name)
    return names


def _measure(parts: Parts, *, on: bool = True) -> None:
    """Take the time of one bus handler in 64 calls from now on, or no longer."""
    parts.bus.measure(on=on)


def _transfer(parts: Parts, *, amount: str, account: str = "", note: str = "") -> dict[str, Any]:
    """Pay into an account, or with an amount below 0 take out of what is available."""
    name = account or next(iter(parts.settings.accounts))
    if name not in parts.settings.accounts:
        known = ", ".join(parts.settings.accounts)
        hint = did_you_mean(name, parts.settings.accounts)
        msg = f"no account is called {name!r}{hint}; there are {known}"
        raise AccountError(msg)
    try:
        exact = Decimal(amount)
    except InvalidOperation as error:
        msg = f"{amount!r} is no amount of money"
        raise AccountError(msg) from error
    day = parts.loop.trading_day
    parts.accounts.transfer(name, exact, day, note)
    return _plain(parts.accounts.account_data(name, day))


def _accounts(parts: Parts) -> list[dict[str, Any]]:
    """Return every account's funds, positions and strategies' results, as plain values."""
    day, accounts = parts.loop.trading_day, parts.accounts
    return [
        {
            "funds": _plain(accounts.account_data(name, day)),
            "positions": [_plain(each) for each in accounts.position_data(name, day)],
            "strategies": {each: str(pnl) for each, pnl in accounts.results(name).items()},
        }
        for name in accounts.accounts
    ]


def _plain(message: Message) -> dict[str, Any]:
    """Return a message's fields as plain values; amounts as text, exact."""
    plain: dict[str, Any] = to_builtins(asdict(message))
    return plain


COMMANDS: Mapping[str, Callable[..., Any]] = {
    "account.show": _accounts,
    "account.transfer": _transfer,
    "bus.measure": _measure,
    "feed.pace": turn_pace,
    "gateway.subscribe": _subscribe,
    **ORDER_COMMANDS,
    "strategy.add": _add,
    "strategy.reload": _reload,
    "strategy.set": _set,
    "strategy.show": _show,
    "strategy.start": _start,
    "strategy.stop": _stop,
    "strategy.unload": _unload,
    **RISK_COMMANDS,
}
"""Every command; its arguments are the function's keywords."""
