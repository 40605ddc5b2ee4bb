"""The settings: layers, strict structuring, every problem at once, no secret told."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import evolve, field, frozen, validators
from hypothesis import given, settings
from hypothesis import strategies as st

from homalos.config import (
    AccountSettings,
    FeedSettings,
    InboxSettings,
    Settings,
    StoreSettings,
    StrategySettings,
    check,
    home_folder,
    load_settings,
    structure,
)
from homalos.errors import ConfigError
from homalos.model import Interval, PositionMode

SECRET = "hunter2"  # noqa: S105  a password that no message may show

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a loader of YAML text, with an environment and overrides of its own."""

    def load(text: str = "", env: Mapping[str, str] | None = None, **overrides: object) -> Settings:
        path = tmp_path / "homalos.yaml"
        path.write_text(text, encoding="utf-8")
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        return load_settings(path, environment=env or {}, overrides=dotted)

    return load


def problems_of(call: Callable[[], object]) -> tuple[str, ...]:
    """Return the problems of the `ConfigError` that a call must raise.

    Which line of the file it was is left out here; `test_config_files.py` looks at that.
    """
    with pytest.raises(ConfigError) as caught:
        call()
    place = re.compile(r"^\S+homalos\.yaml:\d+: (?=.* @ \$)| \(\S+homalos\.yaml:\d+\)")
    return tuple(place.sub("", each) for each in caught.value.problems)


# -- layers -------------------------------------------------------------------


def test_nothing_given_yields_the_defaults_of_the_classes() -> None:
    """No file, no variable, no override: the settings are those of the classes."""
    assert load_settings(None, environment={}, overrides={}) == Settings()


def test_an_empty_file_yields_the_defaults(load: Load) -> None:
    """A file with only a comment in it changes nothing."""
    assert load("# nothing yet\n") == Settings()


def test_each_layer_overrides_the_one_below(load: Load) -> None:
    """Of four numbers each comes from the highest layer that sets it."""
    found = load(
        "inbox: {market: 2, execution: 2}\nbus: {queue: 2}",
        {"HOMALOS_INBOX__MARKET": "3", "HOMALOS_INBOX__EXECUTION": "3"},
        inbox__market="4",
    )
    assert (found.inbox.market, found.inbox.execution) == (4, 3)
    assert (found.bus.queue, found.bus.batch) == (2, 100)


def test_a_full_file_reads_into_every_part(load: Load) -> None:
    """The short spellings of the manual arrive as the classes they stand for."""
    found = load("""
run: r7
accounts: {main: {capital: 500000}, small: {capital: 0.1, mode: netting}}
strategies: [{strategy: double_ma, symbol: rb2510.SHFE, params: {fast: 10}}]
feed: {kind: tape, speed: 60, options: {files: [a.csv]}}
store: {}
risk: {price_band: false}
""")
    assert found == Settings(
        run="r7",
        accounts={
            "main": AccountSettings(capital=Decimal(500_000)),
            "small": AccountSettings(capital=Decimal("0.1"), mode=PositionMode.NETTING),
        },
        strategies=(
            StrategySettings(strategy="double_ma", symbols=("rb2510.SHFE",), params={"fast": 10}),
        ),
        feed=FeedSettings(kind="tape", speed=60.0, options={"files": ["a.csv"]}),
        store=StoreSettings(),
        risk={"price_band": False},
    )


def test_an_int_becomes_a_float_where_a_float_is_asked_for(load: Load) -> None:
    """`speed: 60` is 60.0 and `batch_s: 5` is 5.0, not ints in a float's clothes."""
    found = load("feed: {speed: 60}\nbus: {batch_s: 5}")
    assert isinstance(found.bus.batch_s, float)
    assert found.feed is not None
    assert isinstance(found.feed.speed, float)


def test_null_takes_a_part_out_again(load: Load) -> None:
    """`--set store=null` keeps nothing although the file names a store."""
    assert load("store: {kind: sqlite}", store="null").store is None


def test_lists_are_replaced_and_mappings_merged(load: Load) -> None:
    """A higher layer's list stands alone; keys beside it stay."""
    found = load(
        "feed: {kind: tape, options: {files: [a, b], label: end}}", feed__options__files="[c]"
    )
    assert found.feed == FeedSettings(kind="tape", options={"files": ["c"], "label": "end"})


