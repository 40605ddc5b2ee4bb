"""The program: commands found through the hook and imported when called; errors told."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

from homalos.cli.plugin_host import discover
from homalos.errors import ConfigError, DuplicateNameError, HomalosError, PluginLoadError

if TYPE_CHECKING:
    from homalos.plugins.host import PluginHost
    from homalos.plugins.specs import CommandSpec

__all__ = ["run"]

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_GROUPS = {"data": "Make something of market data files."}
_INTERRUPTED = 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line; return its exit code. Errors are told, never raised."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    program = _Program(name="homalos", help="Homalos, an event-driven trading framework.")
    try:
        code = program.main(given, prog_name="homalos", standalone_mode=False) or 0
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
        return 0
    except click.exceptions.Abort:
        return _told("interrupted", (), given, _INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return _told("", (error.format_message(),), given, error.exit_code)
    except ConfigError as error:
        return _told("the settings are wrong", error.problems, given, 1)
    except HomalosError as error:
        return _told(str(error), (), given, 1)
    return int(code)


def _told(what: str, problems: Sequence[str], arguments: Sequence[str], code: int) -> int:
    """Tell an error on standard error, and as the last line of standard output with --json."""
    ...
