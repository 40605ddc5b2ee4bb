"""What an account holds, by contract, by product and as a whole: looked up once, then live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from homalos.plugins.ports import Holding, RiskContext

__all__ = ["Group", "Groups", "Line", "Scope"]

Scope: TypeAlias = Literal["instrument", "product", "account"]
"""What belongs together under one limit: a contract, a product, or all of an account."""

Line: TypeAlias = "tuple[str, Holding, int]"
"""A symbol, what is held and worked in it, and its contract's multiplier."""


class Group:
    """The holdings of an account that one limit is for.

    Attributes:
        account: The account.
        key: The name that options know it by: the symbol, the product or the account.
        subject: Who is watched, for a meter: `main`, `main rb`, `main rb2510.SHFE`.
        words: The same for a sentence: `product rb in account main`.
    """

    __slots__ = (
        "_context",
        "_holdings",
        "_lines",
        "_product",
        "_seen",
        "account",
        "key",
        "subject",
        "words",
    )

    def __init__(self, context: RiskContext, scope: Scope, account: str, symbol: str) -> None:
        product = context.instrument(symbol).product if symbol else ""
        self.account = account
        self.key, self.subject, self.words = {
            "instrument": (symbol, f"{account} {symbol}", f"{symbol} in account {account}"),
            "product": (product, f"{account} {product}", f"product {product} in account {account}"),
            "account": (account, account, f"account {account}"),
        }[scope]
        self._product = product if scope == "product" else ""
        self._context = context
        self._holdings = context.holdings(account)
        self._lines: list[Line] = []
        # Of one contract there is one line, for ever; a line more is none of it.
        self._seen = -1
        if scope == "instrument":
            self._lines.append(self._line(symbol))
            self._holdings = {}
            self._seen = 0

    def lines(self) -> list[Line]:
        """Return a line for each contract; its holding is live."""
        # Contracts only ever come: an account keeps the holding of one that it has left.
        if len(self._holdings) != self._seen:
            self._learn()
        return self._lines

    def _line(self, symbol: str) -> Line:
        contract = self._context.instrument(symbol)
        return symbol, self._context.holding(self.account, symbol), contract.multiplier

    def _learn(self) -> None:
        product_of = self._context.instrument
        symbols = list(self._holdings)
        self._seen = len(symbols)
        self._lines[:] = [
            self._line(symbol)
            for symbol in symbols
            if not self._product or product_of(symbol).product == self._product
        ]


class Groups:
    """The groups of one scope that orders have come for; each contract is in one of them.

    Attributes:
        known: By account and symbol; ask `learn` for one that is not there yet.
    """

    def __init__(self, context: RiskContext, scope: Scope) -> None:
        self.known: dict[str, dict[str, Group]] = {}
        self._context = context
        self._scope = scope
        self._by_subject: dict[str, Group] = {}
        self._holdings = {account: context.holdings(account) for account in context.accounts()}
        self._seen = dict.fromkeys(self._holdings, 0)

    def learn(self, account: str, symbol: str) -> Group:
        """Make what an order's contract belongs to known, and return it.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        self._context.holding(account, symbol)
        group = Group(self._context, self._scope, account, symbol)
        group = self._by_subject.setdefault(group.subject, group)
        self.known.setdefault(account, {})[symbol] = group
        return group

    def of(self, account: str) -> Group:
        """Return the group of a whole account, where that is the scope."""
        group = self._by_subject.get(account)
        if group is None:
            group = self._by_subject[account] = Group(self._context, "account", account, "")
        return group

    def of_all(self) -> Iterable[Group]:
        """Return the groups of all that any account holds, each once; for meters."""
        for account, holdings in self._holdings.items():
            if len(holdings) != self._seen[account]:
                self._seen[account] = len(holdings)
                for symbol in list(holdings):
                    self.learn(account, symbol)
        return self._by_subject.values()
