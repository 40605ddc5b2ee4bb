"""Orders lost from sight: what is held meanwhile, what is asked, and what ends them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from order_house import Asked, OrderHouse

from homalos.errors import GatewayError
from homalos.model import (
    Direction,
    Offset,
    OrderPhase,
    OrderReport,
    OrdersReported,
    OrderType,
    Status,
    TradeReport,
)
from homalos.testing import DAY, SYMBOL, FakeGateway, tick

UNKNOWN, RESTING, PENDING = OrderPhase.UNKNOWN, OrderPhase.RESTING, OrderPhase.PENDING
CANCEL_PENDING, REJECTED = OrderPhase.CANCEL_PENDING, OrderPhase.REJECTED
CANCELLED, ENDING = OrderPhase.CANCELLED, OrderPhase.ENDING


def night_ns(clock: str) -> int:
    """Return a time of the night session of 2025-01-06, eight hours ahead of UTC."""
    hour, minute, second = map(int, clock.split(":"))
    return int(datetime(2025, 1, 6, hour - 8, minute, second, tzinfo=UTC).timestamp()) * 10**9


def asked(house: OrderHouse) -> int:
    """Return how often the venue was asked for its orders."""
    assert isinstance(house.venue, Asked)
    return house.venue.asked


def test_an_order_that_worked_when_the_line_broke_at_22_59_58_is_found_filled() -> None:
    """Two seconds before the night session ends: what filled meanwhile is told afterwards."""
    house = OrderHouse()
    house.engine.step(tick(price=100.0, ts_ns=night_ns("22:59:57")))
    house.play("send ack")
    house.engine.step(tick(price=100.0, ts_ns=night_ns("22:59:58")))
    house.play("down")
    away = (house.order.phase, house.order.status, house.account.frozen)
    house.engine.parts.loop.advance(night_ns("23:00:05"))
    still = (house.order.phase, house.holding.opening_long)
    house.play("up ack f1 x1 marker")

    assert away == (UNKNOWN, Status.NOTTRADED, 300.0)
    assert still == (UNKNOWN, 3)
    assert asked(house) == 1
    assert (house.order.status, house.order.traded) == (Status.CANCELLED, 1)
    assert (house.holding.long, house.holding.opening_long) == (1, 0)
    assert house.account.frozen == pytest.approx(0)
    assert house.alerts == [
        "fake is down: unknown are 1-1; it is asked for them as soon as it is up"
    ]


def test_an_order_that_is_not_answered_in_time_is_unknown_and_asked_for() -> None:
    """After 10 s and not before; what the venue says then settles it."""
    house = OrderHouse()
    house.play("send wait9")
    before = (house.order.phase, asked(house))
    house.play("wait1")
    after = (house.order.phase, asked(house))
    house.play("ack marker")

    assert (before, after) == ((PENDING, 0), (UNKNOWN, 1))
    assert house.order.phase is RESTING
    assert house.alerts == [
        "fake has not answered in time: unknown are 1-1; it is asked for them as soon as it is up"
    ]


def test_an_answered_order_is_not_asked_for() -> None:
    """Neither at rest, nor filled, however long it takes."""
    house = OrderHouse()
    house.play("send ack wait60 f1 wait60 f2 wait60")
    assert (asked(house), house.alerts) == (0, [])


def test_a_cancel_that_got_lost_is_sent_again() -> None:
    """It was not answered, and the order works there: once more."""
    house = OrderHouse()
    house.play("send ack cancel wait10")
    lost = house.order.phase
    house.play("ack marker")

    assert lost is UNKNOWN
    assert asked(house) == 1
    assert house.order.phase is CANCEL_PENDING
    assert [each.order_id for each in house.venue.cancels] == ["1-1", "1-1"]


def test_a_cancel_of_an_unknown_order_waits_until_it_is_found() -> None:
    """It is wished for once; asked again meanwhile, it is no second wish."""
    house = OrderHouse()
    house.play("send ack down")
    wished = [house.manager.cancel("1-1"), house.manager.cancel("1-1")]
    meanwhile = len(house.venue.cancels)
    house.play("up ack")
    found = (house.order.phase, len(house.venue.cancels))
    house.play("marker")

    assert wished == [True, True]
    assert (meanwhile, found) == (0, (RESTING, 0))
    assert (house.order.phase, len(house.venue.cancels)) == (CANCEL_PENDING, 1)


def test_a_cancel_leaves_at_once_where_the_venue_is_there_and_only_silent() -> None:
    """A person takes back just such an order; it may live, and its answer may be what got lost."""
    house = OrderHouse()
    house.play("send wait10")
    unknown = house.order.phase
    wished = house.manager.cancel("1-1")

    assert (unknown, wished) == (UNKNOWN, True)
    assert [each.order_id for each in house.venue.cancels] == ["1-1"]


def test_a_cancel_of_an_unknown_order_that_is_over_is_not_sent() -> None:
    """There is nothing to take back."""
    house = OrderHouse()
    house.play("send ack down cancel up ack x0 marker")
    assert (house.order.phase, house.venue.cancels) == (CANCELLED, [])


def test_a_venue_that_cannot_be_asked_leaves_orders_unknown_and_a_person_told() -> None:
    """What the venue reports of itself settles them, and the cancel leaves then."""
    house = OrderHouse(FakeGateway())
    house.play("send ack down cancel up wait60")
    unknown = house.order.phase
    house.play("ack")

    assert unknown is UNKNOWN
    assert house.order.phase is CANCEL_PENDING
    assert len(house.venue.cancels) == 1
    (told,) = house.alerts
    assert told == (
        "fake is down: unknown are 1-1; it cannot be asked for them: look there, cancel what "
        "should not work, and compare the positions; what it reports of them settles them"
    )
    assert house.manager.reconcile() == ()


def test_what_is_said_while_the_venue_is_away_is_old() -> None:
    """An acknowledgement that was under way brings the venue's id; the order stays unknown."""
    house = OrderHouse()
    house.play("send down ack")
    assert (house.order.phase, house.order.status, house.order.venue_order_id) == (
        UNKNOWN, Status.NOTTRADED, "V9",
    )  # fmt: skip


