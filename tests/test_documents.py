"""What the documents show works: their code runs, their commands and settings are understood.

A document is read from top to bottom, as its reader would, in a folder of its own. Blocks fenced as
`python` are run; `yaml` is loaded as settings and an engine built from it; `console` has command
lines behind `$`, and what they print; `text` is what the code before it prints, or what the command
before it says on standard error. A block whose first line is `# name.py` or `# name.yaml` is also
written into that file, and one with a file name behind the language is that file. In what is
printed, a line of dots stands for any lines.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from attrs import frozen

from homalos import Engine, load_settings
from homalos.cli import main
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
CHINESE = ROOT / "README.zh-CN.md"
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packages/*/README.md"))
    if path != CHINESE
)

_FENCE = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.(?:py|yaml))\n")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_RESERVED = {"test", "bench", "nox"}
_TO_A_RUNNING = (
    ["status"],
    ["reload"],
    ["order"],
    ["pace"],
    *(["strategy", word] for word in ("show", "start", "stop", "reload")),
    *(["risk", w] for w in ("alive", "cancel", "explain", "flatten", "preview", "show", "switch")),
)


@frozen
class Block:
    """A fenced block of a document.

    Attributes:
        language: What is written behind the fence.
        file: The file name behind that, "" without one.
        line: Where its text begins, counted from 1.
    """

    language: str
    file: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    """Return the fenced blocks of a document, in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], found[3], text.count("\n", 0, found.start(3)) + 1)
        for found in _FENCE.finditer(text)
    ]


# What the README shows is shown elsewhere too, and takes its time: it is run once.
EVERYWHERE = frozenset(block.text for block in blocks(README))


def name_of(path: Path) -> str:
    """Return how a document is called in the tests' ids."""
    return path.relative_to(ROOT).as_posix()


class Reader:
    """Does what a document says, in the working directory."""

    def __init__(self, path: Path, module: ModuleType) -> None:
        """Begin with nothing read; code runs in the module."""
        self._path = path
        self._names = vars(module)
        self._printed = ""

    def read(self, block: Block) -> None:
        """Do what a block says."""
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
            return
        if named := _FILE.match(block.text):
            Path(named[1]).write_text(block.text, encoding="utf-8")
        act = {"python": self._run, "yaml": _build, "console": self._type, "text": self._compare}
        if block.language in act:
            act[block.language](block)

    def _run(self, block: Block) -> None:
        if self._path != README and block.text in EVERYWHERE:
            return
        # Blank lines in front, so that an error names the line of the document.
        code = compile("\n" * (block.line - 1) + block.text, str(self._path), "exec")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self._names)  # noqa: S102  what the documents show is what is tested
        self._printed = printed.getvalue()

    def _type(self, block: Block) -> None:
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            run_example(command)
            install_package(command)
            run_tests(command, expected)
            words = homalos_words(command)
            if words is None:
                continue
            parse(words)
            if is_cheap(words):
                printed, self._printed = run(words)
                assert_shown(expected, printed)

    def _compare(self, block: Block) -> None:
        assert_shown(block.text, self._printed)


def _build(block: Block) -> None:
    path = Path("settings-of-this-block.yaml")
    path.write_text(block.text, encoding="utf-8")
    plugins = [file for file in Path().glob("*.py") if "@hookimpl" in file.read_text("utf-8")]
    settings = load_settings(path, environment={}, overrides={})
    files = settings.feed.options.get("files", ()) if settings.feed else ()
    for file in map(Path, files):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()  # a tape looks whether its files are there; what is in them, only when it runs
    Engine.build(settings, plugins=PluginHost.discover(files=plugins)).stop()


def run_example(command: str) -> None:
    """Run a command line that is one of the examples; do nothing with another."""
    _, *words = shlex.split(command)
    if words and words[0].startswith("examples/"):
        subprocess.run(
            [sys.executable, ROOT / words[0], *words[1:]], check=True, capture_output=True
        )


def install_package(command: str) -> None:
    """Put a package beside the others where a command line installs it by a path that is there.

    The place is the working directory, so that it is gone with it.
    """
    *_, folder = shlex.split(command)
    if " pip " not in command or not Path(folder, "src").is_dir():
        return
    build = "import flit_core.buildapi as b, sys; b.build_editable(sys.argv[1])"
    site = Path("site").absolute()
    site.mkdir()
    subprocess.run([sys.executable, "-c", build, site], cwd=folder, check=True)
    for path in site.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(site)
    sys.path[:0] = [str(site), str(Path(folder, "src").absolute())]


