"""Callbacks that wait decide the same in a backtest and in live style, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from homalos import Engine, Settings, Strategy
from homalos.config import FeedSettings, InboxSettings
from homalos.model import OrderData, Status
from homalos.strategy import param

if TYPE_CHECKING:
    from pathlib import Path

    from homalos import RunSummary
    from homalos.model import TickData

_SYMBOLS = ("rb2510.SHFE", "IF2509.CFFEX")
_COUNT = 10


class Chaser(Strategy):
    """Buys at the bid, waits a while for the fill, chases the price, rests, and sells again."""

    @frozen
    class Params:
        """How patient it is.

        Attributes:
            wait_s: Seconds it waits for a fill.
            rest_s: Seconds it rests between two rounds.
        """

        wait_s: float = param(5.0, gt=0)
        rest_s: float = param(30.0, ge=0)

    def on_init(self) -> None:
        """Begin without a round."""
        self.rounds = 0
        self.chased = 0

    async def on_tick(self, tick: TickData) -> None:
        """Go one round: in, and out again."""
        del tick
        self.rounds += 1
        await self._trade(is_in=True)
        await self.sleep(self.params.rest_s)
        if self.pos > 0:
            await self._trade(is_in=False)
        await self.sleep(self.params.rest_s)

    async def _trade(self, *, is_in: bool) -> None:
        for attempt in range(3):
            last = self.last_tick()
            if last is None:
                return
            touch = (last.bid_price_1, last.ask_price_1)
            price = touch[is_in == (attempt > 0)]
            order = (self.buy if is_in else self.sell)(price, 2 if is_in else self.pos)
            if not isinstance(order, OrderData):
                return
            state = await self.filled(order, timeout_s=self.params.wait_s)
            if state.status is Status.ALLTRADED:
                return
            self.chased += 1
            self.cancel_order(state)
            await self.filled(order)
            if is_in or not self.pos:
                return


def run(home: Path, *, thread: bool) -> tuple[RunSummary, list[Chaser]]:
    """Run ten of them on a night and a day, and return what came of it."""
    options: dict[str, Any] = {"symbols": _SYMBOLS, "tick_ms": 2_000}
    engine = Engine.build(
        Settings(
            home=home,
            feed=FeedSettings(kind="synthetic", thread=thread, options=options),
            inbox=InboxSettings(market=64, when_full="block"),
        )
    )
    added = [
        engine.add_strategy(
            Chaser,
            symbol=_SYMBOLS[number % 2],
            name=f"chaser-{number}",
            wait_s=1.5 + number,
            rest_s=10.0 + 7 * number,
        )
        for number in range(_COUNT)
    ]
    return engine.run(), [each for each in added if isinstance(each, Chaser)]


def test_ten_waiting_strategies_decide_the_same_in_backtest_and_live_style(tmp_path: Path) -> None:
    """Sleeps and awaited fills are entries on the one agenda, wherever the ticks come from."""
    backtest, strategies = run(tmp_path, thread=False)
    again, _ = run(tmp_path, thread=False)
    live, live_strategies = run(tmp_path, thread=True)

    assert backtest.decision_hash == again.decision_hash == live.decision_hash
    assert backtest == live
    rounds = [(each.rounds, each.chased) for each in strategies]
    assert rounds == [(each.rounds, each.chased) for each in live_strategies]
    # There was something to come out differently: fills waited for, and waits that ran out.
    assert min(done for done, _ in rounds) > 20
    assert sum(chased for _, chased in rounds) > 50
    assert (backtest.faults, backtest.orders_settled, backtest.identity_holds) == (0, True, True)
