"""What a user knows better than the package: products changed or added by a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve

from homalos.errors import ConfigError
from homalos.model import CloseFirst, Delivery, Fee, MarginSide, OffsetRule
from homalos_china.last_days import check_rule
from homalos_china.products import (
    DeliveryKind,
    Ending,
    Exchange,
    Fees,
    Hours,
    Margin,
    OrderSizes,
    PriceLimit,
    Product,
    Rules,
    Span,
    Terms,
)
from homalos_china.tables import parse_fee, parse_hours, read_auctions, read_rules, read_sections

__all__ = ["with_overrides"]

_F = TypeVar("_F", Terms, Hours, OrderSizes, Fees, Rules, Ending, DeliveryKind)
_R = TypeVar("_R", Margin, PriceLimit)
_E = TypeVar("_E", bound=StrEnum)

_NEEDED = ("exchange", "tick_size", "multiplier", "day")


def with_overrides(
    products: Mapping[str, Product], exchanges: Mapping[str, Exchange], path: Path
) -> dict[str, Product]:
    """Return the products as a file changes and extends them; unchanged when there is no file.

    A table `[products.<code>]` holds for every day. Its keys: `exchange`, `name`,
    `tick_size` (CNY per unit), `multiplier` (units a lot), `day` (`commodity`,
    `index`, `early`, `bond`, or a list such as `["09:00-10:15"]`), `night`
    (`"21:00-23:00"`, or `""` for none), `max_limit_volume`, `max_market_volume`
    (lots), `margin_rate` (0 to 1), `fee_open`, `fee_close`, `fee_close_today`
    (`0.0001` of the turnover, `"3/lot"`, `"0.0001+3/lot"`), `offsets`, `close_first`,
    `margin_side`, `delivery` (as in `homalos.model`), `fee_delivery`, `limit_rate` (0 to 1),
    and `last_day` (a rule as in `homalos_china.last_days`). A new product needs the
    first, the third, the fourth and `day`.

    Raises:
        ConfigError: The file cannot be read, or names every problem with its key.
    """
    merged = dict(products)
    problems: list[str] = []
    for code, table in _tables(path, problems).items():
        where = f"{path}: products.{code}"
        values = _values(table, where, exchanges, problems)
        base = _base(code, values.get("exchange"), products)
        missing = [key for key in _NEEDED if base is None and key not in table]
        if not (code.isascii() and code.isalpha()):
            problems.append(f"{where}: a product code has letters only, such as rb")
        elif missing:
            problems.append(f"{where}: not a known product; to add it, give {', '.join(missing)}")
        elif base is not None:
            merged[base.key] = _changed(base, values, str(path))
        elif all(key in values for key in _NEEDED):
            added = _added(code, values, str(path))
            merged[added.key] = added
    if problems:
        raise ConfigError(problems)
    return merged


def _tables(path: Path, problems: list[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:  # tomllib's and unicode's errors are ValueErrors
        raise ConfigError([f"{path}: {error}"]) from error
    tables = document.pop("products", {})
    problems += [f"{path}: {key}: unknown; expected [products.<code>]" for key in document]
    if not isinstance(tables, dict):
        problems.append(f"{path}: products: expected tables [products.<code>]")
        return {}
    return tables


def _values(
    table: object, where: str, exchanges: Mapping[str, Exchange], problems: list[str]
) -> dict[str, Any]:
    if not isinstance(table, dict):
        problems.append(f"{where}: expected a table")
        return {}
    readers = _readers(exchanges)
    values = {}
    for key, value in table.items():
        if key not in readers:
            problems.append(f"{where}.{key}: unknown key; known are {', '.join(sorted(readers))}")
            continue
        expected, read = readers[key]
        try:
            values[key] = read(value)
        except ValueError:
            problems.append(f"{where}.{key}: expected {expected}, found {value!r}")
    return values


def _base(code: str, exchange: Exchange | None, products: Mapping[str, Product]) -> Product | None:
    for product in products.values():
        if product.code == code and exchange in (None, product.exchange):
            return product
    return None


def _changed(base: Product, values: Mapping[str, Any], source: str) -> Product:
    def changed(facts: tuple[_F, ...], fields: Mapping[str, str]) -> tuple[_F, ...]:
        return tuple(_with(fact, values, fields, source) for fact in facts)

    def single(facts: tuple[_R, ...], bare: _R, key: str) -> tuple[_R, ...]:
        """Have one share hold on every day, whatever was known of single ones."""
        if key not in values:
            return facts
        return (evolve(bare, rate=values[key], sources=(source,)),)

    return evolve(
        base,
        name=values.get("name", base.name),
        terms=changed(base.terms, _TERMS),
        hours=changed(base.hours, _HOURS),
        sizes=changed(base.sizes, _SIZES),
        margins=single(base.margins, Margin(Span()), "margin_rate"),
        fees=changed(base.fees, _FEES),
        rules=changed(base.rules, _RULES),
        endings=changed(base.endings, _ENDING),
        delivery=_with(base.delivery, values, _DELIVERY, source),
        limits=single(base.limits, PriceLimit(Span()), "limit_rate"),
    )


def _added(code: str, values: Mapping[str, Any], source: str) -> Product:
    bare = Product(
        code=code,
        exchange=values["exchange"],
        name=code,
        terms=(Terms(Span(), Span(), values["tick_size"], values["multiplier"]),),
        hours=(Hours(Span(), values["day"]),),
        sizes=(OrderSizes(Span()),),
        margins=(Margin(Span()),),
        fees=(Fees(Span()),),
        auctions=read_auctions()[values["exchange"].code],
        rules=read_rules()[values["exchange"].code],
        endings=(Ending(Span()),),
        sources=(source,),
    )
    return _changed(bare, values, source)


# The key in the file, and the field of the fact that it sets.
_TERMS = {"tick_size": "tick_size", "multiplier": "multiplier"}
_HOURS = {"day": "sections", "night": "night"}
_SIZES = {"max_limit_volume": "limit", "max_market_volume": "market"}
_FEES = {"fee_open": "open", "fee_close": "close", "fee_close_today": "close_today"}
_RULES = {"offsets": "offsets", "close_first": "close_first", "margin_side": "margin_side"}
_ENDING = {"last_day": "rule"}
_DELIVERY = {"delivery": "kind", "fee_delivery": "fee"}


def _with(fact: _F, values: Mapping[str, Any], fields: Mapping[str, str], source: str) -> _F:
    """Return a fact as the file changes it: what it sets is the file's, on every day."""
    given: dict[str, Any] = {fields[key]: values[key] for key in fields if key in values}
    return evolve(fact, **given, own=frozenset(given), file=source) if given else fact


