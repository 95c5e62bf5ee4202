"""The screens of a custom challenge, and of a challenge that this version doesn't know."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from tui_auth import __version__
from tui_auth.auth.next_step import ConfirmSignInWithCustomChallenge, UnknownStep
from tui_auth.flow.messages import format_challenge_rows
from tui_auth.screens.screen_context import CopyRequested
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.field import Field
from tui_auth.widgets.frame import ServerText
from tui_auth.widgets.text_input import SecretInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.message import Message
    from textual.widget import Widget


MAX_TITLE = 88
"""The longest question, in characters, that is shown as the title of the card."""

ChallengeT = TypeVar("ChallengeT", bound=ConfirmSignInWithCustomChallenge | UnknownStep)


class ChallengeScreen(StepScreen[ChallengeT]):
    """Shows the challenge parameters and asks for one ANSWER."""

    KEYS: ClassVar[tuple[str, ...]] = ("submit", "show", "back", "help", "quit")
    ANSWER_HINT = ""

    def compose_form(self) -> Iterable[Widget]:
        if rows := self.parameter_rows:
            yield ServerText(rows)
        yield Field("Answer", SecretInput(), hint=self.ANSWER_HINT, id="answer")

    @property
    def parameter_rows(self) -> list[tuple[str, str]]:
        """The challenge parameters to show between the heading and the answer."""
        return format_challenge_rows(self.step.additional_info)

    def service_rows(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def build_answer(self) -> Message | None:
        answer = self.query_one(SecretInput).secret
        if not answer:
            self.show_field_error(self.query_one("#answer", Field), "Type an answer first.")
            return None
        return StepAnswered(answer)


class CustomChallengeScreen(ChallengeScreen[ConfirmSignInWithCustomChallenge]):
    """Asks for the answer to a custom challenge."""

    EXPLANATION = (
        "This question comes from the user pool, and only the user pool knows the right answer. It may ask "
        "any number of questions."
    )

    @property
    def breadcrumb(self) -> str:
        return "question"

    @property
    def heading(self) -> tuple[str, str]:
        if not super().parameter_rows:
            return "Answer the challenge", "The user pool sent no question."
        return self._question or "Answer the challenge", ""

    @property
    def _question(self) -> str:
        """The challenge parameter that is the title: the only one, or the one called question."""
        rows = super().parameter_rows
        question = dict(rows).get("question", rows[0][1] if len(rows) == 1 else "")
        return question if "\n" not in question and len(question) <= MAX_TITLE else ""

    @property
    def parameter_rows(self) -> list[tuple[str, str]]:
        rows = super().parameter_rows
        if len(rows) == 1 and not self._question:
            return [("", rows[0][1])]
        return [(name, value) for name, value in rows if value != self._question]

    def on_mount(self) -> None:
        super().on_mount()
        if self.context.challenge_count > 1:
            attempt = format_ordinal(self.context.challenge_count)
            self.query_one("#answer", Field).hint = f"{attempt} attempt"


class UnknownStepScreen(ChallengeScreen[UnknownStep]):
    """Shows the name and parameters of an unknown challenge, and asks for an ANSWER."""

    KEYS = ("submit", "show", "copy", "back", "help", "quit")
    ANSWER_HINT = "Sent to Cognito as ANSWER"
    EXPLANATION = (
        "This challenge is newer than this version of tui-auth. Its name and parameters are shown as Cognito "
        "sent them. If you know the answer, type it; it's sent as ANSWER. A newer tui-auth may know the step."
    )

    @property
    def challenge_name(self) -> str:
        """The challenge's name, made safe to show."""
        return safe_line(self.step.challenge_name, limit=60)

    @property
    def breadcrumb(self) -> str:
        return self.challenge_name

    @property
    def heading(self) -> tuple[str, str]:
        title = f"! tui-auth {__version__} doesn't know this step"
        return title, "Type the answer if you know it, or press esc to go back."

    def key_label(self, action: str) -> str:
        return "Copy the challenge" if action == "copy" else super().key_label(action)

    def action_copy(self) -> None:
        """Copy the challenge's name and parameters, and nothing that was typed."""
        lines = [f"tui-auth {__version__}", f"challenge {self.challenge_name}"]
        lines += [f"{name}: {value}" for name, value in format_challenge_rows(self.step.additional_info)]
        self.post_message(CopyRequested("\n".join(lines), "The challenge"))


def format_ordinal(number: int) -> str:
    """Format a number as an ordinal: 2 as Second, 4 as 4th, 11 as 11th."""
    if number in (2, 3):
        return "Second" if number == 2 else "Third"
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}th" if number % 100 in (11, 12, 13) else f"{number}{suffix}"
