"""The frame of every screen: header, card with heading and button, footer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.containers import VerticalScroll
from textual.content import Content
from textual.css.scalar import ScalarOffset
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size

PROGRAM = "tui-auth"
CRUMBS_CELLS = 44
"""The width of the breadcrumbs in the border of a card."""

MUTED = "$text-muted $muted-style"


class ServerText(VerticalScroll, can_focus=False):
    """Names and values that Cognito sent, already made safe, as plain text without markup.

    A single value is shown without its name; several are a table. A long text scrolls inside the block.
    """

    def __init__(self, rows: Sequence[tuple[str, str]], title: str = "") -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.border_title = Content(title).markup

    def compose(self) -> ComposeResult:
        if len(self.rows) == 1:
            yield Static(Content(self.rows[0][1]))
            return
        width = min(24, max((len(name) for name, _ in self.rows), default=0))
        for name, value in self.rows:
            yield Static(Content.assemble((f"{name.ljust(width)}   ", MUTED), value))


class ScreenHeader(Widget):
    """The program and the user pool on the left; the badge of an emulator and the user on the right."""

    def __init__(self, pool: str, user: str, badge: str = "", program: str = PROGRAM) -> None:
        super().__init__()
        self.pool, self.user, self.badge, self.program = pool, user, badge, program

    def render(self) -> Content:
        width = self.size.width
        left = Content(self.program)
        if self.pool:
            left = Content.assemble((f"{self.program} · ", MUTED), self.pool)
        right = Content(" · ").join(
            [
                *([Content.styled(self.badge, "bold $warning")] if self.badge else []),
                *([Content(self.user)] if self.user else []),
            ]
        )
        if left.cell_length + right.cell_length + 2 > width:
            left = Content(self.pool).truncate(max(0, width - right.cell_length - 2), ellipsis=True)
        return Content.assemble(left, " " * (width - left.cell_length - right.cell_length), right)


class Card(VerticalScroll, can_focus=False):
    """The frame around a form. Its top border has the steps that are done, and the current one.

    Nobody knows how many steps are left.
    """

    def __init__(self, steps_done: Sequence[str] = (), current_step: str = "") -> None:
        crumbs = format_breadcrumbs(steps_done, current_step)
        super().__init__(id="card", classes="-with-crumbs" if crumbs else None)
        self.border_title = Content(crumbs).markup

    def watch_virtual_size(self) -> None:
        """Find the place of a card that has become higher or lower."""
        self.find_place()

    def find_place(self) -> None:
        """Leave the rows above the card free, or as many of them as a high card doesn't need."""
        if not self.is_attached:  # called after a refresh, when the screen may be gone
            return
        screen = self.screen
        if self.parent is screen:
            is_small = screen.has_class("-short") or screen.has_class("-narrow")
            usual = 0 if is_small else 8 if screen.has_class("-tall") else 2
            # Header, footer and the like: one row each, above or below.
            docked = [child for child in screen.children if child.styles.dock in ("top", "bottom")]
            rows = screen.size.height - sum(child.display for child in docked)
            room = rows - self.virtual_size.height - self.gutter.height
            offset = ScalarOffset.from_offset((0, max(0, min(usual, room))))
            if offset != self.styles.offset:
                self.styles.offset = offset


def format_breadcrumbs(steps_done: Sequence[str], current_step: str) -> str:
    """Format the steps that are done and the current one; leave out the oldest if they are too long."""
    done = [f"{step} ✓" for step in steps_done]
    current = [current_step] if current_step else []
    line = " › ".join([*done, *current])
    while cell_len(line) > CRUMBS_CELLS and len(done) > 1:
        done.pop(0)
        line = " › ".join(["…", *done, *current])
    return line


class Heading(Widget):
    """The title of a card, and below it what to do. A mark at the start of the title has its color."""

    MARKS: ClassVar[dict[str, str]] = {"✓": "$success", "!": "$warning"}

    def __init__(self, title: str, task: str = "") -> None:
        super().__init__(id="heading")
        self.lines = (title, task)

    def show(self, title: str, task: str = "") -> None:
        """Change the title and the task."""
        if (title, task) != self.lines:
            self.lines = (title, task)
            self.refresh(layout=True)

    def render(self) -> Content:
        title, task = self.lines
        parts = [Content.styled(title, "bold")]
        if color := self.MARKS.get(title[:1]):
            parts = [Content.assemble((title[:1], f"bold {color}"), (title[1:], "bold"))]
        if task:
            parts.append(Content.styled(task, MUTED))
        return Content("\n").join(parts)


class Fact(Widget):
    """A label and its value, which wraps beside the label."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"fact--label"}
    LABEL_CELLS = 11

    def __init__(self, label: str, value: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.label, self.value = label, value

    def show(self, label: str, value: str) -> None:
        """Change the label and the value, and show the line unless the style sheet hides it."""
        self.label, self.value = label, value
        self.styles.display = None
        self.refresh(layout=True)

    def _lines(self, width: int) -> list[str]:
        return [line.plain for line in Content(self.value).wrap(max(1, width - self.LABEL_CELLS))]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the value."""
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        label = set_cell_size("" if y else self.label, self.LABEL_CELLS)
        lines = self._lines(self.size.width)
        segments = [
            Segment(label, self.get_component_rich_style("fact--label")),
            Segment(lines[y] if y < len(lines) else "", self.rich_style),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)


