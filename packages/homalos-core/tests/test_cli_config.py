"""Tests of `homalos config show`, `check` and `diff`: where values came from, what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main

SECRET = "hunter2"  # noqa: S105  a password that nothing may show
# A venue, a rule and a strategy; the core's tests have no other package.
PLUGIN = """
from attrs import field, frozen
from attrs.validators import ge
from homalos.plugins import GatewaySpec, RiskRuleSpec, StrategySpec, hookimpl
from homalos.strategy import Strategy


@frozen(kw_only=True)
class Options:
    user: str = "nobody"
    password: str = ""
    retries: int = field(default=3, validator=ge(0))


@frozen(kw_only=True)
class Limit:
    lots: int = field(default=10, validator=ge(1))


@frozen(kw_only=True)
class Params:
    fast: int = 5


class Idle(Strategy):
    pass


@hookimpl
def register_gateways():
    return (GatewaySpec(name="sim", factory=print, config=Options),)


@hookimpl
def register_risk_rules():
    return (RiskRuleSpec(name="limit", factory=print, config=Limit),)


@hookimpl
def register_strategies():
    return (StrategySpec(name="idle", factory=Idle, config=Params),)


@hookimpl
def check_settings(settings):
    if settings.seed == 13:
        yield "13 is unlucky @ $.seed"
"""
FILE = """seed: 5
gateways:
  sim:
    options: {user: me}
risk:
  limit:
    lots: 7
"""
STRATEGIES = """strategies:
  # mine
  - strategy: idle
    name: one
    symbols: [x.X]
"""

Write = Callable[[str, str], None]
Ran = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture(autouse=True)
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Work in a folder with settings and a plugin, where nothing else is installed."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.delenv("HOMALOS_ENV", raising=False)
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    monkeypatch.chdir(tmp_path)

    def write(path: str, text: str) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)

    write("parts.py", PLUGIN)
    write("config/system.yaml", FILE)
    return write


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Ran:
    """Run `homalos config`; return its exit code, its output, and the lines of its errors."""

    def run(*arguments: str) -> tuple[int, str, list[str]]:
        plugin = () if arguments[0] == "diff" else ("--plugin", "parts.py")
        code = main(("config", *arguments, *plugin))
        told = capsys.readouterr()
        return code, told.out, told.err.splitlines()

    return run


def settings_of(out: str) -> Mapping[str, tuple[str, str]]:
    """Return value and origin by path, out of the JSON of `show`."""
    return {each["path"]: (each["value"], each["origin"]) for each in json.loads(out)["settings"]}


# -- show ---------------------------------------------------------------------


def test_show_tells_who_gave_each_value(
    ran: Ran, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each layer is named: a class, a plugin's class, three files, a variable, an option."""
    write("config/strategies.yaml", STRATEGIES)
    write("config/system.prod.yaml", "clock: live\n")
    monkeypatch.setenv("HOMALOS_BUS__QUEUE", "99")
    code, out, _ = ran("show", "--env", "prod", "--set", "bus.batch=8", "--json")
    found: Mapping[str, Any] = settings_of(out)

    assert code == 0
    assert found["run"] == ("1", "default")
    assert found["seed"] == ("5", "config/system.yaml:1")
    assert found["clock"] == ("live", "config/system.prod.yaml:1")
    assert found["bus.queue"] == ("99", "HOMALOS_BUS__QUEUE")
    assert found["bus.batch"] == ("8", "command line")
    assert found["gateways.sim.options.user"] == ("me", "config/system.yaml:4")
    assert found["gateways.sim.options.retries"] == ("3", "default")
    assert found["strategies.one.symbols"] == ("[x.X]", "config/strategies.yaml:5")
    assert found["strategies.one.params.fast"] == ("5", "default")


def test_show_of_one_key_has_only_what_is_under_it(ran: Ran) -> None:
    """As lines that a person reads and YAML would take."""
    assert ran("show", "risk") == (0, "risk.limit.lots: 7  # config/system.yaml:7\n", [])
    assert ran("show", "seed") == (0, "seed: 5  # config/system.yaml:1\n", [])


def test_show_of_a_key_that_is_none_suggests_one(ran: Ran) -> None:
    """The exit code says that nothing was found."""
    expected = ["error: there is no setting 'risk.limitt'; did you mean 'risk.limit'?"]
    assert ran("show", "risk.limitt") == (1, "", expected)
    assert ran("show", "qqq") == (
        1,
        "",
        ["error: there is no setting 'qqq'; `homalos config show` lists them"],
    )


