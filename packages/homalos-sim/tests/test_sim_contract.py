"""What the package offers meets what the engine relies on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from homalos.plugins import FillModelSpec
from homalos.plugins.ports import MarketEvent
from homalos.testing import OTHER, SYMBOL, at, bar, tick
from homalos.testing.contracts import (
    FEED,
    FILL_MODEL,
    GATEWAY,
    FeedSubject,
    FillModelSubject,
    GatewaySubject,
    Requirement,
)
from homalos_sim.plugin import register_feeds, register_fill_models, register_gateways

FEEDS = {spec.name: spec for spec in register_feeds()}


def _recorded(paths: Sequence[Path]) -> Iterator[MarketEvent]:
    assert [path.name for path in paths] == ["day.csv"]
    yield bar(start_ns=at(0))
    for second in range(60, 90):
        yield tick(ts_ns=at(second), volume=second)
        yield tick(OTHER, 4000.2, ts_ns=at(second), volume=second)


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_the_venue_meets(requirement: Requirement[GatewaySubject], tmp_path: Path) -> None:
    """The engine relies on it."""
    (spec,) = register_gateways()
    requirement.check(
        GatewaySubject(spec=spec, fill_models=register_fill_models(), folder=tmp_path)
    )


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_the_venue_at_a_distance_meets(
    requirement: Requirement[GatewaySubject], tmp_path: Path
) -> None:
    """Whatever is under way for a time: what the engine relies on stays so."""
    (spec,) = register_gateways()
    jitter = {"kind": "exponential", "mean_us": 900.0}
    requirement.check(
        GatewaySubject(
            spec=spec,
            options={"latency": {"send": jitter, "cancel": jitter, "acknowledge": jitter}},
            fill_models=register_fill_models(),
            folder=tmp_path,
        )
    )


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_the_venue_behind_a_wire_meets(
    requirement: Requirement[GatewaySubject], tmp_path: Path
) -> None:
    """As long as no fault is made on it."""
    (spec,) = register_gateways()
    requirement.check(
        GatewaySubject(
            spec=spec,
            options={"faults": {}},
            fill_models=register_fill_models(),
            folder=tmp_path,
        )
    )


SLIPPAGES: tuple[dict[str, Any], ...] = (
    {},
    {"slippage": "ticks", "slippage_ticks": 2},
    {"slippage": "spread", "slippage_share": 0.3},
)


@pytest.mark.parametrize("options", SLIPPAGES, ids=["plain", "ticks", "spread"])
@pytest.mark.parametrize("spec", register_fill_models(), ids=lambda spec: spec.name)
@pytest.mark.parametrize("requirement", FILL_MODEL, ids=str)
def test_the_fill_model_meets(
    requirement: Requirement[FillModelSubject], spec: FillModelSpec, options: dict[str, Any]
) -> None:
    """The venue relies on it, whatever slippage is asked for."""
    limited = spec.name not in {"optimistic", "vnpy"}
    requirement.check(FillModelSubject(spec=spec, options=options, limited=limited))


@pytest.mark.parametrize("requirement", FEED, ids=str)
def test_the_synthetic_market_meets(requirement: Requirement[FeedSubject], tmp_path: Path) -> None:
    """The engine relies on it."""
    options = {"symbols": [SYMBOL, OTHER], "start_day": 20250106, "days": 2, "tick_ms": 60_000}
    requirement.check(FeedSubject(spec=FEEDS["synthetic"], options=options, folder=tmp_path))


@pytest.mark.parametrize("requirement", FEED, ids=str)
def test_the_tape_meets(requirement: Requirement[FeedSubject], tmp_path: Path) -> None:
    """The engine relies on it."""
    file = tmp_path / "day.csv"
    file.touch()
    options = {"files": [str(file)]}
    requirement.check(
        FeedSubject(spec=FEEDS["tape"], options=options, folder=tmp_path, read=_recorded)
    )
