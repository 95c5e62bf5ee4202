"""The screen of ContinueSignInWithEmailMFASetup."""

from __future__ import annotations

from collections.abc import Iterable

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ContinueSignInWithEmailMFASetup
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.widgets.field import Field, TextInput


class EmailSetupScreen(StepScreen[ContinueSignInWithEmailMFASetup]):
    """The address that codes shall go to."""

    EXPLANATION = "Codes will be sent to this address when you sign in. The first one comes at once."

    @property
    def breadcrumb(self) -> str:
        return "e-mail set-up"

    def question(self) -> Iterable[Widget]:
        yield Static("Where shall your codes go?", classes="headline", markup=False)
        yield Field("E-mail", TextInput(), id="email")

    def decide(self) -> Message | None:
        field = self.query_one("#email", Field)
        address = field.value.strip()
        if not address:
            self.complain(field, "Type the address your codes shall go to.")
            return None
        if "@" not in address or " " in address:
            self.complain(field, "That is not an e-mail address.")
            return None
        return StepAnswered(address)
