"""`homalos version`."""

from __future__ import annotations

import platform
import re
from importlib.metadata import distributions

import rich_click as click

from homalos import __version__
from homalos.cli.options import Asked, Outcome, with_options

__all__ = ["version"]

_CORE = "homalos-core"


@click.command("version")
@with_options()
def version(_asked: Asked) -> Outcome:
    """Show the version of the core, of Python and of every installed package of Homalos."""
    packages = _installed()
    core = packages.get(_CORE, __version__)
    python = platform.python_version()

    def show() -> None:
        click.echo(f"homalos {core} (Python {python})")
        for name, number in packages.items():
            click.echo(f"  {name} {number}")

    return Outcome(data={"homalos-core": core, "python": python, "packages": packages}, show=show)


def _installed() -> dict[str, str]:
    """Return the installed distributions of the house and their versions, by name."""
    found: dict[str, str] = {}
    for distribution in distributions():
        name = re.sub(r"[-_.]+", "-", distribution.name or "").lower()
        if name.startswith("homalos-"):
            # The first on the path is the one that is imported.
            found.setdefault(name, distribution.version)
    return dict(sorted(found.items()))
