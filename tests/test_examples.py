"""The examples run, and what they print is right."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TIME_LIMIT_S = 120  # far above what any of them takes, also on a busy machine

# rb: 10 t a lot, 1/10,000 of the turnover a side (homalos-china's products.csv and fees.csv).
MULTIPLIER = 10
FEE_RATE = Decimal("0.0001")

RB_COMMAND = ("--symbol", "rb2510.SHFE", "-p", "fast=5", "-p", "slow=10", "--json")


def run(name: str, *arguments: str) -> str:
    """Run an example in a process of its own and return what it printed."""
    return run_python(str(EXAMPLES / name), *arguments)


def run_python(*arguments: str, told: str = "") -> str:
    """Run this Python and see what it told; warnings are errors there, as they are here."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, told)
    return ran.stdout


def crossings(path: Path, fast: int, slow: int) -> list[tuple[int, int]]:
    """Return (+1 or -1, price) of every crossing of two averages, filled at the next open.

    A second computation that knows nothing of the engine: integers, whole windows.
    """
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    closes = [int(row["close"]) for row in rows]
    found: list[tuple[int, int]] = []
    for at in range(slow, len(rows)):
        lead = sum(closes[at - fast : at]) * slow - sum(closes[at - slow : at]) * fast
        side = (lead > 0) - (lead < 0)
        if side and (not found or found[-1][0] != side):
            found.append((side, int(rows[at]["open"])))
    return found


