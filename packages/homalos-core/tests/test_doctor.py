"""Tests of `homalos doctor`: the core's checks in broken surroundings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from homalos.engine.builtin import register_doctor_checks
from homalos.engine.surroundings.clocks import judge_clock, judge_zone, newest_ns
from homalos.engine.surroundings.disks import existing, file_system, judge_disk, probe
from homalos.engine.surroundings.homes import answers, is_alive, judge_home
from homalos.engine.surroundings.interpreter import judge_libraries, judge_python
from homalos.engine.surroundings.terminals import judge_open_files, judge_terminal
from homalos.plugins.ports import DoctorContext, Finding

NOON = 1_754_308_800_000_000_000  # 2025-08-04 12:00:00 UTC, by `date -u -d @1754308800`
MS = 1_000_000
GB = 1_000_000_000


def told(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Return (level, what) of findings; each that is not ok has to say what to do."""
    found = list(findings)
    assert all(bool(finding.remedy) is (finding.level != "ok") for finding in found)
    return [(finding.level, finding.what) for finding in found]


# -- Python and libraries ---------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "implementation", "expected"),
    [
        ((3, 11, 0), "CPython", ("ok", "CPython 3.11.0")),
        ((3, 13, 9), "CPython", ("ok", "CPython 3.13.9")),
        ((3, 10, 14), "CPython", ("error", "CPython 3.10.14 is too old")),
        (
            (3, 14, 0),
            "CPython",
            ("warning", "CPython 3.14.0 is newer than what Homalos was tested with"),
        ),
        ((3, 11, 9), "PyPy", ("warning", "PyPy 3.11.9 was never tested")),
    ],
)
def test_a_python_is_judged_by_its_version_and_its_maker(
    version: tuple[int, ...], implementation: str, expected: tuple[str, str]
) -> None:
    """Too old does not work; untested is a warning."""
    found = judge_python(
        version=version, implementation=implementation, has_lock=True, largest=2**63 - 1
    )
    assert told(found) == [expected]


def test_builds_that_nobody_tested_are_warnings() -> None:
    """Without the lock, or of 32 bits."""
    found = judge_python(
        version=(3, 13, 0), implementation="CPython", has_lock=False, largest=2**31 - 1
    )
    assert told(found)[1:] == [
        (
            "warning",
            "this build runs without the global interpreter lock, which was never tested",
        ),
        ("warning", "this Python has 32 bits"),
    ]


INSTALLED = {"attrs": "25.1.0", "loguru": "0.7.2", "pluggy": "1.10", "odd": "2024b"}


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("attrs>=24.2", ""),
        ("pluggy>=1.5", ""),
        ("pluggy<2,>=1.5", ""),
        ("odd>=2023", ""),
        ('absent>=1; extra == "web"', ""),
        ("attrs>=26", "attrs 25.1.0 is installed, attrs>=26 is needed"),
        ("pluggy<1.10", "pluggy 1.10 is installed, pluggy<1.10 is needed"),
        ("loguru (>=0.8)", "loguru 0.7.2 is installed, loguru>=0.8 is needed"),
        ("absent>=1", "absent is not installed, absent>=1 is needed"),
        ("absent", "absent is not installed, absent is needed"),
    ],
)
def test_a_library_must_be_there_and_within_its_bounds(requirement: str, problem: str) -> None:
    """Versions are compared as numbers: 1.10 is newer than 1.5. Extras are nobody's need."""
    found = told(judge_libraries([requirement], INSTALLED.get))
    if problem:
        assert found == [("error", problem)]
    else:
        assert [level for level, _ in found] == ["ok"]


# -- clocks -----------------------------------------------------------------------


def judged_clock(
    *, now: int = NOON, moved: int = 0, resolution_s: float = 1e-9, newest: int = 0
) -> list[tuple[str, str]]:
    """Judge a clock that was looked at for 200 ms."""
    readings = [(0, now - 200 * MS - moved), (100 * MS, now - 100 * MS), (200 * MS, now)]
    return told(judge_clock(readings, resolution_s=resolution_s, newest_ns=newest))


def test_a_clock_that_goes_right_is_fine() -> None:
    """And its time is told, to be compared with a watch."""
    assert judged_clock(newest=NOON + 59_000 * MS, moved=19 * MS) == [
        ("ok", "it is 2025-08-04 12:00:00 UTC; no step, no drift")
    ]


@pytest.mark.parametrize(("now", "year"), [(0, 1970), (4_102_444_800 * 10**9, 2100)])
def test_a_clock_in_another_age_is_an_error(now: int, year: int) -> None:
    """A machine whose battery is empty begins in 1970."""
    assert judged_clock(now=now) == [("error", f"the clock says it is the year {year}")]


