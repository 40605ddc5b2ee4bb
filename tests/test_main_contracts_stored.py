"""Main contracts out of the store, and in the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos.model import BarData
from homalos.testing import bar
from homalos_storage.sqlite import SqliteStore

# The last minute of three trading days: (symbol, day, close, open interest).
EVENINGS = (
    ("IF2509.CFFEX", 20250804, 4010.0, 200),
    ("IF2510.CFFEX", 20250804, 4041.0, 60),
    ("IF2509.CFFEX", 20250805, 4012.0, 100),
    ("IF2510.CFFEX", 20250805, 4042.4, 130),
    ("IF2509.CFFEX", 20250806, 4016.0, 80),
    ("IF2510.CFFEX", 20250806, 4048.0, 150),
    ("IF2512.CFFEX", 20250806, 4060.0, 20),
)
FROM = ("--stored", "--from", "2025-08-02")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command in a folder of its own, with a store in it that the settings name."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homalos.yaml").write_text("store: {kind: sqlite}\n")
    home = tmp_path / ".homalos"
    home.mkdir()
    with closing(SqliteStore(home / "homalos.db")) as store:
        store.write([minute(*evening) for evening in EVENINGS])


def minute(symbol: str, day: int, close: float, held: int) -> BarData:
    """Return the bar of 14:59 of a day, China's time."""
    at = datetime.strptime(f"{day}1459", "%Y%m%d%H%M").replace(tzinfo=timezone(timedelta(hours=8)))
    start_ns = int(at.timestamp()) * 1_000_000_000
    return bar(symbol, close, start_ns=start_ns, trading_day=day, open_interest=float(held))


def computed(
    capsys: pytest.CaptureFixture[str], *arguments: str, config: bool = True
) -> tuple[int, Mapping[str, Any]]:
    """Return exit code and JSON object of `series compute`."""
    named = ("--config", "homalos.yaml") if config else ()
    code = main(["series", "compute", "--product", "IF.CFFEX", *arguments, *named, "--json"])
    found: Mapping[str, Any] = json.loads(capsys.readouterr().out)
    return code, found


def test_rolls_are_computed_from_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: 130 is more than 1.1 times 100, on the evening of the 5th."""
    code, found = computed(capsys, *FROM, "--until", "20250806")

    assert code == 0
    assert [(r["from_day"], r["to_day"], r["symbol"], r["close"]) for r in found["rows"]] == [
        (20250805, 20250805, "IF2509.CFFEX", None),
        (20250806, 20250807, "IF2510.CFFEX", 4042.4),
    ]


def test_what_is_behind_the_last_day_is_not_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    """The evening of the 4th alone; a Sunday as the last day is the Friday before it."""
    rows = computed(capsys, *FROM, "--until", "20250804")[1]["rows"]
    code, found = computed(capsys, *FROM, "--until", "20250803")

    assert [(row["from_day"], row["to_day"], row["symbol"]) for row in rows] == [
        (20250805, 20250805, "IF2509.CFFEX")
    ]
    assert code == 1
    assert "no trading day is known from 20250802 to 20250803" in found["error"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (FROM, "the settings name no store; give files with --data"),
        (("--stored",), "give files with --data, or --stored with --from"),
        ((), "give files with --data, or --stored with --from"),
        (("--data", "homalos.yaml", *FROM), "give files with --data, or --stored"),
        (("--stored", "--from", "20250231"), "'20250231' is no day"),
    ],
)
def test_words_that_do_not_go_together_are_told(
    given: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one error."""
    Path("homalos.yaml").unlink()
    code, found = computed(capsys, *given, config=False)
    assert code != 0
    assert message in found["error"]


def test_settings_that_ask_for_an_unknown_main_contract_are_found_by_the_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before an engine is to be built of them; with rows they are fine."""
    text = "strategies: [{strategy: double_ma, symbols: [IF.MAIN.CFFEX]}]\n"
    Path("homalos.yaml").write_text(f"store: {{kind: sqlite}}\n{text}")
    before = main(["config", "check", "--config", "homalos.yaml"])
    said = capsys.readouterr()
    computed(capsys, *FROM, "--until", "20250806")
    after = main(["config", "check", "--config", "homalos.yaml"])

    assert (before, after) == (1, 0)
    assert "there are no rows of main contracts of IF.CFFEX" in said.out + said.err
    assert "@ $.strategies[0].symbols" in said.out + said.err
