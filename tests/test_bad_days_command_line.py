"""Bad days at the command line: what was asked for is not there, or is not what it should be.

A row a day: what is set up, what is asked for, and every line on standard error. The
command cannot do what was asked, so its exit code is not 0, and nothing is left behind.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import pytest
from attrs import field, frozen

from homalos.cli import main

RB = "rb2510.SHFE"
SETTINGS = f"""
clock: event
feed: {{kind: synthetic, options: {{symbols: [{RB}], days: 1}}, for_s: 60}}
strategies:
  - {{strategy: double_ma, symbol: {RB}, params: {{fast: 3, slow: 9}}}}
"""
BARS = "symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest\n" + "".join(
    f"{RB},20250805,2025-08-05T09:{minute:02}:00+08:00,3600,3600,3600,3600,1,36000,9\n"
    for minute in range(30)
)
ON_BARS = ("--data", "bars.csv", "--symbol", RB)
IMPORTS = "from homalos.plugins import StoreSpec, hookimpl\n"
STORES = f"""{IMPORTS}
def make(context, options):
    {{body}}

@hookimpl
def register_stores():
    return (StoreSpec(name="{{name}}", factory=make),)
"""
CHECKED = f"{IMPORTS}@hookimpl\ndef check_settings(settings):\n    raise OSError('no licence')\n"
ASKED = f"{IMPORTS}@hookimpl\ndef register_stores():\n    raise OSError('no licence')\n"
MISSPELT = f"{IMPORTS}@hookimpl\ndef register_store():\n    return ()\n"
LIFESPAN = f"""{IMPORTS}
from contextlib import contextmanager

@contextmanager
def life():
    raise OSError("port 80 is taken")
    yield

@hookimpl
def engine_lifespan(handle):
    return life()
