"""Tests of the log: levels, formats, days, secrets, and disks that do not take a line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from homalos.config import LogSettings
from homalos.logs import Log, blotter, logging_to
from homalos.logs.daily import DailyFile
from homalos.logs.levels import Levels
from homalos.logs.tidying import file_name, locked, tidy

MONDAY = date(2025, 8, 4)
NOON = datetime(2025, 8, 4, 12, tzinfo=UTC)
OPENING = 1_754_312_400_000_000_000  # 2025-08-04 13:00:00 UTC, by `date -u -d @1754312400`
PLAIN = LogSettings()


def unzipped(path: Path) -> str:
    """Return the text of the one file in a zip."""
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return archive.read(name).decode()


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


# -- levels ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("component", "level", "is_wanted"),
    [
        ("orders", "info", True),
        ("orders", "debug", False),
        ("strategy.ma1", "debug", True),
        ("strategy.ma1.inner", "debug", True),
        ("strategy.ma10", "debug", False),
        ("strategy.ma2", "warning", False),
        ("strategy.ma2", "error", True),
        ("store", "info", False),
        ("", "info", True),
    ],
)
def test_the_longest_name_decides_the_level(
    component: str,
    level: str,
    *,
    is_wanted: bool,
) -> None:
    """A name stands for what is below it, unless a longer one says otherwise."""
    levels = Levels("info", {"strategy": "error", "strategy.ma1": "debug", "store": "warning"})
    assert levels.wants(level, component) is is_wanted


def test_a_strategy_with_a_dot_in_its_name_has_a_level_of_its_own() -> None:
    """The name made of a strategy and its symbol has one."""
    levels = Levels("warning", {"strategy.double_ma-rb2510.SHFE": "debug"})
    assert levels.wants("debug", "strategy.double_ma-rb2510.SHFE")
    assert not levels.wants("info", "strategy.double_ma-m2509.DCE")


def test_levels_and_format_change_while_it_runs(tmp_path: Path) -> None:
    """What was left out before is written afterwards, and as JSON."""
    with logging_to(None, folder=tmp_path, settings=PLAIN, now=lambda: NOON) as log:
        log.write("debug", "store", "before")
        log.change(LogSettings(levels={"store": "debug"}, json=True))
        log.write("debug", "store", "after")
        log.write("debug", "orders", "never")
    (line,) = (tmp_path / "homalos_2025-08-04.log").read_text().splitlines()
    assert json.loads(line)["message"] == "after"


# -- lines ----------------------------------------------------------------------


def test_a_line_of_text_has_time_level_component_and_message(tmp_path: Path) -> None:
    """The event's own time stands in front of what is said; braces and tags are just text."""
    with logging_to(None, folder=tmp_path, settings=PLAIN, now=lambda: NOON) as log:
        log.write("warning", "strategy.ma1", "{x} <red>买入</red> %s", ts_ns=OPENING)
    assert (tmp_path / "homalos_2025-08-04.log").read_text("utf-8") == (
        "2025-08-04 12:00:00.000+00:00 WARNING strategy.ma1: "
        "[2025-08-04T13:00:00Z] {x} <red>买入</red> %s\n"
    )


def test_a_json_line_is_one_object(tmp_path: Path) -> None:
    """With the wall's time and the event's, even when the message has several lines."""
    settings = LogSettings(json=True)
    with logging_to(None, folder=tmp_path, settings=settings, now=lambda: NOON) as log:
        log.write("info", "risk", 'two\nlines "quoted"', ts_ns=OPENING + 5_000)
    (line,) = (tmp_path / "homalos_2025-08-04.log").read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "time": "2025-08-04T12:00:00.000+00:00",
        "level": "info",
        "component": "risk",
        "message": 'two\nlines "quoted"',
        "event_time": "2025-08-04T13:00:00.000005Z",
        "event_ns": OPENING + 5_000,
    }


def test_the_console_gets_the_line_with_the_stamp_of_the_caller() -> None:
    """How the event's time is written is the caller's to say."""
    console = io.StringIO()
    with logging_to(console, settings=PLAIN, stamp=lambda _: "21:00") as log:
        log.write("info", "orders", "bought", ts_ns=OPENING)
    assert console.getvalue().endswith(" INFO    [21:00] bought\n")


def test_a_console_that_is_closed_costs_nothing_but_its_lines(tmp_path: Path) -> None:
    """The file has the line all the same, and nobody hears an exception."""
    console = io.StringIO()
    console.close()
    with logging_to(console, folder=tmp_path, settings=PLAIN, now=lambda: NOON) as log:
        log.write("info", "orders", "bought")
        assert log.lost == 0
    assert "bought" in (tmp_path / "homalos_2025-08-04.log").read_text()


