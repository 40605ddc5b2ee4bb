"""What can be set of a fill model."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen
from attrs.validators import ge, in_

__all__ = ["BarPathOptions", "FillOptions"]


@frozen(kw_only=True)
class FillOptions:
    """How much worse than by the model a fill is.

    A worse price is no worse than the order's limit, the price limit of the day, and in bars
    the bar's worst price. A resting order that pays its limit slips no further: what it
    suffers is the wait.

    Attributes:
        slippage: `none`; `ticks`, a fixed number; `spread`, a share of the book's spread,
            rounded up to whole ticks, nothing where one side is empty and in bars.
        slippage_ticks: Ticks of `ticks`, >= 0.
        slippage_share: Share of the spread of `spread`, >= 0.
    """

    slippage: Literal["none", "ticks", "spread"] = field(
        default="none", validator=in_(("none", "ticks", "spread"))
    )
    slippage_ticks: int = field(default=1, validator=ge(0))
    slippage_share: float = field(default=0.5, validator=ge(0))


@frozen(kw_only=True)
class BarPathOptions(FillOptions):
    """Beside slippage, what a bar may fill.

    Attributes:
        slippage: As of the other models.
        slippage_ticks: Ticks of `ticks`, >= 0.
        slippage_share: Share of the spread of `spread`, >= 0.
        same_bar: Whether a bar that was under way when an order came may fill it; that
            looks ahead. A bar that had ended never does.
    """

    same_bar: bool = False
