"""Work that is begun is finished before a signal is heeded, within reason."""

from __future__ import annotations

import signal
import threading

import pytest

from tests.processes import PythonProcess
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_waits_for_the_work_and_is_then_heeded(
    python_process: PythonProcess, number: signal.Signals
) -> None:
    ran = python_process(PROGRAM, str(int(number)), "quick")
    assert (ran.returncode, ran.stdout) == (-number, "finished\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_work_that_is_stuck_does_not_keep_it_waiting(
    python_process: PythonProcess, number: signal.Signals
) -> None:
    ran = python_process(PROGRAM, str(int(number)), "stuck")
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
from tui_auth.terminal import signals
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
    uninterrupted.GRACE_SECONDS = signals.GRACE_SECONDS = 60
    with signals.exit_on_signals():
        uninterrupted.finished_first(lambda: print(work(), flush=True))
    print("went on", flush=True)
else:
    print(uninterrupted.finished_first(work), flush=True)
"""
"""A signal comes at once, and the work takes longer than a signal's patience; "in lines", less."""


def late(process: PythonProcess, number: signal.Signals, how: str) -> tuple[int, str, str]:
    ran = process(LATE, str(int(number)), how)
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("how", ["ignored", "survived"])
def test_a_signal_that_does_not_end_the_program_does_not_end_the_work(
    python_process: PythonProcess, number: signal.Signals, how: str
) -> None:
    assert late(python_process, number, how) == (0, "finished\n", "")


def test_it_is_finished_first_where_other_threads_take_signals_too(python_process: PythonProcess) -> None:
    assert late(python_process, signal.SIGTERM, "in lines") == (128 + signal.SIGTERM, "finished\n", "")
