"""The screen of ConfirmSignInWithTOTPCode."""

from __future__ import annotations

from collections.abc import Iterable

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ConfirmSignInWithTOTPCode
from tui_auth.flow.messages import code_from_app
from tui_auth.screens.delivered_code import code_field
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Field


def six_digits(screen: FormScreen) -> Secret | None:
    """The app's code in the field; complains under it where it is none, and gives None."""
    code = screen.query_one(CodeInput).code
    if len(code) != 6 or not code.isdigit():
        screen.complain(screen.query_one("#code", Field), "An authenticator's code has six digits.")
        return None
    return Secret(code)


class TOTPCodeScreen(StepScreen[ConfirmSignInWithTOTPCode]):
    """Six digits from the authenticator app."""

    KEYS = ("submit", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "Open your authenticator app and type the six digits it shows for this account.\n\n"
        "A new code comes every 30 seconds, and each works once. If the app's codes are refused again and "
        "again, the clock of the device it runs on is probably off."
    )

    @property
    def breadcrumb(self) -> str:
        return "code from app"

    def question(self) -> Iterable[Widget]:
        yield Static(code_from_app(self.step.friendly_device_name), classes="headline", markup=False)
        yield code_field()
        yield Countdown(id="window", classes="under-field")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#window", Countdown).window(self.context.now)

    def decide(self) -> Message | None:
        code = six_digits(self)
        return StepAnswered(code) if code else None
