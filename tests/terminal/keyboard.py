"""The characters that a terminal sends for each key."""

from __future__ import annotations

from typing import Final

_NAMED_KEYS: Final = {
    "enter": "\r",
    "esc": "\x1b",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "insert": "\x1b[2~",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "f11": "\x1b[23~",
    "f12": "\x1b[24~",
}


def key_bytes(key: str, *, kitty: bool = False) -> str:
    """Return what xterm sends for ``enter``, ``f1``, ``ctrl+r``, ``alt+x`` or a single character.

    With ``kitty``, Esc has the unambiguous form of kitty's keyboard protocol.

    Raises:
        ValueError: No key has this name.
    """
    if kitty and key in ("esc", "escape"):
        return "\x1b[27u"
    if key in _NAMED_KEYS:
        return _NAMED_KEYS[key]
    if len(key) == 1:
        return key
    modifier, _, letter = key.partition("+")
    if modifier == "ctrl" and len(letter) == 1:
        return chr(ord(letter.upper()) & 0x1F)
    if modifier == "alt":
        return "\x1b" + key_bytes(letter)
    raise ValueError(f"unknown key: {key!r}")
