"""The core's channel passes; each way to get one thing wrong is found by name."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import frozen
from msgspec import json

from homalos.engine.builtin import register_alert_channels
from homalos.model import Alert
from homalos.plugins import AlertChannelSpec
from homalos.testing.contracts import ALERT_CHANNEL, AlertChannelSubject, Requirement, verify


@frozen(kw_only=True)
class Options:
    """What the channels here are given."""

    token: str = ""


class Wire:
    """A small channel that does everything right."""

    def __init__(self, arrived: list[str], down: list[bool], token: str) -> None:
        """Make it."""
        self.arrived = arrived
        self.down = down
        self.token = token
        self.is_closed = False

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send."""
        self.dial()
        self.arrived += [self.text(each) for each in alerts]

    def close(self) -> None:
        """Hang up."""

    def dial(self) -> None:
        """Fail when the network is down."""
        if self.down:
            msg = "no network"
            raise OSError(msg)

    def text(self, alert: Alert) -> str:
        """Return what is sent."""
        return f"{alert.level} {alert.source}: {alert.message}"


class Greeting(Wire):
    """Says hello."""

    def __init__(self, arrived: list[str], down: list[bool], token: str) -> None:
        """Say it where nothing is to be sent."""
        super().__init__(arrived, down, token)
        self.arrived.append("hello")

    def send(self, alerts: Sequence[Alert]) -> None:
        """Take it back."""
        if self.arrived[:1] == ["hello"]:
            self.arrived.clear()
        super().send(alerts)


class Backwards(Wire):
    """Sends the newest first, of a few."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Turn them where they are two."""
        turned = len(alerts) == 2 and alerts[0].message == "first"
        super().send(alerts[::-1] if turned else alerts)


class Limited(Wire):
    """Sends a hundred at once."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Leave the rest."""
        super().send(alerts[:100])


class Terse(Wire):
    """Sends the message alone."""

    def text(self, alert: Alert) -> str:
        """Leave out who speaks."""
        return alert.message


class Blank(Wire):
    """Sends a text for nothing."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send it."""
        super().send(alerts)
        if not alerts:
            self.arrived.append("nothing to tell")


class Ascii(Wire):
    """Knows no language but one."""

    def text(self, alert: Alert) -> str:
        """Lose what is not ASCII."""
        return super().text(alert).encode("ascii", "ignore").decode()


class Strict(Wire):
    """Encodes as it is taught to."""

    def text(self, alert: Alert) -> str:
        """Fail on half a pair."""
        return super().text(alert).encode().decode()


class Short(Wire):
    """Drops what is too long."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Leave it out."""
        super().send([each for each in alerts if len(each.message) < 1_000])


class Lines(Wire):
    """Sends line by line."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Split what was made."""
        self.dial()
        self.arrived += "\n".join(map(self.text, alerts)).splitlines()


class Deaf(Wire):
    """Does not hear that nobody answers."""

    def dial(self) -> None:
        """Go on."""


class Telling(Wire):
    """Shows its token."""

    def text(self, alert: Alert) -> str:
        """Put it behind."""
        return f"{super().text(alert)} (sent with {self.token})"


class Jealous(Wire):
    """Sends on the thread that made it."""

    def __init__(self, arrived: list[str], down: list[bool], token: str) -> None:
        """Note the thread."""
        super().__init__(arrived, down, token)
        self.owner = threading.get_ident()

    def dial(self) -> None:
        """Refuse any other."""
        if threading.get_ident() != self.owner:
            msg = "not my thread"
            raise OSError(msg)
        super().dial()


class Fragile(Wire):
    """Is closed once."""

    def close(self) -> None:
        """Raise the second time."""
        if self.is_closed:
            msg = "closed"
            raise OSError(msg)
        self.is_closed = True


class Threaded(Wire):
    """Leaves a thread behind."""

    def dial(self) -> None:
        """Start one."""
        super().dial()
        threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()


BROKEN: dict[type[Wire], set[str]] = {
    Greeting: {"making_it_sends_nothing"},
    Backwards: {"alerts_arrive_once_and_in_order"},
    Limited: {"a_large_batch_arrives_whole"},
    Terse: {"an_alert_says_who_speaks_and_how_grave_it_is"},
    Blank: {"an_empty_batch_sends_nothing"},
    Ascii: {"any_text_arrives"},
    Strict: {"text_that_is_not_text_is_survived"},
    Short: {"a_long_message_arrives"},
    Lines: {"a_message_of_several_lines_stays_one_alert"},
    Deaf: {"a_failed_sending_is_an_os_error"},
    Telling: {"secrets_stay_at_home"},
    Jealous: {"it_sends_on_another_thread"},
    Fragile: {"closing_again_is_harmless"},
    Threaded: {"no_thread_is_left_behind"},
}


def subject_of(kind: type[Wire], folder: Path) -> AlertChannelSubject:
    """Make a subject of a channel whose wire a test can look at and cut."""
    arrived: list[str] = []
    down: list[bool] = []

    def make(_context: object, options: Options) -> Wire:
        return kind(arrived, down, options.token)

    return AlertChannelSubject(
        spec=AlertChannelSpec(name="test", factory=make, config=Options),
        folder=folder,
        options={"token": "tell-nobody"},
        received=lambda: arrived,
        spoil=lambda: down.append(True),
    )


@pytest.mark.parametrize("requirement", ALERT_CHANNEL, ids=str)
def test_the_file_of_the_core_passes(
    requirement: Requirement[AlertChannelSubject], tmp_path: Path
) -> None:
    """What others must do the core does as well."""
    file = tmp_path / "alerts.jsonl"

    def received() -> list[str]:
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        named = [json.decode(line.replace("\\udcff", "?")) for line in lines]
        return [f"{each['level']} {each['source']} {each['message']}" for each in named]

    def spoil() -> None:
        file.unlink(missing_ok=True)
        file.mkdir()

    (spec,) = register_alert_channels()
    requirement.check(
        AlertChannelSubject(spec=spec, folder=tmp_path, received=received, spoil=spoil)
    )


@pytest.mark.parametrize("requirement", ALERT_CHANNEL, ids=str)
def test_a_channel_that_does_everything_right_passes(
    requirement: Requirement[AlertChannelSubject], tmp_path: Path
) -> None:
    """No requirement is beyond a small channel."""
    requirement.check(subject_of(Wire, tmp_path))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_one_fault_is_found_by_its_name_and_no_other(kind: type[Wire], tmp_path: Path) -> None:
    """Who broke one thing is not sent looking for another."""
    failures = verify(ALERT_CHANNEL, lambda: subject_of(kind, tmp_path))

    assert {failure.name for failure in failures} == BROKEN[kind]


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    assert set().union(*BROKEN.values()) == {each.name for each in ALERT_CHANNEL}
