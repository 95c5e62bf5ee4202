"""The input of a one-time code, which finds the code in what is typed or pasted, and its field."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from tui_auth.terminal.clipboard import SEPARATOR, find_code, normalize_digits
from tui_auth.widgets.field import HEAVY_EDGES, LIGHT_EDGES, Edges, Field
from tui_auth.widgets.text_input import TextInput, remove_control_characters, split_pasted_lines

if TYPE_CHECKING:
    from rich.style import Style

CELL: Final = 5
"""The width of the cell of a digit."""

_NOT_ONE_CODE: Final = "This has more than one code. Delete the rest."


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
        value = normalize_digits(self.value)
        return find_code(value, self.digits, self.takes_letters) or self._remove_separators(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters between two positions, and write the digits of every script as 0 to 9."""
        super().replace(normalize_digits(text), start, end)

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
    def cell_columns(self) -> list[int]:
        """The column of each cell; empty if the input isn't wide enough, or has no cells."""
        if not (self.has_cells and self.digits and isinstance(self.parent, CodeField)):
            return []
        if not self.parent.has_edge:
            return []
        for gap, middle in ((1, 4), (0, 1)):
            columns = [at * (CELL + gap) for at in range(self.digits)]
            columns = [
                column + (middle - gap if at >= self.digits // 2 else 0) for at, column in enumerate(columns)
            ]
            width = columns[-1] + CELL
            if width <= self.size.width:
                left = (self.size.width - width) // 2
                return [left + column for column in columns]
        return []

    @property
    def cells(self) -> str:
        """What the cells show, padded with spaces; empty if the text doesn't fit into them."""
        if not self.digits or not self.cell_columns:
            return ""
        text = re.sub(SEPARATOR, "", self.value)
        fits = len(text) <= self.digits and (not text or text.isdecimal())
        return text.ljust(self.digits) if fits else ""

    @property
    def current_cell(self) -> int:
        """The cell with the cursor; -1 without the focus."""
        if not self.has_focus or not self.digits:
            return -1
        before = re.sub(SEPARATOR, "", self.value[: self.cursor_position])
        return min(len(before), self.digits - 1)

    def render_line(self, y: int) -> Strip:
        """Draw the cells between their edges, or the text."""
        cells, field = self.cells, self.parent
        if not cells or not isinstance(field, CodeField):
            return super().render_line(y)
        segments: list[Segment] = []
        filled = 0
        for at, (digit, column) in enumerate(zip(cells, self.cell_columns, strict=True)):
            edges, edge = field.cell_edges(at)
            segments += [
                Segment(" " * (column - filled) + edges.side + " ", edge),
                Segment(digit, self._digit_style(at, digit, edge)),
                Segment(f" {edges.side}", edge),
            ]
            filled = column + CELL
        # Adjacent pieces of one style are drawn together: each costs some 40 bytes.
        return Strip(Segment.simplify(segments)).adjust_cell_length(self.size.width, field.rich_style)

    def _cell_offset_to_index(self, offset: int) -> int:
        """Return the position in the text at a column, which a click puts the cursor in."""
        columns = self.cell_columns if self.cells else []
        if not columns:
            return super()._cell_offset_to_index(offset)
        return min(sum(column + CELL <= offset for column in columns), len(self.value))

    def _digit_style(self, position: int, digit: str, edge: Style) -> Style:
        if self.has_focus and not self.selection.is_empty and digit != " ":
            return self.get_component_rich_style("input--selection")
        # Behind the last digit there is no cell for the cursor.
        is_behind = digit != " " and self.cursor_position >= len(self.value)
        if position == self.current_cell and not is_behind:
            return self.get_component_rich_style("input--cursor")
        return self.rich_style if digit != " " else edge

    def _remove_separators(self, text: str) -> str:
        return re.sub(r"\s" if self.takes_letters else SEPARATOR, "", text)


def remove_invisible_characters(text: str) -> str:
    """Remove the invisible characters (Unicode category Cf) that messengers add."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


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

    def _draw_cells(self) -> None:
        """Draw the edges of the cells that the cursor has left and entered."""
        (had_cells, before), cells = self._drawn, bool(self.code_input.cells)
        self._drawn = (cells, self.code_input.current_cell)
        if cells != had_cells:
            self.refresh()
        elif cells and before != self._drawn[1]:
            # Textual draws a row from its start in any case.
            self.refresh(*(Region(0, row, self.size.width, 1) for row in (0, 2)))

    def cell_edges(self, position: int) -> tuple[Edges, Style]:
        """Return the edges of a cell and their style: heavy with the cursor, colored with an error."""
        is_current = position == self.code_input.current_cell
        is_marked = is_current or self.has_class("-with-error")
        name = "field--edge" if is_marked else "field--edge-at-rest"
        return HEAVY_EDGES if is_current else LIGHT_EDGES, self.get_component_rich_style(name)

    def _hint_in_edge(self, width: int) -> str:
        return "" if self.code_input.has_cells else super()._hint_in_edge(width)

    @property
    def _indent(self) -> int:
        columns = self.code_input.cell_columns if self.code_input.cells else []
        return super()._indent + (columns[0] if columns else 0)

    def _edge_row(self, y: int, width: int, edge: Style) -> list[Segment]:
        if not self.code_input.cells:
            return super()._edge_row(y, width, edge)
        self._drawn = (True, self.code_input.current_cell)
        segments: list[Segment] = []
        filled = -self.input.styles.margin.left
        for at, column in enumerate(self.code_input.cell_columns if y != 1 else ()):
            edges, style = self.cell_edges(at)
            row = edges.top_row(CELL) if y == 0 else edges.bottom_row(CELL)
            segments.append(Segment(" " * (column - filled) + row, style))
            filled = column + CELL
        return list(Segment.simplify(segments))
