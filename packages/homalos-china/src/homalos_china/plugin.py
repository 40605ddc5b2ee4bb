"""What this package offers the core: the market `china`, and the statements of CTP's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from homalos.plugins import DoctorCheckSpec, MarketSpec, StatementFormatSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homalos.model import Statement
    from homalos.plugins.ports import DoctorContext, Finding, Market, MarketContext, Reading

__all__ = [
    "ChinaOptions",
    "register_doctor_checks",
    "register_markets",
    "register_statement_formats",
]


@frozen
class ChinaOptions:
    """The options of the market.

    Attributes:
        overrides: File with what a user knows better, or products of their own;
            TOML, its path taken from the home folder. It need not exist.
    """

    overrides: str = "china.toml"


def _make(context: MarketContext, options: ChinaOptions) -> Market:
    from homalos_china.market import ChinaMarket

    return ChinaMarket.load(context.home / options.overrides)


@hookimpl
def register_markets() -> tuple[MarketSpec, ...]:
    """Offer the six Chinese futures exchanges as one market."""
    return (
        MarketSpec(
            name="china",
            factory=_make,
            config=ChinaOptions,
            doc="Chinese futures: SHFE, INE, DCE, CZCE, CFFEX and GFEX, as dated data.",
        ),
    )


def _write(statement: Statement) -> str:
    from homalos_china.statements import write_statement

    return write_statement(statement)


def _read(data: bytes, /, *, name: str) -> Reading:
    from homalos_china.statements import read_statement

    return read_statement(data, name=name)


@hookimpl
def register_statement_formats() -> tuple[StatementFormatSpec, ...]:
    """Offer the text that brokers on CTP's counters send."""
    return (
        StatementFormatSpec(
            name="ctp",
            write=_write,
            read=_read,
            doc="Settlement statements (结算单) as CTP's counters print them.",
        ),
    )


def _calendar(context: DoctorContext) -> Iterable[Finding]:
    from homalos_china.doctor import check_calendar

    return check_calendar(context)


def _overrides(context: DoctorContext) -> Iterable[Finding]:
    from homalos_china.doctor import check_overrides

    return check_overrides(context)


@hookimpl
def register_doctor_checks() -> tuple[DoctorCheckSpec, ...]:
    """Offer looks at the calendar and at the user's own file."""
    return (
        DoctorCheckSpec(
            name="calendar", check=_calendar, doc="How far the trading calendar reaches."
        ),
        DoctorCheckSpec(
            name="overrides", check=_overrides, doc="The file with what a user knows better."
        ),
    )
