"""What every fill model must do."""

from __future__ import annotations

from math import nan
from typing import Any

from msgspec.structs import replace

from homalos.model import Depth, Direction, OrderType
from homalos.testing.contracts.fill_model_pit import (
    AGE_NS,
    Filled,
    FillModelSubject,
    Order,
    Pit,
)
from homalos.testing.contracts.requirement import Requirement, expect, requirement
from homalos.testing.records import DAY, at, order_request

__all__ = ["FILL_MODEL", "FillModelSubject"]

_BUY, _SELL = Direction.LONG, Direction.SHORT


# -- who waits ---------------------------------------------------------------------


@requirement
def it_waits_while_an_order_works(subject: FillModelSubject) -> None:
    """The venue shows it the market only then, and asks before every tick."""
    pit = Pit(subject)
    found = [pit.model.waits]
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    order = pit.send("a", _BUY, 2, 0)
    found.append(pit.model.waits)
    pit.model.remove(order)
    found.append(pit.model.waits)
    pit.send("b", _SELL, 2, 0)
    found.append(pit.model.waits)
    pit.tick(1, bid=(0, 5), ask=(1, 5))
    found.append(pit.model.waits)
    expected = [False, True, False, True, False]
    expect(
        found == expected,
        f"`waits` is {found} when idle, resting, removed, resting, filled; expected {expected}",
    )


@requirement
def a_waiting_order_fills_when_the_market_comes(subject: FillModelSubject) -> None:
    """A venue where nothing ever fills shows no strategy at work."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    pit.send("buy", _BUY, 1, 0)
    pit.send("sell", _SELL, 1, 0)
    pit.tick(1, bid=(-2, 5), ask=(-1, 5))
    pit.tick(2, bid=(1, 5), ask=(2, 5))
    found = (pit.lots("buy"), pit.lots("sell"))
    expect(found == (1, 1), f"{found} lots were bought and sold; expected 1 and 1")


@requirement
def an_order_away_from_the_market_waits(subject: FillModelSubject) -> None:
    """Filling it at once would give every backtest free money."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    pit.send("buy", _BUY, 1, 0)
    pit.send("sell", _SELL, 1, 0)
    pit.tick(1, bid=(-1, 5), ask=(1, 5))
    expect(not pit.fills, f"{pit.fills} inside the spread; expected nothing")


@requirement
def a_removed_order_never_fills(subject: FillModelSubject) -> None:
    """The venue has said already that it is cancelled."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    orders = [pit.send(name, _BUY, 1, 0) for name in ("kept", "back")]
    pit.model.remove(orders[1])
    pit.tick(1, bid=(-2, 9), ask=(-1, 9))
    found = (pit.lots("kept"), pit.lots("back"))
    expect(found == (1, 0), f"{found} lots of the kept and the removed order; expected 1 and 0")


# -- prices ------------------------------------------------------------------------


@requirement
def a_market_order_fills_at_the_touch_or_worse(subject: FillModelSubject) -> None:
    """Inside the spread nobody sells: profits made there are made up."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    pit.send("buy", _BUY, 1)
    pit.send("sell", _SELL, 1)
    pit.tick(1, bid=(-1, 5), ask=(1, 5))
    found = {fill.name: fill.price for fill in pit.fills}
    met = found.keys() == {"buy", "sell"}
    met = met and found["buy"] >= pit.price(1) and found["sell"] <= pit.price(-1)
    expect(met, f"market orders filled at {found} with {pit.price(-1)}/{pit.price(1)} in the book")


@requirement
def no_fill_is_worse_than_the_limit(subject: FillModelSubject) -> None:
    """A limit is a promise to the trader."""
    for at_once in (True, False):
        pit = Pit(subject)
        if at_once:
            pit.tick(0, bid=(-1, 5), ask=(1, 5))
        pit.send("buy", _BUY, 1, 1)
        pit.send("sell", _SELL, 1, -1)
        pit.tick(1, bid=(-1, 5), ask=(1, 5))
        for fill in pit.fills:
            worse = fill.price > pit.price(1) if fill.name == "buy" else fill.price < pit.price(-1)
            expect(not worse, f"a {fill.name} at {pit.price(0)} ± 1 filled at {fill.price}")


