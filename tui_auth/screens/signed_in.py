"""SignedInScreen: tells the user who is signed in, and asks whether to continue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tui_auth.flow.signed_in import ACTIONS, SignedInAction
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.widgets.field import Choice, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget


class ActionSelected(Decision):
    """The user chose what to do about the session."""

    def __init__(self, action: SignedInAction) -> None:
        super().__init__()
        self.action = action


class SignedInScreen(FormScreen):
    """Asks whether to continue, to sign in again, or to sign in as another user.

    Args:
        context: The context of the screen.
        question: The sentence above the actions.
        labels: What the actions are called, in the order of ``ACTIONS``.
    """

    KEYS = ("submit", "help", "quit")
    SUBMIT_LABEL = "Choose"
    EXPLANATION = (
        "Your session is still valid. Continue to keep it. If you sign in again, the new session replaces "
        "it. The session of another user is stored as well."
    )

    def __init__(self, context: ScreenContext, question: str, labels: Sequence[str]) -> None:
        super().__init__(context)
        self._question = question
        self._labels = labels

    @property
    def breadcrumb(self) -> str:
        return "signed in"

    @property
    def heading(self) -> tuple[str, str]:
        return "Already signed in", self._question

    def compose_form(self) -> Iterable[Widget]:
        yield Choice([Option(label) for label in self._labels])

    def on_mount(self) -> None:
        super().on_mount()
        self.set_focus(self.query_one(Choice))

    @on(Choice.Picked)
    def _submit_picked(self, event: Choice.Picked) -> None:
        event.stop()
        self.submit()

    def build_answer(self) -> Message:
        return ActionSelected(ACTIONS[self.query_one(Choice).highlighted])
