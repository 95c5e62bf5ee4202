"""Threads, timeouts, and work that a signal must not interrupt."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from tests.processes import PythonProcess
from tui_auth.threads import DeadlineError, in_daemon_thread, run_with_timeout, shielded_from_signals

PROGRAM = """
import os, signal, sys
from tui_auth import threads
threads.SHIELD_SECONDS = 0.1 if sys.argv[2] == "stuck" else 60
def work():
    os.kill(os.getpid(), int(sys.argv[1]))
    if sys.argv[2] == "stuck":
        import threading; threading.Event().wait()
    print("finished", flush=True)
threads.shielded_from_signals(work)
print("continued", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_takes_effect_after_shielded_work(
    python_process: PythonProcess, number: signal.Signals
) -> None:
    result = python_process(PROGRAM, str(int(number)), "quick")
    assert (result.returncode, result.stdout) == (-number, "finished\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_does_not_wait_for_stuck_work(python_process: PythonProcess, number: signal.Signals) -> None:
    result = python_process(PROGRAM, str(int(number)), "stuck")
    assert (result.returncode, result.stdout) == (-number, "")


def test_shielded_work_returns_the_result_or_raises_the_error() -> None:
    assert shielded_from_signals(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        shielded_from_signals(lambda: 1 // 0)


def test_work_off_the_main_thread_is_not_shielded() -> None:
    results: list[int] = []
    thread = threading.Thread(target=lambda: results.append(shielded_from_signals(lambda: 7)))
    thread.start()
    thread.join()
    assert results == [7]


ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def test_signal_handlers_are_restored() -> None:
    handlers_before = [signal.getsignal(number) for number in ENDING]
    shielded_from_signals(lambda: None)
    assert [signal.getsignal(number) for number in ENDING] == handlers_before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & set(ENDING)


LATE = """
import os, signal, sys, threading
from tui_auth import threads
from tui_auth.terminal import signals
threads.SHIELD_SECONDS = 0.1
number, how = int(sys.argv[1]), sys.argv[2]
received = threading.Event()
if how == "ignored":
    signal.signal(number, signal.SIG_IGN)
if how == "survived":
    signal.signal(number, lambda *_: received.set())
def work():
    os.kill(os.getpid(), number)
    if how == "survived":
        received.wait()
    else:
        threading.Event().wait(0.5)
    return "finished"
if how == "line prompts":
    threads.SHIELD_SECONDS = signals.GRACE_SECONDS = 60
    with signals.exit_on_signals():
        threads.shielded_from_signals(lambda: print(work(), flush=True))
    print("continued", flush=True)
else:
    print(threads.shielded_from_signals(work), flush=True)
"""
"""A signal arrives at once; the work takes longer than ``SHIELD_SECONDS``, or less with "line prompts"."""


def run_late(process: PythonProcess, number: signal.Signals, how: str) -> tuple[int, str, str]:
    result = process(LATE, str(int(number)), how)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("how", ["ignored", "survived"])
def test_work_continues_if_the_signal_does_not_end_the_program(
    python_process: PythonProcess, number: signal.Signals, how: str
) -> None:
    assert run_late(python_process, number, how) == (0, "finished\n", "")


def test_line_prompts_end_after_shielded_work(python_process: PythonProcess) -> None:
    assert run_late(python_process, signal.SIGTERM, "line prompts") == (
        128 + signal.SIGTERM,
        "finished\n",
        "",
    )


def test_work_that_outlives_the_event_loop_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[object] = []
    monkeypatch.setattr(threading, "excepthook", errors.append)
    has_started, may_end = threading.Event(), threading.Event()
    workers: list[threading.Thread] = []

    def work() -> None:
        workers.append(threading.current_thread())
        has_started.set()
        may_end.wait()

    async def abandon() -> None:
        request = asyncio.ensure_future(in_daemon_thread(work))
        await asyncio.sleep(0)
        request.cancel()

    asyncio.run(abandon())
    may_end.set()
    assert has_started.wait(100)
    workers[0].join()
    assert errors == []


def test_run_with_timeout_returns_the_result_or_raises_the_error() -> None:
    assert run_with_timeout(30, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        run_with_timeout(30, lambda: 1 // 0)


def test_work_that_exceeds_its_timeout_is_abandoned() -> None:
    may_end, has_ended = threading.Event(), threading.Event()

    def work() -> None:
        may_end.wait()
        has_ended.set()

    with pytest.raises(DeadlineError):
        run_with_timeout(0.05, work)
    assert not has_ended.is_set()
    may_end.set()
    assert has_ended.wait(100)


def test_work_with_a_timeout_runs_on_a_daemon_thread() -> None:
    is_daemon: list[bool] = []
    run_with_timeout(30, lambda: is_daemon.append(threading.current_thread().daemon))
    assert is_daemon == [True]


async def test_daemon_thread_returns_the_result_or_raises_the_error() -> None:
    assert await in_daemon_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 // 0)


async def test_cancelled_request_does_not_delay_the_exit() -> None:
    may_end = threading.Event()
    request = asyncio.ensure_future(in_daemon_thread(may_end.wait))
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    may_end.set()
