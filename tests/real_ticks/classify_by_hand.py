"""Give every row of the recorded ticks its class, by plain rules and hours written down here.

It imports nothing of this project, so that what the engine reports can be held
against it. `python classify_by_hand.py FOLDER` prints the table that stands beside
it as `classes.csv`: file, row (the header is row 1), class, count. A row of the file
that no line names is `good`; one line a file says how many of those there are, and
has no row. `docs/explanation/bars.md` says what each class means.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

FOLD = timedelta(seconds=5)
AUCTION = timedelta(minutes=5)
_DBL_MAX = 1e300  # anything as large as this stands for "none"
_FUTURE = re.compile(r"[A-Za-z]{1,2}\d{3,4}")
Hours = Mapping[str | None, tuple[tuple[str, str], ...]]
Span = tuple[datetime, datetime]
_NEVER = datetime(1, 1, 1, tzinfo=UTC)

# Sessions as the exchanges publish them; a night ends past 24:00 where it goes on over midnight.
COMMODITY = (("09:00", "10:15"), ("10:30", "11:30"), ("13:30", "15:00"))
INDEX = (("09:30", "11:30"), ("13:00", "15:00"))
BOND = (("09:30", "11:30"), ("13:00", "15:15"))
TO_23 = (("21:00", "23:00"), *COMMODITY)
TO_01 = (("21:00", "25:00"), *COMMODITY)
TO_0230 = (("21:00", "26:30"), *COMMODITY)
TO_2330 = (("21:00", "23:30"), *COMMODITY)
HOURS_TO_2021: Hours = {"ru": TO_23, "AP": COMMODITY, "IF": INDEX, "RM": TO_2330, "ag": TO_0230}
_NIGHTS_2022 = ("CF", "MA", "RM", "SA", "TA", "eg", "i", "m", "pp", "y", "lu", "bu", "hc", "rb")
HOURS_2022: Hours = {
    "IF": INDEX,
    "T": BOND,
    "ru": TO_23,
    **dict.fromkeys(_NIGHTS_2022, TO_23),
    **dict.fromkeys(("ag", "au", "sc"), TO_0230),
}
# On that Friday evening every product of the snapshot opened at 21:00; when it closed is of
# no account for a picture of 21:00:20.
HOURS_2023: Hours = {None: TO_01}
# The evening that a trading day's night session begins on, where a file holds a night.
EVENINGS = {
    "20181009": "20181008",
    "20181010": "20181009",
    "20181011": "20181010",
    "20170320": "20170317",
    "20200617": "20200616",
    "20200618": "20200617",
    "20220218": "20220217",
    "20231204": "20231201",
}
_IN_ORDER = (
    ("ticks_ctp_csv/CZCE.AP010/2020080{}.tick-ctp.csv.gz", "34567", HOURS_TO_2021),
    ("ticks_ctp_csv/CZCE.AP101/2020080{}.tick-ctp.csv.gz", "3", HOURS_TO_2021),
    ("ticks_ctp_csv/SHFE.ru1901/201810{}.tick-ctp.csv.gz", ("08", "09", "10"), HOURS_TO_2021),
    ("ticks_misc/{}.csv.gz", ("CZCE.RM705_20170320",), HOURS_TO_2021),
    ("ticks_misc/{}.csv.gz", ("DIRTY_SHFE.ag2012_20200617-18_lastprice",), HOURS_TO_2021),
    ("ticks_misc/{}.csv.gz", ("MarketData_20231201_2100_friday_night_snapshot",), HOURS_2023),
    ("ticks_misc/{}.csv", ("raw_preopen_rows_with_DBL_MAX_20191031",), HOURS_TO_2021),
    ("ticks_wt/ALL_20220218/{}.csv.gz", ("CFFEX", "CZCE", "DCE", "INE", "SHFE"), HOURS_2022),
    ("ticks_wt/CFFEX.IF.HOT/2021010{}.csv.gz", "4567", HOURS_TO_2021),
)
FILES: tuple[tuple[str, Hours], ...] = tuple(
    (path.format(name), hours) for path, names, hours in _IN_ORDER for name in names
)


class Contract:
    """What was seen of one contract so far in a file."""

    def __init__(self) -> None:
        self.day = ""  # the last trading day that a row fell into
        self.count = -1  # lots of that day told so far, -1 when not known
        self.latest = _NEVER  # the latest stamp of a row inside a session
        self.content: tuple[str, ...] = ()  # of that row
        self.minute = _NEVER  # start of the latest minute that a row fell into

    def begin_at(self, row: dict[str, str]) -> None:
        """Take the count of a row outside the sessions, where none was known before."""
        if self.count < 0:
            self.count = int(number(cell(row, "volume")))


def rows_of(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its number, blanks stripped, the columns by lower-case names."""
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        names = [name.strip().lower() for name in next(reader)]
        for row, cells in enumerate(reader, 2):
            yield row, dict(zip(names, (cell.strip() for cell in cells), strict=True))


def cell(row: dict[str, str], *names: str) -> str:
    """Return the first of these columns that the file has, "" when it has none."""
    return next((row[name] for name in names if name in row), "")


def number(text: str) -> float:
    """Return a price or a count, 0 when it is missing."""
    if text in ("", "N/A"):
        return 0.0
    value = float(text)
    return 0.0 if value >= _DBL_MAX else value


@lru_cache
def day_of(text: str) -> datetime:
    """Return the midnight of yyyymmdd; all times here are those of one wall clock."""
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC)


