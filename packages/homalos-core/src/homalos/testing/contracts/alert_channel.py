"""What every alert channel must do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.config.masking import secrets_in
from homalos.model import Alert
from homalos.plugins.ports import AlertChannel, AlertContext
from homalos.plugins.specs import AlertChannelSpec
from homalos.testing.contracts.requirement import (
    Requirement,
    expect,
    expect_no_thread_since,
    options_of,
    requirement,
)
from homalos.testing.records import at

__all__ = ["ALERT_CHANNEL", "AlertChannelSubject"]


@frozen(kw_only=True)
class AlertChannelSubject:
    """An alert channel under test, and how to see what it has sent.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own; the channel's home.
        received: What has arrived so far, oldest first: one text an alert, with its message
            as the person reads it.
        options: As they would stand in the settings.
        spoil: Make every further sending fail, as a network that is down does; `None`
            where nothing can fail.
    """

    spec: AlertChannelSpec
    folder: Path
    received: Callable[[], Sequence[str]]
    options: Mapping[str, Any] = Factory(dict)
    spoil: Callable[[], None] | None = None


@contextmanager
def _opened(subject: AlertChannelSubject) -> Iterator[AlertChannel]:
    context = AlertContext(name="under-test", home=subject.folder)
    channel = subject.spec.factory(context, options_of(subject.spec, subject.options))
    try:
        yield channel
    finally:
        channel.close()


def _alert(message: str = "the disk is full") -> Alert:
    return Alert("error", "strategy.ma1", message, at(0))


def _expect_received(subject: AlertChannelSubject, messages: Sequence[str]) -> None:
    found = subject.received()
    in_place = all(message in text for message, text in zip(messages, found, strict=False))
    expect(
        len(found) == len(messages) and in_place,
        f"{len(found)} texts arrived, {str(found)[:200]}; expected {len(messages)} in order: "
        f"{str(list(messages))[:200]}",
    )


@requirement
def making_it_sends_nothing(subject: AlertChannelSubject) -> None:
    """A person who is called for nothing stops looking."""
    with _opened(subject):
        pass
    _expect_received(subject, [])


@requirement
def alerts_arrive_once_and_in_order(subject: AlertChannelSubject) -> None:
    """What happened first is most often why the rest happened."""
    with _opened(subject) as channel:
        channel.send([_alert("first"), _alert("second")])
        channel.send([_alert("third")])
    _expect_received(subject, ["first", "second", "third"])


@requirement
def a_large_batch_arrives_whole(subject: AlertChannelSubject) -> None:
    """On a bad day they come by the hundred, and the cause is among them."""
    messages = [f"alert number {number}" for number in range(200)]
    with _opened(subject) as channel:
        channel.send([_alert(message) for message in messages])
    _expect_received(subject, messages)


@requirement
def an_alert_says_who_speaks_and_how_grave_it_is(subject: AlertChannelSubject) -> None:
    """`stopped` alone tells nobody what has stopped."""
    with _opened(subject) as channel:
        channel.send([_alert()])
    text = "".join(subject.received())
    for part in ("strategy.ma1", "error"):
        expect(part in text.lower(), f"{text!r} arrived; expected {part!r} to stand in it")


@requirement
def an_empty_batch_sends_nothing(subject: AlertChannelSubject) -> None:
    """A person who is called for nothing stops looking."""
    with _opened(subject) as channel:
        channel.send([])
    _expect_received(subject, [])


@requirement
def any_text_arrives(subject: AlertChannelSubject) -> None:
    """Messages quote exchanges in Chinese, and files in whatever they hold."""
    message = "资金不足 📉 'quoted' <b>&amp;"
    with _opened(subject) as channel:
        channel.send([_alert(message)])
    _expect_received(subject, [message])


@requirement
def text_that_is_not_text_is_survived(subject: AlertChannelSubject) -> None:
    """A file's name may hold half a surrogate pair, and would park every alert beside it."""
    with _opened(subject) as channel:
        channel.send([_alert("file \udcff.csv"), _alert("after")])
    found = subject.received()
    expect(len(found) == 2 and "after" in found[1], f"{found!r} arrived; expected both alerts")


@requirement
def a_long_message_arrives(subject: AlertChannelSubject) -> None:
    """A list of problems may be long; cut it rather than lose it."""
    with _opened(subject) as channel:
        channel.send([_alert("many problems: " + "x" * 20_000), _alert("after")])
    _expect_received(subject, ["many problems: ", "after"])


@requirement
def a_message_of_several_lines_stays_one_alert(subject: AlertChannelSubject) -> None:
    """The second line alone would look like an alert of its own."""
    with _opened(subject) as channel:
        channel.send([_alert("one\ntwo"), _alert("after")])
    found = subject.received()
    expect(len(found) == 2, f"{len(found)} texts arrived for two alerts: {found!r}")


@requirement
def a_failed_sending_is_an_os_error(subject: AlertChannelSubject) -> None:
    """The observer tries again what raised; what is silently lost nobody hears of."""
    if subject.spoil is None:
        return
    with _opened(subject) as channel:
        subject.spoil()
        try:
            channel.send([_alert()])
        except OSError:
            return
        expect(met=False, what="sending went well although nothing could arrive")


@requirement
def secrets_stay_at_home(subject: AlertChannelSubject) -> None:
    """A chat is read by more people than the settings are."""
    with _opened(subject) as channel:
        channel.send([_alert()])
    text = "".join(subject.received())
    told = [secret for secret in secrets_in(dict(subject.options)) if secret and secret in text]
    expect(not told, f"{len(told)} secrets of the options stand in what arrived; expected none")


@requirement
def it_sends_on_another_thread(subject: AlertChannelSubject) -> None:
    """An observer calls it on its own thread, never the one that made it."""
    with _opened(subject) as channel, ThreadPoolExecutor(1) as thread:
        thread.submit(channel.send, [_alert("from a thread")]).result(60)
    _expect_received(subject, ["from a thread"])


@requirement
def closing_again_is_harmless(subject: AlertChannelSubject) -> None:
    """A start that fails closes what was opened, and so does the stop that follows."""
    with _opened(subject) as channel:
        channel.close()


@requirement
def no_thread_is_left_behind(subject: AlertChannelSubject) -> None:
    """Each run of an engine in one process would leave one more."""
    before = set(threading.enumerate())
    with _opened(subject) as channel:
        channel.send([_alert()])
    expect_no_thread_since(before)


ALERT_CHANNEL: tuple[Requirement[AlertChannelSubject], ...] = (
    making_it_sends_nothing,
    alerts_arrive_once_and_in_order,
    a_large_batch_arrives_whole,
    an_alert_says_who_speaks_and_how_grave_it_is,
    an_empty_batch_sends_nothing,
    any_text_arrives,
    text_that_is_not_text_is_survived,
    a_long_message_arrives,
    a_message_of_several_lines_stays_one_alert,
    a_failed_sending_is_an_os_error,
    secrets_stay_at_home,
    it_sends_on_another_thread,
    closing_again_is_harmless,
    no_thread_is_left_behind,
)
