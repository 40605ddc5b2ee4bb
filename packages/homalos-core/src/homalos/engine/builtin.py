"""The core's own answers to its own hooks."""

from __future__ import annotations

from homalos.plugins.hookspecs import hookimpl
from homalos.plugins.specs import CommandSpec

__all__ = ["register_commands"]


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
            name="config check",
            target="homalos.cli.config:check_settings",
            help="Look for everything that is wrong with the settings.",
        ),
        CommandSpec(
            name="config diff",
            target="homalos.cli.config:diff_settings",
            help="Show in what settings differ from the defaults or from others.",
        ),
        CommandSpec(
            name="config show",
            target="homalos.cli.config:show_settings",
            help="Show the settings, and where each value came from.",
        ),
        CommandSpec(
            name="init",
            target="homalos.cli.init:init",
            help="Write a working folder with settings and strategies.",
        ),
        CommandSpec(
            name="plugins",
            target="homalos.cli.plugins:plugins",
            help="Show what is installed, what it offers, and what is wrong with it.",
        ),
        *(
            CommandSpec(name=f"strategy {name}", target=f"homalos.cli.strategy:{target}", help=text)
            for name, target, text in (
                ("list", "listed", "Show the strategies of the settings."),
                ("add", "add", "Add a strategy to strategies.yaml."),
                ("set", "change", "Change a strategy of strategies.yaml."),
                ("remove", "remove", "Take a strategy out of strategies.yaml."),
            )
        ),
        CommandSpec(name="version", target="homalos.cli.version:version", help="Show the version."),
    )
