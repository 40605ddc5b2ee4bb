"""Strategy classes out of plugins, folders and files, and their code anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from homalos.engine.strategies.sources import StrategySources, strategy_class
from homalos.errors import MissingPluginError, PluginLoadError
from homalos.plugins import StrategySpec
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy
from homalos.testing import plugin

TWO = """
from homalos.strategy import Strategy

class Bull(Strategy): ...

class Bear(Strategy): ...

class Helper: ...
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Give a file with two strategies."""
    path = tmp_path / "two.py"
    path.write_text(TWO)
    return path


def test_a_class_is_found_by_its_name(two: Path) -> None:
    """What is imported there is not offered."""
    found = strategy_class(f"{two}:Bear")
    assert found is not None
    assert issubclass(found, Strategy)
    assert found.__name__ == "Bear"


def test_a_name_without_py_is_no_file() -> None:
    """It is looked up among the plugins instead."""
    assert strategy_class("double_ma") is None
    assert strategy_class("my:double_ma") is None


def test_the_only_strategy_of_a_file_needs_no_name(tmp_path: Path) -> None:
    """There is nothing to choose."""
    path = tmp_path / "one.py"
    path.write_text("from homalos.strategy import Strategy\nclass Only(Strategy): ...\n")
    found = strategy_class(str(path))
    assert found is not None
    assert found.__name__ == "Only"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (":Bul", "no strategy class 'Bul'; there are Bull, Bear; did you mean 'Bull'?"),
        (":Helper", "no strategy class 'Helper'"),
        ("", "say which strategy class .* is meant, as .*:ClassName; there are Bull, Bear"),
    ],
)
def test_a_class_that_is_not_there_is_told_with_those_that_are(
    name: str, reason: str, two: Path
) -> None:
    """The message has the choice."""
    with pytest.raises(PluginLoadError, match=reason):
        strategy_class(f"{two}{name}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("def", "SyntaxError"), ("1 / 0", "ZeroDivisionError"), ("x = 1", "there is none")],
)
def test_a_file_that_cannot_be_used_is_told(text: str, reason: str, tmp_path: Path) -> None:
    """A slip in the user's own file is one line that names it."""
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(PluginLoadError, match=reason):
        strategy_class(str(path))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """With its path, as given."""
    with pytest.raises(PluginLoadError, match=r"there is no file .*absent\.py"):
        strategy_class(f"{tmp_path / 'absent.py'}:Bull")


# -- a folder ------------------------------------------------------------------


def in_folder(folder: Path, *specs: StrategySpec) -> StrategySources:
    """Return the strategies of these specs and of a folder."""
    return StrategySources(Catalog.gather(PluginHost.of(plugin("mine", *specs))), folder)


def test_a_strategy_of_the_folder_goes_by_its_files_name_or_its_own(two: Path) -> None:
    """`two.py` holds two, so only their own names tell which."""
    (two.parent / "lone.py").write_text(
        "from homalos.strategy import Strategy\nclass Wolf(Strategy): ...\n", encoding="utf-8"
    )
    sources = in_folder(two.parent)

    names = [sources.find(text).factory.__name__ for text in ("lone", "Wolf", "Bull", "Bear")]
    assert names == ["Wolf", "Wolf", "Bull", "Bear"]
    with pytest.raises(PluginLoadError, match=r"say which strategy class of .* is meant"):
        sources.find("two")


def test_a_plugins_strategy_goes_before_one_of_the_folder(two: Path) -> None:
    """What is installed is not changed by a file that happens to have its name."""

    class Bull(Strategy):
        """Is installed."""

    found = in_folder(two.parent, StrategySpec(name="Bull", factory=Bull)).find("Bull")
    assert found.factory is Bull


def test_a_name_that_is_nowhere_is_told_with_all_there_are(two: Path) -> None:
    """Of the plugins and of the folder, with the nearest one."""
    sources = in_folder(two.parent, StrategySpec(name="double_ma", factory=Strategy))
    with pytest.raises(MissingPluginError) as missing:
        sources.find("double_mb")
    assert str(missing.value) == (
        f"no plugin offers a strategy 'double_mb', and no file in {two.parent} has one; "
        "there are: double_ma, two; did you mean 'double_ma'?"
    )


def test_code_that_changed_within_a_second_is_seen(tmp_path: Path) -> None:
    """No kept bytecode is taken for it, though time and size are the same."""
    path = tmp_path / "fast.py"
    code = "from homalos.strategy import Strategy\nclass Fast(Strategy):\n    version = {}\n"
    path.write_text(code.format(1), encoding="utf-8")
    stamp = path.stat().st_mtime_ns
    first = in_folder(tmp_path).find("fast")
    path.write_text(code.format(2), encoding="utf-8")
    os.utime(path, ns=(stamp, stamp))
    second: Any = first.anew().factory

    assert second.version == 2
    assert not (tmp_path / "__pycache__").exists()
