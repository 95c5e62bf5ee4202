"""The screens that ask for one of several methods: MFA type to use or set up, first factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.widgets import Static

from tui_auth.auth.next_step import (
    AuthFactorType,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    NextStep,
)
from tui_auth.flow.interface import ErrorMessage
from tui_auth.flow.messages import (
    FIRST_FACTOR_QUESTION,
    METHOD_NOTES,
    MFA_QUESTION,
    NO_SMS_SETUP,
    ONLY_PASSKEYS,
    OTHER_USER,
    PASSKEY_ALTERNATIVE,
    SETUP_NOTES,
    format_method,
    has_only_passkeys,
)
from tui_auth.flow.passkey import NOTES
from tui_auth.passkeys.problems import passkey_error
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.field import Choice, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.auth.challenges import Answer
    from tui_auth.error_kinds import PasskeyProblem

StepT = TypeVar("StepT", bound=NextStep)


def build_option(method: Answer, problem: PasskeyProblem | None, notes: Mapping[Answer, str]) -> Option:
    """Build the option of a method, which says what happens next, or why a passkey can't be used."""
    if method is not AuthFactorType.WEB_AUTHN:
        return Option(format_method(method), notes.get(method, ""))
    is_available = problem is None or not problem.needs_another_way
    return Option(format_method(method), NOTES[problem], is_available=is_available)


class ChoiceScreen(StepScreen[StepT]):
    """Asks for one of several methods."""

    KEYS = ("submit", "back", "help", "quit")
    QUESTION: ClassVar[str] = MFA_QUESTION
    METHOD_NOTES: ClassVar[Mapping[Answer, str]] = METHOD_NOTES
    TASK: ClassVar[str] = ""
    SUBMIT_LABEL = "Choose"

    @property
    def breadcrumb(self) -> str:
        return "method"

    @property
    def methods(self) -> Sequence[Answer]:
        """The methods to choose from."""
        raise NotImplementedError

    @property
    def heading(self) -> tuple[str, str]:
        return self.QUESTION, self.TASK

    @property
    def options(self) -> Sequence[Option]:
        """The options to choose from, in the order of the methods."""
        return [
            build_option(method, self.context.passkey_problem, self.METHOD_NOTES) for method in self.methods
        ]

    def key_label(self, action: str) -> str:
        options = self.options
        return options[0].label if action == "submit" and len(options) == 1 else super().key_label(action)

    def compose_form(self) -> Iterable[Widget]:
        """Yield the list; the only option is the button, with its note above."""
        if len(self.options) > 1:
            yield Choice(self.options)
        elif note := self.options[0].note:
            yield Static(note, classes="quiet", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        for choice in self.query(Choice):
            self.set_focus(choice)

    @on(Choice.Picked)
    def _submit_picked(self, event: Message) -> None:
        event.stop()
        self.submit()

    def build_answer(self) -> Message | None:
        choices = list(self.query(Choice))
        return self.choose(self.methods[choices[0].highlighted if choices else 0])

    def choose(self, method: Answer) -> Message | None:
        """Return the message for a chosen method, or None if it can't be used."""
        return StepAnswered(method)


class MFASelectionScreen(ChoiceScreen[ContinueSignInWithMFASelection]):
    """Asks which second factor to use."""

    EXPLANATION = (
        "There is more than one way to confirm that it's you. Choose with a number, or with the arrow keys "
        "and Enter. On the next screen, Esc comes back here."
    )

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.allowed_mfa_types


class MFASetupSelectionScreen(ChoiceScreen[ContinueSignInWithMFASetupSelection]):
    """Asks which second factor to set up."""

    QUESTION = "Set up a second factor"
    METHOD_NOTES = SETUP_NOTES
    TASK = "This account needs one. Choose which."
    EXPLANATION = (
        "You'll use what you choose here each time you sign in. SMS can't be set up during a sign-in: an "
        "administrator has to add your phone number."
    )

    @property
    def heading(self) -> tuple[str, str]:
        return self.QUESTION, f"{self.TASK} {NO_SMS_SETUP}" if self.step.left_out else self.TASK

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.allowed_mfa_types


class FirstFactorScreen(ChoiceScreen[ContinueSignInWithFirstFactorSelection]):
    """Asks which first factor to sign in with."""

    QUESTION = FIRST_FACTOR_QUESTION
    EXPLANATION = (
        "You can choose how to sign in to this user pool. A passkey needs a security key that is plugged in "
        "to this computer, not one at the other end of an SSH connection. If there is nothing else, an "
        "administrator can set a password, or add an email address or a phone number for codes."
    )

    @property
    def heading(self) -> tuple[str, str]:
        if self._is_dead_end:
            return ONLY_PASSKEYS, f"{NOTES[self.context.passkey_problem]} {PASSKEY_ALTERNATIVE}"
        factor = safe_line(self._missing_preference, limit=40)
        return self.QUESTION, f"{factor} isn't available to you here." if factor else ""

    @property
    def options(self) -> Sequence[Option]:
        return [Option(OTHER_USER)] if self._is_dead_end else super().options

    @property
    def _is_dead_end(self) -> bool:
        """Whether there is only a passkey, and no security key can be used here."""
        problem = self.context.passkey_problem
        return problem is not None and problem.needs_another_way and has_only_passkeys(self.step)

    @property
    def _missing_preference(self) -> str:
        """The first factor that a flag or profile prefers, if the pool doesn't offer it; else empty."""
        preferred = self.context.preferred_first_factor
        return "" if preferred in map(str, self.step.available_factors) else preferred

    @property
    def methods(self) -> Sequence[Answer]:
        """The first factors; a password sent to Cognito and a passkey are last."""
        last = (AuthFactorType.PASSWORD, AuthFactorType.WEB_AUTHN)
        return sorted(
            self.step.available_factors, key=lambda factor: factor in last and 1 + last.index(factor)
        )

    def choose(self, method: Answer) -> Message | None:
        problem = self.context.passkey_problem
        if self._is_dead_end:
            return self.BackRequested()
        if method is AuthFactorType.WEB_AUTHN and problem is not None and problem.needs_another_way:
            self.error = ErrorMessage(str(passkey_error(problem)))
            return None
        return StepAnswered(method)
