"""Hooks are questions put while an engine is built; a running one calls none."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from homalos import Engine, Settings
from homalos.config import FeedSettings, StoreSettings
from homalos.plugins.host import PluginHost

if TYPE_CHECKING:
    from pathlib import Path


def test_ten_thousand_ticks_call_no_hook(tmp_path: Path) -> None:
    """With every plugin installed: strategies, rules, venue, bars and store at work."""
    host = PluginHost.discover()
    options = {"symbols": ("rb2510.SHFE", "au2512.SHFE")}
    settings = Settings(
        home=tmp_path,
        feed=FeedSettings(kind="synthetic", options=options),
        store=StoreSettings(),
    )
    engine = Engine.build(settings, plugins=host)
    called: list[str] = []

    def before(name: str, _implementations: object, _arguments: object) -> None:
        called.append(name)

    def after(*_: Any) -> None:
        """Do nothing; pluggy wants both."""

    stop_watching = host.manager.add_hookcall_monitoring(before, after)
    feed = engine.parts.feed
    assert feed is not None
    engine.add_strategy("double_ma", symbol="rb2510.SHFE", fast=2, slow=5)
    engine.add_strategy("ema_momentum", symbol="au2512.SHFE")
    with engine:
        for event in islice(feed.events(), 10_000):
            engine.step(event)
    summary = engine.summary()
    while_running = list(called)
    host.manager.hook.register_markets()
    stop_watching()

    assert while_running == []
    # The watch itself works, and the engine had something to do.
    assert called == ["register_markets"]
    assert (summary.ticks, summary.faults) == (10_000, 0)
    assert min(summary.bars, summary.orders, summary.trades, summary.rules) > 0
