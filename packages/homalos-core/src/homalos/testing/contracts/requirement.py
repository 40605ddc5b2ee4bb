"""What a requirement is: a name, the reason for it, and a check that says what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from attrs import define, frozen

from homalos.config import structure

__all__ = [
    "ContractBroken",
    "Failure",
    "Requirement",
    "Unmet",
    "expect",
    "expect_no_thread_since",
    "options_of",
    "requirement",
    "verify",
]

S = TypeVar("S")


class ContractBroken(AssertionError):
    """A part does not do what the engine relies on; the message names the requirement."""


class Unmet(Exception):
    """What a check found and what it expected; the requirement's name is put before it."""


@define(frozen=True, repr=False)
class Requirement(Generic[S]):
    """One thing that the engine relies on.

    Attributes:
        name: What must hold, as an identifier; unique in its contract.
        reason: One line: what goes wrong for the engine or the trader otherwise.
        body: The check itself; raises `Unmet`. Call `check` instead.
    """

    name: str
    reason: str
    body: Callable[[S], None]

    def check(self, subject: S) -> None:
        """Make the part anew from the subject, drive it, and look at what it does.

        Raises:
            ContractBroken: It does something else, or raises where it must not.
        """
        try:
            self.body(subject)
        except Unmet as found:
            what = str(found)
        except Exception as error:
            what = f"found {type(error).__name__}: {error}; expected no exception"
            raise ContractBroken(self._message(what)) from error
        else:
            return
        raise ContractBroken(self._message(what))

    def _message(self, what: str) -> str:
        return f"{self.name}: {what} ({self.reason})"

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


@frozen
class Failure:
    """A requirement that a part does not meet.

    Attributes:
        name: Of the requirement.
        message: What was found, what was expected, and the reason.
    """

    name: str
    message: str


def requirement(body: Callable[[S], None]) -> Requirement[S]:
    """Make a requirement of a check: named as the function, its docstring the reason."""
    reason = " ".join((body.__doc__ or "").split()).removesuffix(".")
    return Requirement(body.__name__, reason, body)


def expect(met: bool, what: str) -> None:  # noqa: FBT001  reads as an assertion
    """Go on when something is met.

    Raises:
        Unmet: It is not; `what` says what was found and what is expected.
    """
    if not met:
        raise Unmet(what)


def expect_no_thread_since(before: Iterable[threading.Thread]) -> None:
    """Go on when no other thread is alive; those that are ending are waited for.

    Raises:
        Unmet: One still runs two seconds later.
    """
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(2)
    names = [thread.name for thread in left if thread.is_alive()]
    expect(not names, f"the threads {names} still run two seconds later; expected none")


def verify(contract: Iterable[Requirement[S]], subject: Callable[[], S]) -> tuple[Failure, ...]:
    """Put a part through a whole contract and return what it does not meet, in order.

    Args:
        contract: `GATEWAY`, `STORE` and so on.
        subject: Makes a subject, a new one for each requirement.
    """
    failures = []
    for each in contract:
        try:
            each.check(subject())
        except ContractBroken as broken:
            failures.append(Failure(each.name, str(broken)))
    return tuple(failures)


def options_of(spec: Any, options: Any) -> Any:
    """Read a part's options as the engine reads them from the settings.

    Raises:
        ConfigError: They do not fit the spec's class.
    """
    return structure(options, spec.config, path=f"$.{spec.name}")
