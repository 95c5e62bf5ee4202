"""Signals that end the program, such as that of a closed terminal, and the terminal's state to restore."""

from __future__ import annotations

import atexit
import os
import select
import signal
import sys
import termios
import threading
from contextlib import AbstractContextManager, contextmanager, suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from tui_auth.threads import ENDING_SIGNALS, EXIT_GRACE_SECONDS

if TYPE_CHECKING:
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


def signal_exit_status(number: int) -> int:
    """Return the exit status after a signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM."""
    return 128 + number


def exit_on_signals() -> AbstractContextManager[None]:
    """Raise SystemExit in the main thread after SIGTERM, SIGHUP or SIGINT, as ``handle_signals`` does.

    For line prompts: one that has turned the echo off turns it on again in its ``finally``.
    """
    return handle_signals(lambda number: sys.exit(signal_exit_status(number)))


@contextmanager
def handle_signals(act: Callable[[int], object]) -> Iterator[None]:
    """Call ``act(number)`` in the main thread, once, after SIGTERM, SIGHUP or SIGINT.

    If the process hasn't ended after ``GRACE_SECONDS``, or a second signal comes, the terminal is restored by
    force and the process ends at once with the same status. A signal that was ignored when the program
    started (``nohup``) stays ignored. Only for the main thread.
    """
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
    restore_terminal()
    os._exit(signal_exit_status(number))


def _next_signal(reader: int, timeout: float | None) -> int | None:
    """Return the next signal, 0 after the timeout, or None if the writer is closed."""
    if not select.select([reader], [], [], timeout)[0]:
        return 0
    data = os.read(reader, 1)
    return data[0] if data else None
