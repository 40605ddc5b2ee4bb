"""Tests of the one door to all markets: contracts by day, and as the venue tells them."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from homalos.engine.markets import Markets
from homalos.errors import UnknownInstrument
from homalos.model import Instrument
from homalos.testing import INSTRUMENTS, OTHER, SYMBOL, FakeMarket


class Changing(FakeMarket):
    """Changes the margin with the year, and counts how often it is asked."""

    def __init__(self) -> None:
        """Have been asked nothing."""
        super().__init__()
        self.asked: list[tuple[str, int | None]] = []

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return 12 % before 2024, 15 % then, the table's for no day."""
        self.asked.append((symbol, on_day))
        found = super().resolve(symbol, on_day=on_day)
        if on_day is None:
            return found
        return attrs.evolve(found, margin_rate=Decimal("0.12" if on_day < 20240101 else "0.15"))


@pytest.fixture
def market() -> Changing:
    """Give the market."""
    return Changing()


def test_a_contract_is_as_it_stood_on_the_day(market: Changing) -> None:
    """The margin of last year is not that of this one."""
    markets = Markets({"changing": market})
    assert markets.on_day(SYMBOL, 20231229).margin_rate == Decimal("0.12")
    assert markets.on_day(SYMBOL, 20240102).margin_rate == Decimal("0.15")
    assert markets.on_day(SYMBOL, 20231229).margin_rate == Decimal("0.12")


def test_contracts_are_those_of_the_day_in_hand(market: Changing) -> None:
    """As they are known today until a day begins; asked once a day, since every order asks."""
    markets = Markets({"changing": market})
    assert markets.instrument(SYMBOL).margin_rate == INSTRUMENTS[SYMBOL].margin_rate
    market.asked.clear()
    markets.turn(20240102)
    for _ in range(3):
        assert markets.instrument(SYMBOL).margin_rate == Decimal("0.15")
        assert markets.instrument(OTHER).symbol == OTHER
    assert market.asked == [(SYMBOL, 20240102), (OTHER, 20240102)]


def test_what_the_venue_tells_wins_from_then_on(market: Changing) -> None:
    """Asked with a day or without, before or after it was looked up."""
    markets = Markets({"changing": market})
    assert markets.instrument(SYMBOL).margin_rate == INSTRUMENTS[SYMBOL].margin_rate
    assert markets.on_day(SYMBOL, 20240102).margin_rate == Decimal("0.15")
    told = attrs.evolve(INSTRUMENTS[SYMBOL], margin_rate=Decimal("0.2"))
    markets.told(told)
    assert markets.on_day(SYMBOL, 20240102) is told
    assert markets.on_day(SYMBOL, 20240103) is told
    assert markets.instrument(SYMBOL) is told
    assert markets.on_day(OTHER, 20240102).margin_rate == Decimal("0.15")


def test_an_unknown_contract_is_refused_each_time(market: Changing) -> None:
    """Nothing is kept of a failure; a foreign exchange names those there are."""
    markets = Markets({"changing": market})
    for _ in range(2):
        with pytest.raises(UnknownInstrument, match=r"'zz2510\.TEST' is not in the table"):
            markets.on_day("zz2510.TEST", 20240102)
    with pytest.raises(UnknownInstrument, match="there are TEST"):
        markets.on_day("rb2510.SHFE", 20240102)


def test_a_contract_stays_the_same_object_while_its_terms_do(market: Changing) -> None:
    """Whoever keeps something of a contract sees by its identity that nothing has changed."""
    markets = Markets({"changing": market})
    markets.turn(20231228)
    first = markets.instrument(SYMBOL)
    markets.turn(20231229)
    assert markets.instrument(SYMBOL) is first
    markets.turn(20240102)
    changed = markets.instrument(SYMBOL)
    assert changed.margin_rate == Decimal("0.15")
    markets.turn(20240103)
    assert markets.instrument(SYMBOL) is changed
    assert markets.on_day(SYMBOL, 20240103) is changed


def test_terms_that_went_and_came_back_are_the_new_days(market: Changing) -> None:
    """Neither a day that nobody asked about nor an older day in between leaves stale terms."""
    markets = Markets({"changing": market})
    markets.turn(20231229)
    assert markets.instrument(SYMBOL).margin_rate == Decimal("0.12")
    markets.turn(20240102)
    markets.turn(20240103)
    assert markets.on_day(SYMBOL, 20231229).margin_rate == Decimal("0.12")
    assert markets.instrument(SYMBOL).margin_rate == Decimal("0.15")
    told = attrs.evolve(INSTRUMENTS[SYMBOL], margin_rate=Decimal("0.15"))
    markets.told(told)
    markets.turn(20240104)
    assert markets.instrument(SYMBOL) is told
