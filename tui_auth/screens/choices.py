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
    format_method,
    has_only_passkeys,
)
from tui_auth.flow.passkey import NOTES
from tui_auth.passkeys.problems import passkey_error
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.field import Choice, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.auth.challenges import Answer
    from tui_auth.error_kinds import PasskeyProblem

StepT = TypeVar("StepT", bound=NextStep)


def build_option(method: Answer, problem: PasskeyProblem | None) -> Option:
    """Build the option of a method, which says what happens next, or why a passkey can't be used."""
    if method is not AuthFactorType.WEB_AUTHN:
        return Option(format_method(method), METHOD_NOTES.get(method, ""))
    is_available = problem is None or not problem.needs_another_way
    return Option(format_method(method), NOTES[problem], is_available=is_available)


class ChoiceScreen(StepScreen[StepT]):
    """Asks for one of several methods."""

    KEYS = ("submit", "back", "help", "quit")
    QUESTION: ClassVar[str] = MFA_QUESTION
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

    def compose_form(self) -> Iterable[Widget]:
        problem = self.context.passkey_problem
        yield Choice([build_option(method, problem) for method in self.methods])

    def on_mount(self) -> None:
        super().on_mount()
        self.set_focus(self.query_one(Choice))

    @on(Choice.Picked)
    def _submit_picked(self, event: Message) -> None:
        event.stop()
        self.submit()

    def build_answer(self) -> Message | None:
        return self.choose(self.methods[self.query_one(Choice).highlighted])

    def choose(self, method: Answer) -> Message | None:
        """Return the message for a chosen method, or None if it can't be used."""
        return StepAnswered(method)


class MFASelectionScreen(ChoiceScreen[ContinueSignInWithMFASelection]):
    """Asks which second factor to use."""

    EXPLANATION = (
        "You have more than one way to confirm that it is you. Choose one with its number, or with the "
        "arrow keys and Enter. Esc comes back here from the next screen."
    )

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.allowed_mfa_types


class MFASetupSelectionScreen(ChoiceScreen[ContinueSignInWithMFASetupSelection]):
    """Asks which second factor to set up."""

    QUESTION = "Set up a second factor"
    TASK = "This account needs one. Choose which."
    EXPLANATION = (
        "From the next sign-in on you will confirm with what you choose here. SMS cannot be set up inside a "
        "sign-in: for that an administrator adds your phone number."
    )

    def compose_form(self) -> Iterable[Widget]:
        yield from super().compose_form()
        if self.step.left_out:
            yield Static(NO_SMS_SETUP, classes="quiet", markup=False)

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.allowed_mfa_types


class FirstFactorScreen(ChoiceScreen[ContinueSignInWithFirstFactorSelection]):
    """Asks which first factor to sign in with."""

    QUESTION = FIRST_FACTOR_QUESTION
    EXPLANATION = (
        "This pool leaves the first factor to you. A passkey needs a security key that is plugged in to this "
        "computer, not one at the other end of an SSH connection. Where there is no other way, someone who "
        "manages the pool can set a password, or add an email address or a phone number for codes."
    )

    @property
    def heading(self) -> tuple[str, str]:
        if self._is_dead_end:
            return ONLY_PASSKEYS, f"{NOTES[self.context.passkey_problem]} {PASSKEY_ALTERNATIVE}"
        factor = safe_line(self._missing_preference, limit=40)
        return self.QUESTION, f"{factor} isn't available to you here." if factor else ""

    def compose_form(self) -> Iterable[Widget]:
        if self._is_dead_end:
            yield Choice([Option(OTHER_USER)])
        else:
            yield from super().compose_form()

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
