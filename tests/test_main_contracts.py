"""Main contracts from the command line to the trades: rows computed, spliced, traded."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main

HEAD = (
    "InstrumentID,ExchangeID,TradingDay,ActionDay,UpdateTime,UpdateMillisec,LastPrice,Volume,"
    "Turnover,OpenInterest,BidPrice1,BidVolume1,AskPrice1,AskVolume1\n"
)
# IF has no night session. (day, time, last price, volume, open interest); the book stands 0.2
# on either side. On the evening of the 5th IF2510 has 130 lots open, IF2509 100: more than 1.1
# times as many, so that the roll is of the 6th.
SEPTEMBER = (
    (20250804, "09:30:00", 4000.0, 1, 200),
    (20250804, "14:59:00", 4010.0, 9, 200),
    (20250805, "09:30:00", 4004.0, 1, 150),
    (20250805, "14:59:00", 4012.0, 9, 100),
    (20250806, "09:30:00", 4020.0, 1, 90),
    (20250806, "09:30:30", 4016.0, 2, 80),
)
OCTOBER = (
    (20250804, "09:30:01", 4030.0, 1, 50),
    (20250804, "14:59:01", 4041.0, 2, 60),
    (20250805, "09:30:01", 4033.0, 1, 110),
    (20250805, "14:59:01", 4042.4, 8, 130),
    (20250806, "09:30:01", 4050.0, 1, 140),
    (20250806, "09:30:31", 4048.0, 9, 150),
)
STRATEGY = """
from homalos.strategy import Strategy


class Holds(Strategy):
    def on_tick(self, tick):
        print("tick", tick.symbol, tick.last_price)
        if not self.pos and not self.active_orders():
            self.buy(tick.ask_price_1, 2)

    def on_roll(self, roll):
        print("roll", roll.previous, roll.previous_close, roll.symbol, roll.close)
        self.roll_over(roll)

    def on_trade(self, trade):
        print("trade", trade.symbol, trade.direction, trade.offset, trade.volume, trade.price)
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command in a folder of its own."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "holds.py").write_text(STRATEGY)
    for code, ticks in (("IF2509", SEPTEMBER), ("IF2510", OCTOBER)):
        rows = (
            f"{code},CFFEX,{day},{day},{at},0,{last},{volume},{volume * 1_200_000},{held},"
            f"{last - 0.2:.1f},5,{last + 0.2:.1f},5\n"
            for day, at, last, volume, held in ticks
        )
        (tmp_path / f"{code}.csv").write_text(HEAD + "".join(rows))


TAPES = ("--data", "IF2509.csv", "IF2510.csv")


class Ran:
    """What a command came to: exit code, its JSON object, and what else it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
        """Run it."""
        self.code = main([*map(str, arguments), "--json"])
        out, self.err = capsys.readouterr()
        self.object: Mapping[str, Any] = json.loads(out)


def computed(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """Compute the rows of IF from both tapes."""
    return Ran(capsys, "series", "compute", *TAPES, "--product", "IF.CFFEX", *arguments)


def test_rolls_are_computed_kept_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """By hand: decided on the evening of the 5th, at 4012 and 4042.4."""
    ran = computed(capsys)
    rule = "computed by=oi factor=1.1 days=1 price=close"
    first = {
        "product": "IF.CFFEX", "from_day": 20250805, "to_day": 20250805, "symbol": "IF2509.CFFEX",
        "previous": "", "close": None, "previous_close": None, "source": rule,
    }  # fmt: skip
    second = {
        "product": "IF.CFFEX", "from_day": 20250806, "to_day": 20250807, "symbol": "IF2510.CFFEX",
        "previous": "IF2509.CFFEX", "close": 4042.4, "previous_close": 4012.0, "source": rule,
    }  # fmt: skip

    assert ran.code == 0
    assert ran.object["rows"] == [first, second]
    assert Ran(capsys, "series", "show", "IF.CFFEX").object["rows"] == [first, second]
    on_the_day = Ran(capsys, "series", "show", "IF.MAIN.CFFEX", "--on", "2025-08-05")
    assert on_the_day.object["rows"] == [first]


def test_a_row_reads_as_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """With the jump at the roll."""
    computed(capsys)
    assert main(["series", "show", "IF.CFFEX", "--on", "20250806"]) == 0
    assert capsys.readouterr().out == (
        "2025-08-06 to 2025-08-07  IF2510.CFFEX, was IF2509.CFFEX (4042.4 after 4012: +30.4)"
        "  [computed by=oi factor=1.1 days=1 price=close]\n"
    )


def test_other_rows_are_kept_until_replacing_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By volume, October leads on no evening: 8 is less than 9."""
    computed(capsys)
    refused = computed(capsys, "--by", "volume")
    kept = Ran(capsys, "series", "show", "IF.CFFEX").object["rows"]
    replaced = computed(capsys, "--by", "volume", "--replace")

    assert refused.code == 1
    assert "has other rows of IF.CFFEX already; they are replaced with --replace" in refused.err
    assert len(kept) == 2
    # On the evening of the 6th 9 is more than 1.1 times 2: of the 7th.
    assert [row["from_day"] for row in replaced.object["rows"]] == [20250805, 20250807]


