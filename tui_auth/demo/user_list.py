"""The demo's first screen: a list with one sample user per step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui_auth.screens.form_screen import FormScreen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.widget import Widget

    from tui_auth.emulator.demo_users import DemoUser
    from tui_auth.screens.screen_context import ScreenContext

OTHER_NAME_KEY = "n"


class UserChosen(Message):
    """The user chose a sample user, or None to type another name."""

    def __init__(self, user: DemoUser | None) -> None:
        super().__init__()
        self.user = user


class UserLine(Static):
    """One sample user: the key and the step. A click has the same effect as the key."""

    def __init__(self, key: str, description: str, user: DemoUser | None) -> None:
        super().__init__(Content.assemble((key, "bold $accent"), "  ", description))
        self.user = user

    def on_click(self) -> None:
        """Choose this user."""
        self.post_message(UserChosen(self.user))


class UserListScreen(FormScreen):
    """The list of sample users."""

    KEYS = ("drawer", "help", "quit")
    EXPLANATION = (
        "Everything here is inside this program: the user pool, the phone and the inbox. Nothing is sent to "
        "AWS and nothing is kept.\n\n"
        "A key fills in the sign-in form for a user whose sign-in meets that step. "
        "On a step ^o types the newest code from the phone or the inbox."
    )

    def __init__(self, context: ScreenContext, users: Sequence[DemoUser]) -> None:
        super().__init__(context)
        self.users = {user.key: user for user in users}

    def compose_form(self) -> Iterable[Widget]:
        yield Static("Sign in as … (press a key)", classes="headline", markup=False)
        lines = [UserLine(user.key, user.says, user) for user in self.users.values()]
        lines.append(UserLine(OTHER_NAME_KEY, "A name of my own", None))
        half = (len(lines) + 1) // 2
        with Horizontal(id="users"):
            yield Vertical(*lines[:half])
            yield Vertical(*lines[half:])

    def on_key(self, event: events.Key) -> None:
        """Choose the user whose key was pressed."""
        if event.key in self.users or event.key == OTHER_NAME_KEY:
            event.stop()
            self.post_message(UserChosen(self.users.get(event.key)))

    def submit(self) -> None:
        """Do nothing, because Enter chooses no user."""
