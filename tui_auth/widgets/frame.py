"""The frame of every screen: header, card with heading and button, footer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.containers import VerticalScroll
from textual.content import Content
from textual.css.scalar import ScalarOffset
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.terminal.character_set import key_sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual import events
    from textual.app import ComposeResult


PROGRAM = "tui-auth"
CRUMBS_CELLS = 44
"""The width of the breadcrumbs in the border of a card."""

MUTED = "$text-muted $muted-style"


MOST_BALANCED_LINES = 4
"""A longer text is a paragraph, whose last line may be short."""


def wrap_text(text: str, width: int) -> list[str]:
    """Wrap a text into as few lines as its width needs: at the ends of clauses, or else balanced.

    So no line has a single word, and two short sentences mostly have a line each.
    """
    best = lines = _wrap(text, max(1, width))
    if not 1 < len(lines) <= MOST_BALANCED_LINES:
        return lines
    longest_word = max(map(cell_len, text.split()))
    for narrower in range(max(map(cell_len, lines)) - 1, longest_word - 1, -1):
        balanced = _wrap(text, narrower)
        if len(balanced) > len(lines):
            break
        if _count_clause_ends(balanced) >= _count_clause_ends(best):
            best = balanced
    return best


def _count_clause_ends(lines: Sequence[str]) -> int:
    """Count the line breaks after a sentence or a comma; those after a sentence twice."""
    return sum(2 if line.endswith((".", "?", ":")) else line.endswith(",") for line in lines[:-1])


def _wrap(text: str, width: int) -> list[str]:
    return [line.plain.rstrip() for line in Content(text).wrap(width)]


class BalancedText(Static):
    """A text that is wrapped by ``wrap_text``. Its own line breaks stay."""

    def _wrapped(self, width: int) -> str:
        lines = str(self.content).splitlines()
        return "\n".join(part for line in lines for part in wrap_text(line, width) or [""])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the text."""
        return self._wrapped(width).count("\n") + 1

    def render(self) -> Content:
        return Content(self._wrapped(self.size.width))


