"""Messages: frozen, hashable, and the same after a trip through bytes."""

from __future__ import annotations

import gc
from decimal import Decimal
from math import nan
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos import model
from homalos.codec import decode, encode
from homalos.model import (
    AccountData,
    Alert,
    CancelRefused,
    CancelRequest,
    Command,
    ConnectionChanged,
    Depth,
    Direction,
    Funds,
    Interval,
    Offset,
    OrderData,
    OrderReport,
    OrdersReported,
    PositionData,
    Rejection,
    Rolled,
    SessionChanged,
    SessionState,
    Settled,
    Statement,
    Status,
    StrategyChanged,
    StrategyState,
    Terms,
    TickData,
    TimeInForce,
    TimerFired,
    TradeData,
    TradeLine,
    TradeReport,
    TradingDayChanged,
    TradingState,
    TradingStateChanged,
)
from homalos.model.message import Message
from homalos.testing import SYMBOL, bar, order_request, same, tick

BUY, SELL, OPEN, CLOSE = Direction.LONG, Direction.SHORT, Offset.OPEN, Offset.CLOSE
CENT = Decimal("0.01")
ORDER = order_request(price=nan, reference="为什么")
STATE = (SYMBOL, BUY, OPEN, ORDER.type, nan, 3, 1, Status.PARTTRADED, "s", "main", "g", 1, 2)
DAY = Statement(
    account="main",
    currency="CNY",
    trading_day=20250106,
    funds=Funds(**dict.fromkeys(Funds.__annotations__, CENT)),
    trades=(
        TradeLine(
            day=20250106, symbol=SYMBOL, trade_id="T1", direction=SELL, offset=CLOSE,
            price=Decimal("100.50"), lots=2, turnover=CENT, fee=-CENT, realised=CENT,
            strategy="策略",
        ),
    ),
)  # fmt: skip
FUNDS = (CENT, -CENT, CENT, CENT * 0, CENT * 100, Decimal("1e-9"), Decimal("12345678901.23"))

ONE_OF_EACH = (
    tick(recv_ns=2**62, depth=Depth((99.0,), (1,), (nan, 102.5), (2, 3))),
    bar(complete=False, open_interest=nan),
    ORDER,
    CancelRequest("1-1", SYMBOL, "s", "main", "g", 1),
    Terms(3600.0, 2.5, TimeInForce.GTD, 5, 6, 1, "oco", "1-1"),
    OrdersReported("g", 2, 1),
    OrderReport("1-1", Status.REJECTED, 1, 0, "V1", "资金不足"),
    TradeReport("1-1", "T1", SYMBOL, SELL, CLOSE, 100.5, 2, 1, 20250106),
    CancelRefused("1-1", "too late", 1),
    OrderData("1-1", *STATE, "V1", "why", "ref"),
    TradeData("T1", "1-1", SYMBOL, SELL, CLOSE, 100.5, 2, 1, 20250106, "s", "main", "g"),
    Rejection("rule", "no", ORDER, 1, 2.5),
    PositionData("main", SYMBOL, BUY, 3, 1, 100.5, nan, Decimal("1005.0")),
    AccountData("main", "CNY", 20250106, *FUNDS, max_drawdown=5.5),
    ConnectionChanged("g", is_up=True, reason="", ts_ns=1),
    TimerFired("s", "t", 1, 2),
    Rolled("s", "aa.MAIN.TEST", "aa2602.TEST", "aa2601.TEST", 20250107, 1, 100.0, 99.0),
    SessionChanged(SYMBOL, SessionState.OPEN, 20250106, 1),
    TradingDayChanged(20250107, 20250106, 1),
    Settled("main", 20250106, 1, DAY),
    TradingStateChanged("account", "main", TradingState.HALTED, "lost too much", 1),
    StrategyChanged("s", StrategyState.FAILED, "ValueError: x", 1),
    Alert("error", "bus", "message", 1),
    Command("order.send", {"symbol": SYMBOL, "volume": 1, "price": 2.5, "tags": ["a", None]}, 1),
)

each_message = pytest.mark.parametrize("message", ONE_OF_EACH, ids=lambda m: type(m).__name__)


def test_every_message_of_the_model_is_tried_here() -> None:
    """A new one must be added to these tests."""
    public = (getattr(model, name) for name in model.__all__)
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, Message)}
    assert {type(message) for message in ONE_OF_EACH} == kinds


@each_message
def test_a_message_comes_back_from_bytes_as_it_was(message: Message) -> None:
    """Equal field by field, enums as enums and decimals to the digit."""
    back = decode(encode(message))
    assert type(back) is type(message)
    assert same(back, message)
    assert repr(back) == repr(message)


