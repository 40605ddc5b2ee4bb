"""The command line: `homalos`. Commands are contributed by plugins, the core's own among them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 is fine, 1 a `HomalosError`, 2 a wrong use, 130 an interruption by Ctrl-C.

    Args:
        arguments: What follows the program's name; that of this process when left out.
    """
    try:
        from homalos.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:  # before the program could see to it
        return 130
