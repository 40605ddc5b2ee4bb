"""`homalos new`."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from homalos.cli.options import PLUGIN, Asked, Outcome, with_options
from homalos.cli.scaffold import KINDS, Names, names_of, rendered, save
from homalos.errors import DuplicateNameError, did_you_mean

__all__ = ["new"]

_HOOKS = {
    "gateway": "register_gateways",
    "risk-rule": "register_risk_rules",
    "strategy": "register_strategies",
    "store": "register_stores",
}


def _as_kind(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    kind = text.replace("_", "-")
    if kind not in KINDS:
        msg = f"{text!r}: there are {', '.join(KINDS)}{did_you_mean(kind, KINDS)}"
        raise click.BadParameter(msg)
    return kind


@click.command("new")
@click.argument("kind", callback=_as_kind, metavar="KIND")
@click.argument("name", metavar="NAME")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the package's files go; else NAME-KIND in the working directory.",
)
@with_options(PLUGIN)
def new(asked: Asked, *, kind: str, name: str, folder: Path | None) -> Outcome:
    """Write a package for a gateway, risk-rule, strategy or store of your own.

    It can be installed, and is found, as it is. Its tests are the contract of its kind: those that
    fail name what is still to write.
    """
    try:
        names = names_of(kind, name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from error
    _refuse_taken(asked, names)
    texts = rendered(names)
    target = Path(names.distribution) if folder is None else folder
    save(texts, target)

    def show() -> None:
        click.echo(f"{target}: a {names.kind.replace('-', ' ')} called {names.name}")
        for path in texts:
            click.echo(f"  {path}")
        click.echo(f"what to do with it: {target / 'README.md'}")

    return Outcome(
        data={
            "kind": names.kind,
            "name": names.name,
            "distribution": names.distribution,
            "module": names.module,
            "folder": str(target),
            "files": list(texts),
        },
        show=show,
    )


def _refuse_taken(asked: Asked, names: Names) -> None:
    """Refuse a name that an installed plugin has, or has given to a part of this kind.

    Raises:
        DuplicateNameError: Two of that name could not be used side by side.
    """
    host = asked.host()
    kind = names.kind.replace("-", " ")
    for owner, spec in host.answers(_HOOKS[names.kind]):
        if spec.name == names.name:
            msg = f"the plugin {owner!r} has a {kind} {names.name!r} already; choose another name"
            raise DuplicateNameError(msg, plugin=owner)
    if names.module in {info.name for info in host.infos}:
        msg = f"a plugin {names.module!r} is installed already; choose another name"
        raise DuplicateNameError(msg, plugin=names.module)