def test_a_backtest_on_the_main_contract_rolls(capsys: pytest.CaptureFixture[str]) -> None:
    """Trades worked by hand.

    The evening of the 4th decides for September, so the first row is of the 5th and the tape
    begins there. It buys 2 at the first ask, 4004.2. The roll is told before the first tick of
    the 6th, which is September's: its market orders wait for the next tick of each contract,
    October's 4050 with an ask of 4050.2, and September's second, 4016 with a bid of 4015.8.
    """
    computed(capsys)
    for name in ("IF2509.csv", "IF2510.csv"):
        text = Path(name).read_text()
        Path(name).write_text(
            "".join(x for x in text.splitlines(keepends=True) if "20250804" not in x)
        )
    given = ("backtest", "holds.py:Holds", *TAPES, "--symbol", "IF.MAIN.CFFEX")
    ran, again = (Ran(capsys, *given) for _ in range(2))

    said = [line for line in ran.err.splitlines() if line.split()[0] in ("tick", "roll", "trade")]
    assert said == [
        "tick IF2509.CFFEX 4004.0",
        "trade IF2509.CFFEX long open 2 4004.2",
        "tick IF2509.CFFEX 4012.0",
        "roll IF2509.CFFEX 4012.0 IF2510.CFFEX 4042.4",
        "trade IF2510.CFFEX long open 2 4050.2",
        "tick IF2510.CFFEX 4050.0",
        "trade IF2509.CFFEX short close 2 4015.8",
        "tick IF2510.CFFEX 4048.0",
    ]
    assert (ran.code, ran.object["trades"], ran.object["identity_holds"]) == (0, 3, True)
    assert ran.object["symbol"] == "IF.MAIN.CFFEX"
    assert again.object["decision_hash"] == ran.object["decision_hash"]


def test_a_backtest_that_begins_before_the_rows_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In place of a run in which the strategy has no contract."""
    computed(capsys)
    ran = Ran(capsys, "backtest", "holds.py:Holds", *TAPES, "--symbol", "IF.MAIN.CFFEX")

    assert ran.code == 1
    assert ran.object["error"] == (
        "the main contract of IF.CFFEX is not known on 20250804: "
        "its first row is IF2509.CFFEX from 20250805 on"
    )


def test_a_backtest_without_rows_says_how_to_get_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything runs."""
    ran = Ran(capsys, "backtest", "holds.py:Holds", *TAPES, "--symbol", "IF.MAIN.CFFEX")
    assert ran.code == 1
    assert "there are no rows of main contracts of IF.CFFEX" in ran.object["error"]


def bars_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Make daily bars of both tapes."""
    given = ("IF2509.csv", "IF2510.csv", "--interval", "d", "--output", "d.csv")
    assert main(["data", "bars", *given]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(
    ("adjust", "closes"),
    [
        ("none", ["4012", "4048"]),
        ("back", ["4042.4", "4048"]),  # 4012 + 30.4
        ("ratio", ["4042.4", "4048"]),  # 4012 x 4042.4 / 4012
    ],
)
def test_bars_are_spliced_into_a_file(
    adjust: str, closes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand, from the evenings' closes; the 4th is before the first row."""
    computed(capsys)
    bars_of(capsys)
    given = ("--data", "d.csv", "--adjust", adjust, "--output", "main.csv")
    ran = Ran(capsys, "series", "bars", "IF.MAIN.CFFEX", *given)
    with Path("main.csv").open() as stream:
        found = list(csv.DictReader(stream))

    assert [(row["symbol"], row["trading_day"]) for row in found] == [
        ("IF.MAIN.CFFEX", "20250805"),
        ("IF.MAIN.CFFEX", "20250806"),
    ]
    assert [row["close"] for row in found] == closes
    assert (ran.object["bars"], ran.object["outside"]) == (2, 2)
    assert "2 bars are of days on which the main contract is not known" in ran.err


