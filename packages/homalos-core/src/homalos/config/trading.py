"""The settings of orders under way, and of the hand that watches over them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from attrs import Attribute, Factory, field, frozen

from homalos.config.validators import above_0, not_below_0, not_empty
from homalos.errors import ConfigError
from homalos.model import TradingState

__all__ = ["ControlSettings", "OrderSettings", "RoutingSettings"]


def _levels(_: object, attribute: Attribute[Any], value: tuple[float, ...]) -> None:
    if not all(isfinite(each) and 0 < each < 1 for each in value):
        raise ConfigError([f"{attribute.name} must be shares above 0 and below 1, not {value}"])
    if list(value) != sorted(set(value)):
        raise ConfigError([f"{attribute.name} must rise, each once, not {value}"])


@frozen(kw_only=True)
class OrderSettings:
    """How long an answer may take before the engine asks.

    Attributes:
        answer_s: Seconds after which an order that its venue has not acknowledged, or a
            cancel that it has not answered, counts as unknown and the venue is asked; 0
            waits for ever.
    """

    answer_s: float = field(default=10.0, validator=not_below_0)


@frozen(kw_only=True)
class ControlSettings:
    """How the engine watches over risk, and who has to be alive for it to trade.

    Attributes:
        levels: Shares of a limit at which a warning comes before the limit, rising.
        check_s: Seconds between two looks at what a rule measures, > 0; every fill is
            looked at besides.
        state: The engine's switch at the start: `normal`, `close_only` or `halted`.
        lease_s: Seconds without a sign of the engine after which a venue that can cancels
            what is working, >= 0; 0 asks for no lease.
        operator_s: Seconds without a sign of the operator after which the engine gives no
            more signs of its own, >= 0; 0 needs no operator.
    """

    levels: tuple[float, ...] = field(default=(0.7, 0.9), validator=_levels)
    check_s: float = field(default=1.0, validator=above_0)
    state: TradingState = TradingState.NORMAL
    lease_s: float = field(default=0.0, validator=not_below_0)
    operator_s: float = field(default=0.0, validator=not_below_0)


@frozen(kw_only=True)
class RoutingSettings:
    """Where the orders of an account may go beside its first gateway.

    Attributes:
        gateways: Names of further gateways, the preferred ones first; none routes nothing.
        router: What chooses among them, of any plugin: `first` takes the first that is
            connected and takes the order, `cheapest` the one with the lowest fees of those.
        options: The options of that router.
        shared: Whether all of them lead to one account at one broker, as two fronts do: a
            close may then go to any. Otherwise a close goes where the lots are held.
    """

    gateways: tuple[str, ...] = ()
    router: str = field(default="first", validator=not_empty)
    options: Mapping[str, Any] = Factory(dict)
    shared: bool = False
