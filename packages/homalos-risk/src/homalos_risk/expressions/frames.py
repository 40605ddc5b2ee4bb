"""What the rules look at while they judge one order: its record, its contract, its account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import nan
from typing import TypeAlias
from zoneinfo import ZoneInfo

from homalos.model import Direction, Instrument, Offset, OrderRequest, OrderType
from homalos.plugins.ports import Activity, FundsView, Holding, RiskContext, WorkingView

__all__ = ["Frame"]

_Live: TypeAlias = tuple[FundsView, Holding, Activity, Mapping[str, WorkingView]]

_NS = 1_000_000_000
# Clocks are changed on whole quarters of an hour, everywhere since 1972.
_QUARTER_NS = 900 * _NS
_LONG = Direction.LONG
_NOBODY = OrderRequest("", "", _LONG, Offset.OPEN, OrderType.MARKET, nan, 0, "", "", "", 0)


class Frame:
    """The order that is judged, and what belongs to it. One for all rules; engine thread.

    What lives as long as the engine is looked up once for each account and symbol.

    Attributes:
        context: What the engine shows.
        request: The order.
        contract: Its contract.
        funds: Its account's money, live.
        holding: What its account holds in its symbol, live.
        activity: What was done there on this trading day, live.
        working: Its account's orders in its symbol that are not over, live.
    """

    __slots__ = (
        "_contract_of",
        "_live",
        "_margins",
        "_offsets",
        "activity",
        "context",
        "contract",
        "funds",
        "holding",
        "last_price",
        "last_tick",
        "request",
        "working",
    )

    request: OrderRequest
    contract: Instrument
    funds: FundsView
    holding: Holding
    activity: Activity
    working: Mapping[str, WorkingView]

    def __init__(self, context: RiskContext) -> None:
        self.context = context
        self.last_price = context.last_price
        self.last_tick = context.last_tick
        self.request = _NOBODY
        self._contract_of = context.instrument
        self._live: dict[tuple[str, str], _Live] = {}
        self._margins: dict[str, tuple[Instrument, float, float, float]] = {}
        self._offsets: dict[str, tuple[int, int]] = {}

    def take(self, request: OrderRequest) -> None:
        """Look at another order."""
        self.request = _NOBODY  # in case something below raises: nothing here is of one order then
        account, symbol = request.account, request.symbol
        live = self._live.get((account, symbol))
        if live is None:
            context = self.context
            live = (
                context.funds(account),
                context.holding(account, symbol),
                context.activity(account, symbol),
                context.working(account, symbol),
            )
            self._live[account, symbol] = live
        self.funds, self.holding, self.activity, self.working = live
        # Its terms may change, and then it is another object.
        self.contract = self._contract_of(symbol)
        self.request = request

    def forget(self) -> None:
        """Look at no order: the next one is looked up anew."""
        self.request = _NOBODY

    def margin_rate(self, request: OrderRequest) -> float:
        """Return the share of the turnover that the order's side needs as margin."""
        _, long, short, _ = self._margin()
        return long if request.direction is _LONG else short

    def margin_per_lot(self) -> float:
        """Return what each lot needs beside that share, currency."""
        return self._margin()[3]

    def local_ns(self, zone: ZoneInfo) -> int:
        """Return the engine's time as the clocks of a zone show it, nanoseconds since 1970."""
        now = self.context.clock.now_ns()
        quarter = now // _QUARTER_NS
        known = self._offsets.get(zone.key)
        if known is None or known[0] != quarter:
            offset = datetime.fromtimestamp(now // _NS, UTC).astimezone(zone).utcoffset()
            seconds = 0 if offset is None else round(offset.total_seconds())
            known = self._offsets[zone.key] = (quarter, seconds * _NS)
        return now + known[1]

    def _margin(self) -> tuple[Instrument, float, float, float]:
        contract = self.contract
        known = self._margins.get(contract.symbol)
        if known is None or known[0] is not contract:
            # A Decimal becomes a float through text: once for each contract, not for each order.
            long, short = contract.margin_rate, contract.margin_rate_short
            known = (
                contract,
                float(long),
                float(long if short is None else short),
                float(contract.margin_per_lot),
            )
            self._margins[contract.symbol] = known
        return known
