"""What a curious hand does to a field: copies, cuts, drags, clicks twice, pastes back."""

from __future__ import annotations

from typing import Final

from tests.journeys.conftest import SignIn
from tests.terminal.pty_program import PtyProgram

_COPY_KEYS: Final = ("\x1b[99;9u", "\x1b[99;6u", "\x1b[2;5~", "\x1b[67;6u")
"""Super+C, Ctrl+Shift+C, Ctrl+Insert, and Ctrl+Shift+C as some terminals write it."""

_CUT, _PASTE, _CLEAR, _END, _SELECT_ALL = "\x18", "\x16", "\x15", "\x05", "\x1b[97;6u"
BULLET = "•"


def try_to_extract(program: SignIn, text: str, *, echoes_input: bool = False) -> None:
    """Type the text into the field that has the focus, try every way to get it out, and leave it empty.

    ``shown``: the field shows what is typed, as that of a code does; else it shows bullets.
    """
    displayed = text if echoes_input else BULLET * len(text)
    program.send(text)
    program.wait_for(displayed)
    row, column = _position_of(program, displayed)
    _drag(program, row, column, column + len(displayed))
    _copy(program)
    _click(program, row, column + 2, times=2)
    _copy(program)
    _click(program, row, column + 2, times=3)
    _copy(program)
    program.send(_SELECT_ALL)
    _copy(program)
    program.send(_CUT)
    program.send(_END + _CLEAR)
    program.wait_gone(displayed)
    # What had been copied into the program's own clipboard would come back.
    program.send(_PASTE + "~")
    program.wait_for(lambda p: _is_in_a_field(p, "~" if echoes_input else BULLET))
    assert displayed not in program.screen_text()
    program.send(_END + _CLEAR)
    program.paste(text)
    program.wait_for(displayed)
    program.send(_END + _CLEAR)
    program.wait_gone(displayed)


def drag_over_screen(program: SignIn) -> None:
    """Drag over the whole screen, as if to select all of it, and copy."""
    rows, columns = program.emulator.screen.lines, program.emulator.screen.columns
    program.send(f"\x1b[<0;1;1M\x1b[<32;{columns};{rows}M\x1b[<0;{columns};{rows}m")
    _copy(program)


def _is_in_a_field(program: PtyProgram, text: str) -> bool:
    return any(f"[{text}" in line for line in program.screen_text().splitlines())


def _position_of(program: SignIn, text: str) -> tuple[int, int]:
    """Row and column of a text on the screen, from 1 as the mouse counts."""
    for row, line in enumerate(program.screen_text().splitlines(), 1):
        if text in line:
            return row, line.index(text) + 1
    raise AssertionError(f"{text!r} is not on the screen")


def _drag(program: SignIn, row: int, first: int, last: int) -> None:
    program.send(f"\x1b[<0;{first};{row}M\x1b[<32;{last};{row}M\x1b[<0;{last};{row}m")


def _click(program: SignIn, row: int, column: int, *, times: int) -> None:
    program.send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m" * times)


def _copy(program: SignIn) -> None:
    for key in _COPY_KEYS:
        program.send(key)
