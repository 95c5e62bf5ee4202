"""The screen of ContinueSignInWithMFASelection."""

from __future__ import annotations

from collections.abc import Sequence

from tui_auth.auth.challenges import Answer
from tui_auth.auth.next_step import ContinueSignInWithMFASelection
from tui_auth.screens.choice_step import ChoiceScreen


class MFASelectionScreen(ChoiceScreen[ContinueSignInWithMFASelection]):
    """Which second factor to use."""

    EXPLANATION = (
        "You have more than one way to confirm that it is you. Choose one with its number, or with the "
        "arrow keys and Enter. Esc comes back here from the next screen."
    )

    @property
    def breadcrumb(self) -> str:
        return "choice"

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.allowed_mfa_types