def test_show_hides_secrets(ran: Ran, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of the key, and everything that the secrets file gives."""
    monkeypatch.setenv("HOMALOS_GATEWAYS__SIM__OPTIONS__PASSWORD", SECRET)
    write("config/.homalos/secrets.yaml", f"gateways: {{sim: {{options: {{user: {SECRET}}}}}}}")
    code, out, _ = ran("show", "--json")
    found = settings_of(out)

    assert code == 0
    assert SECRET not in out
    assert found["gateways.sim.options.user"][0] == "***"
    assert found["gateways.sim.options.user"][1].endswith("secrets.yaml:1")
    assert found["gateways.sim.options.password"] == (
        "***",
        "HOMALOS_GATEWAYS__SIM__OPTIONS__PASSWORD",
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), "", "default"),
        ((), "elsewhere", "HOMALOS_HOME"),
        (("--home", "here"), "elsewhere", "--home"),
    ],
)
def test_show_tells_where_the_home_folder_comes_from(
    ran: Ran,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: str,
    expected: str,
) -> None:
    """It is no key of a file, so it has an origin of its own."""
    monkeypatch.setenv("HOMALOS_HOME", environment)
    _, out, _ = ran("show", "home", "--json", *arguments)

    assert settings_of(out)["home"][1] == expected


# -- check --------------------------------------------------------------------


def test_check_of_settings_in_order_names_the_files(ran: Ran, write: Write) -> None:
    """Whoever wonders why a file has no effect sees whether it was read."""
    write("config/strategies.yaml", "strategies: []\n")

    assert ran("check") == (0, "in order: config/system.yaml, config/strategies.yaml\n", [])
    assert ran("check", "--json") == (
        0,
        '{"files": ["config/system.yaml", "config/strategies.yaml"], "problems": []}\n',
        [],
    )


def test_check_tells_every_problem_of_the_parts_with_file_and_line(ran: Ran, write: Write) -> None:
    """Where building an engine stops at the first."""
    write(
        "config/system.yaml",
        """seed: 13
gateways:
  sim:
    options:
      retries: -1
      usr: me
feed:
  kind: tap
risk:
  limit: {lots: x}
  limitt: {}
store:
  kind: sqlite
markets: [china]
""",
    )
    write(
        "config/strategies.yaml",
        "strategies:\n- {strategy: idle, symbol: x.X, params: {fst: 1}}\n"
        "- {strategy: idlee, symbol: x.X}\n",
    )
    code, _, errors = ran("check")

    assert code == 1
    assert errors == [
        (
            "error: config/system.yaml:14: no plugin offers a market 'china';"
            " there are none @ $.markets[0]"
        ),
        (
            "error: config/system.yaml:6: unknown key 'usr' @ $.gateways.sim.options;"
            " did you mean 'user'?"
        ),
        "error: config/system.yaml:5: 'retries' must be >= 0: -1 @ $.gateways.sim.options.retries",
        "error: config/system.yaml:8: no plugin offers a feed 'tap'; there are none @ $.feed.kind",
        "error: config/system.yaml:10: expected int, found 'x' @ $.risk.limit.lots",
        (
            "error: config/system.yaml:11: no plugin offers a risk rule 'limitt';"
            " there are: limit; did you mean 'limit'? @ $.risk.limitt"
        ),
        (
            "error: config/strategies.yaml:2: unknown key 'fst' @ $.strategies[0].params;"
            " did you mean 'fast'?"
        ),
        (
            "error: config/strategies.yaml:3: no plugin offers a strategy 'idlee';"
            " there are: idle; did you mean 'idle'? @ $.strategies[1].strategy"
        ),
        (
            "error: config/system.yaml:13: no plugin offers a store 'sqlite';"
            " there are none @ $.store.kind"
        ),
        "error: config/system.yaml:1: 13 is unlucky @ $.seed",
    ]


def test_check_tells_an_alert_channel_that_nobody_offers(ran: Ran, write: Write) -> None:
    """Whatever others there are, with the place where it is named."""
    write("config/system.yaml", "alerts:\n  bell: {}\n")
    code, _, (error,) = ran("check")

    assert code == 1
    assert error.startswith("error: config/system.yaml:2: no plugin offers a")
    assert "alert channel 'bell'; there are" in error
    assert error.endswith("@ $.alerts.bell")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "there is no settings file config/system.yaml; "),
        (b"run: [", "config/system.yaml:1: "),
        ("run: 螺纹".encode("gbk"), "config/system.yaml: not UTF-8 at byte 5; save it as UTF-8"),
        (b"- a", "config/system.yaml: expected a mapping of settings, found list"),
        (b"bus: {quue: 1}", "config/system.yaml:1: unknown key 'quue' @ $.bus; did you mean"),
    ],
)
def test_check_tells_a_file_that_cannot_be_read(
    ran: Ran, tmp_path: Path, text: bytes | None, problem: str
) -> None:
    """Missing, broken, in another encoding, of another shape, misspelt."""
    path = tmp_path / "config/system.yaml"
    path.unlink()
    if text is not None:
        path.write_bytes(text)
    code, out, errors = ran("check")

    assert (code, out, len(errors)) == (1, "", 1)
    assert errors[0].startswith(f"error: {problem}")


def test_check_as_json_gives_the_problems_as_a_list(ran: Ran) -> None:
    """A program need not take the text apart."""
    code, out, _ = ran("check", "--set", "bus.queue=0", "--json")

    assert code == 1
    assert json.loads(out)["problems"] == [
        "queue must be above 0, not 0 (command line) @ $.bus.queue"
    ]


def test_check_shows_no_secret(ran: Ran, write: Write) -> None:
    """What the secrets file gives is none of a problem's text, whatever the option is called."""
    write("home/secrets.yaml", f"gateways: {{sim: {{options: {{retries: {SECRET}}}}}}}\n")
    code, out, errors = ran("check", "--home", "home")

    assert SECRET not in out + "".join(errors)
    assert code == 1
    assert len(errors) == 1
    assert errors[0].endswith(
        "secrets.yaml:1: expected int, found '***' @ $.gateways.sim.options.retries"
    )


def test_check_looks_into_files_of_strategies(ran: Ran, write: Write) -> None:
    """What is in the folder is known, and its own parameters are looked at."""
    write("strategies/own.py", PLUGIN.replace("    pass\n", "    Params = Params\n"))
    write("config/system.yaml", "strategies_folder: ../strategies\n")
    write("config/strategies.yaml", "strategies:\n- {strategy: own, symbol: x.X, params: {f: 1}}\n")

    assert ran("check") == (
        1,
        "",
        [
            "error: config/strategies.yaml:2: unknown key 'f' @ $.strategies[0].params",
            (
                "error: config/strategies.yaml:2: no market is installed that could know 'x.X'"
                " @ $.strategies[0].symbols"
            ),
        ],
    )


# -- diff ---------------------------------------------------------------------


def test_diff_tells_what_is_not_the_default(ran: Ran) -> None:
    """The home folder is none of it."""
    assert ran("diff") == (
        0,
        "seed: 1 -> 5\ngateways.sim.options.user: - -> me\nrisk.limit.lots: - -> 7\n",
        [],
    )


def test_diff_between_two_files(ran: Ran, write: Write) -> None:
    """From the one that is named to the one that counts."""
    write("old/system.yaml", FILE.replace("lots: 7", "lots: 9"))

    assert ran("diff", "old/system.yaml") == (0, "risk.limit.lots: 9 -> 7\n", [])
    code, out, _ = ran("diff", "old/system.yaml", "--json")
    assert code == 0
    assert json.loads(out) == {"changes": [{"path": "risk.limit.lots", "old": "9", "new": "7"}]}


def test_diff_of_an_environment_tells_what_it_changes(
    ran: Ran, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else the variable says."""
    write("config/system.prod.yaml", "seed: 6\n")
    monkeypatch.setenv("HOMALOS_ENV", "nowhere")

    assert ran("diff", "--env", "prod") == (0, "seed: 5 -> 6\n", [])


def test_diff_of_the_same_says_so(ran: Ran) -> None:
    """An empty answer could be a mistake."""
    assert ran("diff", "config/system.yaml") == (0, "no difference\n", [])


def test_diff_takes_a_file_or_an_environment(ran: Ran) -> None:
    """Which of them would be meant nobody knows."""
    code, _, errors = ran("diff", "config/system.yaml", "--env", "prod")

    assert code == 2
    assert errors[0] == "error: name another file or an environment, not both"


def test_diff_with_a_file_that_is_not_there_tells_it(ran: Ran) -> None:
    """By its name."""
    assert ran("diff", "none.yaml") == (1, "", ["error: none.yaml: No such file or directory"])