def test_a_mapping_on_the_command_line_is_merged_too(load: Load) -> None:
    """`bus={batch: 7}` leaves the file's queue alone."""
    found = load("bus: {queue: 5}", bus="{batch: 7}")
    assert (found.bus.queue, found.bus.batch) == (5, 7)


def test_values_that_are_no_text_are_taken_from_the_command_line_as_they_are(load: Load) -> None:
    """An option that click has typed already needs no text."""
    found = load(seed=7, feed={"kind": "tape", "speed": 2.5}, journal__mode="file")
    assert (found.seed, found.feed, found.journal.mode) == (7, FeedSettings(speed=2.5), "file")


def test_a_variable_finds_a_name_of_the_file_in_any_case(load: Load) -> None:
    """Variables are written in capitals; the account called `Main` is meant nevertheless."""
    found = load("accounts: {Main: {capital: 5}}", {"HOMALOS_ACCOUNTS__MAIN__CURRENCY": "USD"})
    assert found.accounts == {"Main": AccountSettings(capital=Decimal(5), currency="USD")}


def test_the_first_account_of_the_file_stays_the_first(load: Load) -> None:
    """The first account is the default, so no layer may change the order."""
    found = load("accounts: {b: {}, a: {}}", {"HOMALOS_ACCOUNTS__A__CAPITAL": "5"})
    assert list(found.accounts) == ["b", "a"]


def test_reserved_variables_are_no_settings(load: Load) -> None:
    """What the launcher and the tests say to each other is not taken for settings."""
    names = ("HOME", "PLUGINS", "TRACE_HOOKS", "TEST_DATA", "REQUIRE_DATA")
    assert load("", {f"HOMALOS_{name}": "1" for name in names}) == Settings()


