"""What surrounds the program: which terminal it has, and what of its environment must not reach it."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

_TEXTUAL_VARIABLES_KEPT: Final = frozenset({"TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_ANIMATIONS"})
_PR_SET_DUMPABLE: Final = 4  # <linux/prctl.h>


class TerminalKind(Enum):
    """How the program can talk with the person before it."""

    NONE = "none"
    LINES = "lines"
    FULL_SCREEN = "full screen"


@dataclass(frozen=True)
class Terminal:
    """The terminal that is there, and one sentence that says why it is taken for that."""

    kind: TerminalKind
    reason: str


def scrub_textual_environment(environ: MutableMapping[str, str] = os.environ) -> list[str]:
    """Remove every TEXTUAL* variable but the two that are harmless, and name those removed, in order.

    Textual reads them when it is imported, so this comes before. TEXTUAL_LOG writes each key press to a
    file, TEXTUAL=devtools sends them over a socket, TEXTUAL_SCREENSHOT saves the screen as a picture,
    TEXTUAL_DRIVER imports code.
    """
    found = [name for name in environ if name.startswith("TEXTUAL")]
    removed = sorted(name for name in found if name not in _TEXTUAL_VARIABLES_KEPT)
    for name in removed:
        del environ[name]
    return removed


def find_terminal(environ: Mapping[str, str] = os.environ) -> Terminal:
    """The terminal this process may use, without changing anything about it.

    One is there when one of stdin, stdout and stderr is a terminal, /dev/tty opens, and our process group is
    in its foreground (in the background the kernel would stop us at the first key). TERM=dumb or no TERM
    means that lines are all it can show.
    """
    if not any(_is_terminal(descriptor) for descriptor in (0, 1, 2)):
        return Terminal(TerminalKind.NONE, "None of stdin, stdout and stderr is a terminal.")
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return Terminal(TerminalKind.NONE, "There is no controlling terminal: /dev/tty does not open.")
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
            TerminalKind.LINES, f"TERM is {kind_of_terminal or 'not set'}: the terminal shows lines."
        )
    return Terminal(TerminalKind.FULL_SCREEN, f"The terminal is a {kind_of_terminal}.")


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def no_colour(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the person wants no colours: NO_COLOR is set and not empty (no-color.org)."""
    return bool(environ.get("NO_COLOR"))


def is_monochrome(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal has no colours: its terminfo entry has none, and COLORTERM does not say otherwise.

    A terminal that terminfo does not know is taken for a newer one than the database, with colours. Only the
    first TERM a process asks about is looked up.
    """
    if environ.get("COLORTERM"):
        return False
    import curses

    try:
        curses.setupterm(environ.get("TERM", ""), 1)
        return curses.tigetnum("colors") < 1
    except curses.error:
        return False


def without_colour(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether nothing may be told by colour: none is wanted, or the terminal has none."""
    return no_colour(environ) or is_monochrome(environ)


def over_ssh(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal is on another machine, as far as sshd's variables tell."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def in_tmux(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the program runs in a pane of tmux on this machine."""
    return bool(environ.get("TMUX"))


def in_screen(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the program runs in a window of GNU screen on this machine, and not of a tmux within it."""
    return bool(environ.get("STY")) and not in_tmux(environ)


def fill_missing_streams() -> None:
    """Give a process that was started with stdin, stdout or stderr closed (``<&-``) /dev/null in their place.

    Otherwise the first file it opens becomes its stdout, and Textual fails on a stream that is None. To be
    called before anything is opened.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
        if getattr(sys, name) is None:
            stream = os.fdopen(descriptor, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def harden_process() -> None:
    """Keep what is in memory from being written to a core file or read by the user's other processes.

    The core limit becomes 0 (the hard limit stays, so that a command we start can raise it again), and on
    Linux the process is marked as not dumpable: core handlers pass it by, same-user processes can neither
    attach to it nor read its /proc/PID/environ and /proc/PID/mem; /proc/PID/cmdline stays readable, our own
    /dev/tty, /dev/stdin and /proc/self/fd work as before, and the mark ends at exec. Where one of the two
    cannot be done, the program runs without.
    """
    with suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
