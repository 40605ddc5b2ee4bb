"""`homalos plugins`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import rich_click as click

from homalos.cli.options import PLUGIN, Asked, Outcome, with_options
from homalos.cli.plugin_host import limits
from homalos.errors import DuplicateNameError
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import ANSWERS, PluginHost, PluginInfo

__all__ = ["plugins"]


@click.command("plugins")
@with_options(PLUGIN)
def plugins(asked: Asked) -> Outcome:
    """Show every plugin: version, where it comes from, what it offers, what is wrong with it.

    The exit code is 1 when a plugin is at fault that --plugin or HOMALOS_PLUGINS names, or
    when two offer the same name, so that no engine could be built.
    """
    host = asked.host()
    offers = _offers(host)
    clash = _clash(host)
    infos = host.infos  # once the hooks were put: a plugin may fail at that, too
    named = limits(os.environ)
    is_refused = any(info.fault and (info.is_named or info.name in named) for info in infos)

    def show() -> None:
        from homalos.cli.tables import listing, say

        heads = ("plugin", "version", "from", "hooks", "offers")
        say(listing(heads, (_row(info, offers.get(info.name, {})) for info in infos)))
        for info in infos:
            if info.fault:
                click.echo(f"{info.name} ({info.origin}) is at fault: {info.fault}")
        if clash:
            click.echo(clash)

    return Outcome(
        data={
            "plugins": [_as_data(info, offers.get(info.name, {})) for info in infos],
            "problems": [clash] if clash else [],
        },
        show=show,
        code=int(is_refused or bool(clash)),
    )


def _offers(host: PluginHost) -> Mapping[str, Mapping[str, list[str]]]:
    """Return what is offered: plugin -> kind -> names. Not the catalog's, which stops at a clash.

    A kind is called as in `Catalog.offered_by`.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for hook, spec_class in ANSWERS.items():
        words = re.findall(r"[A-Z][a-z]+", spec_class.__name__.removesuffix("Spec"))
        kind = " ".join(words).lower()
        for plugin, spec in host.answers(hook):
            found.setdefault(plugin, {}).setdefault(kind, []).append(spec.name)
    return found


def _clash(host: PluginHost) -> str:
    """Return what is said of two plugins that offer one name; "" when there are none."""
    try:
        Catalog.gather(host)
    except DuplicateNameError as error:
        return str(error)
    return ""


def _row(info: PluginInfo, offers: Mapping[str, list[str]]) -> tuple[str, ...]:
    hooks = "\n".join(info.hooks)
    offered = "\n".join(f"{kind}: {', '.join(names)}" for kind, names in offers.items())
    return info.name, info.version, info.origin, hooks, offered


def _as_data(info: PluginInfo, offers: Mapping[str, list[str]]) -> Mapping[str, object]:
    return {
        "name": info.name,
        "version": info.version,
        "origin": info.origin,
        "hooks": info.hooks,
        "specs": [f"{kind} {name}" for kind, names in offers.items() for name in names],
        "fault": info.fault,
    }
