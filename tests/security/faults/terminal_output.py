"""Find unexpected sequences in terminal output.

A terminal may receive text and the sequences that Textual and tui-auth's driver write, nothing else. The list
has exact kinds with bounds on their numbers, so that a sequence from a server's text is detected even if the
program uses the same kind.
"""

from __future__ import annotations

import re
import unicodedata

_MODES = "7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048"
_KINDS = {
    "colors": r"\[(?:\d{1,3}(?:;\d{1,3})*)?m",
    "cursor to": r"\[(?:\d{1,3}(?:;\d{1,3})?)?H",
    "cursor moved": r"\[\d{0,3}[ABCDG]",
    "erase": r"\[[0-3]?[JK]",
    "modes": rf"\[\?(?:{_MODES})[hl]",
    "mode requests": r"\[\?(?:2026|2048)\$p",
    "kitty keyboard": r"\[(?:>\d{1,2}u|<u|\?u)",
    "cursor shape": r"\[\d? q",
}
_POINTER = r"\]22;[a-z-]{1,20}\x07"
_ALLOWED = re.compile("\x1b(?:" + "|".join(f"(?:{kind})" for kind in [*_KINDS.values(), _POINTER]) + ")")
_CONTROLS = frozenset("\r\n\x07")
"""Line ends, and the bell of a key that does nothing."""


def unexpected_output(received: bytes | str, *, bell: bool = True) -> list[str]:
    """Return each sequence that the program doesn't write, with a few characters after it."""
    text = received.decode("utf-8", "surrogateescape") if isinstance(received, bytes) else received
    findings: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == "\x1b":
            match = _ALLOWED.match(text, position)
            if match is None:
                findings.append(repr(text[position : position + 40]))
            position = match.end() if match else position + 1
            continue
        if _is_unexpected(text[position]) and not (
            text[position] in _CONTROLS and (bell or text[position] != "\x07")
        ):
            findings.append(repr(text[position : position + 40]))
        position += 1
    return findings


def _is_unexpected(character: str) -> bool:
    """Return whether a character is a control, format, surrogate, private or unassigned one."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")
