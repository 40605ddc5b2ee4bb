"""Every fact that an expression may read: its name, its kind, its unit, what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from homalos.model import Direction, Offset, OrderType
from homalos_risk.expressions import readings as of
from homalos_risk.expressions.frames import Frame

__all__ = ["FACTS", "Fact", "Kind", "Reading"]

Reading = Callable[[Frame], Any]
"""Takes the `Frame` of an order and returns the fact's value."""


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "yes or no"
    TIME = "time of day"


@frozen(kw_only=True)
class Fact:
    """Something that an expression may read.

    Attributes:
        name: `group.name`.
        unit: What a number counts; "" where it has no unit.
        doc: One line.
        choices: Every text that it can be; empty where any.
        may_be_unknown: Whether it can be nan: a price before the first tick, say.
        read: Returns its value; of one that depends on a time zone `read_in` does.
        read_in: Returns the reading for a zone.
    """

    name: str
    kind: Kind
    unit: str
    doc: str
    choices: tuple[str, ...] = ()
    may_be_unknown: bool = False
    read: Reading | None = None
    read_in: Callable[[ZoneInfo], Reading] | None = None

    def reading(self, zone: Callable[[], ZoneInfo]) -> Reading:
        """Return what reads it; the zone is asked for only where it matters."""
        if self.read_in is not None:
            return self.read_in(zone())
        if self.read is None:
            msg = f"the fact {self.name} has no reading"
            raise TypeError(msg)
        return self.read


def _number(name: str, unit: str, doc: str, read: str | Reading, *, known: bool = True) -> Fact:
    return Fact(
        name=name,
        kind=Kind.NUMBER,
        unit=unit,
        doc=doc,
        may_be_unknown=not known,
        read=attrgetter(read) if isinstance(read, str) else read,
    )


def _text(name: str, doc: str, read: str, choices: tuple[str, ...] = ()) -> Fact:
    return Fact(name=name, kind=Kind.TEXT, unit="", doc=doc, choices=choices, read=attrgetter(read))


def _yes(name: str, doc: str, read: Reading) -> Fact:
    return Fact(name=name, kind=Kind.BOOL, unit="", doc=doc, read=read)


def _tick(name: str, unit: str, doc: str, field: str) -> Fact:
    return _number(f"market.{name}", unit, doc, of.field_of_tick(field), known=False)


_PRICE, _MONEY, _LOTS, _DAY = "currency a unit", "currency", "lots", "yyyymmdd"

_ORDER = (
    _number("order.volume", _LOTS, "Its lots.", "request.volume"),
    _number(
        "order.price",
        _PRICE,
        "Its limit price; not known of a market order.",
        "request.price",
        known=False,
    ),
    _number(
        "order.value",
        _MONEY,
        "Price × lots × units a lot; of a market order at the last price.",
        of.order_value,
        known=False,
    ),
    _number(
        "order.margin",
        _MONEY,
        "Margin of its lots as if all of them opened; of a market order at the last price.",
        of.order_margin,
        known=False,
    ),
    _text("order.direction", "Its side.", "request.direction", tuple(Direction)),
    _text("order.offset", "Whether it opens or closes.", "request.offset", tuple(Offset)),
    _text("order.type", "How it may be filled.", "request.type", tuple(OrderType)),
    _text("order.symbol", "Its contract, such as rb2510.SHFE.", "request.symbol"),
    _text("order.strategy", "Who asks; manual for a person.", "request.strategy"),
    _text("order.account", "Name of its account.", "request.account"),
    _text("order.gateway", "Name of its gateway.", "request.gateway"),
    _text("order.reference", "The strategy's own text on it.", "request.reference"),
    _yes(
        "order.is_reducing",
        "Whether it can only make a position smaller.",
        of.is_reducing,
    ),
)

_CONTRACT = (
    _number("contract.size", "units a lot", "How much one lot is.", "contract.multiplier"),
    _number("contract.tick", _PRICE, "Smallest price step.", "contract.tick_size"),
    _text("contract.product", "Product code, such as rb.", "contract.product"),
    _text("contract.exchange", "Exchange, such as SHFE.", "contract.exchange"),
    _text("contract.currency", "ISO 4217 code.", "contract.currency"),
    _number("contract.margin", "share", "Margin rate of the order's side, 0 to 1.", of.margin_rate),
    _number(
        "contract.margin_per_lot",
        _MONEY,
        "Margin of a lot beside the rate.",
        of.margin_per_lot,
    ),
    _number(
        "contract.max_limit_volume",
        _LOTS,
        "Largest limit order that the exchange takes.",
        of.known_lots("max_limit_volume"),
        known=False,
    ),
    _number(
        "contract.max_market_volume",
        _LOTS,
        "Largest market order that the exchange takes.",
        of.known_lots("max_market_volume"),
        known=False,
    ),
    _number("contract.last_day", _DAY, "Last trading day.", of.last_trading_day, known=False),
    _number(
        "contract.days_left",
        "days",
        "Calendar days from the trading day to the last one; below 0 after it.",
        of.days_left,
        known=False,
    ),
)

