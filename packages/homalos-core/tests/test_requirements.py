"""What a requirement says when it is not met, and what `verify` gives."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from homalos.testing import contracts
from homalos.testing.contracts import ContractBroken, Failure, Requirement, verify
from homalos.testing.contracts.requirement import expect, expect_no_thread_since, requirement

KINDS = [getattr(contracts, name) for name in contracts.__all__ if name.isupper()]


@requirement
def the_number_is_even(number: int) -> None:
    """Odd ones cannot be halved."""
    expect(number % 2 == 0, f"found {number}; expected an even number")


@requirement
def the_number_divides(number: int) -> None:
    """Somebody divides by it."""
    1 / number


def test_a_requirement_that_is_not_met_says_name_finding_and_reason() -> None:
    """In this order, so that the name is what a person sees first."""
    with pytest.raises(ContractBroken) as told:
        the_number_is_even.check(3)

    expected = "the_number_is_even: found 3; expected an even number (Odd ones cannot be halved)"
    assert str(told.value) == expected
    assert isinstance(told.value, AssertionError)


def test_what_a_part_raises_is_a_finding_with_its_cause() -> None:
    """The traceback of the part is kept for who has to mend it."""
    with pytest.raises(ContractBroken, match="the_number_divides: found ZeroDivisionError") as told:
        the_number_divides.check(0)

    assert isinstance(told.value.__cause__, ZeroDivisionError)


def test_verify_gives_every_failure_in_order() -> None:
    """A new subject is made for each requirement."""
    numbers = iter([3, 0])
    contract = (the_number_is_even, the_number_divides)

    found = verify(contract, lambda: next(numbers))

    assert [failure.name for failure in found] == ["the_number_is_even", "the_number_divides"]
    assert isinstance(found[0], Failure)
    assert verify(contract, lambda: 2) == ()


def test_a_thread_that_ends_is_waited_for() -> None:
    """Closing is not the moment when a thread has ended."""
    before = set(threading.enumerate())
    go = threading.Event()
    threading.Thread(target=go.wait, args=(30,)).start()
    go.set()

    expect_no_thread_since(before)


@pytest.mark.parametrize("contract", KINDS, ids=lambda contract: contract[0].name)
def test_a_contract_names_each_requirement_once_and_gives_a_reason(
    contract: tuple[Requirement[object], ...],
) -> None:
    """The name is the test's id, the reason one line."""
    names = [each.name for each in contract]

    assert len(set(names)) == len(names) >= 8
    assert [str(each) for each in contract] == names
    assert all(name.isidentifier() for name in names)
    assert all(20 < len(each.reason) < 120 and "\n" not in each.reason for each in contract)


def test_the_contracts_need_no_pytest() -> None:
    """A part may be verified at start-up of a program that has none."""
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from homalos.testing.contracts import FEED, FeedSubject, verify\n"
        "from homalos.testing import FakeFeed, tick\n"
        "from homalos.plugins import FeedSpec\n"
        "from pathlib import Path\n"
        "spec = FeedSpec(name='x', factory=lambda c, o: FakeFeed([tick()]))\n"
        "print(verify(FEED, lambda: FeedSubject(spec=spec, folder=Path())))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout == "()\n"
