"""The tree of errors: what a caller can catch, what an error carries, and that it travels."""

from __future__ import annotations

import pickle

import pytest

from homalos import errors
from homalos.errors import (
    AccountError,
    BadRowError,
    ConfigError,
    DataError,
    DuplicateNameError,
    EngineStateError,
    GatewayError,
    HomalosError,
    IllegalTransition,
    JournalCorrupt,
    JournalFailed,
    MarketError,
    MissingPluginError,
    OrderError,
    PluginError,
    PluginLoadError,
    ServiceError,
    StatementError,
    StoreError,
    TopicError,
    UnknownInstrument,
    UnknownOrder,
    UnknownService,
    did_you_mean,
)

ONE_OF_EACH = (
    AccountError("no account"),
    HomalosError("m"),
    ConfigError(["first @ $.a", "second @ $.b"]),
    PluginError("m", plugin="p", hook="h"),
    PluginLoadError("m", plugin="p"),
    MissingPluginError("m", hook="h"),
    DuplicateNameError("m", plugin="p", hook="h"),
    MarketError("m"),
    UnknownInstrument("m"),
    DataError("m"),
    BadRowError("a.csv", 7, "no price"),
    GatewayError("m", gateway="ctp", code=3),
    OrderError("m"),
    UnknownOrder("m"),
    IllegalTransition("m"),
    StatementError("no number", file="a.txt", line=7),
    StoreError("m"),
    TopicError("m"),
    JournalFailed("m"),
    JournalCorrupt("m", seq=8),
    ServiceError("m"),
    UnknownService("m"),
    EngineStateError("m"),
)


def test_every_error_of_the_module_is_tried_here() -> None:
    """A new one must be added to these tests."""
    found = {name for name in errors.__all__ if name != "did_you_mean"}
    assert {type(error).__name__ for error in ONE_OF_EACH} == found


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (ConfigError, (ValueError,)),
        (PluginLoadError, (PluginError, ImportError)),
        (MissingPluginError, (PluginError, LookupError)),
        (DuplicateNameError, (PluginError, ValueError)),
        (MarketError, (ValueError,)),
        (UnknownInstrument, (MarketError, LookupError)),
        (DataError, (ValueError,)),
        (BadRowError, (DataError,)),
        (UnknownOrder, (OrderError, LookupError)),
        (IllegalTransition, (OrderError,)),
        (UnknownService, (ServiceError, LookupError)),
        (EngineStateError, (RuntimeError,)),
    ],
)
def test_an_error_is_also_what_a_caller_would_catch(
    error: type[Exception], parents: tuple[type[Exception], ...]
) -> None:
    """The design's tree, and the standard class beside it."""
    assert {HomalosError, *parents} <= set(error.__mro__)


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda error: type(error).__name__)
def test_an_error_survives_the_way_between_processes(error: HomalosError) -> None:
    """A worker process sends its errors home by pickle, attributes and all."""
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_a_config_error_shows_every_problem() -> None:
    """One to a line, and each by itself."""
    error = ConfigError(["first @ $.a", "second @ $.b"])
    assert str(error) == "first @ $.a\nsecond @ $.b"
    assert error.problems == ("first @ $.a", "second @ $.b")


def test_a_bad_row_is_told_as_compilers_do() -> None:
    """File, line and reason, so that an editor can jump there."""
    assert str(BadRowError("a.csv", 7, "no price")) == "a.csv:7: no price"


@pytest.mark.parametrize(
    ("name", "told"), [("price_bend", "; did you mean 'price_band'?"), ("zzz", "")]
)
def test_the_nearest_name_is_offered(name: str, told: str) -> None:
    """When there is one that is near."""
    assert did_you_mean(name, ["order_size", "price_band"]) == told
