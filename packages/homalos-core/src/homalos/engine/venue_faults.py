"""A gateway that raises instead of reporting: whose fault it is, and what is unknown now."""

from __future__ import annotations

from homalos.errors import GatewayError
from homalos.model import CancelRequest, OrderRequest

__all__ = ["at_cancelling", "at_sending"]


def at_sending(request: OrderRequest, error: Exception) -> GatewayError:
    """Return what to raise for a gateway that raised when it was given an order."""
    name, order_id = request.gateway, request.order_id
    what = (
        f"the gateway {name!r} raised {type(error).__name__}: {error} when it was to send "
        f"{order_id}; the order counts as sent until the venue says otherwise, look there"
    )
    return GatewayError(what, gateway=name)


def at_cancelling(request: CancelRequest, error: Exception) -> GatewayError:
    """Return what to raise for a gateway that raised when it was given a cancel."""
    name, order_id = request.gateway, request.order_id
    what = (
        f"the gateway {name!r} raised {type(error).__name__}: {error} when it was to cancel "
        f"{order_id}; the order stands as it stood, cancel it again or at the venue"
    )
    return GatewayError(what, gateway=name)
