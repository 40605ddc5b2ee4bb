"""What an import brings along: the model no engine, the package nothing heavy."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from functools import cache

import pytest


@cache
def loaded_by(statement: str) -> frozenset[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return frozenset(done.stdout.split())


def of(package: str, modules: frozenset[str]) -> list[str]:
    """Return those modules that are a package or in it."""
    return sorted(name for name in modules if name == package or name.startswith(f"{package}."))


def test_the_model_loads_nothing_of_the_house_but_itself() -> None:
    """Whoever only reads messages, as a worker or a tool does, pays for no engine."""
    modules = loaded_by("import homalos.model")
    strangers = set(of("homalos", modules)) - set(of("homalos.model", modules)) - {"homalos"}
    assert strangers == set()


@pytest.mark.parametrize(
    "heavy", ["homalos.engine", "homalos.plugins", "dynaconf", "loguru", "click", "rich", "yaml"]
)
def test_importing_homalos_loads_nothing_heavy(heavy: str) -> None:
    """Its names come on first use; dynaconf alone costs a third of a second."""
    assert of(heavy, loaded_by("import homalos")) == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from homalos import Strategy", ["homalos.engine", "dynaconf", "loguru"]),
        ("from homalos import Settings", ["homalos.engine", "dynaconf", "loguru"]),
        ("import homalos.plugins", ["homalos.engine", "homalos.config", "dynaconf", "loguru"]),
        ("from homalos import Engine", ["dynaconf", "loguru", "click", "rich", "asyncio"]),
        ("from homalos.testing import FakeDesk", ["homalos.engine", "pytest", "dynaconf"]),
    ],
)
def test_a_public_name_brings_no_more_than_it_needs(statement: str, absent: list[str]) -> None:
    """A plugin stands under the engine; an embedded engine reads no files."""
    modules = loaded_by(statement)
    assert {name: of(name, modules) for name in absent} == {name: [] for name in absent}


@pytest.mark.parametrize(
    "package", ["homalos", "homalos.config", "homalos.model", "homalos.plugins", "homalos.testing"]
)
def test_every_public_name_resolves(package: str) -> None:
    """Also those that load lazily."""
    module = importlib.import_module(package)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_a_name_that_homalos_does_not_have_is_an_attribute_error() -> None:
    """As of any other module."""
    module = importlib.import_module("homalos")
    with pytest.raises(AttributeError, match="module 'homalos' has no attribute 'Engines'"):
        module.Engines  # noqa: B018  the asking is what fails
