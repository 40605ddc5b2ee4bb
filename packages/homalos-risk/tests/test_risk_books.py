"""How holdings are grouped, and that the groups stay live."""

from __future__ import annotations

import pytest

from homalos.errors import UnknownInstrument
from homalos.model import Instrument
from homalos.testing import FakeRiskContext
from homalos_risk.books import Groups

CONTRACTS = {
    symbol: Instrument(symbol, product, tick_size=1.0, multiplier=10)
    for symbol, product in (("a1.X", "a"), ("a2.X", "a"), ("b1.X", "b"))
}


def house() -> FakeRiskContext:
    """Make two accounts that hold nothing yet."""
    return FakeRiskContext(contracts=CONTRACTS, names=("main", "other"))


def test_contracts_of_one_product_are_one_group() -> None:
    """One per account, whichever contract asks."""
    groups = Groups(house(), "product")
    first, second = groups.learn("main", "a1.X"), groups.learn("main", "a2.X")
    assert first is second
    assert [symbol for symbol, _, _ in first.lines()] == ["a1.X", "a2.X"]
    assert groups.learn("main", "b1.X") is not first
    assert groups.learn("other", "a1.X") is not first
    assert (first.key, first.subject, first.words) == (
        "a", "main a", "product a in account main"
    )  # fmt: skip


def test_contract_that_comes_later_joins_its_groups() -> None:
    """The account's group takes up all, the product's its own, the contract's only itself."""
    context = house()
    one = Groups(context, "instrument").learn("main", "a1.X")
    product = Groups(context, "product").learn("main", "a1.X")
    whole = Groups(context, "account").learn("main", "a1.X")
    before = [len(group.lines()) for group in (one, product, whole)]
    context.holding("main", "b1.X")
    context.holding("main", "a2.X")
    assert before == [1, 1, 1]
    assert [len(group.lines()) for group in (one, product, whole)] == [1, 2, 3]


def test_all_groups_are_known_without_an_order() -> None:
    """A position of an earlier day is watched before anybody asks for its contract."""
    context = house()
    context.holding("other", "b1.X").long = 3
    groups = Groups(context, "product")
    assert [group.subject for group in groups.of_all()] == ["other b"]
    context.holding("main", "a1.X")
    assert [group.subject for group in groups.of_all()] == ["other b", "main a"]


def test_unknown_contract_is_told() -> None:
    """Nothing is made up for a symbol that no market knows."""
    with pytest.raises(UnknownInstrument):
        Groups(house(), "product").learn("main", "zz.X")