def test_what_was_spliced_is_a_bar_file_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    """A backtest reads it back: the series as one contract that never trades."""
    computed(capsys)
    bars_of(capsys)
    given = ("--data", "d.csv", "--adjust", "ratio", "--output", "main.csv")
    Ran(capsys, "series", "bars", "IF.MAIN.CFFEX", *given)
    assert main(["data", "bars", "main.csv", "--interval", "d"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_hole_at_the_roll_is_told_with_day_and_contract(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where the rows lack the prices, and the files the bars of the evening."""
    computed(capsys)
    bars_of(capsys)
    rows = Path(".homalos/market/main.csv")
    rows.write_text(rows.read_text().replace("4042.4,4012", ","))
    text = Path("d.csv").read_text().splitlines(keepends=True)
    Path("d.csv").write_text("".join(x for x in text if "IF2510.CFFEX,20250805" not in x))
    ran = Ran(capsys, "series", "bars", "IF.MAIN.CFFEX", "--data", "d.csv", "--adjust", "back")

    assert ran.code == 1
    assert (
        "no price of IF2510.CFFEX and IF2509.CFFEX on the last trading day before the roll of "
        "20250806"
    ) in ran.object["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "zz.SHFE"), "'zz.SHFE' is no product of any market; write PRODUCT.EXCHANGE"),
        (("show", "rb2510.SHFE"), "'rb2510.SHFE' is one contract; name a product"),
        (("show", "rb.SHFE"), "there are no rows of main contracts of rb.SHFE"),
        (("show", "rb.SHFE", "--on", "monday"), "'monday' is no day; write 2025-01-06"),
        (("import", "absent.json"), "absent.json: no such file"),
        (("compute", *TAPES, "--product", "rb.SHFE"), "the data have no contract of this product"),
        (("compute", *TAPES, "--product", "IF.CFFEX", "--factor", "0.5"), "'--factor'"),
        (("compute", "--data", "absent.csv", "--product", "IF.CFFEX"), "absent.csv: no such file"),
        (("bars", "IF.MAIN.CFFEX", "--data"), "Option '--data' needs at least one file."),
        (("bars", "IF.MAIN.CFFEX", *TAPES), "there are no rows of main contracts of IF.CFFEX"),
    ],
)
def test_what_cannot_be_is_one_clear_error(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is written."""
    ran = Ran(capsys, "series", *arguments)

    assert ran.code != 0
    assert message in ran.object["error"]
    assert not Path(".homalos/market/main.csv").exists()


def test_ticks_cannot_be_spliced(capsys: pytest.CaptureFixture[str]) -> None:
    """Bars of them can."""
    computed(capsys)
    ran = Ran(capsys, "series", "bars", "IF.MAIN.CFFEX", *TAPES)
    assert "the files hold ticks of IF2509.CFFEX; make bars of them" in ran.object["error"]


def test_a_spliced_file_is_no_contract_to_trade(capsys: pytest.CaptureFixture[str]) -> None:
    """Under the name of the main contract it would be heard by nobody."""
    computed(capsys)
    bars_of(capsys)
    assert main(["series", "bars", "IF.MAIN.CFFEX", "--data", "d.csv", "--output", "m.csv"]) == 0
    capsys.readouterr()
    given = ("--data", "m.csv", "--symbol", "IF.MAIN.CFFEX")
    ran = Ran(capsys, "backtest", "holds.py:Holds", *given)

    assert ran.code == 1
    assert "the files hold IF.MAIN.CFFEX, a series made of several" in ran.object["error"]


def test_under_another_name_a_spliced_file_is_backtested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As if it were one contract."""
    computed(capsys)
    bars_of(capsys)
    given = ("--data", "d.csv", "--as", "IFHOT.CFFEX", "--output", "m.csv")
    assert Ran(capsys, "series", "bars", "IF.MAIN.CFFEX", *given).object["symbol"] == "IFHOT.CFFEX"
    given = ("--data", "m.csv", "--symbol", "IF.HOT", "--interval", "d")
    ran = Ran(capsys, "backtest", "holds.py:Holds", *given)

    assert (ran.code, ran.object["bars"], ran.object["symbol"]) == (0, 2, "IFHOT.CFFEX")


def test_a_hole_in_the_data_is_told_and_decides_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without September's 5th, October's lead on that evening says nothing."""
    text = Path("IF2509.csv").read_text().splitlines(keepends=True)
    Path("IF2509.csv").write_text("".join(x for x in text if "20250805" not in x))
    ran = computed(capsys)

    assert "no data of IF2509.CFFEX on 20250805, when it was the main contract" in ran.err
    # On the evening of the 6th 150 is more than 1.1 times 80: of the 7th.
    assert [row["from_day"] for row in ran.object["rows"]] == [20250805, 20250807]
