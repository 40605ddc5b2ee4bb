"""What makes a fresh clone installable: the lock, the packages' metadata and start.py."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows cannot replace a process")


def toml(path: Path) -> dict[str, Any]:
    """Read a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def lock_entries() -> list[str]:
    """Return the lock's entries, each a requirement with its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return re.split(r"\n(?=\S)", text.rstrip())


def load_start(folder: Path) -> ModuleType:
    """Load the start.py that lies in a folder, as a module."""
    spec = importlib.util.spec_from_file_location("start", folder / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout with start.py, a lock and one package, and no environment yet."""
    package = tmp_path / "packages" / "homalos-core"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "requirements.lock").write_text("attrs==26.1.0\n")
    shutil.copy(ROOT / "start.py", tmp_path)
    return tmp_path


def pretend_set_up(checkout: Path, homalos: str) -> None:
    """Give a checkout an environment whose `homalos` is this Python program."""
    start = load_start(checkout)
    start.BIN.mkdir(parents=True)
    start.PYTHON.touch()
    start.HOMALOS.write_text(f"#!{sys.executable}\n{homalos}")
    start.HOMALOS.chmod(0o755)
    start.STAMP.write_text(start.fingerprint())


def test_every_locked_entry_is_an_exact_version_with_hashes() -> None:
    """A lock entry pins one version and says what its files hash to."""
    form = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
    entries = lock_entries()

    assert len(entries) > len(PACKAGES)
    assert [entry for entry in entries if not form.fullmatch(entry)] == []


def test_the_lock_names_no_address_and_none_of_our_packages() -> None:
    """The lock neither ties the user to an index nor asks one for a homalos package."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in text
    assert "homalos" not in text


def test_every_dependency_is_locked_at_a_version_it_allows() -> None:
    """The lock is not older than what the packages and the development group ask for."""
    locked = [Requirement(entry.split(" \\\n")[0]) for entry in lock_entries()]
    versions = {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in locked}
    asked = [
        Requirement(text) for text in toml(ROOT / "pyproject.toml")["dependency-groups"]["dev"]
    ]
    for package in PACKAGES:
        asked += map(Requirement, toml(package / "pyproject.toml")["project"]["dependencies"])

    third_party = [r for r in asked if not r.name.startswith("homalos-")]
    locked_as = {str(r): versions.get(canonicalize_name(r.name)) for r in third_party}
    unmet = [
        text for text, at in locked_as.items() if not at or at not in Requirement(text).specifier
    ]

    assert third_party
    assert unmet == []


@each_package
def test_a_package_is_named_after_its_folder_and_its_module(package: Path) -> None:
    """Distribution, folder and import name say the same, and the module is typed."""
    settings = toml(package / "pyproject.toml")
    module = settings["tool"]["flit"]["module"]["name"]

    assert settings["project"]["name"] == package.name
    assert module == package.name.removesuffix("-core").replace("-", "_")
    assert (package / "src" / module / "py.typed").is_file()


@each_package
def test_a_package_can_stand_alone_but_not_be_uploaded(package: Path) -> None:
    """A package carries its README and the licence, and an index would refuse it."""
    project = toml(package / "pyproject.toml")["project"]

    assert "Private :: Do Not Upload" in project["classifiers"]
    assert (package / project["readme"]).read_text(encoding="utf-8").strip()
    assert (package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@each_package
def test_a_package_has_one_plugin_module_under_the_one_entry_point_group(package: Path) -> None:
    """The group is `homalos`, and the module its one entry names is there."""
    groups = toml(package / "pyproject.toml")["project"]["entry-points"]
    (module,) = groups["homalos"].values()

    assert list(groups) == ["homalos"]
    assert (package / "src" / f"{module.replace('.', '/')}.py").is_file()


@each_package
def test_a_package_has_tests(package: Path) -> None:
    """No package is without tests of its own."""
    assert list(package.glob("tests/test_*.py"))


def test_test_files_have_names_of_their_own() -> None:
    """No two test files share a name: mypy and pytest know them by it."""
    names = [path.name for path in ROOT.glob("packages/*/tests/**/test_*.py")]
    names += [path.name for path in ROOT.glob("tests/**/test_*.py")]

    assert sorted(set(names)) == sorted(names)


def test_every_package_is_under_the_import_contracts() -> None:
    """A new package cannot be forgotten in import-linter's settings."""
    settings = toml(ROOT / "pyproject.toml")["tool"]["importlinter"]
    modules = [toml(p / "pyproject.toml")["tool"]["flit"]["module"]["name"] for p in PACKAGES]
    layers, independent, under, core, dynaconf, loguru = settings["contracts"]
    plugins = sorted(set(modules) - {"homalos"})

    assert sorted(modules) == sorted(settings["root_packages"])
    assert layers["containers"] == ["homalos"]
    assert plugins == sorted(independent["modules"]) == sorted(under["source_modules"])
    assert set(plugins) <= set(core["forbidden_modules"])
    assert sorted(modules) == sorted(dynaconf["source_modules"])
    assert sorted(modules) == sorted(loguru["source_modules"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], ["homalos", "up", "--demo"]),
        (["up", "--demo", "--json"], ["homalos", "up", "--demo", "--json"]),
        (["--help"], ["homalos", "--help"]),
        (["backtest", "test"], ["homalos", "backtest", "test"]),
    ],
)
def test_what_is_not_reserved_goes_to_homalos_where_the_user_stands(
    argv: list[str], words: list[str]
) -> None:
    """The demo is what no argument means; everything else is passed on as it is."""
    command, folder = load_start(ROOT).command(argv)

    assert [Path(command[0]).stem, *command[1:]] == words
    assert folder is None


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["test"], ["-m", "pytest"]),
        (["test", "-k", "snap"], ["-m", "pytest", "-k", "snap"]),
        (["bench", "--json"], ["-m", "benchmarks", "--json"]),
        (["nox", "-s", "lint"], ["-m", "nox", "-s", "lint"]),
    ],
)
def test_a_reserved_word_runs_its_tool_at_the_root(argv: list[str], words: list[str]) -> None:
    """Tools of the checkout run by the environment's Python, in the checkout's root."""
    command, folder = load_start(ROOT).command(argv)

    assert Path(command[0]).parent.parent == ROOT / ".venv"
    assert command[1:] == words
    assert folder == ROOT