@pytest.mark.parametrize(("moved", "shown"), [(3_600_000 * MS, "+3600000"), (-21 * MS, "-21")])
def test_a_clock_that_is_set_while_it_is_looked_at_is_a_warning(moved: int, shown: str) -> None:
    """The wall's time and the monotonic one do not go by the same."""
    assert judged_clock(moved=moved) == [
        ("warning", f"the clock moved by {shown} ms while it was looked at")
    ]


def test_a_clock_behind_the_files_is_a_warning() -> None:
    """It was set back since the last run, or was wrong then."""
    assert judged_clock(newest=NOON + 2 * 3_600_000 * MS) == [
        ("warning", "the clock is 2:00:00 behind the newest file of the home folder")
    ]


def test_a_coarse_clock_is_a_warning() -> None:
    """That of an old Windows goes in steps of 15.6 ms."""
    assert judged_clock(resolution_s=0.0156) == [("warning", "the clock goes in steps of 15.6 ms")]


def test_the_newest_file_is_found(tmp_path: Path) -> None:
    """A folder that is empty or missing has none."""
    assert newest_ns(tmp_path) == newest_ns(tmp_path / "absent") == 0
    for name, at in (("a", NOON), ("b", NOON + 5), ("c", NOON - 5)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(at, at))
    assert newest_ns(tmp_path) == NOON + 5


def raising(error: Exception) -> Callable[[str], tzinfo]:
    """Return what finds no zone."""

    def load(_: str) -> tzinfo:
        raise error

    return load


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (lambda _: timezone(timedelta(hours=8)), ("ok", "Asia/Shanghai is UTC+8")),
        (
            lambda _: UTC,
            ("error", "the data of the time zone Asia/Shanghai say UTC0:00:00, not UTC+8"),
        ),
        (
            raising(ZoneInfoNotFoundError("no key")),
            ("error", "there are no data of the time zone Asia/Shanghai: 'no key'"),
        ),
        (
            raising(ValueError("damaged")),
            ("error", "there are no data of the time zone Asia/Shanghai: damaged"),
        ),
    ],
)
def test_the_zone_of_the_exchanges_must_be_known(
    load: Callable[[str], tzinfo], expected: tuple[str, str]
) -> None:
    """Slim containers and Windows have no zones of their own."""
    assert told(judge_zone(load)) == [expected]


# -- disks ------------------------------------------------------------------------


def quick(_: Path) -> float:
    """Stand for a write that takes a millisecond."""
    return 0.001


@pytest.mark.parametrize(("free", "level"), [(5 * GB, "ok"), (GB - 1, "warning"), (1, "error")])
def test_room_on_the_disk(tmp_path: Path, free: int, level: str) -> None:
    """Little is a warning, next to none an error."""
    first, second = told(judge_disk(tmp_path, free=free, kind="ext4", write=quick))
    assert (first[0], second[0]) == (level, "ok")


def test_a_disk_that_takes_no_file_is_an_error(tmp_path: Path) -> None:
    """The system's reason is told."""

    def refuse(_: Path) -> float:
        raise OSError(28, "No space left on device")

    _, (level, what) = told(judge_disk(tmp_path, free=5 * GB, kind="", write=refuse))
    assert (level, what) == ("error", f"{tmp_path} takes no file: No space left on device")


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_disk_of_another_machine_is_a_warning(tmp_path: Path, kind: str) -> None:
    """SQLite's write-ahead log does not work there."""
    *_, (level, what) = told(judge_disk(tmp_path, free=5 * GB, kind=kind, write=quick))
    assert level == "warning"
    assert f"({kind})" in what


def test_a_slow_disk_is_a_warning(tmp_path: Path) -> None:
    """The journal waits for it."""
    _, second = told(judge_disk(tmp_path, free=5 * GB, kind="", write=lambda _: 0.5))
    assert second == ("warning", "a write through to the disk takes 500 ms")


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
host:/home /home nfs4 rw 0 0
/dev/sdb1 /home/me/fast\\040disk xfs rw 0 0
overlay /homely overlay rw 0 0
odd
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/me", "nfs4"),
        ("/home/me/fast disk/.homalos", "xfs"),
        ("/homely/x", "overlay"),
    ],
)
def test_the_file_system_is_that_of_the_longest_mount(path: str, kind: str) -> None:
    """Whole names count: /homely is not below /home."""
    assert file_system(Path(path), MOUNTS) == kind
    assert file_system(Path(path), "") == ""


def test_a_write_leaves_nothing_behind(tmp_path: Path) -> None:
    """The file that was written through is gone, and the time is one."""
    assert probe(tmp_path) >= 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "absent")


def test_the_disk_of_a_folder_to_be_is_that_of_the_one_above(tmp_path: Path) -> None:
    """The nearest one that exists."""
    assert existing(tmp_path / "a" / "b") == tmp_path
    assert existing(tmp_path) == tmp_path


# -- home -------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home folder that is in order."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return path


