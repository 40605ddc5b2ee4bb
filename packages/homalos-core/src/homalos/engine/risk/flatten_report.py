"""What became of a flattening, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from homalos.engine.risk.closing_out import OpenLots
from homalos.model import Direction

__all__ = ["FlattenReport", "Left", "left_of", "told"]

_AGAINST = "others' lots stand against them in their books: the account does not hold them"


@frozen(kw_only=True)
class Left:
    """Lots that could not be closed.

    Attributes:
        why: One sentence: what stood in the way.
    """

    account: str
    symbol: str
    strategy: str
    side: Direction
    lots: int
    why: str


@frozen(kw_only=True)
class FlattenReport:
    """What became of it.

    Attributes:
        scope: Whose positions were to be closed.
        is_flat: Whether nothing is left: neither a lot nor an order.
        seconds: How long it took by the engine's clock.
        cancelled: Orders of others that were cancelled.
        sent: Orders sent.
        closed: Lots closed.
        left: What could not be closed.
        orders: Orders that work still, by id.
    """

    scope: str
    is_flat: bool
    seconds: float
    cancelled: int
    sent: int
    closed: int
    left: tuple[Left, ...]
    orders: tuple[str, ...]


def left_of(lots: OpenLots, why: str) -> Iterator[Left]:
    """Yield what is left of a strategy's lots, those apart that no venue could close."""
    for count, reason in ((lots.lots, why), (lots.against, _AGAINST)):
        if count:
            yield Left(
                account=lots.account,
                symbol=lots.symbol,
                strategy=lots.strategy,
                side=lots.side,
                lots=count,
                why=reason,
            )


def told(report: FlattenReport) -> str:
    """Return a report as one sentence."""
    if report.is_flat:
        return f"{report.scope} is flat: {report.closed} lots closed, {report.cancelled} cancelled"
    left = "; ".join(
        f"{each.lots} {each.side} {each.symbol} of {each.strategy} in {each.account}: {each.why}"
        for each in report.left
    )
    orders = f"; {len(report.orders)} orders work still" if report.orders else ""
    return f"{report.scope} is not flat: {left}{orders}"
