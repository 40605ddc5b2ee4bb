"""The wire that fails: what is lost, late, twice or overtaken, by seed and by script."""

from __future__ import annotations

import random
from math import nan
from typing import Any

import pytest

from homalos.config import structure
from homalos.errors import ConfigError
from homalos.model import (
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    Direction,
    Offset,
    OrderReport,
    OrderRequest,
    OrdersReported,
    OrderType,
    TradeReport,
)
from homalos.plugins.ports import FaultMaker, GatewayContext, Session, VenueEvent
from homalos.testing import START_NS, SYMBOL, FakeClock, FakeMarket, tick
from homalos_sim.distance import DistantVenue
from homalos_sim.faults.chances import Chances
from homalos_sim.faults.gateway import FaultyGateway
from homalos_sim.faults.options import FaultOptions
from homalos_sim.faults.wire import Wire
from homalos_sim.gateway import SimGateway
from homalos_sim.options import LatencyOptions, VenueOptions
from homalos_sim.plugin import register_fill_models

BUY = Direction.LONG
NS = 1_000_000_000
DAY = 20240102


class Floor:
    """A venue behind a wire, its clock, and everything that comes out at the engine's side.

    The clock begins at 09:00 in China on a day whose only session ends at 15:00.
    """

    def __init__(self, *, seed: int = 1, way_s: float = 0.0, **faults: Any) -> None:
        """Connect, see the first event, and forget the report of the connection.

        Args:
            seed: Of all chance.
            way_s: Seconds a message takes behind the wire, in each direction.
            faults: What goes wrong.
        """
        self.clock = FakeClock(START_NS)
        self.day = DAY
        self._posted: list[VenueEvent] = []
        self.last = tick(price=100.0, trading_day=DAY)
        self.ends_ns = START_NS + 6 * 3600 * NS
        market = FakeMarket(sessions=[Session(START_NS, self.ends_ns, DAY)])
        context = GatewayContext(
            name="sim",
            clock=self.clock,
            random=random.Random(seed),
            instrument=market.resolve,
            last_tick=lambda _symbol: self.last,
            post=self._posted.append,
            post_at=lambda _ns, event: self._posted.append(event),
            fill_model={spec.name: spec for spec in register_fill_models()}.__getitem__,
            trading_day=lambda: self.day,
            market=lambda _symbol: market,
        )
        options = structure(faults, FaultOptions)
        way = {"mean_us": way_s * 1e6}
        latency = structure(
            {name: way for name in ("send", "cancel", "acknowledge") if way_s}, LatencyOptions
        )

        def make(there: GatewayContext) -> SimGateway | DistantVenue:
            if not way_s:
                return SimGateway(there, VenueOptions())
            return DistantVenue(there, latency, lambda far: SimGateway(far, VenueOptions()))

        self.venue = FaultyGateway(context, options, make)
        self.venue.connect()
        self.after(2 * way_s)

    def after(self, seconds: float) -> list[str]:
        """Let time pass; return what was said since the last time, each in a word or two."""
        self.clock.advance(round(seconds * NS))
        said = [_shown(each) for each in self._posted]
        self._posted.clear()
        return said

    def send(self, order_id: str, price: float = 95.0, lots: int = 1) -> list[str]:
        """Send an order to buy, which rests at 95 and meets the book at 101."""
        self.venue.send_order(
            OrderRequest(
                order_id, SYMBOL, BUY, Offset.OPEN, OrderType.LIMIT, price, lots, "s", "main",
                "sim", self.clock.now,
            )
        )  # fmt: skip
        return self.after(0)

    def cancel(self, order_id: str) -> list[str]:
        """Ask for an order back."""
        self.venue.cancel_order(CancelRequest(order_id, SYMBOL, "s", "main", "sim", self.clock.now))
        return self.after(0)

    def ask(self) -> list[str]:
        """Ask for all orders."""
        self.venue.report_orders(1)
        return self.after(0)


def _shown(event: VenueEvent) -> str:
    match event:
        case ConnectionChanged():
            return "up" if event.is_up else "down"
        case OrderReport():
            return f"{event.order_id} {event.status}"
        case TradeReport():
            return f"{event.order_id} trade"
        case CancelRefused():
            return f"{event.order_id} refused"
        case OrdersReported():
            return "all"
    return type(event).__name__


