"""How a person changes the pace of a feed: slower, faster, not at all. Engine thread."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from homalos.errors import EngineStateError, HomalosError
from homalos.model import Alert

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["turn_pace"]


def turn_pace(
    parts: Parts, *, speed: float | None = None, paused: bool | None = None
) -> dict[str, Any]:
    """Have the feed go at another speed, stand still or go on; return its pace.

    Args:
        parts: The engine's.
        speed: Event seconds a wall second, >= 0; 0 does not wait. It goes on with it.
        paused: Whether it stands still; left as it is, or goes on with a new speed.

    Raises:
        EngineStateError: The data come from a venue, or as fast as the engine takes them.
        HomalosError: The speed is none.
    """
    pace = parts.pace
    if pace is None:
        msg = (
            "this run has no pace to change: its data come from a venue, or on the engine's own "
            "thread as fast as it takes them; give its feed a speed, or set feed.thread"
        )
        raise EngineStateError(msg)
    if speed is not None:
        if isinstance(speed, bool) or not isinstance(speed, (int, float)):
            msg = f"a speed is a number of event seconds a second, not {speed!r}"
            raise HomalosError(msg)
        if not (isfinite(speed) and speed >= 0):
            msg = f"a speed is 0, which does not wait, or above 0, not {speed}"
            raise HomalosError(msg)
        paused = bool(paused)
    pace.turn(speed=speed, is_paused=paused)
    shown = f"{pace.speed:g} ×" if pace.speed else "full speed"
    what = "is paused" if pace.is_paused else f"goes at {shown}"
    parts.bus.publish(Alert("info", "feed", f"the market {what}", parts.clock.now))
    return {"speed": pace.speed or "max", "is_paused": pace.is_paused}
