"""The composition root: settings and plugins in, a wired house out.

The one module that knows everybody. It is read once, when an engine is built;
afterwards only what it bound is called.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from homalos.bus import OBSERVER, Bus
from homalos.clock import EngineClock, Pace, wall_ns
from homalos.config import Settings, structure
from homalos.engine.accounts import AccountManager
from homalos.engine.alerts import bind_channels
from homalos.engine.audit import Auditor
from homalos.engine.bars import FOLD_NS
from homalos.engine.data import DataManager
from homalos.engine.faults import Faults
from homalos.engine.forced_close import ForcedClose
from homalos.engine.gateways import end_day, make_gateways
from homalos.engine.held import HeldOrders
from homalos.engine.listening import Observers, parked
from homalos.engine.loop import Loop
from homalos.engine.making import make
from homalos.engine.markets import Markets
from homalos.engine.orders import OrderManager
from homalos.engine.risk import RiskManager
from homalos.engine.risk.control import RiskControl
from homalos.engine.risk.view import reduces
from homalos.engine.routing import make_routing
from homalos.engine.rules import bind_rules
from homalos.engine.session_watch import SessionWatch
from homalos.engine.settling import Settler
from homalos.engine.statements import StatementDays
from homalos.engine.strategies.loader import StrategyLoader
from homalos.engine.strategies.manager import StrategyManager
from homalos.engine.strategies.sources import StrategySources
from homalos.engine.tapes import TapeOptions, TapeReader
from homalos.errors import DataError
from homalos.inbox import Inbox
from homalos.journal import CountingJournal, FileJournal
from homalos.model import (
    BarData,
    CancelRefused,
    OrderData,
    OrderReport,
    Settled,
    TradeData,
    TradeReport,
)
from homalos.observer import Observer
from homalos.plugins.catalog import Catalog
from homalos.plugins.ports import (
    AlertChannel,
    Feed,
    FeedContext,
    Gateway,
    MarketContext,
    Store,
    StoreContext,
)
from homalos.plugins.specs import ImporterSpec
from homalos.registry import Registry

__all__ = ["Parts", "assemble", "make_markets", "make_reader"]


@define(kw_only=True)
class Parts:
    """Everything a running engine is made of."""

    settings: Settings
    catalog: Catalog
    bus: Bus
    clock: EngineClock
    inbox: Inbox
    journal: CountingJournal | FileJournal
    loop: Loop
    markets: Markets
    data: DataManager
    accounts: AccountManager
    risk: RiskManager
    orders: OrderManager
    strategies: StrategyManager
    sources: StrategySources
    gateways: dict[str, Gateway]
    auditor: Auditor
    settler: Settler
    reader: TapeReader
    faults: Faults
    feed: Feed | None = None
    pace: Pace | None = None
    store: Store | None = None
    observers: Observers = field(factory=Observers)
    channels: dict[str, AlertChannel] = field(factory=dict)
    held: HeldOrders = field(init=False)
    registry: Registry = field(init=False)
    loader: StrategyLoader = field(init=False)
    control: RiskControl = field(init=False)

    @registry.default
    def _make_registry(self) -> Registry:
        faults = self.faults
        return Registry(wall_ns, fault=lambda name, what: faults.append((name, what)))

    @held.default
    def _make_held(self) -> HeldOrders:
        return HeldOrders(self.bus, self.clock, self.orders, self.data, self.markets)

    def __attrs_post_init__(self) -> None:
        """Make what brings the other parts together: strategies are loaded, risk is watched."""
        self.loader = StrategyLoader(self)
        self.control = RiskControl(self)


class _ByPath:
    """Finds the importer of a file."""

    def __init__(self, importers: Mapping[str, ImporterSpec]) -> None:
        self._importers = importers

    def importer(self, path: Path) -> ImporterSpec:
        for spec in self._importers.values():
            if spec.matches(path):
                return spec
        known = "; ".join(f"{s.name} ({s.doc.rstrip('.')})" for s in self._importers.values())
        msg = f"{path}: no importer knows this file; there are {known or 'none'}"
        raise DataError(msg)


def make_markets(catalog: Catalog, settings: Settings) -> Markets:
    """Make the markets that the settings name, or every one there is."""
    context = MarketContext(home=settings.home)
    names = settings.markets or tuple(catalog.markets)
    made = {}
    for name in names:
        spec = catalog.market(name)
        options: Any = structure(
            settings.market.get(name, {}), spec.config, path=f"$.market.{name}"
        )
        made[name] = make(f"market {name!r}", spec.factory, context, options)
    return Markets(made)


def make_reader(catalog: Catalog, markets: Markets, options: TapeOptions) -> TapeReader:
    """Make a reader of market data files."""
    return TapeReader(_ByPath(catalog.importers), markets, options)


def assemble(settings: Settings, catalog: Catalog, tape: TapeOptions | None = None) -> Parts:
    """Build every part and bind them to each other.

    Args:
        settings: Checked already.
        catalog: What the plugins offer.
        tape: How the feed reads files that do not say everything themselves.

    Raises:
        MissingPluginError: The settings name something that no plugin offers.
        ConfigError: A part's options are wrong; every problem of that part at once.
    """
    sockets = _make_sockets(settings)
    parts = _make_managers(settings, catalog, sockets, tape or TapeOptions())
    parts.loop.bind(OrderReport, parts.orders.on_report)
    parts.loop.bind(TradeReport, parts.orders.on_trade)
    parts.loop.bind(CancelRefused, partial(_on_cancel_refused, parts))
    parts.loop.end_day = partial(_end_day, parts)
    parts.orders.held = parts.held
    sockets.faults.attach(parts.bus, parts.clock, parts.strategies)
    sessions, symbols = parts.markets.sessions, parts.strategies.session_symbols
    SessionWatch(parts.bus, parts.clock, sessions, symbols)
    ForcedClose(parts.bus, parts.clock, parts.accounts, parts.orders, parts.control.switches)
    bind_rules(parts)
    parts.feed = _make_feed(parts)
    _bind_alerts(parts)
    with contextlib.ExitStack() as on_error:
        for channel in parts.channels.values():
            on_error.callback(channel.close)
        parts.store = _make_store(parts)
        on_error.pop_all()
    if settings.statements:
        _keep_statements(parts)
    return parts


@frozen(kw_only=True)
class _Sockets:
    """What everything else is plugged into."""

    faults: Faults
    bus: Bus
    clock: EngineClock
    inbox: Inbox
    journal: CountingJournal | FileJournal
    loop: Loop


def _make_sockets(settings: Settings) -> _Sockets:
    faults = Faults()
    bus = Bus(faults.in_handler)
    clock = EngineClock()
    lanes = settings.inbox
    inbox = Inbox(execution=lanes.execution, market=lanes.market, when_full=lanes.when_full)
    journal: CountingJournal | FileJournal = CountingJournal()
    if settings.journal.mode == "file":
        journal = FileJournal(settings.home / "journal", clock.now_ns)
    event_time = settings.clock == "event"
    loop = Loop(bus=bus, clock=clock, inbox=inbox, journal=journal, event_time=event_time)
    return _Sockets(faults=faults, bus=bus, clock=clock, inbox=inbox, journal=journal, loop=loop)


def _make_managers(
    settings: Settings, catalog: Catalog, sockets: _Sockets, tape: TapeOptions
) -> Parts:
    bus, clock = sockets.bus, sockets.clock
    markets = make_markets(catalog, settings)
    instrument = markets.instrument
    grace_ns = FOLD_NS if settings.clock == "live" else 0
    convention = settings.bars.convention
    data = DataManager(bus, clock, markets.sessions, grace_ns=grace_ns, convention=convention)
    last_price = data.last_price
    accounts = AccountManager(bus, settings.accounts, instrument, last_price)
    gateways = make_gateways(
        settings, catalog, clock=clock, loop=sockets.loop, inbox=sockets.inbox,
        markets=markets, data=data,
    )  # fmt: skip
    risk = RiskManager(partial(reduces, accounts.holding))
    orders = OrderManager(
        run=settings.run,
        bus=bus,
        clock=clock,
        risk=risk,
        accounts=accounts,
        gateways=gateways,
        journal=sockets.journal,
        last_price=last_price,
        answer_s=settings.orders.answer_s,
    )
    orders.route_by(make_routing(bus, catalog, gateways, settings.accounts))
    return Parts(
        settings=settings,
        catalog=catalog,
        bus=bus,
        clock=clock,
        inbox=sockets.inbox,
        journal=sockets.journal,
        loop=sockets.loop,
        markets=markets,
        data=data,
        accounts=accounts,
        risk=risk,
        orders=orders,
        strategies=StrategyManager(
            bus=bus,
            clock=clock,
            data=data,
            orders=orders,
            instrument=instrument,
            fault=sockets.faults.append,
        ),
        sources=StrategySources(catalog, settings.strategies_folder),
        gateways=gateways,
        auditor=Auditor(bus, clock, accounts.accounts, gateways),
        settler=Settler(
            bus=bus,
            clock=clock,
            accounts=accounts,
            data=data,
            markets=markets,
            lines=settings.statements,
        ),
        reader=make_reader(catalog, markets, tape),
        faults=sockets.faults,
    )


def _bind_alerts(parts: Parts) -> None:
    for channel, observer in bind_channels(parts.settings, parts.catalog, parts.bus, parts.faults):
        parts.channels[observer.name] = channel
        parts.observers.append(observer)


def _make_feed(parts: Parts) -> Feed | None:
    wanted = parts.settings.feed
    if wanted is None:
        return None
    spec = parts.catalog.feed(wanted.kind)
    options: Any = structure(wanted.options, spec.config, path="$.feed.options")
    context = FeedContext(
        seed=parts.settings.seed,
        instrument=parts.markets.instrument,
        market=parts.markets.of,
        read=parts.reader.read,
    )
    return make(f"feed {wanted.kind!r}", spec.factory, context, options)


def _end_day(parts: Parts, over: int, begins: int) -> None:
    if over:
        end_day(parts.gateways, over)
    parts.settler.end_day(over, begins)
    parts.orders.end_day()
    parts.control.begin_day(begins)


def _on_cancel_refused(parts: Parts, refused: CancelRefused) -> None:
    parts.orders.on_cancel_refused(refused)
    parts.held.on_cancel_refused(refused)


def _keep_statements(parts: Parts) -> None:
    first = next(iter(parts.catalog.statement_formats.values()), None)
    days = StatementDays(parts.settings.home, first.write if first else None)

    def keep(settled: Sequence[Settled]) -> None:
        for each in settled:
            days.save(each.statement)

    bus = parts.settings.bus
    keeper = Observer(
        "statements", keep, queue=bus.queue, policy="block", fault=partial(parked, parts)
    )
    parts.bus.subscribe(Settled, keeper.put, order=OBSERVER, name="statements")
    parts.observers.append(keeper)


def _make_store(parts: Parts) -> Store | None:
    wanted = parts.settings.store
    if wanted is None:
        return None
    spec = parts.catalog.store(wanted.kind)
    options: Any = structure(wanted.options, spec.config, path="$.store.options")
    home = parts.settings.home
    home.mkdir(parents=True, exist_ok=True)
    store = make(f"store {wanted.kind!r}", spec.factory, StoreContext(home=home), options)
    bus = parts.settings.bus
    keeper = Observer(
        "store",
        store.write,
        queue=bus.queue,
        policy="block",
        batch=bus.batch,
        batch_s=bus.batch_s,
        fault=partial(parked, parts),
    )
    kinds: Sequence[type] = (OrderData, TradeData, BarData)
    for kind in kinds:
        parts.bus.subscribe(kind, keeper.put, order=OBSERVER, name="store")
    parts.observers.append(keeper)
    return store
