"""One measurement in a process of its own: `python -m benchmarks.worker CASE COUNT PASSES`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["main"]


def main(argv: list[str]) -> int:
    """Measure, and print one JSON object as the last line."""
    case, count, passes = argv[0], int(argv[1]), int(argv[2])
    if case == "bus":
        from benchmarks import bus

        result = bus.publish(count, passes)
    elif case == "hand-over":
        from benchmarks import bus

        result = bus.hand_over(count)
    elif case in {"order-path", "loops"}:
        from benchmarks import order_path

        measure = order_path.paced_orders if case == "order-path" else order_path.closed_loops
        result = measure(count)
    elif case == "grid":
        from benchmarks import grid

        result = grid.measure(count, passes)
    elif case == "plugins":
        from benchmarks import idle_plugins

        result = idle_plugins.measure(count, passes)
    elif case == "bar-parts":
        from benchmarks import bar_parts

        result = bar_parts.measure(count, passes)
    elif case == "risk-rules":
        from benchmarks import risk_rules

        result = risk_rules.measure(count, passes)
    else:
        from benchmarks import replay

        if case == "memory":
            result = replay.memory(count)
        elif case == "tape":
            result = replay.tape(Path(argv[3]), count)
        else:
            result = replay.compare("bars" if case == "bars" else "ticks", count, passes)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
