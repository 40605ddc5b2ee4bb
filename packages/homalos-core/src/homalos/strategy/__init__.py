"""What a strategy author uses: the class to subclass, and how parameters are described."""

from homalos.strategy.base import Strategy
from homalos.strategy.parameters import Parameter, param, parameter_schema
from homalos.strategy.trading import Bracket
from homalos.strategy.waits import Filled, Sleep

__all__ = ["Bracket", "Filled", "Parameter", "Sleep", "Strategy", "param", "parameter_schema"]
