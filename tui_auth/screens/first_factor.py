"""The screen of ContinueSignInWithFirstFactorSelection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.challenges import Answer
from tui_auth.auth.next_step import AuthFactorType, ContinueSignInWithFirstFactorSelection
from tui_auth.flow.error_message import ErrorMessage
from tui_auth.flow.messages import (
    FIRST_FACTOR_QUESTION,
    INSTEAD_OF_A_PASSKEY,
    NO_PASSKEY,
    ONLY_A_PASSKEY,
    SOMEBODY_ELSE,
    only_a_passkey,
)
from tui_auth.screens.choice_step import Choice, ChoiceScreen
from tui_auth.screens.step_screen import StepAnswered
from tui_auth.terminal.safe_text import safe_line


class FirstFactorScreen(ChoiceScreen[ContinueSignInWithFirstFactorSelection]):
    """What to sign in with."""

    QUESTION = FIRST_FACTOR_QUESTION
    EXPLANATION = (
        "This pool leaves the first factor to you. A passkey needs a browser or a security key that a "
        "terminal cannot reach; choose another here. Where there is no other, someone who manages the pool "
        "can set a password, or add an e-mail address or a phone number that codes can go to."
    )

    @property
    def breadcrumb(self) -> str:
        return "choice"

    def question(self) -> Iterable[Widget]:
        if not only_a_passkey(self.step):
            yield from super().question()
            if wanted := self._not_offered:
                yield Static(
                    f"{safe_line(wanted, limit=40)} is not offered to you here.", classes="fact", markup=False
                )
            return
        yield Static(ONLY_A_PASSKEY, classes="headline", markup=False)
        yield Static(INSTEAD_OF_A_PASSKEY, classes="fact", markup=False)
        yield Choice([SOMEBODY_ELSE])

    @property
    def _not_offered(self) -> str:
        """The first factor that was asked for by flag or profile, where it is none of these."""
        wanted = self.context.preferred_first_factor
        return "" if wanted in map(str, self.step.available_factors) else wanted

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.available_factors

    def take(self, method: Answer) -> Message | None:
        if only_a_passkey(self.step):
            return self.BackRequested()
        if method is AuthFactorType.WEB_AUTHN:
            self.error = ErrorMessage(NO_PASSKEY)
            return None
        return StepAnswered(method)
