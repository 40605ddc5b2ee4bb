"""What an order would do, and what every rule says of it, without sending it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from homalos.engine.closing import RULE, plan
from homalos.engine.ledger import MICRO
from homalos.engine.risk.manager import RuleVerdict
from homalos.engine.wholes import split
from homalos.model import Direction, Offset, OrderRequest, OrderType
from homalos.plugins.ports import Refusal

if TYPE_CHECKING:
    from homalos.engine.build import Parts
    from homalos.engine.lanes import Lane

__all__ = ["Part", "Preview", "explain", "preview", "wish_of"]

_LONG = Direction.LONG
_OPEN, _NONE, _TODAY = Offset.OPEN, Offset.NONE, Offset.CLOSETODAY
_CLOSE = Offset.CLOSE


@frozen(kw_only=True)
class Part:
    """One of the orders that would leave.

    Attributes:
        offset: What the venue would be told.
        volume: Lots.
        verdicts: What every rule says, in the order in which they are asked.
    """

    offset: Offset
    volume: int
    verdicts: tuple[RuleVerdict, ...]


@frozen(kw_only=True)
class Preview:
    """What an order would do; amounts in the account's currency.

    Attributes:
        account: Where it would be sent.
        symbol: The contract.
        price: What it is reckoned at: its own price, or the last one; nan where none is known.
        passes: Whether it would leave.
        parts: What would leave; empty where nothing could be closed.
        opens: Lots that it would open.
        closes: Lots that it would close.
        margin: What the lots that it opens need, by the contract's rates.
        fee: What all its lots cost.
        frees: Margin of the lots that it closes, free once they are.
        long: Lots held long once all of it is filled.
        short: Lots held short once all of it is filled.
        available: What new orders may use now.
        available_after: What they may use while it works.
    """

    account: str
    symbol: str
    price: float
    passes: bool
    parts: tuple[Part, ...]
    opens: int
    closes: int
    margin: float
    fee: float
    frees: float
    long: int
    short: int
    available: float
    available_after: float


def wish_of(
    parts: Parts,
    lane: Lane,
    direction: Direction,
    offset: Offset,
    price: float,
    volume: int,
    strategy: str,
) -> OrderRequest:
    """Return an order as it would be asked for; nan as price makes it a market order."""
    has_price = price == price  # noqa: PLR0124  nan: a market order
    return OrderRequest(
        "", lane.symbol, direction, offset,
        OrderType.LIMIT if has_price else OrderType.MARKET, lane.instrument.snap(price), volume,
        strategy, lane.account.name, lane.gateway_name, parts.clock.now,
    )  # fmt: skip


def explain(parts: Parts, wish: OrderRequest) -> tuple[Part, ...]:
    """Return what would leave of an order, and what every rule says of it."""
    lane = parts.orders.lane(wish.account, wish.symbol)
    requests = _requests(parts, lane, wish)
    if isinstance(requests, Refusal):
        no = RuleVerdict(
            rule=RULE,
            kind="validity",
            is_refused=True,
            is_waived=False,
            message=requests.message,
            input=requests.input,
            limit=requests.limit,
            measures=(),
        )
        verdicts = (no, *parts.risk.explain(wish))
        return (Part(offset=wish.offset, volume=wish.volume, verdicts=verdicts),)
    return tuple(
        Part(offset=each.offset, volume=each.volume, verdicts=parts.risk.explain(each))
        for each in requests
    )


def preview(parts: Parts, wish: OrderRequest) -> Preview:
    """Return what an order would do to its account."""
    lane = parts.orders.lane(wish.account, wish.symbol)
    position = lane.position
    buys = wish.direction is _LONG
    price = wish.price
    if price != price:  # noqa: PLR0124  nan: a market order
        price = parts.data.last_price(wish.symbol)
    shown = explain(parts, wish)
    lots = [_lots(lane, wish.direction, part) for part in shown]
    opens, closes = sum(each[0] for each in lots), sum(each[1] for each in lots)
    held = position.short if buys else position.long
    margin, frees = _margins(lane, price, opens, min(closes, held), buys=buys)
    closing = [(part, each[1]) for part, each in zip(shown, lots, strict=True)]
    fee = _fee(lane, price, opens, closing)
    available = lane.account.available()
    long, short = position.long, position.short
    if buys:
        long, short = long + opens, short - closes
    else:
        long, short = long - closes, short + opens
    return Preview(
        account=lane.account.name,
        symbol=lane.symbol,
        price=price,
        passes=not any(verdict.is_refused for part in shown for verdict in part.verdicts),
        parts=shown,
        opens=opens,
        closes=closes,
        margin=margin,
        fee=fee,
        frees=frees,
        long=long,
        short=short,
        available=available,
        available_after=available - margin - fee,
    )


# -- inside ------------------------------------------------------------------------


def _requests(parts: Parts, lane: Lane, wish: OrderRequest) -> Sequence[OrderRequest] | Refusal:
    """Return what a wish becomes on its way out, as `OrderManager.submit` does."""
    price = wish.price
    if price != price:  # noqa: PLR0124  nan: a market order
        price = parts.data.last_price(wish.symbol)
    if wish.offset is _OPEN and not lane.minds_open:
        return (wish,)
    planned = plan(
        lane.position, wish.direction, wish.offset, wish.volume,
        price=price, nets=lane.nets, close_today=lane.account.settings.close_today,
    )  # fmt: skip
    return planned if isinstance(planned, Refusal) else split(wish, planned)


def _lots(lane: Lane, direction: Direction, part: Part) -> tuple[int, int]:
    """Return how many lots of a part open, and how many close."""
    if part.offset is _OPEN:
        return part.volume, 0
    if part.offset is not _NONE:
        return 0, part.volume
    position = lane.position
    held = (
        position.short - position.closing_short
        if direction is _LONG
        else position.long - position.closing_long
    )
    closes = min(part.volume, max(held, 0))
    return part.volume - closes, closes


def _margins(
    lane: Lane, price: float, opens: int, closes: int, *, buys: bool
) -> tuple[float, float]:
    """Return the margin of what opens, and what the side that is closed frees."""
    position = lane.position
    at = price * MICRO
    rate = position.margin_per_micro if buys else position.short_margin_per_micro
    margin = (at * rate + position.margin_per_lot) * opens if opens else 0.0
    held, marks, theirs = (
        (position.short, position.short_mark, position.short_margin_per_micro)
        if buys
        else (position.long, position.long_mark, position.margin_per_micro)
    )
    frees = (marks / held * theirs + position.margin_per_lot) * closes if closes else 0.0
    return margin, frees


def _fee(lane: Lane, price: float, opens: int, closing: Sequence[tuple[Part, int]]) -> float:
    """Return what an order's fills cost; of a plain close the dearer of the two fees."""
    at = price * MICRO
    opening = lane.position.fee_open
    fee = (at * opening.per_unit + opening.per_lot) * opens if opens else 0.0
    for part, lots in closing:
        each = lane.close_fee
        if part.offset is _TODAY:
            each = lane.close_fee_today
        elif part.offset not in (_CLOSE, _NONE):
            each = lane.close_fee_earlier
        fee += (at * each[0] + each[1]) * lots if lots else 0.0
    return fee
