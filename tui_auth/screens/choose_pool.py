"""ChoosePoolScreen: asks for a user pool if nothing specifies one, and saves it as a profile."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from tui_auth.config.files import looks_like_secret
from tui_auth.config.pasted_ids import parse_pasted_ids
from tui_auth.flow.first_run_flow import (
    FLOWS,
    QUESTION,
    SECRET_PATH_ERROR,
    TRIAL_NOTICE,
    find_id_error,
    find_secret_path_error,
)
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.terminal.safe_text import safe_text
from tui_auth.widgets.field import Choice, Field, Option
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from tui_auth.errors import ErrorField
    from tui_auth.flow.interface import ErrorMessage


class PoolSubmitted(Decision):
    """The user wants to try this pool and app client."""

    def __init__(self, user_pool_id: str, client_id: str, secret_file: str) -> None:
        super().__init__()
        self.user_pool_id = user_pool_id
        self.client_id = client_id
        self.secret_file = secret_file


class AuthFlowSelected(Decision):
    """The user wants to try the same app client with this auth flow."""

    def __init__(self, auth_flow: str) -> None:
        super().__init__()
        self.auth_flow = auth_flow


class ProfileNamed(Decision):
    """The user wants to save the pool as a profile with this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Stage(Enum):
    """What the screen currently asks for."""

    IDS = "ids"
    FLOW = "flow"
    NAME = "name"


class IdInput(TextInput):
    """An input for an ID, or for text that contains one. Posts ``Pasted`` after a paste."""

    class Pasted(Message):
        """The user pasted text."""

    def take_paste(self, text: str) -> None:
        super().take_paste(text)
        self.post_message(self.Pasted())


class SecretPathInput(TextInput):
    """An input for the path of the client secret. Shows nothing of a paste that looks like a secret."""

    class SecretPasted(Message):
        """The user pasted something that looks like the secret itself."""

    def take_paste(self, text: str) -> None:
        if looks_like_secret(text.strip()):
            self.post_message(self.SecretPasted())
        else:
            super().take_paste(text)


