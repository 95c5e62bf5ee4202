"""Try to get a secret out of a field: copy, cut, drag, double-click and paste."""

from __future__ import annotations

import re
from typing import Final

from tests.journeys.conftest import SignIn
from tests.terminal.pty_program import PtyProgram

_COPY_KEYS: Final = ("\x1b[99;9u", "\x1b[99;6u", "\x1b[2;5~", "\x1b[67;6u")
"""Super+C, Ctrl+Shift+C, Ctrl+Insert, and another encoding of Ctrl+Shift+C."""

_CUT, _PASTE, _CLEAR, _END, _SELECT_ALL = "\x18", "\x16", "\x15", "\x05", "\x1b[97;6u"
BULLET = "•"


def try_to_extract(program: SignIn, text: str, *, echoes_input: bool = False) -> None:
    """Type a text into the focused field, try every way to copy it, and clear the field.

    ``echoes_input`` is true if the field shows what is typed, as a code field does, instead of bullets.
    """
    displayed = text if echoes_input else BULLET * len(text)
    program.send(text)
    program.wait_for(lambda p: _find(p, displayed))
    row, column, end = _find(program, displayed) or (0, 0, 0)
    _drag(program, row, column, end)
    _copy(program)
    _click(program, row, column + 2, times=2)
    _copy(program)
    _click(program, row, column + 2, times=3)
    _copy(program)
    program.send(_SELECT_ALL)
    _copy(program)
    program.send(_CUT)
    program.send(_END + _CLEAR)
    program.wait_for(lambda p: not _find(p, displayed))
    # Text in the program's own clipboard would reappear.
    program.send(_PASTE + "~")
    program.wait_for(lambda p: _is_in_a_field(p, "~" if echoes_input else BULLET))
    assert not _find(program, displayed)
    program.send(_END + _CLEAR)
    program.paste(text)
    program.wait_for(lambda p: _find(p, displayed))
    program.send(_END + _CLEAR)
    program.wait_for(lambda p: not _find(p, displayed))


def drag_over_screen(program: SignIn) -> None:
    """Select the whole screen with the mouse, and copy."""
    rows, columns = program.emulator.screen.lines, program.emulator.screen.columns
    program.send(f"\x1b[<0;1;1M\x1b[<32;{columns};{rows}M\x1b[<0;{columns};{rows}m")
    _copy(program)


def _is_in_a_field(program: PtyProgram, text: str) -> bool:
    return any(f"┃ {text}" in line for line in program.screen_text().splitlines())


def _find(program: PtyProgram, text: str) -> tuple[int, int, int] | None:
    """Return the row of a text, its first column and the one after it, counted from 1 as the mouse does.

    Each character may be in a cell of its own, as in the field of a code.
    """
    pattern = re.compile("[ │┃]*".join(map(re.escape, text)))
    for row, line in enumerate(program.screen_text().splitlines(), 1):
        if match := pattern.search(line):
            return row, match.start() + 1, match.end() + 1
    return None


def _drag(program: SignIn, row: int, first: int, last: int) -> None:
    program.send(f"\x1b[<0;{first};{row}M\x1b[<32;{last};{row}M\x1b[<0;{last};{row}m")


def _click(program: SignIn, row: int, column: int, *, times: int) -> None:
    program.send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m" * times)


def _copy(program: SignIn) -> None:
    for key in _COPY_KEYS:
        program.send(key)
