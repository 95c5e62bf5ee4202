"""The controlling terminal: one tui-auth uses it at a time, leaves it as it was, and asks in lines on it.

The state is the process's, because the terminal is: its lock, and the attributes to restore. A signal or a
crash must find both without the object that changed the terminal.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import select
import signal
import termios
import textwrap
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import drop_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_POLL_SECONDS: Final = 0.1
_NARROWEST: Final = 20
"""In columns. Breaking lines for a narrower terminal makes them harder to read."""
_MARGIN: Final = re.compile(r"[ |]*")

# In this order: end a synchronized update; disable kitty's keyboard protocol (before leaving the alternate
# screen, which has an own stack for it), mouse, focus reports, bracketed paste, resize reports; wrap lines.
_MODES_OFF: Final = (
    "\x1b[?2026l\x1b[<u\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[?7h\x1b[0m"
)
_MAIN_SCREEN_AND_CURSOR: Final = "\x1b[?1049l\x1b[?25h"

_lock: int | None = None
_attributes: list[Any] | None = None
_full_screen = False


def lock_terminal() -> bool:
    """Wait until no other tui-auth uses the terminal, and keep others off it until ``unlock_terminal``.

    Writes, reads and changes nothing on the terminal. The kernel releases the lock of a process that ends.
    Without a device that this user can open and lock, as after ``su``, nothing is locked.

    Returns:
        Whether this call took the lock; False if the process has it already.
    """
    global _lock
    if _lock is not None:
        return False
    _lock = _open_device()
    try:
        while not _try_lock(_lock):
            time.sleep(_POLL_SECONDS)
    except BaseException:
        unlock_terminal()
        raise
    return True


def unlock_terminal() -> None:
    """Let others use the terminal."""
    global _lock
    if _lock is not None:
        os.close(_lock)
        _lock = None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # this system can't lock a device
    return True


def _open_device() -> int:
    """Open the terminal's device, which all processes on it share. /dev/tty is one file for all terminals."""
    number = None
    with suppress(OSError):  # Linux only: field 7 of proc_pid_stat(5)
        number = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[4])
    candidates = [f"/dev/fd/{stream}" for stream in (0, 1, 2) if os.isatty(stream)]
    if number is not None:
        candidates.insert(0, f"/dev/pts/{os.minor(number)}")
    for path in candidates:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            if number in (None, os.fstat(descriptor).st_rdev):
                return descriptor
            os.close(descriptor)
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def hold_terminal() -> Iterator[None]:
    """Have the terminal for this process alone in the block, and show nothing of what is typed in it.

    What is typed before a prompt or a screen opens is for that. At the end the terminal is as it was before,
    and unread input is discarded, because a shell would read and show half a password. Raises OSError if
    /dev/tty doesn't open.
    """
    is_outermost = lock_terminal()
    try:
        _silence()
        yield
    finally:
        restore_terminal()
        if is_outermost:
            unlock_terminal()


def _silence() -> None:
    terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        silent = remember_terminal(terminal)[:]
        silent[3] &= ~termios.ECHO
        # After ^Z the shell would turn the echo on again; after ^\ nothing would.
        silent[6] = silent[6][:]
        for key in (termios.VSUSP, termios.VQUIT):
            silent[6][key] = b"\0"
        termios.tcsetattr(terminal, termios.TCSANOW, silent)
    finally:
        os.close(terminal)


def remember_terminal(descriptor: int, *, full_screen: bool = False) -> list[Any]:
    """Remember the attributes of a terminal before they are changed, and return them.

    From now on ``restore_terminal`` restores them; it also runs when the interpreter exits.
    """
    global _attributes, _full_screen
    if _attributes is None:
        _attributes = termios.tcgetattr(descriptor)
        atexit.register(restore_terminal)
    _full_screen = _full_screen or full_screen
    return _attributes


def forget_terminal() -> None:
    """Forget the attributes, after the terminal was restored in another way."""
    global _attributes, _full_screen
    _attributes, _full_screen = None, False
    atexit.unregister(restore_terminal)


def restore_terminal() -> None:
    """Restore the terminal to its remembered state; do nothing if that was done already.

    It opens /dev/tty itself, never waits for a terminal that accepts no output, and never raises. Unread
    input is discarded.
    """
    attributes, full_screen = _attributes, _full_screen
    if attributes is None:
        return
    forget_terminal()
    with suppress(OSError, termios.error):
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # In the background the kernel would stop us here, and the attributes now belong to the shell.
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
            if full_screen:
                rows = os.get_terminal_size(terminal).lines
                os.write(terminal, f"{_MODES_OFF}{erase_rows(rows)}{_MAIN_SCREEN_AND_CURSOR}".encode())
            if os.tcgetpgrp(terminal) == os.getpgrp():
                termios.tcflush(terminal, termios.TCIFLUSH)
                termios.tcsetattr(terminal, termios.TCSANOW, attributes)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        finally:
            os.close(terminal)


def erase_rows(rows: int) -> str:
    """Return the sequence that erases a screen row by row.

    Without an alternate screen (tmux with ``alternate-screen off``), the last picture would stay in sight.
    If the whole screen is cleared at once, tmux moves it into its history, so each row is erased.
    """
    return "".join(f"\x1b[{row}H\x1b[2K" for row in range(1, rows + 1)) + "\x1b[H"


