"""Backtest a bundled strategy on a bar file of one's own.

The file is made up here, a price that swings, in the format that `homalos data bars` writes:
one row a bar, its time the bar's start.

.venv/bin/python examples/backtest_bars.py [FOLDER]   (a temporary folder when left out)
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from homalos import Engine, Settings
from homalos.config import FeedSettings, StrategySettings

SHANGHAI = timezone(timedelta(hours=8))
DAYS = (20250805, 20250806)
# The day sessions of rb, as (hour, minute, minutes long).
SESSIONS = ((9, 0, 75), (10, 30, 60), (13, 30, 90))
HEADER = "symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest\n"


def write_bars(path: Path) -> None:
    """Write one-minute bars of rb2510.SHFE: a wave of 20 up and down, every 75 minutes."""
    lines = [HEADER]
    count = 0
    close = 3200
    for day in DAYS:
        year, month, date = day // 10_000, day // 100 % 100, day % 100
        for hour, minute, length in SESSIONS:
            begin = datetime(year, month, date, hour, minute, tzinfo=SHANGHAI)
            for passed in range(length):
                start = (begin + timedelta(minutes=passed)).isoformat()
                opened, close = close, round(3200 + 20 * math.sin(count / 75 * math.tau))
                high, low = max(opened, close), min(opened, close)
                turnover = close * 10 * 100
                lines.append(
                    f"rb2510.SHFE,{day},{start},{opened},{high},{low},{close},100,{turnover},5000\n"
                )
                count += 1
    path.write_text("".join(lines), encoding="utf-8")


def backtest(path: Path) -> dict[str, object]:
    """Run `double_ma` over the file and return the figures."""
    settings = Settings(
        feed=FeedSettings(kind="tape", options={"files": (str(path),)}),
        strategies=(
            StrategySettings(
                strategy="double_ma", symbols=("rb2510.SHFE",), params={"fast": 5, "slow": 10}
            ),
        ),
    )
    return Engine.build(settings).run().as_dict()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(sys.argv[1] if len(sys.argv) > 1 else temporary) / "rb2510.csv"
        write_bars(file)
        print(json.dumps(backtest(file), indent=2))
