"""What is wrong with settings as a whole: what the core sees, and what plugins see."""

from __future__ import annotations

from homalos.config import Settings, check
from homalos.plugins.host import PluginHost

__all__ = ["all_problems"]

_HOOK = "check_settings"


def all_problems(host: PluginHost, settings: Settings) -> tuple[str, ...]:
    """Return every problem of the settings with its path, the core's own first.

    Asks the plugins; when an engine is built, and before changed settings are accepted.
    A check that fails is a problem too: nobody knows whether the settings are right.
    """
    problems = list(check(settings))
    before = [info.fault for info in host.infos]  # by place: two may have one name
    for plugin, answer in host.ask(_HOOK, settings=settings):
        try:
            found = [answer] if isinstance(answer, str) else list(map(str, answer))
        except Exception as error:  # noqa: BLE001  the fence around plugins: told as a problem
            found = [_failed(plugin, f"{type(error).__name__}: {error}")]
        problems += found
    for info, fault in zip(host.infos, before, strict=True):
        if info.fault != fault:
            problems.append(_failed(info.name, info.fault.rpartition(f"{_HOOK}: ")[2]))
    return tuple(problems)


def _failed(plugin: str, what: str) -> str:
    return f"the plugin {plugin!r} cannot check the settings: {what} @ $"
