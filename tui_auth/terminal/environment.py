"""What a process starts with: terminal, environment variables, streams, hardening."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

_HARMLESS_TEXTUAL_VARIABLES: Final = frozenset({"TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_ANIMATIONS"})
_PR_SET_DUMPABLE: Final = 4  # <linux/prctl.h>


class TerminalKind(Enum):
    """How the program can communicate with the user."""

    NONE = "none"
    LINES = "lines"
    FULL_SCREEN = "full screen"


@dataclass(frozen=True)
class Terminal:
    """The kind of terminal, and the reason as a sentence."""

    kind: TerminalKind
    reason: str


def scrub_textual_environment(environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """Remove all TEXTUAL* variables except two harmless ones; return the removed names, sorted.

    Textual reads them when it is imported, so this must run before. TEXTUAL_LOG writes each key press to a
    file, TEXTUAL=devtools sends them over a socket, TEXTUAL_SCREENSHOT saves the screen as a picture,
    TEXTUAL_DRIVER imports code.
    """
    removed = sorted({name for name in environ if name.startswith("TEXTUAL")} - _HARMLESS_TEXTUAL_VARIABLES)
    for name in removed:
        del environ[name]
    return removed


def find_terminal(environ: Mapping[str, str] = os.environ) -> Terminal:
    """Find out which terminal this process may use, without changing it.

    There is one if stdin, stdout or stderr is a terminal, /dev/tty opens, and our process group is in its
    foreground: in the background, the kernel would stop us at the first key. If TERM is dumb or not set, the
    terminal can show only lines.
    """
    if not any(map(os.isatty, (0, 1, 2))):
        return Terminal(TerminalKind.NONE, "None of stdin, stdout and stderr is a terminal.")
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return Terminal(TerminalKind.NONE, "There is no controlling terminal: /dev/tty can't be opened.")
    try:
        in_foreground = os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        in_foreground = False
    finally:
        os.close(terminal)
    if not in_foreground:
        return Terminal(TerminalKind.NONE, "The program runs in the background of its terminal.")
    kind_of_terminal = environ.get("TERM", "")
    if kind_of_terminal in ("", "dumb", "unknown"):
        return Terminal(
            TerminalKind.LINES, f"TERM is {kind_of_terminal or 'not set'}: the terminal can show only lines."
        )
    return Terminal(TerminalKind.FULL_SCREEN, f"The terminal is a {kind_of_terminal}.")


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def is_switched_on(environ: Mapping[str, str], *names: str) -> bool:
    """Return whether the first of these variables that isn't empty says yes: not 0, false, no or off."""
    setting = next((environ[name] for name in names if environ.get(name)), "")
    return setting.strip().casefold() not in ("", "0", "false", "no", "off")


def is_no_color_set(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the user wants no colors: NO_COLOR is set and not empty (no-color.org)."""
    return bool(environ.get("NO_COLOR"))


def is_monochrome(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal has no colors by its terminfo entry, and COLORTERM isn't set.

    A terminal that terminfo doesn't know is assumed to be newer than the database, with colors. curses looks
    up only the first TERM of a process.
    """
    if environ.get("COLORTERM"):
        return False
    import curses

    try:
        curses.setupterm(environ.get("TERM", ""), 1)
        return curses.tigetnum("colors") < 1
    except curses.error:
        return False


def must_avoid_color(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether nothing may depend on color: the user wants none, or the terminal has none."""
    return is_no_color_set(environ) or is_monochrome(environ)


def is_over_ssh(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the terminal is on another machine, according to sshd's variables."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def is_in_tmux(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the program runs in a pane of tmux on this machine."""
    return bool(environ.get("TMUX"))


def is_in_gnu_screen(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the program runs in GNU screen on this machine, without a tmux within."""
    return bool(environ.get("STY")) and not is_in_tmux(environ)


def fill_missing_streams() -> None:
    """Open /dev/null in place of stdin, stdout and stderr if they are closed (``<&-``).

    Otherwise the first file that is opened becomes stdout, and Textual fails on a stream that is None. Must
    run before anything is opened.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free descriptor: this one
        if getattr(sys, name) is None:
            stream = os.fdopen(descriptor, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


@contextmanager
def discard_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2 in the block, if that is a terminal.

    The screen is drawn on the same terminal. The descriptor itself is redirected, because C libraries and
    child processes don't know ``sys.stderr``. A stderr that is a file or a pipe is left alone.
    """
    if not os.isatty(2):
        yield
        return
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    saved = os.dup(2)
    try:
        null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(null, 2)
        os.close(null)
        yield
    finally:
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)


_core_limit: tuple[int, int] | None = None
"""The core limit that the caller set, once ``harden_process`` has changed it."""


def harden_process() -> None:
    """Protect this process's memory from core files and from the user's other processes.

    For every command that reads a secret, before it does. The soft core limit becomes 0; the hard limit
    stays, so that ``restore_core_limit`` can raise it again for a command that replaces this process. On
    Linux the process also becomes not dumpable: core handlers skip it, and processes of the same user can
    neither attach to it nor read its /proc/PID/environ and /proc/PID/mem. /proc/PID/cmdline stays readable,
    our own /dev/tty, /dev/stdin and /proc/self/fd work as before, and exec ends it. The program also runs if
    one of the two fails.
    """
    global _core_limit
    with suppress(OSError, ValueError):
        limit = resource.getrlimit(resource.RLIMIT_CORE)
        _core_limit = _core_limit or limit
        resource.setrlimit(resource.RLIMIT_CORE, (0, limit[1]))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def restore_core_limit() -> None:
    """Set the core limit that the caller set, for the command that replaces this process."""
    if _core_limit is not None:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, _core_limit)
