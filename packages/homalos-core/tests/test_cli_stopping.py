"""Tests of Ctrl-C: once asks, twice forces."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from homalos.cli.stopping import stoppable

PROGRAM = """
import sys, threading
from homalos.cli.stopping import stoppable

asked = threading.Event()
never = threading.Event()

def stop():
    asked.set()
    sys.stdout.write("asked\\n")
    sys.stdout.flush()

with stoppable(stop, restore=lambda: sys.stderr.write("restored\\n")):
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    asked.wait()
    if sys.argv[1] == "stuck":
        never.wait()
"""


@pytest.fixture
def program(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """Give a program that runs until it is stopped; as "stuck" it hears only force."""
    command = [sys.executable, "-c", PROGRAM, request.param]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("program", ["willing"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_for_a_clean_stop(
    number: signal.Signals, program: subprocess.Popen[str]
) -> None:
    """The program goes on to its own end, which is a good one."""
    program.send_signal(number)
    said, told = program.communicate(timeout=20)
    assert (said, told, program.returncode) == ("asked\n", "", 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("program", ["stuck"], indirect=True)
def test_a_second_ctrl_c_forces(program: subprocess.Popen[str]) -> None:
    """A stop that hangs is ended at once, with the terminal given back."""
    assert program.stdout is not None
    program.send_signal(signal.SIGINT)
    assert program.stdout.readline() == "asked\n"
    program.send_signal(signal.SIGINT)
    _, told = program.communicate(timeout=20)
    assert program.returncode == 130
    assert told == "restored\nforced to end\n"


def test_signals_are_as_before_afterwards() -> None:
    """A program that goes on after a run has its own Ctrl-C back."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stoppable(lambda: None):
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
