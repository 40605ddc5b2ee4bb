"""Orders from the wish to the end: ids, checks, what the venue says, what holds."""

from homalos.engine.orders.manager import MANUAL, OrderManager
from homalos.engine.orders.states import LEGAL

__all__ = ["LEGAL", "MANUAL", "OrderManager"]
