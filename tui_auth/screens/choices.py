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
    MFA_QUESTION,
    MFA_SETUP_QUESTION,
    NO_PASSKEY,
    NO_SMS_SETUP,
    ONLY_PASSKEYS,
    OTHER_USER,
    PASSKEY_ALTERNATIVE,
    format_method,
    has_only_passkeys,
)
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.field import Choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.auth.challenges import Answer

StepT = TypeVar("StepT", bound=NextStep)


class ChoiceScreen(StepScreen[StepT]):
    """Asks for one of several methods."""

    KEYS = ("submit", "back", "help", "quit")
    QUESTION: ClassVar[str] = MFA_QUESTION
    SUBMIT_LABEL = "Choose"

    @property
    def breadcrumb(self) -> str:
        return "choice"

    @property
    def methods(self) -> Sequence[Answer]:
        """The methods to choose from."""
        raise NotImplementedError

    def compose_form(self) -> Iterable[Widget]:
        yield Static(self.QUESTION, classes="headline", markup=False)
        yield Choice([format_method(method) for method in self.methods])

    def on_mount(self) -> None:
        super().on_mount()
        self.set_focus(self.query_one(Choice))

    @on(Choice.Picked)
    def _submit_picked(self, event: Message) -> None:
        event.stop()
        self.submit()

    def build_answer(self) -> Message | None:
        position = self.query_one(Choice).highlighted
        return self.choose(self.methods[position]) if position is not None else None

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

    QUESTION = MFA_SETUP_QUESTION
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
        "This pool leaves the first factor to you. A passkey needs a browser or a security key that a "
        "terminal cannot reach; choose another here. Where there is no other, someone who manages the pool "
        "can set a password, or add an e-mail address or a phone number that codes can go to."
    )

    def compose_form(self) -> Iterable[Widget]:
        if not has_only_passkeys(self.step):
            yield from super().compose_form()
            if factor := self._missing_preference:
                yield Static(
                    f"{safe_line(factor, limit=40)} is not offered to you here.", classes="fact", markup=False
                )
            return
        yield Static(ONLY_PASSKEYS, classes="headline", markup=False)
        yield Static(PASSKEY_ALTERNATIVE, classes="fact", markup=False)
        yield Choice([OTHER_USER])

    @property
    def _missing_preference(self) -> str:
        """The first factor that a flag or profile prefers, if the pool doesn't offer it; else empty."""
        preferred = self.context.preferred_first_factor
        return "" if preferred in map(str, self.step.available_factors) else preferred

    @property
    def methods(self) -> Sequence[Answer]:
        return self.step.available_factors

    def choose(self, method: Answer) -> Message | None:
        if has_only_passkeys(self.step):
            return self.BackRequested()
        if method is AuthFactorType.WEB_AUTHN:
            self.error = ErrorMessage(NO_PASSKEY)
            return None
        return StepAnswered(method)
