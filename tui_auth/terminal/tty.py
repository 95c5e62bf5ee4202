"""The controlling terminal: tui-auth leaves it as it was, and asks in lines on it.

The attributes to restore are the process's, because the terminal is. A signal or a crash must find them
without the object that changed the terminal.
"""

from __future__ import annotations

import atexit
import codecs
import os
import re
import select
import signal
import termios
import textwrap
import threading
import time
import unicodedata
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Self

from tui_auth.secret import Secret
from tui_auth.terminal.character_set import find_character_set, replace_characters
from tui_auth.terminal.device_lock import lock_terminal, unlock_terminal
from tui_auth.terminal.safe_text import drop_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

_POLL_SECONDS: Final = 0.1
_FD_SETSIZE: Final = 1024
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

_attributes: list[Any] | None = None
_full_screen = False


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
    neither is anything typed before its prompt, because it may be a password that is typed ahead or pasted
    together with the user name. Therefore the terminal echoes nothing: ``ask`` itself echoes the line that it
    reads, up to its Enter. ``ask`` and ``ask_secret`` raise EOFError if the terminal is gone or the user
    types ^d.
    """

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            cleanup.enter_context(hold_terminal())
            self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
            cleanup.callback(os.close, self._terminal)
            self._original = remember_terminal(self._terminal)
            self._secret_mode = _by_character(termios.tcgetattr(self._terminal))
            self._line_mode = _by_character(self._original)
            self._set(self._secret_mode)
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
        with self._typing():
            self._write(f"{prompt}: ")
            return self._read_line() or ""

    def ask_secret(self, prompt: str) -> Secret:
        """Write a prompt and return the typed line, which isn't echoed."""
        try:
            self._write(f"{prompt}: ")
            return Secret(self._read_line(is_secret=True) or "")
        finally:
            self._end_line()

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Write a prompt and return what is pasted, its lines joined; None as soon as ``has_arrived``.

        The address may have been copied from several rows, so the lines that follow at once belong to it.
        """
        with self._typing():
            self._write(f"{prompt}: ")
            line = self._read_line(is_over=has_arrived)
            if line is None:
                termios.tcflush(self._terminal, termios.TCIFLUSH)
                return None
            while readable((self._terminal,), _POLL_SECONDS):
                line += self._read_line() or ""
            return Secret(line)

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Write a prompt and wait until ``has_arrived``; return a line that is typed before.

        Nothing is echoed: what is typed while a program waits for something else may be a secret.
        """
        try:
            self._write(f"{prompt}: ")
            line = self._read_line(is_secret=True, is_over=has_arrived)
            return None if line is None else Secret(line)
        finally:
            self._end_line()

    @contextmanager
    def _typing(self) -> Iterator[None]:
        """Let ^z stop the program in the block, and end the line after it."""
        self._set(self._line_mode)
        try:
            yield
        finally:
            self._end_line()
            self._set(self._secret_mode)

    def wait(self, seconds: float) -> None:
        """Sleep, and discard what is typed meanwhile, which may be a password."""
        time.sleep(seconds)
        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop at ^Z as any program does, and let others use the terminal meanwhile."""
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._original)
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
        """End the line of a prompt, after ^c and ^d too."""
        with suppress(OSError):  # the terminal may be gone
            self._write("\n")

    def _write(self, text: str) -> None:
        shown = replace_characters(drop_controls(text, keep="\n"), find_character_set())
        os.write(self._terminal, shown.encode("utf-8", "replace"))

    def _read_line(
        self, *, is_secret: bool = False, is_over: Callable[[], bool] = lambda: False
    ) -> str | None:
        """Read a line, with the kernel's editing keys: backspace, ^w, ^u, ^d. What follows it stays unread.

        A tab ends a line too, because a user name pasted together with a password may be separated by one.

        Args:
            is_secret: Whether to echo nothing.
            is_over: Called while nothing is typed. If it is true, the result is None.
        """
        keys = self._original[6]
        word, kill, end = (keys[key] for key in (termios.VWERASE, termios.VKILL, termios.VEOF))
        backspaces = (keys[termios.VERASE], b"\x7f", b"\b")
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line, is_after_end = "", False
        while (byte := self._read_byte(is_over)) not in (b"\n", b"\r"):
            if byte is None:
                return None
            if byte == b"\t" and not is_secret:
                if line:
                    break
            elif byte == end:
                if is_after_end or not line:
                    raise EOFError
            elif byte in (*backspaces, word, kill):
                rest = line[:-1] if byte in backspaces else line[: _last_word(line)] if byte == word else ""
                if not is_secret:
                    self._erase(line[len(rest) :])
                line = rest
            else:
                typed = decoder.decode(byte)
                line += typed
                if not is_secret:
                    self._write("".join(map(_show, typed)))
            is_after_end = byte == end
        return line

    def _erase(self, text: str) -> None:
        columns = sum(_columns_of(sign) for character in text for sign in _show(character))
        os.write(self._terminal, b"\b \b" * columns)

    def _read_byte(self, is_over: Callable[[], bool]) -> bytes | None:
        """Read one byte, so that a password behind the line stays in the kernel's queue."""
        while not readable((self._terminal,), _POLL_SECONDS):
            # Another thread may have got a signal: its handler runs between two polls.
            if is_over():
                return None
        byte = os.read(self._terminal, 1)
        if not byte:
            raise EOFError
        return byte


def readable(descriptors: Sequence[int], timeout: float | None) -> list[int]:
    """Return the descriptors that can be read, after a wait of at most ``timeout`` seconds (None: no limit).

    A program that embeds a sign-in may have so many files open that select takes no more descriptors.
    """
    if max(descriptors) < _FD_SETSIZE:  # macOS can't poll a terminal
        return select.select(descriptors, [], [], timeout)[0]
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(None if timeout is None else timeout * 1000)]


def _by_character(attributes: list[Any]) -> list[Any]:
    """Return terminal attributes that deliver each character at once and echo none."""
    result = [*attributes[:6], attributes[6][:]]
    result[3] &= ~(termios.ICANON | termios.ECHO)
    result[6][termios.VMIN], result[6][termios.VTIME] = 1, 0
    return result


def _last_word(line: str) -> int:
    """Return the index where the last word of a line starts."""
    return len(line.rstrip()) - len((line.split() or [""])[-1])


def _show(character: str) -> str:
    """Return a character as the kernel would echo it: Esc as ^[."""
    return f"^{chr(ord(character) ^ 64)}" if unicodedata.category(character) == "Cc" else character


def _columns_of(sign: str) -> int:
    """Return how many columns a character takes on the terminal."""
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def show_alone(text: str, prompt: str, is_over: Callable[[], bool]) -> None:
    """Write a text in one piece on the normal screen, for the terminal to wrap, and wait for a key.

    Selecting it then joins its rows, and nothing else is selected with it. Afterwards it is erased, so that
    nobody copies it when it is no longer the right one. For a moment in which a full-screen program is
    suspended.

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
            text, columns = drop_controls(text), os.get_terminal_size(terminal).columns or len(text)
            os.write(terminal, f"\n{text}\n\n{prompt}\n".encode())
            while not is_over():
                if readable((terminal,), _POLL_SECONDS):
                    os.read(terminal, 4096)
                    break
            os.write(terminal, f"\x1b[{-(-len(text) // columns) + 2}A\r\x1b[J\x1b[A".encode())
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
