"""The settings' files: which there are, what goes over what, and where a problem stands."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from homalos.config import Loaded, Settings, SettingsSource
from homalos.errors import ConfigError

SECRET = "hunter2"  # noqa: S105  a password that no message may show

Write = Callable[..., None]


@pytest.fixture(autouse=True)
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Give a writer of files, by path, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()

    def write(path: str, text: str, mode: int = 0o600) -> None:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    write("config/system.yaml", "run: a\n")
    return write


def loaded(environment: Mapping[str, str] | None = None, **overrides: object) -> Loaded:
    """Load the settings of the current folder."""
    dotted = {key.replace("__", "."): value for key, value in overrides.items()}
    source = SettingsSource(
        path=Path("config/system.yaml"),
        environment=environment or {},
        overrides=dotted,
        home=Path("home"),
    )
    return source.read()


def problems(environment: Mapping[str, str] | None = None, **overrides: object) -> tuple[str, ...]:
    """Return the problems of the settings of the current folder."""
    with pytest.raises(ConfigError) as caught:
        loaded(environment, **overrides)
    return caught.value.problems


# -- layers -------------------------------------------------------------------


def test_each_file_goes_over_the_one_below(write: Write) -> None:
    """Of five numbers each comes from the highest layer that sets it, and says so."""
    write("config/system.yaml", "inbox: {market: 1, execution: 1}\nbus: {queue: 1, batch: 1}\n")
    write("config/system.prod.yaml", "inbox:\n  market: 2\n  execution: 2\nbus: {queue: 2}\n")
    write("home/secrets.yaml", "inbox:\n  market: 3\n  execution: 3\n")
    found = loaded({"HOMALOS_ENV": "prod", "HOMALOS_INBOX__MARKET": "4"}, watch__stuck_s=5.0)
    settings = found.settings

    assert (settings.inbox.market, settings.inbox.execution) == (4, 3)
    assert (settings.bus.queue, settings.bus.batch, settings.watch.stuck_s) == (2, 1, 5.0)
    assert {path: found.origins.get(path) for path in PATHS} == {
        "inbox.market": "HOMALOS_INBOX__MARKET",
        "inbox.execution": "home/secrets.yaml:3",
        "bus.queue": "config/system.prod.yaml:4",
        "bus.batch": "config/system.yaml:2",
        "watch.stuck_s": "command line",
        "watch.slow_ms": None,
    }
    assert found.files == (
        Path("config/system.yaml"),
        Path("config/system.prod.yaml"),
        Path("home/secrets.yaml"),
    )
    assert found.hidden == {"inbox.execution"}


PATHS = (
    "inbox.market",
    "inbox.execution",
    "bus.queue",
    "bus.batch",
    "watch.stuck_s",
    "watch.slow_ms",
)


def test_strategies_of_their_own_file_come_after_the_others(write: Write) -> None:
    """Both lists run, each entry with its own place."""
    write("config/system.yaml", "strategies:\n- {strategy: a, symbol: x.X}\n")
    write("config/strategies.yaml", "# mine\nstrategies:\n- strategy: b\n  symbol: x.X\n")
    found = loaded()

    assert [each.strategy for each in found.settings.strategies] == ["a", "b"]
    assert found.origins == {
        "strategies.a-x.X.strategy": "config/system.yaml:2",
        "strategies.a-x.X.symbols": "config/system.yaml:2",
        "strategies.b-x.X.strategy": "config/strategies.yaml:3",
        "strategies.b-x.X.symbols": "config/strategies.yaml:4",
    }


@pytest.mark.parametrize("text", ["", "strategies:\n", "strategies: []\n"])
def test_a_strategies_file_without_entries_changes_nothing(write: Write, text: str) -> None:
    """What is left when the last one was removed."""
    write("config/strategies.yaml", text)

    assert loaded().settings.strategies == ()


def test_a_relative_folder_of_strategies_is_beside_the_file(write: Write) -> None:
    """An engine started elsewhere finds it all the same; an absolute one stays."""
    write("config/system.yaml", "strategies_folder: ../strategies\n")
    assert loaded().settings.strategies_folder == Path("config/../strategies")
    assert loaded(strategies_folder="/x").settings.strategies_folder == Path("/x")


def test_a_source_reads_anew_what_has_changed(write: Write) -> None:
    """Nothing of an earlier reading is kept, neither a value nor a file that was not there."""
    source = SettingsSource(path=Path("config/system.yaml"), overrides={"seed": "7"})
    before = source.read().settings
    write("config/system.yaml", "clock: live\n")
    write("config/strategies.yaml", "strategies: [{strategy: b, symbol: x.X}]\n")
    after = source.read().settings

    assert (before.run, before.clock, before.seed, before.strategies) == ("a", "event", 7, ())
    assert (after.run, after.clock, after.seed, len(after.strategies)) == ("1", "live", 7, 1)


def test_a_source_knows_the_files_that_are_not_there_yet() -> None:
    """They count as soon as they appear."""
    source = SettingsSource(
        path=Path("config/system.yaml"), environment={"HOMALOS_ENV": "x"}, home=Path("home")
    )

    assert source.files() == (
        Path("config/system.yaml"),
        Path("config/system.x.yaml"),
        Path("config/strategies.yaml"),
        Path("home/secrets.yaml"),
    )


def test_without_a_file_nothing_is_beside_it(write: Write) -> None:
    """A demo in a folder with strategies of its own is the demo; a variable is no mistake."""
    write("strategies.yaml", "strategies: [{strategy: b, symbol: x.X}]\n")

    assert SettingsSource(environment={"HOMALOS_ENV": "x"}).read().settings == Settings()


# -- places -------------------------------------------------------------------


def test_every_problem_names_file_line_and_path(write: Write) -> None:
    """Wrong types, unknown and missing keys, and what does not fit together, all at once."""
    write(
        "config/system.yaml",
        """gatewys:
  sim: {}
