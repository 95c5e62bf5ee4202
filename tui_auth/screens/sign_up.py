"""The sign-up screen: user name, password, and the attributes that the pool requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import Static

from tui_auth.auth.errors import AuthError, ErrorField
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.passwords import build_new_password_fields, read_new_password
from tui_auth.screens.problem import Problem
from tui_auth.screens.wording import ATTRIBUTE_HINTS, also_needed, attribute_needed, label_of
from tui_auth.widgets.field import Field
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

    from tui_auth.screens.surroundings import Surroundings
    from tui_auth.secret import Secret
    from tui_auth.settings import SignInSettings


class SignUpAsked(Message):
    """The user wants this account."""

    def __init__(self, username: str, password: Secret, attributes: Mapping[str, str]) -> None:
        super().__init__()
        self.username = username
        self.password = password
        self.attributes = attributes


class SignUpScreen(FormScreen):
    """Asks for a new account, with the attributes that the settings require."""

    KEYS = ("submit", "show", "back", "help", "quit")
    SUBMIT_LABEL = "Sign up"
    EXPLANATION = (
        "Makes an account in this user pool, if the pool lets people do that by themselves. A code is sent "
        "that proves the address; after it you are signed in. What the pool does not require may stay empty."
    )

    def __init__(self, surroundings: Surroundings, settings: SignInSettings) -> None:
        super().__init__(surroundings)
        self.label = settings.username_label
        self.attributes = settings.sign_up_attributes

    @property
    def breadcrumb(self) -> str:
        return "sign-up"

    def compose_form(self) -> Iterable[Widget]:
        yield Static("Make an account", classes="headline", markup=False)
        yield Field(self.label, TextInput(self.surroundings.username), id="username")
        yield from build_new_password_fields(self.surroundings.password_policy)
        for position in range(len(self.attributes)):
            yield self._attribute_field(position)

    def field_for(self, concern: ErrorField) -> Field | None:
        if concern is ErrorField.FORM:
            return None
        first = "#attribute-0" if self.attributes else "#username"
        targets = {ErrorField.NEW_PASSWORD: "#new-password", ErrorField.ATTRIBUTES: first}
        return self.query_one(targets.get(concern, "#username"), Field)

    def describe_error(self, error: AuthError) -> Problem:
        """Add a field for the required attribute that the error names."""
        needed = attribute_needed(error)
        if needed is None or needed in self.attributes:
            return super().describe_error(error)
        self.attributes += (needed,)
        field = self._attribute_field(len(self.attributes) - 1)
        self.mount(field, before="#problem")
        self.call_after_refresh(self.set_focus, field.input)
        return Problem(also_needed(needed), ErrorField.FORM)

    def _attribute_field(self, position: int) -> Field:
        name = self.attributes[position]
        hint = ATTRIBUTE_HINTS.get(name, "")
        return Field(label_of(name), TextInput(), hint=hint, id=f"attribute-{position}")

    def build_answer(self) -> Message | None:
        name = self.query_one("#username", Field)
        if not name.value.strip():
            what = "the name you want" if self.label == "Username" else "what you will sign in with"
            self.show_field_error(name, f"Type {what}.")
            return None
        password = read_new_password(self)
        if password is None:
            return None
        values = {
            attribute: self.query_one(f"#attribute-{position}", Field).value.strip()
            for position, attribute in enumerate(self.attributes)
        }
        attributes = {attribute: value for attribute, value in values.items() if value}
        return SignUpAsked(name.value.strip(), password, attributes)
