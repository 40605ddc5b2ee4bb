"""Callbacks that wait: for time, for the end of an order, and never on an event loop."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Literal

import pytest

from homalos.engine.engine import Engine
from homalos.errors import PluginLoadError
from homalos.model import Alert, BarData, OrderData, Rejection, Status, StrategyState, TickData
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick


class Patient(Strategy):
    """Notes what it does and when, in seconds from the beginning."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.notes: list[tuple[float, str]] = []

    def note(self, what: str) -> None:
        """Write it down with the engine's time; 0 before the first event too."""
        self.notes.append((max(self.now_ns - at(0), 0) / 1e9, what))


class Sleeper(Patient):
    """Sleeps two and a half seconds on each tick."""

    async def on_tick(self, tick: TickData) -> None:
        """Sleep."""
        self.note(f"woke to {tick.last_price:.0f}")
        await self.sleep(2.5)
        self.note(f"slept on {tick.last_price:.0f}")


class Skipper(Sleeper):
    """Does not want what comes while it sleeps."""

    while_waiting: ClassVar[Literal["queue", "skip"]] = "skip"


class Buyer(Patient):
    """Buys once, and waits for what becomes of it."""

    timeout_s: float | None = None

    async def on_start(self) -> None:
        """Buy and wait."""
        order = self.buy(100, 2)
        assert isinstance(order, OrderData)
        self.note("sent")
        state = await self.filled(order, timeout_s=self.timeout_s)
        self.note(f"{state.status} {state.traded} pos {self.pos}")

    def on_order(self, order: OrderData) -> None:
        """Note it."""
        self.note(f"order {order.status}")


def run(kind: type[Patient], venue: FakeGateway | None = None) -> tuple[Engine, Any]:
    """Start an engine with one strategy, at second 0."""
    house = engine(gateway=venue or FakeGateway())
    strategy: Any = house.add_strategy(kind, symbol=SYMBOL, name="one")
    house.start()
    return house, strategy


def step(house: Engine, *seconds: float) -> None:
    """Give a tick at each of these seconds, its price the second's."""
    for second in seconds:
        house.step(tick(price=second, ts_ns=at(second)))


def state_of(house: Engine) -> StrategyState:
    """Return the strategy's state."""
    return house.parts.strategies.states()["one"]


def test_a_callback_goes_on_when_its_sleep_is_over() -> None:
    """At the very time, before the next event, with what came meanwhile queued behind it."""
    house, strategy = run(Sleeper)
    step(house, 1, 2, 10)
    step(house, 20)

    assert strategy.notes == [
        (1, "woke to 1"),
        (3.5, "slept on 1"),
        (3.5, "woke to 2"),
        (6, "slept on 2"),
        (10, "woke to 10"),
        (12.5, "slept on 10"),
        (20, "woke to 20"),
    ]


def test_events_are_skipped_where_the_strategy_declares_it() -> None:
    """The tick at second 2 comes while it sleeps, and is never given."""
    house, strategy = run(Skipper)
    step(house, 1, 2, 10)

    assert [what for _, what in strategy.notes] == ["woke to 1", "slept on 1", "woke to 10"]


def test_an_order_is_awaited_to_its_last_fill() -> None:
    """A part does not end the wait; the position counts all when it goes on."""
    venue = FakeGateway()
    house, strategy = run(Buyer, venue)
    step(house, 1)
    venue.accept()
    venue.fill(volume=1)
    step(house, 2)
    venue.fill(volume=1)

    assert strategy.notes == [
        (0, "sent"),
        (2, "alltraded 2 pos 2"),
        (2, "order nottraded"),
        (2, "order parttraded"),
        (2, "order alltraded"),
    ]


def test_a_cancelled_order_ends_the_wait_too() -> None:
    """What is awaited is the end, whichever it is."""
    venue = FakeGateway()
    house, strategy = run(Buyer, venue)
    step(house, 1)
    venue.fill(volume=1)
    venue.cancel()

    assert (1, "cancelled 1 pos 1") in strategy.notes


def test_an_order_that_is_over_already_is_not_waited_for() -> None:
    """The callback goes on at once, within the same event."""

    class Late(Patient):
        """Waits for an order that is over."""

        done = ""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            del tick
            state = await self.filled(self.done)
            self.note(str(state.status))

    venue = FakeGateway()
    house, strategy = run(Late, venue)
    sent = strategy.buy(100, 1)
    strategy.done = sent.order_id
    venue.reject()
    step(house, 1)

    assert strategy.notes == [(1, "rejected")]


def test_a_wait_for_an_order_may_time_out() -> None:
    """The state at that time comes back, and the order works on."""

    class Impatient(Buyer):
        """Waits three seconds at most."""

        timeout_s = 3.0

    house, strategy = run(Impatient)
    step(house, 1, 5)

    # Three seconds after the first event, since there was no time before it.
    assert strategy.notes[:2] == [(0, "sent"), (4, "submitting 0 pos 0")]
    assert [order.status for order in strategy.active_orders()] == [Status.SUBMITTING]