inbox:
  market: abc
  whenfull: block
accounts:
  main: {gateway: sim, mode: hedge}
bus: 5
risk: {order_size: [1]}
""",
    )
    write(
        "config/strategies.yaml",
        """strategies:
  - strategy: s
    symbol: a.X
    restart:
      times: -1
  - symbols: [a.X, a.X]
""",
    )
    assert problems({"HOMALOS_SEED": "x"}) == (
        "config/system.yaml:1: unknown key 'gatewys' @ $; did you mean 'gateways'?",
        "expected int, found 'x' (HOMALOS_SEED) @ $.seed",
        (
            "config/system.yaml:7: expected 'hedging' or 'netting', found 'hedge'"
            " @ $.accounts.main.mode; did you mean 'hedging'?"
        ),
        (
            "config/strategies.yaml:5: times must be 0 or above, not -1"
            " @ $.strategies[0].restart.times"
        ),
        "config/strategies.yaml:6: required field missing @ $.strategies[1].strategy",
        "config/strategies.yaml:6: symbols has the same symbol twice @ $.strategies[1].symbols",
        "config/system.yaml:8: expected a mapping, found 5 @ $.bus",
        "config/system.yaml:5: unknown key 'whenfull' @ $.inbox; did you mean 'when_full'?",
        "config/system.yaml:4: expected int, found 'abc' @ $.inbox.market",
    )


def test_names_that_do_not_fit_name_both_places(write: Write) -> None:
    """A strategy's name in two files, and a gateway that is not there."""
    write(
        "config/system.yaml",
        "accounts:\n  main:\n    gateway: smi\nstrategies:\n- {strategy: s, symbol: a.X}\n",
    )
    write("config/strategies.yaml", "strategies:\n- {strategy: t, symbol: b.X, name: s-a.X}\n")

    assert problems() == (
        (
            "config/system.yaml:3: no gateway is called 'smi' @ $.accounts.main.gateway;"
            " did you mean 'sim'?"
        ),
        (
            "config/strategies.yaml:2: the name 's-a.X' is that of $.strategies[0]"
            " (config/system.yaml:5) already @ $.strategies[1].name; give it another"
        ),
    )


def test_a_problem_inside_a_value_of_the_command_line_names_it() -> None:
    """A list there has no lines of its own."""
    assert problems(strategies="[{strategy: 5, symbol: a}]") == (
        "expected str, found 5 (command line) @ $.strategies[0].strategy; put it in quotes",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- {strategy: a}\n", "expected a mapping of settings, found list"),
        (
            "strategies: [\n",
            "2: expected the node content, but found '<stream end>', while parsing a flow node",
        ),
    ],
)
def test_a_strategies_file_that_is_none_is_told(write: Write, text: str, expected: str) -> None:
    """A list on top, or broken YAML."""
    write("config/strategies.yaml", text)
    (found,) = problems()

    assert found.startswith("config/strategies.yaml:")
    assert expected in found


