"""How a part of the engine is."""

from __future__ import annotations

from attrs import frozen

from homalos.model.enums import ServiceState

__all__ = ["ServiceStatus"]


@frozen(kw_only=True)
class ServiceStatus:
    """How one service was when somebody looked; it never changes, so any thread may keep it.

    Attributes:
        name: Of the service, such as `gateway.sim`; unique in its engine.
        kind: The type it is offered as, such as `Gateway`.
        state: Where it is in its life.
        reason: Why it is degraded or failed, "" otherwise.
        since_ns: When it came into this state, nanoseconds UTC, by the wall.
        needs: Names of the services that are started before it and stopped after it.
        ping_ms: How long its last answer took, milliseconds; `None` when it was never
            asked, or has not answered.
    """

    name: str
    kind: str
    state: ServiceState
    reason: str
    since_ns: int
    needs: tuple[str, ...]
    ping_ms: float | None