def test_a_console_without_the_letters_shows_their_numbers() -> None:
    """A line is not lost for a name in Chinese."""
    raw = io.BytesIO()
    console = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    with logging_to(console, settings=PLAIN) as log:
        log.write("info", "orders", "买")
    assert raw.getvalue().endswith(b" INFO    \\u4e70\n")


def test_who_uses_loguru_on_their_own_is_heard_without_secrets() -> None:
    """Such as a plugin; its module's name is the component."""
    from loguru import logger

    lines: list[str] = []
    settings = LogSettings(levels={__name__: "error"})
    with logging_to(lines.append, settings=PLAIN, secrets=["geheim"]) as log:
        logger.warning("it is geheim")
        log.change(settings)
        logger.warning("left out")
    assert [line[line.index("it") :] for line in lines] == ["it is ***\n"]


def test_two_logs_at_once_keep_their_lines_apart() -> None:
    """Two engines in one process have a log each."""
    left: list[str] = []
    right: list[str] = []
    with (
        logging_to(left.append, settings=PLAIN) as one,
        logging_to(right.append, settings=PLAIN) as other,
    ):
        one.write("info", "a", "to the left")
        other.write("info", "b", "to the right")
    assert [line[line.index("to") :] for line in left] == ["to the left\n"]
    assert [line[line.index("to") :] for line in right] == ["to the right\n"]


# -- secrets --------------------------------------------------------------------


AWKWARD = "p@ss\"w\\o'rd"


@pytest.mark.parametrize(
    "spelt", [AWKWARD, repr(AWKWARD), json.dumps(AWKWARD), "p%40ss%22w%5Co%27rd"]
)
def test_a_secret_is_blotted_in_every_spelling(spelt: str) -> None:
    """As it is, as Python or JSON quote it, and in an address."""
    blotted = blotter([AWKWARD])(f"login with {spelt} refused")
    assert blotted.replace("'", "").replace('"', "") == "login with *** refused"


def test_of_two_secrets_the_longer_goes_first() -> None:
    """Else the end of the longer one would stay."""
    assert blotter(["abcd", "abcdefgh"])("abcdefgh abcd") == "*** ***"


@pytest.mark.parametrize("as_json", [False, True])
def test_secrets_are_in_no_line_and_no_trace(tmp_path: Path, *, as_json: bool) -> None:
    """Neither in what is said, nor in an exception, nor in the variables it passed."""
    hidden = "geheim-4711"

    def fail(code: str) -> None:
        msg = f"refused {code}"
        raise ValueError(msg)

    settings = LogSettings(json=as_json)
    console = io.StringIO()
    with logging_to(console, folder=tmp_path, settings=settings, secrets=[hidden]) as log:
        try:
            fail(hidden)
        except ValueError as error:
            log.write("error", "gateway.ctp", f"login {hidden}", error=error)
    (path,) = tmp_path.iterdir()
    for text in (path.read_text(), console.getvalue()):
        assert hidden not in text
        assert "login ***" in text
        assert "ValueError: refused ***" in text


def test_a_secret_that_comes_with_changed_settings_is_kept_too(tmp_path: Path) -> None:
    """Those known before stay known."""
    lines: list[str] = []
    with logging_to(lines.append, folder=tmp_path, settings=PLAIN, secrets=["old-one"]) as log:
        log.change(PLAIN, ["new-one"])
        log.write("info", "x", "old-one new-one")
    assert lines[0].endswith(" *** ***\n")


# -- days -----------------------------------------------------------------------


def test_a_new_day_has_a_new_file_and_the_old_one_is_zipped(tmp_path: Path) -> None:
    """At midnight of the wall, without a line lost."""
    times = iter([NOON, NOON + timedelta(hours=13)])
    with logging_to(None, folder=tmp_path, settings=PLAIN, now=lambda: next(times)) as log:
        log.write("info", "x", "monday")
        log.write("info", "x", "tuesday")
    assert names(tmp_path) == ["homalos_2025-08-04.log.zip", "homalos_2025-08-05.log"]
    assert unzipped(tmp_path / "homalos_2025-08-04.log.zip").endswith("x: monday\n")
    assert (tmp_path / "homalos_2025-08-05.log").read_text().endswith("x: tuesday\n")


