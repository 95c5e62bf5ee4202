"""The screen of ConfirmSignInWithPassword."""

from __future__ import annotations

from collections.abc import Iterable

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ConfirmSignInWithPassword
from tui_auth.screens.sign_in import ForgotPasswordRequested
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.widgets.field import Field
from tui_auth.widgets.secret_input import SecretInput


class PasswordScreen(StepScreen[ConfirmSignInWithPassword]):
    """The password, chosen as first factor."""

    KEYS = ("submit", "show", "forgot", "back", "help", "quit")
    EXPLANATION = "Type the password of this user. ^t shows what is typed."

    @property
    def breadcrumb(self) -> str:
        return "password"

    def question(self) -> Iterable[Widget]:
        yield Static("Your password", classes="headline", markup=False)
        yield Field("Password", SecretInput(), id="password")

    def action_forgot(self) -> None:
        """Reset the password of the user who signs in."""
        if not self.busy:
            self.post_message(ForgotPasswordRequested(self.context.username))

    def decide(self) -> Message | None:
        password = self.query_one(SecretInput).secret
        if not password:
            self.complain(self.query_one("#password", Field), "Type your password.")
            return None
        return StepAnswered(password)
