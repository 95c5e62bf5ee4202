"""A conversation in lines on the terminal itself, whatever stdin, stdout and stderr are."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from tui_auth.secret import Secret

_LOOK_SECONDS = 0.3


class TerminalLines:
    """Says and asks in lines on /dev/tty; nothing is redrawn, a secret is not echoed.

    A context manager. Between two prompts nothing is echoed: it may be a password that is typed ahead.
    ``ask`` raises EOFError where the terminal gives no more lines.
    """

    def __enter__(self) -> Self:
        self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self._held = ExitStack()
        self._echoing = self._held.enter_context(without_echo(self._terminal))
        self._silent = self._now = termios.tcgetattr(self._terminal)
        if threading.current_thread() is threading.main_thread():
            # A shell puts the terminal in order while the program is stopped, and leaves it so.
            before = signal.signal(signal.SIGCONT, lambda *_: self._set(self._now))
            self._held.callback(signal.signal, signal.SIGCONT, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()
        os.close(self._terminal)

    def say(self, text: str = "") -> None:
        """One or more lines."""
        self._write(f"{text}\n")

    def ask(self, prompt: str) -> str:
        """The line typed after the prompt, without its end."""
        self._set(self._echoing)
        try:
            self._write(f"{prompt}: ")
            return self._line()
        finally:
            self._set(self._silent)

    def ask_secret(self, prompt: str) -> Secret:
        """The same without an echo."""
        self._write(f"{prompt}: ")
        line = self._line()
        self._write("\n")
        return Secret(line)

    def wait(self, seconds: float) -> None:
        """Let time pass. What is typed meanwhile, a password perhaps, is not kept."""
        time.sleep(seconds)
        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def _set(self, attributes: list[Any]) -> None:
        self._now = attributes
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, attributes)

    def _write(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _line(self) -> str:
        data = bytearray()
        while not data.endswith(b"\n"):
            # A terminal gives one line at a time, and a bare descriptor has no buffer to keep a secret in.
            while not select.select([self._terminal], [], [], _LOOK_SECONDS)[0]:
                pass  # a signal may have come to another thread: it is heeded between two looks
            read = os.read(self._terminal, 4096)
            if not read:
                raise EOFError
            data += read
        return data.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def without_echo(terminal: int) -> Iterator[list[Any]]:
    """A terminal that shows nothing of what is typed, and is at the end as it was: its attributes till then.

    What is left unread at the end is thrown away: half a password is nothing for a shell to read and to show.
    """
    before = termios.tcgetattr(terminal)
    silent = before[:]
    silent[3] &= ~termios.ECHO
    # A shell would turn the echo on again behind a ^Z, and nobody would behind a ^\\.
    silent[6] = silent[6][:]
    for key in (termios.VSUSP, termios.VQUIT):
        silent[6][key] = b"\0"
    termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
    try:
        yield before
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
