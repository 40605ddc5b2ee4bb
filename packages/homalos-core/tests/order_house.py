"""A house with one order and a venue that says what a script has it say."""

from __future__ import annotations

from collections.abc import Callable

from homalos.config import AccountSettings
from homalos.model import (
    Alert,
    CancelRefused,
    ConnectionChanged,
    Direction,
    Offset,
    OrderData,
    OrderReport,
    OrderRequest,
    OrdersReported,
    OrderType,
    Status,
    Terms,
    TradeReport,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal, RiskContext
from homalos.testing import DAY, SYMBOL, FakeGateway, at, engine, tick

LONG, OPEN, LIMIT = Direction.LONG, Offset.OPEN, OrderType.LIMIT


class Asked(FakeGateway):
    """A venue that can be asked for its orders, and notes what it was.

    Attributes:
        asked: How often it was asked.
        waiting: The questions that the script has not answered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.waiting: list[int] = []

    def report_orders(self, question: int) -> None:
        """Note the question; the script answers."""
        self.asked += 1
        self.waiting.append(question)


class OrderHouse:
    """An engine with an order `1-1` to buy 3 lots at 100, once the script has sent it.

    Attributes:
        told: The states of orders that were published, in order.
        alerts: What a person was told.
    """

    def __init__(self, venue: FakeGateway | None = None) -> None:
        """Start it, and show it a first price of 100."""
        self.venue = venue or Asked()
        self.refuses = False
        self.told: list[OrderData] = []
        self.alerts: list[str] = []
        self.trades: list[TradeReport] = []
        self.days = 0
        rule = RiskRuleSpec(name="switch", factory=self._rule)
        self.engine = engine(
            rule, gateway=self.venue, accounts={"main": AccountSettings(gateway="fake")}
        )
        self.manager = self.engine.parts.orders
        self.lane = self.manager.lane("main", SYMBOL)
        self.holding = self.engine.parts.accounts.holding("main", SYMBOL)
        self.account = self.engine.parts.accounts.accounts["main"]
        bus = self.engine.parts.bus
        bus.subscribe(OrderData, self.told.append, order=90, name="test")
        bus.subscribe(Alert, lambda each: self.alerts.append(each.message), order=90, name="test")
        self.engine.start()
        self.engine.step(tick(price=100.0))
        self.alerts.clear()

    def _rule(self, _context: RiskContext, _options: object) -> Callable[..., Refusal | None]:
        return lambda _: Refusal("not now", 1, 0) if self.refuses else None

    @property
    def order(self) -> OrderData:
        """Return the last state of the order."""
        return self.manager.orders["1-1"]

    @property
    def now_ns(self) -> int:
        """Return the engine's time."""
        return self.engine.parts.clock.now

    def play(self, script: str) -> None:
        """Have things happen, one word each; a word may have a number of lots behind it."""
        for word in script.split():
            step = getattr(self, f"do_{word.rstrip('0123456789')}")
            lots = word.lstrip("abcdefghijklmnopqrstuvwxyz_")
            step(int(lots)) if lots else step()

    # -- what we do --------------------------------------------------------------

    def do_send(self) -> None:
        """Send the order."""
        self.manager.submit("hand", self.lane, LONG, OPEN, 100.0, 3, LIMIT)

    def do_keep(self) -> None:
        """Hold it back."""
        request = OrderRequest(
            self.manager.next_id(), SYMBOL, LONG, OPEN, OrderType.STOP, 100.0, 3,
            "hand", "main", "fake", self.now_ns, "", Terms(trigger=101.0),
        )  # fmt: skip
        self.manager.keep_held(request, self.lane)

    def do_change(self) -> None:
        """Change the held order."""
        self.manager.change_held("1-1", price=101.0)

    def do_release(self) -> None:
        """Release it."""
        self.manager.release_held("1-1", LIMIT, 100.0)

    def do_forbid(self) -> None:
        """Have risk refuse every order."""
        self.refuses = True

    def do_withdraw(self) -> None:
        """End the held order."""
        self.manager.end_held("1-1", "not wanted any more")

    def do_cancel(self) -> None:
        """Ask for the order back."""
        self.manager.cancel("1-1")

    def do_ask(self) -> None:
        """Ask the venue for its orders."""
        self.manager.reconcile("fake")

    # -- what the venue says -----------------------------------------------------

    def say(self, status: Status, traded: int = 0, name: str = "", reason: str = "") -> None:
        """Report the order."""
        self.venue.report(OrderReport("1-1", status, self.now_ns, traded, name, reason))

    def do_ack(self) -> None:
        """Acknowledge the order, with the venue's id."""
        self.say(Status.NOTTRADED, name="V9")

    def do_ack_bare(self) -> None:
        """Acknowledge it without."""
        self.say(Status.NOTTRADED)

    def do_f(self, lots: int) -> None:
        """Fill lots."""
        trade = TradeReport(
            "1-1", f"T{len(self.trades)}", SYMBOL, LONG, OPEN, 100.0, lots, self.now_ns,
            DAY + self.days,
        )  # fmt: skip
        self.trades.append(trade)
        self.venue.report(trade)

    def do_again(self) -> None:
        """Report the last fill again."""
        self.venue.report(self.trades[-1])

    def do_x(self, traded: int) -> None:
        """Say that the order is cancelled, so many lots filled."""
        self.say(Status.CANCELLED, traded)

    def do_r(self, traded: int) -> None:
        """Say that it is rejected."""
        self.say(Status.REJECTED, traded)

    def do_all(self) -> None:
        """Say that it is filled whole, without a trade."""
        self.say(Status.ALLTRADED, 3)

    def do_no(self) -> None:
        """Refuse the cancel."""
        self.venue.report(CancelRefused("1-1", "not now", self.now_ns))

    def do_down(self) -> None:
        """Go away."""
        self.venue.report(ConnectionChanged("fake", is_up=False, reason="gone", ts_ns=self.now_ns))

    def do_up(self) -> None:
        """Come back."""
        self.venue.report(ConnectionChanged("fake", is_up=True, reason="", ts_ns=self.now_ns))

    def do_marker(self) -> None:
        """Say that everything has been reported: to the newest question, or to nobody's."""
        waiting = self.venue.waiting if isinstance(self.venue, Asked) else []
        self.venue.report(OrdersReported("fake", waiting.pop() if waiting else 0, self.now_ns))

    # -- time --------------------------------------------------------------------

    def do_wait(self, seconds: int) -> None:
        """Let time pass."""
        self.engine.parts.loop.advance(self.now_ns + seconds * 1_000_000_000)

    def do_day(self) -> None:
        """Let the next trading day begin."""
        self.days += 1
        self.engine.step(tick(price=100.0, ts_ns=at(self.days * 86_400)))
