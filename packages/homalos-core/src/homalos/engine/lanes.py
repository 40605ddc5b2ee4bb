"""Where an order goes, and what it holds of the account on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from homalos.engine.account import Account
from homalos.engine.ledger import MICRO, Position
from homalos.engine.routing import Route
from homalos.model import Direction, Offset, OffsetRule, OrderData
from homalos.plugins.ports import Gateway, NettingVenue, PromptVenue

__all__ = ["DayCounts", "Lane", "Working"]

_LONG = Direction.LONG
_NONE, _OPEN = Offset.NONE, Offset.OPEN
_CLOSE, _TODAY = Offset.CLOSE, Offset.CLOSETODAY


class DayCounts:
    """What was done in one account and instrument on this trading day; counts, >= 0.

    See `homalos.plugins.ports.Activity`.

    Attributes:
        orders: Orders sent to the venue; each part of a split one counts.
        cancels: Cancels sent to it.
        refused: Orders that a rule kept from it.
        trades: Fills.
        lots: Lots filled.
    """

    __slots__ = ("cancels", "lots", "orders", "refused", "trades")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew, with each trading day."""
        self.orders = self.cancels = self.refused = self.trades = self.lots = 0


class Lane:
    """Where an account's orders in one instrument go: looked up once, not per order.

    Attributes:
        account: The account.
        symbol: The instrument's symbol.
        instrument: The contract.
        position: What the account holds and works in it.
        gateway: The venue.
        gateway_name: Its name in the settings.
        nets: Whether its orders have no offset: the books close before they open.
        minds_open: Whether an order that opens may become another one, too.
        plans: Whether a close is more than a plain close: dated, locked, to wait for, or routed.
        turns: Whether it nets at a venue that wants offsets: each order closes what stands
            against it, and opens the rest.
        is_prompt: Whether its venue leaves no answer out, so that none is waited for.
        route: What chooses the venue of each order, where the account has several.
        long_rate: Margin and fee that a millionth of the price needs of a lot that opens
            long, currency.
        short_rate: The same of one that opens short.
        per_open: What a lot that opens needs beside that, currency.
        close_fee: What a millionth of the price and what a lot that closes costs, currency;
            the dearer of each, since it is not known which lots it takes.
        close_fee_earlier: The same of a lot of an earlier day.
        close_fee_today: The same of a lot of today.
        working: Its orders that are at the venue and not over, by id, oldest first; live.
        activity: What was done here on this trading day; live.
        seen: The trades that its gateway has reported of its exchange: id, side and day. All
            lanes of one gateway and exchange share it, for there each trade is one.
    """

    __slots__ = (
        "_is_free",
        "_others",
        "account",
        "activity",
        "close_fee",
        "close_fee_earlier",
        "close_fee_today",
        "gateway",
        "gateway_name",
        "instrument",
        "is_prompt",
        "long_rate",
        "minds_open",
        "nets",
        "per_open",
        "plans",
        "position",
        "route",
        "seen",
        "short_rate",
        "symbol",
        "turns",
        "working",
    )

    def __init__(
        self,
        account: Account,
        position: Position,
        gateway: Gateway,
        seen: set[tuple[str, Direction, int]],
        name: str = "",
    ) -> None:
        self._others: dict[str, Lane] = {}
        self._is_free = isinstance(gateway, NettingVenue) and gateway.nets_itself()
        self.is_prompt = isinstance(gateway, PromptVenue) and gateway.answers_at_once()
        self.route: Route | None = None
        self.account = account
        self.position = position
        self.instrument = position.instrument
        self.symbol = position.instrument.symbol
        self.gateway = gateway
        self.gateway_name = name or account.gateway
        self.working: dict[str, Working] = {}
        self.activity = DayCounts()
        self.seen = seen
        self.bind()

    def bind(self) -> None:
        """Take up the contract's terms, at first and whenever they have changed."""
        account, position = self.account, self.position
        instrument = self.instrument = position.instrument
        fee = position.fee_open
        self.long_rate = position.margin_per_micro + fee.per_unit
        self.short_rate = position.short_margin_per_micro + fee.per_unit
        self.per_open = position.margin_per_lot + fee.per_lot
        earlier, today = position.fee_close, position.fee_close_today
        either = max(earlier.per_unit, today.per_unit), max(earlier.per_lot, today.per_lot)
        self.close_fee = either
        self.close_fee_earlier = earlier.per_unit, earlier.per_lot
        self.close_fee_today = today.per_unit, today.per_lot
        nets = self.nets = account.netting or instrument.offsets is OffsetRule.NONE
        waits = instrument.closable_after > 0
        locks = account.settings.close_today != "close" and not (nets or waits)
        turns = nets and instrument.offsets is not OffsetRule.NONE and not self._is_free
        self.turns = turns
        routed = self.route is not None
        dated = instrument.offsets is OffsetRule.DATED and not nets
        self.minds_open = nets or locks or routed
        self.plans = waits or locks or dated or turns or routed
        for other in self._others.values():
            other.bind()

    def branch(self, route: Route, others: Mapping[str, Lane]) -> None:
        """Have a route choose among this lane and those to other venues, from the beginning.

        They share what works and what was done; each has the trades of its own venue.
        """
        self.route = route
        self._others = dict(others)
        for other in others.values():
            other.working, other.activity = self.working, self.activity
        self.bind()

    def at(self, gateway: str) -> Lane:
        """Return the lane to one of the venues; itself where there is no other."""
        return self._others.get(gateway, self)

    def may_close(self, direction: Direction, volume: int) -> bool:
        """Say whether an order in a direction finds so many lots to close, of any day."""
        position = self.position
        if direction is _LONG:
            return position.short - position.closing_short >= volume
        return position.long - position.closing_long >= volume


