"""What this package answers the core with."""

from __future__ import annotations

from homalos.plugins import StrategySpec, hookimpl
from homalos_strategies.double_ma import DoubleMa, DoubleMaParams
from homalos_strategies.ema_momentum import EmaMomentum, EmaMomentumParams
from homalos_strategies.market_maker import MarketMaker, MarketMakerParams

__all__ = ["register_strategies"]


@hookimpl
def register_strategies() -> tuple[StrategySpec, ...]:
    """Offer one strategy on bars and two on ticks."""
    return (
        StrategySpec(
            name="double_ma",
            factory=DoubleMa,
            config=DoubleMaParams,
            doc="Moving-average cross on bars, always in the market.",
        ),
        StrategySpec(
            name="ema_momentum",
            factory=EmaMomentum,
            config=EmaMomentumParams,
            doc="Momentum of the mid price on ticks, with a threshold against flutter.",
        ),
        StrategySpec(
            name="market_maker",
            factory=MarketMaker,
            config=MarketMakerParams,
            doc="Quotes on both sides of the mid price on ticks, leaning against the position.",
        ),
    )
