"""What a format of settlement statements answers with when it reads one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from homalos.model import Statement

__all__ = ["Reading", "StatementKind", "StatementReader"]


class StatementKind(StrEnum):
    """How a statement counts profit: against the settlement before, or against the opening."""

    MARKED = "marked"
    BY_TRADE = "by trade"


@frozen(kw_only=True)
class Reading:
    """A statement that was read, and what of it was printed.

    Attributes:
        statement: The day; fields that were not printed are 0, empty, or the first of
            their kind.
        kind: How the text counts profit.
        printed: The fields that the text has, by section, a section being a field of
            `Statement` such as `funds` or `trades`. A section that it does not have is
            left out. `net` among those of `funds` says that deposits less withdrawals
            were printed as one figure.
    """

    statement: Statement
    kind: StatementKind
    printed: Mapping[str, frozenset[str]]


class StatementReader(Protocol):
    """Reads a broker's file: called with its bytes, and `name=`, what messages call it.

    Raises `StatementError` for a file that is no statement in its format, or a broken one.
    """

    def __call__(self, data: bytes, /, *, name: str) -> Reading:
        """Return what the file says. Called on any thread.

        Args:
            data: The file as it is, in whatever encoding.
            name: What error messages call it, such as its path.

        Raises:
            StatementError: It is no statement in this format, or a broken one; says
                what was found, what was expected, and on which line.
        """
