"""The log of everything that enters, and the fingerprint of everything decided."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from homalos.append_file import AppendFile, read_appended
from homalos.codec import Message, encode
from homalos.codec import decode as decode_message
from homalos.errors import JournalCorrupt, JournalFailed
from homalos.model import BarData, CancelRequest, OrderRequest, TickData

__all__ = ["CountingJournal", "DecisionHash", "FileJournal", "read_journal"]

_HEAD = struct.Struct("<III")
_HASH_BLOCK = 1 << 14
_LIST = struct.Struct(">BI")  # how msgpack begins a list of any length
_encode_into = msgspec.msgpack.Encoder().encode_into
_frames = msgspec.msgpack.Decoder(list[tuple[int, int, msgspec.Raw]])
_FLUSH_AFTER_NS = 100_000_000
_FLUSH_AFTER_EVENTS = 256


class DecisionHash:
    """SHA-256 over the msgpack of every order request and cancel, in order.

    It is what "the same run" means: backtest twice, paper against backtest,
    replay against live.
    """

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self._waiting = bytearray()

    def add(self, decision: OrderRequest | CancelRequest) -> None:
        """Add one decision. Engine thread."""
        # Hashed by the block: it costs half as much as one by one.
        waiting = self._waiting
        _encode_into(decision, waiting, -1)
        if len(waiting) > _HASH_BLOCK:
            self._sha.update(waiting)
            waiting.clear()

    def hexdigest(self) -> str:
        """Return the fingerprint so far, 64 hexadecimal digits. Engine thread."""
        self._sha.update(self._waiting)
        self._waiting.clear()
        return self._sha.hexdigest()


class CountingJournal:
    """A journal that keeps only the last input: for backtests, whose tape is the log.

    Attributes:
        record: Takes an event that is about to be dispatched. It is the `append`
            of a deque, because it is called for every event there is.
        decide: Takes a decision that is about to leave; the same.
    """

    __slots__ = ("decide", "last_decision", "last_input", "record")

    def __init__(self) -> None:
        self.last_input: deque[Message] = deque(maxlen=1)
        self.last_decision: deque[Message] = deque(maxlen=1)
        self.record = self.last_input.append
        self.decide = self.last_decision.append

    def close(self) -> None:
        """Do nothing; a file journal flushes here."""


class FileJournal:
    """A journal on disk: one file a trading day and run, each frame chained to the one before.

    A frame begins with three numbers of 32 bits, little-endian: its length; the same
    exclusive-or the CRC-32 of the frame before, so that a damaged length is not taken
    for a frame cut short; its own CRC-32, which goes on from the one before. Then
    comes the msgpack of a list of `[number, stamp_ns, message]`. Market data is held back and goes
    out in the same frame as the next decision or report, at the latest with the first
    event 100 ms later: what a decision was based on is with the operating system
    before the decision leaves, so it survives the process being killed. A write
    that fails is a `JournalFailed`, the decision does not leave, and the run ends.

    What enters before the first market data opens that day's file, unless something
    is decided by then, or nothing ever comes: that is the file of day 00000000.

    Attributes:
        inputs: Events written so far; the dense number of the last one.
        decisions: Requests and cancels so far.
    """

    def __init__(self, folder: Path, now_ns: Callable[[], int]) -> None:
        """Write into a folder, which is made, with the stamps of a clock."""
        folder.mkdir(parents=True, exist_ok=True)
        self.inputs = 0
        self._now_ns = now_ns
        self.decisions = 0
        self._folder = folder
        self._file: AppendFile | None = None
        self._day = 0
        self._chain = 0
        self._waiting: list[bytes] = []
        self._since_ns = 0

    def record(self, event: Message) -> None:
        """Write an event that is about to be dispatched. Engine thread."""
        stamp_ns = self._now_ns()
        self.inputs += 1
        kind = type(event)
        waiting = self._waiting
        if kind is TickData or kind is BarData:
            day: int = event.trading_day  # type: ignore[attr-defined]  # both have it
            if day > self._day:
                self._turn(day)
            waiting.append(encode((self.inputs, stamp_ns, event)))
            if stamp_ns - self._since_ns >= _FLUSH_AFTER_NS or len(waiting) >= _FLUSH_AFTER_EVENTS:
                self._flush(stamp_ns)
        else:
            waiting.append(encode((self.inputs, stamp_ns, event)))
            self._flush(stamp_ns)

    def decide(self, decision: Message) -> None:
        """Write a decision, and everything before it, before it leaves. Engine thread."""
        stamp_ns = self._now_ns()
        self.decisions += 1
        self._waiting.append(encode((self.inputs, stamp_ns, decision)))
        if self._file is None:
            self._turn(self._day)
        self._flush(stamp_ns)

    def close(self) -> None:
        """Write what is held back, make it durable and close the file."""
        if self._file is None:
            if not self._waiting:
                return
            self._turn(self._day)
        file = self._file
        try:
            if self._waiting:
                self._flush(self._since_ns)
        finally:
            self._file = None
            self._chain = 0
            if file is not None:
                with self._reported():
                    file.close()

    def _flush(self, stamp_ns: int) -> None:
        self._since_ns = stamp_ns
        file = self._file
        if file is None:
            return
        waiting = self._waiting
        payload = b"".join((_LIST.pack(0xDD, len(waiting)), *waiting))
        waiting.clear()
        before = self._chain
        self._chain = crc = zlib.crc32(payload, before)
        try:
            file.append(_HEAD.pack(len(payload), len(payload) ^ before, crc) + payload)
        except OSError as error:
            raise self._failed(error) from error

    def _turn(self, day: int) -> None:
        if self._file is not None:
            self.close()
        self._day = day
        with self._reported():
            self._file = _create(self._folder, day)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> JournalFailed:
        return JournalFailed(
            f"the journal in {self._folder} cannot be written: {error.strerror or error}; "
            "nothing is decided without it, and orders that work stay at the venue: "
            "free space or make the folder writable, then start again"
        )


def _create(folder: Path, day: int) -> AppendFile:
    """Open a new file for a day; a second run of the day never touches the first one's."""
    run = 1
    while True:
        try:
            return AppendFile(folder / f"{day:08}-{run:03}.journal")
        except FileExistsError:
            run += 1


def read_journal(path: Path) -> Iterator[tuple[int, int, Message]]:
    """Yield (number, stamp_ns, message) of every whole frame; also while it is written.

    A frame cut short is what a crash leaves; it is not yielded and is no error.

    Raises:
        JournalCorrupt: A frame does not match its checksum, or one is missing.
        OSError: The file cannot be read.
    """
    try:
        data, size = read_appended(path)
    except ValueError as error:
        raise JournalCorrupt(str(error), seq=1) from error
    at = 0
    chain = 0
    number = 0
    while at + _HEAD.size <= len(data):
        length, check, crc = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + length]
        is_intact = length ^ check == chain
        if is_intact and len(payload) < length:
            break
        chain = zlib.crc32(payload, chain)
        if not is_intact or chain != crc:
            raise _damaged(path, number)
        for number, stamp_ns, raw in _frames.decode(payload):
            yield number, stamp_ns, decode_message(bytes(raw))
        at += _HEAD.size + length
    if size is not None and at != size:
        raise _damaged(path, number)


def _damaged(path: Path, number: int) -> JournalCorrupt:
    msg = f"{path.name}: the frame after number {number} does not match its checksum"
    return JournalCorrupt(msg, seq=number + 1)
