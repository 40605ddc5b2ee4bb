"""A statement as text, in the layout of CTP's counters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import asdict

from homalos.model import Statement
from homalos.model.instrument import split_symbol
from homalos_china.statements.layout import (
    CURRENCIES,
    DIRECTIONS,
    EXCHANGES,
    FUNDS,
    OFFSETS,
    SECTIONS,
    Column,
    Section,
    Shape,
)

__all__ = ["write_statement"]

_PAGE = 100
_LABEL = 36
_AMOUNT = 18
_GAP = "  "
_LETTERS = re.compile(r"[A-Za-z]*")
_UNFIT = re.compile(r"[\r\n\f|]")
_ZERO = Decimal(0)
_RIGHT = frozenset({Shape.LOTS, Shape.PRICE, Shape.AMOUNT, Shape.PREMIUM})


def write_statement(statement: Statement, *, broker: str = "Homalos", client: str = "") -> str:
    """Return the statement as a broker prints it; `parse_statement` reads it back equal.

    Lost are the strategies of trades, which no statement has a column for, and in texts
    blanks at the ends; a line end in a note becomes a blank, a vertical bar `¦`. Sections
    without a line are left out, as brokers do. A figure has at least the places that CTP
    prints, and more where it needs them.

    Args:
        statement: The day.
        broker: Whose name stands on top.
        client: The client's name; the account's when empty.
    """
    lines = [*_head(statement, broker, client), *_funds(statement)]
    for section in SECTIONS:
        rows = getattr(statement, section.name)
        if rows:
            lines += _table(section, rows)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(statement: Statement, broker: str, client: str) -> Iterator[str]:
    account = _fit(statement.account)
    yield _middle(_fit(broker), _PAGE)
    yield f"制表时间 Creation Date：{statement.trading_day:08d}".rjust(_PAGE - 6)
    yield "-" * _PAGE
    yield _middle("交易结算单(盯市) Settlement Statement(MTM)", _PAGE)
    yield f"客户号 Client ID：  {account:<16}  客户名称 Client Name：{_fit(client or account)}"
    yield f"日期 Date：{statement.trading_day:08d}"
    yield ""


def _funds(statement: Statement) -> Iterator[str]:
    currency = statement.currency
    name = CURRENCIES.get(currency, currency)
    yield _middle(f"资金状况  币种：{name}  Account Summary  Currency：{currency}", _PAGE)
    yield "-" * _PAGE
    figures = _figures(statement)
    cells = []
    for each in FUNDS:
        amount = figures[each.field]
        share = each.field == "risk_degree"
        text = f"{_number(amount.scaleb(2), 2)}%" if share else _number(amount, 2)
        cells.append(f"{_left(f'{each.label} {each.english}：', _LABEL)}{text.rjust(_AMOUNT)}")
    for index in range(0, len(cells), 2):
        yield _GAP.join(cells[index : index + 2])
    yield ""


def _figures(statement: Statement) -> Mapping[str, Decimal]:
    """Return the amounts of the summary: what was delivered stands apart there."""
    funds = statement.funds
    fees = sum((each.fee for each in statement.deliveries), _ZERO)
    realised = sum((each.realised for each in statement.deliveries), _ZERO)
    return {
        **asdict(funds),
        "net": funds.deposits - funds.withdrawals,
        "equity": funds.balance,
        "fees": funds.fees - fees,
        "fees_delivery": fees,
        "realised": funds.realised - realised,
        "realised_delivery": realised,
    }


def _table(section: Section, rows: Sequence[Any]) -> Iterator[str]:
    cells = [[_cell(column, row) for column in section.columns] for row in rows]
    totals = [_total(column, rows) for column in section.columns]
    totals[0] = f"共{len(rows):4d}条"
    heads = [[column.head for column in section.columns]]
    heads.append([column.english for column in section.columns])
    every = (*heads, *cells, totals)
    widths = [max(map(_width, texts)) for texts in zip(*every, strict=True)]
    ruler = "-" * (sum(widths) + len(widths) + 1)
    sides = [_right if column.shape in _RIGHT else _left for column in section.columns]
    middles = [_middle] * len(widths)
    yield _middle(f"{section.title} {section.english}", len(ruler))
    yield ruler
    yield from (_row(head, widths, middles) for head in heads)
    yield ruler
    yield from (_row(each, widths, sides) for each in cells)
    yield ruler
    yield _row(totals, widths, sides)
    yield ruler
    yield ""


def _row(texts: Iterable[str], widths: Sequence[int], put: Sequence[Callable[..., str]]) -> str:
    cells = (side(text, width) for text, width, side in zip(texts, widths, put, strict=True))
    return f"|{'|'.join(cells)}|"


def _cell(column: Column, row: Any) -> str:
    shape, value = column.shape, _value(column, row)
    if shape is Shape.DAY:
        return f"{value:08d}"
    if shape is Shape.PRICE:
        return _number(value, 3)
    if shape in {Shape.AMOUNT, Shape.PREMIUM}:
        return _number(value, 2)
    return _fit(str(value))


def _value(column: Column, row: Any) -> Any:
    """Return what the line has for a column; what it does not have follows from its symbol."""
    shape, name = column.shape, column.field
    match shape:
        case Shape.EXCHANGE | Shape.CODE | Shape.PRODUCT:
            found: Any = _of_symbol(row.symbol)[shape]
        case Shape.SIDE:
            found = DIRECTIONS[row.direction][0]
        case Shape.OFFSET:
            found = OFFSETS[row.offset][0]
        case Shape.HEDGE:
            found = "投机"
        case Shape.PREMIUM:
            found = _ZERO
        case _ if name in {"deposit", "withdrawal"}:
            found = max(row.amount if name == "deposit" else -row.amount, _ZERO)
        case _:
            found = getattr(row, name) if name else "出入金"
    return found


def _of_symbol(symbol: str) -> Mapping[Shape, str]:
    code, exchange = split_symbol(symbol) if "." in symbol else (symbol, "")
    letters = _LETTERS.match(code)
    return {
        Shape.EXCHANGE: EXCHANGES.get(exchange, (exchange,))[0],
        Shape.CODE: code,
        Shape.PRODUCT: letters[0] if letters else "",
    }


def _total(column: Column, rows: Sequence[Any]) -> str:
    if not column.total:
        return ""
    amount = sum((_value(column, row) for row in rows), _ZERO)
    return str(amount) if column.shape is Shape.LOTS else _number(amount, 2)


def _number(amount: Decimal, places: int) -> str:
    """Return a number with so many places, or more where it is not to be cut."""
    exponent = amount.as_tuple().exponent
    return f"{amount:.{max(places, -exponent)}f}" if isinstance(exponent, int) else str(amount)


# -- East Asian widths: a full-width character counts two ----------------------


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text


def _middle(text: str, width: int) -> str:
    room = max(width - _width(text), 0)
    return " " * (room // 2) + text + " " * (room - room // 2)


def _fit(text: str) -> str:
    """Return a text that stands in one cell of one line."""
    return _UNFIT.sub(lambda found: "¦" if found[0] == "|" else " ", text).strip()
