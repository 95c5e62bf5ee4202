"""Roads from this program to the clipboard of the person before it."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Final

from ..secret import Secret
from .environment import in_screen, in_tmux, over_ssh

LONGEST_WAIT_SECONDS: Final = 3.0
# GNU screen passes a device control string on if it is short; what is longer goes in pieces.
_SCREEN_PIECE: Final = 240


class ClipboardRoad(Enum):
    """How the text was sent; the value says so, to be put into a sentence."""

    TMUX = "sent to tmux's buffer and your terminal's clipboard"
    LOCAL = "sent to the clipboard"
    TERMINAL = "sent to your terminal's clipboard"


@dataclass(frozen=True)
class ClipboardResult:
    """That the text was sent, and by which road. Nothing answers, so nobody knows whether it arrived."""

    road: ClipboardRoad

    @property
    def sentence(self) -> str:
        """``sent to …``: never "copied"."""
        return self.road.value


def send_to_clipboard(
    text: Secret | str, write: Callable[[str], object], environ: Mapping[str, str] = os.environ
) -> ClipboardResult:
    """Send text to the clipboard; ``write`` writes an escape sequence to the terminal.

    Inside tmux by ``tmux load-buffer -w -``, which its default settings let through where they stop OSC 52;
    on the machine before us by its own tool; else by OSC 52, wrapped inside GNU screen. A tool gets the text
    on its stdin, never as an argument or in its environment. Waits at most ``LONGEST_WAIT_SECONDS``, and may
    be called in a thread if ``write`` may.
    """
    value = text.reveal() if isinstance(text, Secret) else text
    deadline = monotonic() + LONGEST_WAIT_SECONDS
    if in_tmux(environ):
        if _give(["tmux", "load-buffer", "-w", "-"], value.encode(), environ, deadline):
            return ClipboardResult(ClipboardRoad.TMUX)
    elif not in_screen(environ) and not over_ssh(environ):
        for command, data in _local_tools(value, environ):
            if _give(command, data, environ, deadline):
                return ClipboardResult(ClipboardRoad.LOCAL)
    write(osc_52(value, wrapped_for_screen=in_screen(environ)))
    return ClipboardResult(ClipboardRoad.TERMINAL)


def osc_52(text: str, *, wrapped_for_screen: bool = False) -> str:
    """The sequence by which a terminal is asked to set its clipboard (xterm's control sequences, OSC 52)."""
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not wrapped_for_screen:
        return sequence
    pieces = (sequence[start : start + _SCREEN_PIECE] for start in range(0, len(sequence), _SCREEN_PIECE))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _local_tools(text: str, environ: Mapping[str, str]) -> list[tuple[Sequence[str], bytes]]:
    data = text.encode()
    tools: list[tuple[Sequence[str], bytes]] = []
    if sys.platform == "darwin":
        tools.append((["pbcopy"], data))
    if environ.get("WAYLAND_DISPLAY"):
        tools.append((["wl-copy"], data))
    if environ.get("DISPLAY"):
        tools.append((["xclip", "-selection", "clipboard"], data))
        tools.append((["xsel", "--clipboard", "--input"], data))
    if environ.get("WSL_DISTRO_NAME") or environ.get("WSL_INTEROP"):
        # In the console's own code page only ASCII is sure.
        tools.append((["clip.exe"], data if text.isascii() else text.encode("utf-16")))
    return tools


def local_tool(environ: Mapping[str, str] = os.environ) -> str:
    """The program by which text would go to this machine's clipboard; empty where that is not before us."""
    if in_tmux(environ) or in_screen(environ) or over_ssh(environ):
        return ""
    names = (command[0] for command, _ in _local_tools("", environ))
    return next((name for name in names if shutil.which(name, path=environ.get("PATH"))), "")


def _give(command: Sequence[str], data: bytes, environ: Mapping[str, str], deadline: float) -> bool:
    """Whether the tool exists, took the data on its stdin and ended well before the deadline."""
    program = shutil.which(command[0], path=environ.get("PATH"))
    left = deadline - monotonic()
    if program is None or left <= 0:
        return False
    variables = dict(environ)
    if sys.platform == "darwin":
        variables.setdefault("LC_CTYPE", "UTF-8")  # without a locale pbcopy takes the bytes for Mac Roman
    try:
        # A session of its own: xclip and wl-copy stay to serve the clipboard when this terminal closes, and
        # no tool can write to it. No pipe but stdin, which such a server would keep open for ever.
        ended = subprocess.run(  # noqa: S603
            [program, *command[1:]],
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=variables,
            start_new_session=True,
            timeout=left,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return ended.returncode == 0