def test_a_failure_behind_a_wait_stops_the_strategy_and_names_the_event() -> None:
    """Nobody else is on the stack then, and still the others go on."""

    class Unlucky(Patient):
        """Raises behind a wait."""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            await self.sleep(1)
            msg = f"at {tick.last_price:.0f}"
            raise ValueError(msg)

    house, _ = run(Unlucky)
    alerts: list[Alert] = []
    house.subscribe(Alert, alerts.append)
    calm: Any = house.add_strategy(Sleeper, symbol=SYMBOL, name="calm")
    step(house, 1, 5)

    assert state_of(house) is StrategyState.FAILED
    assert house.summary().faults == 1
    assert "stopped by its own ValueError: at 1 (on_tick, line" in alerts[0].message
    assert "on TickData(symbol=" in alerts[0].message
    assert (3.5, "slept on 1") in calm.notes


@pytest.mark.parametrize(
    ("awaited", "message"),
    [
        (
            lambda: asyncio.sleep(0),
            "TypeError: the engine cannot wait for None; await self.sleep(seconds) or",
        ),
        (
            lambda: asyncio.sleep(1),
            "TypeError: there is no event loop; await self.sleep(seconds) or self.filled(order)",
        ),
    ],
)
def test_what_nobody_can_wait_for_is_a_clear_error(awaited: Any, message: str) -> None:
    """It is raised in the line that waits."""

    class Confused(Patient):
        """Awaits what no engine knows."""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            del tick
            await awaited()

    house, _ = run(Confused)
    alerts: list[Alert] = []
    house.subscribe(Alert, alerts.append)
    step(house, 1)

    assert state_of(house) is StrategyState.FAILED
    assert message in alerts[0].message


def test_an_order_that_does_not_exist_cannot_be_waited_for() -> None:
    """Its id is named."""

    class Lost(Patient):
        """Awaits an order that nobody sent."""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            del tick
            await self.filled("no such id")

    house, _ = run(Lost)
    step(house, 1)

    assert house.parts.faults == [
        (
            "strategy.one",
            "UnknownOrder: no order has the id 'no such id'; wait for one that was sent",
        )
    ]


def test_a_rejection_cannot_be_waited_for() -> None:
    """It never was an order; the strategy's author is told."""
    house, strategy = run(Sleeper)
    refused = Rejection("rule", "no", None, 0)  # type: ignore[arg-type]  # what was asked is not looked at
    with pytest.raises(TypeError, match="only an order can be waited for, not Rejection"):
        strategy.filled(refused)
    house.stop()


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_sleep_lasts_a_time_that_can_be_waited(seconds: float) -> None:
    """Nothing below 0, and nothing that never ends."""
    house, strategy = run(Sleeper)
    with pytest.raises(ValueError, match="a wait lasts 0 seconds or more"):
        strategy.sleep(seconds)
    house.stop()


@pytest.mark.parametrize("name", ["on_init", "on_stop", "on_params"])
def test_a_callback_that_cannot_wait_is_refused_when_it_is_loaded(name: str) -> None:
    """The message says what to write instead."""

    async def waits(self: Strategy) -> None:
        """Wait where nothing can be waited for."""
        await self.sleep(1)

    kind = type("Wrong", (Strategy,), {name: waits})
    message = f"Wrong.{name} cannot wait; write `def {name}`, not `async def`"
    with pytest.raises(PluginLoadError) as refused:
        engine().add_strategy(kind, symbol=SYMBOL)
    assert str(refused.value) == message


def test_a_strategy_that_stops_does_not_go_on_later() -> None:
    """Its wait is ended, and what waited behind it is forgotten."""

    class Tidy(Sleeper):
        """Notes that it was ended."""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            try:
                await super().on_tick(tick)
            finally:
                self.note("left")

    house, strategy = run(Tidy)
    step(house, 1, 2)
    house.parts.strategies.stop("one")
    step(house, 10)

    assert [what for _, what in strategy.notes] == ["woke to 1", "left"]
    assert len(house.parts.clock.agenda) == 0


def test_too_many_events_behind_a_wait_stop_the_strategy() -> None:
    """Memory is bounded; the message says what to do."""

    class Forever(Patient):
        """Sleeps for years."""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            del tick
            await self.sleep(1e9)

    house, _ = run(Forever)
    step(house, *(1 + number / 1_000 for number in range(10_002)))

    assert state_of(house) is StrategyState.FAILED
    assert "10,000 events wait behind a callback that waits since" in house.parts.faults[0][1]
    assert "set `while_waiting = 'skip'`" in house.parts.faults[0][1]


def test_bars_and_sync_callbacks_of_the_same_strategy_wait_their_turn() -> None:
    """One strategy does one thing at a time."""

    class Mixed(Patient):
        """Waits in one callback, and not in the other."""

        async def on_tick(self, tick: TickData) -> None:
            """Wait."""
            self.note(f"tick {tick.last_price:.0f}")
            await self.sleep(90)
            self.note("slept")

        def on_bar(self, bar: BarData) -> None:
            """Note it."""
            self.note(f"bar {bar.close_price:.0f}")

    house, strategy = run(Mixed)
    step(house, 1, 70)

    # The bar of the first minute ends at second 60, and is given when the sleep is over.
    assert strategy.notes == [(1, "tick 1")]
    step(house, 92)
    assert strategy.notes == [(1, "tick 1"), (91, "slept"), (91, "bar 1"), (91, "tick 70")]
