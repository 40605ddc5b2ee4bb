"""The core's own answers to its own hooks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from homalos.engine.alert_file import AlertFile, AlertFileOptions
from homalos.plugins.hookspecs import hookimpl
from homalos.plugins.specs import AlertChannelSpec, CommandSpec, DoctorCheckSpec

if TYPE_CHECKING:
    from homalos.plugins.ports import AlertChannel, AlertContext, DoctorContext, Finding

__all__ = ["register_alert_channels", "register_commands", "register_doctor_checks"]

# Name of the check, its function in `homalos.engine.surroundings`, what it looks at.
_CHECKS = (
    ("python", "check_python", "Version and build of Python, and the machine."),
    ("libraries", "check_libraries", "Versions of the libraries that are needed."),
    ("clock", "check_clock", "Year, steps and drift of the wall's clock."),
    ("time zone", "check_time_zone", "The data of Shanghai's zone."),
    ("disk", "check_disk", "Room, and whether it takes a write; what file system it is."),
    ("home", "check_home", "Who may read the home folder, and what a killed run left in it."),
    ("terminal", "check_terminal", "Whether Chinese and line drawings can be shown."),
    ("open files", "check_open_files", "How many files a process may have open."),
)


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
        CommandSpec(
            name="status",
            target="homalos.cli.status:status",
            help="Show how a running engine is.",
        ),
        CommandSpec(
            name="reload",
            target="homalos.cli.reload:reload",
            help="Have a running engine read its settings anew.",
        ),
        CommandSpec(
            name="doctor",
            target="homalos.cli.doctor:doctor",
            help="Look at the machine, the settings and the plugins; say what to do.",
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


@hookimpl
def register_doctor_checks() -> tuple[DoctorCheckSpec, ...]:
    """Offer the checks of the machine."""
    return tuple(
        DoctorCheckSpec(name=name, check=partial(_check, function), doc=doc)
        for name, function, doc in _CHECKS
    )


def _check(function: str, context: DoctorContext) -> Iterable[Finding]:
    # Only the doctor needs the room; every engine asks for the names.
    check = getattr(import_module("homalos.engine.surroundings"), function)
    found: Iterable[Finding] = check(context)
    return found
