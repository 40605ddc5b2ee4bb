"""An engine that keeps statements writes each day's text in the first format there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homalos.engine.statements import StatementDays
from homalos.errors import StatementError
from homalos.model import Statement
from homalos.plugins import StatementFormatSpec
from homalos.testing import engine


def _read(_data: bytes, /, *, name: str) -> Any:
    msg = "nothing can be read here"
    raise StatementError(msg, file=name)


def _format(name: str) -> StatementFormatSpec:
    def write(statement: Statement) -> str:
        return f"{name}: {statement.account} {statement.trading_day}\n"

    return StatementFormatSpec(name=name, write=write, read=_read)


@pytest.mark.parametrize(
    ("formats", "texts"),
    [((), []), (("house", "annex"), ["annex: main 20250106\n"])],
    ids=["none", "two"],
)
def test_a_settled_day_is_kept_with_its_text(
    formats: tuple[str, ...], texts: list[str], tmp_path: Path
) -> None:
    """The JSON in any case, the text where a plugin offers how."""
    running = engine(*map(_format, formats), home=tmp_path, statements=True)
    with running:
        running.parts.settler.settle(20250106)

    assert StatementDays(tmp_path).load("main", 20250106).account == "main"
    found = [path.read_text("utf-8") for path in tmp_path.rglob("*.txt")]
    assert (found, list(running.parts.faults)) == (texts, [])


def test_a_format_that_raises_is_told_and_costs_the_text_alone(tmp_path: Path) -> None:
    """The exact day is on disk all the same."""

    def broken(_: Statement) -> str:
        msg = "out of ink"
        raise ValueError(msg)

    spec = StatementFormatSpec(name="house", write=broken, read=_read)
    running = engine(spec, home=tmp_path, statements=True)
    with running:
        running.parts.settler.settle(20250106)

    assert StatementDays(tmp_path).days("main") == (20250106,)
    assert list(tmp_path.rglob("*.txt")) == []
    assert any("out of ink" in str(what) for _, what in running.parts.faults)