@each_message
def test_a_message_goes_out_as_an_array_that_begins_with_its_name(message: Message) -> None:
    """The format that files are written in: name, then the fields in their order."""
    raw = msgspec.msgpack.decode(encode(message))
    assert raw[0] == type(message).__name__
    assert len(raw) == 1 + len(message.__struct_fields__)


@each_message
def test_a_message_never_changes(message: Message) -> None:
    """No field can be set, so everybody may keep it."""
    for field in message.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(message, field, None)


@each_message
def test_equal_messages_have_equal_hashes(message: Message) -> None:
    """They can be kept in sets; only a command, which holds a dict, cannot."""
    if isinstance(message, Command):
        with pytest.raises(TypeError):
            hash(message)
        return
    twin = msgspec.structs.replace(message)
    assert hash(twin) == hash(message)


@each_message
def test_the_garbage_collector_leaves_messages_alone(message: Message) -> None:
    """A million of them cost no collection: that is what `gc=False` is for."""
    assert not gc.is_tracked(message)


finite = st.floats(allow_nan=False, allow_infinity=False)
prices = st.one_of(finite, st.just(nan))
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    float: prices,
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    dict[str, Any]: st.dictionaries(st.text(), st.none() | st.integers(0, 9) | st.text()),
    Statement: st.just(DAY),
    Depth | None: st.none()
    | st.builds(
        Depth,
        *[st.lists(values, max_size=5).map(tuple) for values in (prices, st.integers(0, 9))] * 2,
    ),
}


def made(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Make messages of a type with any values its annotations allow."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name, hint in get_type_hints(kind).items():
        if name.startswith("__"):
            continue
        if isinstance(hint, type) and issubclass(hint, Message):
            fields[name] = made(hint)
        elif hint == Terms | None:
            fields[name] = st.none() | made(Terms)
        else:
            fields[name] = VALUES[hint] if hint in VALUES else st.sampled_from(hint)
    return st.builds(kind, **fields)


@given(st.sampled_from([type(message) for message in ONE_OF_EACH]).flatmap(made))
def test_any_message_comes_back_from_bytes_as_it_was(message: Message) -> None:
    """Whatever the fields hold: nan, 64-bit stamps, any text, any exact decimal."""
    back = decode(encode(message))
    assert same(back, message)
    assert repr(back) == repr(message)


def test_fields_that_were_added_later_have_their_defaults() -> None:
    """An older file lacks them; it still reads."""
    raw = msgspec.msgpack.decode(encode(tick()))
    short = decode(msgspec.msgpack.encode(raw[:5]))
    assert isinstance(short, TickData)
    assert same(short, TickData(*raw[1:5]))


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", msgspec.msgpack.encode(["Unknown", 1]), msgspec.msgpack.encode({"a": 1})]
)
def test_bytes_that_are_no_message_are_an_error(data: bytes) -> None:
    """Never a guess."""
    with pytest.raises(msgspec.DecodeError):
        decode(data)


def test_a_missing_price_travels_as_nan() -> None:
    """Not as null, which JSON would make of it and could not read back."""
    raw = msgspec.msgpack.decode(encode(order_request(price=nan)))
    assert same(raw[6], nan)


# -- what the messages say of themselves ---------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_an_order_is_active_until_it_is_over(status: Status) -> None:
    """By the three states that can still be filled."""
    order = msgspec.structs.replace(ONE_OF_EACH[9], status=status)
    assert isinstance(order, OrderData)
    working = {"submitting", "nottraded", "parttraded"}
    assert order.is_active is (status.value in working)
    assert order.left == 2


def test_a_rejection_answers_for_its_request() -> None:
    """So that whoever asked can treat it as the order that it did not become."""
    rejection = Rejection("rule", "no", order_request(strategy="s"), 1)
    assert (rejection.order_id, rejection.strategy, rejection.is_active) == ("1-1", "s", False)


def test_the_words_of_the_trade_are_plain_strings() -> None:
    """They go into files and URLs as they are, and never change."""
    assert [str(each) for each in Direction] == ["long", "short"]
    assert [str(each) for each in Offset] == [
        "none", "open", "close", "closetoday", "closeyesterday"
    ]  # fmt: skip
    assert [str(each) for each in Interval] == ["1m", "5m", "15m", "1h", "d"]
    assert [str(each) for each in Status] == [
        "submitting", "nottraded", "parttraded", "alltraded", "cancelled", "rejected"
    ]  # fmt: skip
