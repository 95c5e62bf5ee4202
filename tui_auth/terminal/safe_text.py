"""Makes text from a server safe to show on a terminal. All text of a server goes through this module.

What a user pool sends (challenge parameters, destinations, messages, names) may have been written by an
attacker. Safe text can't move the cursor, change colors, set the clipboard, reverse the reading direction,
hide anything in invisible characters, or take more room than its limit (CWE-150, CWE-451; Unicode TR 36). It
is plain text: show it without interpreting markup.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
MARKS: Final = 5
"""How many combining marks a character keeps. Burmese needs five; text that overflows has dozens."""

_CONTROLS: Final = ("Cc", "Cf", "Cs")
_DOTTED_CIRCLE: Final = "\N{DOTTED CIRCLE}"
# Visible format characters (category Cf): number and verse signs of Arabic, Syriac and Kaithi.
_VISIBLE_FORMAT: Final = frozenset({*range(0x600, 0x606), 0x6DD, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD})
# Invisible characters outside Cf: joiners, fillers, variation selectors.
_INVISIBLE: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)


def safe_text(text: object, *, limit: int = 2000, lines: int = 20) -> str:
    r"""Convert any value to text that is safe to show on a terminal. Never raises.

    None becomes empty; bytes are decoded as UTF-8; lists, mappings, numbers and booleans are written as JSON,
    anything else as its ``str``. Control characters become visible (``␛``, ``\x9b``). Bidirectional
    controls, zero-width characters, tags and variation selectors are dropped. Unassigned and private
    characters and lone surrogates become U+FFFD. Spaces of every width become plain spaces. The function is
    idempotent.

    Args:
        text: The value.
        limit: The maximum length in characters. Longer text ends with ``… (N more characters)``.
        lines: The maximum number of lines, at least one. Further line breaks become spaces.

    Returns:
        The text in NFC.
    """
    head, beyond = _read_start(text, limit)
    rows = _clean(head).split("\n")
    if len(rows) > lines:
        rows[lines - 1 :] = [" ".join(rows[lines - 1 :])]
    return _cut("\n".join(rows), limit, beyond)


def safe_line(text: object, limit: int = 200) -> str:
    """Convert any value to one safe line with single spaces, such as a name in a sentence."""
    head, beyond = _read_start(text, limit)
    return _cut(" ".join(_clean(head).split()), limit, beyond)


def drop_controls(text: str, keep: str = "") -> str:
    """Drop control, format and surrogate characters except those to keep: the last filter of all output.

    Server text is safe before it gets here. If one call of ``safe_text`` is forgotten, this still keeps
    escape sequences from the terminal. The dropped characters take no cell, so what is around them stays.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        for char in text
        if char in keep or unicodedata.category(char) not in _CONTROLS or ord(char) in _VISIBLE_FORMAT
    )


def quote_service(message: object, limit: int = 200) -> str:
    """Quote a server's message. The sentence says "service": an endpoint may not be Cognito."""
    text = safe_line(message, limit)
    return f"The service says: “{text}”{'' if text.endswith(('.', '!', '?', '…')) else '.'}"


def _read_start(value: object, limit: int) -> tuple[str, int]:
    """Return the start of a value's text, and how many characters come after it."""
    text = _to_text(value)
    # Cleaning may remove characters, so read more than the limit; the rest is only counted.
    enough = 4 * max(limit, 0) + 64
    return text[:enough], max(0, len(text) - enough)


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        if isinstance(value, dict | list | tuple | bool | int | float):
            import json  # not at the top: the first frame has no other use for it

            return json.dumps(value, ensure_ascii=False, default=str)
        return str(value)
    except Exception:  # nested too deep, in a circle, a number too long, a __str__ that fails
        return f"({type(value).__name__})"


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # Marks are limited before normalizing, which takes quadratic time for a long run of them, and after it,
    # because it may decompose one into two.
    return _limit_marks(unicodedata.normalize("NFC", _limit_marks("".join(map(_clean_character, text)))))


@lru_cache(maxsize=4096)
def _clean_character(char: str) -> str:
    code, category = ord(char), unicodedata.category(char)
    if char in "\n\r\u2028\u2029":
        return "\n"
    if char == "\t" or category == "Zs":
        return " "
    if code in _INVISIBLE or (category == "Cf" and code not in _VISIBLE_FORMAT):
        return ""
    if category == "Cc":
        return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else f"\\x{code:02x}"
    return REPLACEMENT if category in ("Cn", "Co", "Cs") else char


def _limit_marks(text: str) -> str:
    result: list[str] = []
    marks, has_base = 0, False
    for char in text:
        if not _is_mark(char):
            marks, has_base = 0, char not in "\n "
        elif not has_base:
            # Without a base letter it would be drawn onto the character before it, such as our frame.
            result.append(_DOTTED_CIRCLE)
            marks, has_base = 1, True
        elif (marks := marks + 1) > MARKS:
            continue
        result.append(char)
    return "".join(result)


@lru_cache(maxsize=4096)
def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _cut(text: str, limit: int, beyond: int) -> str:
    """Cut text to the limit and append how many characters are missing, ``beyond`` included."""
    if len(text) <= limit and not beyond:
        return text
    for length in range(min(limit, len(text)), -1, -1):
        ending = f"… ({len(text) - length + beyond} more characters)"
        if length + len(ending) <= limit:
            return text[:length] + ending
    return "…"[:limit]
