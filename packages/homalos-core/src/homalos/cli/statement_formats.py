"""The formats of settlement statements that a command may use."""

from __future__ import annotations

from collections.abc import Sequence

import rich_click as click

from homalos.cli.options import Asked
from homalos.errors import MissingPluginError
from homalos.plugins.catalog import Catalog
from homalos.plugins.specs import StatementFormatSpec

__all__ = ["FORMAT", "formats_of"]

FORMAT = click.option(
    "--format",
    "wanted",
    metavar="NAME",
    help="The statement's format, of those that plugins offer; see homalos plugins.",
)


def formats_of(asked: Asked, wanted: str | None) -> Sequence[StatementFormatSpec]:
    """Return the formats to try, in name order: all there are, or the one that is wanted.

    Raises:
        PluginLoadError: A plugin that --plugin names is at fault.
        MissingPluginError: There is none, or none of that name; says what to install.
    """
    host = asked.host()
    catalog = Catalog.gather(host)
    host.refuse_named_faults()
    if not catalog.statement_formats:
        faults = "".join(
            f"; the plugin {plugin!r} is at fault: {fault}"
            for plugin, fault in catalog.faults.items()
        )
        msg = (
            "no plugin offers a format of settlement statements; install one that does, "
            f"such as homalos-china for that of CTP's counters{faults}"
        )
        raise MissingPluginError(msg)
    if wanted is not None:
        return (catalog.statement_format(wanted),)
    return tuple(catalog.statement_formats.values())
