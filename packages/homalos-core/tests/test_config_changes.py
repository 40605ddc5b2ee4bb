"""What differs between two settings: paths, texts, and no secret."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from homalos.config import (
    AccountSettings,
    Change,
    FeedSettings,
    GatewaySettings,
    Settings,
    StoreSettings,
    StrategySettings,
    diff,
)
from homalos.model import PositionMode

SECRET = "hunter2"  # noqa: S105  a password that no difference may show


def strategy(name: str = "", **params: object) -> StrategySettings:
    """Make the settings of a strategy."""
    return StrategySettings(
        strategy="double_ma", symbols=("rb2510.SHFE",), name=name, params=params
    )


def shown(old: Settings, new: Settings) -> list[str]:
    """Return the differences as they are shown."""
    return list(map(str, diff(old, new)))


def test_settings_do_not_differ_from_themselves() -> None:
    """Not even where they are mappings of mappings."""
    settings = Settings(risk={"order_size": {"max_lots": 5}}, strategies=(strategy(),))

    assert diff(settings, settings) == ()


def test_a_changed_option_is_told_by_its_path() -> None:
    """Only it, whatever else is in its mapping."""
    old = Settings(risk={"order_size": {"max_lots": 1000, "x": [1, {"a": 2}]}})
    new = Settings(risk={"order_size": {"max_lots": 5, "x": [1, {"a": 2}]}})

    assert diff(old, new) == (Change("risk.order_size.max_lots", "1000", "5"),)
    assert shown(old, new) == ["risk.order_size.max_lots: 1000 -> 5"]


def test_values_are_shown_as_a_file_has_them() -> None:
    """Decimals, enums, lists, truth values, texts that are empty."""
    old = Settings(run="a", accounts={"main": AccountSettings()}, markets=("china",))
    new = Settings(
        run="b",
        accounts={"main": AccountSettings(capital=Decimal("0.5"), mode=PositionMode.NETTING)},
        markets=(),
        strategies_folder=Path("x"),
        risk={"a": False, "b": ""},
    )

    assert shown(old, new) == [
        "run: a -> b",
        "markets: [china] -> []",
        "accounts.main.capital: 1000000 -> 0.5",
        "accounts.main.mode: hedging -> netting",
        "risk.a: - -> false",
        'risk.b: - -> ""',
        "strategies_folder: null -> x",
    ]


def test_true_is_not_one() -> None:
    """Python says they are the same; a class of options does not."""
    assert shown(Settings(risk={"a": 1}), Settings(risk={"a": True})) == ["risk.a: 1 -> true"]


def test_strategies_are_found_by_their_names() -> None:
    """The order of the list is no difference; a name is that of the strategy and symbol."""
    named = strategy("other", fast=9)
    old = Settings(strategies=(strategy(fast=3), named))
    new = Settings(strategies=(named, strategy(fast=5, slow=8)))

    assert shown(old, new) == [
        "strategies.double_ma-rb2510.SHFE.params.fast: 3 -> 5",
        "strategies.double_ma-rb2510.SHFE.params.slow: - -> 8",
    ]


def test_what_comes_or_goes_as_a_whole_is_one_change() -> None:
    """A strategy, a part; the other side is a dash, or nothing."""
    (added,) = diff(Settings(), Settings(strategies=(strategy("one", fast=5),)))
    assert (added.path, added.old) == ("strategies.one", "-")
    assert added.new.startswith(
        "{strategy: double_ma, symbols: [rb2510.SHFE], name: one, interval: 1m, params: {fast: 5}"
    )
    assert shown(Settings(store=StoreSettings()), Settings()) == [
        "store: {kind: sqlite, options: {}} -> null"
    ]


def test_a_mapping_that_is_filled_is_told_by_what_is_in_it() -> None:
    """Not by itself as well."""
    old = Settings(feed=FeedSettings())
    new = Settings(feed=FeedSettings(options={"files": ["a"]}))
    assert shown(old, new) == ["feed.options.files: - -> [a]"]
    assert shown(new, old) == ["feed.options.files: [a] -> -"]


def test_no_secret_is_shown() -> None:
    """Neither by its own name nor by that of what it is in, nor by where it came from."""
    old = Settings(gateways={"sim": GatewaySettings(options={"password": "x", "user": "a"})})
    new = Settings(
        gateways={
            "sim": GatewaySettings(
                options={"password": SECRET, "user": SECRET, "tokens": [{"a": SECRET}]}
            )
        },
        risk={"x": [{"auth_code": SECRET}]},
    )
    changes = diff(old, new, hidden={"gateways.sim.options.user"})

    assert list(map(str, changes)) == [
        "gateways.sim.options.password: *** -> ***",
        "gateways.sim.options.user: *** -> ***",
        "gateways.sim.options.tokens: - -> ***",
        "risk.x: - -> [{auth_code: ***}]",
    ]


def test_no_secret_is_shown_of_what_comes_as_a_whole() -> None:
    """It is told on one line, with what is secret in it."""
    gateway = GatewaySettings(options={"password": SECRET, "user": SECRET})
    hidden = {"gateways.ctp.options.user"}
    changes = diff(Settings(gateways={}), Settings(gateways={"ctp": gateway}), hidden=hidden)

    assert SECRET not in "".join(map(str, changes))
    assert "***" in str(changes[-1])
