"""Thirteen months of copper settled day by day, against the list of trades alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from homalos.cli import main

FILE = "bars/SHFE.cu.HOT_m1_20210104-20220218.parquet"
CAPITAL = Decimal(5_000_000)
# `../shared/data/metadata/tqsdk`, 2020-06-16: 0.00005 of the turnover; five tonnes a lot.
FEE, TONNES = Decimal("0.00005"), 5
DEARER = '[products.cu]\nfee_close = "0.00006"\nfee_close_today = "0.00006"\n'

Day = dict[str, Any]


def cents(amount: Decimal) -> Decimal:
    """Round half-up, as a statement does."""
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@pytest.fixture(scope="module")
def days(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the backtest once, and return the folder of its days."""
    return run(real_data / FILE, tmp_path_factory.mktemp("days"))


def run(tape: Path, out: Path, overrides: str = "") -> Path:
    """Run it in a home of its own; return the folder that the days went to."""
    home = out / "home"
    home.mkdir()
    if overrides:
        (home / "china.toml").write_text(overrides)
    asked = ("--data", str(tape), "--symbol", "cuHOT.SHFE", "--capital", str(CAPITAL))
    kept = ("--statements", str(out / "kept"), "--home", str(home))
    assert main(["backtest", "double_ma", *asked, *kept]) == 0
    return out / "kept"


def kept(folder: Path) -> list[Day]:
    """Return the exact days of a folder, oldest first."""
    files = sorted((folder / "statements" / "main").glob("*.json"))
    return [json.loads(file.read_text("utf-8")) for file in files]


def test_every_trading_day_of_the_file_has_a_statement(
    days: Path, real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The natural days with bars by daylight are the trading days; each has both files."""
    dates, times = (
        pq.read_table(real_data / FILE, columns=["date", "time"]).to_pydict()[name]
        for name in ("date", "time")
    )
    traded = {
        int(date)
        for date, time in zip(dates, times, strict=True)
        if 900 < int(time) % 10_000 <= 1500
    }
    assert [day["trading_day"] for day in kept(days)] == sorted(traded)
    texts = {path.stem for path in (days / "statements" / "main").glob("*.txt")}
    assert texts == {str(day) for day in traded}
    capsys.readouterr()


def test_balances_chain(days: Path) -> None:
    """Each day begins with what the day before ended with, the first with the capital."""
    funds = [day["funds"] for day in kept(days)]
    assert Decimal(funds[0]["balance_before"]) == CAPITAL
    assert all(one["balance"] == other["balance_before"] for one, other in pairwise(funds))


def test_a_strategy_of_one_lot_never_holds_two(days: Path) -> None:
    """Also where it turned with the last bar of a day, and the fills come in the night."""
    for day in kept(days):
        held = sum(each["long_lots"] + each["short_lots"] for each in day["positions"])
        assert held <= 1, day["trading_day"]


def test_the_trades_alone_come_to_the_same_cents(days: Path) -> None:
    """Cash paid and got, and what is left at the settlement price: no lots, no marks."""
    cash, net = CAPITAL, 0
    for day in kept(days):
        fees = Decimal(0)
        for trade in day["trades"]:
            lots = trade["lots"] if trade["direction"] == "long" else -trade["lots"]
            turnover = Decimal(trade["price"]) * TONNES
            net += lots
            cash -= turnover * lots
            fees += turnover * trade["lots"] * FEE
        cash -= fees
        (position,) = day["positions"] or [{"settlement": "0"}]
        worth = cash + Decimal(position["settlement"]) * TONNES * net
        funds = day["funds"]
        assert cents(worth) == Decimal(funds["balance"]), day["trading_day"]
        assert cents(fees) == Decimal(funds["fees"]), day["trading_day"]


def test_the_texts_reconcile_with_the_days(days: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was printed, read again, has no difference to the cent."""
    assert main(["reconcile", *texts_of(days), "--home", str(days)]) == 0
    shown = capsys.readouterr().out
    assert shown.count("no difference") == len(kept(days))


def test_another_fee_is_named_line_by_line(
    days: Path,
    tmp_path: Path,
    real_data: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Closing costs a fifth more: the fees of closing trades differ, and the funds with them."""
    other = run(real_data / FILE, tmp_path, DEARER)
    capsys.readouterr()
    first = texts_of(days)[0]
    assert main(["reconcile", first, "--home", str(other), "--json"]) == 1
    (answer,) = json.loads(capsys.readouterr().out)["statements"]
    fees = {each["key"] for each in answer["differences"] if each["section"] == "trades"}
    closing = [trade for trade in kept(days)[0]["trades"] if trade["offset"] != "open"]
    assert len(fees) == len(closing) > 0
    named = {(each["section"], each["column"]) for each in answer["differences"]}
    assert named == {
        ("trades", "fee"),
        ("funds", "fees"),
        ("funds", "balance"),
        ("funds", "available"),
    }


def texts_of(folder: Path) -> Sequence[str]:
    """Return the printed statements of a folder."""
    return [str(path) for path in sorted((folder / "statements" / "main").glob("*.txt"))]
