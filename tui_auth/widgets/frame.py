"""The frame every screen has: a line that says where you are, the trail, and the line of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class TopLine(Widget):
    """Where one is: a mark (DEMO), the user pool at the left, the user name at the right."""

    def __init__(self, pool: str, user: str, mark: str = "") -> None:
        super().__init__()
        self.pool, self.user, self.mark = pool, user, mark

    def render(self) -> Content:
        width = self.size.width
        left = Content.assemble((f" {self.mark} ", "reverse"), " ") if self.mark else Content("")
        left += Content(self.pool)
        user = Content(self.user)
        room = width - left.cell_length - user.cell_length
        if room < 2:
            left = left.truncate(max(0, width - user.cell_length - 2), ellipsis=True)
            room = width - left.cell_length - user.cell_length
        return Content.assemble(left, " " * max(1, room), (self.user, "bold"))


class Trail(Widget):
    """What has been done, and what is being done: never how much is left, for nobody knows."""

    def __init__(self, done: Sequence[str], now: str) -> None:
        super().__init__()
        self.steps_done, self.step_now = tuple(done), now
        self.display = bool(done)

    def render(self) -> Content:
        done = [f"{step} ✓" for step in self.steps_done]
        line = "  ›  ".join([*done, self.step_now])
        while cell_len(line) > self.size.width and len(done) > 1:
            done.pop(0)
            line = "  ›  ".join(["…", *done, self.step_now])
        return Content(line).truncate(self.size.width, ellipsis=True)


@dataclass(frozen=True)
class ShownKey:
    """A key as the key line shows it."""

    shown: str
    label: str
    action: str


class KeyLine(Widget):
    """The keys that do something here. A click does what the key does.

    When the line is too narrow the keys before the last two (help and quit) give way first.
    """

    keys: reactive[tuple[ShownKey, ...]] = reactive(())

    def render(self) -> Content:
        return Content("   ").join(
            Content.assemble((key.shown, "bold $foreground"), " ", key.label) for key in self._fitting()
        )

    def _fitting(self) -> list[ShownKey]:
        keys = list(self.keys)
        while len(keys) > 2 and sum(map(_width, keys)) + 3 * (len(keys) - 1) > self.size.width:
            keys.pop(-3)
        return keys

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        column = event.get_content_offset_capture(self).x
        for key in self._fitting():
            if 0 <= column < _width(key):
                await self.screen.run_action(key.action)
                return
            column -= _width(key) + 3


def _width(key: ShownKey) -> int:
    return cell_len(key.shown) + 1 + cell_len(key.label)