def judged_home(path: Path, *, alive: bool = False, much: int = 100) -> list[tuple[str, str]]:
    """Judge a home folder where nobody listens at a socket."""
    found = judge_home(path, alive=lambda _: alive, answering=lambda _: alive, much=much)
    return told(found)


def test_a_home_of_ones_own_is_fine(home: Path) -> None:
    """Nothing was left in it."""
    assert judged_home(home) == [("ok", f"{home} is this user's own")]


def test_a_home_that_is_not_there_is_made_by_the_first_run(tmp_path: Path) -> None:
    """The folders between, too."""
    path = tmp_path / "a" / "b"
    assert judged_home(path) == [("ok", f"{path} is made by the first run")]


def test_a_home_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    """What is in the way is named."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "home"
    what = f"{path} cannot be made: {tmp_path / 'file'} is not a folder that this user may write to"
    assert judged_home(path) == [("error", what)]


def test_a_file_in_place_of_the_home_is_an_error(tmp_path: Path) -> None:
    """It cannot hold a database."""
    path = tmp_path / "home"
    path.touch()
    assert judged_home(path) == [("error", f"{path} is no folder")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_home_that_others_may_read_is_a_warning(home: Path) -> None:
    """Secrets are in it."""
    home.chmod(0o755)
    what = f"other users may look into {home} (mode 755): orders, funds, secrets"
    assert judged_home(home) == [("warning", what)]


def test_a_lock_of_a_run_that_is_gone_is_a_warning(home: Path) -> None:
    """One of a run that is on is not; one without a number says nothing."""
    (home / "engine.lock").write_text("4711\n")
    (home / "other.lock").touch()
    what = f"{home / 'engine.lock'} was left by a run that is gone (process 4711)"
    assert judged_home(home) == [("warning", what)]
    assert judged_home(home, alive=True) == [("ok", f"{home} is this user's own")]


@pytest.mark.skipif(os.name == "nt", reason="no sockets in folders")
def test_a_socket_nobody_listens_at_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody listens it is not."""
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    path = Path("control.sock")
    tmp_path.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert answers(path)
    assert not answers(path)
    (level, what), *_ = told(judge_home(tmp_path, alive=is_alive, answering=answers))
    assert level == "warning"
    assert what.endswith("control.sock was left by a run that is gone: nobody listens there")


def test_a_journal_that_grows_is_a_warning(home: Path) -> None:
    """All its files together count."""
    (home / "journal" / "old").mkdir(parents=True)
    (home / "journal" / "a").write_bytes(b"x" * 60)
    (home / "journal" / "old" / "b").write_bytes(b"x" * 60)
    ((level, what),) = judged_home(home)
    assert level == "warning"
    assert what.startswith(f"the journal in {home / 'journal'} takes ")
    assert judged_home(home, much=120) == [("ok", f"{home} is this user's own")]


def test_processes_are_known_by_their_numbers() -> None:
    """This one is alive; one that has ended is not; a number too large is none."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert is_alive(os.getpid())
    assert not is_alive(ended.pid)
    assert not is_alive(10**30)


# -- terminal and process ---------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf_8"])
def test_a_terminal_of_unicode_is_fine(encoding: str) -> None:
    """However it is spelt."""
    found = judge_terminal(
        {"TERM": "xterm"}, encoding=encoding, preferred=encoding, is_terminal=True
    )
    assert told(found) == [("ok", "UTF-8")]


def test_a_terminal_that_cannot_show_chinese_is_a_warning() -> None:
    """The stream and the locale are two things."""
    found = judge_terminal({}, encoding="ascii", preferred="gbk", is_terminal=False)
    assert told(found) == [
        ("warning", "standard output is in ascii, not UTF-8"),
        ("warning", "the locale is in gbk, not UTF-8"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="there TERM is not needed")
@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}])
def test_a_terminal_that_cannot_be_drawn_on_is_a_warning(environment: dict[str, str]) -> None:
    """What is no terminal need not be drawn on."""
    for is_terminal, level in ((True, "warning"), (False, "ok")):
        ((found, _),) = told(
            judge_terminal(
                environment, encoding="utf-8", preferred="utf-8", is_terminal=is_terminal
            )
        )
        assert found == level


@pytest.mark.parametrize(
    ("limit", "level"),
    [(None, "ok"), (-1, "ok"), (4096, "ok"), (1023, "warning"), (255, "error")],
)
def test_the_bound_on_open_files(limit: int | None, level: str) -> None:
    """Each instrument, day and socket may take one."""
    ((found, _),) = told(judge_open_files(limit))
    assert found == level


# -- all of them ------------------------------------------------------------------


def test_every_check_of_the_core_answers_on_this_machine(home: Path) -> None:
    """Whatever it finds, each that is not well has its remedy, and nothing is changed."""
    context = DoctorContext(home=home, options={}, environment=os.environ, now_ns=NOON)
    for spec in register_doctor_checks():
        assert told(spec.check(context)), spec.name
    assert list(home.iterdir()) == []
