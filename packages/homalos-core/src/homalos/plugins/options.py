"""What a class of options may say about how it is read from the settings."""

from __future__ import annotations

__all__ = ["OTHER_KEYS"]

OTHER_KEYS = "other_keys"
"""Metadata of one mapping field: it gets every key that is no other field, with its value.

So a section may have entries of the user's own naming: `risk: {custom: {big_order: ...}}`.
"""
