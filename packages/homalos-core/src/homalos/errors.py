"""The tree of errors: bugs, broken data, broken surroundings. Expected outcomes are values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "AccountError",
    "BadRowError",
    "ConfigError",
    "DataError",
    "DuplicateNameError",
    "EngineStateError",
    "GatewayError",
    "HomalosError",
    "IllegalTransition",
    "JournalCorrupt",
    "JournalFailed",
    "MarketError",
    "MissingPluginError",
    "OrderError",
    "PluginError",
    "PluginLoadError",
    "ServiceError",
    "StatementError",
    "StoreError",
    "TopicError",
    "UnknownInstrument",
    "UnknownOrder",
    "UnknownService",
    "did_you_mean",
]


class HomalosError(Exception):
    """The root of everything Homalos raises on purpose. Every error can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Be rebuilt from the message and the attributes, in another process, say.

        Python would call the class with the message alone, which most of them do not take.
        """
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[HomalosError], args: tuple[Any, ...]) -> HomalosError:
    return kind.__new__(kind, *args)


class ConfigError(HomalosError, ValueError):
    """The settings are wrong; `problems` lists every problem with its path."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class PluginError(HomalosError):
    """A plugin is at fault.

    Attributes:
        plugin: Its name.
        hook: The hook it was answering, or "".
    """

    def __init__(self, message: str, *, plugin: str = "", hook: str = "") -> None:
        self.plugin = plugin
        self.hook = hook
        super().__init__(message)


class PluginLoadError(PluginError, ImportError):
    """A plugin could not be imported or registered."""


class MissingPluginError(PluginError, LookupError):
    """The settings name something that no plugin offers."""


class DuplicateNameError(PluginError, ValueError):
    """Two plugins offer the same name."""


class MarketError(HomalosError, ValueError):
    """A market plugin was asked something outside what it knows."""


class UnknownInstrument(MarketError, LookupError):
    """No market knows this symbol; the message says how to add it."""


class DataError(HomalosError, ValueError):
    """A file or a series cannot be used as a whole."""


class BadRowError(DataError):
    """One row of a file is unusable, and the run is strict.

    Attributes:
        file: Path as given.
        line: Counted from 1, the header included.
        reason: What was found and what was expected.
    """

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file}:{line}: {reason}")


class StatementError(DataError):
    """A settlement statement cannot be read, or its day is not kept.

    Attributes:
        file: Its name as given; empty for a text.
        line: Counted from 1; 0 where it is the whole.
        reason: What was found and what was expected.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        place = f"{file}:{line}" if file and line else file or (f"line {line}" if line else "")
        super().__init__(f"{place}: {reason}" if place else reason)


class GatewayError(HomalosError):
    """A venue connection failed.

    Attributes:
        gateway: Its name.
        code: The venue's error code, 0 when there is none.
    """

    def __init__(self, message: str, *, gateway: str, code: int = 0) -> None:
        self.gateway = gateway
        self.code = code
        super().__init__(message)


class AccountError(HomalosError, ValueError):
    """An account was asked for something that it does not allow, or does not exist."""


class OrderError(HomalosError):
    """An order was used in a way it does not allow."""


class TopicError(HomalosError, LookupError):
    """No topic of the bus has this name; the message lists those there are."""


class UnknownOrder(OrderError, LookupError):
    """No order has this id."""


class IllegalTransition(OrderError):
    """An order cannot go from its state to the one reported."""


class StoreError(HomalosError):
    """A store could not be opened, read or written."""


class JournalFailed(StoreError):
    """The journal could not be written, so nothing may be decided any more: the run ends."""


class JournalCorrupt(HomalosError):
    """A journal's frame does not match its checksum or its chain.

    Attributes:
        seq: Dispatch number of the first bad frame.
    """

    def __init__(self, message: str, *, seq: int) -> None:
        self.seq = seq
        super().__init__(message)


class ServiceError(HomalosError):
    """The services cannot be put in order, or one is not in the state it must be in."""


class UnknownService(ServiceError, LookupError):
    """No service has this name or type, or several have it and one was asked for."""


class EngineStateError(HomalosError, RuntimeError):
    """The engine was asked for something its state does not allow."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the known name nearest to a misspelt one, or "".

    The end of an error message, so that everybody words it the same.
    """
    import difflib  # only for the unlucky

    nearest = difflib.get_close_matches(name, tuple(known), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
