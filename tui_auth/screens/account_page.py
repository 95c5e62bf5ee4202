"""The screens of an account: one shows any page of ``flow.account_pages``, one the key of a new app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tui_auth.auth.next_step import ContinueSignInWithTOTPSetup
from tui_auth.flow.account_pages import FormPage, InputKind, ListPage
from tui_auth.flow.interface import ErrorMessage
from tui_auth.screens.codes import build_code_field, read_code
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.mfa_setup import TOTPSetupScreen
from tui_auth.screens.passwords import build_new_password_fields, read_new_password
from tui_auth.screens.screen_context import Decision
from tui_auth.secret import Secret
from tui_auth.themes import later_sheets
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Choice, Field, Option
from tui_auth.widgets.text_input import SecretInput, TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.events import Key
    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.flow.account_factor_pages import AppPage
    from tui_auth.flow.account_pages import Input, Page
    from tui_auth.screens.screen_context import ScreenContext


class RowChosen(Decision):
    """The user has chosen a row of a list."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position


class ShortcutPressed(Decision):
    """The user has pressed a shortcut of a list."""

    def __init__(self, key: str, position: int) -> None:
        super().__init__()
        self.key = key
        self.position = position


class FormSubmitted(Decision):
    """The user has filled in a form."""

    def __init__(self, values: Mapping[str, Secret]) -> None:
        super().__init__()
        self.values = values


class CodeWanted(Decision):
    """The user wants another code."""


class AccountPageScreen(FormScreen):
    """Shows one page of an account: a list or a form."""

    CSS_PATH = later_sheets()
    KEYS = ("submit", "new_code", "newest_code", "show", "back", "help", "quit")

    def __init__(self, page: Page, context: ScreenContext) -> None:
        super().__init__(context)
        self.page = page
        self.add_class("-account", update=False)

    @property
    def breadcrumb(self) -> str:
        return self.page.crumb

    @property
    def heading(self) -> tuple[str, str]:
        page = self.page
        return page.title, (page.task_with_shortcuts if isinstance(page, ListPage) else "") or page.task

    def on_key(self, event: Key) -> None:
        """Press a shortcut of the list."""
        page = self.page
        if isinstance(page, ListPage) and event.key in page.shortcuts and not self.busy:
            event.stop()
            self.post_message(ShortcutPressed(event.key, self.query_one(Choice).highlighted))

    @property
    def explanation(self) -> str:
        return self.page.explanation

    def key_label(self, action: str) -> str:
        if action == "submit":
            return self.page.submit_label if isinstance(self.page, FormPage) else "Choose"
        return super().key_label(action)

    def active_keys(self) -> Sequence[str]:
        keys = list(self.KEYS)
        page = self.page
        inputs = page.inputs() if isinstance(page, FormPage) else ()
        kinds = {entry.kind for entry in inputs}
        if not isinstance(page, FormPage) or not page.can_resend:
            keys.remove("new_code")
        if InputKind.CODE not in kinds:
            keys.remove("newest_code")
        if not kinds & {InputKind.SECRET, InputKind.NEW_PASSWORD}:
            keys.remove("show")
        return keys

    def compose_form(self) -> Iterable[Widget]:
        if isinstance(self.page, ListPage):
            yield Choice(self._options())
        elif isinstance(self.page, FormPage):
            for entry in self.page.inputs():
                yield from self._build_fields(entry)

    def _options(self) -> list[Option]:
        rows = self.page.rows() if isinstance(self.page, ListPage) else ()
        return [Option(row.line, row.note, row.is_available, quiet_cells=len(row.value)) for row in rows]

    def _build_fields(self, entry: Input) -> Iterable[Widget]:
        match entry.kind:
            case InputKind.CODE:
                yield build_code_field()
            case InputKind.NEW_PASSWORD:
                yield from build_new_password_fields(self.context.password_policy)
            case InputKind.SECRET:
                yield Field(entry.label, SecretInput(), hint=entry.hint, id=f"field-{entry.name}")
            case InputKind.TEXT:
                yield Field(entry.label, TextInput(entry.value), hint=entry.hint, id=f"field-{entry.name}")

    def on_mount(self) -> None:
        super().on_mount()
        for choice in self.query(Choice):
            self.set_focus(choice)

    def redraw(self) -> None:
        """Show what the page has become. The highlighted row stays the same."""
        self.show_heading(*self.heading)
        for choice in self.query(Choice):
            options, position = tuple(self._options()), choice.highlighted
            if options != choice.options:
                choice.set_options(options)
                if position < len(options) and options[position].is_available:
                    choice.highlighted = position
        self.update_footer()

    def show_input_error(self, name: str, text: str) -> None:
        """Show an error under a field of the page; below all if it has none of this name."""
        fields = list(self.query(f"#field-{name}, #{name}").results(Field))
        if fields:
            self.show_field_error(fields[0], text)
        else:
            self.error = ErrorMessage(text)

    @on(Choice.Picked)
    def _submit_picked(self, event: Choice.Picked) -> None:
        event.stop()
        self.submit()

    def build_answer(self) -> Message | None:
        if isinstance(self.page, FormPage):
            values = self._read_values(self.page.inputs())
            return FormSubmitted(values) if values is not None else None
        choice = self.query_one(Choice)
        return RowChosen(choice.highlighted) if choice.options else None

    def _read_values(self, inputs: Sequence[Input]) -> dict[str, Secret] | None:
        """Return what is typed, or None after showing what is missing."""
        values: dict[str, Secret] = {}
        for entry in inputs:
            value: Secret | None
            if entry.kind is InputKind.CODE:
                value = read_code(self)
            elif entry.kind is InputKind.NEW_PASSWORD:
                value = read_new_password(self)
            else:
                field = self.query_one(f"#field-{entry.name}", Field)
                value = Secret(field.value)
                if entry.kind is InputKind.SECRET and not field.value:
                    self.show_field_error(field, "Type your current password.")
                    value = None
            if value is None:
                return None
            values[entry.name] = value
        return values

    def field_for(self, error_field: object) -> Field | None:
        from tui_auth.errors import ErrorField

        if error_field is ErrorField.NEW_PASSWORD and self.query("#new-password"):
            return self.query_one("#new-password", Field)
        fields = list(self.query(Field))
        return fields[0] if fields else None

    def action_new_code(self) -> None:
        """Ask for another code."""
        if not self.busy and not self.is_waiting:
            for code in self.query(CodeInput):
                code.value = ""
            self.post_message(CodeWanted())


class AppScreen(TOTPSetupScreen):
    """Shows the key of a new authenticator app, and asks for its first code."""

    HAS_CHALLENGE_SESSION = False

    def __init__(self, page: AppPage, context: ScreenContext) -> None:
        super().__init__(ContinueSignInWithTOTPSetup(page.details), context)
        self.page = page

    @property
    def heading(self) -> tuple[str, str]:
        return self.page.title, self.page.task

    @property
    def breadcrumb(self) -> str:
        return self.page.crumb

    def redraw(self) -> None:
        """Do nothing: the key stays the same."""

    def show_input_error(self, name: str, text: str) -> None:
        """Show an error under the code."""
        self.show_field_error(self.query_one("#code", Field), text)