@requirement
def no_fill_in_a_bar_is_outside_its_range(subject: FillModelSubject) -> None:
    """At such a price nobody traded."""
    pit = Pit(subject)
    pit.send("buy", _BUY, 1, 50)
    pit.send("market", _SELL, 1)
    pit.bar(60, -2, 2, 10)
    low, high = pit.price(-2), pit.price(2)
    prices = [fill.price for fill in pit.fills]
    expect(bool(prices), "nothing filled in a bar that reached both orders")
    expect(all(low <= price <= high for price in prices), f"{prices} is not within {low} to {high}")


@requirement
def an_empty_side_fills_nothing(subject: FillModelSubject) -> None:
    """At the limit of the day nobody stands on the other side: nan, or 0."""
    pit = Pit(subject)
    pit.tick(0)
    pit.send("buy", _BUY, 1)
    pit.send("sell", _SELL, 1, 0)
    pit.tick(1, bid=(nan, 5), ask=(nan, 5))
    nobody = {"bid_price_1": 0.0, "bid_volume_1": 0, "ask_price_1": 0.0, "ask_volume_1": 0}
    pit.model.match_tick(replace(pit.made(2), **nobody), pit.last)
    expect(not pit.fills, f"{pit.fills} in a book without orders; expected nothing")


@requirement
def a_locked_limit_fills_nothing(subject: FillModelSubject) -> None:
    """Who buys at limit-up stands behind everybody who wants to, and nobody offers."""
    for side, steps, limit in ((_BUY, 5, "limit_up"), (_SELL, -5, "limit_down")):
        pit = Pit(subject)
        limits: dict[str, Any] = {limit: pit.price(steps)}
        crowd: dict[str, Any] = {"bid" if side is _BUY else "ask": (steps, 900)}
        pit.tick(0, **crowd, **limits)
        pit.send("a", side, 1, steps)
        for second in (1, 2, 3):
            pit.tick(second, **crowd, trades=[(steps, 2_000)], **limits)
        expect(not pit.fills, f"{pit.fills} of a {side} order at a {limit} nobody trades against")
        other: dict[str, Any] = {"ask" if side is _BUY else "bid": (steps, 2)}
        pit.tick(4, **crowd, **other, **limits)
        expect(pit.lots("a") == 1, f"nothing filled at a {limit} with lots against it")


# -- lots --------------------------------------------------------------------------


@requirement
def an_order_fills_whole_and_no_further(subject: FillModelSubject) -> None:
    """What is filled beyond the order is a position that nobody asked for."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    order = pit.send("a", _BUY, 5, 0)
    for second in range(1, 8):
        pit.tick(second, bid=(-1, 2), ask=(0, 2))
    expect(pit.lots("a") == 5, f"an order of 5 lots was filled with {pit.lots('a')}; expected 5")
    expect(order.left == 0, f"{order.left} lots are left of a filled order; expected 0")
    left = [fill.left for fill in pit.fills]
    done = [5 - sum(f.lots for f in pit.fills[: n + 1]) for n in range(len(pit.fills))]
    expect(left == done, f"`left` was {left} when the fills were told; expected {done}")


@requirement
def no_more_lots_fill_than_the_book_shows(subject: FillModelSubject) -> None:
    """Size that is not there makes a strategy look ten times as good."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 3), ask=(1, 3))
    pit.send("a", _BUY, 2, 1)
    pit.send("b", _BUY, 9, 1)
    found = pit.lots("a", "b")
    if not pit.limited:
        return
    expect(0 < found <= 3, f"{found} lots filled on arrival with 3 in the book")
    pit.tick(1, bid=(-1, 4), ask=(1, 4))
    more = pit.lots("a", "b") - found
    expect(more <= 4, f"{more} lots filled by a tick with 4 in the book")


