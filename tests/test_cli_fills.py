"""`homalos fills compare`: a market maker on real ticks, under three models and in one page."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main

MODELS = ("optimistic", "queue", "pessimistic")
MAKER = ("market_maker", "--symbol", "ru1901.SHFE", "--mode", "netting", "-p", "requote_ticks=1")


@pytest.fixture
def ticks(real_data: Path, tmp_path: Path) -> Path:
    """Cut the first 4,000 snapshots, half an hour, out of a real day."""
    whole = real_data / "ticks_ctp_csv" / "SHFE.ru1901" / "20181009.tick-ctp.csv.gz"
    part = tmp_path / "ticks.csv"
    with gzip.open(whole, "rt", encoding="utf-8") as rows:
        part.write_text("".join(islice(rows, 4_001)), encoding="utf-8")
    return part


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run a command line and return what it says to a program."""
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


class Page(HTMLParser):
    """What is in a page: its elements, the texts of its cells, and what it would load."""

    def __init__(self, text: str) -> None:
        """Read it."""
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.loads += [name for name, _ in attrs if name in {"src", "href", "action"}]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Note the text of a cell."""
        if self.tags and self.tags[-1] in {"td", "span"}:
            self.cells[-1] += data.strip()


def test_a_market_maker_makes_less_under_each_model(
    ticks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The flattering bound gives it more trades and money, the queue more than nothing."""
    report = tmp_path / "report.html"
    told = said(capsys, "fills", "compare", *MAKER, "--data", str(ticks), "--report", str(report))

    assert tuple(told["fills"]) == MODELS
    runs = [told["fills"][name] for name in MODELS]
    assert all(run["identity_holds"] and run["orders_settled"] for run in runs)
    assert runs[0]["trades"] > runs[1]["trades"] > runs[2]["trades"] > 20
    assert runs[0]["pnl"] > max(runs[1]["pnl"], runs[2]["pnl"])
    assert told["report"] == str(report)


def test_the_report_is_one_page_with_its_curves(
    ticks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No script, nothing to load, a line for each model, and the figures of the run."""
    report = tmp_path / "report.html"
    told = said(capsys, "fills", "compare", *MAKER, "--data", str(ticks), "--report", str(report))
    text = report.read_text(encoding="utf-8")
    page = Page(text)

    assert (page.tags.count("polyline"), page.loads) == (3, [])
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    rows = [page.cells[at : at + 6] for at in range(0, len(page.cells), 6)]
    assert [(row[0], row[2], row[4]) for row in rows] == [
        (name, f"{run['trades']:,}", f"{run['pnl']:,.2f}") for name, run in told["fills"].items()
    ]
    assert "requote_ticks 1" in text
    assert "an upper bound" in text


def test_each_run_is_that_of_a_backtest(ticks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the byte: watching what an account is worth changes nothing."""
    told = said(
        capsys, "fills", "compare", *MAKER, "--data", str(ticks), "--fills", "queue,pessimistic"
    )
    model = ("--set", "gateways.sim.options.fill_model=queue")
    alone = said(capsys, "backtest", *MAKER, "--data", str(ticks), *model)

    queue = told["fills"]["queue"]
    assert (queue["decision_hash"], queue["pnl"]) == (alone["decision_hash"], alone["pnl"])
    assert told["report"] is None


def test_a_person_reads_a_table(ticks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what each model assumes below it."""
    asked = ("--data", str(ticks), "--fills", "l1,vnpy")
    assert main(["fills", "compare", *MAKER, *asked]) == 0
    text = capsys.readouterr().out

    for expected in (
        "market_maker on ru1901.SHFE",
        "drawdown",
        "l1: Fills by",
        "vnpy: Fills whole",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("--fills", "queue,quueue"), "quueue"),
        (("--fills", "queue,queue"), "queue is named twice"),
        (("--fills", "queue,,l1"), "is no list of fill models"),
        (("--report", "nowhere/report.html"), "nowhere: no such folder"),
    ],
    ids=["unknown", "twice", "empty", "no folder"],
)
def test_what_cannot_be_done_is_told_before_anything_runs(
    ticks: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, str], expected: str
) -> None:
    """One line, and no run in vain."""
    assert main(["fills", "compare", *MAKER, "--data", str(ticks), *asked]) != 0
    error = capsys.readouterr().err

    assert expected in error
    assert "filled by" not in error
