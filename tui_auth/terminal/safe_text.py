"""Text from elsewhere, made fit to be shown: the one door between a server's words and a terminal.

What a pool sends — challenge parameters, destinations, messages, names — may have been written by an
attacker. After this, it can move no cursor, change no colour, fill no clipboard, turn no reading direction,
hide nothing in characters that do not show, and take no more room than it is given (CWE-150, CWE-451;
Unicode TR 36). It is plain text: show it without interpreting markup in it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
MARKS: Final = 5
"""How many combining marks a character keeps; Burmese needs five, stacked-up text uses dozens."""

_DOTTED_CIRCLE: Final = "\N{DOTTED CIRCLE}"
# Format characters (category Cf) that are seen: number and verse signs of Arabic, Syriac and Kaithi.
_VISIBLE_FORMAT: Final = frozenset({*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD})
# Characters outside Cf that take no room or look like nothing: joiners, fillers, variation selectors.
_INVISIBLE: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)


def safe_text(text: object, *, limit: int = 2000, lines: int = 20) -> str:
    """Any value as text that can do nothing to a terminal or its reader's eyes.

    Strings stay as they are apart from what is dangerous in them, None is nothing, bytes are taken as UTF-8,
    lists, mappings, numbers and truth values are written as JSON, anything else as its ``str``. Control
    characters become visible (``␛``, ``\\x9b``); bidirectional controls, zero-width characters, tags and
    variation selectors are dropped; unassigned and private characters and lone surrogates become U+FFFD;
    blanks of every width become spaces. The result is NFC, at most ``limit`` characters long, ending with
    ``… (N more characters)`` where it was cut, and at most ``lines`` lines (one or more): the breaks after
    that become spaces. Applied twice it gives the same. Never raises.
    """
    head, beyond = _read(text, limit)
    rows = _clean(head).split("\n")
    if len(rows) > lines:
        rows[lines - 1 :] = [" ".join(rows[lines - 1 :])]
    return _cut("\n".join(rows), limit, beyond)


def safe_line(text: object, limit: int = 200) -> str:
    """The same on one line, runs of blanks made one: for a name, a destination, a place in a sentence."""
    head, beyond = _read(text, limit)
    return _cut(" ".join(_clean(head).split()), limit, beyond)


def service_says(words: object, limit: int = 200) -> str:
    """A server's words as a sentence that says whose they are: an endpoint need not be Cognito."""
    return f"The service says: “{safe_line(words, limit)}”."


def _read(value: object, limit: int) -> tuple[str, int]:
    """The start of a value's text, no longer than is worth cleaning, and how many characters come after."""
    text = _written(value)
    # Room for what cleaning takes away; the rest of a megabyte is counted and not looked at.
    enough = 4 * max(limit, 0) + 64
    return text[:enough], max(0, len(text) - enough)


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        if isinstance(value, dict | list | tuple | bool | int | float):
            import json  # which a first screen has no other use for

            return json.dumps(value, ensure_ascii=False, default=str)
        return str(value)
    except Exception:  # nested too deep, in a circle, a number too long, a __str__ that fails
        return f"({type(value).__name__})"


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # Marks are counted before normalising, which takes quadratic time over a long run of them, and after,
    # since it may make two of one.
    return _limit_marks(unicodedata.normalize("NFC", _limit_marks("".join(map(_shown, text)))))


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    code, category = ord(char), unicodedata.category(char)
    if char in "\n\r\u2028\u2029":
        return "\n"
    if char == "\t" or category == "Zs":
        return " "
    if code in _INVISIBLE or (category == "Cf" and code not in _VISIBLE_FORMAT):
        return ""
    if category == "Cc":
        return _control_picture(code)
    return REPLACEMENT if category in ("Cn", "Co", "Cs") else char


def _control_picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"\\x{code:02x}"


def _limit_marks(text: str) -> str:
    kept: list[str] = []
    marks, has_base = 0, False
    for char in text:
        if not _is_mark(char):
            marks, has_base = 0, char not in "\n "
        elif not has_base:
            # Without a letter of its own it would sit on whatever is drawn before it, such as our frame.
            kept.append(_DOTTED_CIRCLE)
            marks, has_base = 1, True
        elif (marks := marks + 1) > MARKS:
            continue
        kept.append(char)
    return "".join(kept)


@lru_cache(maxsize=4096)
def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _cut(text: str, limit: int, beyond: int) -> str:
    """At most ``limit`` characters; what is not shown, here and in the ``beyond`` unread ones, is counted."""
    if len(text) <= limit and not beyond:
        return text
    for kept in range(min(limit, len(text)), -1, -1):
        ending = f"… ({len(text) - kept + beyond} more characters)"
        if kept + len(ending) <= limit:
            return text[:kept] + ending
    return "…"[:limit]