class Working:
    """An order that is not over yet, and what it holds of the account.

    Attributes:
        state: The order as last published.
        lane: Where it went.
        ends_with: Lots filled at its end, where the venue reported that before all of the
            fills; else 0.
        cancelling: True once a cancel is under way, or to be sent when the order is found.
        asked_ns: When its venue was asked for something last, nanoseconds UTC.
        opens: Lots left that open a position.
        closes: Lots left that close one; they fill first.
        of_today: Whether those that close are lots of today and no others.
        frozen_per_lot: Margin and fee held for each lot that opens, currency.
        fee_per_lot: Fee held for each lot that closes, currency.
    """

    __slots__ = (
        "asked_ns",
        "cancelling",
        "closes",
        "ends_with",
        "fee_per_lot",
        "frozen_per_lot",
        "lane",
        "of_today",
        "opens",
        "state",
    )

    def __init__(self, state: OrderData, lane: Lane) -> None:
        self.state = state
        self.lane = lane
        self.cancelling = False
        self.asked_ns = state.ts_ns
        self.ends_with = 0
        self.opens = 0
        self.closes = 0
        self.of_today = False
        self.frozen_per_lot = self.fee_per_lot = 0.0

    def reserve(self, last_price: Callable[[str], float]) -> None:
        """Count the order's lots as working, and hold the margin and fees that they will need."""
        order, lane = self.state, self.lane
        position, volume = lane.position, order.volume
        buys = order.direction is _LONG
        offset = order.offset
        closes, fee = 0, lane.close_fee
        if offset is _NONE:
            if buys:
                held = position.short - position.closing_short
            else:
                held = position.long - position.closing_long
            if held > 0:
                closes = min(volume, held)
        elif offset is not _OPEN:
            closes = volume
            if offset is not _CLOSE:
                fee = self._date(offset, volume, buys=buys)
        opens = volume - closes
        self.closes, self.opens = closes, opens
        price = order.price
        if price != price:  # noqa: PLR0124  nan: a market order
            price = last_price(order.symbol)
        if price == price:  # noqa: PLR0124  nan when no market data was seen
            at = price * MICRO
            rate = lane.long_rate if buys else lane.short_rate
            self.frozen_per_lot = at * rate + lane.per_open
            self.fee_per_lot = at * fee[0] + fee[1]
            lane.account.frozen += self.frozen_per_lot * opens + self.fee_per_lot * closes
        if buys:
            position.opening_long += opens
            position.closing_short += closes
        else:
            position.opening_short += opens
            position.closing_long += closes

    def release(self, lots: int) -> None:
        """Let go of what filled or ended; lots that close go first, as they fill first."""
        lane = self.lane
        position = lane.position
        closes, opens = self.closes, 0
        if lots < closes:
            closes = lots
        elif lots > closes:
            opens = lots - closes
            if opens > self.opens:
                opens = self.opens
        self.closes -= closes
        self.opens -= opens
        lane.account.frozen -= self.frozen_per_lot * opens + self.fee_per_lot * closes
        buys = self.state.direction is _LONG
        if self.of_today:
            _freeze_today(position, -closes, buys=buys)
        if buys:
            position.opening_long -= opens
            position.closing_short -= closes
        else:
            position.opening_short -= opens
            position.closing_long -= closes

    def outlive_day(self) -> None:
        """Count lots that it was to close of today among those of earlier days from now on."""
        if self.of_today:
            self.of_today = False
            buys = self.state.direction is _LONG
            _freeze_today(self.lane.position, -self.closes, buys=buys)

    def _date(self, offset: Offset, lots: int, *, buys: bool) -> tuple[float, float]:
        """Count an order among those of its day's lots; return the fee of such a lot."""
        if offset is not _TODAY:
            return self.lane.close_fee_earlier
        self.of_today = True
        _freeze_today(self.lane.position, lots, buys=buys)
        return self.lane.close_fee_today


def _freeze_today(position: Position, lots: int, *, buys: bool) -> None:
    if buys:
        position.closing_short_today += lots
    else:
        position.closing_long_today += lots
