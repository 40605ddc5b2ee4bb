"""Which of several venues an order goes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from attrs import frozen

from homalos.model import OrderRequest, OrderType
from homalos.plugins.ports.risk import Refusal

__all__ = ["Priced", "Router", "Selective", "VenueView"]


@frozen(kw_only=True)
class VenueView:
    """A venue that an order might go to.

    Attributes:
        name: The gateway's name in the settings.
        is_up: Whether it is connected.
        types: The order types that it takes; empty where it does not say.
        cost: What the order would cost there in fees, currency; nan where it is not known.
        working: Orders of ours that it holds.
        unknown: Those of them whose state is not known.
    """

    name: str
    is_up: bool
    types: frozenset[OrderType]
    cost: float
    working: int
    unknown: int


Router = Callable[[OrderRequest, Sequence[VenueView]], str | Refusal]
"""`(request, venues) -> name of one of them, or why it goes to none`; engine thread."""


@runtime_checkable
class Selective(Protocol):
    """A gateway that says which orders it takes. Optional: another one is sent any."""

    def order_types(self, symbol: str) -> frozenset[OrderType]:
        """Return the types that an order in a symbol may have there; never blocks."""


@runtime_checkable
class Priced(Protocol):
    """A gateway that says what an order costs. Optional: the cost of another is not known."""

    def cost(self, request: OrderRequest) -> float:
        """Return the fees of an order if it fills whole, currency; nan where not known."""