def test_an_order_that_never_arrived_is_rejected_and_lets_go() -> None:
    """The venue has reported everything, and not this one."""
    house = OrderHouse()
    house.play("send down up marker")

    assert house.order.phase is REJECTED
    assert house.order.reason == "it never reached the venue: fake does not report it"
    assert house.holding.opening_long == 0
    assert house.alerts[-1] == (
        f"order 1-1 in {SYMBOL} has ended here: it never reached the venue: fake does not report "
        "it; 0 of its 3 lots are known to be filled, compare the positions"
    )


def test_an_order_that_was_sent_after_the_question_is_not_judged_by_its_answer() -> None:
    """The venue had spoken before it arrived; the next answer counts for it."""
    house = OrderHouse()
    house.play("down up")
    house.play("send marker")
    first = house.order.phase
    house.play("ask marker")

    assert (first, house.order.phase) == (PENDING, REJECTED)


def answer(house: OrderHouse, question: int) -> None:
    """Say that everything has been reported, to the question of this number."""
    house.venue.report(OrdersReported("fake", question, house.now_ns))


def questions(house: OrderHouse) -> list[int]:
    """Return the numbers of the questions, oldest first."""
    assert isinstance(house.venue, Asked)
    return house.venue.waiting


def test_an_answer_settles_what_its_own_question_was_about() -> None:
    """Asked twice, the first answer says nothing of an order sent in between."""
    house = OrderHouse()
    house.play("send wait5 ask wait1 send wait4")
    first, second = questions(house)
    answer(house, first)
    phases = [order.phase for order in house.manager.orders.values()]
    answer(house, second)

    assert phases == [REJECTED, PENDING]
    assert [order.phase for order in house.manager.orders.values()] == [REJECTED, REJECTED]


def test_an_answer_that_comes_after_the_next_questions_is_still_its_own_questions() -> None:
    """The venue spoke before the order arrived; that it was asked again says nothing of that."""
    house = OrderHouse()
    house.play("down up wait1 send wait10 wait10 wait10")
    first, *_, last = questions(house)
    answer(house, first)
    unheard = house.order.phase
    house.play("ack")
    answer(house, last)

    assert last > first + 1
    assert (unheard, house.order.phase) == (UNKNOWN, RESTING)


