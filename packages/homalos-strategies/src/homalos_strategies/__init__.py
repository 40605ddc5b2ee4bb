"""Strategies that are tested and ready to run, and to read before writing one."""

from homalos_strategies.double_ma import DoubleMa, DoubleMaParams
from homalos_strategies.ema_momentum import EmaMomentum, EmaMomentumParams
from homalos_strategies.market_maker import MarketMaker, MarketMakerParams

__all__ = [
    "DoubleMa",
    "DoubleMaParams",
    "EmaMomentum",
    "EmaMomentumParams",
    "MarketMaker",
    "MarketMakerParams",
]
