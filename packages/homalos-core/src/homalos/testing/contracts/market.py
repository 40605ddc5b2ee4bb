"""What every market must know, and how it must answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from attrs import Factory, frozen

from homalos.errors import MarketError, UnknownInstrument
from homalos.model import split_symbol
from homalos.plugins.ports import Market, MarketContext, Session
from homalos.plugins.specs import MarketSpec
from homalos.testing.contracts.requirement import Requirement, expect, options_of, requirement

__all__ = ["MARKET", "MarketSubject"]

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS


@frozen(kw_only=True)
class MarketSubject:
    """A market under test, and a few facts about it from outside.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own; the market's home.
        symbols: Some contracts of it, at least one.
        trading_day: A day on which all of them trade, yyyymmdd.
        options: As they would stand in the settings.
        spellings: Further ways to write a symbol, each with the symbol that it means.
        unknown: A symbol that this market does not know.
        outside: A day that the calendar does not reach, yyyymmdd; `None` where it has no end.
    """

    spec: MarketSpec
    folder: Path
    symbols: Sequence[str]
    trading_day: int
    options: Mapping[str, Any] = Factory(dict)
    spellings: Mapping[str, str] = Factory(dict)
    unknown: str = "qqq9912.NOWHERE"
    outside: int | None = None


def _made(subject: MarketSubject) -> Market:
    context = MarketContext(home=subject.folder)
    return subject.spec.factory(context, options_of(subject.spec, subject.options))


def _sessions(subject: MarketSubject, market: Market) -> list[tuple[str, tuple[Session, ...]]]:
    return [(each, market.sessions(each, subject.trading_day)) for each in subject.symbols]


# -- names -------------------------------------------------------------------------


@requirement
def exchanges_are_codes_in_capitals(subject: MarketSubject) -> None:
    """The engine finds the market of a symbol by the part behind the dot."""
    found = _made(subject).exchanges
    expect(
        bool(found) and all(code == code.upper() and "." not in code for code in found),
        f"the exchanges are {sorted(found)}; expected one or more codes such as SHFE",
    )


@requirement
def the_timezone_is_one_that_python_knows(subject: MarketSubject) -> None:
    """Importers read the times of files in it."""
    ZoneInfo(_made(subject).timezone)


@requirement
def a_symbol_is_read_in_either_order(subject: MarketSubject) -> None:
    """Half of the world writes SHFE.rb2510, and files have the exchange in another column."""
    market = _made(subject)
    for symbol in subject.symbols:
        code, exchange = split_symbol(symbol)
        found = {
            market.parse_symbol(symbol),
            market.parse_symbol(f"{exchange}.{code}"),
            market.parse_symbol(code, exchange=exchange),
        }
        expect(found == {symbol}, f"three spellings of {symbol} mean {sorted(found)}")


@requirement
def further_spellings_mean_what_they_say(subject: MarketSubject) -> None:
    """An order for another contract than was meant is a loss."""
    market = _made(subject)
    for text, symbol in subject.spellings.items():
        found = market.parse_symbol(text)
        expect(found == symbol, f"{text!r} means {found!r}; expected {symbol!r}")


@requirement
def an_unknown_symbol_is_refused_by_name(subject: MarketSubject) -> None:
    """A guess would be traded; the person must see which word it was and what to do."""
    market = _made(subject)
    asked: tuple[Callable[[str], object], ...] = (market.parse_symbol, market.resolve)
    for ask in asked:
        try:
            found = ask(subject.unknown)
        except UnknownInstrument as error:
            told = str(error)
            code = split_symbol(subject.unknown)[0]
            expect(code in told, f"{told!r} was told; expected {code} to stand in it")
            expect(len(told.split()) > 4, f"{told!r} was told; expected a sentence that helps")
        else:
            expect(met=False, what=f"{subject.unknown} is {found!r}; expected UnknownInstrument")


# -- contracts ---------------------------------------------------------------------


@requirement
def a_contract_is_the_one_asked_for(subject: MarketSubject) -> None:
    """Prices are put on its grid, money is counted by its multiplier."""
    market = _made(subject)
    for symbol in subject.symbols:
        found = market.resolve(symbol)
        expect(found.symbol == symbol, f"{symbol} is the contract {found.symbol}")
        expect(
            found.exchange in market.exchanges,
            f"{symbol} is of {found.exchange}; expected one of {sorted(market.exchanges)}",
        )


@requirement
def margins_and_fees_are_possible(subject: MarketSubject) -> None:
    """A margin of 12 for 12 % stops every order, a fee below 0 is a gift."""
    market = _made(subject)
    for symbol in subject.symbols:
        contract = market.resolve(symbol, on_day=subject.trading_day)
        expect(0 < contract.margin_rate <= 1, f"{symbol}: the margin is {contract.margin_rate}")
        for fee in (contract.fee_open, contract.fee_close, contract.fee_close_today):
            expect(fee.rate >= 0 and fee.per_lot >= 0, f"{symbol}: a fee is {fee}")
            expect(fee.rate < 1, f"{symbol}: a fee is {fee}; expected a share of the turnover")


# -- time --------------------------------------------------------------------------


@requirement
def sessions_are_in_order_and_apart(subject: MarketSubject) -> None:
    """The engine announces each, and closes the bars at its end."""
    for symbol, sessions in _sessions(subject, _made(subject)):
        expect(bool(sessions), f"{symbol} has no session on {subject.trading_day}")
        for each in sessions:
            expect(
                0 < each.end_ns - each.start_ns <= _DAY_NS,
                f"{symbol}: a session lasts {(each.end_ns - each.start_ns) / _NS} s",
            )
            found = each.trading_day
            expect(found == subject.trading_day, f"{symbol}: a session is of the day {found}")
        for earlier, later in pairwise(sessions):
            expect(earlier.end_ns <= later.start_ns, f"{symbol}: {later} begins before {earlier}")


@requirement
def every_instant_of_a_session_is_of_its_day(subject: MarketSubject) -> None:
    """A night's ticks would be booked, and settled, a day too early."""
    market = _made(subject)
    for symbol, sessions in _sessions(subject, market):
        for each in sessions:
            middle = (each.start_ns + each.end_ns) // 2
            for ts_ns in (each.start_ns, middle, each.end_ns - 1):
                found = market.trading_day(symbol, ts_ns)
                expect(
                    found == each.trading_day,
                    f"{symbol}: {ts_ns} is of {found}; expected {each.trading_day}",
                )


