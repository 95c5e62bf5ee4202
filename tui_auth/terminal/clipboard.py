"""Text to and from the user's clipboard: sends it there, and finds the one-time code in what is pasted."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Final

from tui_auth.secret import Secret
from tui_auth.terminal.environment import is_in_gnu_screen, is_in_tmux, is_over_ssh

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONGEST_WAIT_SECONDS: Final = 3.0
# GNU screen passes on only short device control strings, so longer ones are split.
_SCREEN_PIECE: Final = 240


class ClipboardRoute(Enum):
    """How the text was sent; the value ends a sentence. No clipboard confirms that a text arrived."""

    TMUX = "sent to tmux's buffer and your terminal's clipboard"
    LOCAL = "sent to the clipboard"
    TERMINAL = "sent to your terminal's clipboard"


def send_to_clipboard(
    text: Secret | str, write: Callable[[str], object], environ: Mapping[str, str] = os.environ
) -> ClipboardRoute:
    """Send text to the clipboard and return by which route.

    Inside tmux this runs ``tmux load-buffer -w -``, because the default settings of tmux block OSC 52. On the
    local machine it runs a clipboard tool. Otherwise it writes OSC 52, wrapped inside GNU screen. A tool gets
    the text on its stdin, never as an argument or in its environment. Takes at most ``LONGEST_WAIT_SECONDS``,
    and may run in a thread if ``write``, which writes to the terminal, may.
    """
    value = text.reveal() if isinstance(text, Secret) else text
    deadline = monotonic() + LONGEST_WAIT_SECONDS
    if is_in_tmux(environ):
        if _run_tool(["tmux", "load-buffer", "-w", "-"], value.encode(), environ, deadline):
            return ClipboardRoute.TMUX
    elif not is_in_gnu_screen(environ) and not is_over_ssh(environ):
        for command, data in _local_tools(value, environ):
            if _run_tool(command, data, environ, deadline):
                return ClipboardRoute.LOCAL
    write(osc_52(value, is_for_gnu_screen=is_in_gnu_screen(environ)))
    return ClipboardRoute.TERMINAL


def osc_52(text: str, *, is_for_gnu_screen: bool = False) -> str:
    """Return the sequence that sets a terminal's clipboard (xterm control sequences, OSC 52)."""
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if not is_for_gnu_screen:
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
        # clip.exe reads the console's code page, in which only ASCII is certain.
        tools.append((["clip.exe"], data if text.isascii() else text.encode("utf-16")))
    return tools


def find_local_tool(environ: Mapping[str, str] = os.environ) -> str:
    """Return the tool that would set the local clipboard; empty if there is none."""
    if is_in_tmux(environ) or is_in_gnu_screen(environ) or is_over_ssh(environ):
        return ""
    names = (command[0] for command, _ in _local_tools("", environ))
    return next((name for name in names if shutil.which(name, path=environ.get("PATH"))), "")


def _run_tool(command: Sequence[str], data: bytes, environ: Mapping[str, str], deadline: float) -> bool:
    """Run a tool with data on its stdin; return whether it succeeded before the deadline."""
    program = shutil.which(command[0], path=environ.get("PATH"))
    left = deadline - monotonic()
    if program is None or left <= 0:
        return False
    variables = dict(environ)
    if sys.platform == "darwin":
        variables.setdefault("LC_CTYPE", "UTF-8")  # without a locale pbcopy decodes the bytes as Mac Roman
    try:
        # In an own session, xclip and wl-copy continue to serve the clipboard when this terminal closes, and
        # no tool can write to the terminal. Only stdin is a pipe: such a server would keep others open.
        completed = subprocess.run(  # noqa: S603
            [program, *command[1:]],
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=variables,
            start_new_session=True,
            timeout=left,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return completed.returncode == 0


PLAUSIBLE_DIGITS: Final = range(4, 11)
"""The lengths that a code of digits may have if its length isn't known."""

_DASHES: Final = r"\-" "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{MINUS SIGN}"
SEPARATOR: Final = rf"[\s{_DASHES}]"
# Digits in groups with one separator in between, but not in a word, an amount, a date or a time of day.
_DIGIT_GROUPS: Final = re.compile(
    rf"(?<![A-Za-z0-9])(?<![0-9][.,:/])[0-9]+(?:{SEPARATOR}[0-9]+)*(?![A-Za-z0-9]|[.,:/][0-9])"
)
_PHONE_NUMBER: Final = re.compile(r"\+[0-9][0-9\s()-]*")
_LETTERS_AND_DIGITS: Final = re.compile(r"(?<!\w)(?=\w*[0-9])(?=\w*[A-Za-z])[A-Za-z0-9]{4,16}(?!\w)")


def find_code(text: str, digits: int | None, takes_letters: bool) -> str | None:
    """Return the one code in a text, or None if it has no code or more than one.

    Args:
        text: What was typed or pasted.
        digits: The expected length. If the text has numbers of that length, others don't count.
        takes_letters: Whether the code may have letters.
    """
    text = normalize_digits(text)
    whole = re.sub(SEPARATOR, "", text)
    if whole.isascii() and whole.isdigit():
        return whole
    runs = _DIGIT_GROUPS.findall(_PHONE_NUMBER.sub(" ", text))
    candidates = {candidate for run in runs for candidate in _possible_codes(run, digits)}
    expected = {candidate for candidate in candidates if len(candidate) == digits}
    plausible = expected or {candidate for candidate in candidates if len(candidate) in PLAUSIBLE_DIGITS}
    if takes_letters and not expected:
        if len(text.split()) < 3:
            return None  # not a sentence: the whole text may be the code
        plausible |= set(_LETTERS_AND_DIGITS.findall(text))
    return plausible.pop() if len(plausible) == 1 else None


def normalize_digits(text: str) -> str:
    """Replace the digits of every script, such as full-width ones, by 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


def is_possible_code(code: str, digits: int | None = None) -> bool:
    """Return whether a code of Cognito or of an authenticator app may look like this.

    Args:
        code: The code, without separators.
        digits: Its length; None if it isn't known.
    """
    has_length = len(code) in PLAUSIBLE_DIGITS if digits is None else len(code) == digits
    return has_length and code.isascii() and code.isdigit()


def _possible_codes(run: str, digits: int | None) -> list[str]:
    """Return the codes a run of groups may mean: all joined, or those of the right length."""
    groups = re.split(SEPARATOR, run)
    if len(set(map(len, groups))) == 1 and len(groups[0]) != digits:
        return ["".join(groups)]
    return [group for group in groups if len(group) == digits]
