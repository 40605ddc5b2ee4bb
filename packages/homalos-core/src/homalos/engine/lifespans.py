"""What plugins keep alive beside an engine: asked for at build, entered and left with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from homalos.errors import PluginError, PluginLoadError
from homalos.plugins.host import PluginHost
from homalos.plugins.ports import EngineHandle

__all__ = ["Lifespan", "ask_lifespans"]

_HOOK = "engine_lifespan"


class Lifespan:
    """A plugin's context manager, which is left only if it was entered."""

    def __init__(self, plugin: str, manager: AbstractContextManager[object]) -> None:
        """Take what a plugin answered."""
        self.plugin = plugin
        self._manager = manager
        self._is_entered = False

    def enter(self) -> None:
        """Enter it.

        Raises:
            PluginError: It raised; the message names the plugin.
        """
        try:
            self._manager.__enter__()
        except Exception as error:
            msg = (
                f"the lifespan of the plugin {self.plugin!r} cannot begin: "
                f"{type(error).__name__}: {error}; mend it or leave the plugin out"
            )
            raise PluginError(msg, plugin=self.plugin, hook=_HOOK) from error
        self._is_entered = True

    def leave(self) -> None:
        """Leave it, if it was entered.

        Raises:
            PluginError: It raised; the message names the plugin.
        """
        if not self._is_entered:
            return
        self._is_entered = False
        try:
            self._manager.__exit__(None, None, None)
        except Exception as error:
            msg = (
                f"the lifespan of the plugin {self.plugin!r} did not end well: "
                f"{type(error).__name__}: {error}; look whether it left something open, "
                "mend it or leave the plugin out"
            )
            raise PluginError(msg, plugin=self.plugin, hook=_HOOK) from error


def ask_lifespans(
    host: PluginHost, engine: EngineHandle, fault: Callable[[tuple[str, str]], object]
) -> tuple[Lifespan, ...]:
    """Ask every plugin for its lifespan, in name order.

    Args:
        host: The plugins.
        engine: What they are given.
        fault: Told who and what of every plugin at fault, and when one cannot answer; the
            others are asked.

    Raises:
        PluginLoadError: Such a plugin was asked for by name.
    """
    for info in host.infos:
        if info.fault:  # nobody asked for it by name, but a rule of it may be missing
            fault((info.name, info.fault))
    before = [info.fault for info in host.infos]  # by place: two may have one name
    answers = host.ask(_HOOK, handle=engine)
    infos = {info.name: info for info in host.infos}
    wrong = {
        info.name: info.fault
        for info, fault in zip(host.infos, before, strict=True)
        if info.fault != fault
    }
    found = []
    for plugin, answer in answers:
        if isinstance(answer, AbstractContextManager):
            found.append(Lifespan(plugin, answer))
        else:
            wrong[plugin] = (
                f"{_HOOK}: expected a context manager, found {type(answer).__name__}; "
                "decorate a generator with contextlib.contextmanager"
            )
    for plugin, what in wrong.items():
        if infos[plugin].is_named:
            msg = f"plugin {plugin!r} ({infos[plugin].origin}): {what}"
            raise PluginLoadError(msg, plugin=plugin, hook=_HOOK)
        fault((plugin, what))
    return tuple(found)
