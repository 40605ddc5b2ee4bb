"""Reading the facts from the package's CSV files.

A row holds from `valid_from` to `valid_to`, trading days yyyymmdd, both
inclusive; an empty one means "as far as is known". `source` names rows of
`sources.csv`, and `note` says what had to be decided.

`notices.csv` has margins and price limits of single days and short spans, for several
products a row, as the exchanges publish them; on other days the nearest stands in.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Any, TypeVar

from homalos.model import CloseFirst, Delivery, Fee, MarginSide, OffsetRule
from homalos_china.products import (
    Auction,
    DeliveryKind,
    Ending,
    Exchange,
    Fees,
    Hours,
    Margin,
    NightChange,
    OrderSizes,
    PriceLimit,
    Product,
    Rules,
    Span,
    Terms,
)

__all__ = [
    "UNKNOWN",
    "parse_fee",
    "parse_hours",
    "read_auctions",
    "read_exchanges",
    "read_night_changes",
    "read_observed",
    "read_products",
    "read_rules",
    "read_sections",
    "read_table",
]

UNKNOWN = "unknown"

Row = Mapping[str, str]
_T = TypeVar("_T")
_D = TypeVar("_D", Margin, PriceLimit)


def read_table(name: str) -> list[dict[str, str]]:
    """Read one file of `homalos_china/data` as rows by column name."""
    text = files("homalos_china").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def read_exchanges() -> dict[str, Exchange]:
    """Read the exchanges by code."""
    return {
        row["exchange"]: Exchange(
            code=row["exchange"],
            name=row["name"],
            digits=int(row["digits"]),
            night_dates=row["night_dates"],
            sources=_sources(row),
        )
        for row in read_table("exchanges.csv")
    }


def read_sections() -> dict[str, tuple[tuple[int, int], ...]]:
    """Read the day sections by name, such as `commodity`."""
    return {
        row["day"]: tuple(parse_hours(part) for part in row["sections"].split())
        for row in read_table("day_sections.csv")
    }


def read_night_changes() -> dict[str, tuple[NightChange, ...]]:
    """Read what the exchanges changed about all their nights, by exchange."""
    return _grouped(
        (row["exchange"], NightChange(_span(row), _night_start(row["night"]), **_cited(row)))
        for row in read_table("night_changes.csv")
    )


def read_observed() -> dict[str, int]:
    """Read on which day each source was seen, yyyymmdd, by its name; without those not dated."""
    return {
        row["source"]: int(row["observed"])
        for row in read_table("sources.csv")
        if len(row["observed"]) == len("yyyymmdd")
    }


def read_auctions() -> dict[str, tuple[Auction, ...]]:
    """Read when the call auctions are, by exchange."""
    return _grouped((row["exchange"], _auction(row)) for row in read_table("auctions.csv"))


def read_rules() -> dict[str, tuple[Rules, ...]]:
    """Read how the exchanges count what is held, by exchange."""
    return _grouped((row["exchange"], _rules(row)) for row in read_table("rules.csv"))


def read_products(exchanges: Mapping[str, Exchange]) -> dict[str, Product]:
    """Read every product by its key, such as `rb.SHFE`."""
    sections = read_sections()
    terms = _facts("terms.csv", _terms)
    hours = _facts("hours.csv", lambda row: _hours(row, sections))
    sizes = _facts("order_sizes.csv", _sizes)
    observed = read_observed()
    margins = _facts("margins.csv", lambda row: _margin(row, observed))
    later = _noticed("margin_rate", Margin)
    limits = _noticed("limit_rate", PriceLimit)
    fees = _facts("fees.csv", _fees)
    auctions, rules = read_auctions(), read_rules()
    endings = _facts("last_days.csv", _ending)
    kinds = _facts("deliveries.csv", _delivery)
    found = {}
    for row in read_table("products.csv"):
        key = _key(row)
        found[key] = Product(
            code=row["product"],
            exchange=exchanges[row["exchange"]],
            name=row["name"],
            terms=terms[key],
            hours=hours[key],
            sizes=sizes[key],
            margins=_merged(margins[key], later.get(key, ())),
            fees=fees[key],
            auctions=auctions[row["exchange"]],
            rules=rules[row["exchange"]],
            endings=endings[key],
            delivery=kinds[key][-1],
            limits=limits.get(key, (PriceLimit(Span()),)),
            sources=_sources(row),
        )
    return found


def parse_fee(text: str) -> Fee | None:
    """Read a fee: `0.0001` of the turnover, `3/lot`, or both as `0.0001+3/lot`.

    Returns `None` for `unknown`.

    Raises:
        ValueError: The text is none of these, or an amount is below 0.
    """
    if text == UNKNOWN:
        return None
    rate = per_lot = Decimal(0)
    for part in text.split("+"):
        amount, slash, unit = part.strip().partition("/")
        number = _amount(amount)
        if number is None or (slash and unit != "lot"):
            msg = f"{text!r} is not a fee; write 0.0001, 3/lot or 0.0001+3/lot"
            raise ValueError(msg)
        if slash:
            per_lot += number
        else:
            rate += number
    return Fee(rate=rate, per_lot=per_lot)


def parse_hours(text: str) -> tuple[int, int]:
    """Read `21:00-26:30` as (start, end) in seconds after midnight.

    Raises:
        ValueError: The text is not of that form, or the end is not after the start.
    """
    try:
        start, end = (_seconds(part) for part in text.split("-"))
    except ValueError:
        start = end = 0
    if start >= end:
        msg = f"{text!r} are no hours; write 09:00-10:15, and 21:00-26:30 to say 02:30"
        raise ValueError(msg)
    return start, end


def _amount(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def _night_start(text: str) -> int | None:
    return None if text == "none" else _seconds(text)


def _seconds(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if not (0 <= hour < 30 and 0 <= minute < 60):
        raise ValueError(text)
    return hour * 3_600 + minute * 60


def _key(row: Row) -> str:
    return f"{row['product']}.{row['exchange']}"


def _span(row: Row, first: str = "valid_from", last: str = "valid_to") -> Span:
    whole = Span()
    return Span(int(row[first] or whole.first), int(row[last] or whole.last))


def _grouped(pairs: Iterable[tuple[str, _T]]) -> dict[str, tuple[_T, ...]]:
    groups: dict[str, list[_T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _facts(name: str, make: Callable[[Row], _T]) -> dict[str, tuple[_T, ...]]:
    return _grouped((_key(row), make(row)) for row in read_table(name))


def _sources(row: Row, column: str = "source") -> tuple[str, ...]:
    return tuple(row[column].split())


def _cited(row: Row) -> dict[str, Any]:
    return {"sources": _sources(row), "note": row["note"]}


def _terms(row: Row) -> Terms:
    return Terms(
        span=_span(row),
        deliveries=_span(row, "first_delivery", "last_delivery"),
        tick_size=float(row["tick_size"]),
        multiplier=int(row["multiplier"]),
        **_cited(row),
    )


def _hours(row: Row, sections: Mapping[str, tuple[tuple[int, int], ...]]) -> Hours:
    night = parse_hours(row["night"]) if row["night"] else None
    return Hours(span=_span(row), sections=sections[row["day"]], night=night, **_cited(row))


def _sizes(row: Row) -> OrderSizes:
    limit, market = int(row["max_limit"]), int(row["max_market"])
    return OrderSizes(_span(row), limit=limit, market=market, **_cited(row))


def _margin(row: Row, observed: Mapping[str, int]) -> Margin:
    """Read a margin; it is known of the day only on which its source was seen."""
    if row["rate"] == UNKNOWN:
        return Margin(_span(row), **_cited(row))
    seen = observed[_sources(row)[0]]
    return Margin(Span(seen, seen), Decimal(row["rate"]), **_cited(row))


def _noticed(fact: str, make: Callable[..., _D]) -> dict[str, tuple[_D, ...]]:
    """Read what notices say of margins or price limits, by product, in order of time."""
    pairs = [
        (
            f"{code}.{row['exchange']}",
            make(
                _span(row),
                Decimal(row["value"]),
                passing=row["passing"] == "yes",
                **_cited(row),
            ),
        )
        for row in read_table("notices.csv")
        if row["fact"] == fact
        for code in row["products"].split()
    ]
    return _grouped(sorted(pairs, key=lambda pair: pair[1].span.first))


def _merged(known: tuple[Margin, ...], noticed: tuple[Margin, ...]) -> tuple[Margin, ...]:
    """Put two lists into order of time; what is unknown goes where anything is known."""
    found = [margin for margin in (*known, *noticed) if margin.rate is not None]
    return tuple(sorted(found, key=lambda margin: margin.span.first)) or known


def _fees(row: Row) -> Fees:
    return Fees(
        _span(row),
        open=parse_fee(row["open"]),
        close=parse_fee(row["close"]),
        close_today=parse_fee(row["close_today"]),
        **_cited(row),
    )


def _auction(row: Row) -> Auction:
    if row["opens"] == UNKNOWN:
        return Auction(_span(row), **_cited(row))
    after_night = row["after_night"] == "yes"
    opens, closes = int(row["opens"]), int(row["closes"])
    return Auction(_span(row), opens, closes, after_night=after_night, **_cited(row))


def _rules(row: Row) -> Rules:
    first, side = row["close_first"], row["margin_side"]
    return Rules(
        _span(row),
        offsets=OffsetRule(row["offsets"]),
        close_first=None if first == UNKNOWN else CloseFirst(first),
        margin_side=None if side == UNKNOWN else MarginSide(side),
        margin_sources=_sources(row, "margin_source"),
        margin_note=row["margin_note"],
        **_cited(row),
    )


def _ending(row: Row) -> Ending:
    rule = "" if row["rule"] == UNKNOWN else row["rule"]
    return Ending(_span(row, "first_delivery", "last_delivery"), rule, **_cited(row))


def _delivery(row: Row) -> DeliveryKind:
    kind = None if row["delivery"] == UNKNOWN else Delivery(row["delivery"])
    return DeliveryKind(kind=kind, **_cited(row))
