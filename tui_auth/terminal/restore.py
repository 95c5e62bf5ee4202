"""How the terminal was found, and how it is put back when nothing else did it."""

from __future__ import annotations

import atexit
import os
import signal
import termios
from contextlib import suppress
from typing import Any, Final

# In this order: end a synchronised update, kitty's keyboard protocol off (while the alternate screen, which
# has a stack of its own, is in view), mouse, focus reports, bracketed paste, resize reports off, lines wrap.
_MODES_OFF: Final = (
    "\x1b[?2026l\x1b[<u\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[?7h\x1b[0m"
)
_MAIN_SCREEN_AND_CURSOR: Final = "\x1b[?1049l\x1b[?25h"

_attributes: list[Any] | None = None
_full_screen = False


def remember_terminal(descriptor: int, *, full_screen: bool) -> None:
    """Note the attributes of the terminal that ``descriptor`` is open on, before they are changed.

    From now on ``restore_terminal`` has something to do, also at the interpreter's end.
    """
    global _attributes, _full_screen
    if _attributes is None:
        with suppress(termios.error):
            _attributes = termios.tcgetattr(descriptor)
        atexit.register(restore_terminal)
    _full_screen = _full_screen or full_screen


def forget_terminal() -> None:
    """The terminal is as it was found: there is nothing to restore any more."""
    global _attributes, _full_screen
    _attributes, _full_screen = None, False
    atexit.unregister(restore_terminal)


def restore_terminal() -> None:
    """Put the terminal back as it was remembered; nothing if it was put back already.

    For the bad end: it goes to /dev/tty itself, never waits for a terminal that takes no more output, and
    never raises.
    """
    attributes, full_screen = _attributes, _full_screen
    if attributes is None and not full_screen:
        return
    forget_terminal()
    with suppress(OSError, termios.error):
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # In the background the kernel would stop us here, and the attributes are now the shell's.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
            if full_screen:
                rows = os.get_terminal_size(terminal).lines
                os.write(terminal, f"{_MODES_OFF}{blank(rows)}{_MAIN_SCREEN_AND_CURSOR}".encode())
            if attributes is not None and os.tcgetpgrp(terminal) == os.getpgrp():
                termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        finally:
            os.close(terminal)


def blank(rows: int) -> str:
    """The sequence that empties a screen row by row.

    For terminals that show no alternate screen (tmux with ``alternate-screen off``), where what stood there
    last would stay in sight. Row by row because tmux moves a screen that is cleared at once into its history.
    """
    return "".join(f"\x1b[{row}H\x1b[2K" for row in range(1, rows + 1)) + "\x1b[H"
