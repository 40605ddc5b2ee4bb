"""Alerts reach the channels that the settings name, and a channel never harms the engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from homalos.config import AccountSettings, GatewaySettings, Settings
from homalos.engine import builtin
from homalos.engine.alert_file import AlertFile
from homalos.engine.engine import Engine
from homalos.errors import ConfigError, MissingPluginError
from homalos.model import Alert
from homalos.plugins import AlertChannelSpec, MarketSpec
from homalos.plugins.host import PluginHost
from homalos.testing import FakeMarket, plugin


class Pager:
    """A channel that fails as often as it is told, then keeps what it is sent."""

    def __init__(self, failures: int = 0) -> None:
        """Make it."""
        self.failures = failures
        self.sent: list[str] = []
        self.closed = 0

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send, or fail."""
        if self.failures:
            self.failures -= 1
            msg = "no signal"
            raise OSError(msg)
        self.sent += [each.message for each in alerts]

    def close(self) -> None:
        """Count it."""
        self.closed += 1


def alert(message: str, level: str = "error") -> Alert:
    """Make an alert."""
    return Alert(level, "test", message, 1)


def built(home: Path, channel: Pager, **alerts: Any) -> Engine:
    """Build an engine that knows the core's channel and a pager."""
    spec = AlertChannelSpec(name="pager", factory=lambda _context, _options: channel)
    market = MarketSpec(name="fake", factory=lambda _context, _options: FakeMarket())
    none: dict[str, GatewaySettings] = {}
    accounts: dict[str, AccountSettings] = {}
    settings = Settings(home=home, gateways=none, accounts=accounts, alerts=alerts)
    return Engine.build(settings, plugins=PluginHost.of(builtin, plugin("test", spec, market)))


def lines(path: Path) -> list[Any]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_alerts_reach_every_channel_that_is_named(tmp_path: Path) -> None:
    """File and pager have both when the engine has stopped, and the pager is let go of once."""
    pager = Pager()
    with built(tmp_path, pager, pager={}, file={"level": "warning"}) as engine:
        engine.parts.bus.publish(alert("断线"))
        engine.parts.bus.publish(alert("by the way", "info"))

    assert pager.sent == ["断线", "by the way"]
    assert pager.closed == 1
    written = [{"ts_ns": 1, "level": "error", "source": "test", "message": "断线"}]
    assert lines(tmp_path / "alerts.jsonl") == written


def test_a_channel_that_fails_is_tried_again_and_nothing_is_lost(tmp_path: Path) -> None:
    """Two failures are no fault."""
    pager = Pager(failures=2)
    with built(tmp_path, pager, pager=None) as engine:
        engine.parts.bus.publish(alert("down"))

    assert pager.sent == ["down"]
    assert list(engine.parts.faults) == []


def test_a_channel_that_is_down_costs_its_alerts_and_no_more(tmp_path: Path) -> None:
    """The loss is counted, the fault is kept, and the other channel has the alert."""
    pager = Pager(failures=5)
    with built(tmp_path, pager, pager=True, file=True) as engine:
        engine.parts.bus.publish(alert("down"))

    assert engine.summary().dropped == 1
    assert list(engine.parts.faults) == [("alerts.pager", "OSError: no signal")]
    assert [each["message"] for each in lines(tmp_path / "alerts.jsonl")] == ["down"]


def test_an_unknown_channel_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    """A misspelt channel would be a silent one."""
    with pytest.raises(MissingPluginError, match=r"an alert channel 'pagr'.*did you mean 'pager'"):
        built(tmp_path, Pager(), pagr={})


def test_wrong_options_of_a_channel_name_their_path_and_free_the_others(tmp_path: Path) -> None:
    """The channel that was made before is closed."""
    pager = Pager()
    with pytest.raises(ConfigError, match=r"\$\.alerts\.file\.level"):
        built(tmp_path, pager, pager={}, file={"level": "loud"})

    assert pager.closed == 1


def test_a_channel_is_switched_off_by_false(tmp_path: Path) -> None:
    """It is neither made nor fed."""
    engine = built(tmp_path, Pager(), file=False)

    assert engine.parts.channels == []
    engine.stop()


def test_a_line_that_broke_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    """A killed process may leave half a line; what follows begins anew."""
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"ts_ns": 1, "le')

    AlertFile(path).send([alert("after")])

    assert json.loads(path.read_bytes().splitlines()[1])["message"] == "after"


def test_text_that_is_none_is_written_as_its_escape(tmp_path: Path) -> None:
    """Half a surrogate pair, as file names bring it, must not lose the batch."""
    path = tmp_path / "alerts.jsonl"

    AlertFile(path).send([alert("file \udcff.csv"), alert("two\nlines")])

    assert [each["message"] for each in lines(path)] == ["file \udcff.csv", "two\nlines"]
