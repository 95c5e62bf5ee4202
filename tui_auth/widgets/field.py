"""A labeled field with an edge, and the list of choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui_auth.widgets.frame import wrap_text
from tui_auth.widgets.text_input import ImmediateKeys, SecretInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size

    from tui_auth.widgets.text_input import TextInput


@dataclass(frozen=True)
class Edges:
    """The characters of an edge."""

    top_left: str
    top: str
    top_right: str
    side: str
    bottom_left: str
    bottom_right: str

    def top_row(self, width: int) -> str:
        """Return the upper edge."""
        return self.top_left + self.top * (width - 2) + self.top_right

    def bottom_row(self, width: int) -> str:
        """Return the lower edge."""
        return self.bottom_left + self.top * (width - 2) + self.bottom_right


LIGHT_EDGES: Final = Edges("╭", "─", "╮", "│", "╰", "╯")
HEAVY_EDGES: Final = Edges("┏", "━", "┓", "┃", "┗", "┛")
"""The edges of a field at rest, and of the one that has the focus."""

BAR: Final = "▌"
"""Marks the focused field or the selected option without an edge."""


@dataclass(frozen=True)
class Option:
    """One thing to choose.

    Attributes:
        label: What it is.
        note: What happens, or why it can't be chosen.
        is_available: Whether it can be chosen.
        quiet_cells: How many characters at the end of the label are drawn like a note.
    """

    label: str
    note: str = ""
    is_available: bool = True
    quiet_cells: int = 0


class Choice(ImmediateKeys, Widget, can_focus=True):
    """Options to choose from, with a number key each; the screen handles Enter.

    The arrow keys skip what isn't available. A number key or a click posts ``Picked``, for an option that
    isn't available too, so that the screen can say why.

    Args:
        options: What to choose from.
        is_beside_fields: Whether the form has fields, too. The list then shows its selection and its number
            keys only while it has the focus, since Enter and the digits belong to the fields until then.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("up", "move(-1)", "Up"),
        ("down", "move(1)", "Down"),
        ("home", "first", "First"),
        ("end", "last", "Last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "choice--label",
        "choice--selected",
        "choice--note",
        "choice--mark",
        "choice--unavailable",
    }

    SIGN_CELLS, NUMBER_CELLS = 4, 3
    MAX_SPACED = 4
    """With more options than these there are no empty rows between them."""

    highlighted: reactive[int] = reactive(0, init=False)
    """The position of the selected option."""

    class Picked(Message):
        """An option was picked by its number or with the mouse; it is highlighted."""

    def __init__(
        self,
        options: Sequence[Option],
        id: str = "choice",  # noqa: A002 - Textual's name
        *,
        is_beside_fields: bool = False,
    ) -> None:
        super().__init__(id=id, classes="-beside-fields" if is_beside_fields else None)
        self.is_beside_fields = is_beside_fields
        self.options = tuple(options)
        self._wrapped: tuple[object, list[tuple[int, str, bool]]] = (None, [])
        self.set_reactive(Choice.highlighted, self._next_available(-1, 1))

    def set_options(self, options: Sequence[Option]) -> None:
        """Replace the options."""
        self.options = tuple(options)
        self.highlighted = self._next_available(-1, 1)
        self.refresh(layout=True)

    def action_move(self, step: int) -> None:
        """Select the next option that is available."""
        self.highlighted = self._next_available(self.highlighted, step)

    def action_first(self) -> None:
        """Select the first option that is available."""
        self.highlighted = self._next_available(-1, 1)

    def action_last(self) -> None:
        """Select the last option that is available."""
        self.highlighted = self._next_available(len(self.options), -1)

    def _next_available(self, position: int, step: int) -> int:
        following = range(position + step, len(self.options) if step > 0 else -1, step)
        return next((at for at in following if self.options[at].is_available), max(0, position))

    def watch_highlighted(self) -> None:
        """Keep the selected option in sight."""
        top = self._rows.index(self.highlighted) if self.options else 0
        region = Region(0, top, 1, self._rows.count(self.highlighted)).translate(self.virtual_region.offset)
        if isinstance(self.parent, Widget):
            self.parent.scroll_to_region(region, animate=False)

    def on_focus(self) -> None:
        """Show the selection."""
        if self.is_beside_fields:
            self.refresh()

    def on_blur(self) -> None:
        """Hide the selection."""
        if self.is_beside_fields:
            self.refresh()

    async def _on_key(self, event: events.Key) -> None:
        number = int(event.key) if event.key in tuple("123456789") else 0
        if 0 < number <= len(self.options):
            event.stop()
            self._pick(number - 1)
        else:
            await super()._on_key(event)

    def on_click(self, event: events.Click) -> None:
        """Pick the option under the pointer."""
        if 0 <= event.y < len(self._rows) and (position := self._rows[event.y]) >= 0:
            self._pick(position)

    def _pick(self, position: int) -> None:
        self.highlighted = position
        self.post_message(self.Picked())

    # -- drawing ------------------------------------------------------------------------------------

    @property
    def _rows(self) -> list[int]:
        """The position of the option in each row; -1 in a row between options."""
        return [position for position, _, _ in self._lines(self.size.width)]

    def _lines(self, width: int) -> list[tuple[int, str, bool]]:
        """Return the position of the option in each row, the text, and whether that is of the label."""
        has_notes = any(option.note for option in self.options)
        is_spaced = has_notes and self.app.size.height >= 20 and len(self.options) <= self.MAX_SPACED
        key = (width, is_spaced, self.options)
        if self._wrapped[0] == key:
            return self._wrapped[1]
        lines: list[tuple[int, str, bool]] = []
        for position, option in enumerate(self.options):
            if position and is_spaced:
                lines.append((-1, "", False))
            # A widget that has no size yet has one row for each.
            room = width - self.SIGN_CELLS - self.NUMBER_CELLS if width else 999
            lines += [(position, line, True) for line in wrap_text(option.label, room)]
            room = width - self.SIGN_CELLS if width else 999
            lines += [(position, line, False) for line in wrap_text(option.note, room) if line]
        self._wrapped = (key, lines)
        return lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the options, and the rows between them."""
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        """Draw one row of an option."""
        width = self.size.width
        lines = self._lines(width)
        if y >= len(lines) or lines[y][0] < 0:
            return Strip.blank(width, self.rich_style)
        position, line, is_label = lines[y]
        option, is_live = self.options[position], self.has_focus or not self.is_beside_fields
        is_selected = is_live and position == self.highlighted
        is_first = not y or lines[y - 1][0] != position
        fill = self.get_component_rich_style("choice--selected") if is_selected else self.rich_style
        note = fill + self.get_component_rich_style("choice--note", partial=True)
        mark = fill + self.get_component_rich_style("choice--mark", partial=True)
        text = note
        if is_label and not option.is_available:
            text = fill + self.get_component_rich_style("choice--unavailable", partial=True)
        elif is_label:
            text = (
                fill + self.get_component_rich_style("choice--label", partial=True) if is_selected else fill
            )
        number, sign = "", "   "
        if is_first:
            number = f" {position + 1} " if option.is_available and is_live else ""
            sign = " ◉ " if is_selected else " ○ " if option.is_available else " – "
        room = max(1, width - self.SIGN_CELLS - len(number))
        loud, quiet = line, ""
        if is_label and option.is_available and option.quiet_cells:
            at = len(option.label) - option.quiet_cells if is_first else 0
            loud, quiet = line[:at], line[at:]
        segments = [
            Segment(BAR if is_selected else " ", mark),
            Segment(sign, mark if is_selected else text),
            Segment(loud, text),
            Segment(set_cell_size(quiet, max(0, room - cell_len(loud))), note if quiet else text),
            Segment(number, note),
        ]
        return Strip(segments).adjust_cell_length(width, fill)


class Field(Widget):
    """An input in a frame with its label in the edge, and an error or a hint below.

    The field draws everything but the input itself. So a key press repaints only the row of the input, and a
    form has few widgets. ``error`` and ``hint`` are plain text and take no room if they are empty. A hint
    that fits is in the lower edge while the field has the focus. An error is shown in place of the hint. A
    click on the hint runs ``hint_action``, an action of the screen, unless it is empty.

    On a small terminal the field has no edge: the label is above the input, and a bar marks the focus.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "field--label",
        "field--edge",
        "field--edge-at-rest",
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
        self.show_key = "^t"
        self.hint_action = ""
        self.set_reactive(Field.hint, hint)

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
        if isinstance(self.input, SecretInput):
            self.watch(self.input, "password", self._draw_corner, init=False)

    def watch_error(self) -> None:
        """Give the edge the color of an error."""
        self.set_class(bool(self.error), "-with-error")

    def _clear_error(self) -> None:
        """Clear the error, which is about the text before this change."""
        self.error = ""

    def _draw_note(self) -> None:
        self.refresh(layout=True)

    def _draw_corner(self) -> None:
        self.refresh(Region(0, 0, self.size.width, 1))

    async def on_click(self, event: events.Click) -> None:
        """Focus the input after a click on the label, or show what is typed after a click on that key."""
        corner = cell_len(self.corner)
        if corner and event.y == 0 and self.size.width - corner - 4 <= event.x:
            await self.screen.run_action("show")
        elif self.hint_action and self.hint and event.y >= 2:
            await self.screen.run_action(self.hint_action)
        else:
            self.input.focus()

    # -- drawing ------------------------------------------------------------------------------------

    @property
    def corner(self) -> str:
        """What is in the right corner: the key that shows what is typed."""
        if not isinstance(self.input, SecretInput):
            return ""
        return f"{self.show_key} hide" if self.input.is_revealed else f"{self.show_key} show"

    @property
    def has_edge(self) -> bool:
        """Whether the field has an edge, for which a small terminal has no room."""
        return self.input.styles.margin.bottom > 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the label, the input and its edge, and of the lines below."""
        return (3 if self.has_edge else 2) + len(self._lines_below(width))

    def render_line(self, y: int) -> Strip:
        """Draw one row of everything around the input."""
        width = self.size.width
        below = y - (3 if self.has_edge else 2)
        if below >= 0:
            return self._line_below(below, width)
        edge = self.get_component_rich_style("field--edge")
        segments = self._edge_row(y, width, edge) if self.has_edge else self._bare_row(y, width, edge)
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    @property
    def edges(self) -> Edges:
        """The characters of the edge."""
        return HEAVY_EDGES if self.has_focus_within else LIGHT_EDGES

    def _edge_row(self, y: int, width: int, edge: Style) -> list[Segment]:
        edges = self.edges
        if y == 1:
            return [
                Segment(edges.side, edge),
                Segment(" " * (width - 2), self.rich_style),
                Segment(edges.side, edge),
            ]
        if y == 0:
            row = [
                Segment(edges.top_left, edge),
                *self._label_in_edge(width - 2, edge),
                Segment(edges.top_right, edge),
            ]
            return list(Segment.simplify(row))
        # Right above the label of the next field, the hint of a field at rest reads as that one's.
        hint = self._hint_in_edge(width) if self.has_focus_within else ""
        return [
            Segment(edges.bottom_left + edges.top, edge),
            *([Segment(f" {hint} ", self.get_component_rich_style("field--hint"))] if hint else []),
            Segment(edges.top * (width - 3 - (cell_len(hint) + 2 if hint else 0)) + edges.bottom_right, edge),
        ]

    def _label_in_edge(self, width: int, edge: Style) -> list[Segment]:
        line, corner = self.edges.top, self.corner
        right = cell_len(corner) + 3 if corner else 0
        label = Content(self.label).truncate(max(1, width - 4 - right), ellipsis=True).plain
        segments = [Segment(line, edge)]
        if label:
            segments.append(Segment(f" {label} ", self.get_component_rich_style("field--label")))
        filled = sum(segment.cell_length for segment in segments)
        segments.append(Segment(line * (width - filled - right), edge))
        if corner:
            segments += [
                Segment(f" {corner} ", self.get_component_rich_style("field--hint")),
                Segment(line, edge),
            ]
        return segments

    def _bare_row(self, y: int, width: int, edge: Style) -> list[Segment]:
        if y:
            return [Segment(BAR if self.has_focus_within else " ", edge)]
        corner = self.corner
        label = set_cell_size(self.label, max(1, width - 2 - len(corner)))
        return [
            Segment(" " + label, self.get_component_rich_style("field--label")),
            Segment(corner, self.get_component_rich_style("field--hint")),
        ]

    def _hint_in_edge(self, width: int) -> str:
        """Return the hint if the lower edge has room for it."""
        fits = self.has_edge and cell_len(self.hint) <= width - 6
        return self.hint if fits and not self.error else ""

    def _line_below(self, index: int, width: int) -> Strip:
        lines = self._lines_below(width)
        if index >= len(lines):
            return Strip.blank(width, self.rich_style)
        component, text = lines[index]
        segments = [
            Segment(" " * self._indent, self.rich_style),
            Segment(text, self.get_component_rich_style(component)),
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    @property
    def _indent(self) -> int:
        """The column in which the text of the input starts."""
        return self.input.styles.margin.left

    def _lines_below(self, width: int) -> list[tuple[str, str]]:
        room = max(1, width - self._indent)
        lines = [
            ("field--error", ("  " if index else "✗ ") + line)
            for index, line in enumerate(_wrap(self.error, room - 2))
        ]
        hint = "" if self.error or self._hint_in_edge(width) else self.hint
        for text in (self.input.note, hint):
            lines += [("field--hint", line) for line in _wrap(text, room)]
        return lines


def _wrap(text: str, width: int) -> list[str]:
    if not text:
        return []
    return [set_cell_size(line, min(cell_len(line), width)) for line in wrap_text(text, width)]
