"""A labelled field of one row, and the input all fields hold."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tui_auth.widgets.immediate_keys import ImmediateKeys

LABEL_CELLS = 14
"""The width of the label column; a longer label stands above its field. styles/fields.tcss has it too."""


class TextInput(ImmediateKeys, Input):
    """One row of text without a border. Enter is the screen's; no message of it carries what was typed.

    Textual's own Changed, Submitted and Blurred do carry it, to whatever logs messages, so they are not
    posted. ``note`` is a sentence about what just happened to the text (a paste that was cut); it goes with
    the next change.
    """

    ALLOW_SELECT = False
    LEFT_TO_THE_SCREEN = frozenset({"submit", "copy"})
    FIELD_CLASS: ClassVar[str] = ""
    """A CSS class for the Field around it, such as the one for a short field."""

    note: reactive[str] = reactive("", repaint=False, init=False)

    def __init__(
        self,
        value: str = "",
        *,
        password: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        self._is_edited_by_hand = False
        super().__init__(value or None, password=password, validate_on=(), id=id, compact=True)
        self.set_reactive(Input.cursor_blink, False)

    def post_message(self, message: Message) -> bool:
        """Post a message, unless it is one that carries what was typed."""
        if isinstance(message, (Input.Changed, Input.Submitted, Input.Blurred)):
            return False
        return super().post_message(message)

    async def action_submit(self) -> None:
        """Leave Enter to the screen."""
        raise SkipAction

    def action_copy(self) -> None:
        """Leave the key to the screen and the App: ^c leaves, it does not copy."""
        raise SkipAction

    def action_paste(self) -> None:
        """Paste the program's own clipboard; where that is empty, leave the text as it is."""
        self.take_paste(self.app.clipboard)

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()  # Input's own handler would paste a second time
        event.stop()
        self.take_paste(event.text)

    def take_paste(self, text: str) -> None:
        """Put the first line of ``text`` in place of the selection, control characters left out."""
        lines = pasted_lines(text)
        if not lines:
            return
        line = without_controls(lines[0])
        self.replace(line, *self.selection)
        if len(lines) > 1:
            self.note = "Only the first line was pasted."
        elif line != lines[0]:
            self.note = "Control characters in the paste were left out."

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters between two positions, and put the cursor after them."""
        self._is_edited_by_hand = True
        try:
            super().replace(text, start, end)
        finally:
            self._is_edited_by_hand = False

    def watch_value(self, value: str) -> None:
        """Forget the note about the former text; after a value set by the program stand at its end."""
        self.note = ""
        if not self._is_edited_by_hand:
            self.cursor_position = len(value)


def pasted_lines(text: str) -> list[str]:
    """The lines of a paste that are not empty. Only CR and LF break lines."""
    return [line for line in text.replace("\r", "\n").split("\n") if line]


def without_controls(text: str) -> str:
    """The text without control characters (category Cc)."""
    return "".join(character for character in text if unicodedata.category(character) != "Cc")


class Field(Widget):
    """A label, an input between brackets, and below them what is wrong with it and how it is meant.

    Everything but the input is drawn here: a key press then repaints the one row of the input and nothing
    else, and a form has few widgets. ``error`` and ``hint`` are plain text; empty, they take no room, and
    while something is wrong that stands in place of the hint.
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
        """What stands in the input."""
        return self.input.value

    @value.setter
    def value(self, value: str) -> None:
        self.input.value = value

    def compose(self) -> ComposeResult:
        yield self.input

    def on_mount(self) -> None:
        self.watch(self.input, "note", self._draw_note, init=False)
        self.watch(self.input, "value", self._forget_error, init=False)

    def _forget_error(self) -> None:
        """What was wrong with the former text is not said of the new one."""
        self.error = ""

    def _draw_note(self) -> None:
        self.refresh(layout=True)

    def on_click(self) -> None:
        """A click on the label is meant for the input."""
        self.input.focus()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The row of the input, the label's where it stands above, and one for each line below."""
        return self._input_row + 1 + len(self._lines_below(width))

    def render_line(self, y: int) -> Strip:
        """One row of everything around the input."""
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
            for index, line in enumerate(_wrapped(self.error, room - 2))
        ]
        for text in (self.input.note, "" if self.error else self.hint):
            lines += [("field--hint", line) for line in _wrapped(text, room)]
        return lines


def _wrapped(text: str, width: int) -> list[str]:
    if not text:
        return []
    return [
        set_cell_size(line.plain, min(line.cell_length, width)) for line in Content(text).wrap(max(1, width))
    ]