@dataclass(frozen=True)
class KeyHint:
    """A key, what it does, and the Textual action that it runs."""

    key: str
    label: str
    action: str

    @property
    def cells(self) -> int:
        """The width of key and label."""
        return cell_len(self.key) + (1 + cell_len(self.label) if self.label else 0)

    def render(self, *, key_last: bool = False) -> Content:
        """Return the key and its label, or the label and its key."""
        key = Content.styled(self.key, "bold $foreground")
        if not self.label:
            return key
        label = Content.styled(self.label, MUTED)
        return Content(" ").join([label, key] if key_last else [key, label])


class KeyLine(Widget):
    """One or more rows of keys. A click on one does what the key does."""

    keys: reactive[tuple[KeyHint, ...]] = reactive(())

    def places(self) -> Iterator[tuple[int, int, KeyHint]]:
        """Yield the column and the row of each key."""
        raise NotImplementedError

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        offset = event.get_content_offset(self)
        for column, row, hint in list(self.places()) if offset else ():
            if offset and offset.y == row and column <= offset.x < column + hint.cells:
                await self.screen.run_action(hint.action)
                return


class ScreenFooter(KeyLine):
    """At most four keys that do something now, and the key of the help at the right edge.

    Each key has its column, so that it doesn't move from screen to screen. A footer that is too narrow for
    that makes its gaps smaller, then leaves out labels; it never leaves out a key.
    """

    COLUMNS: ClassVar[dict[str, int]] = {
        "submit": 0,
        "back": 20,
        "app.quit": 20,
        "next_field": 32,
        "drawer": 48,
    }

    def places(self) -> Iterator[tuple[int, int, KeyHint]]:
        width = self.size.width
        *keys, last = self.keys or (KeyHint("", "", ""),)
        if width >= self.COLUMNS["drawer"] + 26 and all(hint.action in self.COLUMNS for hint in keys):
            yield from ((self.COLUMNS[hint.action], 0, hint) for hint in keys)
        else:
            gap, keys = self._fit(keys, width - last.cells)
            column = 0
            for hint in keys:
                yield column, 0, hint
                column += hint.cells + gap
        yield max(0, width - last.cells), 0, last

    def _fit(self, keys: list[KeyHint], room: int) -> tuple[int, list[KeyHint]]:
        """Return the gap, and the keys without the labels for which there is no room."""
        for labels in range(len(keys), -1, -1):
            fitted = [
                hint if at < labels else KeyHint(hint.key, "", hint.action) for at, hint in enumerate(keys)
            ]
            for gap in (3, 2):
                if sum(hint.cells + gap for hint in fitted) <= room:
                    return gap, fitted
        return 1, fitted

    def render(self) -> Content:
        line = Content("")
        for column, _, hint in self.places():
            line += Content(" " * (column - line.cell_length)) + hint.render()
        return line


class CardActions(KeyLine):
    """The button of a form, and below it the keys for everything else that can be done here.

    A form without a button has the line ``text`` there. While a request is in flight, ``busy`` is shown in
    place of the button and the keys.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"actions--button"}

    keys: reactive[tuple[KeyHint, ...]] = reactive((), layout=True)
    label: reactive[str] = reactive("")
    text: reactive[str] = reactive("")
    busy: reactive[str] = reactive("")

    def places(self) -> Iterator[tuple[int, int, KeyHint]]:
        if self.busy:
            return
        if self.label:
            yield 0, 0, KeyHint(" " * self.size.width, "", "press")
        for at, hint in enumerate(self.keys):
            column = self.size.width - hint.cells if at % 2 else 0
            yield max(0, column), 2 + at // 2, hint

    def render(self) -> Content:
        width = self.size.width
        if self.busy:
            first = Content.styled(self.busy, "bold")
        elif self.label:
            style = self.get_visual_style("actions--button")
            text = Content(f"{self.label}  ↵").truncate(width, ellipsis=True)
            left = (width - text.cell_length) // 2
            bar = Content.assemble(" " * left, text, " " * (width - left - text.cell_length))
            first = bar.stylize(style)
        else:
            first = Content.styled(self.text, MUTED)
        rows = [first]
        keys = [] if self.busy else list(self.keys)
        for at in range(0, len(keys), 2):
            left_key = keys[at].render()
            right_key = keys[at + 1].render(key_last=True) if at + 1 < len(keys) else Content("")
            gap = max(1, width - left_key.cell_length - right_key.cell_length)
            rows.append(Content.assemble("" if at else "\n", left_key, " " * gap, right_key))
        if self.busy and self.keys:
            rows.append(Content("\n" + "\n" * ((len(self.keys) - 1) // 2)))
        return Content("\n").join(rows)