def test_the_environment_of_the_process_is_not_looked_at(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the mapping that was handed over counts, whatever dynaconf would read by itself."""
    for name in ("HOMALOS_SEED", "DYNACONF_SEED", "SETTINGS__SEED", "DYNACONF_SETTINGS__SEED"):
        monkeypatch.setenv(name, "9")
    assert load() == Settings()


def test_variables_of_others_are_left_alone(load: Load) -> None:
    """A variable without the prefix is nobody's misspelling."""
    assert load("", {"HOMALOS": "1", "SEED": "1", "homalos_seed": "1"}) == Settings()


def test_home_comes_from_the_caller(load: Load, tmp_path: Path) -> None:
    """The folder found by `home_folder` is put in, over nothing else."""
    found = load_settings(None, environment={}, overrides={}, home=tmp_path)
    assert found == evolve(Settings(), home=tmp_path)
    assert problems_of(lambda: load("home: /elsewhere")) == (
        "the file cannot move itself; use --home or HOMALOS_HOME @ $.home",
    )


def test_texts_that_dynaconf_would_evaluate_stay_texts(load: Load) -> None:
    """A password may begin with `@`, and no file can read the environment."""
    found = load(
        "run: '@format {env[PATH]}'\nrisk: {a: '@jinja {{1+1}}'}", {"HOMALOS_RISK__B": "@int 5"}
    )
    assert found.run == "@format {env[PATH]}"
    assert found.risk == {"a": "@jinja {{1+1}}", "b": "@int 5"}


# -- texts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("[a, 1]", ["a", 1]),
        ("{a: 1}", {"a": 1}),
        ("'5'", "5"),
        # What YAML 1.1 bends: 21:00 into 1260, 0123 into 83, no into False, a day into a date.
        ("21:00", "21:00"),
        ("0123", "0123"),
        ("no", "no"),
        ("2025-01-02", "2025-01-02"),
        ("1_000", "1_000"),
        ("a: b", "a: b"),
        ("a #b", "a #b"),
        ("[a", "[a"),
        ("", ""),
    ],
)
def test_a_text_is_read_as_what_it_looks_like(load: Load, text: str, value: object) -> None:
    """Numbers, truth values, null, brackets and quotes mean something, all else is text."""
    found = load("", {"HOMALOS_RISK__X": text}).risk["x"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", ["21:00", "0123", "no", "2025-01-02", "1_000", "on"])
def test_a_file_reads_codes_and_times_as_texts(load: Load, text: str) -> None:
    """The file follows YAML 1.2, like the environment."""
    assert load(f"risk: {{x: {text}}}").risk == {"x": text}


@settings(max_examples=40)
@given(st.text(min_size=1).filter(lambda text: text.strip() and text[0] not in "[{\"'"))
def test_a_text_field_gets_the_text_as_it_was_written(text: str) -> None:
    """`HOMALOS_RUN=007`, `7`, `true` or `null` name the run so, where a file needs quotes."""
    found = load_settings(None, environment={"HOMALOS_RUN": text}, overrides={})
    assert found.run == text


def test_a_decimal_from_a_variable_keeps_every_digit(load: Load) -> None:
    """Its text does not go through a float."""
    found = load("", {"HOMALOS_ACCOUNTS__MAIN__CAPITAL": "0.12345678901234567890"})
    assert found.accounts["main"].capital == Decimal("0.12345678901234567890")


# -- problems -----------------------------------------------------------------


def test_every_problem_is_told_at_once(load: Load) -> None:
    """Wrong types, wrong values, unknown and missing keys come in one error, each with its path."""
    text = """
gatewys: {}
seed: x
inbox: {market: abc, execution: 0}
strategies: [{symbol: a.X}, {strategy: s, symbols: []}]
accounts: {main: {mode: hedge}}
"""
    assert set(problems_of(lambda: load(text))) == {
        "unknown key 'gatewys' @ $; did you mean 'gateways'?",
        "expected int, found 'x' @ $.seed",
        "expected int, found 'abc' @ $.inbox.market",
        "execution must be above 0, not 0 @ $.inbox.execution",
        "required field missing @ $.strategies[0].strategy",
        "symbols needs at least one symbol, such as rb2510.SHFE @ $.strategies[1].symbols",
        (
            "expected 'hedging' or 'netting', found 'hedge' @ $.accounts.main.mode;"
            " did you mean 'hedging'?"
        ),
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed: '7'", "expected int, found '7' @ $.seed"),
        ("seed: 1.9", "expected int, found 1.9 @ $.seed"),
        ("seed: true", "expected int, found True @ $.seed"),
        ("seed:", "expected int, found nothing @ $.seed"),
        ("run: 7", "expected str, found 7 @ $.run; put it in quotes"),
        ("bus: {batch_s: '5'}", "expected float, found '5' @ $.bus.batch_s"),
        ("bus: {batch_s: true}", "expected float, found True @ $.bus.batch_s"),
        ("markets: china", "expected a list, found 'china' @ $.markets; put it in brackets"),
        ("markets: {a: 1}", "expected a list, found a mapping @ $.markets"),
        ("markets: [a, 5]", "expected str, found 5 @ $.markets[1]; put it in quotes"),
        ("bus: 5", "expected a mapping, found 5 @ $.bus"),
        ("gateways: [a]", "expected a mapping, found a list @ $.gateways"),
        ("market: {x: 5}", "expected a mapping, found 5 @ $.market.x"),
        ("clock: lve", "expected 'event' or 'live', found 'lve' @ $.clock; did you mean 'live'?"),
        (
            "accounts: {a: {capital: much}}",
            "expected a decimal number, found 'much' @ $.accounts.a.capital",
        ),
        (
            "accounts: {a: {capital: .inf}}",
            "expected a decimal number, found inf @ $.accounts.a.capital",
        ),
        (
            "strategies: [{strategy: s, symbol: a, cancel_on_failure: no}]",
            "expected bool, found 'no' @ $.strategies[0].cancel_on_failure; write true or false",
        ),
        (
            "strategies: [{strategy: s, symbol: a, symbols: [b]}]",
            "give symbol or symbols, not both @ $.strategies[0]",
        ),
        ("Inbox: {}", "unknown key 'Inbox' @ $; did you mean 'inbox'?"),
        ("risk: 5", "expected a mapping, found 5 @ $.risk"),
        (
            "gateways: {'a b': {kinds: x}}",
            "unknown key 'kinds' @ $.gateways['a b']; did you mean 'kind'?",
        ),
    ],
)
def test_nothing_is_bent_to_fit(load: Load, text: str, problem: str) -> None:
    """What cattrs or YAML would make fit is refused, with what was found and where."""
    assert problems_of(lambda: load(text)) == (problem,)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed: -1", "seed must be 0 or above, not -1 @ $.seed"),
        ("run: ' '", "run must not be empty @ $.run"),
        ("bus: {queue: 0}", "queue must be above 0, not 0 @ $.bus.queue"),
        ("bus: {batch: 0}", "batch must be above 0, not 0 @ $.bus.batch"),
        ("bus: {batch_s: .nan}", "batch_s must be above 0, not nan @ $.bus.batch_s"),
        ("inbox: {market: -5}", "market must be above 0, not -5 @ $.inbox.market"),
        ("feed: {speed: -1}", "speed must be 0 or above, not -1.0 @ $.feed.speed"),
        ("feed: {for_s: .inf}", "for_s must be 0 or above, not inf @ $.feed.for_s"),
        ("store: {kind: ''}", "kind must not be empty @ $.store.kind"),
        (
            "accounts: {a: {capital: 0}}",
            "capital must be above 0, not 0 @ $.accounts.a.capital",
        ),
        ("accounts: {' ': {}}", "accounts needs a name for each entry @ $.accounts"),
        (
            "{accounts: {}, strategies: [{strategy: s, symbol: a}]}",
            "a strategy needs an account to trade in @ $.accounts",
        ),
        (
            "strategies: [{strategy: s, symbols: [a, a]}]",
            "symbols has the same symbol twice @ $.strategies[0].symbols",
        ),
        (
            "strategies: [{strategy: s, symbol: a, interval: 1min}]",
            (
                "interval must be a bar length such as 1m, 15m, 1h or d, not '1min'"
                " @ $.strategies[0].interval"
            ),
        ),
    ],
)
def test_values_that_cannot_be_meant_are_refused(load: Load, text: str, problem: str) -> None:
    """A validator's refusal carries the path of the field."""
    assert problems_of(lambda: load(text)) == (problem,)


