"""`homalos doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import rich_click as click

from homalos.cli.examination import Examined, examine
from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.clock import wall_ns
from homalos.config import Settings
from homalos.errors import ConfigError, DuplicateNameError
from homalos.logs import blotter
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["doctor"]

_CONFIG = Path("config/system.yaml")
_CORE = "core"
_MARKS = {"ok": ("✓", "+"), "warning": ("!", "!"), "error": ("✗", "x")}
_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}


@click.command("doctor")
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def doctor(asked: Asked) -> Outcome:
    """Look at the machine, the settings and the plugins, and say what to do about what is wrong.

    Nothing is changed. The exit code is 1 when something will not work; warnings are
    what works, but should be looked at.
    """
    host = asked.host()
    config = asked.config or (_CONFIG if _CONFIG.is_file() else None)
    settings, problems = _settings(asked, config)
    catalog, clashes = _catalog(host)
    options, wrong = _options(settings, catalog, host)
    context = DoctorContext(
        home=_home(asked, config), options={}, environment=os.environ, now_ns=wall_ns()
    )
    found = [
        Examined(
            plugin=_CORE,
            check="configuration",
            findings=tuple(_configuration(config, [*problems, *wrong])),
        ),
        *_checked(host, catalog, options, context),
    ]
    # Last, since a plugin may fail at the hooks, too.
    found.append(Examined(plugin=_CORE, check="plugins", findings=tuple(_plugins(host, clashes))))
    return _outcome(_without_secrets(found, settings))


# -- looking --------------------------------------------------------------------


def _settings(asked: Asked, config: Path | None) -> tuple[Settings | None, list[str]]:
    try:
        return asked.settings(config), []
    except ConfigError as error:
        return None, list(error.problems)


def _home(asked: Asked, config: Path | None) -> Path:
    from homalos.config import home_folder

    return home_folder(asked.home, os.environ, config, Path.cwd())


def _catalog(host: PluginHost) -> tuple[Catalog | None, list[str]]:
    try:
        return Catalog.gather(host), []
    except DuplicateNameError as error:
        return None, [str(error)]


def _options(
    settings: Settings | None, catalog: Catalog | None, host: PluginHost
) -> tuple[Mapping[str, Any], list[str]]:
    """Return the options of what the settings use, and what is wrong with the settings."""
    if settings is None or catalog is None:
        return {}, []
    from homalos.cli.config_parts import examined

    options, problems = examined(settings, catalog)
    for _, answer in host.ask("check_settings", settings=settings):
        problems += answer
    return options, problems


def _checked(
    host: PluginHost,
    catalog: Catalog | None,
    options: Mapping[str, Any],
    context: DoctorContext,
) -> Iterator[Examined]:
    """Carry out the checks, the core's first."""
    answers: Sequence[tuple[str, Any]] = host.answers("register_doctor_checks")
    for plugin, spec in sorted(answers, key=lambda answer: answer[0] != _CORE):
        owned = {
            name: value
            for name, value in options.items()
            if catalog is not None and name in catalog.specs_of(plugin)
        }
        yield examine(plugin, spec, attrs.evolve(context, options=owned))


def _configuration(config: Path | None, problems: Sequence[str]) -> Iterator[Finding]:
    if config is None:
        what = f"there is no settings file {_CONFIG} here"
        remedy = "make one, name one with --config, or run the demo: homalos up --demo"
        yield Finding(level="warning", what=what, remedy=remedy)
    for problem in problems:
        remedy = f"correct it in {config}" if config else "correct the option or the variable"
        yield Finding(level="error", what=problem, remedy=remedy)
    if config is not None and not problems:
        yield Finding(level="ok", what=f"{config} is in order")


def _plugins(host: PluginHost, clashes: Sequence[str]) -> Iterator[Finding]:
    for info in host.infos:
        if info.fault:
            what = f"the plugin {info.name!r} ({info.origin}) is at fault: {info.fault}"
            remedy = "update it or remove it; HOMALOS_PLUGINS leaves it out"
            yield Finding(level="error", what=what, remedy=remedy)
        else:
            yield Finding(level="ok", what=f"{info.name} {info.version}".rstrip())
    for clash in clashes:
        remedy = "remove one of the two, or leave it out with HOMALOS_PLUGINS"
        yield Finding(level="error", what=clash, remedy=remedy)


# -- telling --------------------------------------------------------------------


def _without_secrets(found: Sequence[Examined], settings: Settings | None) -> list[Examined]:
    from homalos.config.masking import secrets_in

    blotted = blotter(secrets_in(attrs.asdict(settings)) if settings is not None else ())
    return [
        attrs.evolve(
            each,
            findings=[
                attrs.evolve(one, what=blotted(one.what), remedy=blotted(one.remedy))
                for one in each.findings
            ],
        )
        for each in found
    ]


def _outcome(found: Sequence[Examined]) -> Outcome:
    levels = [finding.level for each in found for finding in each.findings]
    errors, warnings = levels.count("error"), levels.count("warning")
    return Outcome(
        data={
            "errors": errors,
            "warnings": warnings,
            "checks": [
                {
                    "plugin": each.plugin,
                    "check": each.check,
                    "findings": [attrs.asdict(finding) for finding in each.findings],
                }
                for each in found
            ],
        },
        show=lambda: _show(found, errors, warnings),
        code=int(errors > 0),
    )


def _show(found: Sequence[Examined], errors: int, warnings: int) -> None:
    from rich.text import Text

    from homalos.cli.tables import say

    encoding = sys.stdout.encoding or "utf-8"
    for each in found:
        say(_shown(f"{each.plugin}: {each.check}", encoding))
        for finding in each.findings:
            mark = _mark(finding.level, encoding)
            style = _STYLES[finding.level]
            head = Text(f"  {mark} {finding.level: <8}", style=style)
            say(Text.assemble(head, _shown(finding.what, encoding)))
            if finding.remedy:
                say(_shown(f"             do: {finding.remedy}", encoding))
    say(Text(f"errors: {errors}, warnings: {warnings}"))


def _shown(text: str, encoding: str) -> Any:
    from rich.text import Text

    # On a terminal that cannot show a letter, which is one of the findings.
    return Text(text.encode(encoding, "backslashreplace").decode(encoding))


def _mark(level: str, encoding: str) -> str:
    fine, plain = _MARKS[level]
    try:
        fine.encode(encoding)
    except UnicodeEncodeError:
        return plain
    return fine
