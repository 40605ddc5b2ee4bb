"""The SQLite store meets what the engine relies on."""

from __future__ import annotations

from pathlib import Path

import pytest

from homalos.plugins.ports import Store
from homalos.testing.contracts import STORE, Requirement, StoreSubject
from homalos_storage.plugin import register_stores
from homalos_storage.sqlite import SqliteStore


def _fill_the_disk(store: Store) -> None:
    assert isinstance(store, SqliteStore)
    pages = store._db.pragma("page_count")  # noqa: SLF001  there is no other way to fill a disk
    store._db.pragma("max_page_count", pages + 2)  # noqa: SLF001  (the same)


@pytest.mark.parametrize("requirement", STORE, ids=str)
def test_the_store_meets(requirement: Requirement[StoreSubject], tmp_path: Path) -> None:
    """The engine relies on it."""
    (spec,) = register_stores()
    requirement.check(StoreSubject(spec=spec, folder=tmp_path, spoil=_fill_the_disk))
