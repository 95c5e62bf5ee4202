"""What the screens of a delivered code share: where it went, one field, a new one on request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ConfirmSignInWithOTP, ConfirmSignInWithSMSMFACode
from tui_auth.flow.messages import CODE_WANTED, MEDIA, anew, sent_to
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field

DeliveredT = TypeVar("DeliveredT", bound=ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP)


def code_field(field_id: str = "code", digits: int | None = 6) -> Field:
    """The field of a one-time code; the number of digits is a hint, never a limit."""
    return Field("Code", CodeInput(digits=digits), id=field_id)


def sent_code(screen: FormScreen) -> Secret | None:
    """The code in the field; complains under it where there is none, and gives None."""
    code = screen.query_one(CodeInput).code
    if not code:
        screen.complain(screen.query_one("#code", Field), CODE_WANTED)
        return None
    return Secret(code)


class DeliveredCodeScreen(StepScreen[DeliveredT]):
    """A code was sent; the answer is that code."""

    KEYS = ("submit", "new_code", "newest_code", "back", "help", "quit")
    EXPLANATION = (
        "A code was sent to you. Type or paste it: blanks, dashes and words around it do no harm.\n\n"
        "Nothing after a minute? ^r signs you in anew behind this screen and has a new code sent; "
        "earlier codes stop working then."
    )
    sends_codes = True

    @property
    def breadcrumb(self) -> str:
        medium = (self.step.delivery_details.delivery_medium or "").upper()
        return f"code {MEDIA[medium]}" if medium in MEDIA else "code"

    @property
    def headline(self) -> str:
        """Where the code went."""
        return sent_to(self.step.delivery_details)

    def question(self) -> Iterable[Widget]:
        yield Static(self.headline, classes="headline", markup=False)
        field = code_field()
        if self.context.was_restarted:
            field.hint = anew(perhaps=not self.context.is_password_known)
        elif self.context.can_restart:
            field.hint = "Nothing after a minute? ^r sends a new one in its place."
        yield field

    def keys_now(self) -> Sequence[str]:
        keys = super().keys_now()
        return keys if self.context.can_restart else [name for name in keys if name != "new_code"]

    def on_mount(self) -> None:
        super().on_mount()
        if self.context.was_restarted:
            self.cool_down()

    def watch_notice(self) -> None:
        """Draw the quiet line, in place of the hint: one thing is said at a time."""
        super().watch_notice()
        if self.notice:
            self.query_one("#code", Field).hint = ""

    def explain(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def decide(self) -> Message | None:
        code = sent_code(self)
        return StepAnswered(code) if code else None
