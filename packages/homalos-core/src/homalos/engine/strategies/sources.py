"""Where strategies come from: a plugin, a folder of files, a single file; and their code anew."""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import sys
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import frozen

from homalos.errors import HomalosError, MissingPluginError, PluginLoadError, did_you_mean
from homalos.plugins.catalog import Catalog
from homalos.plugins.specs import NoOptions
from homalos.strategy import Strategy

__all__ = ["StrategySource", "StrategySources", "strategy_class"]

_FILES = itertools.count(1)  # numbers modules out of files, so that a new version is a new module


@frozen
class StrategySource:
    """A strategy's class, and where it came from.

    Attributes:
        factory: The class.
        config: The attrs class of its parameters.
        path: The file of its code, `None` when it has none.
        module: Of the class, where it was made from a file and goes with the strategy.
    """

    factory: type[Strategy]
    config: type
    path: Path | None = None
    module: ModuleType | None = None

    def anew(self) -> StrategySource:
        """Return the same class out of its file as it is now; this one stays as it is.

        Raises:
            PluginLoadError: The file cannot be loaded, or the class is gone.
        """
        if self.path is None:
            msg = f"the code of {self.factory.__name__} is in no file, so it cannot be read anew"
            raise PluginLoadError(msg)
        module = _loaded(self.path)
        name = self.factory.__name__
        found = _strategies(module)
        if name not in found:
            _forget(module)
            raise PluginLoadError(_no_class(self.path, name, found))
        factory = found[name]
        config = self.config
        if getattr(self.factory, "Params", None) is config:
            config = _params(factory)
        elif config.__module__ == self.factory.__module__:
            config = getattr(module, config.__name__, config)
        return StrategySource(factory, config, self.path, module)

    def forget(self) -> None:
        """Let go of the module, once nothing of it runs any more."""
        if self.module is not None:
            _forget(self.module)


class _Uncached(SourceFileLoader):
    """Reads the file itself: kept bytecode is told apart by the second and the size only."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """Say that nothing is known, so that nothing kept is read or written."""
        raise OSError(path)


class StrategySources:
    """Finds strategies by name: those of the plugins, then those of a folder."""

    def __init__(self, catalog: Catalog, folder: Path | None) -> None:
        """Look into the catalog, and into the folder where there is one."""
        self._catalog = catalog
        self._folder = folder

    def find(self, text: str) -> StrategySource:
        """Return what a name, or `file.py:ClassName`, means.

        Raises:
            MissingPluginError: Nothing has this name; the message has those there are.
            PluginLoadError: A file cannot be loaded.
        """
        source = file_source(text)
        if source is not None:
            return source
        spec = self._catalog.strategies.get(text)
        if spec is not None:
            file = inspect.getsourcefile(spec.factory)
            return StrategySource(spec.factory, spec.config, Path(file) if file else None)
        if self._folder is not None:
            path = self._folder / f"{text}.py"
            if path.is_file():
                return _source(path, "")
            for path in sorted(self._folder.glob("*.py")):
                if f"class {text}(" in path.read_text("utf-8", errors="replace"):
                    return _source(path, text)
        raise MissingPluginError(self._nowhere(text))

    def names(self) -> tuple[str, ...]:
        """Return every name there is, those of the plugins first."""
        files = () if self._folder is None else sorted(self._folder.glob("*.py"))
        return (*self._catalog.strategies, *(path.stem for path in files))

    def _nowhere(self, text: str) -> str:
        if self._folder is None:
            try:
                self._catalog.strategy(text)
            except MissingPluginError as error:
                return str(error)
        names = self.names()
        there = f"there are: {', '.join(names)}" if names else "there are none"
        return (
            f"no plugin offers a strategy {text!r}, and no file in {self._folder} has one; "
            f"{there}{did_you_mean(text, names)}"
        )


def strategy_class(text: str) -> type[Strategy] | None:
    """Return the class that a text of the form `file.py:ClassName` means; else `None`.

    The class name may be left out where the file has one strategy only.

    Raises:
        PluginLoadError: The file cannot be loaded, or has no such strategy.
    """
    source = file_source(text)
    return None if source is None else source.factory


def file_source(text: str) -> StrategySource | None:
    """Return what `file.py` or `file.py:ClassName` means; `None` for any other text.

    Raises:
        PluginLoadError: The file cannot be loaded, or has no such strategy.
    """
    head, colon, tail = text.rpartition(":")
    name, class_name = (head, tail) if colon and head.endswith(".py") else (text, "")
    return _source(Path(name), class_name) if name.endswith(".py") else None


def _source(path: Path, class_name: str) -> StrategySource:
    module = _loaded(path)
    found = _strategies(module)
    if class_name and class_name not in found:
        _forget(module)
        raise PluginLoadError(_no_class(path, class_name, found))
    if not class_name and len(found) != 1:
        _forget(module)
        there = _there(found)
        msg = f"say which strategy class of {path} is meant, as {path}:ClassName; {there}"
        raise PluginLoadError(msg)
    factory = found[class_name] if class_name else next(iter(found.values()))
    return StrategySource(factory, _params(factory), path, module)


def _strategies(module: ModuleType) -> dict[str, type[Strategy]]:
    return {
        each.__name__: each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Strategy)
        and each.__module__ == module.__name__
    }


def _params(factory: type[Strategy]) -> type:
    params: type = getattr(factory, "Params", NoOptions)
    return params


def _there(found: Mapping[str, object]) -> str:
    return f"there are {', '.join(found)}" if found else "there is none"


def _no_class(path: Path, name: str, found: Mapping[str, object]) -> str:
    return f"{path} has no strategy class {name!r}; {_there(found)}{did_you_mean(name, found)}"


def _loaded(path: Path) -> ModuleType:
    if not path.is_file():
        msg = f"there is no file {path}; check the path"
        raise PluginLoadError(msg)
    name = f"homalos_file_{path.stem}_{next(_FILES)}"
    loader = _Uncached(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        msg = f"{path} is not a Python file"
        raise PluginLoadError(msg)
    module = importlib.util.module_from_spec(spec)
    # attrs and cattrs look annotations up in the module of the class.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except HomalosError:
        _forget(module)
        raise
    except Exception as error:
        _forget(module)
        msg = f"{path}: {type(error).__name__}: {error}"
        raise PluginLoadError(msg) from error
    return module


def _forget(module: ModuleType) -> None:
    sys.modules.pop(module.__name__, None)
