"""Whose orders and positions are meant: the whole engine's, an account's, a strategy's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from attrs import frozen

from homalos.errors import OrderError, did_you_mean
from homalos.model import OrderData

__all__ = ["Scope", "scope_of"]

_KINDS = ("engine", "account", "strategy")


@frozen
class Scope:
    """A part of the house.

    Attributes:
        kind: `engine`, `account` or `strategy`.
        name: Which; "" for the engine.
    """

    kind: Literal["engine", "account", "strategy"]
    name: str = ""

    def __str__(self) -> str:
        """Return it as a person says it."""
        return f"{self.kind} {self.name}".rstrip()

    def has(self, order: OrderData) -> bool:
        """Say whether an order belongs to it."""
        return self.has_lots(order.strategy, order.account)

    def has_lots(self, strategy: str, account: str) -> bool:
        """Say whether what a strategy holds in an account belongs to it."""
        if self.kind == "engine":
            return True
        return self.name == (account if self.kind == "account" else strategy)

    def has_account(self, account: str) -> bool:
        """Say whether anything in an account may belong to it."""
        return self.kind != "account" or self.name == account


def scope_of(
    kind: str, name: str, *, accounts: Collection[str], strategies: Collection[str]
) -> Scope:
    """Return a scope that exists.

    Raises:
        OrderError: There is no such one; the message names those that there are.
    """
    if kind == "engine":
        if name:
            msg = f"the engine has no name, and {name!r} was given; name an account or a strategy"
            raise OrderError(msg)
        return Scope("engine")
    known = {"account": accounts, "strategy": strategies}.get(kind)
    if known is None:
        msg = f"there is no {kind!r} to be meant; expected one of {', '.join(_KINDS)}"
        raise OrderError(msg)
    if name not in known:
        hint = did_you_mean(name, known)
        msg = f"no {kind} is called {name!r}{hint}; there are {', '.join(known) or 'none'}"
        raise OrderError(msg)
    return Scope("account" if kind == "account" else "strategy", name)
