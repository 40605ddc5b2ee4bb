"""Tests of the file of the strategies: what a change leaves alone, and what it does not dare."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homalos.config.strategies_file import StrategiesFile
from homalos.errors import ConfigError

TEXT = """\
# Mine; 我的策略。

strategies:
  # The old one.
  - name: "ma"   # do not touch
    strategy: double_ma
    symbol: 'rb2510.SHFE'
    params: {fast: 5, slow: 20} # bars

  # The new one.
  - strategy: breakout
    symbols: [au2512.SHFE, ag2512.SHFE]
    interval: 5m
    params:
      bars: 10   # a comment
      code: '007'
    # lots: 3
# The end.
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a file with two strategies and comments everywhere."""
    path = tmp_path / "strategies.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_changed_parameter_changes_one_line(path: Path) -> None:
    """Everything else is byte for byte what it was, quotes and comments with it."""
    file = StrategiesFile.read(path)
    file.change(1, {"interval": "15m"}, {"bars": 12}, ())
    file.write()
    expected = TEXT.replace("interval: 5m", "interval: 15m").replace("bars: 10 ", "bars: 12 ")
    assert path.read_text("utf-8") == expected


def test_parameters_in_brackets_stay_in_them(path: Path) -> None:
    """One is changed, one is added, one goes."""
    file = StrategiesFile.read(path)
    file.change(0, {}, {"fast": 7, "volume": 2}, ["slow"])
    file.write()
    expected = TEXT.replace("{fast: 5, slow: 20}", "{fast: 7, volume: 2}")
    assert path.read_text("utf-8") == expected


def test_the_last_parameter_takes_its_heading_along(path: Path) -> None:
    """An empty `params` would say nothing."""
    file = StrategiesFile.read(path)
    file.change(0, {}, {}, ["fast", "slow"])
    file.write()
    assert "params" not in StrategiesFile.read(path).entries[0]


def test_a_strategy_is_added_behind_the_others(path: Path) -> None:
    """In the indentation of the file; a text that looks like a number is in quotes."""
    file = StrategiesFile.read(path)
    entry = {"name": "x", "strategy": "s", "symbol": "a.B", "params": {"code": "7", "at": [1, 2]}}
    file.add(entry)
    file.write()
    added = "  - name: x\n    strategy: s\n    symbol: a.B\n    params: {code: '7', at: [1, 2]}\n"
    assert path.read_text("utf-8") == TEXT + added
    assert StrategiesFile.read(path).entries[2] == entry


@pytest.mark.parametrize(
    ("index", "gone"),
    [(0, '  - name: "ma"' + TEXT.partition('- name: "ma"')[2].partition("\n\n")[0] + "\n"),
     (1, "  - strategy: breakout" + TEXT.partition("- strategy: breakout")[2].partition(
         "    # lots")[0])],
)  # fmt: skip
def test_a_strategy_goes_and_the_comments_around_it_stay(path: Path, index: int, gone: str) -> None:
    """They may be about its neighbours; nobody but their author can tell."""
    file = StrategiesFile.read(path)
    file.remove(index)
    file.write()
    assert path.read_text("utf-8") == TEXT.replace(gone, "")


def test_both_go_and_one_comes(path: Path) -> None:
    """An emptied file takes a strategy again."""
    file = StrategiesFile.read(path)
    file.remove(1)
    file.remove(0)
    file.write()
    file = StrategiesFile.read(path)
    assert file.entries == []
    file.add({"strategy": "s", "symbol": "a.B"})
    file.write()
    assert StrategiesFile.read(path).entries == [{"strategy": "s", "symbol": "a.B"}]
    assert path.read_text("utf-8").startswith("# Mine; 我的策略。\n")


@pytest.mark.parametrize(
    "text",
    [
        "strategies: [{strategy: a, symbol: s.X}, {strategy: b, symbol: s.X}]\n",
        "strategies:\n-   strategy: a\n    symbol: s.X\n-   strategy: b\n    symbol: s.X\n",
        "---\nstrategies:\n  -\n    strategy: a\n    symbol: s.X\n  - {strategy: b, symbol: s.X}\n",
    ],
    ids=["brackets", "at the edge", "dash alone"],
)
def test_other_ways_to_write_a_list_are_understood(path: Path, text: str) -> None:
    """Brackets, dashes at the edge, a dash on a line of its own."""
    path.write_text(text)
    file = StrategiesFile.read(path)
    file.change(1, {}, {"fast": 3}, ())
    file.remove(0)
    file.write()
    expected = [{"strategy": "b", "symbol": "s.X", "params": {"fast": 3}}]
    assert StrategiesFile.read(path).entries == expected
    assert path.read_text().startswith("---") is text.startswith("---")


@pytest.mark.parametrize(
    "text",
    [
        "strategies:\n- strategy: a\n  symbol: s.X\n  params:\n    n: 1\n",
        "strategies:\n    -   strategy: a\n        params:\n            n: 1\n        symbol: s\n",
        "strategies:\n  - strategy: a\n    symbol: s.X\n    params:\n        n: 1\n",
    ],
    ids=["edge", "four", "two and four"],
)
def test_the_indentation_of_the_file_stays(path: Path, text: str) -> None:
    """However its author likes it, where it is the same throughout."""
    path.write_text(text)
    file = StrategiesFile.read(path)
    file.change(0, {}, {"n": 2}, ())
    file.write()
    assert path.read_text() == text.replace("n: 1", "n: 2")


def test_line_ends_of_windows_stay(path: Path) -> None:
    """A file from there is one after it, too."""
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    file = StrategiesFile.read(path)
    file.change(1, {}, {"bars": 12}, ())
    file.write()
    assert path.read_bytes() == TEXT.replace("10 ", "12 ").replace("\n", "\r\n").encode()


def test_the_mode_and_a_link_stay(path: Path, tmp_path: Path) -> None:
    """Nobody may read it afterwards who could not before, and nothing lies beside it."""
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    file = StrategiesFile.read(link)
    file.remove(0)
    file.write()
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_a_file_changed_meanwhile_is_left_alone(path: Path, tmp_path: Path) -> None:
    """Whoever edited it between must not lose a word."""
    file = StrategiesFile.read(path)
    path.write_text(TEXT + "# later\n", encoding="utf-8")
    file.remove(0)
    with pytest.raises(ConfigError) as caught:
        file.write()
    what = "has been changed by somebody else meanwhile, so nothing was written; do it again"
    assert caught.value.problems == (f"{path} {what}",)
    assert path.read_text("utf-8") == TEXT + "# later\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_appeared_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """It was not there when this began, so it is somebody else's."""
    path = tmp_path / "strategies.yaml"
    file = StrategiesFile.read(path)
    file.add({"strategy": "s", "symbol": "a.B"})
    path.write_text("strategies: []\n")
    with pytest.raises(ConfigError, match="changed by somebody else"):
        file.write()
    assert path.read_text() == "strategies: []\n"


