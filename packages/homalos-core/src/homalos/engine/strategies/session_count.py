"""Whose sessions somebody wants to hear of."""

from __future__ import annotations

from homalos.engine.strategies.run import Plan, overrides

__all__ = ["SessionCount"]


class SessionCount(dict[str, int]):
    """Symbols whose sessions some strategy wants to hear of, and how many do."""

    def count(self, plan: Plan, by: int) -> None:
        """Count a strategy in (1) or out (-1); one without `on_session` hears of none."""
        if not plan.is_placed or not overrides(plan.factory, "on_session"):
            return
        for symbol in plan.symbols:
            count = self.get(symbol, 0) + by
            if count:
                self[symbol] = count
            else:
                del self[symbol]
