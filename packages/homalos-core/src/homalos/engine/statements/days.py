"""The engine's own days on disk: `<home>/statements/<account>/<yyyymmdd>.json`, text beside it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from homalos.errors import StatementError, StoreError
from homalos.model import Statement

__all__ = ["StatementDays"]

_DAY = re.compile(r"(\d{8})\.json")
_FOLDER = "statements"


class StatementDays:
    """The days that an engine has settled, an account a folder.

    A day is kept exactly, as JSON with its amounts as text, and where a format of
    statements is given, as a broker would print it, too. A file is there as a whole or not
    at all; a day that is settled anew replaces the one before, its text with it.

    Args:
        home: The folder of all state; nothing is made in it before the first day.
        write: Makes a day's text, as `StatementFormatSpec.write`; without it only the JSON
            is kept.
    """

    def __init__(self, home: Path, write: Callable[[Statement], str] | None = None) -> None:
        self.folder = home / _FOLDER
        self._write = write

    def save(self, statement: Statement) -> Path:
        """Keep a day; return the path of its JSON. May be called on any thread.

        Raises:
            StoreError: It cannot be written; the JSON that was there before is there
                still, unless only the text failed.
        """
        path = self._path(statement.account, statement.trading_day)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, msgspec.json.format(msgspec.json.encode(statement), indent=1))
            # The text comes second: when a plugin cannot make it, the day is kept all the
            # same, and no text of an earlier settlement stands beside it.
            text = path.with_suffix(".txt")
            text.unlink(missing_ok=True)
            if self._write is not None:
                _replace(text, self._write(statement).encode())
        except OSError as error:
            what = f"the statement of {statement.account} for {statement.trading_day}"
            msg = f"{what} cannot be kept in {path.parent}: {error.strerror}"
            raise StoreError(msg) from error
        return path

    def load(self, account: str, day: int) -> Statement:
        """Return a day exactly as it was kept.

        Raises:
            StatementError: The account or the day is not kept, or its file is broken.
            StoreError: It cannot be read.
        """
        path = self._path(account, day)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise StatementError(self._lacking(account, day)) from error
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}"
            raise StoreError(msg) from error
        try:
            return msgspec.json.decode(data, type=Statement)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = f"no statement that was kept here: {error}; settle the day anew"
            raise StatementError(reason, file=str(path)) from error

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts that have a day, sorted."""
        if not self.folder.is_dir():
            return ()
        found = (each.name for each in self.folder.iterdir() if each.is_dir())
        return tuple(sorted(name for name in map(unquote, found) if self.days(name)))

    def days(self, account: str) -> tuple[int, ...]:
        """Return the trading days of an account, oldest first; none of an unknown one."""
        folder = self.folder / _quoted(account)
        if not folder.is_dir():
            return ()
        names = (_DAY.fullmatch(each.name) for each in folder.iterdir())
        return tuple(sorted(int(match[1]) for match in names if match))

    def _path(self, account: str, day: int) -> Path:
        return self.folder / _quoted(account) / f"{day:08d}.json"

    def _lacking(self, account: str, day: int) -> str:
        days = self.days(account)
        if days:
            kept = f"{len(days)} days from {days[0]} to {days[-1]} are"
            return f"no statement of {account} for {day} in {self.folder}; {kept}"
        known = ", ".join(self.accounts()) or "none"
        return f"no statement of the account {account!r} in {self.folder}; accounts there: {known}"


def _quoted(account: str) -> str:
    """Return a folder's name for an account: no path, and allowed on every system."""
    plain = "".join(char if char.isalnum() else quote(char, safe=" -_@+.") for char in account)
    return plain.replace(".", "%2E", 1) if plain.startswith(".") else plain


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
