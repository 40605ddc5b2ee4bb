"""Which of the facts that money is counted by a market is not sure of, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from homalos.plugins.ports import Fact

__all__ = ["doubtful"]

_UNKNOWN = "unknown"
_KINDS = {
    "margin_rate": "margin",
    "margin_rate_short": "margin",
    "margin_per_lot": "margin",
    "fee_open": "fees",
    "fee_close": "fees",
    "fee_close_today": "fees",
}


def doubtful(symbol: str, facts: Iterable[Fact]) -> str:
    """Say which of a contract's margin and fees are unknown, or only nearest known.

    Args:
        symbol: Of the contract.
        facts: What its market tells of it on a day.

    Returns:
        One sentence for a person, without a full stop; "" when nothing is in doubt.
    """
    seen: dict[str, list[int]] = {}
    for fact in facts:
        kind = _KINDS.get(fact.name)
        day = 0 if fact.value == _UNKNOWN else fact.nearest
        if kind is not None and (day or fact.value == _UNKNOWN):
            days = seen.setdefault(kind, [])
            if day not in days:
                days.append(day)
    alike: dict[tuple[int, ...], list[str]] = {}
    for kind, days in seen.items():
        alike.setdefault(tuple(sorted(days)), []).append(kind)
    clauses = [_clause(symbol, kinds, days) for days, kinds in alike.items()]
    if not clauses:
        return ""
    return f"{', '.join(clauses)}; set your own where the market takes them"


def _clause(symbol: str, kinds: list[str], days: tuple[int, ...]) -> str:
    name = " and ".join(kinds)
    is_one = kinds == ["margin"]
    known = [_date(day) for day in days if day]
    if not known:
        return f"{name} of {symbol} {'is' if is_one else 'are'} unknown"
    what = f"{name} of {symbol} {'is that' if is_one else 'are those'} of {' and '.join(known)}"
    return f"{what}, the nearest known{', and partly unknown' if 0 in days else ''}"


def _date(day: int) -> str:
    return f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}"
