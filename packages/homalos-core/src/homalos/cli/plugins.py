"""`homalos plugins`."""

from __future__ import annotations

import rich_click as click

from homalos.cli.options import PLUGIN, Asked, Outcome, with_options
from homalos.plugins.catalog import Catalog

__all__ = ["plugins"]


@click.command("plugins")
@with_options(PLUGIN)
def plugins(asked: Asked) -> Outcome:
    """Show every plugin: its version, where it comes from, what it offers, what is wrong with it."""
    host = asked.host()
    catalog = Catalog.gather(host)
    found = [
        {
            "name": info.name,
            "version": info.version,
            "origin": info.origin,
            "hooks": list(info.hooks),
            "specs": list(catalog.specs_of(info.name)),
            "fault": info.fault,
        }
        for info in host.infos
    ]

    def show() -> None:
        from homalos.cli.tables import listing, say

        ...

    return Outcome(data={"plugins": found}, show=show)
