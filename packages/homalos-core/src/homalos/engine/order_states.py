"""Which state an order may go to from which."""

from __future__ import annotations

from collections.abc import Mapping

from homalos.model import Status

__all__ = ["LEGAL"]

_SUBMITTING, _NOTTRADED, _PARTTRADED = Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED
_ALLTRADED, _CANCELLED, _REJECTED = Status.ALLTRADED, Status.CANCELLED, Status.REJECTED

LEGAL: Mapping[Status, frozenset[Status]] = {
    _SUBMITTING: frozenset({_NOTTRADED, _PARTTRADED, _ALLTRADED, _CANCELLED, _REJECTED}),
    _NOTTRADED: frozenset({_PARTTRADED, _ALLTRADED, _CANCELLED, _REJECTED}),
    _PARTTRADED: frozenset({_PARTTRADED, _ALLTRADED, _CANCELLED}),
    _ALLTRADED: frozenset(),
    _CANCELLED: frozenset(),
    _REJECTED: frozenset(),
}
"""From each state, the states an order may go to."""
