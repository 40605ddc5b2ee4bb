"""Topic names: what the outside calls the messages it wants to hear.

Inside, a topic is a type and a key; outside, in a configuration, a command or a
web client, it is a name. Names are taken apart once, when somebody subscribes:
an event never carries one, and publishing never compares text.

| name | what is heard |
|---|---|
| `market.tick`, `market.tick.raw` | every tick |
| `market.tick.{symbol or strategy}` | ticks of a symbol, or of those a strategy trades |
| `market.bar`, `market.bar.raw` | every bar of every length |
| `market.bar.{symbol or strategy}` | bars of a symbol, or those a strategy trades by |
| `market.bar.{symbol}.{length}` | bars of one length: `market.bar.rb2510.SHFE.1m` |
| `order.state`, `order.state.{strategy}` | an order's new state |
| `order.trade`, `order.trade.{strategy}` | fills |
| `order.rejected`, `order.rejected.{strategy}` | orders that a risk rule kept |
| `risk.switch` | the switch of the engine, an account or a strategy was turned |
| `strategy.state`, `strategy.state.{strategy}` | a strategy started, stopped or failed |
| `strategy.roll`, `strategy.roll.{strategy}` | a strategy's main contract is another one |
| `timer.fired`, `timer.fired.{strategy}` | a strategy's timer came due |
| `session.state`, `session.state.{symbol or strategy}` | a trading session began or ended |
| `session.day` | the first event of a new trading day came |
| `account.settled` | an account's trading day was settled |
| `gateway.connection` | a gateway went up or down |
| `alert.raised` | something a person should see |

**Wildcards.** `*` stands for one part of a name, or for characters within one:
`order.*.ma1` is everything of the orders of `ma1`. At the end, `*` and `**` stand
for all that follows: `order.*` is every message about orders, `*` every message.
What stands in for a symbol or a strategy may be a pattern as of file names, too:
`market.tick.rb*.SHFE`, `market.bar.*.5m`, `order.trade.ma-*`.

**Which is meant.** The name of a strategy that is loaded goes before a symbol; a
symbol may be written in any spelling its market knows. A pattern fits symbols
after `market.` and `session.`, and names of strategies after the others.

The table in this file, `TOPICS`, is what the names are taken apart by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from attrs import frozen

from homalos.errors import TopicError, UnknownInstrument, did_you_mean
from homalos.model import (
    Alert,
    BarData,
    ConnectionChanged,
    OrderData,
    Rejection,
    Rolled,
    SessionChanged,
    Settled,
    StrategyChanged,
    TickData,
    TimerFired,
    TradeData,
    TradingDayChanged,
    TradingStateChanged,
)

__all__ = ["TOPICS", "TopicName", "Wanted", "name_of", "resolve"]

_RAW = "raw"
_WILD = re.compile(r"[*?\[]")
_BARS_OF = re.compile(r"(?P<symbol>.+?)(?:\.(?P<interval>\d+[smh]|d))?")


@frozen
class TopicName:
    """One line of the table.

    Attributes:
        name: What the outside writes.
        kind: The type of message that is heard.
        of: What may follow behind another dot: the key, or nothing.
        doc: What is heard, one line.
    """

    name: str
    kind: type
    of: Literal["", "symbol", "strategy", "bars"]
    doc: str


TOPICS: tuple[TopicName, ...] = (
    TopicName("market.tick", TickData, "symbol", "ticks, as they come in"),
    TopicName("market.bar", BarData, "bars", "bars that came in or were made"),
    TopicName("order.state", OrderData, "strategy", "an order's new state"),
    TopicName("order.trade", TradeData, "strategy", "fills"),
    TopicName("order.rejected", Rejection, "strategy", "orders that a risk rule kept"),
    TopicName(
        "risk.switch",
        TradingStateChanged,
        "",
        "the switch of the engine, an account or a strategy was turned",
    ),
    TopicName(
        "strategy.state", StrategyChanged, "strategy", "a strategy started, stopped or failed"
    ),
    TopicName("strategy.roll", Rolled, "strategy", "a strategy's main contract is another one"),
    TopicName("timer.fired", TimerFired, "strategy", "a strategy's timer came due"),
    TopicName("session.state", SessionChanged, "symbol", "a trading session began or ended"),
    TopicName("session.day", TradingDayChanged, "", "the first event of a new trading day came"),
    TopicName("account.settled", Settled, "", "an account's trading day was settled"),
    TopicName("gateway.connection", ConnectionChanged, "", "a gateway went up or down"),
    TopicName("alert.raised", Alert, "", "something a person should see"),
)
"""Every name; nothing behind it is everything, and so is `raw` where a symbol may stand."""


@frozen
class Wanted:
    """What a name came to: a type of message, and a key as the bus has it.

    Attributes:
        kind: The type.
        key: The key, a pattern for it, or `None` for everything.
    """

    kind: type
    key: str | tuple[str | None, str | None] | None


Trades = Callable[[str], Sequence[tuple[str, str]] | None]
"""Symbols and bar lengths of a strategy by its name; `None` when none has the name."""


def resolve(name: str, *, parse: Callable[[str], str], trades: Trades) -> tuple[Wanted, ...]:
    """Take a topic name apart.

    Args:
        name: As in the table above, wildcards included.
        parse: Returns the symbol that a text means, or raises `UnknownInstrument`.
        trades: The symbols and bar lengths of a strategy, `None` when there is none.

    Raises:
        TopicError: There is no such topic, symbol or strategy.
    """
    reader = _Reader(parse, trades)
    found: dict[Wanted, None] = {}
    parts = name.split(".")
    for topic in TOPICS:
        rest = _rest(parts, topic.name.split("."))
        if rest is not None and all(parts):
            found |= dict.fromkeys(reader.wanted(topic, rest))
    if found:
        return tuple(found)
    if reader.why:
        msg = f"topic {name!r}: {reader.why}"
        raise TopicError(msg)
    known = [each for topic in TOPICS for each in _spellings(topic)]
    msg = f"no topic is named {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}"
    raise TopicError(msg)


def name_of(kind: type) -> str:
    """Return the name of a type's topic, the type's own when the outside has none."""
    return next((topic.name for topic in TOPICS if topic.kind is kind), kind.__name__)


class _Reader:
    """Reads what stands behind a topic's own name, and remembers why it could not."""

    def __init__(self, parse: Callable[[str], str], trades: Trades) -> None:
        self._parse = parse
        self._trades = trades
        self.why = ""

    def wanted(self, topic: TopicName, rest: str) -> Iterator[Wanted]:
        if rest in ("", "*", "**"):
            yield Wanted(topic.kind, None)
        elif not topic.of:
            return
        elif topic.of == "strategy":
            yield Wanted(topic.kind, rest)
        elif rest == _RAW:
            yield Wanted(topic.kind, None)
        elif (traded := self._trades(rest)) is not None:
            for symbol, interval in traded:
                yield Wanted(topic.kind, (symbol, interval) if topic.of == "bars" else symbol)
        else:
            yield from self._of_symbols(topic, rest)

    def _of_symbols(self, topic: TopicName, rest: str) -> Iterator[Wanted]:
        interval = None
        if topic.of == "bars" and (match := _BARS_OF.fullmatch(rest)):
            rest, interval = match["symbol"], match["interval"]
        if not _WILD.search(rest):
            try:
                rest = self._parse(rest)
            except UnknownInstrument as error:
                self.why = f"{rest!r} is neither a strategy here nor a symbol: {error}"
                return
        symbol = None if rest == "*" else rest
        yield Wanted(topic.kind, (symbol, interval) if topic.of == "bars" else symbol)


def _rest(pattern: Sequence[str], parts: Sequence[str]) -> str | None:
    """Return what a pattern has behind a topic's own parts; `None` when it does not fit them."""
    for place, part in enumerate(parts):
        if pattern[place:] in (["*"], ["**"]):
            return ""
        if place >= len(pattern) or not fnmatchcase(part, pattern[place]):
            return None
    return ".".join(pattern[len(parts) :])


def _spellings(topic: TopicName) -> Iterator[str]:
    yield topic.name
    if topic.of in ("symbol", "bars"):
        yield f"{topic.name}.{_RAW}"
        yield f"{topic.name}.{{symbol or strategy}}"
    elif topic.of:
        yield f"{topic.name}.{{{topic.of}}}"
