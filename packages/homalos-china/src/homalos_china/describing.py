"""What the market tells of a contract on a day: each fact with its time and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve

from homalos.model import Fee, Instrument, OffsetRule
from homalos.plugins.ports import Fact
from homalos_china.calendar import SECOND_NS, split_ns
from homalos_china.nearest import nearest_on
from homalos_china.products import Margin, PriceLimit, Product, Span, Terms, fact_on, origin
from homalos_china.sessions import SessionTable
from homalos_china.symbols import delivery_of
from homalos_china.tables import UNKNOWN

__all__ = ["Describer"]

_Cited = tuple[tuple[str, ...], str]
"""Sources and note."""

_WHOLE = Span()
_CALENDAR = "shinny-calendar"


class Describer:
    """Tells the facts of a contract. Any thread.

    Args:
        table: The sessions.
        observed: On which day a source was seen, yyyymmdd, by its name.
    """

    def __init__(self, table: SessionTable, observed: Mapping[str, int]) -> None:
        self._table = table
        self._observed = observed

    def describe(self, instrument: Instrument, product: Product, day: int) -> tuple[Fact, ...]:
        """Return every fact of a contract on a trading day.

        Args:
            instrument: As it stands on that day.
            product: Its product.
            day: The trading day, yyyymmdd.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        sessions = self._sessions(product, day)
        delivery = delivery_of(instrument.symbol, day)
        terms = product.terms_of(delivery, day)
        return (
            Fact(name="product", value=f"{product.name} ({product.key})", sources=product.sources),
            Fact(
                name="exchange",
                value=f"{product.exchange.name} ({product.exchange.code})",
                sources=product.exchange.sources,
            ),
            _term("multiplier", str(terms.multiplier), terms, product),
            _term("tick_size", f"{terms.tick_size:g}", terms, product),
            sessions,
            self._auction(product, day),
            *self._money(product, day),
            *_orders(product, day),
            _share("limit_rate", *nearest_on(product.limits, day)),
            *self._rules(product, day),
            *_end(instrument, product, delivery, day),
        )

    def _sessions(self, product: Product, day: int) -> Fact:
        hours = fact_on(product.hours, day)
        spans = list(hours.sections)
        evening = self._table.night_evening(product, day)
        change = self._table.night_change(product, day)
        words, sources, notes = [], list(hours.sources), [hours.note]
        if hours.own:
            sources.insert(0, hours.file)
        if hours.night is not None and evening is not None:
            start, end = hours.night
            moved = start if change is None or change.start is None else change.start
            words.append(f"night {_clock(moved)}-{_clock(end)}")
        elif hours.night is not None:
            words.append("no night")
            if change is None:
                notes.append("no night before it: a holiday lies between")
                sources.append(_CALENDAR)
        if hours.night is not None and change is not None:
            sources += [each for each in change.sources if each not in sources]
            notes.append(change.note)
        words += [f"{_clock(start)}-{_clock(end)}" for start, end in spans]
        return Fact(
            name="sessions",
            value=" ".join(words),
            valid_from=hours.span.first,
            valid_to=hours.span.last,
            sources=tuple(sources),
            note="; ".join(filter(None, notes)),
        )

    def _auction(self, product: Product, day: int) -> Fact:
        rule = fact_on(product.auctions, day)
        auctions = self._table.auctions(product, day)
        value = "; ".join(
            f"{_time(each.start_ns)}-{_time(each.match_ns)}, "
            f"match {_time(each.match_ns)}-{_time(each.end_ns)}"
            for each in auctions
        )
        cited = rule.sources, rule.note
        return self._seen("call_auction", value or UNKNOWN, rule.span, cited, day)

    def _money(self, product: Product, day: int) -> list[Fact]:
        fees = fact_on(product.fees, day)
        facts = [_share("margin_rate", *nearest_on(product.margins, day))]
        told = {"open": fees.open, "close": fees.close, "close_today": fees.close_today}
        for name, fee in told.items():
            cited = origin(fees, name)
            facts.append(self._seen(f"fee_{name}", _fee(fee), fees.span, cited, day))
        return facts

    def _rules(self, product: Product, day: int) -> list[Fact]:
        rules = fact_on(product.rules, day)
        side = str(rules.margin_side or UNKNOWN)
        cited = rules.margin_sources, rules.margin_note
        if "margin_side" in rules.own:
            cited = (rules.file,), ""
        noted = "offsets" if rules.offsets is OffsetRule.DATED else "close_first"
        told = {"offsets": str(rules.offsets), "close_first": str(rules.close_first or UNKNOWN)}
        facts = []
        for name, value in told.items():
            sources, note = origin(rules, name)
            facts.append(_told(name, value, (sources, note if name == noted else ""), rules.span))
        return [*facts, self._seen("margin_side", side, rules.span, cited, day)]

    def _seen(self, name: str, value: str, span: Span, cited: _Cited, day: int) -> Fact:
        """Tell a fact that, where its row has no dates, is known of the day it was seen on only."""
        sources = cited[0]
        seen = self._observed.get(sources[0], 0) if sources and value != UNKNOWN else 0
        if not seen or span != _WHOLE:
            return _told(name, value, cited, span)
        return evolve(
            _told(name, value, cited, Span(seen, seen)), nearest=seen if seen != day else 0
        )


