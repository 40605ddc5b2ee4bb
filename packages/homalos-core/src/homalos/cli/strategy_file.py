"""A strategy class out of a file: `path/to/file.py:ClassName`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from homalos.errors import HomalosError, PluginLoadError, did_you_mean
from homalos.strategy import Strategy

__all__ = ["strategy_class"]


def strategy_class(text: str) -> type[Strategy] | None:
    """Return the class that a text of the form `file.py:ClassName` means; else `None`.

    The class name may be left out where the file has one strategy only.

    Raises:
        PluginLoadError: The file cannot be loaded, or has no such strategy.
    """
    head, colon, tail = text.rpartition(":")
    name, class_name = (head, tail) if colon and head.endswith(".py") else (text, "")
    if not name.endswith(".py"):
        return None
    module = _loaded(Path(name))
    found = {
        each.__name__: each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Strategy)
        and each.__module__ == module.__name__
    }
    there = f"there are {', '.join(found)}" if found else "there is none"
    if class_name:
        if class_name not in found:
            hint = did_you_mean(class_name, found)
            msg = f"{name} has no strategy class {class_name!r}; {there}{hint}"
            raise PluginLoadError(msg)
        return found[class_name]
    if len(found) != 1:
        msg = f"say which strategy class of {name} is meant, as {name}:ClassName; {there}"
        raise PluginLoadError(msg)
    return next(iter(found.values()))


def _loaded(path: Path) -> ModuleType:
    if not path.is_file():
        msg = f"there is no file {path}"
        raise PluginLoadError(msg)
    name = f"homalos_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is not a Python file"
        raise PluginLoadError(msg)
    module = importlib.util.module_from_spec(spec)
    # attrs and cattrs look annotations up in the module of the class.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except HomalosError:
        raise
    except Exception as error:
        msg = f"{path}: {type(error).__name__}: {error}"
        raise PluginLoadError(msg) from error
    return module