def test_the_classes_refuse_the_same_in_code() -> None:
    """An embedder who builds the settings by hand meets the same rules."""
    assert problems_of(lambda: InboxSettings(market=0)) == ("market must be above 0, not 0",)
    assert problems_of(lambda: StrategySettings(strategy="s", symbols=())) == (
        "symbols needs at least one symbol, such as rb2510.SHFE",
    )


@pytest.mark.parametrize("interval", list(Interval))
def test_every_interval_of_the_model_is_a_bar_length(interval: Interval) -> None:
    """The lengths that every market has are accepted."""
    assert StrategySettings(strategy="s", symbols=("a",), interval=interval).interval == interval


def test_names_that_lead_nowhere_are_told_together(load: Load) -> None:
    """Accounts without their gateway, strategies without their account or a name of their own."""
    text = """
accounts: {main: {gateway: smi}}
strategies:
- {strategy: s, symbol: a.X}
- {strategy: s, symbol: a.X, account: man}
- {strategy: t, symbol: a.X, name: s-a.X}
"""
    assert problems_of(lambda: load(text)) == (
        "no gateway is called 'smi' @ $.accounts.main.gateway; did you mean 'sim'?",
        "no account is called 'man' @ $.strategies[1].account; did you mean 'main'?",
        (
            "the name 's-a.X' is that of $.strategies[0] already @ $.strategies[1].name;"
            " give it another"
        ),
        (
            "the name 's-a.X' is that of $.strategies[0] already @ $.strategies[2].name;"
            " give it another"
        ),
    )


def test_the_default_settings_pass_the_check() -> None:
    """The default account's gateway is there."""
    assert check(Settings()) == ()


