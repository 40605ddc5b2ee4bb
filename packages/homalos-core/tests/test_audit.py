"""The look at what the venue holds: what differs is told and left as it is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from homalos.engine.audit import Difference, differences
from homalos.engine.summary import take_snapshot
from homalos.model import Alert, Direction
from homalos.plugins.ports import VenuePosition
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeGateway, at, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
NEXT_DAY_S = 86_400


class Knowing(FakeGateway):
    """A venue that can say what an account holds: what the test has put there."""

    held: Sequence[VenuePosition] | None = ()

    def positions(self, account: str) -> Sequence[VenuePosition] | None:
        """Return it; the account is the only one."""
        assert account == "main"
        return self.held


class Hand(Strategy):
    """Trades as the test says."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine that bought 2 lots, its venue, and what was told."""

    def __init__(self, venue: FakeGateway) -> None:
        """Buy them."""
        self.venue = venue
        self.engine = engine(gateway=venue)
        hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        self.alerts: list[Alert] = []
        self.engine.subscribe(Alert, self.alerts.append)
        self.engine.start()
        self.engine.step(tick())
        hand.buy(100, 2)
        venue.fill()

    def turn(self, days: int = 1) -> None:
        """Let trading days begin."""
        self.engine.step(tick(ts_ns=at(days * NEXT_DAY_S)))


def test_pictures_are_compared_side_by_side_and_day_by_day() -> None:
    """What one of them leaves out is nothing; rows of one side add up."""
    ours = [VenuePosition(SYMBOL, LONG, 2, 1), VenuePosition(SYMBOL, SHORT, 0, 0)]
    theirs = [
        VenuePosition(SYMBOL, LONG, 2, 0),
        VenuePosition(SYMBOL, LONG, 0, 1),
        VenuePosition(OTHER, SHORT, 0, 4),
    ]
    assert differences("main", ours, theirs) == (Difference("main", OTHER, SHORT, (0, 0), (0, 4)),)
    assert differences("main", ours, theirs[:1]) == (
        Difference("main", SYMBOL, LONG, (2, 1), (2, 0)),
    )
    assert differences("main", ours, ours) == ()


def test_a_new_trading_day_looks_and_what_agrees_is_not_told() -> None:
    """Lots of today are lots of earlier days by then, in the books as at the venue."""
    venue = Knowing()
    house = House(venue)
    venue.held = [VenuePosition(SYMBOL, LONG, 2, 0)]
    house.turn()
    house.engine.stop()
    assert house.alerts == []
    assert house.engine.parts.auditor.looks == 3  # at the first day, at the second, at the end


def test_a_difference_is_told_once_and_nothing_is_corrected() -> None:
    """The venue lost a lot; a day later it is still lost, and then it is back."""
    venue = Knowing()
    house = House(venue)
    venue.held = [VenuePosition(SYMBOL, LONG, 1, 0)]
    house.turn()
    house.turn(2)
    (alert,) = house.alerts
    assert (alert.level, alert.source) == ("error", "audit")
    assert alert.message == (
        f"account main, {SYMBOL} long: the books have 2 lots of earlier days and 0 of today, "
        "the venue has 1 and 0; nothing was corrected, find out which is right"
    )
    assert house.engine.parts.accounts.holding("main", SYMBOL).long == 2
    venue.held = [VenuePosition(SYMBOL, LONG, 2, 0)]
    house.engine.stop()
    assert house.engine.parts.auditor.differences == ()


def test_the_end_of_a_run_looks_and_the_status_counts() -> None:
    """2 lots of today here, none there."""
    house = House(Knowing())
    house.engine.stop()
    (found,) = house.engine.parts.auditor.differences
    assert take_snapshot(house.engine.parts).counters["differences"] == 1
    assert found == Difference("main", SYMBOL, LONG, (0, 2), (0, 0))
    assert len(house.alerts) == 1


def test_a_venue_that_raises_is_told_and_the_run_ends_as_it_would() -> None:
    """Nobody can say then whether something differs."""

    class Breaking(Knowing):
        """Cannot answer."""

        def positions(self, account: str) -> Sequence[VenuePosition] | None:
            """Raise."""
            raise OSError(account)

    house = House(Breaking())
    house.engine.stop()
    assert [alert.message for alert in house.alerts[-1:]] == [
        "the gateway 'fake' raised OSError: main when it was to say what account main holds"
    ]
    assert house.engine.parts.auditor.looks == 0


@pytest.mark.parametrize("knows", [False, True])
def test_a_venue_that_does_not_know_is_not_compared(knows: bool) -> None:  # noqa: FBT001  drawn
    """It cannot be asked, or has no picture yet."""
    venue = FakeGateway()
    if knows:
        venue = Knowing()
        venue.held = None
    house = House(venue)
    house.turn()
    house.engine.stop()
    assert (house.alerts, house.engine.parts.auditor.looks) == ([], 0)