@pytest.fixture(scope="module")
def backtest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Give the bar file that `backtest_bars.py` made, and the figures it printed."""
    folder = tmp_path_factory.mktemp("bars")
    return folder / "rb2510.csv", json.loads(run("backtest_bars.py", str(folder)))


def test_every_example_is_tested_here() -> None:
    """A new example cannot be forgotten."""
    text = Path(__file__).read_text(encoding="utf-8")
    # Those that are packages are installed there.
    packages = (Path(__file__).parent / "test_new_gateway.py").read_text(encoding="utf-8")
    folders = [path.parent.name for path in EXAMPLES.glob("*/pyproject.toml")]

    assert [path.name for path in EXAMPLES.glob("*.py") if f'"{path.name}"' not in text] == []
    assert [name for name in folders if f'"examples" / "{name}"' not in packages] == []


def test_the_embedded_demo_trades_and_its_books_agree() -> None:
    """The four lines of the README run a market, trade on it and lose nothing."""
    summary = json.loads(run("embed_demo.py"))
    counts = [summary[name] for name in ("ticks", "bars", "orders", "trades")]
    losses = [summary[name] for name in ("dropped", "conflated", "bad_rows", "faults")]

    assert min(counts) > 0
    assert losses == [0, 0, 0, 0]
    assert summary["identity_holds"]
    assert summary["orders_settled"]
    assert re.fullmatch("[0-9a-f]{64}", summary["decision_hash"])


def test_stepping_by_hand_fills_what_the_hand_made_book_offers() -> None:
    """3 lots bought at 3200 in two parts and sold at 3210: 300 less fees of 9.60 and 9.63."""
    assert run("step_by_hand.py").splitlines() == [
        "bid 3199, offer 3200",
        "  order 1-1: nottraded, 0 of 3 lots",
        "  order 1-1: parttraded, 1 of 3 lots",
        "bid 3199, offer 3200",
        "  order 1-1: alltraded, 3 of 3 lots",
        "bid 3204, offer 3205",
        "bid 3210, offer 3211",
        "  order 1-2: nottraded, 0 of 3 lots",
        "  order 1-2: alltraded, 3 of 3 lots",
        "3 trades, fees 19.23, profit 280.77",
    ]


def test_the_brackets_close_once_what_they_opened() -> None:
    """Bought at 3200 and sold at 3210, bought at 3212 and sold at 3190: 300 less 660, and fees.

    Each exit has the lots that its entry has filled, and no order is left when one is done.
    """
    assert run("bracket_orders.py").splitlines() == [
        "bid 3199, offer 3200",
        "  1-2 is held: limit, 3 lots",
        "  1-3 is held: stop, 3 lots",
        "  1-1: 2 bought at 3200",
        "  1-3 is held: stop, 2 lots",
        "bid 3198, offer 3199",
        "  1-1: 1 bought at 3200",
        "  1-4 is held: limit, 1 lots",
        "  1-3 is held: stop, 3 lots",
        "bid 3211, offer 3212",
        "  1-2: 2 sold at 3210",
        "  1-3 is held: stop, 1 lots",
        "  1-4: 1 sold at 3210",
        "  1-3 is cancelled: what its entry filled is closed",
        "  1-6 is held: limit, 3 lots",
        "  1-7 is held: stop, 3 lots",
        "  1-5: 3 bought at 3212",
        "bid 3190, offer 3191",
        "  1-6 is cancelled: cancelled",
        "  1-7: 3 sold at 3190",
        "6 trades, fees 38.44, profit -398.44",
    ]


def test_the_own_strategy_buys_and_sells_in_turn_and_pays_for_each() -> None:
    """The fees of the printed trades, added up here, are the fees it was charged."""
    printed = run("own_strategy.py")
    trades = re.findall(
        r"^(long  open|short closetoday|short closeyesterday)  ?1 at (\d+)$", printed, re.MULTILINE
    )
    total = re.search(
        r"^(\d+) trades, profit -?[\d.]+ after fees of ([\d.]+)$", printed, re.MULTILINE
    )
    given_up = re.search(r"^strategy.dips: (\d+) orders were given up$", printed, re.MULTILINE)
    sides = [side for side, _ in trades]
    fees = sum(int(price) * MULTIPLIER * FEE_RATE for _, price in trades)

    assert sides == (["long  open", "short closetoday"] * len(sides))[: len(sides)]
    assert total is not None
    assert int(total[1]) == len(trades) > 2
    assert abs(Decimal(total[2]) - fees) <= Decimal("0.005")
    assert given_up is not None
    assert int(given_up[1]) > 0


def test_the_backtest_of_bars_trades_at_every_crossing_of_the_averages(
    backtest: tuple[Path, dict[str, Any]],
) -> None:
    """Orders, profit and fees are those of a second computation from the file alone."""
    path, summary = backtest
    turns = crossings(path, 5, 10)
    last_close = int(path.read_text(encoding="utf-8").splitlines()[-1].split(",")[6])
    gains = [
        (leave - enter) * side
        for (side, enter), (_, leave) in zip(turns, [*turns[1:], (0, last_close)], strict=True)
    ]
    sides = [price for _, price in turns] + [price for _, price in turns[1:]]
    fees = sum(sides) * MULTIPLIER * FEE_RATE

    assert summary["bars"] == 450
    assert summary["trades"] == len(sides)
    assert Decimal(str(summary["fees"])) == fees.quantize(Decimal("0.01"))
    assert Decimal(str(summary["pnl"])) == (sum(gains) * MULTIPLIER - fees).quantize(
        Decimal("0.01")
    )


def test_the_risk_rule_in_a_file_refuses_every_short(
    backtest: tuple[Path, dict[str, Any]],
) -> None:
    """With the plugin, a crossing down only closes: one refusal for each of them."""
    path, _ = backtest
    turns = [side for side, _ in crossings(path, 5, 10)]
    program = "import sys; from homalos.cli import main; sys.exit(main())"
    plugin = ("--plugin", str(EXAMPLES / "risk_rule_plugin.py"))
    command = ("-c", program, "backtest", "double_ma", "--data", str(path))
    doubt = (
        "warning: margin of rb2510.SHFE is that of 2025-09-26, the nearest known, fees of "
        "rb2510.SHFE are those of 2020-06-16, the nearest known; "
        "set your own where the market takes them\n"
    )
    last_line = run_python(*command, *plugin, *RB_COMMAND, told=doubt).splitlines()[-1]
    summary = json.loads(last_line)
    closes = sum(side < 0 for side in turns[1:])  # the first one, if down, had nothing to close

    assert summary["rejections"] == turns.count(-1) > 0
    assert summary["orders"] == turns.count(1) + closes
