"""The journal: what is on disk when, what reading finds, and the fingerprint of decisions."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterable
from math import nan
from pathlib import Path

import pytest

from homalos.errors import JournalCorrupt, StoreError
from homalos.journal import CountingJournal, DecisionHash, FileJournal, read_journal
from homalos.model import (
    BarData,
    CancelRequest,
    Command,
    ConnectionChanged,
    Direction,
    Offset,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
    TickData,
)
from homalos.model.message import Message
from homalos.testing import DAY, START_NS, FakeClock, at, bar, order_request, same, tick

HEAD = struct.Struct("<III")
OPENING = 16  # bytes before the first frame
MS = 1_000_000
REPORT = OrderReport("1-1", Status.NOTTRADED, START_NS)


class Log:
    """A journal in a folder, the clock it stamps with, and a reader of its files."""

    def __init__(self, folder: Path) -> None:
        """Begin a run."""
        self.clock = FakeClock()
        self.folder = folder
        self.journal = FileJournal(folder, self.clock.now_ns)

    def files(self) -> list[Path]:
        """Return the files, by name."""
        return sorted(self.folder.iterdir())

    def messages(self) -> list[Message]:
        """Return what can be read by now, from all files."""
        return [message for path in self.files() for _, _, message in read_journal(path)]


@pytest.fixture(params=["mapped", "written"])
def log(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    """Give a journal that nothing was written into, on a system of each kind."""
    if request.param == "written":
        monkeypatch.setattr("homalos.append_file._CAN_PROMISE", False)
    return Log(tmp_path / "journal")


def record(log: Log, events: Iterable[TickData | BarData | OrderReport]) -> Path:
    """Write events, each in a frame of its own, and close; return the last file."""
    for event in events:
        log.clock.advance(100 * MS)
        log.journal.record(event)
    log.journal.close()
    return log.files()[-1]


def numbered(count: int) -> list[TickData]:
    """Make ticks that can be told apart."""
    return [tick(volume=number) for number in range(count)]


# -- writing and reading -------------------------------------------------------


def test_what_was_written_reads_back_equal(log: Log) -> None:
    """Inputs with dense numbers and the clock's stamps; a decision under its input's number."""
    first, second, third = tick(settlement_price=nan), REPORT, bar()
    decision = order_request(price=nan)
    log.journal.record(first)
    log.clock.advance(5)
    log.journal.record(second)
    log.journal.decide(decision)
    log.clock.advance(5)
    log.journal.record(third)
    log.journal.close()
    found = list(read_journal(*log.files()))
    assert same(
        found,
        [
            (1, START_NS, first),
            (2, START_NS + 5, second),
            (2, START_NS + 5, decision),
            (3, START_NS + 10, third),
        ],
    )
    assert (log.journal.inputs, log.journal.decisions) == (3, 1)


def test_each_trading_day_has_a_file_of_its_own(log: Log) -> None:
    """A late tick of the day before stays where it came."""
    monday, tuesday = tick(), tick(trading_day=20250107)
    record(log, [monday, tuesday, monday])
    assert [path.name for path in log.files()] == ["20250106-001.journal", "20250107-001.journal"]
    assert [len(list(read_journal(path))) for path in log.files()] == [1, 2]


def test_numbers_go_on_from_day_to_day(log: Log) -> None:
    """They count the run's inputs, not the file's."""
    record(log, [tick(), tick(trading_day=20250107)])
    assert [number for path in log.files() for number, _, _ in read_journal(path)] == [1, 2]


def test_two_runs_of_a_day_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Each gets the next free name."""
    for volume in (1, 2):
        record(Log(tmp_path), [tick(volume=volume)])
    assert [path.name for path in Log(tmp_path).files()] == [
        f"{DAY}-001.journal",
        f"{DAY}-002.journal",
    ]
    assert same(Log(tmp_path).messages(), [tick(volume=1), tick(volume=2)])


def test_what_came_before_the_market_data_is_in_the_days_file(log: Log) -> None:
    """A connection that went up, a command: they open the day."""
    before = [ConnectionChanged("g", is_up=True, reason="", ts_ns=1), Command("x", {"a": 1}, 2)]
    for event in before:
        log.journal.record(event)
    record(log, [tick()])
    assert [path.name for path in log.files()] == [f"{DAY}-001.journal"]
    assert same(log.messages(), [*before, tick()])


def test_a_run_without_market_data_leaves_a_file_too(log: Log) -> None:
    """Its commands would be lost otherwise; of which day they are nobody knows."""
    record(log, [REPORT])
    assert [path.name for path in log.files()] == ["00000000-001.journal"]
    assert log.messages() == [REPORT]


def test_a_journal_without_events_leaves_no_file(log: Log) -> None:
    """Closing twice is harmless, too."""
    log.journal.close()
    log.journal.close()
    assert log.files() == []


# -- what is on disk when ------------------------------------------------------


