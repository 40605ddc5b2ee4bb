"""The core's own answers to its own hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.engine.alert_file import AlertFile, AlertFileOptions
from homalos.plugins.hookspecs import hookimpl
from homalos.plugins.specs import AlertChannelSpec, CommandSpec

if TYPE_CHECKING:
    from homalos.plugins.ports import AlertChannel, AlertContext

__all__ = ["register_alert_channels", "register_commands"]


def _alert_file(context: AlertContext, options: AlertFileOptions) -> AlertChannel:
    return AlertFile(context.home / options.file, level=options.level)


@hookimpl
def register_alert_channels() -> tuple[AlertChannelSpec, ...]:
    """Offer the file of alerts."""
    return (
        AlertChannelSpec(
            name="file",
            factory=_alert_file,
            config=AlertFileOptions,
            doc="Appends every alert to a file of JSON lines in the home folder.",
        ),
    )


@hookimpl
def register_commands() -> tuple[CommandSpec, ...]:
    """Offer the commands that need nothing but the core."""
    return (
        CommandSpec(
            name="up",
            target="homalos.cli.up:up",
            help="Run an engine from the settings, or the demo.",
        ),
        CommandSpec(
            name="backtest",
            target="homalos.cli.backtest:backtest",
            help="Run a strategy over recorded ticks or bars.",
        ),
        CommandSpec(
            name="data bars",
            target="homalos.cli.data:bars",
            help="Write the bars this engine makes of recorded ticks.",
        ),
        CommandSpec(
            name="new",
            target="homalos.cli.new:new",
            help="Write a package for a plugin of your own.",
        ),
        CommandSpec(
            name="plugins",
            target="homalos.cli.plugins:plugins",
            help="Show what is installed, what it offers, and what is wrong with it.",
        ),
        CommandSpec(name="version", target="homalos.cli.version:version", help="Show the version."),
    )
