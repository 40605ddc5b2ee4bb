"""What a rule is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from homalos.model import (
    Instrument,
    OrderRequest,
    TickData,
)
from homalos.plugins.ports.clock import Clock

__all__ = ["Holding", "Refusal", "RiskCheck", "RiskContext"]


class Holding(Protocol):
    """What an account holds and works in one instrument; lots, all >= 0. Read only."""

    long: int
    short: int
    opening_long: int
    opening_short: int
    closing_long: int
    closing_short: int


@frozen
class Refusal:
    """A rule's no.

    Attributes:
        message: One sentence: what was found, what is allowed.
        input: What was measured.
        limit: What is allowed.
    """

    message: str
    input: float
    limit: float


RiskCheck = Callable[[OrderRequest], Refusal | None]


class RiskContext(Protocol):
    """What a rule may look at. Bind what you need when the rule is built."""

    @property
    def clock(self) -> Clock:
        """Return the engine's clock."""

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract of a symbol."""

    def holding(self, account: str, symbol: str) -> Holding:
        """Return the live holding; the same object for as long as the engine lives."""

    def available(self, account: str) -> float:
        """Return what new orders may use of an account's funds, in its currency."""

    def last_price(self, symbol: str) -> float:
        """Return the last price seen, nan when none was."""

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick seen, `None` when none was (a run on bars)."""

    def is_reducing(self, request: OrderRequest) -> bool:
        """Say whether an order can only make a position smaller."""
