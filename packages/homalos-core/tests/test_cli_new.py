"""Tests of `homalos new`: its names, its files, and the days on which it cannot write them."""

from __future__ import annotations

import ast
import errno
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from itertools import count
from pathlib import Path

import pytest

from homalos.cli import main
from homalos.cli.scaffold import KINDS, names_of, rendered

_PLUGIN = """
from homalos.plugins import StoreSpec, hookimpl


@hookimpl
def register_stores():
    return (StoreSpec(name="shoe_box", factory=print),)
"""

each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run `homalos new` where it must fail; return its code and what it says first."""
    code = main(["new", *words])
    said = capsys.readouterr()

    assert said.out == ""
    assert "Traceback" not in said.err
    return code, said.err.splitlines()[0]


def contents(folder: Path) -> dict[str, str]:
    """Return the text of every file under a folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


# -- names -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["my-venue", "my_venue"])
def test_every_name_is_made_of_one(name: str) -> None:
    """With hyphens for a person, underscores for Python, capitals for a class."""
    names = names_of("risk-rule", name)

    assert names.distribution == "my-venue-risk-rule"
    assert names.module == "my_venue_risk_rule"
    assert names.name == "my_venue"
    assert names.title == "MyVenue"


@pytest.mark.parametrize(
    "name",
    [
        *("", "Demo", "2fast", "a b", "a--b", "-a", "a-", "a.b", "a/b", "../a", "a\n", "dé", "船"),
        "a\uff11",  # a digit, but none of ASCII's
    ],
)
def test_a_name_that_python_cannot_have_is_refused(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to write instead, and nothing written."""
    code, said = refused(capsys, "gateway", "--", name)

    assert code == 2
    assert said == (
        f"error: Invalid value for NAME: {name!r} cannot be a plugin's name; write lower-case "
        "letters a-z, digits and single hyphens, a letter first: my-venue"
    )
    assert list(folder.iterdir()) == []


def test_a_word_of_pythons_own_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It could be no identifier by itself."""
    code, said = refused(capsys, "store", "import")

    assert code == 2
    assert "'import' is a word of Python's own" in said


def test_an_unknown_kind_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """And with those that there are."""
    code, said = refused(capsys, "stor", "demo")

    assert code == 2
    assert said == (
        "error: Invalid value for 'KIND': 'stor': there are gateway, risk-rule, strategy, store; "
        "did you mean 'store'?"
    )


def test_the_name_of_another_plugins_part_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two of one name could not be used side by side; of another kind they can."""
    (folder / "shoes.py").write_text(_PLUGIN)
    words = ("shoe-box", "--plugin", "shoes.py")

    assert refused(capsys, "store", *words) == (
        1,
        "error: the plugin 'shoes' has a store 'shoe_box' already; choose another name",
    )
    assert main(["new", "gateway", *words]) == 0


def test_the_name_of_another_plugin_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two plugins with one name only the first would load."""
    (folder / "demo_store.py").write_text(_PLUGIN)

    assert refused(capsys, "store", "demo", "--plugin", "demo_store.py") == (
        1,
        "error: a plugin 'demo_store' is installed already; choose another name",
    )


# -- files -------------------------------------------------------------------------


@each_kind
def test_what_is_rendered_can_be_read(kind: str) -> None:
    """Python is Python, TOML is TOML, and no field is left open."""
    texts = rendered(names_of(kind, "my-venue"))
    project = tomllib.loads(texts["pyproject.toml"])

    for path, text in texts.items():
        assert "${" not in text + path
        if path.endswith(".py"):
            ast.parse(text)
    assert project["project"]["name"] == f"my-venue-{kind}"
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


@each_kind
def test_the_files_are_told_and_there(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As a person reads it, and as a program does."""
    assert main(["new", kind, "demo"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert main(["new", kind, "demo", "--folder", "deep/down", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    files = contents(Path(f"demo-{kind}"))
    assert sorted(files) == told["files"] == [line.strip() for line in shown[1:-1]]
    assert contents(Path("deep/down")) == files
    assert (told["name"], told["distribution"]) == ("demo", f"demo-{kind}")
    assert Path(told["folder"]) == Path("deep/down")


def test_an_empty_folder_is_used(folder: Path) -> None:
    """Somebody has made it for just this."""
    (folder / "mine").mkdir()

    assert main(["new", "store", "demo", "--folder", "mine"]) == 0
    assert "pyproject.toml" in contents(folder / "mine")


def test_the_working_directory_can_be_the_folder(folder: Path) -> None:
    """`--folder .` in an empty folder, as with other programs."""
    assert main(["new", "store", "demo", "--folder", "."]) == 0
    assert "pyproject.toml" in contents(folder)


def test_a_folder_with_something_in_it_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written there is worth more than a template."""
    (folder / "demo-gateway").mkdir()
    (folder / "demo-gateway" / "README.md").write_text("mine")

    assert refused(capsys, "gateway", "demo") == (
        1,
        "error: demo-gateway is not empty and nothing in it was changed; choose another --folder",
    )
    assert contents(folder) == {"demo-gateway/README.md": "mine"}


def test_a_file_in_the_way_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for a file that has the folder's name."""
    (folder / "demo-gateway").write_text("mine")

    assert refused(capsys, "gateway", "demo") == (
        1,
        "error: demo-gateway is there already and no folder; choose another --folder",
    )
    assert contents(folder) == {"demo-gateway": "mine"}


def test_a_folder_below_a_file_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for a file on the way there."""
    (folder / "file").write_text("mine")
    code, said = refused(capsys, "gateway", "demo", "--folder", "file/demo")

    assert code == 1
    assert said.startswith(f"error: cannot write {Path('file/demo')}: ")
    assert said.endswith("; choose another --folder")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is closed to this user")
def test_a_folder_that_cannot_be_written_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and nothing left behind."""
    (folder / "closed").mkdir(mode=0o500)

    assert refused(capsys, "gateway", "demo", "--folder", "closed/demo") == (
        1,
        f"error: cannot write {Path('closed/demo')}: Permission denied; choose another --folder",
    )


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_disk_that_fails_leaves_nothing_behind(
    nth: int, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a package would look like a whole one, whichever of its files is the first to fail."""
    rename, calls = Path.rename, count(1)

    def fail(self: Path, target: Path) -> Path:
        if next(calls) == nth:
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)

    assert refused(capsys, "gateway", "demo") == (
        1,
        "error: cannot write demo-gateway: No space left on device; choose another --folder",
    )
    assert list(folder.iterdir()) == []


def test_the_templates_are_in_the_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no modules, so that a build could pass them over."""
    monkeypatch.chdir(Path(__file__).resolve().parents[1])
    build = "import flit_core.buildapi as b, sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        packed = {path for path in wheel.namelist() if path.endswith(".tmpl")}

    source = Path("src/homalos/cli/templates")
    assert {f"homalos/cli/templates/{path}" for path in contents(source)} == packed
    assert len(packed) >= 4 + 3 * len(KINDS)
