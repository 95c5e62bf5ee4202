"""A conversation in lines on the terminal itself, whatever stdin, stdout and stderr are."""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from tui_auth.secret import Secret


class TerminalLines:
    """Says and asks in lines on /dev/tty; nothing is redrawn, a secret is not echoed.

    A context manager. ``ask`` raises EOFError where the terminal gives no more lines.
    """

    def __enter__(self) -> Self:
        self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._terminal)

    def say(self, text: str = "") -> None:
        """One or more lines."""
        self._write(f"{text}\n")

    def ask(self, prompt: str) -> str:
        """The line typed after the prompt, without its end."""
        self._write(f"{prompt}: ")
        return self._line()

    def ask_secret(self, prompt: str) -> Secret:
        """The same without an echo."""
        with self._without_echo():
            # Only now: who answers the prompt at once must not be echoed either.
            self._write(f"{prompt}: ")
            line = self._line()
        self._write("\n")
        return Secret(line)

    def _write(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _line(self) -> str:
        data = bytearray()
        while not data.endswith(b"\n"):
            # A terminal gives one line at a time, and a bare descriptor has no buffer to keep a secret in.
            read = os.read(self._terminal, 4096)
            if not read:
                raise EOFError
            data += read
        return data.decode("utf-8", "replace").rstrip("\r\n")

    @contextmanager
    def _without_echo(self) -> Iterator[None]:
        before = termios.tcgetattr(self._terminal)
        silent = before[:]
        silent[3] &= ~termios.ECHO
        # A shell would turn the echo on again behind a ^Z, and nobody would behind a ^\\.
        silent[6] = silent[6][:]
        for key in (termios.VSUSP, termios.VQUIT):
            silent[6][key] = b"\0"
        # What was typed ahead of the prompt is thrown away: it was echoed.
        termios.tcsetattr(self._terminal, termios.TCSAFLUSH, silent)
        at_the_end = termios.TCSAFLUSH
        try:
            yield
            at_the_end = termios.TCSADRAIN
        finally:
            # Where it ends before Enter, half a password is not left for the shell to read and to show.
            termios.tcsetattr(self._terminal, at_the_end, before)
