"""The sign-up screen: user name, password, and the attributes that the pool requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from tui_auth.errors import ErrorField
from tui_auth.flow.messages import (
    NEW_PASSWORD_REQUIRED,
    PASSWORD_OPTIONAL,
    format_attribute,
    format_attribute_hint,
    format_missing_attribute,
    format_username_hint,
)
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.passwords import build_new_password_fields, read_new_password
from tui_auth.screens.screen_context import Decision
from tui_auth.widgets.field import Field
from tui_auth.widgets.frame import Card
from tui_auth.widgets.text_input import SecretInput, TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.flow.interface import ErrorMessage, SignInSettings
    from tui_auth.screens.screen_context import ScreenContext
    from tui_auth.secret import Secret


class SignUpSubmitted(Decision):
    """The user wants this account."""

    def __init__(self, username: str, password: Secret | None, attributes: Mapping[str, str]) -> None:
        super().__init__()
        self.username = username
        self.password = password
        self.attributes = attributes


class SignUpScreen(FormScreen):
    """Asks for a new account, with the attributes that the settings require."""

    KEYS = ("submit", "show", "back", "help", "quit")
    SUBMIT_LABEL = "Create account"
    EXPLANATION = (
        "This creates an account in the user pool, if the pool allows that. We'll send you a code to confirm "
        "your address; then you're signed in. You can leave empty what the pool doesn't require."
    )

    def __init__(self, context: ScreenContext, settings: SignInSettings) -> None:
        super().__init__(context)
        self.label = settings.username_label
        self.attributes = settings.sign_up_attributes
        self._username_hint = format_username_hint(settings.username_attributes)
        self._needs_password = settings.needs_sign_up_password
        self._required = settings.required_sign_up_attributes

    @property
    def label_group(self) -> str:
        return "SignUp"

    @property
    def breadcrumb(self) -> str:
        return "sign-up"

    @property
    def heading(self) -> tuple[str, str]:
        return "Create account", "We'll send a code to confirm your address."

    def compose_form(self) -> Iterable[Widget]:
        username = TextInput(self.context.username)
        yield Field(self.label, username, hint=self._username_hint, id="username")
        if not self._needs_password:
            yield Static(PASSWORD_OPTIONAL, classes="quiet", markup=False)
        yield from build_new_password_fields(self.context.password_policy)
        for position in range(len(self.attributes)):
            yield self._attribute_field(position)

    def field_for(self, error_field: ErrorField) -> Field | None:
        first = "#attribute-0" if self.attributes else "#username"
        targets = {ErrorField.NEW_PASSWORD: "#new-password", ErrorField.ATTRIBUTES: first}
        return self.query_one(targets.get(error_field, "#username"), Field)

    def watch_error(self, error: ErrorMessage | None) -> None:
        """Ask for the attribute too that the pool requires."""
        super().watch_error(error)
        if error is None or error.attribute in ("", *self.attributes):
            return
        self.attributes += (error.attribute,)
        field = self._attribute_field(len(self.attributes) - 1)
        field.error = error.text  # under the field that it asks for, not below the form
        self._write("#problem", "")
        self.query_one(Card).mount(field, before="#problem")
        self.call_after_refresh(self._focus_for_retype, field)

    def missing_text(self, field: Field) -> str:
        if field.id == "username":
            return self._missing_name_text
        if field.id == "new-password" and self._needs_password:
            return NEW_PASSWORD_REQUIRED
        required = next((name for name in self._required if self.field_for_attribute(name) is field), None)
        return format_missing_attribute(required) if required else ""

    @property
    def _missing_name_text(self) -> str:
        what = "the user name you want" if self.label == "Username" else "what you will sign in with"
        return f"Type {what}."

    def field_for_attribute(self, name: str) -> Field | None:
        if name not in self.attributes:
            return None
        return self.query_one(f"#attribute-{self.attributes.index(name)}", Field)

    def _attribute_field(self, position: int) -> Field:
        name = self.attributes[position]
        hint = format_attribute_hint(name, is_required=name in self._required)
        return Field(format_attribute(name), TextInput(), hint=hint, id=f"attribute-{position}")

    def build_answer(self) -> Message | None:
        name = self.query_one("#username", Field)
        if not name.value.strip():
            self.show_field_error(name, self._missing_name_text)
            return None
        password = None
        if self._needs_password or any(field.value for field in self.query(SecretInput)):
            password = read_new_password(self)
            if password is None:
                return None
        values = {
            attribute: self.query_one(f"#attribute-{position}", Field).value.strip()
            for position, attribute in enumerate(self.attributes)
        }
        attributes = {attribute: value for attribute, value in values.items() if value}
        return SignUpSubmitted(name.value.strip(), password, attributes)
