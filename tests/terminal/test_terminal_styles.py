"""Fewer bytes for colors and attributes give the same picture."""

from __future__ import annotations

from typing import Final

import pytest
from rich.color import Color
from rich.style import Style

from tests.terminal.emulator import Emulator
from tui_auth.terminal.tty_driver import shorten_styles

EDGE: Final = Style(color="#5f7886", bgcolor="#182028")
TEXT: Final = Style(color="#e3e8ed", bgcolor="#182028")
PAGE: Final = Style(bgcolor="#0f1317")
BOLD: Final = TEXT + Style(bold=True)
CURSOR: Final = TEXT + Style(reverse=True)
DIM: Final = Style(dim=True)
MAGENTA: Final = Style(color=Color.from_ansi(5), bold=True)

Pieces = list[tuple[Style | None, str]]

ROWS: Final[dict[str, Pieces]] = {
    "a card": [(PAGE, "   "), (EDGE, "│"), (TEXT, " Sign in "), (EDGE, "│"), (PAGE, "   ")],
    "one style in pieces": [(EDGE, "╭"), (EDGE, "──"), (EDGE, "╮")],
    "attributes come and go": [(BOLD, "^r"), (TEXT, " New code"), (CURSOR, " "), (BOLD, "x"), (TEXT, "y")],
    "the terminal's own colors": [
        (DIM, "dim"),
        (None, " plain "),
        (MAGENTA, "focus"),
        (None, "."),
        (DIM, "."),
    ],
    "colors to none": [(TEXT, "a"), (None, "b"), (PAGE, " "), (None, " "), (TEXT, "c")],
}


def render(pieces: Pieces) -> str:
    """Return the output for pieces of text as Textual writes it, with a move between two of them."""
    output = [style.render(text) if style else text for style, text in pieces]
    middle = len(output) // 2
    return "".join([*output[:middle], "\r\n\x1b[3;5H", *output[middle:]])


@pytest.mark.parametrize("name", ROWS)
def test_shortened_output_draws_the_same_cells(name: str) -> None:
    output = render(ROWS[name])
    shortened = shorten_styles(output)
    assert len(shortened) <= len(output)
    drawn = []
    for data in (output, shortened):
        emulator = Emulator(6, 60)
        emulator.feed(data.encode() + b"\x1b[6;1Hafter")
        drawn.append(emulator.cells())
    assert drawn[0] == drawn[1]


def test_all_rows_in_one_write_draw_the_same_cells() -> None:
    output = "".join(f"\x1b[{row};1H" + render(pieces) for row, pieces in enumerate(ROWS.values(), 1))
    drawn = []
    for data in (output, shorten_styles(output)):
        emulator = Emulator(12, 60)
        emulator.feed(data.encode())
        drawn.append(emulator.cells())
    assert drawn[0] == drawn[1]
    assert len(shorten_styles(output)) < len(output) * 0.8


def test_erasing_has_the_colors_that_were_set() -> None:
    assert shorten_styles("\x1b[48;2;1;2;3m \x1b[0m\x1b[2J") == "\x1b[48;2;1;2;3m \x1b[0m\x1b[2J"


@pytest.mark.parametrize("output", ["", "text", "\x1b[?1049h", "\x1b[0m", "\x1b]52;c;eA==\x07"])
def test_output_without_styles_stays(output: str) -> None:
    assert shorten_styles(output).replace("\x1b[0m", "") == output.replace("\x1b[0m", "")
