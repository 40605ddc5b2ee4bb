"""An order in the call auction of a real day gets the price at which the day opened."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING

from venue_floor import VenueFloor, told

from homalos.model import Direction, TickData
from homalos_china.market import ChinaMarket

if TYPE_CHECKING:
    from pathlib import Path

CN = timezone(timedelta(hours=8))
# The first day after a holiday: no night, so the auction is at 08:55. The recorder's first tick
# is of 09:00:00.500: open 12480, 3,174 lots, 17 bid at 12485 and 19 offered at 12490.
FILE = "ticks_ctp_csv/SHFE.ru1901/20181008.tick-ctp.csv.gz"
DAY, SYMBOL = 20181008, "ru1901.SHFE"
BUY, SELL = Direction.LONG, Direction.SHORT


def _ns(clock: str, millisecond: int = 0) -> int:
    at = datetime.strptime(f"{DAY} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=CN)
    return int(at.timestamp()) * 10**9 + millisecond * 10**6


def _ticks(file: Path, count: int) -> list[TickData]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [
            TickData(
                SYMBOL,
                _ns(row["UpdateTime"], int(row["UpdateMillisec"])),
                int(row["TradingDay"]),
                float(row["LastPrice"]),
                int(row["Volume"]),
                bid_price_1=float(row["BidPrice1"]),
                bid_volume_1=int(row["BidVolume1"]),
                ask_price_1=float(row["AskPrice1"]),
                ask_volume_1=int(row["AskVolume1"]),
                limit_up=float(row["UpperLimitPrice"]),
                limit_down=float(row["LowerLimitPrice"]),
                open_price=float(row["OpenPrice"]),
            )
            for row in islice(csv.DictReader(lines), count)
        ]


def test_orders_of_a_real_auction_get_the_days_open(real_data: Path, tmp_path: Path) -> None:
    """Of two buys and two sells those good for 12480 get it; the others wait for the session."""
    first, second = _ticks(real_data / FILE, 2)
    venue = VenueFloor(
        market=ChinaMarket.load(tmp_path / "none.toml"), symbol=SYMBOL, start_ns=_ns("08:56:00")
    )
    venue.day = DAY
    venue.send("high", BUY, 5, 12_500.0)
    venue.send("low", BUY, 5, 12_475.0)
    venue.send("cheap", SELL, 4, 12_450.0, account="other")
    venue.send("dear", SELL, 4, 12_490.0, account="other")
    said = venue.show(first)
    assert sorted(told(said)) == [("trade", "cheap", 4, 12_480.0), ("trade", "high", 5, 12_480.0)]
    assert {each.ts_ns for each in said} == {_ns("09:00:00", 500)}
    assert venue.show(second) == []
    assert venue.venue.working_orders() == {"low", "dear"}


def test_an_order_in_the_minute_of_the_match_pays_what_is_offered(
    real_data: Path, tmp_path: Path
) -> None:
    """At 08:59:30 it is too late for 12480: nineteen lots are offered at 12490."""
    first, *_ = _ticks(real_data / FILE, 1)
    venue = VenueFloor(
        market=ChinaMarket.load(tmp_path / "none.toml"), symbol=SYMBOL, start_ns=_ns("08:59:30")
    )
    venue.day = DAY
    venue.send("late", BUY, 20, 12_500.0)
    assert told(venue.show(first)) == [("trade", "late", 19, 12_490.0)]
