"""The first screen where nothing names a pool: asks for one, and keeps it under a name."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from tui_auth.config.pasted_ids import parse_pasted_ids
from tui_auth.config.settings import looks_like_secret
from tui_auth.flow.first_run_flow import (
    FLOWS,
    NO_PATH,
    QUESTION,
    TRYING,
    complain_about_id,
    complain_about_secret_path,
)
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.terminal.safe_text import safe_text
from tui_auth.widgets.field import Choice, Field
from tui_auth.widgets.text_input import TextInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from tui_auth.auth.errors import ErrorField
    from tui_auth.flow.error_message import ErrorMessage


class PoolSubmitted(Decision):
    """The user wants to try this pool and app client."""

    def __init__(self, user_pool_id: str, client_id: str, secret_file: str) -> None:
        super().__init__()
        self.user_pool_id = user_pool_id
        self.client_id = client_id
        self.secret_file = secret_file


class AuthFlowSelected(Decision):
    """The user wants to try the same app client with this flow."""

    def __init__(self, auth_flow: str) -> None:
        super().__init__()
        self.auth_flow = auth_flow


class ProfileNamed(Decision):
    """The user wants the pool that was tried saved as a profile of this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Stage(Enum):
    """What the screen asks for now."""

    IDS = "ids"
    FLOW = "flow"
    NAME = "name"


class IdInput(TextInput):
    """Takes an id, or whatever has one in it. Posts ``Taken`` after a paste."""

    class Taken(Message):
        """Something was pasted."""

    def take_paste(self, text: str) -> None:
        super().take_paste(text)
        self.post_message(self.Taken())


class SecretPathInput(TextInput):
    """Takes the path of a secret's file; of a paste that looks like the secret nothing is shown."""

    class SecretRefused(Message):
        """What was pasted looked like the secret itself."""

    def take_paste(self, text: str) -> None:
        if looks_like_secret(text.strip()):
            self.post_message(self.SecretRefused())
        else:
            super().take_paste(text)


