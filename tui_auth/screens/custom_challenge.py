"""The screen of ConfirmSignInWithCustomChallenge, and what it shares with the step nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import ConfirmSignInWithCustomChallenge, UnknownStep
from tui_auth.flow.messages import rows_of
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.widgets.field import Field
from tui_auth.widgets.secret_input import SecretInput
from tui_auth.widgets.server_text import ServerText

AskedT = TypeVar("AskedT", bound=ConfirmSignInWithCustomChallenge | UnknownStep)


class AskedScreen(StepScreen[AskedT]):
    """The service asks something; the answer is one ANSWER."""

    KEYS: ClassVar[tuple[str, ...]] = ("submit", "show", "back", "help", "quit")
    ANSWER_HINT = ""

    def question(self) -> Iterable[Widget]:
        yield from self.introduction()
        rows = rows_of(self.step.additional_info)
        if rows:
            yield ServerText(rows)
        yield Field("Answer", SecretInput(), hint=self.ANSWER_HINT, id="answer")

    def introduction(self) -> Iterable[Widget]:
        """What stands above the service's words."""
        return ()

    def explain(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def decide(self) -> Message | None:
        answer = self.query_one(SecretInput).secret
        if not answer:
            self.complain(self.query_one("#answer", Field), "Type an answer first.")
            return None
        return StepAnswered(answer)


class CustomChallengeScreen(AskedScreen[ConfirmSignInWithCustomChallenge]):
    """A question of the pool's own."""

    EXPLANATION = (
        "The pool asks something of its own making: what stands in the frame are the service's words. "
        "Only the service knows what a right answer is, and it may ask any number of times."
    )

    @property
    def breadcrumb(self) -> str:
        return "question"

    def introduction(self) -> Iterable[Widget]:
        if not rows_of(self.step.additional_info):
            yield Static("The service asks for an answer, and says nothing more.", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        if self.context.times_asked > 1:
            self.query_one("#answer", Field).hint = f"asked again ({ordinal(self.context.times_asked)} time)"


def ordinal(number: int) -> str:
    """2 as 2nd, 3 as 3rd, 11 as 11th."""
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}th" if number % 100 in (11, 12, 13) else f"{number}{suffix}"
