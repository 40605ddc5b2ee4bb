"""A second market: other days, other money, no offsets, T+1, and nothing of it in the core."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from homalos import Engine, Settings, Strategy
from homalos.config import AccountSettings, FeedSettings
from homalos.engine.ledger import Ledger
from homalos.model import Direction, Offset, PositionMode, Rejection, SettlementPrice
from homalos.plugins import MarketSpec
from homalos.plugins.host import PluginHost
from homalos.testing.contracts import MARKET, MarketSubject, Requirement

if TYPE_CHECKING:
    from homalos.model import OrderData, TickData, TradeData

PLUGIN = Path(__file__).with_name("second_market.py")
CORE = Path(__file__).parent.parent / "packages" / "homalos-core" / "src" / "homalos"
SYMBOL = "peat.ISLE"
DAYS = [20250304, 20250308, 20250311, 20250322]
CHINESE = {"SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"}


class Peat(Strategy):
    """Buys 3 lots on the first day, tries to sell 2 at once, and again on the second."""

    answers: list[OrderData | Rejection]
    seen: list[TradeData]
    days: list[int]

    def on_start(self) -> None:
        """Begin with nothing."""
        self.answers, self.seen, self.days = [], [], []

    def on_tick(self, tick: TickData) -> None:
        """Buy at the first tick; sell at each day's second after that until it is done."""
        if tick.trading_day not in self.days:
            self.days.append(tick.trading_day)
            if len(self.days) == 1:
                self.send(Direction.LONG, tick.ask_price_1, 3)
            elif len(self.days) == 2:
                self.send(Direction.SHORT, tick.bid_price_1, 2)

    def send(self, direction: Direction, price: float, lots: int) -> None:
        """Send an order as a netting market knows it."""
        self.answers.append(self.send_order(direction, Offset.NONE, price, lots))

    def on_trade(self, trade: TradeData) -> None:
        """Try to sell what was bought a moment ago."""
        self.seen.append(trade)
        if trade.direction is Direction.LONG and self.pos == 3:
            self.send(Direction.SHORT, trade.price, 2)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Peat]:
    """Give an engine that went through the almanac on a made-up tape, and its strategy."""
    settings = Settings(
        home=tmp_path_factory.mktemp("isle"),
        accounts={
            "main": AccountSettings(
                capital=Decimal(20_000), currency="EUR", mode=PositionMode.NETTING
            )
        },
        feed=FeedSettings(
            kind="synthetic",
            options={
                "symbols": (SYMBOL,),
                "start_day": DAYS[0],
                "days": len(DAYS),
                "tick_ms": 5_000,
                "history_days": 0,
            },
        ),
    )
    running = Engine.build(settings, plugins=PluginHost.discover(files=[PLUGIN]))
    strategy = running.add_strategy(Peat, symbol=SYMBOL)
    assert isinstance(strategy, Peat)
    summary = running.run()
    assert (summary.faults, summary.identity_holds) == (0, True)
    return running, strategy


@pytest.mark.parametrize("requirement", MARKET, ids=str)
def test_the_island_meets(requirement: Requirement[MarketSubject], tmp_path: Path) -> None:
    """What the engine relies on holds for a market of one file, too."""
    host = PluginHost.discover(files=[PLUGIN])
    (spec,) = (
        spec
        for _, spec in host.answers("register_markets")
        if isinstance(spec, MarketSpec) and spec.name == "isle"
    )
    subject = MarketSubject(
        spec=spec,
        folder=tmp_path,
        symbols=(SYMBOL,),
        trading_day=DAYS[1],
        spellings={"peat": SYMBOL},
        outside=20250401,
    )
    requirement.check(subject)


def test_the_days_are_the_almanac_s(ran: tuple[Engine, Peat]) -> None:
    """Sessions over midnight and a Saturday among them; no weekday was guessed."""
    _, strategy = ran
    assert strategy.days == DAYS


def test_what_was_bought_today_is_sold_on_the_next_day(ran: tuple[Engine, Peat]) -> None:
    """The sale of the first day is refused by its rule; that of Saturday is filled."""
    _, strategy = ran
    bought, refused, sold = strategy.answers

    assert isinstance(refused, Rejection)
    assert refused.rule == "closable"
    assert not isinstance(bought, Rejection)
    assert not isinstance(sold, Rejection)
    assert [(each.direction, each.volume, each.trading_day) for each in strategy.seen] == [
        (Direction.LONG, 3, DAYS[0]),
        (Direction.SHORT, 2, DAYS[1]),
    ]
    assert {each.offset for each in strategy.seen} == {Offset.NONE}


def test_the_account_is_in_euros(ran: tuple[Engine, Peat]) -> None:
    """Three lots at 5 cents and two at 7 are 29 cents; four units a lot."""
    running, strategy = ran
    accounts = running.parts.accounts
    account = accounts.account_data("main", DAYS[-1])
    bought, sold = (Decimal(str(each.price)) for each in strategy.seen)

    assert account.currency == "EUR"
    assert account.fees == Decimal("0.29")
    assert account.realised_pnl == (sold - bought) * 2 * 4
    held = [each for each in accounts.position_data("main", DAYS[-1]) if each.volume]
    assert [(each.symbol, each.direction, each.volume) for each in held] == [
        (SYMBOL, Direction.LONG, 1)
    ]


def test_the_statements_of_its_days_are_in_euros(ran: tuple[Engine, Peat]) -> None:
    """A sale of Saturday closes lots marked on Tuesday; the balances chain."""
    running, strategy = ran
    account = running.parts.accounts.account_data("main", DAYS[-1])
    bought, sold = strategy.seen
    ledger = Ledger(capital=account.capital, currency=account.currency)
    position = ledger.position(running.parts.accounts.holding("main", SYMBOL).instrument)
    prices = {SYMBOL: SettlementPrice(Decimal(str(bought.price)))}
    ledger.post(bought, position)
    first = ledger.settle(DAYS[0], prices)
    ledger.post(sold, position)
    second = ledger.settle(DAYS[1], prices)

    assert (first.currency, second.currency) == ("EUR", "EUR")
    assert first.funds.balance == Decimal("19999.85")
    assert second.funds.balance_before == first.funds.balance
    assert (second.funds.realised, second.funds.fees) == (account.realised_pnl, Decimal("0.14"))
    # One lot of four units, paid for in full.
    assert second.funds.margin == Decimal(str(bought.price)) * 4


def branches(source: str) -> list[str]:
    """Return the texts of code, docstrings aside, that are the name of a Chinese exchange."""
    return [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value in CHINESE or (node.value.startswith(".") and node.value[1:] in CHINESE)
    ]


def test_the_search_for_exchanges_finds_one() -> None:
    """A search that finds nothing anywhere would prove nothing."""
    assert branches('"""SHFE."""\nif exchange in ("SHFE", ".INE"): pass') == ["SHFE", ".INE"]


def test_no_module_of_the_core_knows_a_chinese_exchange() -> None:
    """Whole symbols stand in examples; the name of an exchange alone is what one asks for."""
    found = {
        str(path.relative_to(CORE)): names
        for path in sorted(CORE.rglob("*.py"))
        if (names := branches(path.read_text("utf-8")))
    }
    assert found == {}


def test_the_core_imports_nothing_of_china() -> None:
    """Neither the market nor its calendar."""
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            strangers = [each for each in names if each.startswith(("homalos_china", "shinny"))]
            assert strangers == [], path