class ChoosePoolScreen(FormScreen):
    """User pool and app client; then, where the usual flow is not allowed, which; then the name to keep.

    Posts what the user decides; the app shows what comes of it with ``works``, ``refused``,
    ``ask_for_secret`` or ``ask_for_flow``.
    """

    BUSY_TEXT = TRYING
    EXPLANATION = (
        "Both ids stand in the Cognito console: the pool's at the top of its page, the client's under App "
        "clients. The address of the client's page, pasted, holds both. An ARN will do for the pool.\n\n"
        "They are tried with one call for a user who cannot exist. It needs no AWS credentials. Whether "
        "the client is this pool's only a sign-in shows.\n\n"
        "What works is kept as a profile, by a name of yours: a later --profile NAME uses it.\n\n"
        "In an Amplify project nothing has to be typed: start tui-auth in its folder."
    )

    stage: reactive[Stage] = reactive(Stage.IDS, init=False)
    wants_secret: reactive[bool] = reactive(False, init=False)

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
        self._first_notice = safe_text(notice, limit=600)
        self._given = (user_pool_id, client_id)
        self._secret_file = secret_file
        self._name_hint = name
        self._about = "pool"
        self._flows: tuple[str, ...] = ()

    # -- the question -------------------------------------------------------------------------------

    def compose_form(self) -> Iterable[Widget]:
        pool, client = self._given
        yield Static(QUESTION, classes="headline", markup=False, id="what")
        with Vertical(id="ids"):
            yield Field("User pool", IdInput(pool), hint="Its id, ARN or page's address.", id="pool")
            yield Field("App client", IdInput(client), hint="Its id, or its page's address.", id="client")
            yield Field(
                "Secret file",
                SecretPathInput(self._secret_file),
                hint="A file with the client's secret in it.",
                id="secret",
            )
        yield Choice(list(FLOWS.values()), id="flows")
        yield Field("Keep as", TextInput(self._name_hint), hint="a name for --profile", id="name")

    def on_mount(self) -> None:
        super().on_mount()
        for query in ("#ids", "#flows", "#name", "#secret"):
            self.query_one(query).styles.height = "auto"
        self._show_what_is_asked()
        self.field("pool").input.focus()
        self.notice = self._first_notice

    def watch_wants_secret(self) -> None:
        """Show the field for the secret's file only where the client has one."""
        self._show_what_is_asked()

    def watch_stage(self) -> None:
        """Show what is asked for now, and nothing else."""
        self._show_what_is_asked()
        match self.stage:
            case Stage.IDS:
                self.query_one("#what", Static).update(QUESTION)
                self.field(self._about).input.focus()
            case Stage.NAME:
                self.field("name").input.focus()
                self.field("name").input.select_all()
        self.update_footer()

    def _show_what_is_asked(self) -> None:
        asked = {
            "#ids": self.stage is Stage.IDS,
            "#secret": self.wants_secret or bool(self._secret_file),
            "#flows": self.stage is Stage.FLOW,
            "#name": self.stage is Stage.NAME,
        }
        for query, is_asked in asked.items():
            widget = self.query_one(query)
            widget.display, widget.disabled = is_asked, not is_asked

    def field(self, name: str) -> Field:
        """The field of that id."""
        return self.query_one(f"#{name}", Field)

    def key_label(self, action: str) -> str:
        if action == "submit":
            return {Stage.IDS: "Try it", Stage.FLOW: "Try it", Stage.NAME: "Keep and sign in"}[self.stage]
        return super().key_label(action)

    def active_keys(self) -> tuple[str, ...]:
        return ("submit", *(() if self.stage is Stage.IDS else ("back",)), "help", "quit")

    # -- what became of it --------------------------------------------------------------------------

    def works(self, says: str) -> None:
        """The pool answered: say what will work, and ask for a name."""
        self.busy = False
        self.stage = Stage.NAME
        self.query_one("#what", Static).update(f"✓ {says}")

    def refused(self, problem: ErrorMessage, about: str) -> None:
        """The pool was refused: say so under the field it is about ("pool", "client", "secret", "name")."""
        self.busy = False
        self._about = about
        if about != "name":
            self.stage = Stage.IDS
        self.error = problem

    def ask_for_secret(self, problem: ErrorMessage) -> None:
        """The app client has a secret: ask for the file it is in."""
        self.wants_secret = True
        self.refused(problem, "secret")

    def ask_for_flow(self, flows: tuple[str, ...], text: str) -> None:
        """Say why the app client takes no such flow, and ask which one of the others."""
        self._flows = flows
        self.busy = False
        choice = self.query_one(Choice)
        choice.clear_options()
        choice.add_options([f"{number} {FLOWS[flow]}" for number, flow in enumerate(flows, 1)])
        choice.highlighted = 0
        self.stage = Stage.FLOW
        self.query_one("#what", Static).update(text)
        choice.focus()

    def field_for(self, concern: ErrorField) -> Field | None:
        return self.field(self._about)

    # -- answering ----------------------------------------------------------------------------------

    @on(IdInput.Taken)
    def _sort_out(self) -> None:
        """Put the ids where they belong, whichever field they were pasted into, in whatever they stood."""
        pool, client = self.field("pool"), self.field("client")
        for field in (pool, client):
            found = parse_pasted_ids(field.value)
            is_client_alone = found.client_id == field.value.strip() and field is pool
            if found.user_pool_id:
                if field is client and not found.client_id:
                    client.value = (
                        parse_pasted_ids(pool.value).client_id or ""
                    )  # the two may have been swapped
                pool.value = found.user_pool_id
            if found.client_id and not is_client_alone:
                client.value = found.client_id

    def build_answer(self) -> Message | None:
        match self.stage:
            case Stage.IDS:
                return self._try_ids()
            case Stage.FLOW:
                chosen = self.query_one(Choice).highlighted
                return AuthFlowSelected(self._flows[chosen]) if chosen is not None else None
        name = self.field("name")
        if not name.value.strip():
            self.show_field_error(name, "Type a name for it.")
            return None
        return ProfileNamed(name.value.strip())

    def _try_ids(self) -> Message | None:
        self._sort_out()
        for field, setting in ((self.field("pool"), "user_pool_id"), (self.field("client"), "client_id")):
            if complaint := complain_about_id(setting, field.value.strip()):
                self.show_field_error(field, complaint)
                return None
        secret = self.field("secret")
        if self.wants_secret and not secret.value.strip():
            self.show_field_error(secret, "Type the path of the file.")
            return None
        if secret.display and complain_about_secret_path(secret.value.strip()):
            self._refuse_secret()
            return None
        path = secret.value.strip() if secret.display else ""
        return PoolSubmitted(self.field("pool").value.strip(), self.field("client").value.strip(), path)

    @on(SecretPathInput.SecretRefused)
    def _refuse_secret(self) -> None:
        """Take what stands in the secret's field off the screen, and nothing else."""
        secret = self.field("secret")
        secret.value = ""
        self.show_field_error(secret, NO_PATH)

    def action_back(self) -> None:
        if not self.busy:
            self._about = "pool"
            self.stage = Stage.IDS
            super().action_back()

    @on(Choice.Picked)
    def _picked(self, event: Choice.Picked) -> None:
        event.stop()
        self.submit()
