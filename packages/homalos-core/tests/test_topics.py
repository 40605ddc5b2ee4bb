"""Topic names: what each comes to, wildcards, and the answer to a misspelt one."""

from __future__ import annotations

import re

import pytest

from homalos import topics
from homalos.errors import TopicError, UnknownInstrument
from homalos.model import (
    Alert,
    BarData,
    ConnectionChanged,
    OrderData,
    Rejection,
    SessionChanged,
    Settled,
    StrategyChanged,
    TickData,
    TimerFired,
    TradeData,
    TradingDayChanged,
)
from homalos.topics import TOPICS, Wanted, name_of, resolve

STRATEGIES = {
    "ma1": [("rb2510.SHFE", "1m")],
    "ma-rb2510.SHFE": [("rb2510.SHFE", "5m"), ("hc2510.SHFE", "5m")],
}


def parse(text: str) -> str:
    """Know two contracts, each in two spellings."""
    code = text.removesuffix(".SHFE")
    if code not in ("rb2510", "hc2510"):
        msg = f"{text!r} is in no market"
        raise UnknownInstrument(msg)
    return f"{code}.SHFE"


def found(name: str) -> list[tuple[type, object]]:
    """Take a name apart."""
    return [(each.kind, each.key) for each in resolve(name, parse=parse, trades=STRATEGIES.get)]


ORDERS = [OrderData, TradeData, Rejection]

CASES: dict[str, list[tuple[type, object]]] = {
    "market.tick.raw": [(TickData, None)],
    "market.tick": [(TickData, None)],
    "market.tick.*": [(TickData, None)],
    "market.tick.**": [(TickData, None)],
    "market.tick.rb2510.SHFE": [(TickData, "rb2510.SHFE")],
    "market.tick.rb2510": [(TickData, "rb2510.SHFE")],
    "market.tick.rb*.SHFE": [(TickData, "rb*.SHFE")],
    "market.tick.ma1": [(TickData, "rb2510.SHFE")],
    "market.tick.ma-rb2510.SHFE": [(TickData, "rb2510.SHFE"), (TickData, "hc2510.SHFE")],
    "market.bar.raw": [(BarData, None)],
    "market.bar.rb2510.SHFE": [(BarData, ("rb2510.SHFE", None))],
    "market.bar.rb2510.SHFE.15m": [(BarData, ("rb2510.SHFE", "15m"))],
    "market.bar.rb2510.SHFE.d": [(BarData, ("rb2510.SHFE", "d"))],
    "market.bar.*.5m": [(BarData, (None, "5m"))],
    "market.bar.rb*.SHFE": [(BarData, ("rb*.SHFE", None))],
    "market.bar.ma-rb2510.SHFE": [
        (BarData, ("rb2510.SHFE", "5m")),
        (BarData, ("hc2510.SHFE", "5m")),
    ],
    "market.*": [(TickData, None), (BarData, None)],
    "market.*.raw": [(TickData, None), (BarData, None)],
    "market.*.ma1": [(TickData, "rb2510.SHFE"), (BarData, ("rb2510.SHFE", "1m"))],
    "order.*": [(kind, None) for kind in ORDERS],
    "order.*.ma1": [(kind, "ma1") for kind in ORDERS],
    "order.*.ma-*": [(kind, "ma-*") for kind in ORDERS],
    "order.state.ma-rb2510.SHFE": [(OrderData, "ma-rb2510.SHFE")],
    "order.trade.not-loaded-yet": [(TradeData, "not-loaded-yet")],
    "order.t*": [(TradeData, None)],
    "*.state": [(OrderData, None), (StrategyChanged, None), (SessionChanged, None)],
    "timer.*": [(TimerFired, None)],
    "session.*": [(SessionChanged, None), (TradingDayChanged, None)],
    "session.state.rb2510": [(SessionChanged, "rb2510.SHFE")],
    "account.settled": [(Settled, None)],
    "gateway.*": [(ConnectionChanged, None)],
    "alert.raised": [(Alert, None)],
    "alert.**": [(Alert, None)],
}


@pytest.mark.parametrize("name", CASES)
def test_a_name_comes_to_types_and_keys(name: str) -> None:
    """As the table of the module says."""
    assert found(name) == CASES[name]


@pytest.mark.parametrize("name", ["*", "**"])
def test_a_star_alone_is_every_message(name: str) -> None:
    """Each topic once."""
    assert found(name) == [(topic.kind, None) for topic in TOPICS]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("order.stat", "no topic is named 'order.stat'; did you mean 'order.state'?; there are "),
        ("market.tick.zz9999", "neither a strategy here nor a symbol: 'zz9999' is in no market"),
        ("market.bar.zz.SHFE.1m", "topic 'market.bar.zz.SHFE.1m': 'zz.SHFE' is neither"),
        ("market.*.zz", "topic 'market.*.zz': 'zz' is neither"),
        ("alert.raised.x", "no topic is named 'alert.raised.x'"),
        ("market.ticks.*", "no topic is named 'market.ticks.*'; did you mean 'market.tick"),
        ("Order.*", "no topic is named 'Order.*'"),
        ("order", "no topic is named 'order'"),
        ("*.", "no topic is named '*.'"),
        ("", "no topic is named ''"),
        ("order.state.", "no topic is named 'order.state.'; did you mean 'order.state'"),
        ("market..tick", "no topic is named 'market..tick'; did you mean 'market.tick'"),
        ("行情.tick", "no topic is named '行情.tick'"),
    ],
)
def test_a_name_that_means_nothing_is_refused_by_name(name: str, message: str) -> None:
    """Subscribed it would be deaf for ever."""
    with pytest.raises(TopicError, match=re.escape(message)):
        found(name)


def test_the_refusal_lists_every_name() -> None:
    """So that nobody has to look them up."""
    with pytest.raises(TopicError) as caught:
        found("nonsense")
    listed = str(caught.value).partition("there are ")[2].split(", ")
    assert {each.partition(".{")[0] for each in listed} >= {topic.name for topic in TOPICS}


def test_the_manual_and_the_table_have_the_same_names() -> None:
    """Each line of the docstring's table is a topic, and none is missing."""
    lines = re.findall(r"^\| (`.+?) \|", topics.__doc__ or "", re.MULTILINE)
    named = {name for line in lines for name in re.findall(r"`([a-z]+\.[a-z]+)", line)}
    assert named == {topic.name for topic in TOPICS}


def test_every_type_has_one_topic_and_its_name() -> None:
    """Statistics show a type by its topic; one the outside cannot name, by its own."""
    assert [name_of(topic.kind) for topic in TOPICS] == [topic.name for topic in TOPICS]
    assert name_of(Wanted) == "Wanted"
