"""`homalos order`: orders of a running engine, by hand, and what is told when that fails."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homalos import Engine
from homalos.cli import main
from homalos.engine.control import control
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, engine

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the sockets of these tests are AF_UNIX")

SOON_S = 10.0


def _at_most(lots: int, name: str) -> Any:
    def factory(_context: object, _options: object) -> Any:
        return lambda order: (
            Refusal(f"{order.volume} lots are too many for {name}", order.volume, lots)
            if order.volume > lots
            else None
        )

    return RiskRuleSpec(name=name, factory=factory)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Give an engine that can be spoken to, from an empty folder; its venue answers nothing."""
    monkeypatch.chdir(tmp_path)
    rules = (_at_most(5, "size"), _at_most(9, "caution"))
    built = engine(*rules, gateway=FakeGateway(), home=tmp_path / "home")
    built.add_strategy(Strategy, symbol=SYMBOL, name="idle")
    with control(built):
        thread = threading.Thread(target=built.run, name="engine")
        thread.start()
        try:
            built.snapshot().result(SOON_S)  # it has started
            yield built
        finally:
            built.request_stop()
            thread.join(SOON_S)


def order(*arguments: str) -> int:
    """Run `homalos order` against it, and return the exit code."""
    return main(["order", *arguments, "--home", "home"])


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Give what was printed since the last call, on standard output and error."""

    def read() -> tuple[str, str]:
        captured = capsys.readouterr()
        return captured.out.strip(), captured.err.strip()

    return read


@pytest.mark.usefixtures("running")
def test_an_order_is_sent_and_shown(said: Any) -> None:
    """With its id, and where it is."""
    assert order("send", "buy", SYMBOL, "2", "--price", "99") == 0
    assert said() == ("1-1: limit long open at 99 of 2 aa2510.TEST in main, pending", "")


@pytest.mark.usefixtures("running")
def test_a_stop_is_held(said: Any) -> None:
    """It is told from where on it leaves."""
    words = ("--trigger", "105", "--price", "106", "--tif", "gtc")
    assert order("send", "buy", SYMBOL, "2", *words) == 0
    assert said()[0] == "1-1: stop_limit long open at 106 from 105 of 2 aa2510.TEST in main, held"


@pytest.mark.usefixtures("running")
def test_a_refused_order_names_every_rule_and_fails(said: Any) -> None:
    """On standard error, with an exit code that a script sees."""
    assert order("send", "short", SYMBOL, "10", "--price", "99") == 1
    assert said() == (
        "",
        "\n".join(f"refused by {n}: 10 lots are too many for {n}" for n in ("caution", "size")),
    )


@pytest.mark.usefixtures("running")
def test_what_a_program_reads_has_the_refusals_as_fields(said: Any) -> None:
    """`--json` prints them whole."""
    assert order("send", "buy", SYMBOL, "6", "--price", "99", "--json") == 1
    found = json.loads(said()[0])

    assert found["order"] is None
    assert found["refused"] == [
        {"rule": "size", "message": "6 lots are too many for size", "input": 6, "limit": 5}
    ]


@pytest.mark.usefixtures("running")
def test_orders_are_listed_changed_and_cancelled(said: Any) -> None:
    """A stop: its trigger is moved, then it is taken away."""
    order("send", "buy", SYMBOL, "2", "--trigger", "105")
    said()
    assert order("amend", "1-1", "--trigger", "107", "--volume", "3") == 0
    assert said()[0] == "1-1: stop long open from 107 of 3 aa2510.TEST in main, held"
    assert order("list", "--json") == 0
    [listed] = json.loads(said()[0])["orders"]
    assert (listed["order_id"], listed["terms"]["trigger"]) == ("1-1", 107)
    assert order("cancel", "1-1") == 0
    assert said()[0] == "1-1 is asked back"
    assert order("cancel", "1-1") == 1
    assert said()[0] == "1-1 is over already"
    assert order("list") == 0
    assert said()[0] == "no orders"
    assert order("list", "--over") == 0
    assert {"1-1", "manual", SYMBOL, "0/3", "cancelled"} <= set(said()[0].split())


@pytest.mark.usefixtures("running")
def test_all_orders_are_cancelled_at_once(said: Any) -> None:
    """Held ones, and those at their venue."""
    order("send", "buy", SYMBOL, "1", "--price", "99")
    order("send", "buy", SYMBOL, "1", "--trigger", "105")
    said()
    assert order("cancel", "--all") == 0
    assert said()[0] == "2 orders asked back"


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("send", "buy", "zz", "1"), "'zz.TEST' is not in the table of this fake market"),
        (("send", "buy", SYMBOL, "1", "--type", "limit"), "a limit order needs a price"),
        (("send", "buy", SYMBOL, "1", "--account", "mains"), "did you mean 'main'?"),
        (("amend", "9-9", "--price", "99"), "no order has the id '9-9'"),
        (("cancel", "9-9"), "no order has the id '9-9'"),
    ],
)
def test_what_the_engine_cannot_do_is_told(words: tuple[str, ...], told: str, said: Any) -> None:
    """In its own words, on standard error, with an exit code that a script sees."""
    assert order(*words) != 0
    assert told in said()[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("send", "buy", SYMBOL, "0"), "0 is not in the range x>=1"),
        (("send", "hold", SYMBOL, "1"), "'hold' is not one of"),
        (("send", "buy", SYMBOL, "1", "--price", "inf"), "inf is no price"),
        (("send", "buy", SYMBOL, "1", "--until", "tomorrow"), "'tomorrow' is no time"),
        (("send", "buy", SYMBOL, "1", "--until", "2025-01-06"), "does not say in which zone"),
        (("send", "buy", SYMBOL, "1", "--offset", "closetoday"), "buy opens"),
        (("amend", "1-1"), "say what to change"),
        (("cancel",), "name the orders to cancel, or --all of them"),
    ],
)
def test_what_makes_no_sense_is_told_before_anybody_is_asked(
    words: tuple[str, ...], told: str, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No engine runs here."""
    monkeypatch.chdir(tmp_path)
    assert order(*words) == 2
    assert told in " ".join(said()[1].split())


def test_without_an_engine_it_says_so(
    said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every command that needs one."""
    monkeypatch.chdir(tmp_path)
    assert order("list") != 0
    assert "no engine runs" in said()[1]