def test_a_strategies_file_with_other_keys_is_told(write: Write) -> None:
    """Only strategies may stand there; a near miss is suggested."""
    write("config/strategies.yaml", "strategis: []\nbus: {queue: 1}\nstrategies: {a: 1}\n")

    assert problems() == (
        (
            "config/strategies.yaml:1: unknown key 'strategis' @ $;"
            " strategies.yaml holds nothing but strategies; did you mean 'strategies'?"
        ),
        (
            "config/strategies.yaml:2: unknown key 'bus' @ $;"
            " strategies.yaml holds nothing but strategies"
        ),
        "config/strategies.yaml:3: expected a list, found a mapping @ $.strategies",
    )


def test_several_broken_files_are_told_at_once(write: Write) -> None:
    """Each with what is wrong with it; one run shows all there is to mend."""
    write("config/system.yaml", "run: a\nrun: b\nsede: 1\n")
    write("config/system.x.yaml", "bus: {queue: 1\n")
    Path("config/strategies.yaml").write_bytes("strategies: [{strategy: 均线}]".encode("gbk"))
    write("home/secrets.yaml", "- a\n")
    found = problems({"HOMALOS_ENV": "x", "HOMALOS_BUS__": "1"})

    assert found[0] == "config/system.yaml:2: duplicate key 'run', first at line 1"
    assert found[1].startswith("config/system.x.yaml:2: expected ',' or '}'")
    assert found[2:] == (
        "config/strategies.yaml: not UTF-8 at byte 24; save it as UTF-8",
        "home/secrets.yaml: expected a mapping of settings, found list",
        "a part of the name 'HOMALOS_BUS__' is empty",
        "config/system.yaml:3: unknown key 'sede' @ $; did you mean 'seed'?",
    )


def test_a_folder_in_the_place_of_a_file_is_told() -> None:
    """What is there and cannot be read is not taken for missing."""
    for path in ("config/strategies.yaml", "config/system.x.yaml"):
        Path(path).mkdir()
    Path("home/secrets.yaml").mkdir(mode=0o700, parents=True)

    assert problems({"HOMALOS_ENV": "x"}) == (
        "config/system.x.yaml: Is a directory",
        "config/strategies.yaml: Is a directory",
        "home/secrets.yaml: Is a directory",
    )


def test_a_home_that_is_a_file_has_no_secrets(write: Write) -> None:
    """Whoever opens the home tells that better."""
    write("home", "")

    assert loaded().settings.run == "a"


@pytest.mark.parametrize("path", ["config/system.yaml", "home/secrets.yaml"])
def test_no_file_moves_the_home(write: Write, path: str) -> None:
    """A file found through the home cannot say where that is."""
    write(path, "run: b\nhome: /elsewhere\n")

    assert problems() == (
        f"{path}:2: the file cannot move itself; use --home or HOMALOS_HOME @ $.home",
    )


# -- problems that are found later --------------------------------------------


def test_a_problem_of_a_plugins_options_gets_its_line(write: Write) -> None:
    """The classes of the rules read them when the engine is built, and know no file."""
    write("config/system.yaml", "risk:\n  order_size:\n    max_lots: x\n  price_band: {}\n")
    found = loaded({"HOMALOS_RISK__ORDER_SIZE__MIN_LOTS": "y"})

    for problem, expected in {
        "expected int @ $.risk.order_size.max_lots; see": (
            "config/system.yaml:3: expected int @ $.risk.order_size.max_lots; see"
        ),
        "too small @ $.risk.order_size.min_lots": (
            "too small (HOMALOS_RISK__ORDER_SIZE__MIN_LOTS) @ $.risk.order_size.min_lots"
        ),
        "required field missing @ $.risk.price_band.ticks": (
            "config/system.yaml:4: required field missing @ $.risk.price_band.ticks"
        ),
        "nobody gave it @ $.store.options.url": "nobody gave it @ $.store.options.url",
        "config/system.yaml:3: unknown key 'max_lots' @ $.risk.order_size": (
            "config/system.yaml:3: unknown key 'max_lots' @ $.risk.order_size"
        ),
        "no path at all": "no path at all",
    }.items():
        assert found.located(problem) == expected
        assert found.located(expected) == expected