@pytest.mark.parametrize("name", ["requirements.lock", "packages/homalos-core/pyproject.toml"])
def test_an_environment_is_out_of_date_when_what_it_was_made_from_changes(
    checkout: Path, name: str
) -> None:
    """The stamp holds until the lock or a package's metadata is edited."""
    pretend_set_up(checkout, "")
    start = load_start(checkout)
    was_ready = start.is_ready()
    (checkout / name).write_text("changed\n")

    assert was_ready
    assert not start.is_ready()


def test_an_environment_is_out_of_date_when_the_checkout_moved(checkout: Path) -> None:
    """Scripts and editable installs hold absolute paths, so a moved one is made anew."""
    pretend_set_up(checkout, "")
    moved = checkout.rename(checkout.with_name("moved"))

    assert not load_start(moved).is_ready()


def test_an_interrupted_set_up_leaves_no_stamp(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while packages install: the next run starts afresh, and nothing is thrown."""

    def interrupt(_: list[str]) -> None:
        raise KeyboardInterrupt

    start = load_start(checkout)
    monkeypatch.setattr(start, "installer", lambda: (["pip"], []))
    monkeypatch.setattr(start, "run_step", interrupt)
    code = start.main(["version"])

    assert code == 130
    assert start.VENV.is_dir()
    assert not start.is_ready()


def test_a_failed_step_says_so_on_standard_error(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Standard output stays empty for --json, and the exit code is not zero."""
    start = load_start(checkout)
    no_installer = [sys.executable, "-m", "no_such_installer"]
    monkeypatch.setattr(start, "installer", lambda: (no_installer, []))
    code = start.main(["version", "--json"])
    out, err = capfd.readouterr()

    assert code == 1
    assert out == ""
    assert "the set-up failed" in err


def test_a_python_without_pip_is_told_how_to_get_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither uv nor pip: the message says what to install."""
    start = load_start(checkout)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    code = start.main([])

    assert code == 1
    assert "apt install python3-pip" in capfd.readouterr().err
    assert not start.VENV.exists()


def test_uv_is_used_where_it_is_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """With uv, the installer is uv and is pointed at .venv's Python."""
    start = load_start(ROOT)
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    pip, target = start.installer()

    assert pip == ["/somewhere/uv", "--quiet", "pip"]
    assert target == ["--python", str(start.PYTHON)]


@needs_posix
def test_the_command_runs_where_the_user_stands_and_gives_its_exit_code(
    checkout: Path, tmp_path: Path
) -> None:
    """Folder, arguments, standard output and exit code are the command's own."""
    pretend_set_up(checkout, "import os, sys; print(os.getcwd(), *sys.argv[1:]); sys.exit(7)")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ran = subprocess.run(
        [sys.executable, checkout / "start.py", "backtest", "--json"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout == f"{elsewhere} backtest --json\n"
    assert ran.stderr == ""
    assert ran.returncode == 7


@needs_posix
def test_ctrl_c_is_the_commands_to_handle_also_a_second_time(checkout: Path) -> None:
    """Two interrupts reach the command; start.py neither dies first nor adds a traceback."""
    # Blocked and waited for, a signal cannot slip in between the line and the wait.
    program = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
for _ in range(2):
    print("waiting", flush=True)
    signal.sigwait({signal.SIGINT})
print("stopped", flush=True)
"""
    pretend_set_up(checkout, program)
    start = [sys.executable, str(checkout / "start.py")]
    with subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        for _ in range(2):
            assert run.stdout.readline() == "waiting\n"
            run.send_signal(signal.SIGINT)
        rest, fault = run.stdout.read(), run.stderr.read()

    assert (rest, fault, run.returncode) == ("stopped\n", "", 0)
