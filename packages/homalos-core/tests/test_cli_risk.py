"""`homalos risk`: what a person reads and types, of an engine that runs."""

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
from homalos.config import ControlSettings
from homalos.engine.control import control
from homalos.model import Direction, Offset, OrderRequest, TradeReport
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Meter, Refusal, RiskContext, RiskRule, Session
from homalos.strategy import Strategy
from homalos.testing import DAY, SYMBOL, FakeMarket, at, engine, tick

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the sockets of these tests are AF_UNIX")

SOON_S = 10.0
SESSIONS = (Session(at(0), at(60), DAY), Session(at(7200), at(9000), DAY))


def bind(context: RiskContext, _options: object) -> RiskRule:
    """Make a rule of 5 lots."""

    def lots(request: OrderRequest) -> int:
        return context.holding(request.account, request.symbol).long + request.volume

    def check(request: OrderRequest) -> Refusal | None:
        if lots(request) <= 5:
            return None
        return Refusal(f"{lots(request)} lots; at most 5 are allowed", lots(request), 5)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        yield Meter(subject="main long", value=lots(request), limit=5)

    def meters() -> Iterator[Meter]:
        yield Meter(subject="main long", value=context.holding("main", SYMBOL).long, limit=5)

    return RiskRule(check=check, measure=measure, meters=meters)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Engine]:
    """Give an engine that holds 4 lots and can be spoken to."""
    built = engine(
        RiskRuleSpec(name="lots", factory=bind, doc="Lots."),
        home=tmp_path,
        market=FakeMarket(sessions=SESSIONS),
        control=ControlSettings(operator_s=60),
    )
    built.add_strategy(Strategy, symbol=SYMBOL, name="idle")
    with control(built):
        thread = threading.Thread(target=built.run, name="engine")
        thread.start()
        try:
            built.parts.inbox.post(tick())
            trade = TradeReport(
                "X9", "T9", SYMBOL, Direction.LONG, Offset.OPEN, 100.0, 4, at(1), DAY,
                account="main", gateway="fake",
            )  # fmt: skip
            built.parts.inbox.post(trade)
            built.snapshot().result(SOON_S)
            yield built
        finally:
            built.request_stop()
            thread.join(SOON_S)


class Talk:
    """Types commands and reads what comes of them."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Speak to the engine of a home."""
        self.home = str(home)
        self.capsys = capsys

    def say(self, *words: str, code: int = 0) -> str:
        """Return the text of a command, its spaces made one."""
        assert main(["risk", *words, "--home", self.home]) == code
        out, err = self.capsys.readouterr()
        return " ".join((out + err).split())

    def ask(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Return the JSON of a command."""
        assert main(["risk", *words, "--home", self.home, "--json"]) == code
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return found


@pytest.fixture
def talk(running: Engine, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Give somebody who types."""
    return Talk(running.parts.settings.home, capsys)


def test_explain_names_the_rule_the_input_and_the_limit(talk: Talk) -> None:
    """4 lots are held; 2 more would be 6 of 5."""
    text = talk.say("explain", "buy", SYMBOL, "2", "--price", "100")
    passed = talk.say("explain", "buy", SYMBOL, "1", "--price", "100")
    found = talk.ask("explain", "buy", SYMBOL, "2", "--price", "100")

    assert "it would be refused by lots" in text
    assert "lots exposure refuses 6 5" in text
    assert "it would be sent" in passed
    assert "lots exposure passes 5 5 main long" in passed
    assert (found["passes"], found["parts"][0]["verdicts"][0]["input"]) == (False, 6)


def test_explain_says_what_is_waived(talk: Talk) -> None:
    """A close that the rule counts as more passes, since it only reduces."""
    found = talk.ask("explain", "sell", SYMBOL, "4", "--price", "100")

    assert found["passes"] is True
    assert found["parts"][0]["verdicts"][0]["is_waived"] is True
    assert "waived" in talk.say("explain", "sell", SYMBOL, "4", "--price", "100")


def test_preview_shows_what_an_order_would_do(talk: Talk) -> None:
    """One lot more of 10 units at 100: a tenth of 1,000 as margin."""
    text = talk.say("preview", "buy", SYMBOL, "1", "--price", "100")

    for line in ("margin needed 100.00", "position after 5 long, 0 short", "lots that open 1"):
        assert line in text


def test_show_has_rules_meters_switches_and_the_operator(talk: Talk) -> None:
    """One picture of everything that can keep an order."""
    talk.say("switch", "account", "main", "close_only", "--reason", "late")
    text = talk.say("show")

    assert "lots exposure 0" in text
    assert "lots main long 4 5 80 % 1" in text
    assert "account main close_only a person late" in text
    assert "60 s are allowed" in text


def test_the_switch_is_turned_and_turned_back(talk: Talk) -> None:
    """Of the engine where nothing else is said; JSON for a program."""
    said = talk.say("switch", "halted"), talk.say("switch", "engine", "normal")

    assert said == ("engine is halted", "engine is normal")
    assert talk.ask("switch", "strategy", "idle", "halted") == {
        "scope": "strategy",
        "name": "idle",
        "state": "halted",
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("switch", "off"), "'off' is no state"),
        (("switch", "desk", "a", "halted"), "'desk a': expected nothing, engine"),
        (("switch", "account", "halted"), "'account': expected nothing, engine"),
        (("flatten", "account"), "'account': expected nothing, engine"),
        (("flatten", "--timeout", "0"), "--timeout"),
        (("explain", "buy", SYMBOL, "0"), "VOLUME"),
    ],
)
def test_words_that_mean_nothing_are_told(talk: Talk, words: tuple[str, ...], told: str) -> None:
    """Before anything is asked of the engine."""
    assert told in talk.say(*words, code=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("switch", "account", "mainn", "halted"), "did you mean 'main'"),
        (("flatten", "strategy", "ilde"), "did you mean 'idle'"),
        (("preview", "xx", "buy", "open", "1"), "xx"),
        (("preview", "buy", SYMBOL, "1", "--account", "mainn"), "did you mean 'main'"),
    ],
)
def test_what_there_is_not_is_told_by_the_engine(
    talk: Talk, words: tuple[str, ...], told: str
) -> None:
    """One clear error, exit code 1."""
    assert told in talk.say(*words, code=1)


def test_flatten_lists_what_it_could_not_do(running: Engine, talk: Talk) -> None:
    """The session is over: nothing is sent, and the exit code says so."""
    running.parts.inbox.post(tick(ts_ns=at(90)))
    text = talk.say("flatten", code=1)
    found = talk.ask("flatten", "account", "main", code=1)

    assert "engine is not flat" in text
    assert "its market is closed" in text
    assert (found["is_flat"], found["left"][0]["lots"]) == (False, 4)


def test_flatten_of_nothing_is_flat(talk: Talk) -> None:
    """A strategy that holds nothing."""
    assert "strategy idle is flat" in talk.say("flatten", "strategy", "idle")


def test_a_sign_of_the_operator_is_heard(talk: Talk) -> None:
    """It says when the next one is due."""
    assert talk.say("alive") == "heard; the next sign is due within 60 s"
    assert talk.ask("cancel") == {"cancelled": 0}
