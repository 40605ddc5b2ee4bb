"""A file that only grows: what is there when, on systems that promise room and on others."""

from __future__ import annotations

import errno
import os
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.append_file import AppendFile, read_appended

OPENING = b"homalos\x01"
WINDOW = "homalos.append_file._WINDOW"

promises_room = pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"), reason="this system does not promise room in a file"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a path where there is no file."""
    return tmp_path / "x.journal"


def number(path: Path) -> int:
    """Return the number at the file's beginning, behind its name."""
    opening, found = struct.unpack_from("<8sQ", path.read_bytes())
    assert opening == OPENING
    return int(found)


def no_room(_file: int, _offset: int, _length: int) -> None:
    """Answer as a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device")


# -- appending and reading -----------------------------------------------------


@pytest.mark.parametrize("kind", [pytest.param("mapped", marks=promises_room), "written"])
def test_what_was_appended_is_there_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Another process may read it; closed, the file is as long as what was appended."""
    is_mapped = kind == "mapped"
    monkeypatch.setattr("homalos.append_file._CAN_PROMISE", is_mapped)
    file = AppendFile(path)
    expected = b""
    for piece in (b"one", b"", b"two", bytes(5), b"three"):
        file.append(piece)
        expected += piece
        assert read_appended(path) == (expected, len(expected) if is_mapped else None)
    file.close()
    assert path.read_bytes()[16:] == expected
    assert number(path) == (16 + len(expected) if is_mapped else 0)


@promises_room
@given(st.lists(st.integers(0, 9_000), max_size=12), st.integers(1, 3), st.integers(0, 12))
def test_windows_join_without_a_seam(lengths: list[int], pages: int, promised: int) -> None:
    """However long the pieces are, also longer than a window, and whenever the room ends."""
    left = promised

    def promise(file: int, offset: int, length: int) -> None:
        nonlocal left
        if not left:
            no_room(file, offset, length)
        left -= 1
        fallocate(file, offset, length)

    fallocate = os.posix_fallocate
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "x.journal"
        patch.setattr(WINDOW, pages * 4_096)
        patch.setattr(os, "posix_fallocate", promise)
        file = AppendFile(path)
        expected = b""
        for place, length in enumerate(lengths):
            piece = bytes([1 + place]) * length
            file.append(piece)
            expected += piece
            assert read_appended(path)[0] == expected
        file.close()
        assert path.read_bytes()[16:] == expected
        assert number(path) in {0, 16 + len(expected)}


def test_a_file_that_exists_is_left_alone(path: Path) -> None:
    """Another run's, for one."""
    path.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        AppendFile(path)
    assert path.read_bytes() == b"theirs"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps owners in another way")
def test_only_its_owner_may_read_it(path: Path) -> None:
    """It tells what somebody trades."""
    AppendFile(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


# -- bad days ------------------------------------------------------------------


@promises_room
def test_what_lies_behind_the_number_is_not_there(path: Path) -> None:
    """As when the process is killed while it copies: the number moves on afterwards."""
    file = AppendFile(path)
    file.append(b"whole")
    with path.open("r+b") as other:
        other.seek(16 + len(b"whole"))
        other.write(b"torn")
    assert read_appended(path) == (b"whole", 5)
    file.append(b"next")
    assert read_appended(path) == (b"wholenext", 9)
    file.close()


@promises_room
def test_a_full_disk_is_written_to_its_last_byte(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been promised can be used; then each write takes what it can get."""
    monkeypatch.setattr(WINDOW, 4_096)
    file = AppendFile(path)
    file.append(b"a" * 4_000)
    monkeypatch.setattr(os, "posix_fallocate", no_room)
    file.append(b"b" * 80)
    assert number(path) == 16 + 4_080
    room = [30]
    write = os.write

    def until_full(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, bytes(data)[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", until_full)
    with pytest.raises(OSError, match="No space left"):
        file.append(b"c" * 40)
    assert read_appended(path) == (b"a" * 4_000 + b"b" * 80 + b"c" * 30, None)
    room[0] = 100
    file.append(b"d")
    file.close()
    assert read_appended(path) == (b"a" * 4_000 + b"b" * 80 + b"c" * 40 + b"d", None)


@promises_room
@pytest.mark.parametrize("then", ["append", "append with room again", "close"])
def test_a_disk_that_fails_while_memory_is_left_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """What had no place waits, and nothing gets ahead of it, however short."""
    monkeypatch.setattr(WINDOW, 4_096)
    file = AppendFile(path)
    file.append(b"a" * 4_000)
    expected = b"a" * 4_000 + b"b" * 100

    def fails(_file: int, _length: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as bad:
        bad.setattr(os, "posix_fallocate", no_room)
        bad.setattr(os, "ftruncate", fails)
        with pytest.raises(OSError, match="Input/output"):
            file.append(b"b" * 100)
        assert read_appended(path) == (b"a" * 4_000, 4_000)
    if then != "append with room again":
        monkeypatch.setattr(os, "posix_fallocate", no_room)
    if then != "close":
        file.append(b"c")
        expected += b"c"
        assert read_appended(path)[0] == expected
    file.close()
    assert path.read_bytes()[16:] == expected


def test_a_file_that_cannot_be_made_leaves_nothing_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk is full from the beginning."""
    opened: list[int] = []
    closed: list[int] = []
    open_file, close_file = os.open, os.close

    def opens(name: Path, flags: int, mode: int) -> int:
        opened.append(open_file(name, flags, mode))
        return opened[-1]

    def closes(file: int) -> None:
        closed.append(file)
        close_file(file)

    monkeypatch.setattr(os, "open", opens)
    monkeypatch.setattr(os, "close", closes)

    def full(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        AppendFile(path)
    assert len(opened) == 1
    assert closed == opened


APPENDS = """
import sys
from pathlib import Path
from homalos import append_file

append_file._WINDOW = 1 << 16
file = append_file.AppendFile(Path(sys.argv[1]))
print("begins", flush=True)
number = 0
while True:
    number += 1
    file.append(b"%08d|" % number * 20)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a signal")
def test_a_killed_process_leaves_whole_pieces_one_after_another(tmp_path: Path) -> None:
    """Wherever it was: between two pieces, in one, on the way to the next window."""
    for run in range(12):
        path = tmp_path / f"{run}.journal"
        with subprocess.Popen(
            [sys.executable, "-c", APPENDS, str(path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            while path.stat().st_size < (1 << 16) * (2 + run // 4):
                pass
            process.send_signal(signal.SIGKILL)
        data, size = read_appended(path)
        count = len(data) // 180
        assert count > 0
        assert data == b"".join(b"%08d|" % each * 20 for each in range(1, count + 1))
        assert size in {len(data), None}
