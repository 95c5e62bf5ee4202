"""The screen of ConfirmSignUp."""

from __future__ import annotations

from collections.abc import Iterable

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ConfirmSignUp, DeliveryDetails
from tui_auth.flow.messages import CODE_WANTED, NOT_CONFIRMED, sent_anew, sent_to
from tui_auth.screens.delivered_code import code_field, sent_code
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.widgets.field import Field


class ConfirmSignUpScreen(StepScreen[ConfirmSignUp]):
    """The sign-up still waits for its code; the sign-in goes on by itself after it."""

    HAS_SESSION = False
    KEYS = ("submit", "new_code", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "Your account was made, but not confirmed yet. Type the code that was sent when it was made, or have "
        "a new one sent with ^r. After that the sign-in goes on by itself."
    )

    @property
    def breadcrumb(self) -> str:
        return "confirm sign-up"

    def question(self) -> Iterable[Widget]:
        details = self.step.delivery_details
        known = details is not None and details.destination is not None
        sent = f"{sent_to(details)}." if details and known else CODE_WANTED
        yield Static(f"{NOT_CONFIRMED} {sent}", classes="headline", markup=False, id="why")
        field = code_field()
        field.hint = "No code, or an old one? ^r sends a new one."
        yield field

    def code_was_sent(self, details: DeliveryDetails) -> None:
        """Say where the new code went, and let a little time pass before the next."""
        self.query_one("#why", Static).update(sent_anew(details))
        field = self.query_one("#code", Field)
        field.hint = field.value = ""
        self.cool_down()

    def decide(self) -> Message | None:
        code = sent_code(self)
        return StepAnswered(code) if code else None
