"""What the live console lists: quotes, positions, orders, trades, strategies, funds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan

from attrs import field, frozen
from rich.text import Text

from homalos.cli.words import clock, money, price, side
from homalos.model import AccountData, Direction, Offset, StrategyState, TickData
from homalos.plugins.ports import Snapshot

__all__ = [
    "Decimals",
    "Head",
    "Listing",
    "funds",
    "orders",
    "positions",
    "quotes",
    "strategies",
    "trades",
]

Cell = str | Text
Decimals = Callable[[str], int]
"""How many digits the prices of a symbol have behind the point."""

_RISE, _FALL = "red", "green"  # as on every Chinese trading screen
_STATES = {StrategyState.RUNNING: "green", StrategyState.FAILED: "bold red"}
_OFFSETS = {Offset.CLOSETODAY: "close td", Offset.CLOSEYESTERDAY: "close yd"}


@frozen
class Head:
    """The head of a column; numbers stand to the right.

    Attributes:
        text: What it says.
        is_number: Whether what is below are numbers.
        width: Characters at most; the rest is cut off. 0 for no bound.
    """

    text: str
    is_number: bool = False
    width: int = 0


@frozen
class Listing:
    """A table: its title, heads and rows, the most important row first."""

    title: str
    heads: tuple[Head, ...]
    rows: Sequence[tuple[Cell, ...]] = field(factory=list)


def quotes(picture: Snapshot, decimals: Decimals, *, is_wide: bool) -> Listing:
    """List the last tick of every symbol watched that had one.

    The change is against the settlement before, as the exchanges count it.
    """
    rows = []
    for symbol, tick in picture.ticks.items():
        digits = decimals(symbol)
        change, percent = _change(tick, digits)
        row: tuple[Cell, ...] = (
            symbol,
            price(tick.last_price, digits),
            change,
            *((percent,) if is_wide else ()),
            _level(tick.bid_price_1, tick.bid_volume_1, digits),
            _level(tick.ask_price_1, tick.ask_volume_1, digits),
            f"{tick.volume:,}",
            f"{tick.open_interest:,.0f}",
        )
        rows.append(row)
    heads = (
        Head("symbol"),
        Head("last", is_number=True),
        Head("change", is_number=True),
        *((Head("%", is_number=True),) if is_wide else ()),
        Head("bid × size", is_number=True),
        Head("ask × size", is_number=True),
        Head("volume", is_number=True),
        Head("open int", is_number=True),
    )
    return Listing("Quotes", heads, rows)


def positions(picture: Snapshot, decimals: Decimals) -> Listing:
    """List what the accounts hold; short lots are negative."""
    rows = [
        (
            each.symbol,
            f"{each.volume if each.direction is Direction.LONG else -each.volume:+d}",
            price(each.average_price, decimals(each.symbol) + 1),
            _signed(each.floating_pnl),
        )
        for each in picture.positions
    ]
    heads = (
        Head("symbol"),
        Head("lots", is_number=True),
        Head("average", is_number=True),
        Head("floating", is_number=True),
    )
    return Listing("Positions", heads, rows)


def strategies(
    picture: Snapshot, scores: Mapping[str, tuple[int, float]], *, is_wide: bool
) -> Listing:
    """List the strategies, what each holds, and what it has made before fees."""
    rows = []
    for name, state in picture.strategies.items():
        lots, profit = scores.get(name, (0, 0.0))
        shown = Text(str(state), style=_STATES.get(state, ""))
        rows.append((name, shown, f"{lots:+d}" if lots else "0", _signed(profit)))
    heads = (
        Head("name", width=0 if is_wide else 15),
        Head("state"),
        Head("lots", is_number=True),
        Head("gross pnl", is_number=True),
    )
    return Listing("Strategies", heads, rows)


def orders(picture: Snapshot, decimals: Decimals) -> Listing:
    """List the orders that work, the newest first."""
    rows = [
        (
            each.symbol,
            _short_side(side(each)),
            price(each.price, decimals(each.symbol)),
            f"{each.left}/{each.volume}",
        )
        for each in reversed(picture.orders)
    ]
    heads = (
        Head("symbol"),
        Head("side"),
        Head("price", is_number=True),
        Head("left", is_number=True),
    )
    return Listing("Working orders", heads, rows)


def trades(picture: Snapshot, decimals: Decimals, *, is_wide: bool) -> Listing:
    """List the last trades, the newest first."""
    rows = [
        (
            clock(each.ts_ns)[-8:],
            each.symbol,
            _short_side(side(each)) if is_wide else side(each).split()[0],
            str(each.volume),
            price(each.price, decimals(each.symbol)),
        )
        for each in reversed(picture.trades)
    ]
    heads = (
        Head("time"),
        Head("symbol"),
        Head("side"),
        Head("lots", is_number=True),
        Head("price", is_number=True),
    )
    return Listing("Last trades", heads, rows)


def funds(account: AccountData) -> list[tuple[str, Cell]]:
    """Return the figures of an account by name; the risk degree is margin over equity."""
    degree = account.margin / account.equity * 100 if account.equity else 0
    return [
        ("equity", Text(money(account.equity), style="bold")),
        ("available", money(account.available)),
        ("margin", money(account.margin)),
        ("risk degree", f"{degree:.1f} %"),
        ("fees", money(account.fees)),
        ("realised", _signed(float(account.realised_pnl))),
        ("floating", _signed(float(account.floating_pnl))),
        ("drawdown", money(account.max_drawdown)),
    ]


def _change(tick: TickData, digits: int) -> tuple[Cell, Cell]:
    before = next(
        (each for each in (tick.pre_settlement, tick.pre_close) if not isnan(each)), tick.open_price
    )
    change = tick.last_price - before
    if isnan(change) or not before:
        return "–", "–"
    style = _coloured(round(change, digits))
    return (
        Text(f"{change:+.{digits}f}", style=style),
        Text(f"{change / before * 100:+.2f}", style=style),
    )


def _level(at: float, size: int, digits: int) -> str:
    return "–" if isnan(at) else f"{at:.{digits}f} × {size}"


def _signed(amount: float) -> Cell:
    return "–" if isnan(amount) else Text(f"{amount:+,.2f}", style=_coloured(round(amount, 2)))


def _coloured(amount: float) -> str:
    return _RISE if amount > 0 else _FALL if amount < 0 else ""


def _short_side(text: str) -> str:
    for offset, short in _OFFSETS.items():
        text = text.replace(str(offset), short)
    return text
