"""The terminal and the process: letters, colours, how many files may be open."""

from __future__ import annotations

import locale
import sys
from collections.abc import Iterator, Mapping

from homalos.plugins.ports import DoctorContext, Finding

if sys.platform != "win32":
    import resource

__all__ = ["check_open_files", "check_terminal", "judge_open_files", "judge_terminal"]

_FEW, _MANY = 256, 1024
_UNLIMITED = 1 << 31


def judge_terminal(
    environment: Mapping[str, str], *, encoding: str, preferred: str, is_terminal: bool
) -> Iterator[Finding]:
    """Say whether Chinese and line drawings can be shown.

    Args:
        environment: `TERM` says what the terminal can do.
        encoding: Of standard output.
        preferred: What files are read as that do not say what they are.
        is_terminal: Whether standard output is a terminal.
    """
    wrong = []
    for what, name in (("standard output", encoding), ("the locale", preferred)):
        if name.lower().replace("-", "").replace("_", "") not in {"utf8", "utf8sig", "cp65001"}:
            remedy = "set LANG=C.UTF-8, on Windows PYTHONUTF8=1"
            text = f"{what} is in {name or 'an unknown encoding'}, not UTF-8"
            wrong.append(Finding(level="warning", what=text, remedy=remedy))
    if is_terminal and environment.get("TERM", "") in {"", "dumb"} and sys.platform != "win32":
        what = "the terminal cannot be drawn on (TERM is empty or dumb)"
        remedy = "set TERM=xterm-256color; without it a run is shown in log lines"
        wrong.append(Finding(level="warning", what=what, remedy=remedy))
    yield from wrong or [Finding(level="ok", what="UTF-8")]


def judge_open_files(limit: int | None) -> Iterator[Finding]:
    """Say whether a process may have enough files open; `None` where there is no bound."""
    remedy = "raise it: ulimit -n 4096, or LimitNOFILE= of the service"
    if limit is None or limit >= _UNLIMITED or limit < 0:
        yield Finding(level="ok", what="no bound")
    elif limit < _MANY:
        what = f"a process may have only {limit} files open"
        yield Finding(level="error" if limit < _FEW else "warning", what=what, remedy=remedy)
    else:
        yield Finding(level="ok", what=f"a process may have {limit:,} files open")


def check_terminal(context: DoctorContext) -> Iterator[Finding]:
    """Look at the terminal."""
    out = sys.__stdout__
    return judge_terminal(
        context.environment,
        encoding=out.encoding if out is not None else "utf-8",
        preferred=locale.getpreferredencoding(do_setlocale=False),
        is_terminal=out is not None and out.isatty(),
    )


def check_open_files(_: DoctorContext) -> Iterator[Finding]:
    """Look at the bound on open files."""
    limit = None
    if sys.platform != "win32":
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return judge_open_files(limit)