def run_tests(command: str, expected: str) -> None:
    """Run tests whose folder is there: they print what is shown, or pass where nothing is."""
    _, *words = shlex.split(command)
    if words[:2] != ["-m", "pytest"] or not Path(words[-1]).is_dir():
        return
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )
    assert_shown(expected, ran.stdout)
    assert expected or ran.returncode == 0, ran.stdout


def homalos_words(command: str) -> list[str] | None:
    """Return what follows `homalos` in a command line, `None` where it is another program."""
    program, *words = shlex.split(command)
    if program == "pip":
        return None
    if Path(program).name.startswith("python"):
        start, *words = words
        if start != "start.py" or (words and words[0] in _RESERVED):
            return None
        return words or ["up", "--demo"]
    assert program == "homalos", f"nobody can try the command {command!r}"
    return words


def parse(words: list[str]) -> None:
    """Have a command line understood, and nothing done."""
    rest = [word for word in words if word != "--help"]
    offered = Catalog.gather(PluginHost.discover()).commands
    commands = {tuple(spec.name.split()): spec for spec in offered.values()}
    found = [name for name in commands if tuple(rest[: len(name)]) == name]
    if not rest:
        return
    assert found, f"there is no command {rest[0]!r}"
    module, _, attribute = commands[found[0]].target.partition(":")
    command = getattr(importlib.import_module(module), attribute)
    if "--help" not in words:
        command.make_context("homalos", rest[len(found[0]) :])


def is_cheap(words: list[str]) -> bool:
    """Say whether to run a command: one that ends soon, and whose files are there.

    What is asked of a running engine is understood only: none runs while a document is read.
    """
    if any(words[: len(each)] == each for each in _TO_A_RUNNING):
        return False
    if words[0] == "up" and not {"--for", "--help"} & set(words):
        return False
    files = [word for word in words if word.endswith((".csv", ".gz", ".parquet", ".py", ".yaml"))]
    writes = words[words.index("--output") + 1 :][:1] if "--output" in words else []
    return all(Path(file).is_file() for file in files if file not in writes)


def run(words: list[str]) -> tuple[str, str]:
    """Run a command that must succeed; return what it wrote to standard output and error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)

    assert code == 0, f"homalos {shlex.join(words)}: {err.getvalue()}"
    return out.getvalue(), err.getvalue()


def assert_shown(expected: str, printed: str) -> None:
    """Check that the lines shown are the lines printed; a line of dots stands for any."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else rf"{re.escape(line.rstrip())} *\n"
        for line in expected.splitlines()
    )
    if expected.strip():
        assert re.fullmatch(pattern, printed), f"expected:\n{expected}\nprinted:\n{printed}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_a_document_does_what_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who follows it line by line meets no error and sees what it shows."""
    # A module of its own, since classes look their annotations up where they were made.
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    for name in [name for name in os.environ if name.startswith("HOMALOS_")]:
        monkeypatch.delenv(name)
    reader = Reader(path, module)
    for block in blocks(path):
        reader.read(block)
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def test_the_chinese_readme_shows_the_same_code_and_commands() -> None:
    """A translation that is left behind would show code that no test runs."""
    ours, theirs = blocks(README), blocks(CHINESE)
    shown = [
        [ast.dump(ast.parse(b.text)) if b.language == "python" else b.text for b in each]
        for each in (ours, theirs)
    ]

    assert ours
    assert [block.language for block in theirs] == [block.language for block in ours]
    assert shown[1] == shown[0]


@pytest.mark.parametrize("path", [*DOCUMENTS, CHINESE], ids=name_of)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    """What a document points to is there."""
    links = [link for link in _LINK.findall(path.read_text(encoding="utf-8")) if ":" not in link]

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", [*DOCUMENTS, CHINESE], ids=name_of)
def test_no_document_installs_from_an_index_or_names_one(path: Path) -> None:
    """Our packages are installed by path only: a stranger owns a name like ours elsewhere."""
    text = path.read_text(encoding="utf-8")
    words = [word for line in re.findall(r"pip install ([^`\n]*)", text) for word in line.split()]

    assert [word for word in words if not word.startswith(("./", "-", "."))] == []
    assert re.findall(r"(?i)pypi|conda|anaconda|mirror", text) == []
