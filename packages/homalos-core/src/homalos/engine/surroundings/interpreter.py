"""Python and the libraries: versions, builds, what is too old or never tried."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator

from homalos.plugins.hookspecs import PROJECT
from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["check_libraries", "check_python", "judge_libraries", "judge_python"]

_OLDEST, _NEWEST = (3, 11), (3, 13)  # those that the tests run on
_WIDE = 1 << 32
_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?\s*(?:\(?([^;)]*)\)?)?\s*(;.*)?")
_BOUND = re.compile(r"(>=|<|==|!=|<=|>|~=)\s*([\w.*+!-]+)")


def judge_python(
    *, version: tuple[int, ...], implementation: str, has_lock: bool, largest: int
) -> Iterator[Finding]:
    """Say whether Homalos runs on a Python.

    Args:
        version: Such as (3, 12, 1).
        implementation: Such as CPython.
        has_lock: Whether it has a global interpreter lock.
        largest: `sys.maxsize`.
    """
    number = ".".join(map(str, version))
    name = f"{implementation} {number}"
    span = f"{'.'.join(map(str, _OLDEST))} to {'.'.join(map(str, _NEWEST))}"
    if version[:2] < _OLDEST:
        yield Finding(
            level="error", what=f"{name} is too old", remedy=f"install a Python of {span}"
        )
    elif version[:2] > _NEWEST:
        what = f"{name} is newer than what Homalos was tested with"
        yield Finding(level="warning", what=what, remedy=f"use a Python of {span} for real money")
    elif implementation != "CPython":
        what = f"{name} was never tested"
        yield Finding(level="warning", what=what, remedy=f"use CPython {span}")
    else:
        yield Finding(level="ok", what=name)
    if not has_lock:
        what = "this build runs without the global interpreter lock, which was never tested"
        remedy = "use the usual build, or set PYTHON_GIL=1"
        yield Finding(level="warning", what=what, remedy=remedy)
    if largest < _WIDE:
        remedy = "install a Python of 64 bits"
        yield Finding(level="warning", what="this Python has 32 bits", remedy=remedy)


def judge_libraries(
    requirements: Iterable[str], version_of: Callable[[str], str | None]
) -> Iterator[Finding]:
    """Say whether libraries are there in versions that do.

    Args:
        requirements: As a package's metadata have them: `attrs>=24.2`. Those of extras
            are passed over.
        version_of: Gives the version installed, `None` for a library that is missing.
    """
    is_well = True
    known: dict[str, str] = {}
    for requirement in sorted(set(requirements)):
        match = _REQUIREMENT.fullmatch(requirement.strip())
        if match is None or "extra" in (match[3] or ""):
            continue
        name, wanted = match[1], (match[2] or "").strip()
        found = version_of(name)
        if found is not None:
            known[name] = found
        if found is not None and _fits(found, wanted):
            continue
        is_well = False
        there = f"{name} {found} is installed" if found else f"{name} is not installed"
        remedy = f"install it: pip install '{name}{wanted}'"
        yield Finding(level="error", what=f"{there}, {name}{wanted} is needed", remedy=remedy)
    if is_well:
        listed = ", ".join(f"{name} {version}" for name, version in known.items())
        yield Finding(level="ok", what=listed or "no library is needed")


def _fits(found: str, wanted: str) -> bool:
    """Say whether a version is within its bounds; those that are not plain numbers are passed."""
    version = _numbers(found)
    for sign, bound in _BOUND.findall(wanted):
        limit = _numbers(bound)
        if (sign in {">=", "~="} and version < limit) or (sign == "<" and version >= limit):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    # Trailing noughts count for nothing: 2 is 2.0.
    digits = [int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part]  # type: ignore[index]  # it always matches
    while digits and digits[-1] == 0:
        digits.pop()
    return tuple(digits)


def check_python(_: DoctorContext) -> Iterator[Finding]:
    """Look at this Python."""
    has_lock: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)
    yield from judge_python(
        version=sys.version_info[:3],
        implementation=platform.python_implementation(),
        has_lock=has_lock(),
        largest=sys.maxsize,
    )
    yield Finding(level="ok", what=platform.platform())


def check_libraries(_: DoctorContext) -> Iterator[Finding]:
    """Look at what the core and the installed plugins need."""
    found = importlib.metadata.entry_points(group=PROJECT)
    needed = {each for entry in found if entry.dist for each in (entry.dist.requires or ())}
    return judge_libraries(needed, _installed)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
