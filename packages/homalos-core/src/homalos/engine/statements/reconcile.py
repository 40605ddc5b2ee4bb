"""Our day against another's statement of it, line by line, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from attrs import fields_dict, frozen

from homalos.model import (
    CloseLine,
    DeliveryLine,
    Funds,
    HoldingLine,
    Offset,
    PositionLine,
    Statement,
    TradeLine,
    TransferLine,
)

__all__ = ["Difference", "differences", "unprinted"]

_SECTIONS: Mapping[str, type] = {
    "transfers": TransferLine,
    "trades": TradeLine,
    "closes": CloseLine,
    "deliveries": DeliveryLine,
    "holdings": HoldingLine,
    "positions": PositionLine,
}
_WHOLE: Mapping[str, frozenset[str]] = {
    "funds": frozenset(fields_dict(Funds)),
    **{name: frozenset(fields_dict(line)) for name, line in _SECTIONS.items()},
}
_AVERAGES = frozenset({"long_average", "short_average"})
_PLAIN = frozenset({Offset.NONE, Offset.CLOSE})
# Texts of the sides' own, and what a statement does not know.
_NOT_COMPARED = frozenset({"strategy", "note", "origin", "symbol", "trade_id", "open_trade_id"})
_DATED = frozenset({"closes", "deliveries", "holdings"})


@frozen
class Difference:
    """One figure that is not the same on both sides, or a line that one side has alone.

    Attributes:
        section: `statement`, `funds`, `trades`, `closes`, `deliveries`, `holdings`,
            `positions` or `transfers`.
        key: Which line: its symbol, side, trade id and so on; empty in `funds`.
        column: The field that differs; `line` where one side does not have the line.
        ours: What we have; empty where we do not have the line.
        theirs: What the statement has; empty where it does not have the line.
    """

    section: str
    key: str
    column: str
    ours: str
    theirs: str


def differences(
    ours: Statement,
    theirs: Statement,
    printed: Mapping[str, frozenset[str]] | None = None,
) -> tuple[Difference, ...]:
    """Compare two statements of one day; return every figure that differs.

    Lines are paired by their trade ids, then by symbol, side, prices and lots, then by
    symbol, side and lots, so that a line with another price is named as that. Not compared
    are accounts, notes, strategies and trade ids themselves; the settlement price before,
    of lots that were opened on this day, which brokers print and profit is not counted
    from; and of offsets, a plain close says no more than that it closes. Averages are
    compared to three places where the statement prints three. A symbol without its
    exchange is compared by its code.

    Args:
        ours: The engine's day.
        theirs: What was read.
        printed: What of theirs was printed, as `Reading.printed`; everything when left out.
            What was not printed is no difference; `unprinted` tells it.
    """
    shown = _WHOLE if printed is None else printed
    found = [*_of_whole(ours, theirs), *_of_funds(ours.funds, theirs.funds, shown)]
    for name in _SECTIONS:
        if name in shown:
            found += _of_section(name, ours, theirs, shown[name])
    return tuple(found)


def unprinted(ours: Statement, printed: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return the sections that we have lines in and a statement does not print."""
    names = ["funds"] if "funds" not in printed else []
    names += [name for name in _SECTIONS if name not in printed and getattr(ours, name)]
    return tuple(names)


