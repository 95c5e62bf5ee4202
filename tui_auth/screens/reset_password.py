"""The screen of ResetPassword: both roads, then code and new password."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.errors import Concern
from tui_auth.auth.next_step import DeliveryDetails, ResetPassword
from tui_auth.flow.messages import HAVE_CODE, RESET_NEEDED, SEND_CODE, sent_if_any
from tui_auth.screens.choice_step import Choice
from tui_auth.screens.delivered_code import code_field, sent_code
from tui_auth.screens.new_password import agreed_password, password_fields
from tui_auth.screens.step_screen import NewCodeRequested, StepAnswered, StepScreen
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field


class ResetPasswordScreen(StepScreen[ResetPassword]):
    """The password must be reset. A code may be on its way already: nobody can tell from here."""

    HAS_SESSION = False
    EXPLANATION = (
        "You asked for it, or an administrator made a reset necessary. If a code was sent to you already, "
        "use it; otherwise have one sent, which makes an earlier one worthless.\n\n"
        "After the reset you are signed in with the new password."
    )

    has_code: reactive[bool] = reactive(False, init=False)

    @property
    def breadcrumb(self) -> str:
        return "reset password"

    def question(self) -> Iterable[Widget]:
        asked = self.context.reset_was_requested
        why = "Reset your password." if asked else RESET_NEEDED
        yield Static(why, classes="headline", markup=False, id="why")
        yield Choice((HAVE_CODE, SEND_CODE))
        with Vertical(id="reset"):
            yield code_field()
            yield from password_fields(self.context.password_policy)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#reset").display = False
        self.set_focus(self.query_one(Choice))

    KEYS = ("submit", "new_code", "newest_code", "show", "back", "help", "quit")

    def keys_now(self) -> Sequence[str]:
        return super().keys_now() if self.has_code else ("submit", "back", "help", "quit")

    def watch_has_code(self, has_code: bool) -> None:
        """Ask for code and password in place of the choice."""
        self.query_one(Choice).display = not has_code
        self.query_one("#reset").display = has_code
        if has_code:
            self.set_focus(self.query_one(CodeInput))
        self._show_keys()

    def code_was_sent(self, details: DeliveryDetails) -> None:
        """Say where the code went, if there is such an account, and ask for it."""
        perhaps, again = self.context.reset_was_requested, self.has_code
        self.query_one("#why", Static).update(sent_if_any(details, perhaps=perhaps, again=again))
        self.error, self.query_one(CodeInput).value = None, ""
        self.has_code = True
        self.cool_down()

    @on(Choice.Picked)
    def _chosen(self, event: Message) -> None:
        event.stop()
        self.submit()

    def action_back(self) -> None:
        """From the code to the two roads, and from there to sign-in."""
        if self.has_code and not self.busy:
            self.error, self.has_code = None, False
            self.set_focus(self.query_one(Choice))
        else:
            super().action_back()

    def field_about(self, concern: Concern) -> Field | None:
        if not self.has_code:
            return None
        return self.query_one("#new-password" if concern is Concern.NEW_PASSWORD else "#code", Field)

    def decide(self) -> Message | None:
        if not self.has_code:
            if self.query_one(Choice).highlighted == 1 and not self._is_cooling:
                return NewCodeRequested("Enter")
            self.has_code = True
            return None
        code = sent_code(self)
        password = agreed_password(self) if code else None
        return StepAnswered(code, new_password=password) if code and password else None
