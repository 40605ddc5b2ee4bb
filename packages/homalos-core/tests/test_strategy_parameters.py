"""Parameters of strategies: ranges that hold, and a schema that says so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import pytest
from attrs import frozen

from homalos.config import structure
from homalos.errors import ConfigError
from homalos.model import Direction
from homalos.strategy import param, parameter_schema


@frozen(kw_only=True)
class Bands:
    """Every kind of parameter there is."""

    period: int = param(20, ge=2, le=500, unit="bars", en="Period", zh="周期")
    width: float = param(2.0, gt=0, lt=10)
    side: Direction = Direction.LONG
    mode: Literal["close", "mid"] = "close"
    lots: int = param(1, choices=(1, 2, 5), unit="lots")
    stop: float | None = None
    levels: tuple[int, ...] = (1, 2)
    capital: Decimal = param(Decimal("1000.5"), ge=0, unit="CNY")
    symbol: str = param()


# Written out by hand from the JSON Schema specification, 2020-12.
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Bands",
    "type": "object",
    "properties": {
        "period": {
            "title": "Period",
            "x-title-zh": "周期",
            "x-unit": "bars",
            "type": "integer",
            "minimum": 2,
            "maximum": 500,
            "default": 20,
        },
        "width": {
            "type": "number",
            "exclusiveMinimum": 0,
            "exclusiveMaximum": 10,
            "default": 2.0,
        },
        "side": {"enum": ["long", "short"], "default": "long"},
        "mode": {"enum": ["close", "mid"], "default": "close"},
        "lots": {"x-unit": "lots", "type": "integer", "enum": [1, 2, 5], "default": 1},
        "stop": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        "levels": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]},
        "capital": {"x-unit": "CNY", "type": "number", "minimum": 0, "default": 1000.5},
        "symbol": {"type": "string"},
    },
    "required": ["symbol"],
    "additionalProperties": False,
}


def test_the_schema_says_all_that_is_known_of_each_parameter() -> None:
    """A form can be drawn from it, with bounds, units and labels in both languages."""
    assert parameter_schema(Bands) == SCHEMA


def read(**given: Any) -> Bands:
    """Structure parameters as the engine does."""
    return structure({"symbol": "x", **given}, Bands, path="$.params")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"period": 1}, "period must be at least 2, not 1 @ $.params.period"),
        ({"period": 501}, "period must be at most 500, not 501 @ $.params.period"),
        ({"width": 0.0}, "width must be above 0, not 0.0 @ $.params.width"),
        ({"width": 10.0}, "width must be below 10, not 10.0 @ $.params.width"),
        (
            {"width": float("nan")},
            "width must be above 0 and below 10, not nan @ $.params.width",
        ),
        ({"lots": 3}, "lots must be one of 1, 2, 5, not 3 @ $.params.lots"),
        ({"capital": "-1"}, "capital must be at least 0, not Decimal('-1') @ $.params.capital"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(
    given: dict[str, Any], problem: str
) -> None:
    """The message says what it must be, what it is and where it stands."""
    with pytest.raises(ConfigError) as refused:
        read(**given)
    assert refused.value.problems == (problem,)


@pytest.mark.parametrize("given", [{"period": 2}, {"period": 500}, {"width": 9.99}, {"lots": 5}])
def test_the_bounds_themselves_are_allowed(given: dict[str, Any]) -> None:
    """`ge` and `le` include their bound."""
    (name, value) = next(iter(given.items()))
    assert getattr(read(**given), name) == value


def test_a_validator_of_its_own_is_asked_after_the_range() -> None:
    """It sees the other parameters, as `slow` must be above `fast`."""

    def above(others: Any, _: object, slow: int) -> None:
        if slow <= others.fast:
            msg = f"slow must be above fast, which is {others.fast}"
            raise ValueError(msg)

    @frozen(kw_only=True)
    class Pair:
        """Two that must be in order."""

        fast: int = param(5, ge=1)
        slow: int = param(10, ge=1, validator=above)

    with pytest.raises(ConfigError, match="slow must be above fast, which is 5"):
        structure({"slow": 4}, Pair)
    with pytest.raises(ConfigError, match="slow must be at least 1, not 0"):
        structure({"slow": 0}, Pair)
