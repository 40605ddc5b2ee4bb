"""`homalos plugins`."""

from __future__ import annotations

import rich_click as click

from homalos.cli.options import PLUGIN, Asked, Outcome, with_options
from homalos.plugins.catalog import Catalog

__all__ = ["plugins"]


@click.command("plugins")
@with_options(PLUGIN)
def plugins(asked: Asked) -> Outcome:
    """Show every plugin: version, where it comes from, what it offers, what is wrong with it."""
    host = asked.host()
    catalog = Catalog.gather(host)
    offers: dict[str, dict[str, list[str]]] = {}
    for (kind, name), plugin in catalog.offered_by.items():
        offers.setdefault(plugin, {}).setdefault(kind, []).append(name)

    def show() -> None:
        from homalos.cli.tables import listing, say

        rows = []
        for info in host.infos:
            hooks = "\n".join(hook.removeprefix("register_") for hook in info.hooks)
            kinds = offers.get(info.name, {}).items()
            offered = "\n".join(f"{kind}: {', '.join(names)}" for kind, names in kinds)
            rows.append((info.name, info.version, info.origin, hooks, offered))
        say(listing(("plugin", "version", "from", "register_…", "offers"), rows))
        for info in host.infos:
            if info.fault:
                click.echo(f"{info.name} is at fault: {info.fault}")

    return Outcome(
        data={
            "plugins": [
                {
                    "name": info.name,
                    "version": info.version,
                    "origin": info.origin,
                    "hooks": info.hooks,
                    "specs": catalog.specs_of(info.name),
                    "fault": info.fault,
                }
                for info in host.infos
            ]
        },
        show=show,
    )