def test_files_are_kept_for_so_many_days(tmp_path: Path) -> None:
    """Today is one of them; files of other names are nobody's business."""
    for back in range(5):
        (tmp_path / file_name(MONDAY - timedelta(days=back))).write_text(f"{back}")
    (tmp_path / "homalos_2025-07-01.log.zip").write_bytes(b"")
    for other in ("notes.txt", "homalos_2025-99-99.log", "crash-1.txt"):
        (tmp_path / other).write_text("mine")
    tidy(tmp_path, today=MONDAY, days=3)
    assert names(tmp_path) == [
        "crash-1.txt",
        "homalos_2025-08-02.log.zip",
        "homalos_2025-08-03.log.zip",
        "homalos_2025-08-04.log",
        "homalos_2025-99-99.log",
        "notes.txt",
    ]
    assert unzipped(tmp_path / "homalos_2025-08-02.log.zip") == "2"


def test_lines_that_come_late_to_a_zipped_day_get_a_zip_of_their_own(tmp_path: Path) -> None:
    """A clock that was set back must not overwrite what is kept."""
    path = tmp_path / file_name(MONDAY)
    for text in ("first", "second"):
        path.write_text(text)
        tidy(tmp_path, today=MONDAY + timedelta(days=1), days=30)
    assert unzipped(tmp_path / "homalos_2025-08-04.log.zip") == "first"
    assert unzipped(tmp_path / "homalos_2025-08-04.2.log.zip") == "second"


def test_a_file_left_half_zipped_by_a_kill_is_zipped_the_next_time(tmp_path: Path) -> None:
    """The name it was given meanwhile is known."""
    (tmp_path / "homalos_2025-08-03.log.zipping").write_text("kept")
    tidy(tmp_path, today=MONDAY, days=30)
    assert names(tmp_path) == ["homalos_2025-08-03.log.zip"]
    assert unzipped(tmp_path / "homalos_2025-08-03.log.zip") == "kept"


def test_a_file_of_1970_is_zipped(tmp_path: Path) -> None:
    """The time of a zip begins in 1980."""
    path = tmp_path / "homalos_1970-01-01.log"
    path.write_text("early")
    os.utime(path, (0, 0))
    tidy(tmp_path, today=date(1970, 1, 2), days=30)
    assert unzipped(tmp_path / "homalos_1970-01-01.log.zip") == "early"


def test_who_still_has_yesterdays_file_open_loses_no_line(tmp_path: Path) -> None:
    """Another process zips it; the late line goes into a file that is zipped next."""
    file = DailyFile(tmp_path)
    file.write("one\n", MONDAY)
    tidy(tmp_path, today=MONDAY + timedelta(days=1), days=30)
    file.write("two\n", MONDAY)
    file.close()
    assert unzipped(tmp_path / "homalos_2025-08-04.log.zip") == "one\n"
    assert (tmp_path / "homalos_2025-08-04.log").read_text() == "two\n"


@pytest.mark.skipif(os.name == "nt", reason="no locks on folders")
def test_only_one_tidies_at_a_time(tmp_path: Path) -> None:
    """The one that comes second leaves everything to the first."""
    path = tmp_path / file_name(MONDAY)
    path.write_text("x")
    first = os.open(tmp_path, os.O_RDONLY)
    with locked(first, alone=True) as is_mine:
        assert is_mine
        tidy(tmp_path, today=MONDAY + timedelta(days=1), days=30)
        assert names(tmp_path) == ["homalos_2025-08-04.log"]
    os.close(first)
    tidy(tmp_path, today=MONDAY + timedelta(days=1), days=30)
    assert names(tmp_path) == ["homalos_2025-08-04.log.zip"]


@pytest.mark.skipif(os.name == "nt", reason="no locks on files")
def test_a_file_that_a_line_is_written_to_is_zipped_the_next_time(tmp_path: Path) -> None:
    """Nobody waits for anybody, and the line is kept."""
    path = tmp_path / file_name(MONDAY)
    path.write_text("one\n")
    writer = os.open(path, os.O_WRONLY | os.O_APPEND)
    with locked(writer, alone=False):
        tidy(tmp_path, today=MONDAY + timedelta(days=1), days=30)
        os.write(writer, b"two\n")
    os.close(writer)
    tidy(tmp_path, today=MONDAY + timedelta(days=1), days=30)
    (zipped,) = tmp_path.iterdir()
    assert unzipped(zipped) == "one\ntwo\n"


WRITER = """
import sys
from datetime import date
from pathlib import Path
from homalos.logs.daily import DailyFile
from homalos.logs.tidying import tidy

folder, who = Path(sys.argv[1]), sys.argv[2]
file = DailyFile(folder)
print("ready", flush=True)
sys.stdin.readline()
for day in (4, 5, 6):
    for number in range(500):
        if file.write(f"{who} {day} {number}\\n", date(2025, 8, day)):
            tidy(folder, today=date(2025, 8, day), days=30)
"""


