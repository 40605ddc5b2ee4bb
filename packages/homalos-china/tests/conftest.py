"""What the tests of this package share."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from homalos_china import ChinaMarket
from homalos_china.calendar import TradingCalendar

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> ChinaMarket:
    """Give the market without a user's overrides."""
    return ChinaMarket.load(tmp_path_factory.mktemp("home") / "china.toml")


@pytest.fixture(scope="session")
def calendar() -> TradingCalendar:
    """Give the calendar of the futures exchanges."""
    return TradingCalendar.of_exchanges()


@pytest.fixture(scope="session")
def at() -> Callable[[str], int]:
    """Give a reckoning of instants by the standard library: ISO text in Shanghai -> ns UTC."""

    def instant(text: str) -> int:
        moment = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1_000

    return instant


@pytest.fixture(scope="session")
def clock_text() -> Callable[[int], str]:
    """Give the way back: ns UTC -> ISO text in Shanghai, to the second."""

    def text(ts_ns: int) -> str:
        moment = datetime.fromtimestamp(ts_ns // 1_000_000_000, SHANGHAI)
        return moment.strftime("%Y-%m-%d %H:%M:%S")

    return text


@pytest.fixture(scope="session")
def rows(real_data: Path) -> Callable[..., Iterator[dict[str, str]]]:
    """Give a reader of the real data's gzipped CSV files: each row, or each n-th."""

    def read(name: str, *, every: int = 1) -> Iterator[dict[str, str]]:
        with gzip.open(real_data / name, "rt", encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = next(lines)
            for line in islice(lines, 0, None, every):
                yield dict(zip(header, line, strict=True))

    return read


@pytest.fixture(scope="session")
def metadata(real_data: Path) -> Callable[[str], Any]:
    """Give a reader of the real data's gzipped JSON files."""

    def read(name: str) -> Any:
        with gzip.open(real_data / "metadata" / name, "rt", encoding="utf-8") as file:
            return json.load(file)

    return read