def since_midnight(text: str) -> timedelta:
    """Return H:MM, H:MM:SS or H:MM:SS.fff as a length of time; 25:00 is one o'clock."""
    hours, minutes, *rest = text.split(":")
    seconds = float(rest[0]) if rest else 0.0
    return timedelta(hours=int(hours), minutes=int(minutes), milliseconds=round(seconds * 1000))


def stamp_of(row: dict[str, str]) -> tuple[datetime, str]:
    """Return when a row was stamped, and its trading day.

    ActionDay is the date where there is one. TradingDay alone is the trading day, as
    SHFE writes it: its evening is before it, what is after midnight follows that evening.
    A date alone is the natural day, as CZCE writes it.
    """
    trading, action = cell(row, "tradingday"), cell(row, "actionday", "date")
    time = since_midnight(cell(row, "updatetime", "time"))
    time += timedelta(milliseconds=int(cell(row, "updatemillisec") or 0))
    date = action or trading
    if not action and time >= timedelta(hours=20):
        date = EVENINGS[trading]
    elif not action and time < timedelta(hours=6):
        return day_of(EVENINGS[trading]) + timedelta(days=1) + time, trading
    return day_of(date) + time, trading or action


@lru_cache
def sessions_of(hours: tuple[tuple[str, str], ...], day: str) -> list[Span]:
    """Return the sessions of a trading day, its night first."""
    found = []
    for start, end in hours:
        if start >= "20:00" and day not in EVENINGS:
            continue  # no night: 2018-10-08 is the first day after a holiday
        base = day_of(EVENINGS[day] if start >= "20:00" else day)
        found.append((base + since_midnight(start), base + since_midnight(end)))
    return found


def class_of(  # noqa: C901, PLR0911  the rules in their order, one after another
    row: dict[str, str], hours: Hours, seen: dict[str, Contract]
) -> str:
    """Return the class of a row; the first rule that holds decides."""
    code = cell(row, "instrumentid", "symbol")
    if not _FUTURE.fullmatch(code):
        return "unknown-instrument"
    if number(cell(row, "lastprice")) == 0:
        return "missing-price"
    stamp, day = stamp_of(row)
    contract = seen.setdefault(code, Contract())
    if day < contract.day:
        return "past-day"
    product = code.rstrip("0123456789")
    sessions = sessions_of(hours[product if product in hours else None], day)
    if stamp < sessions[0][0] - AUCTION:
        return "stale"
    if stamp >= sessions[-1][1] + FOLD:
        return "settlement" if number(cell(row, "settlementprice")) else "after-close"
    if day != contract.day:
        goes_on = contract.day and stamp < sessions[0][1] + FOLD
        contract.count = 0 if goes_on else -1
        contract.day = day
    for session in sessions:
        if session[0] <= stamp < session[1] + FOLD:
            return inside(row, contract, stamp, session)
    for place, (start, _) in enumerate(sessions):
        if start - AUCTION <= stamp < start:
            return before(row, contract, stamp, start, is_first=place == 0)
    contract.begin_at(row)
    return "between-sessions"


def before(
    row: dict[str, str], contract: Contract, stamp: datetime, start: datetime, *, is_first: bool
) -> str:
    """Return the class of a row in the five minutes before a session."""
    count = int(number(cell(row, "volume")))
    # Where nothing is known of the day yet, only before its first session is every lot new.
    brings = count > contract.count if contract.count >= 0 else is_first and count > 0
    if not brings:
        if not is_first:
            contract.begin_at(row)
        return "before-session"
    remember(row, contract, stamp, start)
    return "auction"


def inside(row: dict[str, str], contract: Contract, stamp: datetime, session: Span) -> str:
    """Return the class of a row that is inside a session, or folded into its last minute."""
    start, end = session
    held = min(stamp, end - timedelta(milliseconds=1))
    minute = held.replace(second=0, microsecond=0)
    count = int(number(cell(row, "volume")))
    if stamp == contract.latest and content_of(row) == contract.content:
        return "duplicate"
    if minute < contract.minute:
        return "late"
    if stamp < contract.latest or (stamp == contract.latest and count < contract.count):
        return "out-of-order"
    is_untraded = stamp == contract.latest and count == contract.count
    contradicts = is_untraded and cell(row, "lastprice") != contract.content[0]
    has_fallen = count < contract.count
    remember(row, contract, stamp, max(minute, start))
    if contradicts:
        return "contradiction"
    if has_fallen:
        return "reset"
    return "boundary" if stamp >= end else "good"


def remember(row: dict[str, str], contract: Contract, stamp: datetime, minute: datetime) -> None:
    """Keep what a row inside a session says, for the rows after it."""
    contract.latest, contract.minute = stamp, minute
    contract.content = content_of(row)
    contract.count = int(number(cell(row, "volume")))


def content_of(row: dict[str, str]) -> tuple[str, ...]:
    """Return what a row tells of the trade: price, count, turnover, open interest."""
    return tuple(cell(row, name) for name in ("lastprice", "volume", "turnover", "openinterest"))


def lines(folder: Path) -> Iterator[tuple[str, str, str, int]]:
    """Yield the table: file, row, class, count."""
    for name, hours in FILES:
        seen: dict[str, Contract] = {}
        counts: Counter[str] = Counter()
        for row, cells in rows_of(folder / name):
            kind = class_of(cells, hours, seen)
            counts[kind] += 1
            if kind != "good":
                yield name, str(row), kind, 1
        yield name, "", "good", counts["good"]


def main() -> None:
    """Print the table of the folder that is named."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("file", "row", "class", "count"))
    writer.writerows(lines(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