def test_a_problem_of_a_strategys_parameters_gets_its_line(write: Write) -> None:
    """By its name, whatever is in it, or by its kind where that can only be one."""
    write(
        "config/strategies.yaml",
        """strategies:
- {strategy: ma, symbol: rb2510.SHFE, params: {fast: x}}
- strategy: ma
  name: 均线 1
  symbol: a.X
  params:
    fast: y
- strategy: grid
  symbol: a.X
""",
    )
    found = loaded()

    for path, line in {
        "$.strategies.ma-rb2510.SHFE.params.fast": 2,
        "$.strategies.均线 1.params.fast": 7,
        "$.strategies.均线 1.params.slow": 6,
        "$.strategies.grid.params": 8,
        "$.strategies[1].symbols[0]": 5,
    }.items():
        assert found.located(f"wrong @ {path}") == f"config/strategies.yaml:{line}: wrong @ {path}"
    assert found.located("wrong @ $.strategies.ma.params") == "wrong @ $.strategies.ma.params"


def test_a_problem_that_is_found_later_shows_no_secret(write: Write) -> None:
    """A plugin puts into its message what it likes."""
    write("home/secrets.yaml", f"gateways: {{sim: {{options: {{user: {SECRET}}}}}}}\n")
    found = loaded()

    assert found.hidden == {"gateways.sim.options.user"}
    assert found.located(f"no user {SECRET!r} @ $.gateways.sim.options") == (
        "home/secrets.yaml:1: no user '***' @ $.gateways.sim.options"
    )
    assert SECRET not in repr(found).replace(repr(found.settings), "")


# -- environments -------------------------------------------------------------


def test_a_named_environment_without_its_file_is_an_error() -> None:
    """Nobody runs on test settings because of a misspelt name."""
    assert problems({"HOMALOS_ENV": "prd"}) == (
        (
            "config/system.prd.yaml: no such file for the environment 'prd';"
            " write one, or leave --env and HOMALOS_ENV out"
        ),
    )


def test_an_environment_that_is_no_part_of_a_name_is_refused() -> None:
    """It cannot lead out of the folder."""
    assert problems({"HOMALOS_ENV": "../x"}) == (
        ("the environment '../x' is no part of a file's name; write letters, digits, - and _ only"),
    )


def test_an_environment_that_was_asked_for_needs_a_file_to_be_beside() -> None:
    """An option that would do nothing is told; the variable is for all commands."""
    with pytest.raises(ConfigError) as caught:
        SettingsSource(env="x").read()
    assert caught.value.problems == (
        "the environment 'x' needs a settings file beside which its own is",
    )


def test_the_argument_goes_before_the_variable(write: Write) -> None:
    """As every option does."""
    write("config/system.a.yaml", "seed: 5\n")
    source = SettingsSource(
        path=Path("config/system.yaml"), env="a", environment={"HOMALOS_ENV": "b"}
    )

    assert source.read().settings.seed == 5


# -- secrets ------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_secrets_that_others_can_read_are_refused(write: Write, mode: int) -> None:
    """The message says what to do, and nothing of what is in it."""
    write("home/secrets.yaml", f"gateways: {{sim: {{options: {{user: {SECRET}}}}}}}\n", mode)

    assert problems() == (
        "home/secrets.yaml can be read by others; run chmod 600 home/secrets.yaml",
    )


@pytest.mark.parametrize(
    "text",
    [
        f"seed: {SECRET}",
        f"gateways: {{sim: {{kind: {SECRET}, x: [{SECRET}]}}}}",
        f"accounts: {{main: {{mode: {SECRET}}}}}",
        f"bus: {{queue: [{SECRET}]}}",
        f"strategies: [{{strategy: s, symbol: a, interval: {SECRET}}}]",
        f"run: {{a: '{SECRET}",
        f"accounts: {{main: {{gateway: {SECRET}}}}}",
    ],
)
def test_nothing_of_the_secrets_file_is_told(write: Write, text: str) -> None:
    """Whatever a key there is called, its value is in no message and no traceback."""
    write("home/secrets.yaml", text)
    with pytest.raises(ConfigError) as caught:
        loaded()

    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert "home/secrets.yaml" in str(caught.value)
