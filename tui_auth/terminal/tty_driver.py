"""A Textual driver for the controlling terminal, wherever stdin, stdout and stderr lead.

Textual has no public way to choose the terminal of a driver, so this module uses private names of it.
``tests/terminal/test_textual_internals.py`` fails if one of them disappears. Why each is used:

- ``_xterm_parser.XTermParser``: nothing public turns the bytes of a terminal into events.
- ``LinuxDriver.fileno``, ``input_tty``, ``_file``: the constructor always uses stdin and stderr.
- ``LinuxDriver._get_terminal_size``: it asks stdout, which may be a pipe.
- ``LinuxDriver._run_input_thread``, ``_key_thread``: an error in the thread would print a traceback with
  local variables. No thread after the start means that Textual has put the start off.
- ``LinuxDriver._writer_thread``: it must stop after a failed start, or it would enable modes again.
- ``LinuxDriver._sigtstp_application``, ``_sigcont_application``, ``_must_signal_resume``: they stop and
  resume this process alone, and a shell expects its whole job to stop.
- ``Driver._app``, ``_loop``, ``_debug``, ``_size``, ``_auto_restart``, ``App._handle_exception``: the base
  class gives subclasses no public names for them.

Why not upstream: Textual's driver reads stdin and draws on stderr by design. If it accepted file
descriptors for both, most of this module could go.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
import threading
from codecs import getincrementaldecoder
from contextlib import suppress
from functools import lru_cache, partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Paste

from tui_auth.terminal.character_set import find_character_set, replace_characters
from tui_auth.terminal.device_lock import lock_terminal, unlock_terminal
from tui_auth.terminal.signals import signal_exit_status
from tui_auth.terminal.tty import (
    erase_rows,
    forget_terminal,
    readable,
    remember_terminal,
    restore_terminal,
)

if TYPE_CHECKING:
    from textual.app import App
    from textual.message import Message
    from typing_extensions import Buffer

_TICK_SECONDS: Final = 0.02
_PASTE_START: Final = "\x1b[200~"
_PASTE_END: Final = "\x1b[201~"


_STYLE: Final = re.compile(r"(\x1b\[[0-9;]*m)")
_COLORS: Final = re.compile(r"\b([34])8;(?:2;\d+;\d+;\d+|5;\d+)")
_MOVES: Final = re.compile(r"(?:\r\n|\x1b\[\d+;\d+H)+")


def shorten_styles(data: str) -> str:
    """Return the same output with fewer bytes for colors and attributes.

    Textual sets all of them before each piece of text and resets them after it. Here only what differs from
    the piece before is set. The output starts and ends without colors and attributes, as before.
    """
    pieces, current, wanted = [], "", ""
    for piece in _STYLE.split(data):
        if _STYLE.fullmatch(piece):
            wanted = "" if piece == "\x1b[0m" else piece[2:-1]
        elif piece:
            if wanted != current and not _MOVES.fullmatch(piece):
                pieces.append(_change_style(current, wanted))
                current = wanted
            pieces.append(piece)
    return "".join(pieces) + ("\x1b[0m" if current else "")


@lru_cache(maxsize=512)
def _change_style(current: str, wanted: str) -> str:
    if not wanted:
        return "\x1b[0m"
    before, after = _parse_style(current), _parse_style(wanted)
    if before.keys() - after.keys():
        return f"\x1b[0;{wanted}m"
    return f"\x1b[{';'.join(value for key, value in after.items() if before.get(key) != value)}m"


def _parse_style(style: str) -> dict[str, str]:
    """Return the two colors and each attribute of an SGR sequence."""
    colors = {match[1]: match[0] for match in _COLORS.finditer(style)}
    rest = [number for number in _COLORS.sub("", style).split(";") if number]
    return {f"attribute {number}": number for number in rest} | colors


class TtyDriver(LinuxDriver):
    """Reads keys from /dev/tty, draws on it, and uses its size.

    Textual's own driver reads keys from stdin, draws on stderr and asks stdout for the size. In
    ``TOKEN=$(program </dev/null 2>log)`` it has no keys, no picture and a size of 80 by 24. This driver also

    - suspends (Ctrl+Z, SIGTSTP) only if stdout is a terminal, stops its whole job as a shell expects, and
      redraws when it is continued, also after a SIGSTOP;
    - ends the app with 129 when the terminal is gone, where Textual's would read end-of-file forever;
    - accepts bytes that are not UTF-8, and key codes that are no characters, without a crash;
    - writes only characters that the terminal has by its locale;
    - erases the screen before it leaves it, and draws nothing after that;
    - restores the handlers of SIGTSTP and SIGCONT.

    Raises:
        OSError: /dev/tty doesn't open. ``find_terminal`` reports this beforehand.
    """

    def __init__(self, app: App[Any], *, size: tuple[int, int] | None = None, **options: Any) -> None:
        self._output: _Output | None = None
        self._characters = find_character_set()
        self._drawing = False
        self._suspended = False
        self._continued_by_us = False
        self._wake: tuple[int, int] | None = None
        self._former_handlers = {
            number: signal.getsignal(number) or signal.SIG_DFL for number in (signal.SIGTSTP, signal.SIGCONT)
        }
        super().__init__(app, size=size, **options)
        self.input_tty = True
        self._open()
        if size is None:
            self._size = self._get_terminal_size()

    def _open(self) -> None:
        if self._output is not None:
            return
        # Non-blocking, because another reader may have taken what select saw, and a blocked reader can't be
        # stopped. The flag belongs to this opening of /dev/tty and affects no other process.
        self.fileno = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._output = _Output(os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC))
        self._file = self._output

    def _get_terminal_size(self) -> tuple[int, int]:
        columns = rows = 0
        with suppress(OSError):
            columns, rows = os.get_terminal_size(self.fileno)
        return columns or 80, rows or 24

    def write(self, data: str) -> None:
        if self._drawing:
            super().write(shorten_styles(replace_characters(data, self._characters)))

    def start_application_mode(self) -> None:
        lock_terminal()
        self._open()
        attributes = remember_terminal(self.fileno, full_screen=True)
        self._wake = os.pipe()
        self._drawing = True
        try:
            super().start_application_mode()  # type: ignore[no-untyped-call]
        except BaseException:
            self._drawing = False
            if self._writer_thread is not None:
                # Its queue may have sequences that enable again what is disabled now.
                self._writer_thread.stop()
            restore_terminal()
            raise
        self._suspended = False
        self.attrs_before = attributes  # Textual has saved those of hold_terminal
        if self._key_thread is None or not self._key_thread.is_alive():
            # The process was continued in the background, and stopped again before anything was changed.
            self._drawing, self._suspended = False, True
            forget_terminal()
            unlock_terminal()

    def stop_application_mode(self) -> None:
        if not self._drawing:
            return
        super().write("\x1b[0m" + erase_rows(self._get_terminal_size()[1]))
        super().stop_application_mode()
        super().write("\x1b[?1016l")
        self._drawing = False

    def close(self) -> None:
        super().close()
        forget_terminal()
        if self._output is not None:
            os.close(self.fileno)
            self._output.close()
            self._output = None
        if not self._suspended:
            for number, handler in self._former_handlers.items():
                signal.signal(number, handler)

    def disable_input(self) -> None:
        if self._wake is not None:
            os.write(self._wake[1], b".")
        super().disable_input()
        if self._wake is not None:
            for descriptor in self._wake:
                os.close(descriptor)
            self._wake = None

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Turn input into events until ``disable_input``, or until the terminal is gone."""
        assert self._wake is not None
        parser = _KeyParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        # ESC is a key or the start of a sequence; the parser decides when nothing follows for a while.
        escape_deadline = 0.0
        while True:
            timeout = _TICK_SECONDS if monotonic() < escape_deadline else None
            ready = readable((self.fileno, self._wake[0]), timeout)
            if self._wake[0] in ready:
                return
            text = ""
            if ready:
                try:
                    data = os.read(self.fileno, 4096)
                except BlockingIOError:
                    continue
                except OSError:
                    data = b""
                if not data:
                    self._loop.call_soon_threadsafe(
                        partial(self._app.exit, return_code=signal_exit_status(signal.SIGHUP))
                    )
                    return
                escape_deadline = monotonic() + constants.ESCAPE_DELAY + 5 * _TICK_SECONDS
                text = decode(data)
            for message in [
                *(message for character in text for message in parser.feed(character)),
                *parser.tick(),
            ]:
                self.process_message(message)

    @property
    def can_suspend(self) -> bool:
        """Whether stdout is a terminal. A program that waits for our output could not resume us."""
        return sys.__stdout__ is not None and not sys.__stdout__.closed and sys.__stdout__.isatty()

    def suspend_application_mode(self) -> None:
        self._suspended = True
        super().suspend_application_mode()
        unlock_terminal()

    # Handlers only schedule a call: a write that interrupts another write would wait for itself.

    def _sigtstp_application(self, *_: object) -> None:
        if self.can_suspend:
            self._loop.call_soon_threadsafe(self._stop_until_continued)

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._continued)

    def _stop_until_continued(self) -> None:
        restart = self._auto_restart and self._drawing
        if restart:
            self.suspend_application_mode()
            self._must_signal_resume = True
        self._continued_by_us = True
        # Stop the whole job, as the terminal does: otherwise a wrapper that started us would continue to
        # wait, and the shell with it. SIGTSTP, unlike SIGSTOP, does nothing if no shell could resume us.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._sigtstp_application)
        if restart:
            self._resume()

    def _continued(self) -> None:
        by_us, self._continued_by_us = self._continued_by_us, False
        if not self._auto_restart:
            return
        if self._suspended:
            self._resume()
        elif self._drawing and not by_us:
            # After a SIGSTOP, the shell had the terminal in the meantime.
            self.suspend_application_mode()
            self._resume()

    def _resume(self) -> None:
        self.resume_application_mode()
        if self._drawing:
            self._app.refresh(layout=True)


