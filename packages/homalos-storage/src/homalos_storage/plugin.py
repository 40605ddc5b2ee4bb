"""What this package offers to the core; peewee and pyarrow load when they are used."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from homalos.plugins import DoctorCheckSpec, ImporterSpec, StoreSpec, hookimpl
from homalos_storage.options import SqliteOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from homalos.model import BarData, TickData
    from homalos.plugins.ports import DoctorContext, Finding, ImportContext, Store, StoreContext

__all__ = ["register_doctor_checks", "register_importers", "register_stores"]


def _sqlite(context: StoreContext, options: SqliteOptions) -> Store:
    from homalos_storage.sqlite import SqliteStore  # loads peewee

    return SqliteStore(context.home / options.file, timeout_s=options.timeout_s)


def _matches_ticks(path: Path) -> bool:
    from homalos_storage.readers import ticks  # only a run with files needs it

    return ticks.matches(path)


def _read_ticks(path: Path, context: ImportContext) -> Iterator[TickData]:
    from homalos_storage.readers import ticks  # only a run with files needs it

    return ticks.read(path, context)


def _matches_bars(path: Path) -> bool:
    from homalos_storage.readers import bars  # only a run with files needs it

    return bars.matches(path)


def _read_bars(path: Path, context: ImportContext) -> Iterator[BarData]:
    from homalos_storage.readers import bars  # only a run with files needs it

    return bars.read(path, context)


@hookimpl
def register_stores() -> tuple[StoreSpec, ...]:
    """Offer the SQLite database."""
    return (
        StoreSpec(
            name="sqlite",
            factory=_sqlite,
            config=SqliteOptions,
            doc="Orders, trades and bars in one SQLite file (WAL).",
        ),
    )


@hookimpl
def register_importers() -> tuple[ImporterSpec, ...]:
    """Offer the readers of tick and bar files."""
    return (
        ImporterSpec(
            name="bars",
            matches=_matches_bars,
            read=_read_bars,
            doc="Bars from CSV (plain or gzip) and Parquet, in a dozen layouts.",
        ),
        ImporterSpec(
            name="ctp_ticks",
            matches=_matches_ticks,
            read=_read_ticks,
            doc="Ticks from CSV (plain or gzip) and Parquet with the column names of CTP.",
        ),
    )


@hookimpl
def register_doctor_checks() -> tuple[DoctorCheckSpec, ...]:
    """Offer looks at SQLite, the database and Parquet."""
    return (
        DoctorCheckSpec(
            name="sqlite", check=partial(_check, "check_sqlite"), doc="The version of SQLite."
        ),
        DoctorCheckSpec(
            name="database",
            check=partial(_check, "check_database"),
            doc="Whether the database of the home folder is whole.",
        ),
        DoctorCheckSpec(
            name="parquet", check=partial(_check, "check_parquet"), doc="Whether pyarrow loads."
        ),
    )


def _check(function: str, context: DoctorContext) -> Iterable[Finding]:
    look = getattr(import_module("homalos_storage.doctor"), function)  # only the doctor needs it
    found: Iterable[Finding] = look(context)
    return found
