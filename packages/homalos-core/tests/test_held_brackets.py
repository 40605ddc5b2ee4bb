"""Brackets: exits that wait for an entry's fills, and never close a lot twice."""

from __future__ import annotations

from math import nan

from held_floor import CLOSE, LONG, SHORT, Floor, taken

from homalos.model import OrderData, OrderPhase, Rejection, Terms
from homalos.strategy import Bracket


def bracket(floor: Floor, lots: int = 5) -> tuple[str, str, str]:
    """Buy at 100, take a profit at 110 or a loss at 95; return the ids."""
    made = floor.hand.bracket(LONG, 100, lots, take_profit=110, stop_loss=95, reference="why")
    assert isinstance(made, Bracket)
    assert made.take_profit is not None
    assert made.stop_loss is not None
    floor.venue.accept(made.entry.order_id)
    return made.entry.order_id, made.take_profit.order_id, made.stop_loss.order_id


def test_exits_wait_for_the_entry() -> None:
    """They are held, whatever the price does, and ask nothing of the account."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.tick(94, 1)

    assert floor.sent == [(entry, "limit", 100, 5)]
    assert [floor.lines(each) for each in (profit, loss)] == ["held 0/5", "held 0/5"]
    assert floor.state(profit).reference == "why"


def test_exits_take_what_the_entry_fills_and_grow_with_it() -> None:
    """2 of 5, then the other 3: the profit rests in two orders, the stop watches over 5."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry, volume=2)
    first, watched = floor.sent[1:], floor.lines(loss)
    floor.venue.fill(entry, volume=3)

    assert first == [(profit, "limit", 110, 2)]
    assert watched == "held 0/2"
    assert floor.sent[2:] == [("1-4", "limit", 110, 3)]
    assert floor.lines(loss) == "held 0/5"
    assert floor.state("1-4").reason == f"more of {profit}"
    assert floor.state("1-4").reference == "why"


def test_a_profit_that_is_taken_ends_the_stop() -> None:
    """Part by part: the stop watches over what is left, and ends with the last lot."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry)
    floor.venue.fill(profit, volume=3)
    watched = floor.lines(loss)
    floor.venue.fill(profit, volume=2)

    assert watched == "held 0/2"
    assert floor.lines(loss) == "cancelled 0/2"
    assert floor.state(loss).reason == "what its entry filled is closed"
    assert floor.hand.pos == 0


def test_a_stop_that_is_reached_has_the_profit_taken_back_first() -> None:
    """It leaves when that is sure, with what is open then: 1 of 5 was taken meanwhile."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry)
    floor.venue.accept(profit)
    floor.tick(95, 1)
    asked, sent = floor.taken_back, floor.sent[2:]
    floor.venue.fill(profit, volume=1)
    floor.venue.cancel(profit)
    left = floor.sent[2:]
    floor.venue.fill(loss, price=94)

    assert (asked, sent) == ([profit], [])
    assert left == [(loss, "market", -1, 4)]
    assert floor.hand.pos == 0
    assert floor.hand.active_orders() == []
    assert floor.alerts == []


def test_a_profit_filled_while_it_was_taken_back_leaves_nothing_to_the_stop() -> None:
    """The stop was reached, and has nothing to do."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry)
    floor.tick(95, 1)
    floor.venue.fill(profit)

    assert floor.sent[2:] == []
    assert floor.lines(loss) == "cancelled 0/5"
    assert floor.hand.pos == 0


def test_an_entry_that_ends_unfilled_ends_its_exits() -> None:
    """They would wait for ever."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.hand.cancel_order(entry)
    floor.venue.cancel(entry)

    assert [floor.lines(each) for each in (profit, loss)] == ["cancelled 0/5", "cancelled 0/5"]
    assert floor.state(loss).reason == "its entry ended unfilled"


def test_an_entry_that_is_rejected_ends_its_exits() -> None:
    """As one that is cancelled."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.reject(entry)

    assert not any(floor.state(each).is_active for each in (profit, loss))


def test_an_entry_filled_in_part_then_cancelled_keeps_exits_for_that_part() -> None:
    """2 of 5 lots are held, and 2 are looked after."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry, volume=2)
    floor.hand.cancel_order(entry)
    floor.venue.cancel(entry)
    floor.venue.fill(profit, volume=1)

    assert floor.sent[1:] == [(profit, "limit", 110, 2)]
    assert floor.lines(loss) == "held 0/1"
    floor.tick(95, 1)
    floor.venue.cancel(profit)
    assert floor.sent[2:] == [(loss, "market", -1, 1)]


