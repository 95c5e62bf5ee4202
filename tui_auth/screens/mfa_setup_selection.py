"""The screen of ContinueSignInWithMFASetupSelection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.challenges import Answer
from tui_auth.auth.next_step import ContinueSignInWithMFASetupSelection
from tui_auth.flow.messages import MFA_SETUP_QUESTION, NO_SMS_SET_UP
from tui_auth.screens.choice_step import ChoiceScreen


class MFASetupSelectionScreen(ChoiceScreen[ContinueSignInWithMFASetupSelection]):
    """Which second factor to set up."""

    QUESTION = MFA_SETUP_QUESTION
    EXPLANATION = (
        "From the next sign-in on you will confirm with what you choose here. SMS cannot be set up inside a "
        "sign-in: for that an administrator adds your phone number."
    )

    @property
    def breadcrumb(self) -> str:
        return "choice"

    def question(self) -> Iterable[Widget]:
        yield from super().question()
        if self.step.left_out:
            yield Static(NO_SMS_SET_UP, classes="quiet", markup=False)

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.allowed_mfa_types
