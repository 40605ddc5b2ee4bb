"""What a run survived, told when it is over, and what it could not keep."""

from __future__ import annotations

import sys
from collections import Counter

from homalos.engine.engine import Engine
from homalos.engine.listening import STORE, unkept

__all__ = ["tell_faults", "tell_left_out"]

_Told = frozenset[tuple[str, str]]


def tell_left_out(engine: Engine) -> _Told:
    """Tell which installed plugins are at fault, before a run that goes on without them.

    Returns:
        What was told, for `tell_faults`.
    """
    told = dict.fromkeys(engine.parts.faults)
    for name, error in told:
        sys.stderr.write(
            f"warning: the plugin {name!r} is at fault: {error}; the run goes on without it, "
            "mend it or take it out\n"
        )
    return frozenset(told)


def tell_faults(engine: Engine, told: _Told) -> int:
    """Tell what failed beside strategies and log files, which were told when they did.

    Args:
        engine: It has stopped.
        told: What was told before.

    Returns:
        The exit code: 1 where the store has not kept every record, else 0.
    """
    for (name, error), times in Counter(engine.parts.faults).items():
        if (name, error) not in told and name != "logs" and not name.startswith("strategy."):
            often = f" ({times} times)" if times > 1 else ""
            sys.stderr.write(f"warning: {name}: {error}{often}\n")
    return _tell_losses(engine)


def _tell_losses(engine: Engine) -> int:
    parts = engine.parts
    keepers = [each for each in parts.observers if each.name == STORE]
    lost = sum(map(unkept, keepers))
    if parts.store is None or not lost:
        return 0
    accepted = sum(each.accepted for each in keepers)
    home = parts.settings.home
    where = home / ("journal" if parts.settings.journal.mode == "file" else "logs")
    sys.stderr.write(
        f"error: the store has not kept {lost:,} of {accepted:,} records; mend it before the "
        f"next run, what was ordered and traded in this one is in {where}\n"
    )
    return 1
