"""In which order services start, given who needs whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from homalos.errors import ServiceError, UnknownService, did_you_mean

__all__ = ["arranged"]


def arranged(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names so that each comes after all that it needs.

    Of those that could come next, the one comes that stands first in the mapping.

    Args:
        needs: What each service needs, by name.

    Raises:
        UnknownService: One needs a service that is not there.
        ServiceError: Some need each other in a circle; the message names the whole of it.
    """
    for name, wanted in needs.items():
        for other in wanted:
            if other not in needs:
                hint = did_you_mean(other, needs)
                msg = f"the service {name!r} needs {other!r}, which is not there{hint}"
                raise UnknownService(msg)
    place = {name: index for index, name in enumerate(needs)}
    missing = {name: set(wanted) for name, wanted in needs.items()}
    free = [place[name] for name, wanted in missing.items() if not wanted]
    heapify(free)
    names = list(needs)
    found: list[str] = []
    while free:
        name = names[heappop(free)]
        found.append(name)
        for other, left in missing.items():
            if name in left:
                left.remove(name)
                if not left:
                    heappush(free, place[other])
    if len(found) < len(needs):
        circle = " -> ".join(_circle({name: left for name, left in missing.items() if left}))
        msg = f"services need each other in a circle: {circle}; one of them must do without"
        raise ServiceError(msg)
    return found


def _circle(missing: Mapping[str, set[str]]) -> list[str]:
    """Return one circle among services of which each needs another one, its first again at last."""
    path: list[str] = []
    name = next(iter(missing))
    while name not in path:
        path.append(name)
        name = min(missing[name])
    return [*path[path.index(name) :], name]
