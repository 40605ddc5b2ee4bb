"""The books of one account: lots, fees, margin, daily settlement, strategies. Pure, and exact.

Prices are counted in millionths of the currency, as whole numbers: every price
that a venue can quote (0.005, 0.2, 10) is a whole number of them, sums of
products of whole numbers have no rounding, and a posting costs a few integer
operations. Amounts become `Decimal` when they are read.
"""

from __future__ import annotations

from homalos.engine.ledger.amounts import EXACT, MICRO, cents, micros
from homalos.engine.ledger.books import StrategyBook, StrategyBooks
from homalos.engine.ledger.ledger import Ledger
from homalos.engine.ledger.lots import Lot
from homalos.engine.ledger.position import Position
from homalos.engine.ledger.posting import Part, Posting

__all__ = [
    "EXACT",
    "MICRO",
    "Ledger",
    "Lot",
    "Part",
    "Position",
    "Posting",
    "StrategyBook",
    "StrategyBooks",
    "cents",
    "micros",
]