def at(seconds: int, kind: str, **more: Any) -> dict[str, Any]:
    """Return a scripted fault so many seconds after the floor's clock begins."""
    of_day = (START_NS // NS + 8 * 3600 + seconds) % 86_400
    text = f"{of_day // 3600:02}:{of_day // 60 % 60:02}:{of_day % 60:02}"
    return {"at": text, "kind": kind, **more}


# -- the wire ----------------------------------------------------------------------


def test_behind_a_late_message_all_others_wait() -> None:
    """As on one connection; what does not keep its order is overtaken."""
    clock, said = FakeClock(), list[str]()
    wire = Wire(clock)
    wire.send(lambda: said.append("overtaken"), 5, keeps_order=False)
    wire.send(lambda: said.append("late"), 3)
    wire.send(lambda: said.append("prompt"))
    assert (said, len(wire)) == ([], 3)
    clock.advance(3)
    assert said == ["late", "prompt"]
    wire.send(lambda: said.append("at once"))
    clock.advance(2)
    assert said == ["late", "prompt", "at once", "overtaken"]


def test_a_wire_that_is_cut_loses_what_is_under_way() -> None:
    """And what is sent afterwards does not wait for it."""
    clock, said = FakeClock(), list[str]()
    wire = Wire(clock)
    wire.send(lambda: said.append("lost"), 3)
    assert wire.cut() == 1
    wire.send(lambda: said.append("next"))
    clock.advance(10)
    assert said == ["next"]


def test_what_is_hurried_arrives_in_the_order_in_which_it_would_have() -> None:
    """By the time it was due, then by the time it was sent."""
    clock, said = FakeClock(), list[str]()
    wire = Wire(clock)
    for name, late in (("c", 9), ("d", 0)):
        wire.send(lambda name=name: said.append(name), late)  # type: ignore[misc]
    wire.send(lambda: said.append("a"), 2, keeps_order=False)
    wire.hurry()
    clock.advance(20)
    assert said == ["a", "c", "d"]


# -- chance ------------------------------------------------------------------------


def test_the_same_seeds_make_the_same_faults_and_leave_the_run_alone() -> None:
    """Another seed of either makes others."""

    def drawn(run_seed: int, seed: int) -> list[bool]:
        run = random.Random(run_seed)
        chances = Chances(FaultOptions(seed=seed, delay=0.5), run)
        assert run.random() == random.Random(run_seed).random()
        return [chances.befalls("delay") for _ in range(100)]

    assert drawn(1, 1) == drawn(1, 1)
    assert drawn(1, 1) != drawn(1, 2)
    assert drawn(1, 1) != drawn(2, 1)
    assert 30 < sum(drawn(1, 1)) < 70


@pytest.mark.parametrize(
    ("faults", "problem"),
    [
        ({"delay": 1.5}, "delay"),
        ({"lost_ack": -0.1}, "lost_ack"),
        ({"disconnects_per_hour": nan}, "disconnects_per_hour must be 0 or above and finite"),
        ({"disconnect_s": 0.0}, "disconnect_s"),
        ({"seed": -1}, "seed"),
        ({"dealy": 0.1}, "dealy"),
        ({"script": [{"at": "25:00:00", "kind": "delay"}]}, "at"),
        ({"script": [{"at": "21:00:00", "kind": "storm"}]}, "kind"),
        ({"script": [{"at": "21:00:00", "kind": "delay", "times": 0}]}, "times"),
    ],
)
def test_a_wrong_option_is_told(faults: dict[str, Any], problem: str) -> None:
    """By its name and where it stands in the settings."""
    with pytest.raises(ConfigError, match=problem):
        structure({"faults": faults}, VenueOptions, path="$.gateways.sim.options")


# -- the venue behind it ------------------------------------------------------------


def test_without_a_share_above_0_the_wire_is_not_felt() -> None:
    """Everything is answered at once, and no fault is counted."""
    floor = Floor()
    assert floor.send("1-1") == ["1-1 nottraded"]
    assert floor.send("1-2", 101.0) == ["1-2 nottraded", "1-2 trade"]
    assert floor.cancel("1-1") == ["1-1 cancelled"]
    assert set(floor.venue.faults().values()) == {0}
    assert isinstance(floor.venue, FaultMaker)


def test_a_lost_acknowledgement_is_found_by_asking() -> None:
    """The order works at the venue meanwhile."""
    floor = Floor(script=[at(1, "lost_ack")])
    floor.after(1)
    assert floor.send("1-1") == []
    assert floor.venue.working_orders() == {"1-1"}
    assert floor.venue.positions("main") is None  # the engine cannot know as much
    assert floor.ask() == ["1-1 nottraded", "all"]
    assert floor.venue.positions("main") == []


def test_a_lost_order_is_not_among_those_that_are_reported() -> None:
    """The venue has never heard of it."""
    floor = Floor(script=[at(1, "lost_request")])
    floor.after(1)
    assert floor.send("1-1") == []
    assert floor.send("1-2") == ["1-2 nottraded"]
    assert floor.ask() == ["1-2 nottraded", "all"]


def test_a_lost_cancel_leaves_the_order_working() -> None:
    """And the next one is heard."""
    floor = Floor(script=[at(1, "lost_cancel")])
    floor.after(1)
    floor.send("1-1")
    assert floor.cancel("1-1") == []
    assert floor.venue.working_orders() == {"1-1"}
    assert floor.cancel("1-1") == ["1-1 cancelled"]


def test_a_report_comes_twice_and_is_said_once() -> None:
    """The truth to compare with has it once."""
    floor = Floor(script=[at(1, "duplicate", times=2)])
    floor.after(1)
    assert floor.send("1-1", 101.0) == ["1-1 nottraded"] * 2 + ["1-1 trade"] * 2
    assert [type(each) for each in floor.venue.reports()] == [OrderReport, TradeReport]


def test_a_trade_comes_before_its_order() -> None:
    """The acknowledgement is overtaken; it comes within `reorder_s`."""
    floor = Floor(script=[at(1, "reorder")], reorder_s=2.0)
    floor.after(1)
    assert floor.send("1-1", 101.0) == ["1-1 trade"]
    assert floor.after(2.001) == ["1-1 nottraded"]


def test_a_late_order_meets_the_market_as_it_is_when_it_arrives() -> None:
    """And a cancel sent behind it does not overtake it."""
    floor = Floor(script=[at(1, "delay")], delay_s=3.0)
    floor.after(1)
    assert floor.send("1-1") == []
    assert floor.cancel("1-1") == []
    assert floor.venue.working_orders() == frozenset()
    assert floor.after(3) == ["1-1 nottraded", "1-1 cancelled"]


def test_a_broken_line_loses_at_first_and_refuses_once_it_is_noticed() -> None:
    """30 s broken, noticed within 10; what rested before is there when the engine asks."""
    floor = Floor(script=[at(1, "disconnect", for_s=30.0)], notice_s=10.0)
    floor.send("1-1")
    assert floor.after(1) == []
    assert floor.send("1-2") == []
    assert floor.after(10) == ["down"]
    assert floor.send("1-3") == ["1-3 rejected"]
    assert floor.cancel("1-1") == ["1-1 refused"]
    assert floor.ask() == []
    assert floor.after(20) == ["up"]
    assert floor.ask() == ["1-1 nottraded", "all"]
    assert floor.venue.faults() == {
        "disconnect": 1,
        "delay": 0,
        "duplicate": 0,
        "reorder": 0,
        "lost_ack": 0,
        "lost_request": 0,
        "lost_cancel": 0,
        "lost_while_down": 1,
        "refused_while_down": 2,
    }


def test_the_venue_fills_behind_a_broken_line() -> None:
    """It sees the market all the while; the fill is found by asking."""
    floor = Floor(script=[at(1, "disconnect", for_s=5.0)], notice_s=0.0)
    floor.send("1-1")
    assert floor.after(1) == ["down"]
    floor.venue.market_tap().on_tick(
        tick(price=93.0, ts_ns=floor.clock.now, trading_day=DAY, volume=10)
    )
    assert floor.after(5) == ["up"]
    assert floor.ask() == ["1-1 nottraded", "1-1 trade", "all"]


def test_a_break_shorter_than_the_notice_is_told_when_it_is_over() -> None:
    """Down and up at once: the engine asks all the same."""
    floor = Floor(script=[at(1, "disconnect", for_s=1.0)], notice_s=3600.0)
    assert floor.after(1) == []
    assert floor.after(1) == ["down", "up"]


def test_what_is_under_way_when_the_line_breaks_is_lost() -> None:
    """The order never gets there, and the engine hears so when it asks."""
    floor = Floor(
        script=[at(1, "delay"), at(2, "disconnect", for_s=60.0)], delay_s=3600.0, notice_s=0.0
    )
    floor.after(1)
    floor.send("1-1")
    assert floor.after(1) == ["down"]
    assert floor.venue.faults()["lost_while_down"] == 1
    assert floor.after(3600) == ["up"]
    assert floor.ask() == ["all"]


# -- healing -----------------------------------------------------------------------


def test_healing_lets_everything_arrive_and_has_the_engine_ask() -> None:
    """What was late comes, what was lost is asked for after the line went down and up."""
    floor = Floor(script=[at(1, "lost_ack"), at(2, "delay")], delay_s=3600.0)
    floor.after(1)
    floor.send("1-1")
    floor.after(1)
    floor.send("1-2")
    floor.venue.heal()
    assert floor.after(0) == ["1-2 nottraded", "down", "up"]
    assert floor.ask() == ["1-1 nottraded", "1-2 nottraded", "all"]


def test_healing_a_wire_that_lost_nothing_is_not_felt() -> None:
    """No reconnect where there is nothing to ask for; again is harmless."""
    floor = Floor(delay=1.0)
    floor.send("1-1")
    floor.venue.heal()
    floor.venue.heal()
    assert floor.after(0) == ["1-1 nottraded"]


def test_healing_brings_a_distant_venue_near_until_the_next_day() -> None:
    """What is behind the wire arrives too, and the engine's question is answered at once."""
    floor = Floor(way_s=3.0, script=[at(9, "lost_ack")])
    floor.after(3)
    floor.send("1-1")
    floor.after(6)
    floor.send("1-2")
    floor.venue.heal()
    assert floor.after(0) == ["1-2 nottraded", "down", "up"]
    assert floor.ask() == ["1-1 nottraded", "1-2 nottraded", "all"]
    floor.day = 20240103
    assert floor.send("1-3") == []
    assert floor.after(6) == ["1-3 nottraded"]


def test_a_broken_line_loses_what_is_under_way_behind_it() -> None:
    """A request and a report; an answer from before the break must not pass for a newer one."""
    floor = Floor(way_s=3.0, script=[at(10, "disconnect", for_s=1.0)], notice_s=0.0)
    floor.send("1-1")
    floor.after(3)
    floor.send("1-2")
    assert floor.after(2) == ["down", "up"]
    assert floor.venue.faults()["lost_while_down"] == 2
    floor.venue.report_orders(1)
    assert floor.after(60) == ["1-1 nottraded", "all"]


def test_what_was_lost_behind_the_wire_comes_whole_with_the_answer() -> None:
    """The report that nobody ever heard is the venue's word all the same, and no news by then."""
    floor = Floor(way_s=3.0, script=[at(10, "disconnect", for_s=1.0), at(11, "lost_ack", times=9)],
                  notice_s=0.0)  # fmt: skip
    floor.send("1-1")
    floor.after(5)
    floor.venue.report_orders(1)
    assert floor.after(60) == ["1-1 nottraded", "all"]
    assert len(floor.venue.reports()) == 1


def test_faults_end_a_second_after_the_last_session_and_begin_with_the_next_day() -> None:
    """So that the engine has asked before the day is settled."""
    floor = Floor(lost_ack=1.0)
    assert floor.send("1-1") == []
    floor.after((floor.ends_ns - floor.clock.now) / NS)
    assert floor.after(1) == ["down", "up"]
    assert floor.ask() == ["1-1 nottraded", "1-1 cancelled", "all"]
    floor.day = 20240103
    assert floor.send("1-2") == []


def test_lines_break_by_chance_as_often_as_the_options_say() -> None:
    """Six hours at ten an hour are about sixty; the same seed breaks at the same times."""

    def breaks(seed: int) -> list[str]:
        floor = Floor(seed=seed, disconnects_per_hour=10.0, disconnect_s=1.0)
        return floor.after(6 * 3600 - 1)

    first = breaks(1)
    assert first == breaks(1)
    assert first == ["down", "up"] * (len(first) // 2)
    assert 40 < len(first) / 2 < 80
