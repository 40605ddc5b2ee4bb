"""What this package offers to the core."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt, in_, le, min_len

from homalos.plugins import GatewaySpec, hookimpl
from homalos.plugins.ports import Gateway, GatewayContext

__all__ = ["KioskOptions", "register_gateways"]


@frozen(kw_only=True)
class KioskOptions:
    """Where the kiosk is, and how patient to be with it.

    Attributes:
        host: Its address.
        port: Its TCP port, 1 to 65535.
        queue: Lines that may wait for the connection, >= 1; orders beyond are refused.
        retry_s: Seconds from a lost connection to the next try, > 0.
    """

    host: str = field(default="127.0.0.1", validator=min_len(1))
    port: int = field(default=7_777, validator=in_(range(1, 65_536)))
    queue: int = field(default=1_000, validator=[ge(1), le(1_000_000)])
    retry_s: float = field(default=1.0, validator=gt(0))


def _gateway(context: GatewayContext, options: KioskOptions) -> Gateway:
    from kiosk_gateway.gateway import KioskGateway  # only an engine that uses it needs it

    return KioskGateway(context, options)


@hookimpl
def register_gateways() -> tuple[GatewaySpec, ...]:
    """Offer the connection to a kiosk."""
    return (
        GatewaySpec(
            name="kiosk",
            factory=_gateway,
            config=KioskOptions,
            doc="A small venue behind a TCP connection, to learn from.",
        ),
    )