@requirement
def a_break_is_of_the_next_sessions_day(subject: MarketSubject) -> None:
    """Orders are sent in it, and must count for the session that will fill them."""
    market = _made(subject)
    for symbol, sessions in _sessions(subject, market):
        for earlier, later in pairwise(sessions):
            found = market.trading_day(symbol, (earlier.end_ns + later.start_ns) // 2)
            expect(found == later.trading_day, f"{symbol}: a break is of the day {found}")


@requirement
def a_day_outside_the_calendar_is_refused(subject: MarketSubject) -> None:
    """A guess would trade on a holiday."""
    if subject.outside is None:
        return
    market = _made(subject)
    for symbol in subject.symbols:
        try:
            found = market.sessions(symbol, subject.outside)
        except MarketError:
            continue
        expect(met=False, what=f"{symbol} trades on {subject.outside}: {found}")


@requirement
def a_stamp_is_the_instant_it_says(subject: MarketSubject) -> None:
    """Ticks of several exchanges are merged by it."""
    market = _made(subject)
    zone = ZoneInfo(market.timezone)
    for symbol, sessions in _sessions(subject, market):
        for each in sessions:
            begun = datetime.fromtimestamp(each.start_ns // _NS, zone)
            found = market.stamp(
                symbol,
                trading_day=str(each.trading_day),
                action_day=begun.strftime("%Y%m%d"),
                time=begun.strftime("%H:%M:%S"),
                millisecond=500,
            )
            expected = (each.start_ns + 500_000_000, each.trading_day)
            expect(found == expected, f"{symbol}: {begun} is {found}; expected {expected}")


@requirement
def an_unreadable_stamp_is_a_value_error(subject: MarketSubject) -> None:
    """A reader counts the row as bad by it and goes on; a guess would be kept."""
    market = _made(subject)
    day = str(subject.trading_day)
    wrong = ((day, day, "25:61:00"), (day, day, "noon"), ("", "", "09:30:00"), ("x", "y", ""))
    for fields in wrong:
        try:
            found = market.stamp(
                subject.symbols[0],
                trading_day=fields[0],
                action_day=fields[1],
                time=fields[2],
                millisecond=0,
            )
        except ValueError:
            continue
        expect(met=False, what=f"{fields} was read as {found}; expected ValueError")


# -- purity ------------------------------------------------------------------------


@requirement
def every_fact_is_told_once_and_with_its_time(subject: MarketSubject) -> None:
    """`homalos market show` prints them; what nobody knows is told as unknown, not left out."""
    market = _made(subject)
    for symbol in subject.symbols:
        facts = market.describe(symbol, on_day=subject.trading_day)
        names = [fact.name for fact in facts]
        expect(bool(names), f"nothing is told of {symbol} on {subject.trading_day}")
        expect(len(set(names)) == len(names), f"{symbol}: a fact is told twice in {names}")
        for fact in facts:
            expect(bool(fact.value), f"{symbol}: {fact.name} has no value; write 'unknown'")
            expect(
                fact.valid_from <= fact.valid_to,
                f"{symbol}: {fact.name} holds from {fact.valid_from} to {fact.valid_to}",
            )


@requirement
def facts_of_a_day_outside_the_calendar_are_refused(subject: MarketSubject) -> None:
    """A guess would be printed as if it were known."""
    if subject.outside is None:
        return
    market = _made(subject)
    for symbol in subject.symbols:
        try:
            facts = market.describe(symbol, on_day=subject.outside)
        except MarketError:
            continue
        expect(met=False, what=f"{symbol} on {subject.outside}: told {len(facts)} facts")


@requirement
def the_same_question_has_the_same_answer(subject: MarketSubject) -> None:
    """Replaying a day must find the market as it was, whatever was asked before."""
    market = _made(subject)
    first, second = _asked(subject, market), _asked(subject, market)
    third = _asked(subject, _made(subject))
    expect(first == second == third, f"asked again, {first} became {second}, then {third}")


@requirement
def it_answers_on_any_thread(subject: MarketSubject) -> None:
    """Readers of files and the web ask it from theirs."""
    market = _made(subject)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(_asked, subject, market) for _ in range(16)]
        found = [each.result(60) for each in asked]
    expected = _asked(subject, market)
    expect(all(each == expected for each in found), "threads were given different answers")


def _asked(subject: MarketSubject, market: Market) -> list[object]:
    day = subject.trading_day
    return [
        answer
        for symbol in subject.symbols
        for answer in (
            market.parse_symbol(symbol),
            market.resolve(symbol, on_day=day),
            market.sessions(symbol, day),
        )
    ]


MARKET: tuple[Requirement[MarketSubject], ...] = (
    exchanges_are_codes_in_capitals,
    the_timezone_is_one_that_python_knows,
    a_symbol_is_read_in_either_order,
    further_spellings_mean_what_they_say,
    an_unknown_symbol_is_refused_by_name,
    a_contract_is_the_one_asked_for,
    margins_and_fees_are_possible,
    sessions_are_in_order_and_apart,
    every_instant_of_a_session_is_of_its_day,
    a_break_is_of_the_next_sessions_day,
    a_day_outside_the_calendar_is_refused,
    a_stamp_is_the_instant_it_says,
    an_unreadable_stamp_is_a_value_error,
    every_fact_is_told_once_and_with_its_time,
    facts_of_a_day_outside_the_calendar_are_refused,
    the_same_question_has_the_same_answer,
    it_answers_on_any_thread,
)
