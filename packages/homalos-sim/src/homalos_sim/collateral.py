"""Whether an account can pay for an order: its margin and its fee, against what is free.

The counter freezes margin and fee of every working order that opens, at its limit price; of a
market order, which has none, at the limit-up, else at the last price. What closes needs no
money. Free is what the account is worth less the margin of what it holds and of what works.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING

from homalos.model import Direction, Offset
from homalos_sim.reasons import NO_MONEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homalos.model import Instrument, OrderRequest, TickData
    from homalos.plugins.ports import VenueFunds
    from homalos_sim.holdings import Vault
    from homalos_sim.matching import WorkingOrder

__all__ = ["Collateral"]

_ZERO = Decimal(0)
_CENT = Decimal("0.01")


class Collateral:
    """Looks at an account's money before an order is taken. Engine thread.

    Args:
        funds: What an account is worth; `None` where that is not known.
        held: What every account holds.
        instrument: The contract of a symbol.
        last_tick: Its last tick.
    """

    def __init__(
        self,
        funds: Callable[[str], VenueFunds | None],
        held: Vault,
        instrument: Callable[[str], Instrument],
        last_tick: Callable[[str], TickData | None],
    ) -> None:
        self._funds = funds
        self._held = held
        self._instrument = instrument
        self._last_tick = last_tick

    def objection(self, request: OrderRequest, working: Iterable[WorkingOrder]) -> str:
        """Return why an account cannot pay for an order; "" where it can, or nobody knows.

        Args:
            request: What is asked.
            working: Every order that works at the venue.
        """
        account = request.account
        needed = self._needed(request, request.volume)
        funds = self._funds(account) if needed else None
        if funds is None:
            return ""
        frozen = sum(
            (self._needed(each.request, each.left) for each in working if _of(each, account)),
            _ZERO,
        )
        free = funds.equity - funds.margin - frozen
        if needed <= free:
            return ""
        needs, has = needed.quantize(_CENT), free.quantize(_CENT)
        return NO_MONEY.because(f"the order needs {needs}, {has} is free in {account}")

    def _needed(self, request: OrderRequest, lots: int) -> Decimal:
        offset = request.offset
        if offset is Offset.NONE:
            lots -= self._against(request)
        elif offset is not Offset.OPEN:
            return _ZERO
        price = self._price(request)
        if lots <= 0 or price is None:
            return _ZERO
        instrument = self._instrument(request.symbol)
        rate = instrument.margin_rate
        if request.direction is Direction.SHORT and instrument.margin_rate_short is not None:
            rate = instrument.margin_rate_short
        fee = instrument.fee_open
        turnover = price * instrument.multiplier
        return lots * (turnover * (rate + fee.rate) + instrument.margin_per_lot + fee.per_lot)

    def _against(self, request: OrderRequest) -> int:
        # Lots that an order which nets closes before it opens any.
        positions = self._held[request.account, request.symbol].positions()
        others = (each for each in positions if each.direction is not request.direction)
        return sum(each.earlier + each.today for each in others)

    def _price(self, request: OrderRequest) -> Decimal | None:
        tick = self._last_tick(request.symbol)
        offered = (request.price, tick.limit_up, tick.last_price) if tick else (request.price,)
        known = (price for price in offered if isfinite(price))
        price = next(known, None)
        return None if price is None else Decimal(repr(price))


def _of(order: WorkingOrder, account: str) -> bool:
    return order.request.account == account