def test_a_stop_that_is_reached_takes_back_the_rest_of_the_entry() -> None:
    """What fills of it until then, leaves too."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry, volume=2)
    floor.tick(95, 1)
    floor.venue.cancel(profit)
    first = floor.sent[2:]
    floor.venue.fill(entry, volume=1)
    floor.venue.cancel(entry)

    assert set(floor.taken_back) == {profit, entry}
    assert first == [(loss, "market", -1, 2)]
    assert floor.sent[3:] == [("1-4", "market", -1, 1)]
    floor.venue.fill(loss, price=94)
    floor.venue.fill("1-4", price=94)
    assert floor.hand.pos == 0
    assert floor.hand.active_orders() == []


def test_a_fill_of_an_entry_that_counted_as_over_is_looked_after() -> None:
    """Its exits were ended with it: others take their place."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.hand.cancel_order(entry)
    floor.venue.cancel(entry)
    floor.venue.fill(entry, volume=2)
    held = [o for o in floor.hand.active_orders() if o.phase is OrderPhase.HELD]

    assert floor.sent[1:] == [("1-4", "limit", 110, 2)]
    assert [(o.order_id, o.type, o.volume) for o in held] == [("1-5", "stop", 2)]
    floor.tick(95, 1)
    floor.venue.cancel("1-4")
    assert floor.sent[2:] == [("1-5", "market", -1, 2)]
    assert not floor.state(profit).is_active
    assert not floor.state(loss).is_active


def test_a_trailing_stop_of_a_bracket_begins_with_the_fill() -> None:
    """What the price did before the entry filled does not pull it."""
    floor = Floor()
    made = floor.hand.bracket(LONG, 100, 1, trail=5)
    assert isinstance(made, Bracket)
    assert made.take_profit is None
    floor.tick(120, 1)
    floor.tick(100, 2)
    floor.venue.fill(made.entry.order_id)
    stop = floor.state(taken(made.stop_loss or made.entry))

    assert stop.terms is not None
    assert stop.terms.trigger == 95
    floor.tick(104, 3)
    floor.tick(99, 4)
    assert floor.sent[1:] == [(stop.order_id, "market", -1, 1)]


def test_a_stop_beyond_the_market_when_the_entry_fills_leaves_at_once() -> None:
    """The price went through both in one go."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.tick(90, 1)
    floor.venue.fill(entry)
    floor.venue.cancel(profit)

    assert [each for each, *_ in floor.sent] in ([entry, profit, loss], [entry, loss])
    assert floor.sent[-1] == (loss, "market", -1, 5)


def test_a_bracket_with_an_exit_on_the_wrong_side_is_refused_as_a_whole() -> None:
    """A stop above the entry of a long position: nothing stays."""
    floor = Floor()
    answer = floor.hand.bracket(LONG, 100, 1, take_profit=110, stop_loss=101)
    floor.venue.cancel("1-1")

    assert isinstance(answer, Rejection)
    assert (answer.rule, answer.message) == (
        "order_terms",
        "an exit stop of a long order at 100.0 is below it, not at 101.0",
    )
    assert floor.taken_back == ["1-1"]
    assert floor.hand.active_orders() == []


def test_a_short_bracket_is_the_mirror_image() -> None:
    """Sell at 100, a profit at 90, a loss at 105."""
    floor = Floor()
    made = floor.hand.bracket(SHORT, 100, 2, take_profit=90, stop_loss=105)
    assert isinstance(made, Bracket)
    floor.venue.fill(made.entry.order_id)
    floor.tick(105, 1)
    floor.venue.cancel("1-2")

    assert floor.sent[1:] == [("1-2", "limit", 90, 2), ("1-3", "market", -1, 2)]


def test_an_exit_of_nobody_is_refused() -> None:
    """No such parent, another strategy's, one that is over, one of the same side."""
    floor = Floor()
    entry = taken(floor.hand.buy(100, 1))
    gone = taken(floor.hand.buy(99, 1))
    floor.venue.reject(gone.order_id)

    def exit_of(parent: str) -> str:
        answer = floor.hand.sell(110, 1, terms=Terms(parent=parent))
        assert isinstance(answer, Rejection)
        return answer.message

    same = floor.hand.buy(110, 1, terms=Terms(parent=entry.order_id))
    assert exit_of("1-99") == "hand has no order '1-99' whose fills could be waited for"
    assert exit_of(gone.order_id) == "its parent 1-2 is over without a fill: rejected"
    assert isinstance(same, Rejection)
    assert "is of the same contract and account, and of the other side" in same.message


def test_an_exit_attached_to_a_filled_entry_begins_at_once() -> None:
    """The entry came first, the thought of a stop later."""
    floor = Floor()
    entry = taken(floor.hand.buy(100, 2))
    floor.venue.fill(entry.order_id)
    floor.hand.sell(110, 2, terms=Terms(parent=entry.order_id))

    assert floor.sent[1:] == [("1-2", "limit", 110, 2)]