class ServerText(VerticalScroll, can_focus=False):
    """Names and values that Cognito sent, already made safe, as plain text without markup.

    A value without a name has no column for it. A long text scrolls inside the block.
    """

    def __init__(self, rows: Sequence[tuple[str, str]], title: str = "") -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.border_title = Content(title).markup

    def compose(self) -> ComposeResult:
        most = 24 if self.app.size.width < 60 else 32
        width = min(most, max((len(name) for name, _ in self.rows), default=0))
        for name, value in self.rows:
            column = f"{name.ljust(width)}   " if width else ""
            yield Static(Content.assemble((column, MUTED), value))


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

    virtual_size: reactive[Size] = reactive(Size(0, 0), layout=True, repaint=False)
    """Textual's own reactive, which also redraws the whole card when its content changes."""

    def __init__(self, steps_done: Sequence[str] = (), current_step: str = "") -> None:
        crumbs = format_breadcrumbs(steps_done, current_step)
        super().__init__(id="card", classes="-with-crumbs" if crumbs else None)
        done = crumbs.removesuffix(current_step)
        self.border_title = Content.assemble(done, (crumbs[len(done) :], "$primary")).markup

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

    def _wrapped(self, width: int) -> tuple[list[str], list[str]]:
        title, task = self.lines
        return wrap_text(title, width), [
            line for part in task.splitlines() for line in wrap_text(part, width)
        ]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows of the title and the task."""
        return sum(map(len, self._wrapped(width)))

    def render(self) -> Content:
        titles, tasks = self._wrapped(self.size.width)
        lines = [Content.styled(line, "bold") for line in titles]
        if titles and (color := self.MARKS.get(titles[0][:1])):
            lines[0] = Content.assemble((titles[0][:1], f"bold {color}"), (titles[0][1:], "bold"))
        return Content("\n").join([*lines, *(Content.styled(line, MUTED) for line in tasks)])


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
        return wrap_text(self.value, width - self.LABEL_CELLS)

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

    def render(self) -> Content:
        """Return the key and its label."""
        key = Content.styled(self.key, "bold $foreground")
        return Content.assemble(key, " ", (self.label, MUTED)) if self.label else key


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
        if width >= self.COLUMNS["drawer"] + 26 and self._fit_columns(keys):
            yield from ((self.COLUMNS[hint.action], 0, hint) for hint in keys)
        else:
            gap, keys = self._fit(keys, width - last.cells)
            column = 0
            for hint in keys:
                yield column, 0, hint
                column += hint.cells + gap
        yield max(0, width - last.cells), 0, last

    def _fit_columns(self, keys: list[KeyHint]) -> bool:
        """Return whether each key has a column, and the key before leaves it free."""
        columns = [self.COLUMNS.get(hint.action, -1) for hint in keys]
        ends = [column + hint.cells + 1 for column, hint in zip(columns, keys, strict=True)]
        return -1 not in columns and all(end < column for end, column in zip(ends, columns[1:], strict=False))

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

    While a request is in flight, ``busy`` is shown in place of the button and the keys.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"actions--button", "actions--button-edge"}

    keys: reactive[tuple[KeyHint, ...]] = reactive((), layout=True)
    label: reactive[str] = reactive("")
    busy: reactive[str] = reactive("")

    def on_mount(self) -> None:
        self._mark_empty()

    def watch_keys(self) -> None:
        self._mark_empty()

    def watch_label(self) -> None:
        self._mark_empty()

    def watch_busy(self) -> None:
        self._mark_empty()

    def _mark_empty(self) -> None:
        """Take no room if there is nothing to show."""
        self.set_class(not (self.keys or self.label or self.busy), "-empty")

    @property
    def _edge_rows(self) -> int:
        """The rows above and below the text of the button: a tall terminal has room for a higher one."""
        return int(self.screen.has_class("-tall") and bool(self.label))

    def places(self) -> Iterator[tuple[int, int, KeyHint]]:
        if self.busy:
            return
        edge = self._edge_rows
        if self.label:
            for row in range(1 + 2 * edge):
                yield 0, row, KeyHint(" " * self.size.width, "", "press")
        for at, hint in enumerate(self.keys):
            column = self.size.width - hint.cells if at % 2 else 0
            yield max(0, column), 2 + 2 * edge + at // 2, hint

    def render(self) -> Content:
        edge = self._edge_rows
        if self.busy:
            rows = [*[Content("")] * edge, Content.styled(self.busy, "bold"), *[Content("")] * edge]
        else:
            rows = self._button_rows(edge)
        keys = list(self.keys)
        if keys:
            rows.append(Content(""))
        for at in range(0, len(keys), 2):
            rows.append(Content("") if self.busy else self._key_row(*keys[at : at + 2]))
        return Content("\n").join(rows)

    def _button_rows(self, edge: int) -> list[Content]:
        if not self.label:
            return [Content("")]
        width = self.size.width
        text = Content(f"{self.label}  {key_sign('↵')}").truncate(width, ellipsis=True)
        left = (width - text.cell_length) // 2
        bar = Content.assemble(" " * left, text, " " * (width - left - text.cell_length))
        style, edge_style = map(self.get_visual_style, ("actions--button", "actions--button-edge"))
        if self.get_component_rich_style("actions--button").reverse:
            style += Style(reverse=True)  # Textual 8.2 leaves it out of a visual style
        return [
            *[Content("▄" * width).stylize(edge_style)] * edge,
            bar.stylize(style),
            *[Content("▀" * width).stylize(edge_style)] * edge,
        ]

    def _key_row(self, left: KeyHint, right: KeyHint | None = None) -> Content:
        left_key, right_key = left.render(), right.render() if right else Content("")
        gap = max(1, self.size.width - left_key.cell_length - right_key.cell_length)
        return Content.assemble(left_key, " " * gap, right_key)