# What a key expects, in words, and how its value is read; a ValueError says that it is not that.
_Readers = Mapping[str, tuple[str, Callable[[object], object]]]


def _readers(exchanges: Mapping[str, Exchange]) -> _Readers:
    sections = read_sections()
    fee = 'a fee: 0.0001, "3/lot" or "0.0001+3/lot"'
    return {
        "exchange": (f"one of {', '.join(exchanges)}", lambda value: _named(value, exchanges)),
        "name": ("a text", _text),
        "tick_size": ("a number above 0", _step),
        "multiplier": ("a whole number above 0", lambda value: _whole(value, 1)),
        "day": (
            f'{", ".join(sections)}, or a list in order such as ["09:00-10:15"]',
            lambda value: _day(value, sections),
        ),
        "night": ('hours such as "21:00-26:30" (02:30), or "" for none', _night),
        "max_limit_volume": ("a whole number of lots", lambda value: _whole(value, 0)),
        "max_market_volume": ("a whole number of lots", lambda value: _whole(value, 0)),
        "margin_rate": ("a share from 0 to 1", _share),
        "fee_open": (fee, _fee),
        "fee_close": (fee, _fee),
        "fee_close_today": (fee, _fee),
        "offsets": _choice(OffsetRule),
        "close_first": _choice(CloseFirst),
        "margin_side": _choice(MarginSide),
        "delivery": _choice(Delivery),
        "fee_delivery": (fee, _fee),
        "limit_rate": ("a share from 0 to 1", _share),
        "last_day": ("a rule: day:15, nth:10, before:-1, friday:3 or the like", _rule),
    }


_T = TypeVar("_T")


def _named(value: object, choices: Mapping[str, _T]) -> _T:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(value)
    return choices[value]


def _choice(kind: type[_E]) -> tuple[str, Callable[[object], _E]]:
    names = {str(each): each for each in kind}
    return f"one of {', '.join(names)}", lambda value: _named(value, names)


def _rule(value: object) -> str:
    check_rule(_text(value))
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(value)


def _number(value: object) -> Decimal:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
        if number.is_finite():
            return number
    raise ValueError(value)


def _step(value: object) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError(value)
    return float(number)


def _whole(value: object, least: int) -> int:
    number = _number(value)
    if number != int(number) or number < least:
        raise ValueError(value)
    return int(number)


def _share(value: object) -> Decimal:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError(value)
    return number


def _fee(value: object) -> Fee | None:
    return parse_fee(value if isinstance(value, str) else format(_number(value), "f"))


def _day(
    value: object, sections: Mapping[str, tuple[tuple[int, int], ...]]
) -> tuple[tuple[int, int], ...]:
    if not isinstance(value, list):
        return _named(value, sections)
    found = tuple(parse_hours(_text(part)) for part in value)
    if not found or any(end > start for (_, end), (start, _) in pairwise(found)):
        raise ValueError(value)
    return found


def _night(value: object) -> tuple[int, int] | None:
    return parse_hours(text) if (text := _text(value)) else None
