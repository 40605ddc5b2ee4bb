"""The program: commands found through the hook and imported when called, errors told."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

from homalos.cli.plugin_host import discover
from homalos.errors import ConfigError, DuplicateNameError, HomalosError, PluginLoadError

if TYPE_CHECKING:
    from homalos.plugins.specs import CommandSpec

__all__ = ["run"]

_INTERRUPTED = 130
_GROUPS = {"data": "Work with files of market data."}


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code; errors are told, not raised."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    program = Program(
        "homalos",
        help="Homalos, an event-driven trading framework.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    wants_json = "--json" in given
    try:
        code = program.main(given, prog_name="homalos", standalone_mode=False)
    except click.exceptions.Abort:
        return _fail(("interrupted",), _INTERRUPTED, wants_json=wants_json)
    except click.ClickException as error:
        code = _fail((error.format_message(),), error.exit_code, wants_json=wants_json)
        if isinstance(error, click.UsageError) and error.ctx is not None:
            sys.stderr.write(f"see `{error.ctx.command_path} --help`\n")
        return code
    except ConfigError as error:
        return _fail(error.problems, 1, wants_json=wants_json)
    except (HomalosError, OSError) as error:
        return _fail((str(error),), 1, wants_json=wants_json)
    except SystemExit as leaving:  # click's own, after a help that nobody reads on
        return leaving.code if isinstance(leaving.code, int) else 1
    except Exception as error:  # noqa: BLE001  the thread-top fence: a bug is shown in full
        traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        return _fail((what,), 1, wants_json=wants_json, told=True)
    return code if isinstance(code, int) else 0


def _fail(problems: Sequence[str], code: int, *, wants_json: bool, told: bool = False) -> int:
    if not told:
        for problem in problems:
            sys.stderr.write(f"error: {problem}\n")
    if wants_json:
        line = json.dumps({"error": "; ".join(problems), "problems": list(problems)})
        sys.stdout.write(f"{line}\n")
    return code


class Program(click.RichGroup):
    """The root command; what it offers is asked of the plugins, once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands and groups, sorted."""
        return sorted(self._found(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a stand-in that imports the command when it is called."""
        return self._found(ctx).get(cmd_name)

    def _found(self, ctx: click.Context) -> dict[str, click.Command]:
        if not self.commands:
            ctx.obj = discover()
            self.commands = _tree(ctx.obj.answers("register_commands"))
        return self.commands


def _tree(specs: Sequence[tuple[str, Any]]) -> dict[str, click.Command]:
    """Return the commands by their first word; those of two words are in a group."""
    found: dict[str, click.Command] = {}
    owner: dict[str, str] = {}
    for plugin, spec in specs:
        first, _, second = spec.name.partition(" ")
        group = found.get(first)
        if second and group is None:
            group = found[first] = click.RichGroup(first)
        taken = group is not None and (not isinstance(group, click.RichGroup) or not second)
        if taken or spec.name in owner:
            other = owner.get(spec.name) or owner[first]
            msg = f"the command {spec.name!r} is offered by both {other!r} and {plugin!r}"
            raise DuplicateNameError(f"{msg}; take one of them out", plugin=plugin)
        owner[spec.name] = owner[first] = plugin
        command = _Lazy(second or first, spec, plugin)
        if isinstance(group, click.RichGroup):
            group.add_command(command)
            group.help = _GROUPS.get(first) or f"The commands {', '.join(group.commands)}."
        else:
            found[first] = command
    return found


class _Lazy(click.RichCommand):
    """Stands for a command until it is called, so that an overview imports none."""

    def __init__(self, name: str, spec: CommandSpec, plugin: str) -> None:
        super().__init__(name, help=spec.help)
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
            command = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            msg = f"the command {self._spec.name!r} of the plugin {self._plugin!r}: {error}"
            raise PluginLoadError(msg, plugin=self._plugin) from error
        if not isinstance(command, click.Command):
            msg = f"{self._spec.target} is no click command, but {type(command).__name__}"
            raise PluginLoadError(msg, plugin=self._plugin)
        return command
