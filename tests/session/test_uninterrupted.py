"""Work that is begun is finished before a signal is heeded, within reason."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from tests.terminal.pty_program import ROOT
from tui_auth.session.uninterrupted import finished_first

PROGRAM = """
import os, signal, sys
from tui_auth.session import uninterrupted
uninterrupted.GRACE_SECONDS = 0.1 if sys.argv[2] == "stuck" else 60
def work():
    os.kill(os.getpid(), int(sys.argv[1]))
    if sys.argv[2] == "stuck":
        import threading; threading.Event().wait()
    print("finished", flush=True)
uninterrupted.finished_first(work)
print("went on", flush=True)
"""


def run(number: signal.Signals, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(number)), how],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_waits_for_the_work_and_is_then_heeded(number: signal.Signals) -> None:
    ran = run(number, "quick")
    assert (ran.returncode, ran.stdout) == (-number, "finished\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_work_that_is_stuck_does_not_keep_it_waiting(number: signal.Signals) -> None:
    ran = run(number, "stuck")
    assert (ran.returncode, ran.stdout) == (-number, "")


def test_the_result_or_the_error_of_the_work_comes_back() -> None:
    assert finished_first(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        finished_first(lambda: 1 // 0)


def test_off_the_main_thread_it_just_works() -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(finished_first(lambda: 7)))
    thread.start()
    thread.join()
    assert results == [7]


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def test_signals_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    finished_first(lambda: None)
    assert [signal.getsignal(number) for number in ENDING] == before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(ENDING)


LATE = """
import os, signal, sys, threading
from tui_auth.session import uninterrupted
from tui_auth.terminal.signals import exit_on_signals
uninterrupted.GRACE_SECONDS = 0.1
number, how = int(sys.argv[1]), sys.argv[2]
heeded = threading.Event()
if how == "ignored":
    signal.signal(number, signal.SIG_IGN)
if how == "survived":
    signal.signal(number, lambda *_: heeded.set())
def work():
    os.kill(os.getpid(), number)
    if how == "survived":
        heeded.wait()
    else:
        threading.Event().wait(0.5)
    return "finished"
if how == "in lines":
    uninterrupted.GRACE_SECONDS = 60
    with exit_on_signals():
        uninterrupted.finished_first(lambda: print(work(), flush=True))
    print("went on", flush=True)
else:
    print(uninterrupted.finished_first(work), flush=True)
"""
"""A signal comes at once, and the work takes longer than a signal's patience."""


def late(number: signal.Signals, how: str) -> tuple[int, str, str]:
    words = [sys.executable, "-c", LATE, str(int(number)), how]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("how", ["ignored", "survived"])
def test_a_signal_that_does_not_end_the_program_does_not_end_the_work(
    number: signal.Signals, how: str
) -> None:
    assert late(number, how) == (0, "finished\n", "")


def test_it_is_finished_first_where_other_threads_take_signals_too() -> None:
    assert late(signal.SIGTERM, "in lines") == (128 + signal.SIGTERM, "finished\n", "")
