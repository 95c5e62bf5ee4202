"""Line prompts on /dev/tty, whatever stdin, stdout and stderr are."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL_SECONDS = 0.3


class TtyPrompt:
    """Writes lines to /dev/tty and reads answers from it, without redrawing anything.

    A context manager. A secret isn't echoed, and neither is anything typed between two prompts, because it
    may be a password that is typed ahead. ``ask`` and ``ask_secret`` raise EOFError if the terminal is gone
    or the user types ^d.
    """

    def __enter__(self) -> Self:
        self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self._cleanup = ExitStack()
        self._echoing = self._cleanup.enter_context(disable_echo(self._terminal))
        self._silent = self._current = termios.tcgetattr(self._terminal)
        if threading.current_thread() is threading.main_thread():
            # A shell resets the terminal while the program is stopped, and doesn't undo that.
            before = signal.signal(signal.SIGCONT, lambda *_: self._set(self._current))
            self._cleanup.callback(signal.signal, signal.SIGCONT, before)
        return self

    def __exit__(self, *exception: object) -> None:
        self._cleanup.close()
        os.close(self._terminal)

    def say(self, text: str = "") -> None:
        self._write(f"{text}\n")

    def ask(self, prompt: str) -> str:
        """Write a prompt and return the typed line, without its line break."""
        self._set(self._echoing)
        try:
            self._write(f"{prompt}: ")
            return self._read_line()
        finally:
            self._set(self._silent)

    def ask_secret(self, prompt: str) -> Secret:
        """Write a prompt and return the typed line, which isn't echoed."""
        self._write(f"{prompt}: ")
        line = self._read_line()
        self._write("\n")
        return Secret(line)

    def wait(self, seconds: float) -> None:
        """Sleep, and discard what is typed meanwhile, which may be a password."""
        time.sleep(seconds)
        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def _set(self, attributes: list[Any]) -> None:
        self._current = attributes
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, attributes)

    def _write(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read_line(self) -> str:
        data = bytearray()
        while not data.endswith(b"\n"):
            # A terminal delivers one line at a time, and unlike a file object a descriptor buffers no secret.
            while not select.select([self._terminal], [], [], _POLL_SECONDS)[0]:
                pass  # another thread may have got a signal: its handler runs between two polls
            read = os.read(self._terminal, 4096)
            if not read:
                raise EOFError
            data += read
        return data.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def disable_echo(terminal: int) -> Iterator[list[Any]]:
    """Turn the terminal's echo off for the block, and yield the attributes from before it.

    Unread input is discarded at the end, because a shell would read and show half a password.
    """
    before = termios.tcgetattr(terminal)
    silent = before[:]
    silent[3] &= ~termios.ECHO
    # After ^Z the shell would turn the echo on again; after ^\\ nothing would.
    silent[6] = silent[6][:]
    for key in (termios.VSUSP, termios.VQUIT):
        silent[6][key] = b"\0"
    termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
    try:
        yield before
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
