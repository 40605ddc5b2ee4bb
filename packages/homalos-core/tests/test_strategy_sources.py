"""Strategy classes out of plugins, folders and files, and their code anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from homalos.engine.strategies.sources import strategy_class
from homalos.errors import PluginLoadError
from homalos.strategy import Strategy

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
