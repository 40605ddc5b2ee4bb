"""Where an order goes whose account has several gateways. Engine thread.

An account with one gateway never comes here: its lanes have no route, and nothing of it
is on the way of an order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING

from homalos.bus import STATE, Bus
from homalos.config import AccountSettings, structure
from homalos.model import (
    ConnectionChanged,
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    TradeData,
)
from homalos.plugins.ports import Gateway, Priced, Refusal, Router, Selective, VenueView

if TYPE_CHECKING:
    from homalos.plugins.catalog import Catalog

__all__ = ["RULE", "Route", "Routing", "make_routing"]

RULE = "routing"
"""The name under which an order that no venue can take is refused."""

_LONG, _SHORT = Direction.LONG, Direction.SHORT
_OPEN, _NONE = Offset.OPEN, Offset.NONE

Route = Callable[[OrderRequest], str | Refusal]
"""Says to which gateway an order goes, by its name, or why to none."""


class Routing:
    """Knows how every venue is that orders may be routed to, and asks the routers.

    It holds what the venues have said of themselves and what our orders and trades say of
    them; it asks nobody and searches only among the working orders of an account's venues.
    """

    def __init__(
        self,
        bus: Bus,
        gateways: Mapping[str, Gateway],
        accounts: Mapping[str, AccountSettings],
        routers: Mapping[str, Router],
    ) -> None:
        """Begin to listen.

        Args:
            bus: Tells of connections, orders and trades.
            gateways: Every venue, by name.
            accounts: Those that have several of them.
            routers: What chooses for each of these accounts.
        """
        self._gateways = gateways
        self._accounts = accounts
        self._routers = routers
        self._up: set[str] = set()
        self._working: dict[str, dict[str, OrderData]] = {name: {} for name in gateways}
        self._lots: dict[tuple[str, str, str, Direction], int] = {}
        bus.subscribe(ConnectionChanged, self._on_connection, order=STATE, name="routing")
        bus.subscribe(OrderData, self._on_order, order=STATE, name="routing")
        bus.subscribe(TradeData, self._on_trade, order=STATE, name="routing")

    def route(self, account: str) -> Route | None:
        """Return what chooses for an account's orders; `None` where it has one gateway."""
        settings = self._accounts.get(account)
        if settings is None:
            return None
        names = (settings.gateway, *settings.routing.gateways)
        router, shared = self._routers[account], settings.routing.shared

        def route(request: OrderRequest) -> str | Refusal:
            return self._choose(request, names, router, shared=shared)

        return route

    # -- choosing ----------------------------------------------------------------

    def _choose(
        self, request: OrderRequest, names: Sequence[str], router: Router, *, shared: bool
    ) -> str | Refusal:
        able = [name for name in names if self._takes(name, request)]
        if not able:
            listed = ", ".join(names)
            message = f"no venue of account {request.account} takes a {request.type} order in "
            return Refusal(f"{message}{request.symbol}: {listed}", len(names), 0)
        if not shared and request.offset is not _OPEN and request.offset is not _NONE:
            held = {name: self._closable(name, request) for name in able}
            able = [name for name in able if held[name] >= request.volume]
            if not able:
                return _nowhere_held(request, held)
        views = [self._view(name, request) for name in able]
        try:
            chosen = router(request, views)
        except Exception as error:  # noqa: BLE001  the bus fence: the order is kept, and told
            return Refusal(f"the router itself failed: {error!r}", nan, nan)
        if isinstance(chosen, Refusal) or chosen in able:
            return chosen
        return Refusal(f"the router chose {chosen!r}, which is none of {', '.join(able)}", nan, nan)

    def _takes(self, name: str, request: OrderRequest) -> bool:
        gateway = self._gateways[name]
        if not isinstance(gateway, Selective):
            return True
        types = gateway.order_types(request.symbol)
        return not types or request.type in types

    def _view(self, name: str, request: OrderRequest) -> VenueView:
        gateway, working = self._gateways[name], self._working[name]
        types: frozenset[OrderType] = frozenset()
        if isinstance(gateway, Selective):
            types = gateway.order_types(request.symbol)
        return VenueView(
            name=name,
            is_up=name in self._up,
            types=types,
            cost=gateway.cost(request) if isinstance(gateway, Priced) else nan,
            working=len(working),
            unknown=sum(order.phase is OrderPhase.UNKNOWN for order in working.values()),
        )

    def _closable(self, name: str, request: OrderRequest) -> int:
        """Return the lots that an order could close at a venue, less those being closed."""
        side = _SHORT if request.direction is _LONG else _LONG
        lots = self._lots.get((name, request.account, request.symbol, side), 0)
        for order in self._working[name].values():
            closes = order.offset is not _OPEN and order.direction is request.direction
            if closes and (order.account, order.symbol) == (request.account, request.symbol):
                lots -= order.left
        return max(lots, 0)

    # -- what is heard -----------------------------------------------------------

    def _on_connection(self, change: ConnectionChanged) -> None:
        if change.is_up:
            self._up.add(change.gateway)
        else:
            self._up.discard(change.gateway)

    def _on_order(self, order: OrderData) -> None:
        working = self._working.get(order.gateway)
        if working is None:
            return
        if order.is_active:
            working[order.order_id] = order
        else:
            working.pop(order.order_id, None)

    def _on_trade(self, trade: TradeData) -> None:
        side, lots = trade.direction, trade.volume
        if trade.offset is not _OPEN:
            # A trade without an offset closes what stands against it before it opens.
            other = _SHORT if side is _LONG else _LONG
            closed = lots if trade.offset is not _NONE else min(lots, self._held(trade, other))
            self._add(trade, other, -closed)
            lots -= closed
        self._add(trade, side, lots)

    def _held(self, trade: TradeData, side: Direction) -> int:
        return self._lots.get((trade.gateway, trade.account, trade.symbol, side), 0)

    def _add(self, trade: TradeData, side: Direction, lots: int) -> None:
        key = trade.gateway, trade.account, trade.symbol, side
        self._lots[key] = self._lots.get(key, 0) + lots


def _nowhere_held(request: OrderRequest, held: Mapping[str, int]) -> Refusal:
    listed = ", ".join(f"{name} has {lots}" for name, lots in held.items())
    return Refusal(
        f"{request.volume} lots of {request.symbol} were to be closed and no venue of account "
        f"{request.account} has so many to close: {listed}; close them in several orders",
        request.volume,
        max(held.values()),
    )


def make_routing(
    bus: Bus,
    catalog: Catalog,
    gateways: Mapping[str, Gateway],
    accounts: Mapping[str, AccountSettings],
) -> Routing | None:
    """Make what routes the orders of accounts with several gateways; `None` where none has.

    Raises:
        MissingPluginError: No plugin offers a router of that name.
        ConfigError: Its options are wrong; every problem at once.
    """
    several = {name: each for name, each in accounts.items() if each.routing.gateways}
    if not several:
        return None
    routers = {}
    for name, each in several.items():
        spec = catalog.router(each.routing.router)
        path = f"$.accounts.{name}.routing.options"
        routers[name] = spec.factory(structure(each.routing.options, spec.config, path=path))
    return Routing(bus, gateways, several, routers)
