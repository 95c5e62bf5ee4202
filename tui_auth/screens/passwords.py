"""The screens that ask for a password: the current one, a new one, a reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.reactive import reactive

from tui_auth.auth.next_step import (
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    DeliveryDetails,
    ResetPassword,
)
from tui_auth.errors import ErrorField
from tui_auth.flow.checks import find_new_password_error
from tui_auth.flow.messages import (
    CODE_REQUIRED,
    NEW_PASSWORD_REQUIRED,
    USUAL_PASSWORD_RULES,
    format_attribute,
    format_attribute_hint,
    format_missing_attribute,
    format_reset_delivery,
)
from tui_auth.screens.codes import build_code_field, read_code
from tui_auth.screens.sign_in import ForgotPasswordRequested
from tui_auth.screens.step_screen import NewCodeRequested, StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Choice, Field, Option
from tui_auth.widgets.text_input import SecretInput, TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.screens.form_screen import FormScreen


SEND_CODE = Option("Send me a code", "Earlier codes stop working.")
HAVE_CODE = Option("I have a code", "From an earlier email or text message.")


class NewPasswordField(Field):
    """The field of a new password, with a live checklist of the password policy, or the usual rules."""

    def __init__(self, policy: PasswordPolicy | None) -> None:
        super().__init__("New password", SecretInput(), id="new-password")
        self._policy = policy

    def on_mount(self) -> None:
        super().on_mount()
        if self._policy is None:
            self.hint = USUAL_PASSWORD_RULES
        else:
            self.watch(self.input, "value", self._show_checklist)

    def _show_checklist(self, password: str) -> None:
        rules = self._policy.checklist(password) if self._policy else []
        self.hint = "   ".join(f"{'✓' if is_met else '·'} {rule}" for rule, is_met in rules)


def build_new_password_fields(policy: PasswordPolicy | None) -> Iterable[Field]:
    """Build the two fields of a new password."""
    yield NewPasswordField(policy)
    yield Field("Repeat password", SecretInput(), id="repeat-password")


def read_new_password(screen: FormScreen) -> Secret | None:
    """Return the new password if both fields hold it; else show an error under the wrong one."""
    first, second = (screen.query_one(name, Field) for name in ("#new-password", "#repeat-password"))
    if not first.value:
        screen.show_field_error(first, NEW_PASSWORD_REQUIRED)
    elif not second.value:
        screen.show_field_error(second, "Type the new password again.")
    elif problem := find_new_password_error(Secret(first.value), Secret(second.value)):
        screen.show_field_error(second, f"{problem} ^t shows them.")
    else:
        return Secret(first.value)
    return None


class PasswordScreen(StepScreen[ConfirmSignInWithPassword]):
    """Asks for the password after the user has chosen it as first factor."""

    KEYS = ("submit", "show", "forgot", "back", "help", "quit")
    EXPLANATION = "Type your password. ^t shows what you typed, and ^f resets a password that you forgot."

    @property
    def breadcrumb(self) -> str:
        return "password"

    @property
    def heading(self) -> tuple[str, str]:
        return "Enter your password", "You chose to sign in with a password."

    def compose_form(self) -> Iterable[Widget]:
        yield Field("Password", SecretInput(), id="password")

    def action_forgot(self) -> None:
        """Reset the password of the user who signs in."""
        if not self.busy:
            self.post_message(ForgotPasswordRequested(self.context.username))

    def build_answer(self) -> Message | None:
        password = self.query_one(SecretInput).secret
        if not password:
            self.show_field_error(self.query_one("#password", Field), "Type your password.")
            return None
        return StepAnswered(password)


class NewPasswordScreen(StepScreen[ConfirmSignInWithNewPassword]):
    """Asks for a new password in place of the temporary one, and for missing attributes."""

    KEYS = ("submit", "show", "back", "help", "quit")
    EXPLANATION = (
        "Your temporary password has to be replaced. If the rules of the user pool are known, they are "
        "listed below the field. Otherwise Cognito reports the rule that a password breaks, and nothing you "
        "typed is lost. The user pool also requires the details below, if there are any."
    )

    @property
    def breadcrumb(self) -> str:
        return "new password"

    @property
    def heading(self) -> tuple[str, str]:
        return "Choose a new password", "The one you used was temporary."

    def compose_form(self) -> Iterable[Widget]:
        yield from build_new_password_fields(self.context.password_policy)
        for position, name in enumerate(self.step.missing_attributes):
            hint = format_attribute_hint(name, is_required=True)
            yield Field(format_attribute(name), TextInput(), hint=hint, id=f"attribute-{position}")

    def service_rows(self) -> list[tuple[str, str]]:
        return list(self.step.additional_info.items())

    def field_for(self, error_field: ErrorField) -> Field | None:
        if error_field is ErrorField.ATTRIBUTES and self.step.missing_attributes:
            return self.query_one("#attribute-0", Field)
        return self.query_one("#new-password", Field)

    def missing_text(self, field: Field) -> str:
        names = [name for name in self.step.missing_attributes if self.field_for_attribute(name) is field]
        if names:
            return format_missing_attribute(names[0])
        return NEW_PASSWORD_REQUIRED if field.id == "new-password" else ""

    def field_for_attribute(self, name: str) -> Field | None:
        names = self.step.missing_attributes
        return self.query_one(f"#attribute-{names.index(name)}", Field) if name in names else None

    def build_answer(self) -> Message | None:
        password = read_new_password(self)
        if password is None:
            return None
        attributes = {}
        for position, name in enumerate(self.step.missing_attributes):
            field = self.query_one(f"#attribute-{position}", Field)
            if not field.value.strip():
                self.show_field_error(field, format_missing_attribute(name))
                return None
            attributes[name] = field.value.strip()
        return StepAnswered(password, attributes=attributes or None)

    def reusable_values(self) -> Mapping[str, Secret]:
        return {field.id: Secret(field.value) for field in self.query(Field) if field.id}

    def on_mount(self) -> None:
        super().on_mount()
        for field in self.query(Field):
            if value := self.restored_values.get(field.id or ""):
                field.value = value.reveal()


class ResetPasswordScreen(StepScreen[ResetPassword]):
    """Asks for a reset code and a new password.

    A code may have been sent already, which the program can't know. So the screen first asks whether the
    user has one or needs one.
    """

    HAS_CHALLENGE_SESSION = False
    COOL_DOWN_TEXT = "New code: ^r again in {}"
    KEYS_IN_HINTS = frozenset({"new_code"})
    KEYS = ("submit", "new_code", "newest_code", "show", "back", "help", "quit")
    EXPLANATION = (
        "You or an administrator asked for a reset. If you have a code already, use it. Otherwise get a new "
        "one; earlier codes then stop working.\n\n"
        "After the reset you are signed in with the new password."
    )

    has_code: reactive[bool] = reactive(False, init=False)

    @property
    def breadcrumb(self) -> str:
        return "reset password"

    @property
    def heading(self) -> tuple[str, str]:
        why = "" if self.context.reset_was_requested else "You need a new one before you can sign in."
        return "Reset your password", why

    def compose_form(self) -> Iterable[Widget]:
        yield Choice([SEND_CODE, HAVE_CODE])
        with Vertical(id="reset"):
            yield build_code_field()
            yield from build_new_password_fields(self.context.password_policy)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#reset").display = False
        self.set_focus(self.query_one(Choice))

    def key_label(self, action: str) -> str:
        return "Choose" if action == "submit" and not self.has_code else super().key_label(action)

    def active_keys(self) -> Sequence[str]:
        return super().active_keys() if self.has_code else ("submit", "back", "help", "quit")

    def watch_has_code(self, has_code: bool) -> None:
        """Show the fields in place of the choice, or the choice in place of the fields."""
        self.query_one(Choice).display = not has_code
        self.query_one("#reset").display = has_code
        if has_code:
            self.set_focus(self.query_one(CodeInput))
        self.update_footer()
        self.show_new_code_hint()

    def show_code_sent(self, details: DeliveryDetails) -> None:
        """Show where the code was sent, if there is such an account, and ask for it."""
        may_not_exist, is_repeated = self.context.reset_was_requested, self.has_code
        sent = format_reset_delivery(details, account_may_not_exist=may_not_exist, is_repeated=is_repeated)
        self.show_heading(self.heading[0], sent)
        self.error, self.query_one(CodeInput).value = None, ""
        self.has_code = True
        self.cool_down()
        self.show_new_code_hint()

    @on(Choice.Picked)
    def _submit_picked(self, event: Message) -> None:
        event.stop()
        self.submit()

    def action_back(self) -> None:
        """Return from the code to the choice, and from the choice to sign-in."""
        if self.has_code and not self.busy:
            self.error, self.has_code = None, False
            self.set_focus(self.query_one(Choice))
        else:
            super().action_back()

    def missing_text(self, field: Field) -> str:
        return {"code": CODE_REQUIRED, "new-password": NEW_PASSWORD_REQUIRED}.get(field.id or "", "")

    def field_for(self, error_field: ErrorField) -> Field | None:
        if not self.has_code:
            return None
        return self.query_one("#new-password" if error_field is ErrorField.NEW_PASSWORD else "#code", Field)

    def build_answer(self) -> Message | None:
        if not self.has_code:
            choice = self.query_one(Choice)
            if choice.options[choice.highlighted] is SEND_CODE and not self._is_cooling_down:
                return NewCodeRequested("Enter")
            self.has_code = True
            return None
        code = read_code(self)
        password = read_new_password(self) if code else None
        return StepAnswered(code, new_password=password) if code and password else None
