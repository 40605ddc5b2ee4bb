"""The log of everything that enters, and the fingerprint of everything decided."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from homalos.codec import Message, encode
from homalos.codec import decode as decode_message
from homalos.errors import JournalCorrupt, JournalFailed
from homalos.model import BarData, CancelRequest, OrderRequest, TickData

__all__ = ["CountingJournal", "DecisionHash", "FileJournal", "read_journal"]

_HEAD = struct.Struct("<III")
_HASH_BLOCK = 1 << 14
_encode_into = msgspec.msgpack.Encoder().encode_into
_FLUSH_AFTER_NS = 100_000_000
_FLUSH_AFTER_BYTES = 1 << 16


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
    comes the msgpack of `[number, stamp_ns, message]`. Market data is buffered and goes out
    in the same write as the next decision or report, at the latest with the first
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
        self._file = -1
        self._day = 0
        self._chain = 0
        self._buffer = bytearray()
        self._since_ns = 0

    def record(self, event: Message) -> None:
        """Write an event that is about to be dispatched. Engine thread."""
        stamp_ns = self._now_ns()
        self.inputs += 1
        kind = type(event)
        if kind is TickData or kind is BarData:
            day: int = event.trading_day  # type: ignore[attr-defined]  # both have it
            if day > self._day:
                self._turn(day)
            self._frame(self.inputs, stamp_ns, event)
            if (
                stamp_ns - self._since_ns >= _FLUSH_AFTER_NS
                or len(self._buffer) >= _FLUSH_AFTER_BYTES
            ):
                self._flush(stamp_ns)
        else:
            self._frame(self.inputs, stamp_ns, event)
            self._flush(stamp_ns)

    def decide(self, decision: Message) -> None:
        """Write a decision, and everything before it, before it leaves. Engine thread."""
        stamp_ns = self._now_ns()
        self.decisions += 1
        self._frame(self.inputs, stamp_ns, decision)
        if self._file < 0:
            self._turn(self._day)
        self._flush(stamp_ns)

    def close(self) -> None:
        """Write what is buffered, make it durable and close the file."""
        if self._file < 0:
            if not self._buffer:
                return
            self._turn(self._day)
        file = self._file
        try:
            self._flush(self._since_ns)
            os.fsync(file)
        finally:
            self._file = -1
            self._chain = 0
            os.close(file)

    def _frame(self, number: int, stamp_ns: int, message: Message) -> None:
        payload = encode([number, stamp_ns, message])
        before = self._chain
        self._chain = zlib.crc32(payload, before)
        self._buffer += _HEAD.pack(len(payload), len(payload) ^ before, self._chain)
        self._buffer += payload

    def _flush(self, stamp_ns: int) -> None:
        self._since_ns = stamp_ns
        if self._file < 0:
            return
        written = 0
        try:
            # Nearly always all of it goes out at once.
            written = os.write(self._file, self._buffer)
            while written < len(self._buffer):
                written += os.write(self._file, self._buffer[written:])
        except OSError as error:
            msg = (
                f"the journal in {self._folder} cannot be written: {error.strerror or error}; "
                "nothing is decided without it, and orders that work stay at the venue: "
                "free space or make the folder writable, then start again"
            )
            raise JournalFailed(msg) from error
        finally:
            del self._buffer[:written]

    def _turn(self, day: int) -> None:
        if self._file >= 0:
            self.close()
        self._day = day
        self._file = _create(self._folder, day)


def _create(folder: Path, day: int) -> int:
    """Open a new file for a day; a second run of the day never touches the first one's."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
    flags |= getattr(os, "O_BINARY", 0)  # Windows would write a line feed as two bytes
    run = 1
    while True:
        path = folder / f"{day:08}-{run:03}.journal"
        try:
            return os.open(path, flags, 0o600)
        except FileExistsError:
            run += 1


def read_journal(path: Path) -> Iterator[tuple[int, int, Message]]:
    """Yield (number, stamp_ns, message) of every whole frame.

    A frame cut short at the end of the file is what a crash leaves; it is not
    yielded and is no error.

    Raises:
        JournalCorrupt: A frame does not match its checksum, or one is missing before it.
    """
    data = path.read_bytes()
    at = 0
    chain = 0
    number = 0
    while at + _HEAD.size <= len(data):
        length, check, crc = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + length]
        is_intact = length ^ check == chain
        if is_intact and len(payload) < length:
            return
        chain = zlib.crc32(payload, chain)
        if not is_intact or chain != crc:
            msg = f"{path.name}: the frame after number {number} does not match its checksum"
            raise JournalCorrupt(msg, seq=number + 1)
        number, stamp_ns, raw = msgspec.msgpack.decode(payload, type=tuple[int, int, msgspec.Raw])
        yield number, stamp_ns, decode_message(bytes(raw))
        at += _HEAD.size + length