class ChoosePoolScreen(FormScreen):
    """Asks for user pool and app client, for the auth flow if the default isn't allowed, and for a name.

    Posts the user's decisions. The app shows the results with ``show_success``, ``show_pool_error``,
    ``ask_for_secret`` and ``ask_for_flow``.

    Args:
        context: The context of the screen.
        user_pool_id: The pool ID to fill in.
        client_id: The app client ID to fill in.
        secret_file: The path of the client secret to fill in.
        name: The profile name to suggest.
        notice: What to show at first.
    """

    BUSY_TEXT = TRIAL_NOTICE
    EXPLANATION = (
        "Both IDs are in the Cognito console: the pool's at the top of its page, the client's under App "
        "clients. The URL of the client's page has both. For the pool you can also paste its ARN.\n\n"
        "tui-auth checks them with one call for a user who can't exist. The call needs no AWS credentials, "
        "and doesn't show whether the client belongs to the pool.\n\n"
        "The pool is saved as a profile. Use it later with --profile NAME.\n\n"
        "In the folder of an Amplify project you don't have to type anything."
    )

    stage: reactive[Stage] = reactive(Stage.IDS, init=False)
    needs_secret: reactive[bool] = reactive(False, init=False)

    def __init__(
        self,
        context: ScreenContext,
        *,
        user_pool_id: str = "",
        client_id: str = "",
        secret_file: str = "",
        name: str = "",
        notice: str = "",
    ) -> None:
        super().__init__(context)
        self._initial_notice = safe_text(notice, limit=600)
        self._initial_ids = (user_pool_id, client_id)
        self._secret_file = secret_file
        self._suggested_name = name
        self._error_field = "pool"
        self._flows: tuple[str, ...] = ()

    # -- the question -------------------------------------------------------------------------------

    @property
    def heading(self) -> tuple[str, str]:
        return QUESTION, "Both IDs are in the Cognito console."

    def compose_form(self) -> Iterable[Widget]:
        pool, client = self._initial_ids
        with Vertical(id="ids"):
            yield Field("User pool", IdInput(pool), hint="ID, ARN or console URL", id="pool")
            yield Field("App client", IdInput(client), hint="ID or console URL", id="client")
            yield Field(
                "Secret file",
                SecretPathInput(self._secret_file),
                hint="Path of a file with the client secret",
                id="secret",
            )
        yield Choice([Option(flow) for flow in FLOWS.values()], id="flows")
        yield Field("Profile name", TextInput(self._suggested_name), hint="For --profile", id="name")

    def on_mount(self) -> None:
        super().on_mount()
        for query in ("#ids", "#flows", "#name", "#secret"):
            self.query_one(query).styles.height = "auto"
        self._show_stage_fields()
        self.field("pool").input.focus()
        self.notice = self._initial_notice

    def watch_needs_secret(self) -> None:
        """Show the field for the client secret if the app client has one."""
        self._show_stage_fields()

    def watch_stage(self) -> None:
        """Show only the fields of the current stage."""
        self._show_stage_fields()
        match self.stage:
            case Stage.IDS:
                self.show_heading(*self.heading)
                self.field(self._error_field).input.focus()
            case Stage.NAME:
                self.field("name").input.focus()
                self.field("name").input.select_all()
        self.update_footer()

    def _show_stage_fields(self) -> None:
        visibility = {
            "#ids": self.stage is Stage.IDS,
            "#secret": self.needs_secret or bool(self._secret_file),
            "#flows": self.stage is Stage.FLOW,
            "#name": self.stage is Stage.NAME,
        }
        for query, is_visible in visibility.items():
            widget = self.query_one(query)
            widget.display, widget.disabled = is_visible, not is_visible

    def field(self, name: str) -> Field:
        """Return the field with this ID."""
        return self.query_one(f"#{name}", Field)

    def key_label(self, action: str) -> str:
        if action == "submit":
            return {Stage.IDS: "Check", Stage.FLOW: "Choose", Stage.NAME: "Save and sign in"}[self.stage]
        return super().key_label(action)

    def active_keys(self) -> tuple[str, ...]:
        return ("submit", *(() if self.stage is Stage.IDS else ("back",)), "help", "quit")

    # -- results ------------------------------------------------------------------------------------

    def show_success(self, text: str) -> None:
        """Show that the pool works and ask for the profile's name."""
        self.busy = False
        self.stage = Stage.NAME
        self.show_heading("Save this user pool", f"✓ {text}")

    def show_pool_error(self, error: ErrorMessage, field: str) -> None:
        """Show an error below the field it is about: "pool", "client", "secret" or "name"."""
        self.busy = False
        self._error_field = field
        if field != "name":
            self.stage = Stage.IDS
        self.error = error

    def ask_for_secret(self, error: ErrorMessage) -> None:
        """Ask for the file that contains the client secret."""
        self.needs_secret = True
        self.show_pool_error(error, "secret")

    def ask_for_flow(self, flows: tuple[str, ...], text: str) -> None:
        """Show why another auth flow is needed and ask which one."""
        self._flows = flows
        self.busy = False
        choice = self.query_one(Choice)
        choice.set_options([Option(FLOWS[flow]) for flow in flows])
        self.stage = Stage.FLOW
        self.show_heading("Choose how to send the password", text)
        choice.focus()

    def field_for(self, error_field: ErrorField) -> Field | None:
        return self.field(self._error_field)

    # -- answering ----------------------------------------------------------------------------------

    @on(IdInput.Pasted)
    def _distribute_ids(self) -> None:
        """Move pasted IDs to their fields, whichever field or text they were pasted in."""
        pool, client = self.field("pool"), self.field("client")
        for field in (pool, client):
            ids = parse_pasted_ids(field.value)
            is_client_alone = ids.client_id == field.value.strip() and field is pool
            if ids.user_pool_id:
                if field is client and not ids.client_id:  # the user may have swapped the two
                    client.value = parse_pasted_ids(pool.value).client_id or ""
                pool.value = ids.user_pool_id
            if ids.client_id and not is_client_alone:
                client.value = ids.client_id

    def build_answer(self) -> Message | None:
        match self.stage:
            case Stage.IDS:
                return self._try_ids()
            case Stage.FLOW:
                return AuthFlowSelected(self._flows[self.query_one(Choice).highlighted])
        name = self.field("name")
        if not name.value.strip():
            self.show_field_error(name, "Type a name for the profile.")
            return None
        return ProfileNamed(name.value.strip())

    def _try_ids(self) -> Message | None:
        self._distribute_ids()
        for field, setting in ((self.field("pool"), "user_pool_id"), (self.field("client"), "client_id")):
            if problem := find_id_error(setting, field.value.strip()):
                self.show_field_error(field, problem)
                return None
        secret = self.field("secret")
        if self.needs_secret and not secret.value.strip():
            self.show_field_error(secret, "Type the path of the file.")
            return None
        if secret.display and find_secret_path_error(secret.value.strip()):
            self._clear_secret()
            return None
        path = secret.value.strip() if secret.display else ""
        return PoolSubmitted(self.field("pool").value.strip(), self.field("client").value.strip(), path)

    @on(SecretPathInput.SecretPasted)
    def _clear_secret(self) -> None:
        """Clear the field for the client secret and explain why."""
        secret = self.field("secret")
        secret.value = ""
        self.show_field_error(secret, SECRET_PATH_ERROR)

    def action_back(self) -> None:
        if not self.busy:
            self._error_field = "pool"
            self.stage = Stage.IDS
            super().action_back()

    @on(Choice.Picked)
    def _submit_choice(self, event: Choice.Picked) -> None:
        event.stop()
        self.submit()
