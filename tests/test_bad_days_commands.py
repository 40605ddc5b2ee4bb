"""Bad days of a running engine that is told something wrong: it says so and goes on as before."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos import Engine
from homalos.cli.control import ask
from homalos.config import FeedSettings, Settings, StrategySettings
from homalos.engine.control import control
from homalos.errors import HomalosError
from homalos.model import Command
from homalos.plugins.host import PluginHost

RB = "rb2510.SHFE"
SOON_S = 10.0
GOOD = StrategySettings(strategy="double_ma", symbols=(RB,), params={"fast": 3, "slow": 9})
NO_SYMBOL = (
    "'xx2510.SHFE': no product 'xx' on SHFE; to add it, put [products.xx] with exchange, "
    "tick_size, multiplier and day into {home}/china.toml"
)


def wanted(**changes: Any) -> dict[str, Any]:
    """Return a strategy's settings, one of them wrong."""
    return {"strategy": "double_ma", "symbol": RB, "name": "other", **changes}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Engine]:
    """Give an engine that runs on a thread of its own, with a strategy, and can be spoken to."""
    feed = FeedSettings(kind="synthetic", speed=60.0, options={"symbols": [RB], "days": 1})
    settings = Settings(home=tmp_path, feed=feed, strategies=(GOOD,))
    running = Engine.build(settings, plugins=PluginHost.discover())
    with control(running):
        thread = threading.Thread(target=running.run, name="engine")
        thread.start()
        try:
            yield running
        finally:
            running.request_stop()
            thread.join(SOON_S)


COMMANDS = [
    (
        "strategy.add",
        wanted(strategy="double_mae"),
        (
            "no plugin offers a strategy 'double_mae'; there are: double_ma, ema_momentum, "
            "market_maker; did you mean 'double_ma'?"
        ),
    ),
    ("strategy.add", wanted(symbol="xx2510.SHFE"), NO_SYMBOL),
    (
        "strategy.add",
        wanted(params={"fats": 3}),
        "unknown key 'fats' @ $.strategies.double_ma.params; did you mean 'fast'?",
    ),
    (
        "strategy.add",
        wanted(strategy="gone.py"),
        "there is no file gone.py; check the path",
    ),
    (
        "strategy.set",
        {"strategy": f"double_ma-{RB}", "params": {"fast": "many"}},
        f"expected int, found 'many' @ $.strategies.double_ma-{RB}.params.fast",
    ),
    (
        "strategy.stop",
        {"strategy": "turtle"},
        f"no strategy is named 'turtle'; there are: double_ma-{RB}",
    ),
    (
        "gateway.subscribe",
        {"symbols": [RB], "gateway": "simm"},
        "no gateway is called 'simm'; did you mean 'sim'?; there are sim",
    ),
    ("order.cancel", {"order_id": "9-9"}, "no order has the id '9-9'"),
]


@pytest.mark.parametrize(("name", "arguments", "told"), COMMANDS)
def test_a_wrong_command_is_refused_and_the_run_goes_on(
    name: str, arguments: dict[str, Any], told: str, running: Engine
) -> None:
    """Who asked is told; the strategies are as they were."""
    asked = running.submit(Command(name, arguments))
    with pytest.raises(HomalosError) as refused:
        asked.result(SOON_S)
    assert str(refused.value) == told.replace("{home}", str(running.parts.settings.home))
    picture = running.snapshot().result(SOON_S)
    assert picture.strategies == {f"double_ma-{RB}": "running"}


def test_an_unknown_command_is_refused_at_once(running: Engine) -> None:
    """It is never sent; the message has those there are."""
    with pytest.raises(
        HomalosError, match=r"^no command is named 'strategy.ad'; there are account\."
    ):
        running.submit(Command("strategy.ad", {}))


RELOADS = [
    (
        {"strategies": (attrs.evolve(GOOD, strategy="turtle"), GOOD)},
        "no plugin offers a strategy 'turtle'; there are: double_ma, ema_momentum",
    ),
    (
        {"risk": {"fnds": {}}},
        "no plugin offers a risk rule 'fnds'; there are: ",
    ),
    (
        {"strategies": (attrs.evolve(GOOD, params={"fats": 1}),)},
        f"unknown key 'fats' @ $.strategies.double_ma-{RB}.params; did you mean 'fast'?",
    ),
]


@pytest.mark.parametrize(("changes", "told"), RELOADS)
def test_wrong_settings_leave_those_that_hold(
    changes: dict[str, Any], told: str, running: Engine
) -> None:
    """Nothing of them is applied."""
    before = running.parts.settings
    with pytest.raises(HomalosError) as refused:
        running.reload(attrs.evolve(before, **changes)).result(SOON_S)
    assert str(refused.value).startswith(told)
    assert running.parts.settings is before
    picture = running.snapshot().result(SOON_S)
    assert picture.strategies == {f"double_ma-{RB}": "running"}


@pytest.mark.skipif(os.name == "nt", reason="the sockets of these tests are AF_UNIX")
def test_the_control_socket_says_what_it_can_do(running: Engine, tmp_path: Path) -> None:
    """Asked for something else, over the socket of the home."""
    with pytest.raises(HomalosError, match=r"nobody can do 'statsu'"):
        ask(tmp_path, {"do": "statsu"})
    assert ask(tmp_path, {"do": "status"})["strategies"] == {f"double_ma-{RB}": "running"}
    assert running.snapshot().result(SOON_S).counters["ticks"] >= 0
