"""Signals that end the program, such as that of a closed terminal, and the terminal's state to restore."""

from __future__ import annotations

import atexit
import os
import select
import signal
import termios
import threading
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from tui_auth.threads import ENDING_SIGNALS, EXIT_GRACE_SECONDS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from types import FrameType


# In this order: end a synchronized update; disable kitty's keyboard protocol (before leaving the alternate
# screen, which has an own stack for it), mouse, focus reports, bracketed paste, resize reports; wrap lines.
_MODES_OFF: Final = (
    "\x1b[?2026l\x1b[<u\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[?7h\x1b[0m"
)
_MAIN_SCREEN_AND_CURSOR: Final = "\x1b[?1049l\x1b[?25h"

_attributes: list[Any] | None = None
_full_screen = False


def remember_terminal(descriptor: int, *, full_screen: bool) -> None:
    """Remember the attributes of a terminal before they are changed.

    From now on ``restore_terminal`` restores them; it also runs when the interpreter exits.
    """
    global _attributes, _full_screen
    if _attributes is None:
        with suppress(termios.error):
            _attributes = termios.tcgetattr(descriptor)
        atexit.register(restore_terminal)
    _full_screen = _full_screen or full_screen


def forget_terminal() -> None:
    """Forget the attributes, after the terminal was restored in another way."""
    global _attributes, _full_screen
    _attributes, _full_screen = None, False
    atexit.unregister(restore_terminal)


def restore_terminal() -> None:
    """Restore the terminal to its remembered state; do nothing if that was done already.

    For an abnormal end: it opens /dev/tty itself, never waits for a terminal that accepts no output, and
    never raises.
    """
    attributes, full_screen = _attributes, _full_screen
    if attributes is None and not full_screen:
        return
    forget_terminal()
    with suppress(OSError, termios.error):
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # In the background the kernel would stop us here, and the attributes now belong to the shell.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
            if full_screen:
                rows = os.get_terminal_size(terminal).lines
                os.write(terminal, f"{_MODES_OFF}{erase_rows(rows)}{_MAIN_SCREEN_AND_CURSOR}".encode())
            if attributes is not None and os.tcgetpgrp(terminal) == os.getpgrp():
                termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        finally:
            os.close(terminal)


def erase_rows(rows: int) -> str:
    """Return the sequence that erases a screen row by row.

    Without an alternate screen (tmux with ``alternate-screen off``), the last picture would stay in sight.
    If the whole screen is cleared at once, tmux moves it into its history, so each row is erased.
    """
    return "".join(f"\x1b[{row}H\x1b[2K" for row in range(1, rows + 1)) + "\x1b[H"


GRACE_SECONDS: float = EXIT_GRACE_SECONDS
_WAKE_SECONDS: Final = 0.05


class SignalExit(SystemExit):
    """Ends a program without an event loop; the exit code is 128 plus the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal_exit_status(number))


def signal_exit_status(number: int) -> int:
    """Return the exit status after a signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM."""
    return 128 + number


@contextmanager
def install_signal_handlers(
    loop: asyncio.AbstractEventLoop, on_signal: Callable[[int], object]
) -> Iterator[None]:
    """Call ``on_signal(number)`` in the loop, once, after SIGTERM, SIGHUP or SIGINT.

    If the process hasn't ended after ``GRACE_SECONDS``, or a second signal comes, the terminal is restored by
    force and the process ends at once with the same status. A signal that was ignored when the program
    started (``nohup``) stays ignored. Only for the main thread.
    """
    with _handle_signals(lambda number: loop.call_soon_threadsafe(on_signal, number)):
        yield


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Raise ``SignalExit`` in the main thread after SIGTERM, SIGHUP or SIGINT; for line prompts.

    A prompt that has turned the echo off turns it on again in its ``finally``. The grace period, second and
    ignored signals work as with ``install_signal_handlers``.
    """

    def end(number: int) -> None:
        raise SignalExit(number)

    with _handle_signals(end):
        yield


@contextmanager
def _handle_signals(act: Callable[[int], object]) -> Iterator[None]:
    handled = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if not handled.is_set():
            handled.set()
            act(number)

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    threading.Thread(
        target=_ensure_exit, args=(reader, threading.get_ident(), handled), name="signals", daemon=True
    ).start()
    before: dict[signal.Signals, Any] = {}
    former_writer = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former if former is not None else signal.SIG_DFL)
        signal.set_wakeup_fd(former_writer)
        os.close(writer)


def _ensure_exit(reader: int, main_thread: int, handled: threading.Event) -> None:
    """Wait for an ending signal, ensure that it is handled, and that the process ends after it.

    Python runs a handler in its main thread. If that thread blocked in a read just after the signal came, it
    is woken by sending the signal again. If it never runs the handler, the process is ended here.
    ``reader`` is the end of the wake-up pipe with the numbers of signals; ``handled`` is set by the handler.
    """
    number = _next_ending_signal(reader, None)
    if number is None:
        os.close(reader)
        return
    deadline = monotonic() + GRACE_SECONDS
    while not handled.wait(_WAKE_SECONDS) and monotonic() < deadline:
        signal.pthread_kill(main_thread, number)
    # The signals that this thread has sent are read here too.
    settled = monotonic() + 4 * _WAKE_SECONDS
    while (now := monotonic()) < deadline:
        if _next_ending_signal(reader, deadline - now) is not None and monotonic() > settled:
            break
    restore_terminal()
    os._exit(signal_exit_status(number))


def _next_ending_signal(reader: int, timeout: float | None) -> int | None:
    """Return the next ending signal, or None after the timeout or if the writer is closed."""
    deadline = None if timeout is None else monotonic() + timeout
    while True:
        left = None if deadline is None else max(0.0, deadline - monotonic())
        if not select.select([reader], [], [], left)[0]:
            return None
        data = os.read(reader, 1)
        if not data:
            if left is not None:
                sleep(left)
            return None
        if data[0] in ENDING_SIGNALS:
            return data[0]