def test_a_stop_that_is_rejected_is_told_with_the_lots_it_leaves_open() -> None:
    """The profit was taken back for it: nobody looks after the position now."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry)
    floor.tick(95, 1)
    floor.venue.cancel(profit)
    floor.venue.reject(loss, reason="limit down")

    assert floor.alerts[-1].message == (
        f"the exit {loss} of hand in aa2510.TEST was ended (limit down) with 5 lots open: "
        "it does not close them"
    )
    assert floor.hand.active_orders() == []


def test_an_exit_that_the_strategy_cancels_stays_cancelled() -> None:
    """The stop is kept; the profit does not come back with the next fill of the entry."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry, volume=2)
    floor.hand.cancel_order(profit)
    floor.venue.cancel(profit)
    floor.venue.fill(entry, volume=3)

    assert floor.sent[1:] == [(profit, "limit", 110, 2)]
    assert floor.lines(loss) == "held 0/5"


def test_changing_an_exit_changes_all_of_it() -> None:
    """Two orders of a profit rest at 110: both come back, and leave at 108; later ones too."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry, volume=1)
    floor.venue.fill(entry, volume=1)
    floor.hand.amend_order(profit, price=108)
    for order_id in (profit, "1-4"):
        floor.venue.cancel(order_id)
    floor.venue.fill(entry, volume=3)
    floor.hand.amend_order(loss, trigger=97)
    floor.tick(97, 1)

    assert floor.sent[3:] == [
        ("1-5", "limit", 108, 1), ("1-6", "limit", 108, 1), ("1-7", "limit", 108, 3),
    ]  # fmt: skip
    assert set(floor.taken_back[2:]) == {"1-5", "1-6", "1-7"}


def test_a_changed_entry_keeps_its_exits() -> None:
    """What takes its place fills, and is looked after."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry, volume=1)
    new = taken(floor.hand.amend_order(entry, price=101))
    floor.venue.cancel(entry)
    floor.venue.fill(new.order_id)

    assert floor.sent[1:] == [
        (profit, "limit", 110, 1), (new.order_id, "limit", 101, 4), ("1-5", "limit", 110, 4),
    ]  # fmt: skip
    assert floor.lines(loss) == "held 0/5"


def test_a_strategy_that_fails_leaves_no_exit_behind() -> None:
    """Its orders are cancelled, as the settings say; the position is its own to look after."""
    floor = Floor()
    entry, profit, loss = bracket(floor)
    floor.venue.fill(entry)
    floor.engine.parts.strategies.fail("hand", ValueError("bug"), None)
    floor.venue.cancel(profit)
    floor.tick(90, 1)

    assert floor.sent[2:] == []
    assert not any(floor.state(each).is_active for each in (profit, loss))


def test_a_market_entry_has_exits_on_either_side() -> None:
    """Without a price to compare them with."""
    floor = Floor()
    made = floor.hand.bracket(LONG, nan, 1, take_profit=110, stop_loss=95)
    assert isinstance(made, Bracket)
    floor.venue.fill(made.entry.order_id, price=101)

    assert floor.sent == [("1-1", "market", -1, 1), ("1-2", "limit", 110, 1)]


def test_what_exits_send_never_closes_more_than_was_entered() -> None:
    """An exit asked with more lots than its entry has: it takes what the entry filled."""
    floor = Floor()
    entry = taken(floor.hand.buy(100, 2))
    order = floor.hand.send_order(SHORT, CLOSE, 110, 9, terms=Terms(parent=entry.order_id))
    floor.venue.fill(entry.order_id)

    assert isinstance(order, OrderData)
    assert floor.sent[1:] == [("1-2", "limit", 110, 2)]


def test_a_strategy_may_cancel_what_it_hears_of_while_it_is_made() -> None:
    """Every held order is cancelled the moment it is told of: nothing leaves, nothing breaks."""
    floor = Floor()

    def on_order(order: OrderData) -> None:
        if order.phase is OrderPhase.HELD:
            floor.hand.cancel_order(order.order_id)

    floor.engine.parts.bus.subscribe(OrderData, on_order, key="hand")
    floor.hand.bracket(LONG, 100, 2, take_profit=110, stop_loss=95)
    floor.venue.fill("1-1")
    floor.hand.oco(SHORT, 2, limit=110, stop=95)
    floor.tick(90, 1)

    assert [order_id for order_id, *_ in floor.sent] == ["1-1", "1-4"]
    assert [order.order_id for order in floor.hand.active_orders()] == ["1-4"]
    assert list(floor.engine.parts.faults) == []