_ACCOUNT = (
    _number("account.equity", _MONEY, "What it is worth at the last prices.", "funds.equity"),
    _number("account.available", _MONEY, "What new orders may use.", "funds.available"),
    _number("account.margin", _MONEY, "Margin held for positions.", "funds.margin"),
    _number("account.frozen", _MONEY, "What working orders hold.", "funds.frozen"),
    _number(
        "account.day_pnl",
        _MONEY,
        "What this trading day brought, fees taken off; below 0 a loss.",
        "funds.day_pnl",
    ),
    _number(
        "account.drawdown",
        _MONEY,
        "How far the equity is below its highest so far.",
        "funds.drawdown",
    ),
    _number(
        "account.risk_degree",
        "share",
        "Margin over equity; not known without equity.",
        of.risk_degree,
        known=False,
    ),
)

_POSITION = (
    _number("position.long", _LOTS, "Long lots of the symbol.", "holding.long"),
    _number("position.short", _LOTS, "Short lots of the symbol.", "holding.short"),
    _number("position.net", _LOTS, "Long less short.", of.position_net),
    _number("position.gross", _LOTS, "Long and short together.", of.position_gross),
    _number("position.opening_long", _LOTS, "Working to open long.", "holding.opening_long"),
    _number("position.opening_short", _LOTS, "Working to open short.", "holding.opening_short"),
    _number("position.closing_long", _LOTS, "Working to close long.", "holding.closing_long"),
    _number("position.closing_short", _LOTS, "Working to close short.", "holding.closing_short"),
    _number("position.working", "orders", "Orders that are not over.", of.position_working),
)

_PRODUCT = (
    _number("product.long", _LOTS, "Long lots of all its contracts.", of.product_long),
    _number("product.short", _LOTS, "Short lots of all its contracts.", of.product_short),
    _number("product.net", _LOTS, "Long less short.", of.product_net),
    _number("product.gross", _LOTS, "Long and short together.", of.product_gross),
)

_STRATEGY = (
    _number(
        "strategy.lots", _LOTS, "Its own net lots of the symbol; below 0 short.", of.strategy_lots
    ),
    _number(
        "strategy.pnl",
        _MONEY,
        "What it made in the account on this trading day.",
        of.strategy_pnl,
        known=False,
    ),
)

_ACTIVITY = (
    _number("activity.orders", "orders", "Orders sent on this trading day.", "activity.orders"),
    _number("activity.cancels", "cancels", "Cancels sent.", "activity.cancels"),
    _number("activity.refused", "orders", "Orders that rules refused.", "activity.refused"),
    _number("activity.trades", "trades", "Fills.", "activity.trades"),
    _number("activity.lots", _LOTS, "Lots filled.", "activity.lots"),
)

_MARKET = (
    _number("market.last", _PRICE, "Last price.", of.market_last, known=False),
    _tick("bid", _PRICE, "Best bid.", "bid_price_1"),
    _tick("ask", _PRICE, "Best ask.", "ask_price_1"),
    _tick("bid_volume", _LOTS, "Lots at the best bid.", "bid_volume_1"),
    _tick("ask_volume", _LOTS, "Lots at the best ask.", "ask_volume_1"),
    _number("market.spread", _PRICE, "Ask less bid.", of.market_spread, known=False),
    _number("market.mid", _PRICE, "Half-way between bid and ask.", of.market_mid, known=False),
    _tick("limit_up", _PRICE, "Highest price of the day that is allowed.", "limit_up"),
    _tick("limit_down", _PRICE, "Lowest price of the day that is allowed.", "limit_down"),
    _tick("open", _PRICE, "First price of the day.", "open_price"),
    _tick("high", _PRICE, "Highest price of the day so far.", "high_price"),
    _tick("low", _PRICE, "Lowest price of the day so far.", "low_price"),
    _tick("pre_close", _PRICE, "Last price of the trading day before.", "pre_close"),
    _tick("pre_settlement", _PRICE, "Settlement price of the day before.", "pre_settlement"),
    _tick("volume", _LOTS, "Lots traded since the trading day began.", "volume"),
    _tick("open_interest", _LOTS, "Open lots.", "open_interest"),
    _number(
        "market.age_s", "seconds", "Since the last tick was stamped.", of.market_age, known=False
    ),
    _yes(
        "market.is_open",
        "Whether orders are taken now, in a session or an auction; true if it is not known.",
        of.is_open,
    ),
    _yes(
        "market.in_auction",
        "Whether a call auction takes orders now; false if it is not known.",
        of.in_auction,
    ),
)

_TIME = (
    Fact(
        name="time.of_day",
        kind=Kind.TIME,
        unit="",
        doc="Time of day in the rule's time zone.",
        read_in=of.local_time,
    ),
    Fact(
        name="time.weekday",
        kind=Kind.TEXT,
        unit="",
        doc="Day of the week there.",
        choices=of.WEEKDAYS,
        read_in=of.weekday_in,
    ),
    Fact(name="time.date", kind=Kind.NUMBER, unit=_DAY, doc="Date there.", read_in=of.date_in),
    _number(
        "time.trading_day",
        _DAY,
        "Trading day of the market; not known before the first.",
        of.trading_day,
        known=False,
    ),
)

FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        fact.name: fact
        for group in (
            _ORDER,
            _CONTRACT,
            _ACCOUNT,
            _POSITION,
            _PRODUCT,
            _STRATEGY,
            _ACTIVITY,
            _MARKET,
            _TIME,
        )
        for fact in group
    }
)
"""Every fact by its name, group by group."""
