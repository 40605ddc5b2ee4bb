"""Which faults are made, how often, and which at what time."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen
from attrs.validators import and_, ge, gt, le, matches_re

if TYPE_CHECKING:
    from attrs import Attribute

__all__ = ["KINDS", "FaultOptions", "Kind", "ScriptedFault"]

Kind = Literal[
    "disconnect", "delay", "duplicate", "reorder", "lost_ack", "lost_request", "lost_cancel"
]
KINDS: tuple[Kind, ...] = (
    "disconnect", "delay", "duplicate", "reorder", "lost_ack", "lost_request", "lost_cancel",
)  # fmt: skip
"""Every kind of fault, as counts and scripts name it."""

_share = and_(ge(0.0), le(1.0))
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"


def _finite(_: object, attribute: Attribute[Any], value: float) -> None:
    if not (isfinite(value) and value >= 0):
        msg = f"{attribute.name} must be 0 or above and finite, not {value}"
        raise ValueError(msg)


@frozen(kw_only=True)
class ScriptedFault:
    """A fault at a given time, once: the first such time after the start.

    Attributes:
        at: Time of day HH:MM:SS in China (UTC+8), in quotes.
        kind: `disconnect` breaks the line then; the others befall the next messages that
            they can befall.
        for_s: How long the line is broken, seconds, > 0.
        times: How many messages another fault befalls, >= 1.
    """

    at: str = field(validator=matches_re(_TIME))
    kind: Kind
    for_s: float = field(default=30.0, validator=and_(gt(0), _finite))
    times: int = field(default=1, validator=ge(1))


@frozen(kw_only=True)
class FaultOptions:
    """What goes wrong between engine and venue; by default nothing.

    Shares are of the messages that a fault can befall, 0 to 1.

    Attributes:
        seed: With the run's seed, where the chance of the faults begins, >= 0.
        disconnects_per_hour: Mean number in an hour of event time, >= 0.
        disconnect_s: Longest time that the line is broken, seconds, > 0.
        notice_s: Longest time until the engine's side notices, seconds, >= 0: until then what
            is sent is lost without a word, afterwards it is refused.
        delay: Share of requests and reports that come late; what follows waits behind them.
        delay_s: How late at most, seconds, >= 0.
        duplicate: Share of reports that come twice.
        reorder: Share of reports that later ones overtake.
        reorder_s: For how long at most, seconds, >= 0.
        lost_ack: Share of an order's reports, not its trades, that are lost.
        lost_request: Share of orders, and of questions for all orders, that are lost.
        lost_cancel: Share of cancels that are lost.
        script: Faults at given times, beside those of chance.
    """

    seed: int = field(default=0, validator=ge(0))
    disconnects_per_hour: float = field(default=0.0, validator=_finite)
    disconnect_s: float = field(default=60.0, validator=and_(gt(0), _finite))
    notice_s: float = field(default=5.0, validator=_finite)
    delay: float = field(default=0.0, validator=_share)
    delay_s: float = field(default=2.0, validator=_finite)
    duplicate: float = field(default=0.0, validator=_share)
    reorder: float = field(default=0.0, validator=_share)
    reorder_s: float = field(default=2.0, validator=_finite)
    lost_ack: float = field(default=0.0, validator=_share)
    lost_request: float = field(default=0.0, validator=_share)
    lost_cancel: float = field(default=0.0, validator=_share)
    script: tuple[ScriptedFault, ...] = ()
