"""The characters that a terminal can show, and others in place of those that it can't."""

from __future__ import annotations

import os
import unicodedata
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


_SET_BY_PYTHON: Final = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to if it finds the locale C (PEP 538), whatever the terminal shows."""


class CharacterSet(Enum):
    """What a terminal can show."""

    UNICODE = "Unicode"
    CONSOLE = "the fonts of the Linux console"
    ASCII = "ASCII"


_CORNERS: Final = dict(zip("╭╮╰╯┏┓┗┛━┃", "┌┐└┘╔╗╚╝═║", strict=True))
"""Edges that the console's fonts have, in place of round and heavy ones."""

_SIGNS: Final = {
    "◉": "*",
    "○": "o",
    "●": "o",
    "✓": "v",
    "✗": "x",
    "•": "*",
    "·": "-",
    "…": ".",
    "▶": ">",
    "›": ">",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "«": "<",
    "»": ">",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "–": "-",
    "—": "-",
    "×": "x",
}
_LINES: Final = {
    "─": "-",
    "│": "|",
    "▌": "|",
    "█": "#",
    "━": "=",
    **dict.fromkeys("┃┏┓┗┛", "#"),  # heavy edges mark the focus, so they differ from light ones
}
_NAMES: Final = {"↵": "enter", "↑↓": "up/down"}
"""Keys that have a sign, and no other sign of the same width."""


def find_character_set(environ: Mapping[str, str] = os.environ) -> CharacterSet:
    """Return what the terminal can show by its locale and TERM.

    The locale C or POSIX, or one with another encoding than UTF-8, means ASCII. A locale that isn't set, as
    in a container, or that has no encoding says nothing about the terminal, and today's show Unicode.
    """
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if environ.get("LC_CTYPE") in _SET_BY_PYTHON and environ.get("LANG") in ("C", "POSIX"):
        names.remove("LC_CTYPE")
    locale = next((environ[name] for name in names if environ.get(name)), "")
    encoding = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    if locale in ("C", "POSIX") or encoding not in ("", "utf8"):
        return CharacterSet.ASCII
    return CharacterSet.CONSOLE if environ.get("TERM") == "linux" else CharacterSet.UNICODE


def key_sign(sign: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the sign of a key, or its name if the terminal doesn't have the sign."""
    if sign not in _NAMES or find_character_set(environ) is CharacterSet.UNICODE:
        return sign
    return _NAMES[sign]


def replace_characters(text: str, characters: CharacterSet) -> str:
    """Return a text in which each character is one that the terminal has, of the same width.

    Args:
        text: The text, which may have escape sequences: they are ASCII and stay as they are.
        characters: What the terminal can show.
    """
    if characters is CharacterSet.UNICODE or text.isascii():
        return text
    return "".join(
        character if character.isascii() else _replacement(character, characters) for character in text
    )


@cache
def _replacement(character: str, characters: CharacterSet) -> str:
    if characters is CharacterSet.CONSOLE:
        character = _CORNERS.get(character, character)
        is_shown = "\u2500" <= character <= "\u25a0" or "\u00a0" <= character <= "\u00ff"
        return character if is_shown or character not in _SIGNS else _SIGNS[character]
    if replacement := _SIGNS.get(character) or _LINES.get(character):
        return replacement
    if "\u2500" <= character <= "\u257f":
        return "+"
    if "\u2580" <= character <= "\u259f":
        return " "
    # A letter without its accents; what has no such letter stays visible.
    base = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return base if len(base) == width else "?" * width
