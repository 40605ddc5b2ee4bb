"""The plugin host: finds the plugins, keeps their faults, puts the hooks to them.

A value, made where an engine is built and handed down. One faulty plugin never
keeps another from answering; what went wrong is kept and told.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import pluggy

from homalos.errors import PluginLoadError, did_you_mean
from homalos.plugins.hookspecs import PROJECT, Hooks
from homalos.plugins.specs import (
    AlertChannelSpec,
    CommandSpec,
    DoctorCheckSpec,
    FeedSpec,
    FillModelSpec,
    GatewaySpec,
    ImporterSpec,
    MarketSpec,
    RiskRuleSpec,
    RouterSpec,
    StatementFormatSpec,
    StoreSpec,
    StrategySpec,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from importlib.metadata import Distribution, EntryPoint
    from types import ModuleType

__all__ = ["ANSWERS", "OTHERS", "PluginHost", "PluginInfo", "Spec"]

Spec = (
    AlertChannelSpec
    | CommandSpec
    | DoctorCheckSpec
    | FeedSpec
    | FillModelSpec
    | GatewaySpec
    | ImporterSpec
    | MarketSpec
    | RiskRuleSpec
    | RouterSpec
    | StatementFormatSpec
    | StoreSpec
    | StrategySpec
)

ANSWERS: dict[str, type[Spec]] = {
    "register_markets": MarketSpec,
    "register_gateways": GatewaySpec,
    "register_feeds": FeedSpec,
    "register_importers": ImporterSpec,
    "register_stores": StoreSpec,
    "register_risk_rules": RiskRuleSpec,
    "register_routers": RouterSpec,
    "register_strategies": StrategySpec,
    "register_fill_models": FillModelSpec,
    "register_alert_channels": AlertChannelSpec,
    "register_statement_formats": StatementFormatSpec,
    "register_doctor_checks": DoctorCheckSpec,
    "register_commands": CommandSpec,
}
"""Every hook that is answered with specs, and their class."""

OTHERS = frozenset({"check_settings", "engine_lifespan"})
"""The hooks that are answered with something else."""

_CORE = "core"
_RENAME = "; rename one of the two, or leave it out"
_T = TypeVar("_T")


@attrs.frozen(kw_only=True)
class PluginInfo:
    """What is known of one plugin.

    Attributes:
        name: Its entry point's name, or the file's without `.py`.
        version: Of its distribution, or the module's `__version__`; "" when unknown.
        origin: The distribution, or the file.
        hooks: The hooks it answers, sorted; none when it could not be loaded.
        fault: What is wrong with it, "" when nothing is; it may still have
            answered other hooks.
        is_named: Whether somebody asked for just this plugin, so that a fault
            must not be passed over.
    """

    name: str
    version: str
    origin: str
    hooks: tuple[str, ...]
    fault: str
    is_named: bool


@attrs.define(kw_only=True, eq=False)
class _Plugin:
    name: str
    origin: str
    distribution: Distribution | None = None
    is_named: bool = False
    module: ModuleType | None = None
    hooks: tuple[str, ...] = ()
    faults: list[str] = attrs.field(factory=list)


class PluginHost:
    """The plugins of one engine, in name order.

    Attributes:
        manager: pluggy's own, for call monitoring.
    """

    def __init__(self, *, trace: Callable[[str], None] | None = None) -> None:
        """Make an empty host; `discover` and `of` make filled ones."""
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(Hooks)
        self._trace = trace
        self._plugins: list[_Plugin] = []
        self._answers: dict[str, tuple[tuple[str, Spec], ...]] = {}

    @classmethod
    def discover(
        cls,
        *,
        files: Sequence[Path] = (),
        only: Container[str] | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> PluginHost:
        """Load every installed plugin of the entry-point group `homalos`, and single files.

        Args:
            files: Plugins to load by path (`--plugin my_rules.py`). Their faults
                are meant to stop the start: see `refuse_named_faults`.
            only: Names of the installed plugins to load (`HOMALOS_PLUGINS`), all
                when `None`. The core itself is always among them.
            trace: Is told every hook call, a line each (`HOMALOS_TRACE_HOOKS`).
        """
        host = cls(trace=trace)
        found = importlib.metadata.entry_points(group=PROJECT)
        for entry in sorted(found, key=_entry_order):
            if only is None or entry.name == _CORE or entry.name in only:
                origin = entry.dist.name if entry.dist else entry.value
                plugin = _Plugin(name=entry.name, origin=origin, distribution=entry.dist)
                host._add(plugin, entry.load)
        for path in files:
            plugin = _Plugin(name=path.stem, origin=str(path), is_named=True)
            host._add(plugin, partial(_load_file, path))
        return host

    @classmethod
    def of(cls, *modules: ModuleType, trace: Callable[[str], None] | None = None) -> PluginHost:
        """Make a host of modules at hand and of nothing installed, for tests and embedding."""
        host = cls(trace=trace)
        for module in modules:
            origin = getattr(module, "__file__", None) or module.__name__
            plugin = _Plugin(name=module.__name__, origin=origin, is_named=True)
            host._add(plugin, partial(_at_hand, module))
        return host

    @property
    def infos(self) -> tuple[PluginInfo, ...]:
        """Return every plugin, faulty ones included, by name."""
        return tuple(_info(plugin) for plugin in self._plugins)

    def refuse_named_faults(self) -> None:
        """Stop when a plugin that somebody asked for is at fault.

        To be called once the hooks have been put, since a plugin may fail at that too.

        Raises:
            PluginLoadError: Names the plugins and what is wrong with them.
        """
        wrong = [plugin for plugin in self._plugins if plugin.is_named and plugin.faults]
        if wrong:
            lines = (f"plugin {p.name!r} ({p.origin}): {'; '.join(p.faults)}" for p in wrong)
            raise PluginLoadError("\n".join(lines), plugin=wrong[0].name)

    def answers(self, hook: str) -> tuple[tuple[str, Spec], ...]:
        """Put a hook to every plugin, once, and return (plugin's name, spec) in name order.

        A plugin that raises, or answers with something else than specs of the
        right class, offers nothing here; its fault shows in `infos`. Asking again
        returns the same answers.

        Raises:
            KeyError: There is no such hook.
        """
        if hook not in self._answers:
            kind = ANSWERS[hook]
            self._answers[hook] = tuple(
                (plugin.name, spec)
                for plugin in self._plugins
                if hook in plugin.hooks
                for spec in self._ask(plugin, hook, kind)
            )
        return self._answers[hook]

    def ask(self, hook: str, **arguments: object) -> tuple[tuple[str, Any], ...]:
        """Put a hook that is not answered with specs; return (plugin's name, answer) in name order.

        `None` is left out. A plugin that raises answers nothing; its fault shows in `infos`.
        """
        found: list[tuple[str, Any]] = []
        for plugin in self._plugins:
            if hook not in plugin.hooks:
                continue
            put = partial(self._put, plugin, hook, arguments)
            answers: list[Any] = self._fenced(plugin, put, [], hook=hook)
            if self._trace is not None:
                self._trace(f"{hook} -> {plugin.name}: {'answered' if answers else 'nothing'}")
            found += [(plugin.name, answer) for answer in answers]
        return tuple(found)

    def _put(self, plugin: _Plugin, hook: str, arguments: Mapping[str, object]) -> list[Any]:
        others = [each.module for each in self._plugins if each is not plugin]
        answers: list[Any] = self.manager.subset_hook_caller(hook, others)(**arguments)
        return answers

    def _add(self, plugin: _Plugin, load: Callable[[], ModuleType]) -> None:
        same = next((other for other in self._plugins if other.name == plugin.name), None)
        self._plugins.append(plugin)
        self._plugins.sort(key=lambda each: each.name)
        if same is not None:
            plugin.faults.append(f"{same.origin} has a plugin of this name already{_RENAME}")
            return
        self._fenced(plugin, lambda: self._register(plugin, load()), None)

    def _register(self, plugin: _Plugin, module: ModuleType) -> None:
        hooks = tuple(name for name in dir(module) if self._is_answer(module, name))
        unknown = [name for name in hooks if name not in ANSWERS and name not in OTHERS]
        if unknown:
            raise PluginLoadError(_unknown_hooks(unknown, plugin.distribution), plugin=plugin.name)
        try:
            self.manager.register(module, plugin.name)
        except pluggy.PluginValidationError as error:
            # Older versions of pluggy leave the hooks that came before the faulty one.
            if self.manager.is_registered(module):
                self.manager.unregister(module)
            reason = " ".join(str(error).split())
            raise PluginLoadError(reason, plugin=plugin.name) from error
        plugin.module, plugin.hooks = module, hooks

    def _is_answer(self, module: ModuleType, name: str) -> bool:
        return self.manager.parse_hookimpl_opts(module, name) is not None

    def _ask(self, plugin: _Plugin, hook: str, kind: type[Spec]) -> tuple[Spec, ...]:
        specs = self._fenced(plugin, lambda: self._call(plugin, hook, kind), None, hook=hook)
        if self._trace is not None:
            outcome = f"failed: {plugin.faults[-1]}" if specs is None else f"{len(specs)} offered"
            self._trace(f"{hook} -> {plugin.name}: {outcome}")
        return specs or ()

    def _call(self, plugin: _Plugin, hook: str, kind: type[Spec]) -> tuple[Spec, ...]:
        # One result at most: pluggy leaves out an answer that is None.
        return tuple(
            spec for answer in self._put(plugin, hook, {}) for spec in _checked(answer, kind)
        )

    def _fenced(
        self, plugin: _Plugin, action: Callable[[], _T], otherwise: _T, *, hook: str = ""
    ) -> _T:
        try:
            return action()
        except (Exception, SystemExit) as error:  # noqa: BLE001  the fence around plugins
            fault = _told(error)
            plugin.faults.append(f"{hook}: {fault}" if hook else fault)
            return otherwise


def _entry_order(entry: EntryPoint) -> tuple[str, str, str]:
    return entry.name, entry.dist.name if entry.dist else "", entry.value


def _at_hand(module: ModuleType) -> ModuleType:
    return module


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        msg = f"there is no file {path}; check the path"
        raise PluginLoadError(msg, plugin=path.stem)
    name = f"homalos_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is not a Python file; its name must end in .py"
        raise PluginLoadError(msg, plugin=path.stem)
    module = importlib.util.module_from_spec(spec)
    # Annotations kept as text are looked up in `sys.modules` by the module's name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _unknown_hooks(names: Sequence[str], distribution: Distribution | None) -> str:
    try:
        core = f"homalos-core {importlib.metadata.version('homalos-core')}"
    except importlib.metadata.PackageNotFoundError:
        core = "this homalos-core"
    asked = next((r for r in _requirements(distribution) if r.startswith("homalos-core")), "")
    needed = f"it asks for {asked}" if asked else "a newer one may have it"
    return "; ".join(
        f"{core} has no hook {name!r} ({needed}){did_you_mean(name, (*ANSWERS, *OTHERS))}"
        for name in names
    )


def _requirements(distribution: Distribution | None) -> Sequence[str]:
    return (distribution.requires or ()) if distribution else ()


def _checked(answer: Iterable[object], kind: type[Spec]) -> Iterator[Spec]:
    if isinstance(answer, kind):
        msg = f"the answer is a bare {kind.__name__}; return a tuple of them"
        raise TypeError(msg)
    for spec in answer:
        if not isinstance(spec, kind):
            msg = f"expected {kind.__name__}, found {type(spec).__name__} in the answer"
            raise TypeError(msg)
        name: object = spec.name
        if not isinstance(name, str) or not name:
            msg = f"a {kind.__name__} needs a name, found {name!r}"
            raise TypeError(msg)
        config = getattr(spec, "config", None)
        if config is not None and not (isinstance(config, type) and attrs.has(config)):
            msg = f"config of {kind.__name__} {name!r} must be an attrs class, not {config!r}"
            raise TypeError(msg)
        yield spec


def _told(error: BaseException) -> str:
    if isinstance(error, PluginLoadError):
        return str(error)
    ours = (__file__, pluggy.__path__[0], importlib.__path__[0], "<frozen")
    frames = traceback.extract_tb(error.__traceback__)
    place = next((f for f in reversed(frames) if not f.filename.startswith(ours)), None)
    where = f" ({Path(place.filename).name}:{place.lineno})" if place else ""
    return f"{type(error).__name__}: {error}{where}"


def _info(plugin: _Plugin) -> PluginInfo:
    if plugin.distribution is not None:
        version = plugin.distribution.version
    else:
        version = str(getattr(plugin.module, "__version__", ""))
    return PluginInfo(
        name=plugin.name,
        version=version,
        origin=plugin.origin,
        hooks=plugin.hooks,
        fault="; ".join(plugin.faults),
        is_named=plugin.is_named,
    )
