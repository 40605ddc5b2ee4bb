"""The core's own answers to its own hooks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from homalos.engine.alert_file import AlertFile, AlertFileOptions
from homalos.engine.routers import make_cheapest, make_first
from homalos.plugins.hookspecs import hookimpl
from homalos.plugins.specs import AlertChannelSpec, CommandSpec, DoctorCheckSpec, RouterSpec

if TYPE_CHECKING:
    from homalos.plugins.ports import AlertChannel, AlertContext, DoctorContext, Finding

__all__ = [
    "register_alert_channels",
    "register_commands",
    "register_doctor_checks",
    "register_routers",
]

# Name of the command, its function in `homalos.cli`, what it does.
_COMMANDS = (
    ("account deposit", "account:deposit", "Pay into an account of a running engine."),
    ("account show", "account:show", "Show funds and positions of a running engine."),
    ("account withdraw", "account:withdraw", "Take out of an account of a running engine."),
    ("backtest", "backtest:backtest", "Run a strategy over recorded ticks or bars."),
    ("config check", "config:check_settings", "Look for everything wrong with the settings."),
    ("config diff", "config:diff_settings", "Show how settings differ from defaults or others."),
    ("config show", "config:show_settings", "Show the settings, and where each came from."),
    ("data bars", "data:bars", "Write the bars this engine makes of recorded ticks."),
    ("doctor", "doctor:doctor", "Look at machine, settings and plugins; say what to do."),
    ("fills compare", "fills:compare", "Run a strategy once under each of several fill models."),
    ("init", "init:init", "Write a working folder with settings and strategies."),
    ("market show", "market:show", "Show what holds of a contract, and where it comes from."),
    ("new", "new:new", "Write a package for a plugin of your own."),
    ("order amend", "order:amend", "Change an order of a running engine."),
    ("order cancel", "order:cancel", "Cancel orders of a running engine."),
    ("order list", "order:listed", "Show the orders of a running engine."),
    ("order send", "order:send", "Send an order by hand."),
    ("pace", "pace:pace", "Pause a running engine's market, resume it, or change its speed."),
    ("plugins", "plugins:plugins", "Show what is installed, and what is wrong with it."),
    ("reconcile", "reconcile:reconcile", "Compare settled days with a broker's statements."),
    ("reload", "reload:reload", "Have a running engine read its settings anew."),
    ("risk alive", "risk:alive", "Give a running engine a sign that its operator is there."),
    ("risk cancel", "risk:cancel", "Cancel what works in a running engine."),
    ("risk explain", "risk:explain", "Show what every rule says of an order; sends nothing."),
    ("risk flatten", "risk:flatten", "Cancel and close everything in a running engine."),
    ("risk preview", "risk:preview", "Show what an order would do; sends nothing."),
    ("risk show", "risk:show", "Show rules, limits, switches and leases of a running engine."),
    ("risk switch", "risk:switch", "Halt a running engine, or let it only close."),
    ("series bars", "series:bars", "Write the bars of a main contract as one series."),
    ("series compute", "series:compute", "Find main contracts in recorded ticks or bars."),
    ("series import", "series:import_rolls", "Take over roll dates that others keep."),
    ("series show", "series:show", "Show the main contracts of a product."),
    ("statement list", "statement:listed", "Show which days the engine has settled."),
    ("statement show", "statement:show", "Print the statement of a day."),
    ("status", "status:status", "Show how a running engine is."),
    ("strategy add", "strategy:add", "Add a strategy to strategies.yaml."),
    ("strategy list", "strategy:listed", "Show the strategies of the settings."),
    ("strategy reload", "strategy_life:reload", "Change a running strategy's code."),
    ("strategy remove", "strategy:remove", "Take a strategy out of strategies.yaml."),
    ("strategy set", "strategy:change", "Change a strategy of strategies.yaml."),
    ("strategy show", "strategy_life:show", "Show a strategy of a running engine."),
    ("strategy start", "strategy_life:start", "Start a strategy of a running engine."),
    ("strategy stop", "strategy_life:stop", "Stop a strategy of a running engine."),
    ("up", "up:up", "Run an engine from the settings, or the demo."),
    ("version", "version:version", "Show the version."),
)
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
    return tuple(
        CommandSpec(name=name, target=f"homalos.cli.{target}", help=text)
        for name, target, text in _COMMANDS
    )


@hookimpl
def register_doctor_checks() -> tuple[DoctorCheckSpec, ...]:
    """Offer the checks of the machine."""
    return tuple(
        DoctorCheckSpec(name=name, check=partial(_check, function), doc=doc)
        for name, function, doc in _CHECKS
    )


@hookimpl
def register_routers() -> tuple[RouterSpec, ...]:
    """Offer the routers that look at nothing but connection and fees."""
    return (
        RouterSpec(
            name="first",
            factory=make_first,
            doc="The first venue that is connected and takes the order.",
        ),
        RouterSpec(
            name="cheapest",
            factory=make_cheapest,
            doc="The venue with the lowest fees of those that are connected.",
        ),
    )


def _check(function: str, context: DoctorContext) -> Iterable[Finding]:
    # Only the doctor needs the room; every engine asks for the names.
    check = getattr(import_module("homalos.engine.surroundings"), function)
    found: Iterable[Finding] = check(context)
    return found
