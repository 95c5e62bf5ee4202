"""The frame of every screen: header, breadcrumbs, footer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult


class ServerText(VerticalScroll, can_focus=False):
    """Names and values that Cognito sent, already made safe, as plain text without markup.

    A single value is shown without its name; several are a table. A long text scrolls inside the frame.
    """

    def __init__(self, rows: Sequence[tuple[str, str]], title: str = "the service asks") -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.border_title = Content(title).markup

    def compose(self) -> ComposeResult:
        if len(self.rows) == 1:
            yield Static(Content(self.rows[0][1]))
            return
        width = min(24, max((len(name) for name, _ in self.rows), default=0))
        for name, value in self.rows:
            line = Content.assemble((f"{name.ljust(width)}   ", "$text-muted"), value)
            yield Static(line)


PROGRAM = "tui-auth"


class ScreenHeader(Widget):
    """A badge (DEMO) and the user pool on the left, the user name on the right.

    Without a user name, the program's name is shown there, muted.
    """

    def __init__(self, pool: str, user: str, badge: str = "") -> None:
        super().__init__()
        self.pool, self.user, self.badge = pool, user, badge

    def render(self) -> Content:
        width = self.size.width
        left = Content.assemble((f" {self.badge} ", "reverse"), " ") if self.badge else Content("")
        left += Content(self.pool)
        user = Content.styled(self.user, "bold") if self.user else Content.styled(PROGRAM, "$text-muted")
        room = width - left.cell_length - user.cell_length
        if room < 2 and not self.user:
            return left.truncate(width, ellipsis=True)
        if room < 2:
            left = left.truncate(max(0, width - user.cell_length - 2), ellipsis=True)
            room = width - left.cell_length - user.cell_length
        return Content.assemble(left, " " * max(1, room), user)


class Breadcrumbs(Widget):
    """The steps that are done, and the current one. Nobody knows how many steps are left.

    An empty row is shown before the first step is done, so that the form doesn't move.
    """

    def __init__(self, steps_done: Sequence[str], current_step: str) -> None:
        super().__init__(classes=None if steps_done else "-empty")
        self.steps_done, self.current_step = tuple(steps_done), current_step if steps_done else ""

    def render(self) -> Content:
        done = [f"{step} ✓" for step in self.steps_done]
        current = [self.current_step] if self.current_step else []
        line = "  ›  ".join([*done, *current])
        while cell_len(line) > self.size.width and len(done) > 1:
            done.pop(0)
            line = "  ›  ".join(["…", *done, *current])
        return Content(line).truncate(self.size.width, ellipsis=True)


@dataclass(frozen=True)
class KeyHint:
    """A key and its label in the footer. The hint with the lowest ``priority`` is hidden first."""

    key: str
    label: str
    action: str
    priority: int


class ScreenFooter(Widget):
    """The keys that do something now. A click on one does what the key does.

    A footer that is too narrow first makes its gaps smaller, then hides the keys with the lowest priority.
    """

    keys: reactive[tuple[KeyHint, ...]] = reactive(())

    def render(self) -> Content:
        keys, gap = self._fit_keys()
        return Content(" " * gap).join(
            Content.assemble((f"{hint.key} ", "bold $foreground"), hint.label) for hint in keys
        )

    def _fit_keys(self) -> tuple[list[KeyHint], int]:
        keys = list(self.keys)
        while True:
            for gap in (3, 2):
                if sum(map(_width, keys)) + gap * (len(keys) - 1) <= self.size.width or len(keys) == 1:
                    return keys, gap
            keys.remove(min(keys, key=lambda hint: hint.priority))

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        column = event.get_content_offset_capture(self).x
        keys, gap = self._fit_keys()
        for hint in keys:
            if 0 <= column < _width(hint):
                await self.screen.run_action(hint.action)
                return
            column -= _width(hint) + gap


def _width(hint: KeyHint) -> int:
    return cell_len(hint.key) + 1 + cell_len(hint.label)
