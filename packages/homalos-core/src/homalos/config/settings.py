"""The settings: frozen classes that refuse what cannot be meant, one by one and together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from attrs import Attribute, Factory, field, frozen

from homalos.config.trading import ControlSettings, OrderSettings, RoutingSettings
from homalos.config.validators import above_0, not_below_0, not_empty
from homalos.errors import ConfigError, did_you_mean
from homalos.model import Interval, PositionMode

__all__ = [
    "SHORT_FORM",
    "AccountSettings",
    "BarSettings",
    "BusSettings",
    "FeedSettings",
    "GatewaySettings",
    "InboxSettings",
    "JournalSettings",
    "LogSettings",
    "RestartSettings",
    "Settings",
    "StoreSettings",
    "StrategySettings",
    "WatchSettings",
    "check",
    "effective_name",
]

SHORT_FORM = "short_form"
"""Metadata of a tuple field: the key under which a single value of it may be given."""

LogLevel = Literal["debug", "info", "warning", "error"]

_INTERVAL = re.compile(r"[1-9][0-9]*[smh]|d")


def _named(_: object, attribute: Attribute[Any], value: Mapping[str, object]) -> None:
    if not all(name.strip() for name in value):
        raise ConfigError([f"{attribute.name} needs a name for each entry"])


def _symbols(_: object, attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    if not value or not all(symbol.strip() for symbol in value):
        raise ConfigError([f"{attribute.name} needs at least one symbol, such as rb2510.SHFE"])
    if len(set(value)) < len(value):
        raise ConfigError([f"{attribute.name} has the same symbol twice"])


def _bar_length(_: object, attribute: Attribute[Any], value: str) -> None:
    if not _INTERVAL.fullmatch(value):
        what = f"a bar length such as 1m, 15m, 1h or d, not {value!r}"
        raise ConfigError([f"{attribute.name} must be {what}"])


@frozen(kw_only=True)
class GatewaySettings:
    """One venue connection.

    Attributes:
        kind: Name of the gateway spec.
        options: Structured into the spec's class of options.
    """

    kind: str = field(default="sim", validator=not_empty)
    options: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class AccountSettings:
    """One account at a venue.

    Attributes:
        gateway: Name of the gateway it trades through.
        routing: Further gateways that its orders may go to.
        capital: What it starts with, in its currency, > 0.
        currency: ISO 4217 code; for display, nothing is converted.
        mode: Whether long and short stand side by side or cancel out.
        close_today: What becomes of a plain close of lots opened today, in a hedging
            account: `close` closes them; `lock` opens the other side instead; `cheaper`
            locks where one fee to open and two to close on a later day are less than the
            fee to close today. In an account that locks, lots of both sides count as a
            lock: an order that opens gives up locks of earlier days first, and a close is
            of no more than what is not locked. It is meant for one strategy an account.
        margin_call: What becomes of an account that lacks margin after a settlement: `tell`
            says so, `close` lets the simulation close positions as a broker does.
    """

    gateway: str = field(default="sim", validator=not_empty)
    capital: Decimal = field(default=Decimal(1_000_000), validator=above_0)
    currency: str = field(default="CNY", validator=not_empty)
    mode: PositionMode = PositionMode.HEDGING
    close_today: Literal["close", "lock", "cheaper"] = "close"
    margin_call: Literal["tell", "close"] = "tell"
    routing: RoutingSettings = field(factory=RoutingSettings)


@frozen(kw_only=True)
class FeedSettings:
    """A source of market data.

    Attributes:
        kind: Name of the feed spec.
        speed: Event seconds a wall second, >= 0; 0 runs as fast as it goes.
        thread: Whether a full-speed feed comes through the inbox from a thread of its
            own, as a live one does; a paced one always does.
        for_s: Stop after this many wall seconds' worth of paced time, >= 0; 0 runs to
            the end.
        options: Structured into the spec's class of options.
    """

    kind: str = field(default="tape", validator=not_empty)
    speed: float = field(default=0.0, validator=not_below_0)
    thread: bool = False
    for_s: float = field(default=0.0, validator=not_below_0)
    options: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class RestartSettings:
    """What brings a strategy back that failed.

    Attributes:
        times: Restarts in one trading day at most, >= 0; 0 is never.
        wait_s: Seconds of the engine's clock before the first, > 0; each next one waits
            twice as long as the one before.
    """

    times: int = field(default=0, validator=not_below_0)
    wait_s: float = field(default=10.0, validator=above_0)


@frozen(kw_only=True)
class StrategySettings:
    """One strategy to run.

    Attributes:
        strategy: Name of the strategy spec.
        symbols: What it trades, at least one; a file may give a single one as `symbol`.
        name: Unique; `<strategy>-<first symbol>` when left out.
        interval: Length of its bars.
        params: Structured into the spec's parameter class.
        account: The account it trades in; the first of the settings when left out.
        cancel_on_failure: Whether its orders are cancelled when it fails.
        restart: What brings it back when it has failed.
    """

    strategy: str = field(validator=not_empty)
    symbols: tuple[str, ...] = field(validator=_symbols, metadata={SHORT_FORM: "symbol"})
    name: str = ""
    interval: str = field(default=Interval.MINUTE.value, validator=_bar_length)
    params: Mapping[str, Any] = Factory(dict)
    account: str = ""
    cancel_on_failure: bool = True
    restart: RestartSettings = field(factory=RestartSettings)


@frozen(kw_only=True)
class StoreSettings:
    """Where records are kept.

    Attributes:
        kind: Name of the store spec.
        options: Structured into the spec's class of options.
    """

    kind: str = field(default="sqlite", validator=not_empty)
    options: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class JournalSettings:
    """The log of inputs.

    Attributes:
        mode: `file` writes it, `count` only numbers the events.
    """

    mode: Literal["file", "count"] = "count"


@frozen(kw_only=True)
class BarSettings:
    """How bars of more than a minute are counted.

    Attributes:
        convention: `clock` counts from the whole hour on the wall; `session` counts trading
            time from the start of the night, or of the day, so that a bar goes on over a
            short break and over lunch.
    """

    convention: Literal["clock", "session"] = "clock"


@frozen(kw_only=True)
class BusSettings:
    """The observers' queues.

    Attributes:
        queue: Events an observer may lag behind, > 0.
        batch: Records a store is given at once, at most; > 0.
        batch_s: Seconds a record may wait for its batch, > 0.
    """

    queue: int = field(default=10_000, validator=above_0)
    batch: int = field(default=100, validator=above_0)
    batch_s: float = field(default=5.0, validator=above_0)


@frozen(kw_only=True)
class InboxSettings:
    """The lanes into the engine.

    Attributes:
        execution: Places for reports and commands, > 0; a full lane blocks the poster.
        market: Places for market data, > 0.
        when_full: What a full market lane does.
    """

    execution: int = field(default=1_000, validator=above_0)
    market: int = field(default=10_000, validator=above_0)
    when_full: Literal["block", "conflate"] = "conflate"


@frozen(kw_only=True)
class LogSettings:
    """The log of what happens, on the console and in `<home>/logs/homalos_{date}.log`.

    Attributes:
        level: The least that is written: debug, info, warning or error.
        levels: The same for single components by name, such as `strategy.ma1` or `store`;
            a name also stands for what is below it.
        json: Whether the file has JSON lines instead of text.
        days: Days that files are kept, >= 1; all but the current one are zipped.
    """

    level: LogLevel = "info"
    levels: Mapping[str, LogLevel] = Factory(dict)
    json: bool = False
    days: int = field(default=30, validator=above_0)


@frozen(kw_only=True)
class WatchSettings:
    """How long one event may take a strategy; measured from outside, by the wall.

    Attributes:
        slow_ms: Milliseconds after which it is reported, > 0.
        stuck_s: Seconds after which a strategy that is still in the same event is
            stopped, where the engine's thread can be interrupted; 0 is never. A run on
            event time only reports, since a wall's time must not change what it decides.
    """

    slow_ms: float = field(default=200.0, validator=above_0)
    stuck_s: float = field(default=30.0, validator=not_below_0)


def _default_gateways() -> dict[str, GatewaySettings]:
    return {"sim": GatewaySettings()}


def _default_accounts() -> dict[str, AccountSettings]:
    return {"main": AccountSettings()}


@frozen(kw_only=True)
class Settings:
    """Everything an engine is built from.

    Attributes:
        run: Prefix of the order ids of this run.
        clock: `event` takes the time from the events, `live` from the wall.
        seed: Where every chance of this run begins, >= 0.
        home: The one folder for database, journal, logs and secrets.
        markets: Names of the markets to use; empty uses every one installed.
        market: Options of markets by name.
        gateways: Venues by name.
        accounts: Accounts by name; the first is the default.
        feed: The source of market data, where the venues bring none.
        risk: Options of risk rules by name; false switches one off.
        strategies: What to run.
        strategies_folder: Folder of Python files whose strategies are offered beside those
            of the plugins; a relative one is beside the settings file.
        store: Where records are kept; `None` keeps nothing.
        alerts: Options of alert channels by name; those named are used.
        orders: How long the engine waits for an answer to an order.
        control: Warnings before limits, the switch at the start, leases.
        statements: Whether the statement of each settled day is kept, in the home folder's
            `statements`.
    """

    run: str = field(default="1", validator=not_empty)
    clock: Literal["event", "live"] = "event"
    seed: int = field(default=1, validator=not_below_0)
    home: Path = Path(".homalos")
    markets: Sequence[str] = ()
    market: Mapping[str, Mapping[str, Any]] = Factory(dict)
    gateways: Mapping[str, GatewaySettings] = field(factory=_default_gateways, validator=_named)
    accounts: Mapping[str, AccountSettings] = field(factory=_default_accounts, validator=_named)
    feed: FeedSettings | None = None
    risk: Mapping[str, Any] = Factory(dict)
    strategies: Sequence[StrategySettings] = ()
    strategies_folder: Path | None = None
    store: StoreSettings | None = None
    alerts: Mapping[str, Any] = Factory(dict)
    orders: OrderSettings = field(factory=OrderSettings)
    control: ControlSettings = field(factory=ControlSettings)
    statements: bool = False
    journal: JournalSettings = field(factory=JournalSettings)
    bars: BarSettings = field(factory=BarSettings)
    bus: BusSettings = field(factory=BusSettings)
    inbox: InboxSettings = field(factory=InboxSettings)
    logs: LogSettings = field(factory=LogSettings)
    watch: WatchSettings = field(factory=WatchSettings)


def effective_name(strategy: StrategySettings) -> str:
    """Return the name that a strategy goes by, whether it was given one or not."""
    return strategy.name or f"{strategy.strategy}-{strategy.symbols[0]}"


def check(settings: Settings) -> tuple[str, ...]:
    """Return what is wrong between the parts of the settings, each problem with its path.

    Looked at are names: every account's gateway and every strategy's account must
    exist, and no two strategies may have the same name. Only an account that holds both
    sides can lock. An engine that only reads
    market data needs neither a gateway nor an account.
    """
    problems: list[str] = []
    for name, account in settings.accounts.items():
        problems += _account_problems(f"$.accounts.{name}", account, settings.gateways)
    if settings.strategies and not settings.accounts:
        problems.append("a strategy needs an account to trade in @ $.accounts")
    first: dict[str, int] = {}
    for index, strategy in enumerate(settings.strategies):
        where = f"$.strategies[{index}]"
        if strategy.account and strategy.account not in settings.accounts:
            hint = did_you_mean(strategy.account, settings.accounts)
            problems.append(f"no account is called {strategy.account!r} @ {where}.account{hint}")
        name = effective_name(strategy)
        other = first.setdefault(name, index)
        if other != index:
            what = f"the name {name!r} is that of $.strategies[{other}] already"
            problems.append(f"{what} @ {where}.name; give it another")
    return tuple(problems)


def _account_problems(
    path: str, account: AccountSettings, gateways: Mapping[str, object]
) -> Iterator[str]:
    named = [(f"{path}.gateway", account.gateway)]
    for index, other in enumerate(account.routing.gateways):
        where = f"{path}.routing.gateways[{index}]"
        if other in (name for _, name in named):
            yield f"{other!r} is there already @ {where}; name each once"
        named.append((where, other))
    for where, name in named:
        if name not in gateways:
            yield f"no gateway is called {name!r} @ {where}{did_you_mean(name, gateways)}"
    if account.close_today != "close" and account.mode is PositionMode.NETTING:
        what = f"{account.close_today!r} needs an account whose mode is 'hedging'"
        yield f"{what} @ {path}.close_today"
