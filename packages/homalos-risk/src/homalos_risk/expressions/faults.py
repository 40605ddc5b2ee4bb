"""What is wrong with an expression, and where: shown with a mark under the place."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from attrs import frozen

__all__ = ["ExpressionError", "Fault"]

_INDENT = "    "
_WIDTH = 90


@frozen
class Fault:
    """One thing that is wrong.

    Attributes:
        message: What was found, what was expected, what to write.
        start: Where it begins in the text, characters from 0.
        end: Where it ends, the first character after it.
    """

    message: str
    start: int
    end: int

    def shown(self, text: str) -> str:
        """Return the message, the line of the text that it is about and a mark below."""
        start = min(self.start, len(text))
        begin = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        # Of a long line, what surrounds the place.
        left = max(begin, start - _WIDTH // 2) if stop - begin > _WIDTH else begin
        right = min(stop, left + _WIDTH)
        before = "..." if left > begin else ""
        after = "..." if right < stop else ""
        line = "".join(_plain(each) for each in text[left:right])
        blanks = " " * (len(before) + _columns(text[left:start]))
        marks = "^" * max(1, _columns(text[start : min(self.end, right)]))
        return f"{self.message}\n{_INDENT}{before}{line}{after}\n{_INDENT}{blanks}{marks}"


class ExpressionError(ValueError):
    """An expression that cannot be used; `faults` has everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(each.message for each in faults))


def _columns(text: str) -> int:
    # A Chinese name in a text takes two columns a character on a terminal.
    return sum(2 if east_asian_width(char) in {"W", "F"} else 1 for char in text)


def _plain(char: str) -> str:
    # A tab or an invisible character would shift the mark, or do something to a terminal.
    return char if char.isprintable() else " " if char.isspace() else "?"