def test_market_data_waits_for_a_tenth_of_a_second(log: Log) -> None:
    """One write for many ticks: the first event 100 ms later brings them all."""
    log.journal.record(REPORT)
    log.journal.record(tick(volume=1))
    log.journal.record(bar())
    log.clock.advance(100 * MS - 1)
    log.journal.record(tick(volume=2))
    assert log.messages() == []
    log.clock.advance(1)
    log.journal.record(tick(volume=3))
    assert len(log.messages()) == 5


def test_much_market_data_does_not_wait(log: Log) -> None:
    """At the latest 256 events, however fast they come."""
    log.clock.advance(-START_NS)
    found = []
    for event in numbered(600):
        log.journal.record(event)
        found.append(len(log.messages()))
    assert found == [0] * 255 + [256] * 256 + [512] * 89


@pytest.mark.parametrize("follows", [REPORT, Command("order.cancel_all", {})])
def test_other_inputs_are_on_disk_at_once(log: Log, follows: Message) -> None:
    """And the market data before them."""
    for event in numbered(2):
        log.journal.record(event)
    assert same(log.messages(), numbered(1))
    log.journal.record(follows)
    assert same(log.messages(), [*numbered(2), follows])


def test_a_decision_before_any_market_data_is_on_disk(log: Log) -> None:
    """An order sent by hand before the opening; the day's own file comes with its first tick."""
    log.journal.record(REPORT)
    log.journal.decide(order_request())
    assert same(log.messages(), [REPORT, order_request()])
    record(log, [tick()])
    assert [path.name for path in log.files()] == ["00000000-001.journal", f"{DAY}-001.journal"]
    assert same(log.messages(), [REPORT, order_request(), tick()])


DECIDE = """
import sys
from pathlib import Path
from homalos.journal import FileJournal
from homalos.testing import FakeClock, order_request, tick

journal = FileJournal(Path(sys.argv[1]), FakeClock().now_ns)
for number in range(3):
    journal.record(tick(volume=number))
journal.decide(order_request())
journal.record(tick(volume=3))
print("decided", flush=True)
sys.stdin.read()
"""


def test_what_a_decision_stands_on_survives_the_process_being_killed(log: Log) -> None:
    """The decision and every tick before it, without a word of goodbye."""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", DECIDE, str(log.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | path,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"decided"
        process.kill()
    assert same(log.messages(), [*numbered(3), order_request()])