@requirement
def lots_are_given_only_once(subject: FillModelSubject) -> None:
    """An order that answers a fill is sent before the engine has the tick that brought it."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 3), ask=(1, 3))
    pit.send("a", _BUY, 3, 0)
    before = pit.last
    shown = pit.made(1, (-1, 3), (0, 3))
    pit.model.match_tick(shown, before)
    order = Order(order_request(_BUY, pit.price(0), 3, order_id="b", ts_ns=at(1)), 3, at(1))
    pit.model.arrive(order, pit.model.latest(before), AGE_NS)
    found = pit.lots("a", "b")
    if not pit.limited:
        return
    expect(found == 3, f"{found} lots filled by one tick with 3 in the book")


@requirement
def a_new_order_meets_the_tick_shown_last(subject: FillModelSubject) -> None:
    """What the venue was shown is the market, also before the engine has come to it."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 3), ask=(1, 3))
    pit.send("a", _BUY, 1, 0)
    before, shown, later = pit.last, pit.made(1, (-1, 3), (0, 3)), pit.made(2)
    pit.model.match_tick(shown, before)
    found = [pit.model.latest(each) for each in (before, shown, later)]
    met = all(one is other for one, other in zip(found, (shown, shown, later), strict=True))
    expect(met, "`latest` gave another tick; expected the one shown last, then those after it")


@requirement
def no_more_lots_fill_than_a_bar_may_give(subject: FillModelSubject) -> None:
    """Nobody can trade more than was traded."""
    pit = Pit(subject)
    pit.send("a", _BUY, 20, 0)
    pit.send("b", _SELL, 20, 0)
    pit.bar(60, -2, 2, 10, share=0.5)
    found = (pit.lots("a"), pit.lots("b"))
    if not pit.limited:
        return
    expect(max(found) <= 5, f"{found} lots bought and sold of half a bar's 10; expected at most 5")
    expect(
        min(found) > 0, f"{found} lots bought and sold in a bar that reached both; expected some"
    )


# -- whose turn --------------------------------------------------------------------


@requirement
def the_better_price_fills_first_then_the_earlier(subject: FillModelSubject) -> None:
    """Price before time is the rule of every futures exchange."""
    for side, better, bid, ask in ((_BUY, 1, (-3, 2), (-2, 2)), (_SELL, -1, (2, 2), (3, 2))):
        pit = Pit(subject)
        pit.tick(0, bid=(-5, 5), ask=(5, 5))
        for name, steps in (("late", 0), ("later", 0), ("best", better)):
            pit.send(name, side, 1, steps)
        pit.tick(1, bid=bid, ask=ask)
        found = [fill.name for fill in pit.fills]
        expected = ["best", "late"] if pit.limited else ["best", "late", "later"]
        expect(found == expected, f"{side} orders filled: {found}; expected {expected}")


@requirement
def an_order_never_fills_in_a_bar_that_had_begun(subject: FillModelSubject) -> None:
    """The bar that gave the signal cannot fill it: its prices are past."""
    pit = Pit(subject)
    pit.send("a", _BUY, 1, 0, second=30)
    pit.bar(0, -2, 2, 10)
    expect(not pit.fills, "an order filled in a bar that began 30 s before it came")
    pit.bar(60, -2, 2, 10)
    expect(pit.lots("a") == 1, "an order did not fill in the bar after it came")


@requirement
def an_old_book_fills_nothing(subject: FillModelSubject) -> None:
    """In a break the last book stands there for hours, and nobody behind it."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    pit.send("a", _BUY, 1, 1, second=3_600)
    expect(not pit.fills, "an order was filled by a book an hour old")


# -- at once or never --------------------------------------------------------------


@requirement
def a_fak_order_fills_at_once_and_is_not_kept(subject: FillModelSubject) -> None:
    """The venue cancels the rest when `arrive` returns: a model that keeps it fills a ghost."""
    for side, steps, bid, ask in ((_BUY, 1, (-1, 3), (1, 3)), (_SELL, -1, (-1, 3), (1, 3))):
        pit = Pit(subject)
        pit.tick(0, bid=bid, ask=ask)
        order = pit.send("fak", side, 5, steps, kind=OrderType.FAK)
        found = pit.lots("fak")
        expected = 3 if pit.limited else 5
        expect(found == expected, f"{found} lots of a FAK order of 5; expected {expected}")
        expect(order.left == 5 - found, f"{order.left} lots left of it; expected {5 - found}")
        expect(not pit.model.waits, "the model waits for what is left of a FAK order")
        away = pit.send("away", side, 1, -steps, kind=OrderType.FAK)
        pit.model.remove(away)
        pit.tick(1, bid=(-9, 9), ask=(9, 9))
        expect(not pit.lots("away"), "a FAK order that the book does not reach was filled")
        expect(not pit.model.waits, "the model waits for a FAK order that has not filled")


@requirement
def a_fok_order_fills_whole_or_not_at_all(subject: FillModelSubject) -> None:
    """A part of it is what the trader said not to want."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 3), ask=(1, 3))
    pit.send("whole", _BUY, 3, 1, kind=OrderType.FOK)
    pit.send("sold", _SELL, 4, -1, kind=OrderType.FOK)
    pit.send("away", _SELL, 1, 1, kind=OrderType.FOK)
    found = (pit.lots("whole"), pit.lots("sold"), pit.lots("away"))
    expected = (3, 0 if pit.limited else 4, 0)
    expect(
        found == expected,
        f"{found} lots of FOK orders of 3, 4 and, away from the market, 1; expected {expected}",
    )
    expect(not pit.model.waits, "the model waits for a FOK order")


