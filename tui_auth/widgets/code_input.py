"""The input of a one-time code, which finds the code in what is typed or pasted, and its field."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from tui_auth.terminal.clipboard import SEPARATOR, find_code
from tui_auth.widgets.field import HEAVY_EDGES, LIGHT_EDGES, Edges, Field
from tui_auth.widgets.text_input import TextInput, remove_control_characters, split_pasted_lines

if TYPE_CHECKING:
    from rich.style import Style

_OTHER_DIGITS: Final = "Type the code in the digits 0 to 9."
_NOT_ONE_CODE: Final = "There is not just one code in this: delete the rest."


class CodeInput(TextInput):
    """A one-time code that is typed, pasted in groups, or pasted with the sentence around it.

    The input shows the text as it is typed; ``code`` is the code in it.

    Args:
        digits: The expected length. It helps to find the code in a sentence and is never a limit. None if
            nothing is known about the code.
        takes_letters: Whether the code may have letters. By default, only if ``digits`` is None.
    """

    FIELD_CLASS = "-code"

    def __init__(
        self,
        value: str = "",
        *,
        digits: int | None = None,
        takes_letters: bool | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(value, id=id)
        self.digits = digits
        self.takes_letters = digits is None if takes_letters is None else takes_letters
        self.has_cells = False
        """Whether each digit has a cell, as long as the text is no longer than expected."""

    @property
    def code(self) -> str:
        """The code without spaces and, if it has only digits, without dashes."""
        return find_code(self.value, self.digits, self.takes_letters) or self._remove_separators(self.value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters between two positions; reject digits that Cognito doesn't know."""
        if any(character.isdigit() and not character.isascii() for character in text):
            self.note = _OTHER_DIGITS
            self.app.bell()
        else:
            super().replace(text, start, end)

    def take_paste(self, text: str) -> None:
        """Insert the one code in a pasted text, or the first line if it doesn't have one code."""
        text = remove_invisible_characters(text)
        code = find_code(text, self.digits, self.takes_letters)
        is_in_sentence = len(text.split()) > 1 and any(map(str.isalpha, text))
        if code is not None and (is_in_sentence or len(code) == self.digits):
            self.replace(code, 0, len(self.value))
        elif lines := split_pasted_lines(text):
            self.replace(remove_control_characters(lines[0]).strip(), *self.selection)
            if is_in_sentence and not self.takes_letters and not self.note:
                self.note = _NOT_ONE_CODE

    # -- cells --------------------------------------------------------------------------------------

    @property
    def cells(self) -> str | None:
        """What the cells show, padded with spaces; None if the text doesn't fit into them."""
        if not (self.has_cells and self.digits and self.size.width >= cells_width(self.digits)):
            return None
        text = re.sub(SEPARATOR, "", self.value)
        fits = len(text) <= self.digits and (not text or text.isdecimal())
        return text.ljust(self.digits) if fits else None

    @property
    def current_cell(self) -> int:
        """The cell with the cursor; -1 without the focus."""
        if not self.has_focus or not self.digits:
            return -1
        before = re.sub(SEPARATOR, "", self.value[: self.cursor_position])
        return min(len(before), self.digits - 1)

    def render_line(self, y: int) -> Strip:
        """Draw the cells between their edges, or the text."""
        cells = self.cells
        if cells is None:
            return super().render_line(y)
        field, current = self.parent, self.current_cell
        assert isinstance(field, CodeField)
        selected = self.has_focus and not self.selection.is_empty
        text, cursor = self.rich_style, self.get_component_rich_style("input--cursor")
        segments = [Segment(" " * ((self.size.width - cells_width(len(cells))) // 2), field.rich_style)]
        for at, digit in enumerate(cells):
            edges, edge = field.cell_edges(at == current)
            is_marked = at == current if not selected else digit != " "
            is_at_end = at == current and digit != " " and self.cursor_position >= len(self.value)
            segments += [
                Segment(edges.side, edge),
                Segment(" ", text),
                Segment(digit, cursor if is_marked and not (is_at_end and not selected) else text),
                Segment(" ", text),
                Segment(edges.side, edge),
                Segment(cell_gap(at, len(cells)), field.rich_style),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, field.rich_style)

    def _remove_separators(self, text: str) -> str:
        return re.sub(r"\s" if self.takes_letters else SEPARATOR, "", text)


def remove_invisible_characters(text: str) -> str:
    """Remove the invisible characters (Unicode category Cf) that messengers add."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def cell_gap(position: int, count: int) -> str:
    """Return the space after a cell: more in the middle, none after the last one."""
    return "" if position == count - 1 else "    " if position == count // 2 - 1 else " "


def cells_width(count: int) -> int:
    """Return the width of so many cells with the space between them."""
    return 5 * count + sum(len(cell_gap(at, count)) for at in range(count))


class CodeField(Field):
    """The field of a one-time code.

    Args:
        code_input: The input.
        hint: What is shown below.
        has_cells: Whether each digit has a cell. A code that doesn't fit is shown like any other text.
    """

    def __init__(
        self,
        code_input: CodeInput,
        *,
        hint: str = "",
        has_cells: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__("Code", code_input, hint=hint, id=id)
        self.code_input = code_input
        code_input.has_cells = has_cells
        self._drawn: tuple[bool, int] = (False, -1)

    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self.input, "value", self._draw_cells, init=False)
        self.watch(self.input, "selection", self._draw_cells, init=False)

    @property
    def _state(self) -> tuple[bool, int]:
        return self.code_input.cells is not None, self.code_input.current_cell

    def _draw_cells(self) -> None:
        """Draw the edges of the cells that the cursor has left and entered."""
        before, self._drawn = self._drawn, self._state
        if before == self._drawn:
            return
        if before[0] != self._drawn[0]:
            self.refresh()
        elif self._drawn[0]:
            left, gaps = self._cells_left, len(cell_gap(0, 6)) + 5
            for cell in {before[1], self._drawn[1]} - {-1}:
                x = left + cell * gaps + (3 if cell >= (self.code_input.digits or 0) // 2 else 0)
                self.refresh(Region(x, 0, 5, 1), Region(x, 2, 5, 1))

    @property
    def _cells_left(self) -> int:
        room = self.size.width - 4
        return 2 + (room - cells_width(self.code_input.digits or 0)) // 2

    def cell_edges(self, is_current: bool) -> tuple[Edges, Style]:
        """Return the edges of a cell and their style."""
        style = self.get_component_rich_style("field--edge")
        if is_current or not self.has_focus_within:
            return HEAVY_EDGES if is_current else LIGHT_EDGES, style
        return LIGHT_EDGES, self.get_component_rich_style("field--edge-at-rest")

    def _hint_in_edge(self, width: int) -> str:
        return "" if self.code_input.has_cells else super()._hint_in_edge(width)

    def _edge_row(self, y: int, width: int, edge: Style) -> list[Segment]:
        cells = self.code_input.cells
        if cells is None:
            return super()._edge_row(y, width, edge)
        if y == 1:
            return []
        self._drawn = self._state
        segments = [Segment(" " * self._cells_left, self.rich_style)]
        for at in range(len(cells)):
            edges, style = self.cell_edges(at == self.code_input.current_cell)
            row = edges.top_row(5) if y == 0 else edges.bottom_row(5)
            segments += [Segment(row, style), Segment(cell_gap(at, len(cells)), self.rich_style)]
        return segments
