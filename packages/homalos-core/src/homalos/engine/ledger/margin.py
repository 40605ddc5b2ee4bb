"""Margin of what is held: exact when it is read, in floats after every posting.

Chinese exchanges hold margin for the larger side only where an account is long and short
in one contract (单向大边), or in the contracts of one product, as each exchange says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from homalos.engine.ledger.amounts import EXACT, amount
from homalos.engine.ledger.position import Position
from homalos.model import Direction, Instrument, MarginSide

__all__ = ["MarginGroup", "group_of", "margin_of", "margins"]


def margin_of(instrument: Instrument, direction: Direction, marks: int, lots: int) -> Decimal:
    """Return the margin of one side alone, currency, exact.

    Args:
        instrument: Its rates.
        direction: The side.
        marks: Sum over its lots of mark (millionths) x lots.
        lots: As many as are held.
    """
    rate = instrument.margin_rate
    if direction is Direction.SHORT and instrument.margin_rate_short is not None:
        rate = instrument.margin_rate_short
    share = EXACT.multiply(amount(marks, instrument.multiplier), rate)
    return EXACT.add(share, EXACT.multiply(lots, instrument.margin_per_lot))


def group_of(instrument: Instrument) -> str:
    """Return the group that a contract's margin is reckoned in; empty says it is alone."""
    return instrument.margin_group if instrument.margin_side is MarginSide.GROUP else ""


def margins(positions: Iterable[Position]) -> dict[str, Decimal]:
    """Return the margin held for each contract, currency, exact.

    Under the larger side of a contract or a group it is that of the side that is charged;
    where both sides come to the same, the long one is.
    """
    held: dict[str, Decimal] = {}
    groups: dict[str, list[Position]] = {}
    for position in positions:
        name = group_of(position.instrument)
        if name:
            groups.setdefault(name, []).append(position)
        else:
            long, short = _sides(position)
            held[position.instrument.symbol] = (
                max(long, short) if position.larger else EXACT.add(long, short)
            )
    for members in groups.values():
        if len(members) == 1:
            held[members[0].instrument.symbol] = max(_sides(members[0]))
        else:
            held.update(_larger(members))
    return held


def _larger(members: Sequence[Position]) -> dict[str, Decimal]:
    sides = [_sides(position) for position in members]
    long = short = Decimal(0)
    for one, other in sides:
        long, short = EXACT.add(long, one), EXACT.add(short, other)
    charged = 0 if long >= short else 1
    return {
        position.instrument.symbol: each[charged]
        for position, each in zip(members, sides, strict=True)
    }


def _sides(position: Position) -> tuple[Decimal, Decimal]:
    instrument = position.instrument
    return (
        margin_of(instrument, Direction.LONG, position.long_mark, position.long),
        margin_of(instrument, Direction.SHORT, position.short_mark, position.short),
    )


class MarginGroup:
    """The margin of contracts that count together, as floats.

    Attributes:
        longs: The long side's margin of each contract, as last reckoned.
        shorts: The short side's, likewise.
        held: What the group holds: its larger side.
    """

    __slots__ = ("held", "longs", "shorts")

    def __init__(self) -> None:
        self.longs: dict[str, float] = {}
        self.shorts: dict[str, float] = {}
        self.held = 0.0

    def reckon(self, symbol: str, long: float, short: float) -> float:
        """Take a contract's sides, and return by how much the group's margin changes."""
        self.longs[symbol], self.shorts[symbol] = long, short
        if len(self.longs) > 1:
            # Summed anew: differences added up would drift away from the exact margin.
            long, short = sum(self.longs.values()), sum(self.shorts.values())
        held = max(long, short)
        change = held - self.held
        self.held = held
        return change