def test_a_failed_write_is_an_error_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a frame got through before the disk was full; nothing is written twice."""
    monkeypatch.setattr("homalos.append_file._CAN_PROMISE", False)
    log = Log(tmp_path)
    write = os.write

    def half(file: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", full)
        return write(file, data[:10])

    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    log.journal.record(tick())
    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StoreError, match="no space left"):
        log.journal.record(REPORT)
    monkeypatch.setattr(os, "write", write)
    log.journal.close()
    assert same(log.messages(), [tick(), REPORT])


# -- damage --------------------------------------------------------------------


def frames(data: bytes) -> list[bytes]:
    """Cut a file into its frames, by the format that the docstring gives."""
    found, at_byte = [], OPENING
    while at_byte < len(data):
        end = at_byte + HEAD.size + HEAD.unpack_from(data, at_byte)[0]
        found.append(data[at_byte:end])
        at_byte = end
    return found


@pytest.mark.parametrize("log", ["written"], indirect=True)
def test_a_frame_cut_short_at_the_end_is_no_error(log: Log) -> None:
    """Wherever a crash cut it: all before it reads, and it does not."""
    path = record(log, numbered(3))
    data = path.read_bytes()
    assert len(frames(data)) == 3
    keeps = len(data) - len(frames(data)[-1])
    for length in range(keeps, len(data)):
        path.write_bytes(data[:length])
        assert same(log.messages(), numbered(2))


@pytest.mark.parametrize("log", ["mapped"], indirect=True)
def test_a_file_shorter_than_it_says_is_found_wherever_it_was_cut(log: Log) -> None:
    """No crash does that: the number goes on after the frame is there, never before."""
    path = record(log, numbered(3))
    data = path.read_bytes()
    keeps = len(data) - len(frames(data)[-1])
    for length in range(keeps, len(data)):
        path.write_bytes(data[:length])
        read = read_journal(path)
        assert [next(read)[0], next(read)[0]] == [1, 2]
        with pytest.raises(JournalCorrupt, match="the frame after number 2"):
            next(read)


def test_a_flipped_byte_is_found_wherever_it_is(log: Log) -> None:
    """Also in a length, where it looks like a frame cut short; `seq` says which frame."""
    path = record(log, numbered(3))
    data = path.read_bytes()
    ends = [OPENING + len(b"".join(frames(data)[: n + 1])) for n in range(3)]
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1 :])
        with pytest.raises(JournalCorrupt) as caught:
            list(read_journal(path))
        # A number that says where the frames end may be off anywhere.
        assert 8 <= place < OPENING or caught.value.seq == 1 + sum(place >= end for end in ends)


def test_reading_gives_what_stands_before_the_damage(log: Log) -> None:
    """A recovery may use it, knowing where it ends."""
    path = record(log, numbered(3))
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    read = read_journal(path)
    assert [next(read)[0], next(read)[0]] == [1, 2]
    with pytest.raises(JournalCorrupt, match=r"20250106-001\.journal: the frame after number 2"):
        next(read)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_frame_that_was_taken_out_is_missed(log: Log, gone: int) -> None:
    """Each is whole by itself; the chain tells."""
    path = record(log, numbered(4))
    data = path.read_bytes()
    kept = frames(data)
    del kept[gone]
    path.write_bytes(data[:OPENING] + b"".join(kept))
    with pytest.raises(JournalCorrupt) as caught:
        list(read_journal(path))
    assert caught.value.seq == gone + 1


def test_frames_that_changed_places_are_found(log: Log) -> None:
    """The order is what a journal is for."""
    path = record(log, numbered(3))
    data = path.read_bytes()
    one, two, three = frames(data)
    path.write_bytes(data[:OPENING] + one + three + two)
    with pytest.raises(JournalCorrupt):
        list(read_journal(path))


@pytest.mark.parametrize("length", range(OPENING + 1))
def test_a_file_that_was_just_made_has_no_frames(log: Log, length: int) -> None:
    """As a crash right then leaves it."""
    log.folder.joinpath("x.journal").write_bytes((b"homalos\x01" + bytes(8))[:length])
    assert log.messages() == []


@pytest.mark.parametrize("data", [b"x", b"homalos\x02", b"homalos\x02" + bytes(8), bytes(100)])
def test_what_is_no_journal_is_told(log: Log, data: bytes) -> None:
    """Of another version, for one."""
    log.folder.joinpath("x.journal").write_bytes(data)
    with pytest.raises(JournalCorrupt, match=r"x\.journal does not begin as a journal of this"):
        log.messages()


# -- the fingerprint -----------------------------------------------------------


def packed(value: str | float | list[str | int | float | None] | None) -> bytes:
    """Write a value in MessagePack, by its specification (msgpack.org), as far as needed."""
    if value is None:
        return b"\xc0"
    if isinstance(value, list):
        assert len(value) < 16
        return bytes([0x90 | len(value)]) + b"".join(map(packed, value))
    if isinstance(value, str):
        text = value.encode()
        assert len(text) < 32
        return bytes([0xA0 | len(text)]) + text
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if value < 128:
        return bytes([value])
    return b"\xcf" + struct.pack(">Q", value)


def test_the_fingerprint_is_sha_256_over_msgpack() -> None:
    """Against a computation that shares nothing with it but hashlib."""
    order = OrderRequest(
        order_id="1-1", symbol="aa2510.TEST", direction=Direction.LONG, offset=Offset.OPEN,
        type=OrderType.LIMIT, price=101.5, volume=2, strategy="ma", account="main",
        gateway="sim", ts_ns=START_NS, reference="为",
    )  # fmt: skip
    cancel = CancelRequest("1-1", "aa2510.TEST", "ma", "main", "sim", at(1))
    written = packed(
        ["OrderRequest", "1-1", "aa2510.TEST", "long", "open", "limit", 101.5, 2,
         "ma", "main", "sim", START_NS, "为", None]
    ) + packed(["CancelRequest", "1-1", "aa2510.TEST", "ma", "main", "sim", at(1)])  # fmt: skip
    decisions = DecisionHash()
    decisions.add(order)
    decisions.add(cancel)
    assert decisions.hexdigest() == hashlib.sha256(written).hexdigest()


def test_the_fingerprint_of_many_decisions_does_not_depend_on_when_it_is_read() -> None:
    """A snapshot in between changes nothing, however much was hashed by then."""
    watched, expected = DecisionHash(), hashlib.sha256()
    for number in range(1_000):
        watched.add(CancelRequest(f"1-{number}", "aa", "s", "a", "g", START_NS))
        expected.update(packed(["CancelRequest", f"1-{number}", "aa", "s", "a", "g", START_NS]))
        if number == 500:
            assert watched.hexdigest() == expected.hexdigest()
    assert watched.hexdigest() == expected.hexdigest()


def test_no_decisions_have_the_fingerprint_of_nothing() -> None:
    """SHA-256 of the empty string, as FIPS 180-4's examples give it."""
    assert DecisionHash().hexdigest() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


def test_the_order_of_decisions_is_part_of_the_fingerprint() -> None:
    """The same orders the other way round are another run."""
    first, second = DecisionHash(), DecisionHash()
    for number in (1, 2):
        first.add(order_request(volume=number))
        second.add(order_request(volume=3 - number))
    assert first.hexdigest() != second.hexdigest()


def test_a_journal_for_backtests_keeps_only_what_came_last() -> None:
    """A million bars go through it: the tape they came from is the log."""
    journal = CountingJournal()
    for number in range(3):
        journal.record(tick(volume=number))
        journal.decide(order_request(volume=number + 1))
    journal.close()
    assert same(list(journal.last_input), [tick(volume=2)])
    assert list(journal.last_decision) == [order_request(volume=3)]
