"""The terminal's state before we changed it, and how to restore it if nothing else does."""

from __future__ import annotations

import atexit
import os
import signal
import termios
from contextlib import suppress
from typing import Any, Final

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
