"""Signals that end the program: they reach it in order, and its caller sees which one ended it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from contextlib import AbstractContextManager, contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tui_auth.terminal.tty import readable, restore_terminal
from tui_auth.threads import ENDING_SIGNALS, EXIT_GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

FAULTS: Final = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
"""Signals that also end the process if another process sends them. A handler can't take those of a fault."""

GRACE_SECONDS: float = EXIT_GRACE_SECONDS
_WAKE_SECONDS: Final = 0.05


def signal_exit_status(number: int) -> int:
    """Return the exit status that stands for a signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM."""
    return 128 + number


def end_by_signal(number: int) -> NoReturn:
    """Restore the terminal, and end the process by the default action of a signal.

    A shell stops its loop or script only if its child was ended by SIGINT; the exit status 130 isn't enough.
    Any thread may call this.
    """
    restore_terminal()
    ctypes.CDLL(None).signal(number, None)  # unlike signal.signal also outside the main thread
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(signal_exit_status(number))  # the first process of a container survives it


def interrupt_callers() -> None:
    """Send SIGINT to the process group, as the terminal does at ^C in other programs, but not to us.

    In full screen ^C is a key like any other, so the shell script, make or pipeline that started us doesn't
    get it. We end by it later, when all is saved.
    """
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGINT)
    signal.signal(signal.SIGINT, former)


def exit_on_signals() -> AbstractContextManager[None]:
    """Raise SystemExit in the main thread after an ending signal, as ``handle_signals`` does.

    For line prompts: one that has turned the echo off turns it on again in its ``finally``.
    """
    return handle_signals(lambda number: sys.exit(signal_exit_status(number)))


@contextmanager
def handle_signals(act: Callable[[int], object]) -> Iterator[None]:
    """Call ``act(number)`` in the main thread, once, after one of ``ENDING_SIGNALS``.

    If the process hasn't ended after ``GRACE_SECONDS``, or a second signal comes, the terminal is restored by
    force and the process ends at once by the signal. A signal that was ignored when the program
    started (``nohup``) stays ignored. Only for the main thread.
    """
    handled = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if not handled.is_set():
            handled.set()
            act(number)

    former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if sys.platform == "linux":
        signal.pthread_sigmask(signal.SIG_BLOCK, FAULTS)
        threading.Thread(target=_end_by_sent_fault, name="faults", daemon=True).start()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    threading.Thread(
        target=_ensure_exit, args=(reader, threading.get_ident(), handled), name="signals", daemon=True
    ).start()
    before: dict[int, Any] = {}
    former_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for ending in ENDING_SIGNALS:
        if signal.getsignal(ending) is not signal.SIG_IGN:
            before[ending] = signal.signal(ending, handle)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(former_writer)
        os.close(writer)
        signal.pthread_sigmask(signal.SIG_SETMASK, former_mask)


def _end_by_sent_fault() -> None:
    """End the process by a signal of ``FAULTS`` that another process sends.

    All threads block these, so only this one gets them. If a thread causes one itself, Linux ends the process
    at once, blocked or not.
    """
    end_by_signal(signal.sigwait(FAULTS))


def _ensure_exit(reader: int, main_thread: int, handled: threading.Event) -> None:
    """Wait for an ending signal, ensure that it is handled, and that the process ends after it.

    Python runs a handler in its main thread. If that thread blocked in a read just after the signal came, it
    is woken by sending the signal again. If it never runs the handler, the process is ended here.
    ``reader`` is the end of the wake-up pipe with the numbers of signals; ``handled`` is set by the handler.
    """
    while (number := _next_signal(reader, None)) not in ENDING_SIGNALS:
        if number is None:
            os.close(reader)
            return
    deadline = monotonic() + GRACE_SECONDS
    while not handled.wait(_WAKE_SECONDS) and monotonic() < deadline:
        signal.pthread_kill(main_thread, number)
    # The signals that this thread has sent are read here too.
    settled = monotonic() + 4 * _WAKE_SECONDS
    while (left := deadline - monotonic()) > 0:
        following = _next_signal(reader, left)
        if following is None:
            sleep(left)
        elif following in ENDING_SIGNALS and monotonic() > settled:
            break
    end_by_signal(number)


def _next_signal(reader: int, timeout: float | None) -> int | None:
    """Return the next signal, 0 after the timeout, or None if the writer is closed."""
    if not readable((reader,), timeout):
        return 0
    data = os.read(reader, 1)
    return data[0] if data else None
