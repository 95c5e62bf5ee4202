"""The frame every screen has: a line that says where you are, the trail, and the line of keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

PROGRAM = "tui-auth"


class TopLine(Widget):
    """Where one is: a mark (DEMO), the user pool at the left, the user name at the right.

    Before there is a name, the program's own stands in its place, quietly.
    """

    def __init__(self, pool: str, user: str, mark: str = "") -> None:
        super().__init__()
        self.pool, self.user, self.mark = pool, user, mark

    def render(self) -> Content:
        width = self.size.width
        left = Content.assemble((f" {self.mark} ", "reverse"), " ") if self.mark else Content("")
        left += Content(self.pool)
        user = Content.styled(self.user, "bold") if self.user else Content.styled(PROGRAM, "$text-muted")
        room = width - left.cell_length - user.cell_length
        if room < 2 and not self.user:
            return left.truncate(width, ellipsis=True)
        if room < 2:
            left = left.truncate(max(0, width - user.cell_length - 2), ellipsis=True)
            room = width - left.cell_length - user.cell_length
        return Content.assemble(left, " " * max(1, room), user)


class Trail(Widget):
    """What has been done, and what is being done: never how much is left, for nobody knows.

    Its row is there before anything was done too, so that the question does not move.
    """

    def __init__(self, done: Sequence[str], now: str) -> None:
        super().__init__(classes=None if done else "-empty")
        self.steps_done, self.step_now = tuple(done), now if done else ""

    def render(self) -> Content:
        done = [f"{step} ✓" for step in self.steps_done]
        now = [self.step_now] if self.step_now else []
        line = "  ›  ".join([*done, *now])
        while cell_len(line) > self.size.width and len(done) > 1:
            done.pop(0)
            line = "  ›  ".join(["…", *done, *now])
        return Content(line).truncate(self.size.width, ellipsis=True)


@dataclass(frozen=True)
class ShownKey:
    """A key as the key line shows it; the one that ``matters`` least gives way first."""

    shown: str
    label: str
    action: str
    matters: int


class KeyLine(Widget):
    """The keys that do something here. A click does what the key does.

    Where the line is too narrow, first the gaps give way, then the keys that come last in ``matters``.
    """

    keys: reactive[tuple[ShownKey, ...]] = reactive(())

    def render(self) -> Content:
        keys, gap = self._fitting()
        return Content(" " * gap).join(
            Content.assemble((f"{key.shown} ", "bold $foreground"), key.label) for key in keys
        )

    def _fitting(self) -> tuple[list[ShownKey], int]:
        keys = list(self.keys)
        while True:
            for gap in (3, 2):
                if sum(map(_width, keys)) + gap * (len(keys) - 1) <= self.size.width or len(keys) == 1:
                    return keys, gap
            keys.remove(min(keys, key=lambda key: key.matters))

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        column = event.get_content_offset_capture(self).x
        keys, gap = self._fitting()
        for key in keys:
            if 0 <= column < _width(key):
                await self.screen.run_action(key.action)
                return
            column -= _width(key) + gap


def _width(key: ShownKey) -> int:
    return cell_len(key.shown) + 1 + cell_len(key.label)
