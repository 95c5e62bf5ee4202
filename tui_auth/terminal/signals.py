"""What the program does when it is told to end: by kill, by a closed terminal, by Ctrl+C."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from tui_auth.threads import ENDING_SIGNALS, EXIT_GRACE_SECONDS

from .restore import restore_terminal

if TYPE_CHECKING:  # which takes long to import, and line prompts have no loop
    import asyncio

GRACE_SECONDS: float = EXIT_GRACE_SECONDS
_WAKE_SECONDS: Final = 0.05


class EndedBySignal(SystemExit):
    """Raised in the main thread of a program without an event loop; its code is 128 plus the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(exit_status(number))


def exit_status(number: int) -> int:
    """The exit status that says "ended by this signal": 129 hang-up, 130 interrupt, 143 terminate."""
    return 128 + number


@contextmanager
def install_signal_handlers(
    loop: asyncio.AbstractEventLoop, on_signal: Callable[[int], object]
) -> Iterator[None]:
    """Inside, SIGTERM, SIGHUP and SIGINT call ``on_signal(number)`` in the loop, once, to end the program.

    If that has not ended the process after ``GRACE_SECONDS``, or a second signal comes, the terminal is put
    back by force and the process ends at once, with the same status. A signal that was ignored when the
    program started (``nohup``) stays ignored. To be used in the main thread.
    """
    with _handling(lambda number: loop.call_soon_threadsafe(on_signal, number)):
        yield


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Inside, SIGTERM, SIGHUP and SIGINT raise ``EndedBySignal`` in the main thread: for line prompts.

    A prompt that has turned the echo off turns it on again in a ``finally`` of its own. Grace, second and
    ignored signals are as with ``install_signal_handlers``.
    """

    def end(number: int) -> None:
        raise EndedBySignal(number)

    with _handling(end):
        yield


@contextmanager
def _handling(act: Callable[[int], object]) -> Iterator[None]:
    handled = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if not handled.is_set():
            handled.set()
            act(number)

    bell, ring = os.pipe()
    os.set_blocking(ring, False)
    threading.Thread(
        target=_see_to_the_end, args=(bell, threading.get_ident(), handled), name="signals", daemon=True
    ).start()
    before: dict[signal.Signals, Any] = {}
    former_ring = signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(former_ring)
        os.close(ring)


def _see_to_the_end(bell: int, main_thread: int, handled: threading.Event) -> None:
    """Wait for an ending signal, see that it is handled, and that the process ends after it.

    Python runs a handler when its main thread comes by. That thread may have gone to sleep in a read just
    after the signal came, and is then woken by sending the signal again; it may never come by, and then the
    process is ended here.
    """
    number = _next_ending_signal(bell, None)
    if number is None:
        os.close(bell)
        return
    deadline = monotonic() + GRACE_SECONDS
    while not handled.wait(_WAKE_SECONDS) and monotonic() < deadline:
        signal.pthread_kill(main_thread, number)
    # Its own repetitions ring here too.
    settled = monotonic() + 4 * _WAKE_SECONDS
    while (now := monotonic()) < deadline:
        if _next_ending_signal(bell, deadline - now) is not None and monotonic() > settled:
            break
    restore_terminal()
    os._exit(exit_status(number))


def _next_ending_signal(bell: int, timeout: float | None) -> int | None:
    """The number of the next ending signal; None after ``timeout`` seconds or when none can come any more."""
    deadline = None if timeout is None else monotonic() + timeout
    while True:
        left = None if deadline is None else max(0.0, deadline - monotonic())
        if not select.select([bell], [], [], left)[0]:
            return None
        rung = os.read(bell, 1)
        if not rung:
            if left is not None:
                sleep(left)
            return None
        if rung[0] in ENDING_SIGNALS:
            return rung[0]
