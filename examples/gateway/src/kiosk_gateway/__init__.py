"""A finished gateway to learn from, and the small venue behind it."""

from kiosk_gateway.kiosk import Kiosk

__all__ = ["Kiosk"]
