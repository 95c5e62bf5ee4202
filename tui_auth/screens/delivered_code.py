"""What the screens of a delivered code share: where it went, one field, a new one on request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ConfirmSignInWithOTP, ConfirmSignInWithSMSMFACode, DeliveryDetails
from tui_auth.screens.step_screen import Answered, StepScreen
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Field

DeliveredT = TypeVar("DeliveredT", bound=ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP)

_MEDIA = {"SMS": "by SMS", "EMAIL": "by e-mail"}


def sent_to(details: DeliveryDetails) -> str:
    """One sentence on where a code went, in the server's masked words; a medium not known by its name."""
    medium = details.delivery_medium
    how = "" if medium is None else _MEDIA.get(medium.upper(), f"by {safe_line(medium, limit=30)}")
    where = f"to {safe_line(details.destination, limit=60)}" if details.destination else ""
    return " ".join(part for part in ("Code sent", how, where or ("to you" if not how else "")) if part)


def code_field(field_id: str = "code", digits: int | None = 6) -> Field:
    """The field of a one-time code; the number of digits is a hint, never a limit."""
    return Field("Code", CodeInput(digits=digits), id=field_id)


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
    def trail_name(self) -> str:
        medium = (self.step.delivery_details.delivery_medium or "").upper()
        return f"code {_MEDIA[medium]}" if medium in _MEDIA else "code"

    def question(self) -> Iterable[Widget]:
        yield Static(sent_to(self.step.delivery_details), classes="headline", markup=False)
        field = code_field()
        field.hint = "Nothing after a minute? ^r sends a new one; the old one stops working."
        yield field

    def explain(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def decide(self) -> Message | None:
        field = self.query_one("#code", Field)
        code = self.query_one(CodeInput).code
        if not code:
            self.complain(field, "Type the code that was sent to you.")
            return None
        return Answered(Secret(code))
