"""The checks: `python3 start.py nox`, some with `nox -s NAME NAME`, a list with `nox -l`.

Sessions without an environment of their own run in .venv, as start.py made it from the lock.
Those that make one install locked versions with their hashes and nothing else.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import nox
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent
LOCK = ROOT / "requirements.lock"
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
CORE = "homalos-core"
PYTHONS = ["3.11", "3.12", "3.13"]

# A pyenv shim answers only for the versions that are switched on; these are the installed ones.
_PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
_FOUND = [str(p / "bin") for each in PYTHONS for p in sorted(_PYENV.glob(f"{each}.*"))[-1:]]
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), *_FOUND, os.environ["PATH"]]
)

# What the tests of any package and an editable install stand on.
TEST_TOOLS = ("flit-core", "hypothesis", "pytest")

nox.needs_version = ">=2026.10"
nox.options.sessions = ["lint", "types", "tests", "alone"]


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """Run every test in .venv; arguments go to pytest."""
    session.run(sys.executable, "-m", "pytest", *session.posargs)


@nox.session(venv_backend="uv|virtualenv", python=PYTHONS)
@nox.parametrize("package", PACKAGES, ids=PACKAGES)
def alone(session: nox.Session, package: str) -> None:
    """Run a package's tests beside the core and nothing else: no plugin leans on another.

    On each Python that is promised and installed here; one that is missing is skipped.
    """
    names = sorted({CORE, package})
    subset = Path(session.create_tmp()) / "requirements.lock"
    subset.write_text(locked(*names, *TEST_TOOLS), encoding="utf-8")
    install(session, subset, names)
    # The session's own folder has a longer path than the name of a socket may have.
    short = {"TMPDIR": tempfile.gettempdir()}
    tests = (f"packages/{package}/tests", "-m", "not deep and not machine", *session.posargs)
    session.run("python", "-m", "pytest", *tests, env=short)


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check style, the direction of imports, docstrings and spelling."""
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("interrogate", "--quiet", "packages", "tests")
    session.run("codespell")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Check types, strictly, of everything that is Python here."""
    session.run("mypy")
    for conftest in (*ROOT.glob("packages/*/tests/conftest.py"), *ROOT.glob("tests/conftest.py")):
        session.run("mypy", str(conftest))


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Run the benchmarks; arguments go to them."""
    session.run(sys.executable, "-m", "benchmarks", *session.posargs)


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Make the reference pages anew from the docstrings and signatures of the code."""
    session.run(sys.executable, "docs/make_reference.py", *session.posargs)


@nox.session(venv_backend="none")
def deep(session: nox.Session) -> None:
    """Run every test with many more examples, and those that take minutes."""
    options = ("--hypothesis-profile=deep", "-m", "deep or not deep")
    session.run(sys.executable, "-m", "pytest", *options, *session.posargs)


@nox.session(venv_backend="uv|virtualenv", python=PYTHONS)
def matrix(session: nox.Session) -> None:
    """Run every test on each Python that is promised, where it is installed."""
    install(session, LOCK, PACKAGES)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Make requirements.lock anew; needs uv. `-- --upgrade` moves to the newest versions."""
    projects = (f"packages/{name}/pyproject.toml" for name in PACKAGES)
    own = (word for name in PACKAGES for word in ("--no-emit-package", name))
    # Universal: one file for every platform and Python. Without the index's address: who installs
    # from a mirror gets the same files, since the hashes say which.
    options = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url")
    quiet = ("--quiet", "--no-header", "--no-annotate", f"--output-file={LOCK.name}")
    dev = ("--group", "pyproject.toml:dev")
    session.run("uv", "pip", "compile", *options, *quiet, *own, *dev, *projects, *session.posargs)


def install(session: nox.Session, lock_file: Path, names: list[str]) -> None:
    """Install locked third-party packages, then these packages of the checkout by path."""
    exact = ("--no-compile", "--only-binary=:all:", "--require-hashes")
    session.install(*exact, "-r", str(lock_file))
    editable = [word for name in names for word in ("-e", f"packages/{name}")]
    session.install("--no-deps", "--no-build-isolation", *editable)


def locked(*names: str) -> str:
    """Return the lock's entries for these distributions and for all that they need."""
    needed = closure(*names)
    entries = re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8"))
    return "\n".join(entry for entry in entries if entry.split("==")[0] in needed) + "\n"


def closure(*names: str) -> set[str]:
    """Return these distributions and, by what .venv says of each, all that they need."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for line in metadata.requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(needed.name))
    return found
