"""What the doctor says of SQLite, of databases of every kind, and of Parquet."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from homalos.model import BarData
from homalos.plugins.ports import DoctorContext, Finding
from homalos_storage.doctor import check_database, check_parquet, judge_database, judge_sqlite
from homalos_storage.options import SqliteOptions
from homalos_storage.plugin import register_doctor_checks
from homalos_storage.sqlite import SCHEMA_VERSION, SqliteStore


def levels(findings: list[Finding]) -> list[str]:
    """Return the levels of findings; each that is not ok has to say what to do."""
    assert all(finding.remedy for finding in findings if finding.level != "ok")
    return [finding.level for finding in findings]


def context(home: Path, **options: object) -> DoctorContext:
    """Return what a check is given."""
    return DoctorContext(home=home, options=options, environment={}, now_ns=0)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database with some thousand bars in it, which nobody has open."""
    path = tmp_path / "homalos.db"
    store = SqliteStore(path)
    bar = ("rb1901.SHFE", "1m")
    store.write([BarData(*bar, n, n + 1, 20181008, 1.0, 1.0, 1.0, 1.0) for n in range(3_000)])
    store.close()
    return path


@pytest.mark.parametrize(
    ("version", "thread_safety", "expected"),
    [((3, 24, 0), 1, "ok"), ((3, 23, 1), 3, "error"), ((3, 45, 1), 0, "error")],
)
def test_a_sqlite_that_does_not_do_is_told(
    version: tuple[int, int, int], thread_safety: int, expected: str
) -> None:
    """Too old for the statements that are used, or not made for threads."""
    assert levels(list(judge_sqlite(version, thread_safety))) == [expected]


def test_a_whole_database_is_left_as_it_is(database: Path) -> None:
    """No file comes beside it."""
    (finding,) = check_database(context(database.parent))
    assert finding.level == "ok"
    assert finding.what.startswith(f"{database} is whole, ")
    assert [path.name for path in database.parent.iterdir()] == ["homalos.db"]


def test_a_database_that_is_being_written_is_looked_into(database: Path) -> None:
    """What is still in its write-ahead log counts, too."""
    store = SqliteStore(database)
    store.write([BarData("m2509.DCE", "1m", 1, 2, 20181008, 1.0, 1.0, 1.0, 1.0)])
    assert levels(list(judge_database(database, SCHEMA_VERSION))) == ["ok"]
    store.close()


def test_a_database_that_does_not_exist_is_made_later(tmp_path: Path) -> None:
    """The name is that of the options."""
    options = SqliteOptions(file="mine.db")
    (finding,) = check_database(context(tmp_path, **{"store sqlite": options}))
    assert finding == Finding(level="ok", what=f"{tmp_path / 'mine.db'} is made by the first run")


def test_a_damaged_database_is_told(database: Path) -> None:
    """A page in the middle was overwritten, as by a failing disk."""
    content = bytearray(database.read_bytes())
    content[8 * 4096 : 12 * 4096] = b"\xa5" * (4 * 4096)
    database.write_bytes(content)
    found = list(judge_database(database, SCHEMA_VERSION))
    assert "error" in levels(found)
    assert any("damaged" in each.what or "malformed" in each.what for each in found)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """Somebody else's file of that name."""
    (tmp_path / "homalos.db").write_text("not a database, but long enough to be one" * 50)
    (finding,) = check_database(context(tmp_path))
    assert finding.level == "error"
    assert finding.what == f"{tmp_path / 'homalos.db'} cannot be read: file is not a database"


def test_a_folder_in_place_of_the_database_is_told(tmp_path: Path) -> None:
    """SQLite cannot open it."""
    (tmp_path / "homalos.db").mkdir()
    assert levels(list(check_database(context(tmp_path)))) == ["error"]


def test_tables_of_a_newer_version_are_told(database: Path) -> None:
    """This package could not write to them."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 9")
    found = list(judge_database(database, SCHEMA_VERSION))
    assert levels(found) == ["error", "ok"]
    assert "are of version 9, this homalos-storage knows 2" in found[0].what


def test_a_database_without_a_write_ahead_log_is_a_warning(database: Path) -> None:
    """Readers and the writer would wait for each other."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    found = list(judge_database(database, SCHEMA_VERSION))
    assert levels(found) == ["warning", "ok"]
    assert found[0].what == (
        f"{database} is without a write-ahead log: readers and the writer wait for each other"
    )


def test_a_database_too_large_for_a_look_is_a_warning(database: Path) -> None:
    """It is let be when the time is over, and the command to do it at leisure is told."""
    (finding,) = judge_database(database, SCHEMA_VERSION, patience_s=0.0)
    assert finding.level == "warning"
    assert "PRAGMA integrity_check" in finding.remedy


def test_parquet_without_its_library_is_a_warning(tmp_path: Path) -> None:
    """CSV is read all the same."""

    def load(name: str) -> ModuleType:
        msg = f"No module named {name!r}"
        raise ModuleNotFoundError(msg)

    (finding,) = check_parquet(context(tmp_path), load)
    assert finding.level == "warning"
    assert finding.what == "Parquet files cannot be read: No module named 'pyarrow'"


def test_the_checks_are_offered(tmp_path: Path) -> None:
    """On a machine that is well, each says so."""
    found = {spec.name: list(spec.check(context(tmp_path))) for spec in register_doctor_checks()}
    assert {name: levels(each) for name, each in found.items()} == {
        "sqlite": ["ok"],
        "database": ["ok"],
        "parquet": ["ok"],
    }