"""


@frozen
class Day:
    """One bad day.

    Attributes:
        name: What is wrong.
        asked: The command line.
        told: Standard error, line by line; `{here}` is the folder, `{version}` the core's.
        files: What is written first, by path.
        environment: What is set first.
        code: The exit code.
    """

    name: str
    asked: Sequence[str]
    told: Sequence[str]
    files: Mapping[str, str] = field(factory=dict)
    environment: Mapping[str, str] = field(factory=dict)
    code: int = 1


def up(*words: str) -> tuple[str, ...]:
    """Return the command line of a run with changed settings."""
    return ("up", *(word for each in words for word in ("--set", each)))


def traded(strategy: str = "double_ma", symbol: str = RB, params: str = "{}") -> str:
    """Return a setting with one strategy."""
    return f"strategies=[{{strategy: {strategy}, symbol: {symbol}, params: {params}}}]"


NAMES = [
    Day(
        "an unknown command",
        ("bakctest",),
        ["error: No such command 'bakctest'. Did you mean 'backtest'?", "see `homalos --help`"],
        code=2,
    ),
    Day(
        "an unknown option",
        ("backtest", "double_ma", *ON_BARS, "--strictly"),
        [
            "error: No such option '--strictly'. Did you mean '--strict'?",
            "see `homalos backtest --help`",
        ],
        code=2,
    ),
    Day(
        "an unknown strategy, of a backtest",
        ("backtest", "double_mae", *ON_BARS),
        [
            (
                "error: no plugin offers a strategy 'double_mae'; there are: "
                "double_ma, ema_momentum, market_maker; did you mean 'double_ma'?"
            )
        ],
    ),
    Day(
        "an unknown strategy, of the settings",
        up(traded(strategy="turtle")),
        [
            (
                "error: no plugin offers a strategy 'turtle'; there are: "
                "double_ma, ema_momentum, market_maker"
            )
        ],
    ),
    Day(
        "a strategy's file that is not there",
        ("backtest", "turtle.py:Turtle", *ON_BARS),
        ["error: there is no file turtle.py; check the path"],
    ),
    Day(
        "an unknown product, of a backtest",
        ("backtest", "double_ma", "--data", "bars.csv", "--symbol", "xx2510.SHFE"),
        [
            (
                "error: 'xx2510.SHFE': no product 'xx' on SHFE; to add it, put [products.xx] with "
                "exchange, tick_size, multiplier and day into {here}/config/.homalos/china.toml"
            )
        ],
    ),
    Day(
        "an unknown product, of the settings",
        up(traded(symbol="xx2510.SHFE")),
        [
            (
                "error: 'xx2510.SHFE': no product 'xx' on SHFE; to add it, put [products.xx] with "
                "exchange, tick_size, multiplier and day into {here}/config/.homalos/china.toml"
            )
        ],
    ),
    Day(
        "an unknown exchange",
        up(traded(symbol="rb2510.NYSE")),
        [
            (
                "error: 'rb2510.NYSE': no exchange 'NYSE'; "
                "this market has SHFE, INE, DCE, CZCE, CFFEX, GFEX"
            )
        ],
    ),
    Day(
        "a symbol that the files have nothing of",
        ("backtest", "double_ma", "--data", "bars.csv", "--symbol", "ag2512.SHFE"),
        ["error: no tick or bar of ag2512.SHFE came from bars.csv"],
    ),
    Day(
        "an unknown parameter, of a backtest",
        ("backtest", "double_ma", *ON_BARS, "-p", "fats=3"),
        ["error: unknown key 'fats' (-p) @ $.strategies.double_ma.params; did you mean 'fast'?"],
    ),
    Day(
        "an unknown parameter, of the settings",
        up(traded(params="{fats: 3}")),
        [
            (
                "error: unknown key 'fats' (command line) @ $.strategies.double_ma.params; "
                "did you mean 'fast'?"
            )
        ],
    ),
    Day(
        "an unknown store",
        up("store.kind=sqlit"),
        [
            "error: no plugin offers a store 'sqlit'; there are: sqlite; did you mean 'sqlite'?",
        ],
    ),
    Day(
        "an unknown feed",
        up("feed.kind=film"),
        ["error: no plugin offers a feed 'film'; there are: synthetic, tape"],
    ),
]
FILES = [
    Day(
        "a settings file that is not there",
        ("up", "--config", "absent.yaml"),
        ["error: absent.yaml: No such file or directory"],
    ),
    Day(
        "a settings file that is a folder",
        ("up", "--config", "config"),
        ["error: config: Is a directory"],
    ),
    Day(
        "market data that are not there",
        ("backtest", "double_ma", "--data", "tikcs.csv", "--symbol", RB),
        ["error: tikcs.csv: no such file"],
    ),
    Day(
        "broken YAML",
        ("up", "--config", "broken.yaml"),
        [
            (
                "error: broken.yaml:2: expected ',' or ']', but got ':', "
                "while parsing a flow sequence (column 2)"
            )
        ],
        files={"broken.yaml": "a: [1\nb: 2"},
    ),
    Day(
        "YAML that is no mapping",
        ("up", "--config", "list.yaml"),
        ["error: list.yaml: expected a mapping of settings, found list"],
        files={"list.yaml": "- 1\n- 2\n"},
    ),
    Day(
        "wrong types, all of them at once",
        up("bus.queue=lots", "seed=x"),
        [
            "error: expected int, found 'x' (command line) @ $.seed",
            "error: expected int, found 'lots' (command line) @ $.bus.queue",
        ],
    ),
    Day(
        "a parameter of a wrong type",
        up(traded(params="{fast: many}")),
        ["error: expected int, found 'many' (command line) @ $.strategies.double_ma.params.fast"],
    ),
]
PLUGINS = [
    Day(
        "a plugin's file that is not there",
        ("up", "--plugin", "rules.py"),
        ["error: plugin 'rules' (rules.py): there is no file rules.py; check the path"],
    ),
    Day(
        "an unknown plugin in HOMALOS_PLUGINS",
        ("up",),
        [
            (
                "error: HOMALOS_PLUGINS: no plugin 'rules' is installed; "
                "there are china, core, risk, sim, storage, strategies"
            )
        ],
        environment={"HOMALOS_PLUGINS": "core,rules"},
    ),
    Day(
        "a plugin that raises at import",
        ("up", "--plugin", "ours.py"),
        ["error: plugin 'ours' (ours.py): OSError: no licence (ours.py:1)"],
        files={"ours.py": "raise OSError('no licence')\n"},
    ),
    Day(
        "a plugin that is no Python",
        ("up", "--plugin", "ours.py"),
        ["error: plugin 'ours' (ours.py): SyntaxError: '(' was never closed (ours.py, line 1)"],
        files={"ours.py": "x = (\n"},
    ),
    Day(
        "a plugin that raises at a hook",
        ("up", "--plugin", "ours.py"),
        ["error: plugin 'ours' (ours.py): register_stores: OSError: no licence (ours.py:4)"],
        files={"ours.py": ASKED},
    ),
    Day(
        "a plugin that raises at checking the settings",
        ("up", "--plugin", "ours.py"),
        ["error: the plugin 'ours' cannot check the settings: OSError: no licence (ours.py:4) @ $"],
        files={"ours.py": CHECKED},
    ),
    Day(
        "a plugin with a misspelt hook",
        ("up", "--plugin", "ours.py"),
        [
            (
                "error: plugin 'ours' (ours.py): homalos-core {version} has no hook "
                "'register_store' (a newer one may have it); did you mean 'register_stores'?"
            )
        ],
        files={"ours.py": MISSPELT},
    ),
    Day(
        "a plugin that raises at build",
        ("up", "--plugin", "ours.py", "--set", "store.kind=ours"),
        [
            (
                "error: the store 'ours' cannot be made: OSError: no licence; "
                "look at its options, or leave it out"
            )
        ],
        files={"ours.py": STORES.format(name="ours", body="raise OSError('no licence')")},
    ),
    Day(
        "a plugin with a bug at build",
        ("up", "--plugin", "ours.py", "--set", "store.kind=ours"),
        [
            (
                "error: ZeroDivisionError: division by zero (ours.py:4); this is a bug in ours.py; "
                "run again with --debug for the whole trace; "
                "the trace is in {here}/config/.homalos/logs/crash-1.txt"
            )
        ],
        files={"ours.py": STORES.format(name="ours", body="1 / 0")},
    ),
    Day(
        "a plugin that raises on entering its lifespan",
        ("up", "--plugin", "ours.py"),
        [
            (
                "error: the lifespan of the plugin 'ours' cannot begin: OSError: port 80 is taken; "
                "mend it or leave the plugin out"
            )
        ],
        files={"ours.py": LIFESPAN},
    ),
    Day(
        "two plugins with one name",
        ("up", "--plugin", "a/ours.py", "--plugin", "b/ours.py"),
        [
            (
                "error: plugin 'ours' (b/ours.py): a/ours.py has a plugin of this name already; "
                "rename one of the two, or leave it out"
            )
        ],
        files={"a/ours.py": LIFESPAN, "b/ours.py": LIFESPAN},
    ),
    Day(
        "two plugins that offer one name",
        ("up", "--plugin", "ours.py"),
        [
            (
                "error: the store 'sqlite' is offered by both the plugins 'ours' and 'storage'; "
                "take one of them out"
            )
        ],
        files={"ours.py": STORES.format(name="sqlite", body="return None")},
    ),
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every day a folder of its own, with good settings and good data."""
    for name in list(os.environ):
        if name.startswith("HOMALOS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "system.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "bars.csv").write_text(BARS, encoding="utf-8")


@pytest.mark.parametrize("day", [*NAMES, *FILES, *PLUGINS], ids=lambda day: day.name)
def test_a_bad_day_is_told_in_plain_words(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exactly these lines, no trace, an exit code, and nothing but them."""
    for path, text in day.files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    for name, text in day.environment.items():
        monkeypatch.setenv(name, text)

    code = main(day.asked)

    shown = capsys.readouterr()
    places = {"here": tmp_path, "version": metadata.version("homalos-core")}
    assert shown.err.splitlines() == [line.format_map(places) for line in day.told]
    assert (code, shown.out) == (day.code, "")


def test_good_days_are_good(capsys: pytest.CaptureFixture[str]) -> None:
    """What the bad days change: with nothing changed, both commands do what they are asked."""
    assert main(["up"]) == 0
    assert main(["backtest", "double_ma", *ON_BARS]) == 0
    shown = capsys.readouterr()
    assert "error" not in shown.err
    assert shown.out.count("decision hash") == 2
