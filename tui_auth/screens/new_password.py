"""The screen of ConfirmSignInWithNewPassword, and the two fields it shares with the reset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.errors import Concern
from tui_auth.auth.next_step import ConfirmSignInWithNewPassword
from tui_auth.config.password_policy import PasswordPolicy
from tui_auth.flow.messages import ATTRIBUTE_HINTS, TEMPORARY_PASSWORD, label_of, wrong_with_password
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.widgets.field import Field, TextInput
from tui_auth.widgets.secret_input import SecretInput


class NewPasswordField(Field):
    """A new password, with what the pool's policy asks of it where that is known: live, in words."""

    def __init__(self, policy: PasswordPolicy | None) -> None:
        super().__init__("New password", SecretInput(), id="new-password")
        self._policy = policy

    def on_mount(self) -> None:
        super().on_mount()
        if self._policy is not None:
            self.watch(self.input, "value", self._check)

    def _check(self, password: str) -> None:
        marks = self._policy.checklist(password) if self._policy else []
        self.hint = "   ".join(f"{'✓' if kept else '·'} {words}" for words, kept in marks)


def password_fields(policy: PasswordPolicy | None) -> Iterable[Field]:
    """A new password, twice."""
    yield NewPasswordField(policy)
    yield Field("Once more", SecretInput(), id="once-more")


def agreed_password(screen: FormScreen) -> Secret | None:
    """The new password if both fields hold it; complains under the field that is wrong and gives None."""
    first, second = (screen.query_one(name, Field) for name in ("#new-password", "#once-more"))
    if not first.value:
        screen.complain(first, "Type a new password.")
    elif not second.value:
        screen.complain(second, "Type the new password once more.")
    elif complaint := wrong_with_password(Secret(first.value), Secret(second.value)):
        screen.complain(second, f"{complaint} ^t shows them.")
    else:
        return Secret(first.value)
    return None


class NewPasswordScreen(StepScreen[ConfirmSignInWithNewPassword]):
    """A new password in place of the temporary one, and the attributes that are missing."""

    KEYS = ("submit", "show", "back", "help", "quit")
    EXPLANATION = (
        "An administrator gave you a temporary password. Choose your own: the pool's rules stand under the "
        "field where they are known, else they are told when one is refused, and nothing you typed is lost. "
        "Required details that are missing stand below it."
    )

    @property
    def breadcrumb(self) -> str:
        return "new password"

    def question(self) -> Iterable[Widget]:
        yield Static(TEMPORARY_PASSWORD, classes="headline", markup=False)
        yield from password_fields(self.context.password_policy)
        if self.step.missing_attributes:
            yield Static("This pool also needs", classes="subhead", markup=False)
        for position, name in enumerate(self.step.missing_attributes):
            hint = ATTRIBUTE_HINTS.get(name, "")
            yield Field(label_of(name), TextInput(), hint=hint, id=f"attribute-{position}")

    def explain(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def field_about(self, concern: Concern) -> Field | None:
        if concern is Concern.ATTRIBUTES and self.step.missing_attributes:
            return self.query_one("#attribute-0", Field)
        return self.query_one("#new-password", Field)

    def decide(self) -> Message | None:
        password = agreed_password(self)
        if password is None:
            return None
        attributes = {}
        for position, name in enumerate(self.step.missing_attributes):
            field = self.query_one(f"#attribute-{position}", Field)
            if not field.value.strip():
                self.complain(field, "The pool needs this too.")
                return None
            attributes[name] = field.value.strip()
        return StepAnswered(password, attributes=attributes or None)

    def typed(self) -> Mapping[str, Secret]:
        return {field.id: Secret(field.value) for field in self.query(Field) if field.id}

    def on_mount(self) -> None:
        super().on_mount()
        for field in self.query(Field):
            if carried := self.carried.get(field.id or ""):
                field.value = carried.reveal()
