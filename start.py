"""Set this checkout up once, then run something in it.

    python3 start.py               the demo, until Ctrl-C (`homalos up --demo`)
    python3 start.py test [...]    every test; the arguments go to pytest
    python3 start.py bench [...]   the benchmarks
    python3 start.py nox [...]     the other checks, e.g. `nox -s lint types`
    python3 start.py WORD [...]    anything else is a command of homalos, e.g. `up --demo --for 20s`

Needs Python 3.11 or newer and pip, nothing else; where uv is on PATH it is used instead of pip.
Everything goes into the folder .venv beside this file. The next run finds it ready; it is made
anew when the lock, a package's pyproject.toml, the Python or the place of the checkout changes,
and after an interrupted set-up.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
HOMALOS = BIN / ("homalos.exe" if os.name == "nt" else "homalos")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "made-from"

# Reserved words: the module each one runs, with the root as working directory.
TOOLS = {"bench": "benchmarks", "nox": "nox", "test": "pytest"}


class SetUpError(Exception):
    """The environment cannot be made; the message says what to do."""


def packages() -> list[Path]:
    """Return the folders of this checkout's packages, by name."""
    return sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))


def command(argv: list[str]) -> tuple[list[str], Path | None]:
    """Return what the user asked for as a command line, and where it runs (None: where they are).

    Only the tools of the checkout move to its root: `homalos` keeps the user's folder, since the
    paths in its arguments are relative to that.
    """
    if argv and argv[0] in TOOLS:
        return [str(PYTHON), "-m", TOOLS[argv[0]], *argv[1:]], ROOT
    return [str(HOMALOS), *(argv or ["up", "--demo"])], None


def fingerprint() -> str:
    """Return what an environment is made from: this Python, this place, the lock, the packages."""
    # The place counts because scripts and editable installs hold absolute paths.
    digest = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode())
    for path in (LOCK, *(package / "pyproject.toml" for package in packages())):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready() -> bool:
    """Return whether .venv is complete and made from what lies here now."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint()


def installer() -> tuple[list[str], list[str]]:
    """Return the installer's command line and the options that point it at .venv.

    Raises:
        SetUpError: There is neither uv nor pip.
    """
    uv = shutil.which("uv")
    if uv:
        return [uv, "--quiet", "pip"], ["--python", str(PYTHON)]
    if importlib.util.find_spec("pip") is None:
        message = (
            f"{sys.executable} has no pip. Install it (Debian, Ubuntu: apt install python3-pip; "
            "elsewhere: python3 -m ensurepip), or put uv on PATH, and run this again."
        )
        raise SetUpError(message)
    # Debian ships venv without the pip wheels, hence pip from outside instead of one inside.
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "--quiet"]
    return [*pip, "--disable-pip-version-check", "--no-input"], []


def set_up() -> None:
    """Make .venv from the lock and from the packages of this checkout.

    Raises:
        SetUpError: A step failed; what the installer said is already on standard error.
    """
    if Path(sys.prefix).resolve() == VENV.resolve():
        message = ".venv is out of date and cannot replace itself: use the Python it was made with."
        raise SetUpError(message)
    pip, target = installer()
    install = [*pip, "install", *target]
    editable = [word for package in packages() for word in ("--editable", str(package))]
    tell("setting up .venv, once; half a minute or so ...")
    try:
        made_from = fingerprint()  # now, so that an edit made meanwhile does not pass unnoticed
        STAMP.unlink(missing_ok=True)  # first, so that no half-cleared folder looks complete
        venv.create(VENV, clear=True, with_pip=False, symlinks=os.name != "nt")
        tell("installing the locked third-party packages ...")
        # Compiled now: not everybody's Python writes what it compiles, and `--help` would take
        # a second instead of a quarter.
        compiled = ("--compile-bytecode",) if target else ("--compile",)
        exact = ("--only-binary=:all:", "--require-hashes")
        run_step([*install, *compiled, *exact, "--requirement", str(LOCK)])
        tell("installing the packages of this checkout ...")
        run_step([*install, "--no-deps", "--no-build-isolation", *editable])
        run_step([*pip, "check", *target])
        run_step([str(PYTHON), "-m", "compileall", "-q", *(str(p / "src") for p in packages())])
        STAMP.write_text(made_from)
    except (OSError, subprocess.CalledProcessError) as fault:
        message = f"the set-up failed: {fault}\nThe next run starts it afresh."
        raise SetUpError(message) from fault
    tell("ready.")


def run_step(arguments: list[str]) -> None:
    """Run one step of the set-up; standard output stays the command's own."""
    subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def tell(message: str) -> None:
    """Write a line for the user to standard error."""
    print(f"start.py: {message}", file=sys.stderr, flush=True)


def environment() -> dict[str, str]:
    """Return the process environment with .venv activated."""
    path = os.pathsep.join(filter(None, [str(BIN), os.environ.get("PATH")]))
    outside = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    return {**outside, "PATH": path, "VIRTUAL_ENV": str(VENV)}


def become(arguments: list[str], folder: Path | None) -> int:
    """Run a command in this process's place and return its exit code.

    On POSIX the process is replaced, so that every signal (Ctrl-C, a second one, a service
    manager's TERM) and the exit code are the command's own. Windows cannot replace a process:
    there Ctrl-C reaches the command through the console, and this process waits for its end.
    """
    if os.name != "nt":
        os.chdir(folder or Path.cwd())
        os.execve(arguments[0], arguments, environment())
    signal.signal(signal.SIGINT, lambda *_: None)
    with subprocess.Popen(arguments, cwd=folder, env=environment()) as process:
        return process.wait()


def main(argv: list[str]) -> int:
    """Set up if needed, then become the command asked for."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is what this line is for
        tell(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
        return 1
    try:
        if not is_ready():
            set_up()
    except SetUpError as fault:
        tell(str(fault))
        return 1
    except KeyboardInterrupt:
        tell("the set-up was interrupted; the next run starts it afresh.")
        return 130
    return become(*command(argv))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