@requirement
def a_new_order_crosses_the_levels_at_their_prices(subject: FillModelSubject) -> None:
    """Behind the best price there are others, and no lots but those that are shown."""
    pit = Pit(subject)
    if not pit.limited:
        return
    depth = Depth((pit.price(-2), pit.price(-3)), (4, 5), (pit.price(2),), (4,))
    pit.last = replace(pit.made(0, (-1, 3), (1, 3)), depth=depth)
    pit.send("a", _SELL, 12, -2)
    lots = pit.lots("a")
    expect(lots == 7, f"{lots} lots sold to 3, 4 and 5 with the limit at the second; expected 7")
    value = sum(fill.price * fill.lots for fill in pit.fills)
    most = 3 * pit.price(-1) + 4 * pit.price(-2)
    expect(value <= most, f"7 lots were sold for {value} in all; the book gives {most}")


# -- time and chance ---------------------------------------------------------------


@requirement
def fills_are_stamped_by_the_tape(subject: FillModelSubject) -> None:
    """A fill before its order, or of another day, is settled wrongly."""
    pit = Pit(subject)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    pit.send("now", _BUY, 1, 1, second=0.5)
    pit.send("then", _BUY, 1, 0, second=0.5)
    pit.tick(1, bid=(-1, 5), ask=(0, 5))
    expect(bool(pit.fills), "nothing filled although the market came")
    for fill in pit.fills:
        met = at(0.5) <= fill.ts_ns and fill.trading_day == DAY
        expect(met, f"{fill} is not after its order, or not of the day {DAY}")


@requirement
def the_same_calls_bring_the_same_fills(subject: FillModelSubject) -> None:
    """A backtest that is run twice must take the same decisions."""
    first, second = _day(subject), _day(subject)
    expect(first == second, f"two equal days brought {first}, then {second}")


def _day(subject: FillModelSubject) -> list[Filled]:
    pit = Pit(subject)
    for second in range(60):
        pit.tick(second, bid=(second % 7 - 4, 3), ask=(second % 7 - 3, 3))
        side = _BUY if second % 2 else _SELL
        pit.send(str(second), side, second % 4 + 1, second % 5 - 2, second=second)
    return pit.fills


FILL_MODEL: tuple[Requirement[FillModelSubject], ...] = (
    it_waits_while_an_order_works,
    a_waiting_order_fills_when_the_market_comes,
    an_order_away_from_the_market_waits,
    a_removed_order_never_fills,
    a_market_order_fills_at_the_touch_or_worse,
    no_fill_is_worse_than_the_limit,
    no_fill_in_a_bar_is_outside_its_range,
    an_empty_side_fills_nothing,
    a_locked_limit_fills_nothing,
    an_order_fills_whole_and_no_further,
    no_more_lots_fill_than_the_book_shows,
    lots_are_given_only_once,
    a_new_order_meets_the_tick_shown_last,
    no_more_lots_fill_than_a_bar_may_give,
    the_better_price_fills_first_then_the_earlier,
    an_order_never_fills_in_a_bar_that_had_begun,
    an_old_book_fills_nothing,
    a_fak_order_fills_at_once_and_is_not_kept,
    a_fok_order_fills_whole_or_not_at_all,
    a_new_order_crosses_the_levels_at_their_prices,
    fills_are_stamped_by_the_tape,
    the_same_calls_bring_the_same_fills,
)