def _of_whole(ours: Statement, theirs: Statement) -> Iterator[Difference]:
    for name in ("trading_day", "currency"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if mine != other and other:
            yield Difference("statement", "", name, str(mine), str(other))


def _of_funds(
    ours: Funds, theirs: Funds, printed: Mapping[str, frozenset[str]]
) -> Iterator[Difference]:
    shown = printed.get("funds", frozenset())
    for name in fields_dict(Funds):
        if name in shown:
            yield from _figure("funds", "", name, getattr(ours, name), getattr(theirs, name))
    if "net" in shown:
        mine, other = (each.deposits - each.withdrawals for each in (ours, theirs))
        yield from _figure("funds", "", "deposits - withdrawals", mine, other)


def _of_section(
    section: str, ours: Statement, theirs: Statement, printed: frozenset[str]
) -> Iterator[Difference]:
    ours_left, theirs_left = list(getattr(ours, section)), list(getattr(theirs, section))
    bare = {_code(each) for each in theirs_left if "." not in getattr(each, "symbol", ".")}
    bare |= {_code(each) for each in ours_left if "." not in getattr(each, "symbol", ".")}
    pairs: list[tuple[Any, Any]] = []
    for key in _KEYS[section]:
        pairs += _paired(ours_left, theirs_left, _within(key, bare))
    for mine, other in pairs:
        for name in _compared(section, mine, ours, printed):
            yield from _figure(
                section, _named(mine), name, getattr(mine, name), getattr(other, name)
            )
    for mine in ours_left:
        yield Difference(section, _named(mine), "line", _described(mine), "")
    for other in theirs_left:
        yield Difference(section, _named(other), "line", "", _described(other))


def _compared(section: str, line: Any, ours: Statement, printed: frozenset[str]) -> Iterator[str]:
    """Yield the fields of a line that are to be the same."""
    for name in fields_dict(type(line)):
        if name in _NOT_COMPARED:
            continue
        if name == "amount" and not {"amount", "deposit", "withdrawal"} & printed:
            continue
        if name != "amount" and name not in printed:
            continue
        if name == "previous_settlement" and _opened_today(section, line, ours):
            continue
        yield name


def _opened_today(section: str, line: Any, ours: Statement) -> bool:
    """Return whether profit is not counted from the settlement price before."""
    if section in _DATED:
        return bool(line.open_day == ours.trading_day)
    held = [each for each in ours.holdings if each.symbol == line.symbol]
    return bool(held) and all(each.open_day == ours.trading_day for each in held)


def _paired(
    ours: list[Any], theirs: list[Any], key: Callable[[Any], Hashable]
) -> list[tuple[Any, Any]]:
    """Take out of both lists what has the same key, in order; return the pairs."""
    waiting: dict[Hashable, list[Any]] = {}
    for each in theirs:
        if (at := key(each)) is not None:
            waiting.setdefault(at, []).append(each)
    pairs = [(each, same.pop(0)) for each in ours if (same := waiting.get(key(each)))]
    _take(ours, (mine for mine, _ in pairs))
    _take(theirs, (other for _, other in pairs))
    return pairs


def _take(lines: list[Any], taken: Iterable[Any]) -> None:
    gone = {id(each) for each in taken}
    lines[:] = [each for each in lines if id(each) not in gone]


_Key = Callable[[Any], Sequence[Any] | None]


def _within(key: _Key, bare: set[str]) -> Callable[[Any], Hashable]:
    """Return the key with the line's symbol: its code alone where one side has no more."""

    def whole(line: Any) -> Hashable:
        values = key(line)
        if values is None:
            return None
        code, symbol = _code(line), getattr(line, "symbol", "")
        return (code if code in bare else symbol, getattr(line, "direction", None), *values)

    return whole


def _ids(*names: str) -> _Key:
    def key(line: Any) -> Sequence[Any] | None:
        # Counters align ids with blanks.
        values = [getattr(line, name).strip() for name in names]
        return values if all(values) else None

    return key


def _values(*names: str) -> _Key:
    return lambda line: [getattr(line, name) for name in names]


_KEYS: Mapping[str, Sequence[_Key]] = {
    "transfers": (_values("day", "amount"), _values("day")),
    "trades": (_ids("trade_id"), _values("price", "lots"), _values("lots")),
    "closes": (
        _ids("trade_id", "open_trade_id"),
        _values("open_day", "open_price", "price", "lots"),
        _values("open_day", "lots"),
    ),
    "deliveries": (_values("open_day", "open_price", "lots"), _values("open_day", "lots")),
    "holdings": (
        _ids("trade_id"),
        _values("open_day", "open_price", "lots"),
        _values("open_day", "lots"),
    ),
    "positions": (_values(),),
}


def _figure(section: str, key: str, name: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if not _same(name, ours, theirs):
        yield Difference(section, key, name, str(ours), str(theirs))


def _same(name: str, ours: Any, theirs: Any) -> bool:
    if ours == theirs:
        return True
    if name in _AVERAGES:
        exponent = theirs.as_tuple().exponent
        places = Decimal(1).scaleb(min(-3, exponent))
        return bool(ours.quantize(places, rounding=ROUND_HALF_UP) == theirs)
    if name == "offset":
        return Offset.OPEN not in {ours, theirs} and bool(_PLAIN & {ours, theirs})
    return False


def _code(line: Any) -> str:
    symbol: str = getattr(line, "symbol", "")
    return symbol.rpartition(".")[0] if "." in symbol else symbol


def _named(line: Any) -> str:
    """Return what tells a line from the others of its section."""
    names = ("day", "symbol", "direction", "lots", "open_day", "trade_id", "open_trade_id")
    texts = (str(getattr(line, name, "") or "") for name in names)
    return " ".join(filter(None, texts))


def _described(line: Any) -> str:
    names = (
        "amount",
        "open_price",
        "price",
        "fee",
        "realised",
        "margin",
        "long_lots",
        "short_lots",
    )
    return ", ".join(f"{name} {getattr(line, name)}" for name in names if hasattr(line, name))
