"""The program: commands found through the hook and imported when called, errors told."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich_click import RichCommand, RichGroup

from homalos.cli.bugs import Bugs
from homalos.cli.given import home_of, secrets_of, without_debug
from homalos.cli.plugin_host import discover
from homalos.errors import ConfigError, DuplicateNameError, HomalosError, PluginLoadError

if TYPE_CHECKING:
    from homalos.plugins.specs import CommandSpec

__all__ = ["run"]

_INTERRUPTED = 130
# For the overview only: it is taken out of the command line before click reads it.
_DEBUG = click.Option(
    ["--debug"],
    is_flag=True,
    expose_value=False,
    help="Show the whole trace of an error. May stand anywhere on the command line.",
)
_GROUPS = {
    "config": "Show, check and compare the settings.",
    "data": "Work with files of market data.",
    "fills": "Compare how a simulated venue may fill.",
    "series": "Main contracts by trading day, and their prices as one series.",
    "strategy": "Change which strategies run.",
}


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code; errors are told, not raised."""
    asked = sys.argv[1:] if arguments is None else arguments
    given, debug = without_debug(asked, os.environ)
    bugs = Bugs(
        debug=debug,
        home=lambda: home_of(given, os.environ, Path.cwd()),
        secrets=lambda: secrets_of(given, os.environ, Path.cwd()),
    )
    with bugs.watched():
        return _carried_out(given, bugs)


def _carried_out(given: list[str], bugs: Bugs) -> int:
    program = _Program(
        name="homalos",
        help="Homalos, an event-driven trading framework.",
        context_settings={"help_option_names": ["-h", "--help"]},
        params=[_DEBUG],
    )
    try:
        code: object = program.main(given, prog_name="homalos", standalone_mode=False)
    except SystemExit as leaving:
        # click's own: the bare program's help, or one that nobody read to its end.
        code = 0 if isinstance(leaving.__context__, BrokenPipeError) else leaving.code
    except Exception as error:  # noqa: BLE001  the thread-top fence: told, with its exit code
        code = _told(error, bugs, wants_json="--json" in given)
    return code if isinstance(code, int) else 0


def _told(error: Exception, bugs: Bugs, *, wants_json: bool) -> int:
    """Tell an error, as the last line of standard output too where that is JSON."""
    problems, code = _diagnosed(error, bugs)
    for problem in problems:
        sys.stderr.write(f"error: {problem}\n")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        sys.stderr.write(f"see `{error.ctx.command_path} --help`\n")
    if wants_json:
        line = json.dumps({"error": "; ".join(problems), "problems": problems})
        sys.stdout.write(f"{line}\n")
    return code


def _diagnosed(error: Exception, bugs: Bugs) -> tuple[list[str], int]:
    """Return what to say of an error, a line each, and the exit code."""
    match error:
        case click.exceptions.Abort():
            return ["interrupted"], _INTERRUPTED
        case click.ClickException():
            problems, code = [error.format_message()], error.exit_code
        case ConfigError():
            problems, code = list(error.problems), 1
        case HomalosError() | OSError():
            problems, code = [str(error)], 1
        case _:
            return [bugs.line(error)], 1
    if bugs.debug and not isinstance(error, click.ClickException):
        sys.stderr.write(bugs.blotted("".join(traceback.format_exception(error))))
    lines = (line for problem in problems for line in bugs.blotted(problem).splitlines())
    return [line for line in lines if line.strip()], code


class _Program(RichGroup):
    """The root command; what it offers is asked of the plugins, once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands and groups, sorted."""
        return sorted(self._offered(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a stand-in that imports the command when it is called."""
        return self._offered(ctx).get(cmd_name)

    def _offered(self, ctx: click.Context) -> dict[str, click.Command]:
        if not self.commands:
            ctx.obj = discover()
            self.commands.update(_tree(ctx.obj.answers("register_commands")))
        return dict(self.commands)


def _tree(offered: Sequence[tuple[str, Any]]) -> dict[str, click.Command]:
    """Return the commands by their first word; those of two words are in a group.

    Raises:
        DuplicateNameError: Two have the same name, or one that of another's group.
    """
    found: dict[str, click.Command] = {}
    owner: dict[str, str] = {}
    for plugin, spec in offered:
        first, _, second = spec.name.partition(" ")
        group = found.setdefault(first, RichGroup(name=first)) if second else None
        taken = owner.get(spec.name)
        if taken is None and (second or first in found) and not isinstance(group, RichGroup):
            taken = owner[first]
        if taken is not None:
            msg = (
                f"the command {spec.name!r} is offered by both {taken!r} and {plugin!r}; "
                "take one of them out"
            )
            raise DuplicateNameError(msg, plugin=plugin)
        command = _Lazy(spec, plugin)
        if isinstance(group, RichGroup):
            group.add_command(command)
            group.help = _GROUPS.get(first) or f"The commands {', '.join(group.commands)}."
        else:
            found[first] = command
        owner[spec.name] = plugin
        owner.setdefault(first, plugin)
    return found


class _Lazy(RichCommand):
    """Stands for a command until it is called, so that an overview imports none."""

    def __init__(self, spec: CommandSpec, plugin: str) -> None:
        super().__init__(name=spec.name.rpartition(" ")[2], help=spec.help)
        self._spec = spec
        self._plugin = plugin

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Import the command and let it read its own arguments."""
        return self._load().make_context(info_name, args, parent, **extra)

    def _load(self) -> click.Command:
        module, _, attribute = self._spec.target.partition(":")
        try:
            command: object = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            msg = f"the command {self._spec.name!r} of the plugin {self._plugin!r}: {error}"
            raise PluginLoadError(msg, plugin=self._plugin) from error
        if not isinstance(command, click.Command):
            msg = f"{self._spec.target} is no click command, but {type(command).__name__}"
            raise PluginLoadError(msg, plugin=self._plugin)
        return command
