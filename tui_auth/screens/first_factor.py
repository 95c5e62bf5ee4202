"""The screen of ContinueSignInWithFirstFactorSelection."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from tui_auth.auth.attempt import Answer
from tui_auth.auth.next_step import AuthFactorType, ContinueSignInWithFirstFactorSelection
from tui_auth.screens.choice_step import ChoiceScreen
from tui_auth.screens.problem import Problem
from tui_auth.screens.step_screen import Answered
from tui_auth.screens.wording import FIRST_FACTOR_QUESTION, NO_PASSKEY


class FirstFactorScreen(ChoiceScreen[ContinueSignInWithFirstFactorSelection]):
    """What to sign in with."""

    QUESTION = FIRST_FACTOR_QUESTION
    EXPLANATION = (
        "This pool leaves the first factor to you. A passkey needs a browser or a security key that a "
        "terminal cannot reach; choose another here."
    )

    @property
    def trail_name(self) -> str:
        return "choice"

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.available_factors

    def take(self, method: Answer) -> Message | None:
        if method is AuthFactorType.WEB_AUTHN:
            self.error = Problem(NO_PASSKEY)
            return None
        return Answered(method)