class TtyPrompt:
    """Writes lines to /dev/tty and reads answers from it, without redrawing anything.

    A context manager, which waits until no other tui-auth uses the terminal. A secret isn't echoed, and
    neither is anything typed between two prompts, because it may be a password that is typed ahead. ``ask``
    and ``ask_secret`` raise EOFError if the terminal is gone or the user types ^d.
    """

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            cleanup.enter_context(hold_terminal())
            self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            cleanup.callback(os.close, self._terminal)
            self._silent = self._current = termios.tcgetattr(self._terminal)
            self._echoing = remember_terminal(self._terminal)
            if threading.current_thread() is threading.main_thread():
                # A shell resets the terminal while the program is stopped, and doesn't undo that.
                for number, handler in ((signal.SIGTSTP, self._stop), (signal.SIGCONT, self._continue)):
                    cleanup.callback(signal.signal, number, signal.signal(number, handler))
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._cleanup.close()

    def say(self, text: str = "") -> None:
        """Write one or more lines, broken between words where the terminal is too narrow."""
        columns = self._columns()
        self._write("".join(f"{wrap_line(line, columns)}\n" for line in text.split("\n")))

    def ask(self, prompt: str) -> str:
        """Write a prompt and return the typed line, without its line break."""
        with self._echo():
            self._write(f"{prompt}: ")
            return self._read_line() or ""

    def ask_secret(self, prompt: str) -> Secret:
        """Write a prompt and return the typed line, which isn't echoed."""
        try:
            self._write(f"{prompt}: ")
            return Secret(self._read_line() or "")
        finally:
            self._end_line()

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Write a prompt and return what is pasted, its lines joined; None as soon as ``has_arrived``.

        The address may have been copied from several rows, so the lines that follow at once belong to it.
        """
        with self._echo():
            self._write(f"{prompt}: ")
            line = self._read_line(has_arrived)
            if line is None:
                self._end_line()
                termios.tcflush(self._terminal, termios.TCIFLUSH)
                return None
            while select.select([self._terminal], [], [], _POLL_SECONDS)[0]:
                line += self._read_line() or ""
            return Secret(line)

    @contextmanager
    def _echo(self) -> Iterator[None]:
        """Show what is typed in the block, and nothing of it between two prompts."""
        self._set(self._echoing)
        try:
            yield
        except BaseException:
            self._end_line()
            raise
        finally:
            self._set(self._silent)

    def wait(self, seconds: float) -> None:
        """Sleep, and discard what is typed meanwhile, which may be a password."""
        time.sleep(seconds)
        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop at ^Z as any program does, and let others use the terminal meanwhile."""
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._echoing)
        unlock_terminal()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._stop)
        lock_terminal()
        self._set(self._current)

    def _continue(self, number: int, frame: FrameType | None) -> None:
        self._set(self._current)

    def _set(self, attributes: list[Any]) -> None:
        self._current = attributes
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, attributes)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._terminal).columns
        except OSError:
            return 0

    def _end_line(self) -> None:
        """End the line of a prompt whose Enter the terminal hasn't echoed, such as after ^c or ^d."""
        with suppress(OSError):  # the terminal may be gone
            self._write("\n")

    def _write(self, text: str) -> None:
        os.write(self._terminal, drop_controls(text, keep="\n").encode("utf-8", "replace"))

    def _read_line(self, is_over: Callable[[], bool] = lambda: False) -> str | None:
        """Read a line; None as soon as ``is_over``, unless there is one already."""
        data = bytearray()
        while not data.endswith(b"\n"):
            # A terminal delivers one line at a time, and unlike a file object a descriptor buffers no secret.
            while not select.select([self._terminal], [], [], _POLL_SECONDS)[0]:
                # Another thread may have got a signal: its handler runs between two polls.
                if is_over():
                    return None
            read = os.read(self._terminal, 4096)
            if not read:
                raise EOFError
            data += read
        return data.decode("utf-8", "replace").rstrip("\r\n")


def show_alone(text: str, prompt: str, is_over: Callable[[], bool]) -> None:
    """Write a text in one piece on the normal screen, for the terminal to wrap, and wait for a key.

    Selecting it then joins its rows, and nothing else is selected with it. For a moment in which a
    full-screen program is suspended.

    Args:
        text: One line, printable.
        prompt: What to press.
        is_over: Returns True if there is nothing to wait for anymore.
    """
    terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        before = termios.tcgetattr(terminal)
        keys = before[:]
        keys[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(terminal, termios.TCSADRAIN, keys)
        try:
            os.write(terminal, f"\n{drop_controls(text)}\n\n{prompt}\n".encode())
            while not is_over():
                if select.select([terminal], [], [], _POLL_SECONDS)[0]:
                    os.read(terminal, 4096)
                    break
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    finally:
        os.close(terminal)


def wrap_line(line: str, columns: int) -> str:
    """Break a line between words, and repeat its margin. A longer word stays whole, to be copied.

    Args:
        line: The line.
        columns: The width of the terminal; 0 if it isn't known.
    """
    if len(line) < columns or columns < _NARROWEST:
        return line
    margin = _MARGIN.match(line)
    return textwrap.fill(
        line,
        columns - 1,
        subsequent_indent=margin[0] if margin else "",
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