def _told(name: str, value: str, cited: _Cited, span: Span = _WHOLE) -> Fact:
    sources, note = cited
    return Fact(
        name=name,
        value=value,
        valid_from=span.first,
        valid_to=span.last,
        sources=sources,
        note=note,
    )


def _share(name: str, found: Margin | PriceLimit, nearest: int) -> Fact:
    """Tell a share as `nearest_on` found it."""
    told = _told(name, _decimal(found.rate), (found.sources, found.note), found.span)
    return evolve(told, nearest=nearest)


def _term(name: str, value: str, terms: Terms, product: Product) -> Fact:
    return _told(name, value, origin(terms, name), _like(terms, product, name))


def _like(terms: Terms, product: Product, field: str) -> Span:
    """Return for how long one of the terms is the same: a row may begin for the other's sake."""
    rows = [each for each in product.terms if each.deliveries == terms.deliveries]
    value = getattr(terms, field)
    first = last = rows.index(terms)
    while first > 0 and getattr(rows[first - 1], field) == value:
        first -= 1
    while last + 1 < len(rows) and getattr(rows[last + 1], field) == value:
        last += 1
    return Span(rows[first].span.first, rows[last].span.last)


def _orders(product: Product, day: int) -> list[Fact]:
    sizes = fact_on(product.sizes, day)
    told = {"limit": sizes.limit, "market": sizes.market}
    return [
        _told(
            f"max_{name}_volume",
            str(lots) if lots else "none, or unknown",
            origin(sizes, name),
            sizes.span,
        )
        for name, lots in told.items()
    ]


def _end(instrument: Instrument, product: Product, delivery: int | None, day: int) -> list[Fact]:
    ending, last = product.ending_of(delivery), instrument.last_trading_day
    sources, note = origin(ending, "rule")
    if delivery is None:
        note = "a series has none"
    elif ending.rule and not last:
        note = f"{ending.rule}, which is beyond the calendar"
    elif last:
        parts = (note, f"by the rule {ending.rule}", "over" if last < day else "")
        note = "; ".join(filter(None, parts))
    ends, cited = (_date(last), (sources, note)) if last else (UNKNOWN, ((), note))
    month = "none" if delivery is None else f"{delivery // 100}-{delivery % 100:02}"
    kind, fee = product.delivery, origin(product.delivery, "fee")
    return [
        Fact(name="delivery_month", value=month),
        _told("last_trading_day", ends, cited),
        _told("delivery", str(kind.kind or UNKNOWN), origin(kind, "kind")),
        _told("fee_delivery", _fee(kind.fee), fee if kind.fee else ((), "")),
    ]


def _date(day: int) -> str:
    return f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}"


def _time(ts_ns: int) -> str:
    return _clock(split_ns(ts_ns)[1] // SECOND_NS)


def _clock(seconds: int) -> str:
    return f"{seconds // 3_600 % 24:02}:{seconds // 60 % 60:02}"


def _decimal(number: Decimal | None) -> str:
    return UNKNOWN if number is None else format(number, "f")


def _fee(fee: Fee | None) -> str:
    """Write a fee as the tables and a user's file do."""
    if fee is None:
        return UNKNOWN
    parts = [_decimal(fee.rate)] if fee.rate or not fee.per_lot else []
    return "+".join(parts + ([f"{_decimal(fee.per_lot)}/lot"] if fee.per_lot else []))
