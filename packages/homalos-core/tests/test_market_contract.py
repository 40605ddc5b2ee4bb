"""The fake market passes; each way to get one thing wrong is found by name."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos.errors import MarketError, UnknownInstrument
from homalos.model import Instrument
from homalos.plugins import MarketSpec
from homalos.plugins.ports import Fact, Session
from homalos.testing import DAY, INSTRUMENTS, OTHER, SYMBOL, FakeMarket, at
from homalos.testing.contracts import MARKET, MarketSubject, Requirement, verify

HOURS = (
    Session(at(0), at(3_600), DAY),
    Session(at(7_200), at(10_800), DAY),
    Session(at(86_400), at(90_000), DAY + 1),
)


class Fair(FakeMarket):
    """Does everything right; knows two sessions a day."""

    def __init__(self) -> None:
        """Open."""
        super().__init__(sessions=HOURS)


class Small(Fair):
    """Writes its exchange small."""

    @property
    def exchanges(self) -> frozenset[str]:  # type: ignore[override]  # what is wrong
        """Return a code nobody writes."""
        return frozenset({"TEST", "test"})


class Nowhere(Fair):
    """Is in no zone."""

    @property
    def timezone(self) -> str:  # type: ignore[override]  # what is wrong
        """Return a city without one."""
        return "Asia/Nowhere"


class OneWay(Fair):
    """Reads one spelling."""

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Refuse the exchange in front."""
        if text.startswith("TEST."):
            msg = f"nobody here knows what {text} may mean"
            raise UnknownInstrument(msg)
        return super().parse_symbol(text, exchange=exchange, on_day=on_day)


class Mistaken(Fair):
    """Takes a bare code for another contract."""

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Guess."""
        if text == "bb2510" and not exchange:
            return SYMBOL
        return super().parse_symbol(text, exchange=exchange, on_day=on_day)


class Curt(Fair):
    """Does not say what it does not know."""

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Raise without a word."""
        try:
            return super().resolve(symbol, on_day=on_day)
        except UnknownInstrument:
            msg = "unknown"
            raise UnknownInstrument(msg) from None


class Swapped(Fair):
    """Gives the other contract."""

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Take the wrong one for the first contract, when no day is given."""
        found = super().resolve(symbol, on_day=on_day)
        return INSTRUMENTS[OTHER] if (found.symbol, on_day) == (SYMBOL, None) else found

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Know the names all the same."""
        return FakeMarket().parse_symbol(text, exchange=exchange, on_day=on_day)


class Dear(Fair):
    """Takes a margin in per cent."""

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Write 12 for 12 %."""
        return attrs.evolve(super().resolve(symbol, on_day=on_day), margin_rate=Decimal(12))


class Overlapping(Fair):
    """Has two sessions at once."""

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Begin the second in the first."""
        first, second = super().sessions(symbol, trading_day)
        return attrs.evolve(first, end_ns=second.start_ns + 1), second


class Early(Fair):
    """Ends a day a second too early."""

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Look a second ahead."""
        return super().trading_day(symbol, ts_ns + 1_000_000_000)


class Looking(Fair):
    """Takes a break for yesterday's."""

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Know sessions only."""
        day = super().trading_day(symbol, ts_ns)
        inside = any(each.start_ns <= ts_ns < each.end_ns for each in HOURS)
        return day if inside else day - 1


class Guessing(Fair):
    """Trades for ever."""

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Take today's for any day."""
        try:
            return super().sessions(symbol, trading_day)
        except MarketError:
            return HOURS[:1]


class Late(Fair):
    """Is an hour late."""

    def stamp(self, symbol: str, **fields: Any) -> tuple[int, int]:
        """Forget the summer."""
        ts_ns, day = super().stamp(symbol, **fields)
        return ts_ns + 3_600_000_000_000, day


class Lenient(Fair):
    """Reads what cannot be read."""

    def stamp(self, symbol: str, **fields: Any) -> tuple[int, int]:
        """Take it for midnight."""
        try:
            return super().stamp(symbol, **fields)
        except ValueError:
            return HOURS[0].start_ns, DAY


class Doubling(Fair):
    """Tells everything twice."""

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Repeat itself."""
        return super().describe(symbol, on_day=on_day) * 2


class Foretelling(Fair):
    """Knows the facts of any day."""

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Tell those of a day it knows."""
        del on_day
        return super().describe(symbol, on_day=DAY)


class Learning(Fair):
    """Answers otherwise when it is asked again."""

    def __init__(self) -> None:
        """Have been asked nothing."""
        super().__init__()
        self.asked = 0

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Put the number of questions into the name."""
        found = super().resolve(symbol, on_day=on_day)
        if on_day is None or threading.current_thread() is not threading.main_thread():
            return found
        self.asked += 1
        return attrs.evolve(found, name="" if self.asked < 3 else "asked often")


class Jealous(Fair):
    """Answers the thread that made it."""

    def __init__(self) -> None:
        """Note the thread."""
        super().__init__()
        self.owner = threading.get_ident()

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Refuse any other."""
        if threading.get_ident() != self.owner:
            msg = "not my thread"
            raise MarketError(msg)
        return super().resolve(symbol, on_day=on_day)


BROKEN: dict[type[Fair], set[str]] = {
    Small: {"exchanges_are_codes_in_capitals"},
    # Nothing can be stamped without a zone.
    Nowhere: {"the_timezone_is_one_that_python_knows", "a_stamp_is_the_instant_it_says"},
    OneWay: {"a_symbol_is_read_in_either_order"},
    Mistaken: {"further_spellings_mean_what_they_say"},
    Curt: {"an_unknown_symbol_is_refused_by_name"},
    Swapped: {"a_contract_is_the_one_asked_for"},
    Dear: {"margins_and_fees_are_possible"},
    Overlapping: {"sessions_are_in_order_and_apart"},
    Early: {"every_instant_of_a_session_is_of_its_day"},
    Looking: {"a_break_is_of_the_next_sessions_day"},
    # The fake's facts are of the days that have sessions.
    Guessing: {
        "a_day_outside_the_calendar_is_refused",
        "facts_of_a_day_outside_the_calendar_are_refused",
    },
    Late: {"a_stamp_is_the_instant_it_says"},
    Lenient: {"an_unreadable_stamp_is_a_value_error"},
    Doubling: {"every_fact_is_told_once_and_with_its_time"},
    Foretelling: {"facts_of_a_day_outside_the_calendar_are_refused"},
    Learning: {"the_same_question_has_the_same_answer"},
    Jealous: {"it_answers_on_any_thread"},
}


def subject_of(kind: type[Fair], folder: Path) -> MarketSubject:
    """Make a subject of a market."""
    return MarketSubject(
        spec=MarketSpec(name="test", factory=lambda _context, _options: kind()),
        folder=folder,
        symbols=(SYMBOL, OTHER),
        trading_day=DAY,
        spellings={"aa2510": SYMBOL, "bb2510": OTHER},
        outside=DAY + 100,
    )


@pytest.mark.parametrize("requirement", MARKET, ids=str)
def test_the_fake_market_of_the_kit_passes(
    requirement: Requirement[MarketSubject], tmp_path: Path
) -> None:
    """No requirement is beyond a small market."""
    requirement.check(subject_of(Fair, tmp_path))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_one_fault_is_found_by_its_name_and_no_other(kind: type[Fair], tmp_path: Path) -> None:
    """Who broke one thing is not sent looking for another."""
    failures = verify(MARKET, lambda: subject_of(kind, tmp_path))

    assert {failure.name for failure in failures} == BROKEN[kind]


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    assert set().union(*BROKEN.values()) == {each.name for each in MARKET}