def test_two_processes_over_two_midnights_lose_nothing(tmp_path: Path) -> None:
    """Each line of both is there once and whole, in a file or in a zip."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    pipe = subprocess.PIPE
    runs = [subprocess.Popen([*command, who], stdin=pipe, stdout=pipe, text=True) for who in "ab"]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.communicate("go\n", timeout=60)
        assert run.returncode == 0
    found = []
    for path in tmp_path.iterdir():
        text = unzipped(path) if path.suffix == ".zip" else path.read_text()
        found += text.splitlines()
    expected = [f"{who} {day} {n}" for who in "ab" for day in (4, 5, 6) for n in range(500)]
    assert sorted(found) == sorted(expected)


# -- bad days -------------------------------------------------------------------


def written(folder: Path, log: Log, text: str) -> str:
    """Write a line and return what the file of the day has then."""
    log.write("info", "x", text)
    return (folder / file_name(NOON.date())).read_text()


def test_a_file_that_was_deleted_is_made_anew(tmp_path: Path) -> None:
    """Together with its folder; the next line is in it."""
    folder = tmp_path / "logs"
    with logging_to(None, folder=folder, settings=PLAIN, now=lambda: NOON) as log:
        written(folder, log, "one")
        (folder / file_name(NOON.date())).unlink()
        folder.rmdir()
        assert written(folder, log, "two").endswith("x: two\n")
        assert log.lost == 0


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """Return a folder that cannot be made, since a file is in its place."""
    path = tmp_path / "logs"
    path.write_text("in the way")
    return path


def test_a_folder_that_cannot_be_written_is_told_once(
    blocked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines are counted, the caller is told, the console has them, no exception comes."""
    lines: list[str] = []
    told: list[str] = []
    with logging_to(lines.append, folder=blocked, settings=PLAIN, fault=told.append) as log:
        for _ in range(3):
            log.write("info", "x", "said")
        assert log.lost == 3
    assert len(lines) == 3
    (what,) = told
    assert what == (
        f"the log file in {blocked} cannot be written: File exists; "
        "the run goes on without it, free space or make the folder writable"
    )
    assert capsys.readouterr().err == f"warning: {what}\n"


def test_a_file_that_can_be_written_again_gets_the_next_line(blocked: Path) -> None:
    """What was in the way is gone; only the lines meanwhile are lost."""
    with logging_to(None, folder=blocked, settings=PLAIN, now=lambda: NOON) as log:
        log.write("info", "x", "lost")
        blocked.unlink()
        assert written(blocked, log, "kept").endswith("x: kept\n")
        assert log.lost == 1


FULL = """
import resource, signal, sys
from datetime import date
from pathlib import Path
from homalos.logs.daily import DailyFile

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
file, day = DailyFile(Path(sys.argv[1])), date(2025, 8, 4)
file.write("12345\\n", day)
for text in ("torn in two\\n", "no room\\n"):
    try:
        file.write(text, day)
    except OSError as error:
        print(error.strerror or error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
file.write("after\\n", day)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a bound on the size of a file")
def test_a_full_disk_tears_one_line_and_no_other(tmp_path: Path) -> None:
    """What fits of a line stays; the next one that is written begins a line of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["no space left for a whole line", "File too large"]
    lines = (tmp_path / "homalos_2025-08-04.log").read_text().splitlines()
    assert lines == ["12345", "torn", "after"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Orders and funds are nobody else's business."""
    with logging_to(None, folder=tmp_path, settings=PLAIN, now=lambda: NOON) as log:
        log.write("info", "x", "y")
    assert (tmp_path / "homalos_2025-08-04.log").stat().st_mode & 0o777 == 0o600


def test_old_files_that_cannot_be_zipped_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not zipped stays, and today's lines are written."""
    (tmp_path / "homalos_2025-01-01.log").mkdir()  # a folder cannot be unlinked
    with logging_to(None, folder=tmp_path, settings=PLAIN, now=lambda: NOON) as log:
        log.write("info", "x", "y")
    assert "old log files in" in capsys.readouterr().err
    assert "homalos_2025-08-04.log" in names(tmp_path)


def test_a_log_that_ended_leaves_no_thread(tmp_path: Path) -> None:
    """The one that zips is waited for."""
    before = set(threading.enumerate())
    for _ in range(5):
        with logging_to(None, folder=tmp_path, settings=PLAIN) as log:
            log.write("info", "x", "y")
    assert set(threading.enumerate()) - before == set()