class _KeyParser:
    """Turns the characters of a terminal into events.

    A bracketed paste lasts until ESC[201~. In Textual's parser, an ESC in it starts a sequence, and what
    follows is typed. A newline is Enter: the terminal sends one for a key that is pressed before the driver
    starts.
    """

    def __init__(self, debug: bool) -> None:
        self._debug = debug
        self._parser = XTermParser(debug)
        self._recent = ""
        self._pasted: list[str] | None = None

    def feed(self, character: str) -> list[Message]:
        """Return the events that the next character completes."""
        previous, self._recent = self._recent[-1:], (self._recent + character)[-len(_PASTE_START) :]
        if self._pasted is not None:
            return self._feed_paste(self._pasted, character)
        if character == "\n" and previous == "\r":
            return []
        try:
            messages = list(self._parser.feed("\r" if character == "\n" else character))
        except (ValueError, OverflowError):  # the key code is no character
            self._parser = XTermParser(self._debug)
            return []
        if self._recent == _PASTE_START:
            self._pasted = []
        return messages

    def _feed_paste(self, pasted: list[str], character: str) -> list[Message]:
        pasted.append(character)
        if self._recent != _PASTE_END:
            return []
        self._pasted = None
        for _ in self._parser.feed(_PASTE_END):
            pass  # an empty paste
        return [Paste("".join(pasted[: -len(_PASTE_END)]).replace("\0", ""))]

    def tick(self) -> list[Message]:
        """Return the events that are complete because nothing follows."""
        return list(self._parser.tick())


class _Output(io.TextIOWrapper):
    """The file that Textual's writer thread writes to. Discards text if the terminal is gone.

    An exception would end the thread, and everything that waits for its queue would hang.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(io.BufferedWriter(_Terminal(descriptor, "w")), "utf-8", "replace")


class _Terminal(io.FileIO):
    def write(self, data: Buffer, /) -> int:
        with suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes
