"""The routers that the core brings: the first that can, and the cheapest that can."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan, nan

from homalos.model import OrderRequest
from homalos.plugins.ports import Refusal, Router, VenueView
from homalos.plugins.specs import NoOptions

__all__ = ["make_cheapest", "make_first"]


def make_first(options: NoOptions) -> Router:  # noqa: ARG001  has none
    """Return the router that takes the first venue that is connected.

    One at which an order's state is not known comes after those where all are.
    """

    def first(request: OrderRequest, venues: Sequence[VenueView]) -> str | Refusal:
        up = [venue for venue in venues if venue.is_up]
        if not up:
            return _nowhere(request, venues)
        return next((venue.name for venue in up if not venue.unknown), up[0].name)

    return first


def make_cheapest(options: NoOptions) -> Router:  # noqa: ARG001  has none
    """Return the router that takes the venue with the lowest fees of those that are connected.

    Ties go to the one named first; one whose fees are not known comes last.
    """

    def cheapest(request: OrderRequest, venues: Sequence[VenueView]) -> str | Refusal:
        up = [venue for venue in venues if venue.is_up]
        if not up:
            return _nowhere(request, venues)
        return min(up, key=lambda venue: inf if isnan(venue.cost) else venue.cost).name

    return cheapest


def _nowhere(request: OrderRequest, venues: Sequence[VenueView]) -> Refusal:
    names = ", ".join(venue.name for venue in venues)
    message = f"no venue of account {request.account} is connected: {names}; try again later"
    return Refusal(message, 0, nan)
