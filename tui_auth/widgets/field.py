"""A labeled field of one row: label, input, and the lines below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import OptionList

from tui_auth.widgets.text_input import ImmediateKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.geometry import Size

    from tui_auth.widgets.text_input import TextInput


_REVERSED: Final = Style(reverse=True)


class Choice(ImmediateKeys, OptionList, can_focus=True):
    """Numbered lines. Posts ``Picked`` for a number key or a click; the screen handles Enter."""

    SCREEN_ACTIONS = frozenset({"select"})

    class Picked(Message):
        """A line was picked by its number or with the mouse; it is highlighted."""

    def __init__(self, lines: Sequence[str], id: str = "choice") -> None:  # noqa: A002 - Textual's name
        super().__init__(*(f"{number} {line}" for number, line in enumerate(lines, 1)), markup=False, id=id)
        self.highlighted = 0

    def render_line(self, y: int) -> Strip:
        """Reverse the highlighted line if there are no colors."""
        strip = super().render_line(y)
        # Textual doesn't draw the text-style that a style sheet gives this line, and without colors nothing
        # else marks it.
        is_highlighted = any(
            segment.style and segment.style.meta.get("option") == self.highlighted for segment in strip
        )
        return strip.apply_style(_REVERSED) if self.app.no_color and is_highlighted else strip

    async def _on_key(self, event: events.Key) -> None:
        number = int(event.key) if event.key in tuple("123456789") else 0
        if 0 < number <= self.option_count:
            event.stop()
            self.highlighted = number - 1
            self.post_message(self.Picked())
        else:
            await super()._on_key(event)

    @on(OptionList.OptionSelected)
    def _pick_clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Picked())


LABEL_CELLS = 14
"""The width of the label column; a longer label is above its input. styles/fields.tcss has this width too."""


class Field(Widget):
    """A label, an input between brackets, and an error or a hint below them.

    The field draws everything but the input itself. So a key press repaints only the row of the input, and a
    form has few widgets. ``error`` and ``hint`` are plain text and take no room if they are empty. An error
    is shown in place of the hint.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "field--label",
        "field--bracket",
        "field--error",
        "field--hint",
    }

    error: reactive[str] = reactive("", layout=True, init=False)
    hint: reactive[str] = reactive("", layout=True, init=False)

    def __init__(
        self,
        label: str,
        input: TextInput,  # noqa: A002 - as in Textual's own messages
        *,
        hint: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id, classes=input.FIELD_CLASS or None)
        self.label = label
        self.input = input
        self.set_reactive(Field.hint, hint)
        self.set_class(cell_len(label) >= LABEL_CELLS, "-long-label")

    @property
    def value(self) -> str:
        """The text of the input."""
        return self.input.value

    @value.setter
    def value(self, value: str) -> None:
        self.input.value = value

    def compose(self) -> ComposeResult:
        yield self.input

    def on_mount(self) -> None:
        self.watch(self.input, "note", self._draw_note, init=False)
        self.watch(self.input, "value", self._clear_error, init=False)

    def _clear_error(self) -> None:
        """Clear the error, which is about the text before this change."""
        self.error = ""

    def _draw_note(self) -> None:
        self.refresh(layout=True)

    def on_click(self) -> None:
        """Focus the input after a click on the label."""
        self.input.focus()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the input, of a label above it, and of the lines below it."""
        return self._input_row + 1 + len(self._lines_below(width))

    def render_line(self, y: int) -> Strip:
        """Draw one row of everything around the input."""
        width, row = self.size.width, self._input_row
        if y > row:
            return self._line_below(y - row - 1, width)
        segments = []
        left = 0
        if y == 0:
            room = max(0, width if row else self._indent - 1)
            label = Content(self.label).truncate(room, ellipsis=True).plain
            segments.append(Segment(label, self.get_component_rich_style("field--label")))
            left = cell_len(label)
        if y == row:
            right = self._indent + self.input.outer_size.width
            bracket = self.get_component_rich_style("field--bracket")
            segments += [
                Segment(" " * (self._indent - 1 - left), self.rich_style),
                Segment("[", bracket),
                Segment(" " * (right - self._indent), self.rich_style),
                Segment("]", bracket),
            ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    @property
    def _input_row(self) -> int:
        return self.input.styles.margin.top

    @property
    def _indent(self) -> int:
        return self.input.styles.margin.left

    def _line_below(self, index: int, width: int) -> Strip:
        lines = self._lines_below(width)
        if index >= len(lines):
            return Strip.blank(width, self.rich_style)
        component, text = lines[index]
        words = text.lstrip()
        segments = [
            Segment(" " * (self._indent + len(text) - len(words)), self.rich_style),
            Segment(words, self.get_component_rich_style(component)),
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _lines_below(self, width: int) -> list[tuple[str, str]]:
        room = max(1, width - self._indent)
        lines = [
            ("field--error", ("  " if index else "✗ ") + line)
            for index, line in enumerate(_wrap(self.error, room - 2))
        ]
        for text in (self.input.note, "" if self.error else self.hint):
            lines += [("field--hint", line) for line in _wrap(text, room)]
        return lines


def _wrap(text: str, width: int) -> list[str]:
    if not text:
        return []
    return [
        set_cell_size(line.plain, min(line.cell_length, width)) for line in Content(text).wrap(max(1, width))
    ]
