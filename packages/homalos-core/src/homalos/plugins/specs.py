"""What a plugin answers a hook with: a name, a factory, a class of options, a sentence.

`config` is an attrs class; the plugin's section of the settings is structured
into it before the factory is called. Specs are made once and never change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

if TYPE_CHECKING:
    from homalos.model import BarData, Statement, TickData
    from homalos.plugins.ports import (
        AlertChannel,
        AlertContext,
        Applied,
        DoctorCheck,
        Feed,
        FeedContext,
        FillContext,
        FillModel,
        Gateway,
        GatewayContext,
        ImportContext,
        Market,
        MarketContext,
        NeedsRestart,
        RiskCheck,
        RiskContext,
        RiskRule,
        Router,
        StatementReader,
        Store,
        StoreContext,
    )
    from homalos.strategy import Strategy

__all__ = [
    "AlertChannelSpec",
    "CommandSpec",
    "DoctorCheckSpec",
    "FeedSpec",
    "FillModelSpec",
    "GatewaySpec",
    "ImporterSpec",
    "MarketSpec",
    "NoOptions",
    "RiskRuleSpec",
    "RouterSpec",
    "StatementFormatSpec",
    "StoreSpec",
    "StrategySpec",
]


@frozen
class NoOptions:
    """The options of a part that has none."""


@frozen(kw_only=True)
class MarketSpec:
    """A market: `factory(context, options) -> Market`."""

    name: str
    factory: Callable[[MarketContext, Any], Market]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class GatewaySpec:
    """A venue: `factory(context, options) -> Gateway`.

    Attributes:
        in_process: True when the venue runs on the engine thread (a simulation);
            its reports then go to the engine's own agenda instead of the inbox.
        on_settings: `(gateway, old options, new options)`, called on the engine thread
            between two events when the settings change; without it they need a restart.
    """

    name: str
    factory: Callable[[GatewayContext, Any], Gateway]
    config: type = NoOptions
    in_process: bool = False
    on_settings: Callable[[Any, Any, Any], Applied | NeedsRestart] | None = None
    doc: str = ""


@frozen(kw_only=True)
class FeedSpec:
    """A source of market data: `factory(context, options) -> Feed`."""

    name: str
    factory: Callable[[FeedContext, Any], Feed]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class ImporterSpec:
    """A reader of files.

    Attributes:
        matches: Whether this reader takes a file, by its name and what it finds inside.
            May raise `DataError` for a file of its kind that nobody could read.
        read: `(path, context) -> iterator` of records in file order. Rows that
            cannot be used go to `context.bad_row(file, line, reason)`.
    """

    name: str
    matches: Callable[[Path], bool]
    read: Callable[[Path, ImportContext], Iterator[TickData | BarData]]
    doc: str = ""


@frozen(kw_only=True)
class StoreSpec:
    """A place to keep records: `factory(context, options) -> Store`."""

    name: str
    factory: Callable[[StoreContext, Any], Store]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class RiskRuleSpec:
    """A pre-trade rule: `factory(context, options) -> check(request) -> Refusal | None`.

    Attributes:
        factory: Returns the check alone, or a `RiskRule` that has one; several of them by
            name, each of which becomes a rule of its own called `<name>.<its name>`; or
            `None` where its options leave nothing to check.
        order: Rules run by rising `order`, ties by name.
        kind: What an `exposure` rule refuses goes through all the same where the order can
            only make a position smaller; a `validity` rule refuses any.
    """

    name: str
    factory: Callable[
        [RiskContext, Any], RiskCheck | RiskRule | Mapping[str, RiskCheck | RiskRule] | None
    ]
    config: type = NoOptions
    order: int = 50
    kind: Literal["exposure", "validity"] = "exposure"
    doc: str = ""


@frozen(kw_only=True)
class RouterSpec:
    """A way to choose among venues: `factory(options) -> Router`."""

    name: str
    factory: Callable[[Any], Router]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class FillModelSpec:
    """A way to fill: `factory(context, options) -> FillModel`, one for each instrument."""

    name: str
    factory: Callable[[FillContext, Any], FillModel]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class AlertChannelSpec:
    """A way to reach a person: `factory(context, options) -> AlertChannel`."""

    name: str
    factory: Callable[[AlertContext, Any], AlertChannel]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class StatementFormatSpec:
    """A text of settlement statements, written and read.

    Attributes:
        write: Returns a day as a broker would print it; on any thread.
        read: `(data, name=...) -> Reading` of a broker's file; raises `StatementError` for
            a file that is not in this format.
    """

    name: str
    write: Callable[[Statement], str]
    read: StatementReader
    doc: str = ""


@frozen(kw_only=True)
class DoctorCheckSpec:
    """Something `homalos doctor` looks at.

    Attributes:
        check: `(context) -> findings`; what it raises is a finding of its own.
    """

    name: str
    check: DoctorCheck
    doc: str = ""


@frozen(kw_only=True)
class StrategySpec:
    """A strategy: a subclass of `homalos.strategy.Strategy` and its parameters' class."""

    name: str
    factory: type[Strategy]
    config: type = NoOptions
    doc: str = ""


@frozen(kw_only=True)
class CommandSpec:
    """A command of the command line.

    Attributes:
        name: One word, or two for a command in a group: `data bars`.
        target: `module:attribute` of a click command, imported when it is called.
        help: One line for the overview, so that it need not be imported for `--help`.
    """

    name: str
    target: str
    help: str