def test_a_file_that_went_meanwhile_is_told(path: Path) -> None:
    """It may have been moved to somewhere else; none is made in its place."""
    file = StrategiesFile.read(path)
    file.remove(0)
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be written: No such file or directory; nothing"):
        file.write()
    assert not path.exists()


def test_two_that_write_at_once_lose_nothing(path: Path, tmp_path: Path) -> None:
    """Whoever was not refused is in the file afterwards."""
    begin = threading.Barrier(8, timeout=10)

    def added(number: int) -> str:
        begin.wait()
        try:
            file = StrategiesFile.read(path)
            file.add({"name": f"n{number}", "strategy": "s", "symbol": "a.B"})
            file.write()
        except ConfigError:
            return ""
        return f"n{number}"

    with ThreadPoolExecutor(8) as pool:
        done = {name for name in pool.map(added, range(8)) if name}
    names = {each.get("name") for each in StrategiesFile.read(path).entries}
    assert done
    assert names == {"ma", None} | done
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_command_left_is_told(path: Path, tmp_path: Path) -> None:
    """It could be one that still writes: a person must say that there is none."""
    left = tmp_path / ".strategies.yaml.tmp"
    left.touch()
    file = StrategiesFile.read(path)
    file.remove(0)
    with pytest.raises(ConfigError) as caught:
        file.write()
    what = f"another command is writing {path}, so nothing was written; do it again"
    assert caught.value.problems == (f"{what}, or delete {left} if there is none",)
    assert path.read_text("utf-8") == TEXT
    assert left.exists()


def test_a_folder_that_takes_no_files_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason in one sentence; the file is as it was."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = StrategiesFile.read(path)
    file.remove(0)
    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(ConfigError) as caught:
        file.write()
    what = "cannot be written: Permission denied; nothing has changed"
    assert caught.value.problems == (f"{path} {what}",)
    assert path.read_text("utf-8") == TEXT


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("strategies: 5\n", ": `strategies` must be a list of mappings, each with a `strategy`"),
        ("strategies: [a]\n", ": `strategies` must be a list of mappings, each with a `strategy`"),
        ("a: 1\na: 2\n", ":2: duplicate key 'a', first at line 1"),
        ("[]\n", ": expected a mapping of settings, found list"),
    ],
)
def test_a_file_with_something_else_in_it_is_told(path: Path, text: str, problem: str) -> None:
    """With its name, and its line where there is one."""
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        StrategiesFile.read(path)
    assert caught.value.problems == (f"{path}{problem}",)


def test_what_several_share_is_not_changed_for_one(path: Path) -> None:
    """Parameters behind an anchor belong to both: that is left to a person."""
    text = (
        "strategies:\n  - {strategy: a, symbol: s.X, params: &p {n: 1}}\n"
        "  - {strategy: b, symbol: s.X, params: *p}\n"
    )
    path.write_text(text)
    file = StrategiesFile.read(path)
    file.change(0, {}, {"n": 2}, ())
    with pytest.raises(ConfigError) as caught:
        file.write()
    what = "cannot be changed without changing something else in it; edit it by hand"
    assert caught.value.problems == (f"{path} {what}",)
    assert path.read_text() == text