def test_what_was_asked_before_the_answered_question_is_not_waited_for() -> None:
    """Its answer was lost, or says less; should it come after all, it counts for nothing."""
    house = OrderHouse()
    house.play("send ask wait1 ask")
    first, second = questions(house)
    answer(house, second)
    house.play("send")
    answer(house, first)

    assert [order.phase for order in house.manager.orders.values()] == [REJECTED, PENDING]
    assert house.manager.ignored["late"] == 1


def test_a_venue_that_never_answers_is_not_waited_for_without_end() -> None:
    """Of many questions the last eight may still be answered."""
    house = OrderHouse()
    house.play("send")
    house.play(" ".join(["ask"] * 9))
    first, second, *_ = questions(house)
    answer(house, first)
    phase = house.order.phase
    answer(house, second)

    assert (phase, house.order.phase) == (PENDING, REJECTED)


def test_a_marker_from_before_the_line_broke_is_late() -> None:
    """It was under way on the old line; so is one that nobody asked for."""
    house = OrderHouse()
    house.play("marker send ask wait4 down up")
    answer(house, questions(house)[0])

    assert house.order.phase is UNKNOWN
    assert house.manager.ignored["late"] == 2


def test_an_order_that_ended_for_lack_of_a_word_and_lives_is_cancelled_there() -> None:
    """It stays ended here, its fills are booked, and a person is told."""
    house = OrderHouse()
    house.play("send down up marker ack")
    alive = list(house.venue.cancels)
    house.play("f1 ack")

    assert [each.order_id for each in alive] == ["1-1"]
    assert house.venue.cancels == alive
    assert (house.order.phase, house.order.traded, house.holding.long) == (REJECTED, 1, 1)
    assert house.alerts[-1] == (
        f"fake had not reported order 1-1 in {SYMBOL}, so that it ended here, and reports it "
        "now; it is cancelled there, its fills are booked"
    )


def test_a_fill_of_an_order_that_ended_for_lack_of_a_word_is_booked_and_told() -> None:
    """What is left of it is cancelled there, too."""
    house = OrderHouse()
    house.play("send down up marker f1")
    assert (house.holding.long, len(house.venue.cancels)) == (1, 1)


def test_an_order_of_an_earlier_day_that_is_not_reported_is_over() -> None:
    """It was that day's; that it never arrived cannot be said."""
    house = OrderHouse()
    house.play("send down day up marker")
    assert (house.order.phase, house.order.reason) == (
        CANCELLED, "fake does not report it any more",
    )  # fmt: skip


def test_trades_that_a_venue_counts_and_does_not_report_are_told_once() -> None:
    """The order is over there and waits here; the trades may still come."""
    house = OrderHouse()
    house.play("send ack f1 x3 ask f1 x3 marker ask x3 marker")

    assert house.order.phase is ENDING
    (told,) = house.alerts
    assert told == (
        f"fake counts 3 lots filled of order 1-1 in {SYMBOL} and has reported 2; it works until "
        "the trades come, look there"
    )


def test_a_gateway_that_raises_when_it_is_asked_is_asked_again() -> None:
    """After the time that an answer may take."""

    class Breaking(Asked):
        """Raises at the first question."""

        def report_orders(self, question: int) -> None:
            """Raise, once."""
            super().report_orders(question)
            if self.asked == 1:
                msg = "no line"
                raise OSError(msg)

    house = OrderHouse(Breaking())
    house.play("send ack down up wait9")
    first = asked(house)
    house.play("wait1 ack marker")

    assert (first, asked(house)) == (1, 2)
    assert house.order.phase is RESTING
    assert house.alerts[1] == (
        "the gateway 'fake' raised OSError: no line when it was asked for its orders; it is "
        "asked again"
    )


def test_a_question_that_is_not_answered_is_asked_again() -> None:
    """As long as the venue is up, at ever longer times; after an answer it begins anew."""
    house = OrderHouse()
    house.play("send ack down up wait10 wait10 wait10 wait40")
    times = asked(house)
    house.play("ack marker down wait60 up wait10")

    # At 0, 10, 30 and 70 s; then with the line, and 10 s later.
    assert (times, asked(house)) == (4, 6)


