"""The demo's first screen: a list with one sample user for each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_auth.demo.service import OTHER_USER, OTHER_USER_KEY
from tui_auth.screens.form_screen import FormScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.widget import Widget

    from tui_auth.emulator.demo_users import DemoUser
    from tui_auth.screens.screen_context import ScreenContext


SPACED_LINES = 32
"""The lowest terminal with room for a row between two users."""


class UserSelected(Message):
    """The user selected a sample user, or None to type another user name."""

    def __init__(self, user: DemoUser | None) -> None:
        super().__init__()
        self.user = user


class UserRow(Static, can_focus=True):
    """One sample user: the key and the step, then the user name. A click selects the user."""

    ALLOW_SELECT = False

    def __init__(self, user: DemoUser | None) -> None:
        self.user = user
        key, title = (user.key, user.description) if user else (OTHER_USER_KEY, OTHER_USER)
        about = f"\n    {user.username} · {user.detail}" if user else ""
        lines = Content.assemble(f" {key}  ", (title, "bold"), (about, "$text-muted $muted-style"))
        super().__init__(lines, markup=False, classes="" if user else "-short")

    def on_click(self) -> None:
        """Select this user."""
        self.post_message(UserSelected(self.user))


class UserListScreen(FormScreen):
    """The list of sample users."""

    KEYS = ("submit", "drawer", "help", "quit")
    SUBMIT_LABEL = "Choose"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", show=False),
        # Before the focused row, as Enter is: an arrow key typed just before Enter must come first.
        *(
            Binding(key, f"move_focus({rows})", show=False, priority=True)
            for key, rows in {"up": -1, "down": 1, "home": -99, "end": 99}.items()
        ),
        Binding("left,right", "change_column", show=False, priority=True),
    ]
    EXPLANATION = (
        "Everything here is inside this program: the user pool, the phone and the inbox. Nothing is sent to "
        "AWS and nothing is stored.\n\n"
        "Choose a user with the arrow keys and Enter, with the key beside it, or with the mouse. That fills "
        "in the sign-in form. When a step asks for a code, ^o enters the newest one from the phone or the "
        "inbox.\n\n"
        "`tui-auth demo --play NAME` signs a sample user in by itself."
    )

    def __init__(self, context: ScreenContext, users: Sequence[DemoUser]) -> None:
        super().__init__(context)
        self.users = {user.key: user for user in users}

    @property
    def heading(self) -> tuple[str, str]:
        return "Choose a sample user", ""

    @property
    def is_list(self) -> bool:
        return True

    def compose_form(self) -> Iterable[Widget]:
        rows = [UserRow(user) for user in (*self.users.values(), None)]
        half = len(rows) // 2
        with Horizontal(id="users"):
            yield Vertical(*rows[:half])
            yield Vertical(*rows[half:])

    def on_mount(self) -> None:
        super().on_mount()
        self._space_rows()
        self.set_focus(self.query(UserRow).first())

    def on_resize(self) -> None:
        self._space_rows()
        super().on_resize()

    def _space_rows(self) -> None:
        """Leave a row free between two users if all of them still fit."""
        self.set_class(self.app.size.height >= SPACED_LINES, "-spaced")

    def on_key(self, event: events.Key) -> None:
        """Select the user whose key was pressed."""
        if event.key in self.users or event.key == OTHER_USER_KEY:
            event.stop()
            self.post_message(UserSelected(self.users.get(event.key)))

    def action_submit(self) -> None:
        """Select the focused user."""
        if isinstance(self.focused, UserRow):
            self.post_message(UserSelected(self.focused.user))

    def action_move_focus(self, count: int) -> None:
        """Move the focus down by some rows, or up if ``count`` is negative."""
        rows = list(self.query(UserRow))
        position = rows.index(self.focused) if isinstance(self.focused, UserRow) else 0
        self.set_focus(rows[max(0, min(position + count, len(rows) - 1))])

    def action_change_column(self) -> None:
        """Move the focus to the row beside this one."""
        left = list(self.query("#users Vertical").first().query(UserRow))
        if left[0].region.x != self.query(UserRow).last().region.x:
            self.action_move_focus(len(left) if self.focused in left else -len(left))