def test_a_problem_of_a_variable_or_the_command_line_names_it(load: Load) -> None:
    """Who has not written a file is told which variable to look at."""
    env = {"HOMALOS_INBOX__MARKET": "abc", "HOMALOS_SEDE": "1", "HOMALOS_FOO__BAR": "1"}
    assert set(problems_of(lambda: load("", env, bus__queue="-1"))) == {
        "expected int, found 'abc' (HOMALOS_INBOX__MARKET) @ $.inbox.market",
        "unknown key 'sede' (HOMALOS_SEDE) @ $; did you mean 'seed'?",
        "unknown key 'foo' (HOMALOS_FOO__BAR) @ $",
        "queue must be above 0, not -1 (command line) @ $.bus.queue",
    }


@pytest.mark.parametrize("name", ["HOMALOS_", "HOMALOS_BUS__", "HOMALOS___BUS"])
def test_a_variable_with_an_empty_part_is_a_problem(load: Load, name: str) -> None:
    """An underscore too many does not vanish silently."""
    assert problems_of(lambda: load("", {name: "1"})) == (f"a part of the name {name!r} is empty",)


# -- the file -----------------------------------------------------------------


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Dynaconf would go on without it."""
    path = tmp_path / "none.yaml"
    found = problems_of(lambda: load_settings(path, environment={}, overrides={}))
    assert found == (f"{path}: No such file or directory",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed: 1\nrun: a\nseed: 2", ":3: duplicate key 'seed', first at line 1"),
        ("bus: {queue: 1, queue: 2}", ":1: duplicate key 'queue', first at line 1"),
        ("risk:\n  5: a", ":2: the key 5 is not text; put it in quotes"),
        ("- a\n- b", ": expected a mapping of settings, found list"),
        ("just text", ": expected a mapping of settings, found str"),
        ("seed: !!int abc", ":1: not a value of the type int (column 7)"),
        (f"seed: {'9' * 5000}", None),
        ("seed: 1\nbus: {queue: 1", ":2: "),
        ("seed: 1\n\tbus: 1", ":2: "),
        ("a: 1\n b: 2", ":2: "),
        ("seed: 1\x07", ": unacceptable character #x0007"),
        ("risk: {a: &a [*a]}", ": nested too deeply, or an alias that holds itself"),
    ],
)
def test_a_file_that_is_not_proper_yaml_is_told_with_its_line(
    load: Load, tmp_path: Path, text: str, problem: str | None
) -> None:
    """Duplicate keys, broken syntax and odd tops are problems with file and line."""
    (found,) = problems_of(lambda: load(text))
    assert found.startswith(f"{tmp_path / 'homalos.yaml'}{problem or ':1: '}")


def test_duplicate_keys_are_told_beside_the_other_problems(load: Load) -> None:
    """The file is read on after a duplicate key."""
    found = problems_of(lambda: load("seed: 1\nseed: 2\nbus: 5"))
    assert len(found) == 2
    assert found[1] == "expected a mapping, found 5 @ $.bus"


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    """GBK, as an old editor saves it, is named instead of read wrongly."""
    path = tmp_path / "gbk.yaml"
    path.write_bytes("run: 螺纹".encode("gbk"))
    (found,) = problems_of(lambda: load_settings(path, environment={}, overrides={}))
    assert found == f"{path}: not UTF-8 at byte 5; save it as UTF-8"


def test_a_folder_instead_of_a_file_is_told(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    found = problems_of(lambda: load_settings(tmp_path, environment={}, overrides={}))
    assert found == (f"{tmp_path}: Is a directory",)


def test_python_objects_in_a_file_are_refused(load: Load, tmp_path: Path) -> None:
    """A settings file cannot run code."""
    (found,) = problems_of(lambda: load("run: !!python/object/apply:os.getcwd []"))
    assert found.startswith(f"{tmp_path / 'homalos.yaml'}:1: could not determine a constructor")


# -- secrets ------------------------------------------------------------------


@frozen(kw_only=True)
class Broker:
    """Options with secrets."""

    front: str = ""
    password: str = field(default="", validator=validators.max_len(3))
    auth_code: int = 0


@pytest.mark.parametrize(
    "text",
    [
        f"gateways: {{sim: {{options: '{{password: {SECRET}'}}}}",
        f"gateways: {{sim: {{options: password={SECRET}}}}}",
        f"gateways: {{sim: {{password:{SECRET}}}}}",
        f"gateways: {{sim: {{options: [{{token: {SECRET}}}]}}}}",
        f"gateways: {{sim: {{token: {SECRET}}}}}",
        f"risk: {{x: 1, password: *{SECRET}}}",
        f"risk: {{x: 1, password: !{SECRET} a}}",
        f"risk: {{password:{SECRET}: 1, password:{SECRET}: 1}}",
        f"risk:\n  secret: '{SECRET}\n  x: 'a'",
    ],
)
def test_no_way_to_get_a_secret_wrong_shows_it(load: Load, text: str) -> None:
    """Neither the message nor the traceback has the value of a key that names a secret."""
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"auth_code": SECRET}, "expected int, found a value that is kept secret @ $.auth_code"),
        ({"password": SECRET}, "not accepted, the value is kept secret @ $.password"),
        ({"password": [SECRET]}, "expected str, found a value that is kept secret @ $.password"),
        ({"front": [SECRET]}, "expected str, found a list @ $.front"),
    ],
)
def test_a_secret_is_kept_out_of_a_plugins_options_too(
    options: Mapping[str, object], problem: str
) -> None:
    """The place is told, the value is not."""
    assert problems_of(lambda: structure(options, Broker)) == (problem,)


def test_a_secret_that_a_plugin_puts_into_its_message_is_blotted_out() -> None:
    """A careless plugin does not get a password into a log."""

    @frozen
    class Careless:
        """Options whose own check tells too much."""

        password: str
        front: str

        def __attrs_post_init__(self) -> None:
            """Refuse with everything in the message."""
            msg = f"{self.front} does not take {self.password!r}"
            raise ValueError(msg)

    with pytest.raises(ConfigError) as caught:
        structure({"front": "x", "password": "a\\b" + SECRET}, Careless)
    assert caught.value.problems == ("x does not take '***' @ $",)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# -- structure ----------------------------------------------------------------


@frozen(kw_only=True)
class Window:
    """Parameters with a validator that looks at two fields."""

    fast: int = field(default=5, validator=validators.ge(1))
    slow: int = field(default=20)

    @slow.validator
    def _longer(self, _: object, value: int) -> None:
        if value <= self.fast:
            msg = f"slow must be above fast, {self.fast}"
            raise ValueError(msg)


@frozen(kw_only=True)
class Kinds:
    """One field of every kind that is read."""

    number: float | None = None
    either: int | str = 0
    pair: tuple[float, float] = (0.0, 0.0)
    folder: Path = Path()
    names: frozenset[str] = frozenset()
    levels: Mapping[str, Sequence[int]] = field(factory=dict)
    window: Window | None = None
    windows: list[Window] = field(factory=list)
    state: PositionMode = PositionMode.HEDGING
    lots: Literal[1, 2] = 1
    rest: Any = None


def test_every_kind_of_field_is_read() -> None:
    """Optional, union, fixed tuple, set, nested mapping, class, enum, literal, anything."""
    found = structure(
        {
            "number": 5,
            "either": "a",
            "pair": [1, 2.5],
            "folder": "a/b",
            "names": ["x", "y"],
            "levels": {"a": [1, 2]},
            "window": {"fast": 1},
            "windows": [{}, {"slow": 30}],
            "state": "netting",
            "lots": 2,
            "rest": {"a": [1, {"b": None}]},
        },
        Kinds,
    )
    assert found == Kinds(
        number=5.0,
        either="a",
        pair=(1.0, 2.5),
        folder=Path("a/b"),
        names=frozenset({"x", "y"}),
        levels={"a": (1, 2)},
        window=Window(fast=1),
        windows=[Window(), Window(slow=30)],
        state=PositionMode.NETTING,
        lots=2,
        rest={"a": [1, {"b": None}]},
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"number": "5"}, "expected float, found '5' @ $.number"),
        ({"either": 1.5}, "expected int or str, found 1.5 @ $.either"),
        ({"pair": [1]}, "expected 2 values, found 1 @ $.pair"),
        ({"pair": [1, "b"]}, "expected float, found 'b' @ $.pair[1]"),
        ({"folder": ""}, "expected a path, found '' @ $.folder"),
        ({"levels": {"a": [1, True]}}, "expected int, found True @ $.levels.a[1]"),
        ({"levels": {"rb2510.SHFE": 1}}, "expected a list, found 1 @ $.levels['rb2510.SHFE']"),
        ({"window": {"slwo": 1}}, "unknown key 'slwo' @ $.window; did you mean 'slow'?"),
        ({"windows": [{}, {"fast": 0}]}, "'fast' must be >= 1: 0 @ $.windows[1].fast"),
        ({"lots": True}, "expected 1 or 2, found True @ $.lots"),
        ({"state": 1}, "expected 'hedging' or 'netting', found 1 @ $.state"),
    ],
)
def test_every_kind_of_field_is_strict(data: Mapping[str, object], problem: str) -> None:
    """What does not fit is told with its path, down to the element."""
    assert problems_of(lambda: structure(data, Kinds)) == (problem,)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"fast": 9, "slow": 3}, "slow must be above fast, 9 @ $.strategies.ma.params.slow"),
        # Here the other field is a default, which only the class itself knows.
        ({"fast": 50}, "slow must be above fast, 50 @ $.strategies.ma.params"),
    ],
)
def test_a_validator_that_compares_fields_is_heard(
    data: Mapping[str, object], problem: str
) -> None:
    """A validator that looks at another field of the class is run like the others."""
    found = problems_of(lambda: structure(data, Window, path="$.strategies.ma.params"))
    assert found == (problem,)


def test_a_choice_of_types_takes_the_very_type_first() -> None:
    """An int stays an int where a float would do as well."""

    @frozen
    class Step:
        """A field of two types."""

        size: float | int

    assert isinstance(structure({"size": 5}, Step).size, int)


def test_an_instance_is_taken_as_it_is() -> None:
    """Values that are what is asked for need no reading."""
    window = Window(fast=2)
    assert structure({"window": window, "state": PositionMode.NETTING}, Kinds) == Kinds(
        window=window, state=PositionMode.NETTING
    )


def test_a_field_of_a_type_that_cannot_be_read_is_told() -> None:
    """A plugin author who uses such a type sees which field it is."""

    @frozen
    class Odd:
        """A field of a type that no file can hold."""

        at: complex

    (found,) = problems_of(lambda: structure({"at": 5}, Odd))
    assert "complex" in found
    assert found.endswith(" @ $.at")


def test_data_that_is_no_mapping_is_told() -> None:
    """`risk: {price_band: 5}` reaches a rule's class as 5."""
    data: Any = 5
    assert problems_of(lambda: structure(data, Window, path="$.risk.price_band")) == (
        "expected a mapping, found 5 @ $.risk.price_band",
    )