def test_without_a_time_for_answers_none_is_late() -> None:
    """0 waits for ever, from the moment it is set."""
    house = OrderHouse()
    house.play("send")
    house.manager.set_answer(0)
    house.play("wait60 cancel wait60")
    waits = (house.order.phase, asked(house))
    house.manager.set_answer(5)
    house.play("wait5")

    assert waits == (CANCEL_PENDING, 0)
    assert (house.order.phase, asked(house)) == (UNKNOWN, 1)


def test_a_refused_cancel_of_an_order_that_works_here_is_doubted() -> None:
    """Perhaps it ended and nobody heard; asked for at most once in the time of an answer."""
    house = OrderHouse()
    house.play("send ack cancel no")
    first = asked(house)
    house.play("ack x0 marker")

    assert first == 1
    assert house.order.phase is CANCELLED
    assert asked(house) == 1


def test_a_venue_that_is_away_is_asked_when_it_is_back() -> None:
    """Not before, whoever wants to know, and whatever is sent meanwhile."""
    house = OrderHouse()
    house.play("down")
    wished = house.manager.reconcile()
    house.play("send wait60")
    away = (house.order.phase, asked(house))
    house.play("up")

    assert (wished, away) == ((), (UNKNOWN, 0))
    assert asked(house) == 1


def test_only_a_known_venue_can_be_asked() -> None:
    """By its name in the settings; all of them without one."""
    house = OrderHouse()
    assert house.manager.reconcile() == ("fake",)
    with pytest.raises(GatewayError, match="no gateway is called 'else'; there are fake"):
        house.manager.reconcile("else")


def test_an_overfill_is_booked_and_told() -> None:
    """The position is what was traded."""
    house = OrderHouse()
    house.play("send f2 f3")

    assert (house.order.status, house.order.traded, house.holding.long) == (
        Status.ALLTRADED, 5, 5,
    )  # fmt: skip
    assert house.holding.opening_long == 0
    (told,) = house.alerts
    assert told == (
        f"fake filled 5 lots of order 1-1 in {SYMBOL}, which asked for 3; all of them are "
        "booked, ask the venue about the rest"
    )


def trade(order_id: str, trade_id: str, direction: Direction = Direction.LONG) -> TradeReport:
    """Return a fill of one lot."""
    return TradeReport(
        order_id, trade_id, SYMBOL, direction, Offset.OPEN, 100.0, 1, 0, DAY, "", "fake"
    )


def test_a_trade_that_came_before_anybody_knew_its_order_is_applied_when_it_is_known() -> None:
    """It is told when it is parked, and booked with the order."""
    house = OrderHouse()
    house.venue.report(trade("1-1", "T1"))
    parked = (house.holding.long, len(house.alerts))
    house.play("send")

    assert parked == (0, 1)
    assert (house.order.status, house.order.traded, house.holding.long) == (
        Status.PARTTRADED, 1, 1,
    )  # fmt: skip


def test_a_parked_trade_of_another_side_stays_parked() -> None:
    """An id that two programs gave is no proof."""
    house = OrderHouse()
    house.venue.report(trade("1-1", "T1", Direction.SHORT))
    house.play("send")
    assert (house.order.traded, house.holding.long, house.holding.short) == (0, 0, 0)


def test_a_trade_is_known_by_its_id_and_side_whatever_order_it_is_said_to_be_of() -> None:
    """The other side of the same trade is another one."""
    house = OrderHouse()
    house.play("send")
    sell = house.manager.submit(
        "hand", house.lane, Direction.SHORT, Offset.OPEN, 100.0, 3, OrderType.LIMIT
    )
    house.venue.report(trade("1-1", "T1"))
    house.venue.report(trade(sell.order_id, "T1", Direction.SHORT))
    house.venue.report(trade(sell.order_id, "T1"))

    assert (house.holding.long, house.holding.short) == (1, 1)
    assert house.manager.ignored["duplicate"] == 1


def test_reports_of_an_order_of_nobody_are_counted() -> None:
    """Nothing is told of them: another program's order is none of ours."""
    house = OrderHouse()
    house.venue.report(OrderReport("X1", Status.NOTTRADED, 0))
    assert (house.manager.ignored["unknown"], house.alerts) == (1, [])
