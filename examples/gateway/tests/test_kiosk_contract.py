"""The gateway meets what the engine relies on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos.plugins.ports import GatewayContext
from homalos.testing import DAY, START_NS, SYMBOL
from homalos.testing.contracts import GATEWAY, GatewaySubject, Requirement
from kiosk_gateway import Kiosk
from kiosk_gateway.gateway import KioskGateway
from kiosk_gateway.plugin import register_gateways


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    """Give a kiosk that trades the contract of the tests."""
    clock = count(START_NS)
    with Kiosk({SYMBOL: 1.0}, trading_day=DAY, now_ns=lambda: next(clock)) as kiosk:
        yield kiosk


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_the_gateway_meets(
    requirement: Requirement[GatewaySubject], kiosk: Kiosk, tmp_path: Path
) -> None:
    """The engine relies on it."""
    made: list[KioskGateway] = []

    def make(context: GatewayContext, options: Any) -> KioskGateway:
        made.append(KioskGateway(context, options))
        return made[-1]

    (spec,) = register_gateways()

    def settle() -> None:
        made[-1].settle()

    requirement.check(
        GatewaySubject(
            spec=attrs.evolve(spec, factory=make),
            folder=tmp_path,
            options={"port": kiosk.port},
            quote=kiosk.quote,
            settle=settle,
        )
    )
