"""The screen of ContinueSignInWithPasskey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.auth.next_step import AuthFactorType, ContinueSignInWithPasskey
from tui_auth.flow.messages import FIRST_FACTOR_QUESTION, NO_PASSKEY, OTHER_USER
from tui_auth.screens.choices import ChoiceScreen
from tui_auth.widgets.field import Choice, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.auth.challenges import Answer


class PasskeyScreen(ChoiceScreen[ContinueSignInWithPasskey]):
    """Offers the other factors of a user whose pool asks for a passkey."""

    QUESTION = FIRST_FACTOR_QUESTION
    TASK = NO_PASSKEY
    EXPLANATION = NO_PASSKEY

    @property
    def methods(self) -> Sequence[Answer]:
        return [factor for factor in self.step.other_factors if factor is not AuthFactorType.WEB_AUTHN]

    def compose_form(self) -> Iterable[Widget]:
        if self.methods:
            yield from super().compose_form()
        else:
            yield Choice([Option(OTHER_USER)])

    def build_answer(self) -> Message | None:
        return super().build_answer() if self.methods else self.BackRequested()
