"""What a run with faults on purpose came to: the faults, the orders they hid, the verdict."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from homalos.bus import OBSERVER
from homalos.engine.agreement import disagreements
from homalos.engine.engine import Engine
from homalos.model import OrderData, OrderPhase
from homalos.plugins.ports import FaultMaker

__all__ = ["Chaos", "chaos_report"]

_SHOWN = 20  # differences; the rest are counted


class Chaos:
    """Watches an engine over a wire that fails, and tells what came of it.

    Attributes:
        seed: Of the faults.
    """

    def __init__(self, engine: Engine, seed: int) -> None:
        """Watch an engine that has not started."""
        self.seed = seed
        self._engine = engine
        self._unknown: dict[str, bool] = {}  # whether it is known again
        engine.subscribe(OrderData, self._look, order=OBSERVER, name="chaos")

    def as_dict(self) -> dict[str, Any]:
        """Return what came of it, once the run is over, as plain values."""
        parts = self._engine.parts
        counts: Counter[str] = Counter()
        for gateway in parts.gateways.values():
            if isinstance(gateway, FaultMaker):
                counts.update(gateway.faults())
        return {
            "seed": self.seed,
            "faults": dict(counts),
            "unknown": len(self._unknown),
            "recovered": sum(self._unknown.values()),
            "differences": list(disagreements(parts)),
        }

    def _look(self, order: OrderData) -> None:
        if order.phase is OrderPhase.UNKNOWN:
            self._unknown[order.order_id] = False
        elif order.order_id in self._unknown:
            self._unknown[order.order_id] = True


def chaos_report(found: dict[str, Any]) -> tuple[RenderableType, ...]:
    """Return what a person is shown of it."""
    made = ", ".join(f"{count:,} {kind}" for kind, count in found["faults"].items())
    lines = [
        Text(f"  chaos {found['seed']}: {made.replace('_', ' ')}"),
        Text(f"  orders unknown {found['unknown']:,}, known again {found['recovered']:,}"),
    ]
    differences = found["differences"]
    if not differences:
        agree = "  engine and venue agree on every order, trade, position and cent"
        return (*lines, Text(agree, style="green"))
    head = f"  engine and venue do not agree, {len(differences):,} times:"
    shown = [Text(f"    {each}", style="red") for each in differences[:_SHOWN]]
    return (*lines, Text(head, style="bold red"), *shown)
