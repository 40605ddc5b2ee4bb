"""What a posting leaves behind, light enough for every fill of a backtest."""

from __future__ import annotations

from typing import TypeAlias

from homalos.model import TradeData

__all__ = ["Closed", "Part", "Posting"]

Part: TypeAlias = tuple[int, int, int, int, str]
"""Lots closed of one earlier trade: lots, opening price, mark, trading day and id of opening."""

Closed: TypeAlias = tuple[int, int, int, int, tuple[Part, ...]]
"""What a closing came to: lots closed, those of them opened on its day, profit by trade and
profit against the marks, both in millionths x lots, and the parts."""

# A named tuple or a class would cost as much again as the whole posting; and plain values
# alone are nothing that the garbage collector has to go through.
Posting: TypeAlias = tuple[TradeData, int, int, int, int, int, tuple[Part, ...]]
"""One fill as it was booked: the trade, its price in millionths, lots opened, lots of its day
closed, earlier lots closed, marked profit in millionths x lots, and what was closed, part by
part."""
