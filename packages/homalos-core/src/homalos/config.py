"""The settings: frozen classes, filled from one YAML file, the environment and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from attrs import Factory, field, frozen

from homalos.model import Interval, PositionMode

__all__ = [
    "AccountSettings",
    "BusSettings",
    "FeedSettings",
    "GatewaySettings",
    "InboxSettings",
    "JournalSettings",
    "Settings",
    "StoreSettings",
    "StrategySettings",
]


@frozen(kw_only=True)
class GatewaySettings:
    """One venue connection.

    Attributes:
        kind: Name of the gateway spec.
        options: Structured into the spec's class of options.
    """

    kind: str = "sim"
    options: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class AccountSettings:
    """One account at a venue.

    Attributes:
        gateway: Name of the gateway it trades through.
        capital: What it starts with, in its currency.
        mode: Whether long and short stand side by side or cancel out.
    """

    gateway: str = "sim"
    capital: Decimal = Decimal(1_000_000)
    currency: str = "CNY"
    mode: PositionMode = PositionMode.HEDGING


@frozen(kw_only=True)
class FeedSettings:
    """A source of market data.

    Attributes:
        kind: Name of the feed spec.
        speed: Event seconds a wall second; 0 runs as fast as it goes.
        thread: Whether a full-speed feed comes through the inbox from a thread of its
            own, as a live one does; a paced one always does.
        for_s: Stop after this many wall seconds' worth of paced time; 0 runs to the end.
        options: Structured into the spec's class of options.
    """

    kind: str = "tape"
    speed: float = 0.0
    thread: bool = False
    for_s: float = 0.0
    options: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class StrategySettings:
    """One strategy to run.

    Attributes:
        strategy: Name of the strategy spec.
        symbols: What it trades, at least one.
        name: Unique; `<strategy>-<first symbol>` when left out.
        interval: Length of its bars.
        params: Structured into the spec's parameter class.
        account: The account it trades in; the first of the settings when left out.
        cancel_on_failure: Whether its orders are cancelled when it fails.
    """

    strategy: str
    symbols: tuple[str, ...]
    name: str = ""
    interval: str = Interval.MINUTE.value
    params: Mapping[str, Any] = Factory(dict)
    account: str = ""
    cancel_on_failure: bool = True


@frozen(kw_only=True)
class StoreSettings:
    """Where records are kept."""

    kind: str = "sqlite"
    options: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class JournalSettings:
    """The log of inputs.

    Attributes:
        mode: `file` writes it, `count` only numbers the events.
    """

    mode: Literal["file", "count"] = "count"


@frozen(kw_only=True)
class BusSettings:
    """The observers' queues.

    Attributes:
        queue: Events an observer may lag behind.
        batch: Records a store is given at once, at most.
        batch_s: Seconds a record may wait for its batch.
    """

    queue: int = 10_000
    batch: int = 100
    batch_s: float = 5.0


@frozen(kw_only=True)
class InboxSettings:
    """The lanes into the engine.

    Attributes:
        execution: Places for reports and commands; a full lane blocks the poster.
        market: Places for market data.
        when_full: What a full market lane does.
    """

    execution: int = 1_000
    market: int = 10_000
    when_full: Literal["block", "conflate"] = "conflate"


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
        seed: Where every chance of this run begins.
        home: The one folder for database, journal, logs and secrets.
        markets: Names of the markets to use; empty uses every one installed.
        market: Options of markets by name.
        gateways: Venues by name.
        accounts: Accounts by name; the first is the default.
        feed: The source of market data, where the venues bring none.
        risk: Options of risk rules by name; false switches one off.
        strategies: What to run.
        store: Where records are kept; `None` keeps nothing.
    """

    run: str = "1"
    clock: Literal["event", "live"] = "event"
    seed: int = 1
    home: Path = Path(".homalos")
    markets: Sequence[str] = ()
    market: Mapping[str, Mapping[str, Any]] = Factory(dict)
    gateways: Mapping[str, GatewaySettings] = Factory(_default_gateways)
    accounts: Mapping[str, AccountSettings] = Factory(_default_accounts)
    feed: FeedSettings | None = None
    risk: Mapping[str, Any] = Factory(dict)
    strategies: Sequence[StrategySettings] = ()
    store: StoreSettings | None = None
    journal: JournalSettings = field(factory=JournalSettings)
    bus: BusSettings = field(factory=BusSettings)
    inbox: InboxSettings = field(factory=InboxSettings)
