"""The orders that the engine holds itself: stops, brackets, one-cancels-other, lifetimes.

They live in the engine only: no venue knows of them before they leave, and nothing is
kept of them when the engine ends.
"""

from homalos.engine.held.orders import HeldOrders

__all__ = ["HeldOrders"]