# -- home ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("explicit", "environment", "config", "expected"),
    [
        ("/a", {"HOMALOS_HOME": "/b"}, "/c/homalos.yaml", "/a"),
        (None, {"HOMALOS_HOME": "/b"}, "/c/homalos.yaml", "/b"),
        (None, {"HOMALOS_HOME": ""}, "/c/homalos.yaml", "/c/.homalos"),
        (None, {}, "conf/homalos.yaml", "/cwd/conf/.homalos"),
        (None, {}, "homalos.yaml", "/cwd/.homalos"),
        (None, {}, None, "/cwd/.homalos"),
        ("state", {}, None, "/cwd/state"),
        (None, {"HOMALOS_HOME": "state"}, None, "/cwd/state"),
    ],
)
def test_the_home_folder_is_the_first_that_is_said(
    explicit: str | None, environment: Mapping[str, str], config: str | None, expected: str
) -> None:
    """The option, then the variable, then beside the file, then the current folder."""
    found = home_folder(
        Path(explicit) if explicit else None,
        environment,
        Path(config) if config else None,
        Path("/cwd"),
    )
    assert found == Path(expected)


# -- cost ---------------------------------------------------------------------


def test_importing_the_settings_loads_no_reader() -> None:
    """`homalos --help` must not wait for dynaconf, cattrs or PyYAML."""
    code = (
        "import sys, homalos.config;"
        "print([m for m in ('dynaconf', 'cattrs', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
