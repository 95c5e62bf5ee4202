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
def work():
    os.kill(os.getpid(), int(sys.argv[1]))
    if sys.argv[2] == "stuck":
        uninterrupted.GRACE_SECONDS = 0.1
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
        timeout=30,
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


def test_signals_are_as_before_afterwards() -> None:
    finished_first(lambda: None)
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
