"""The first screen where nothing names a pool: asks for one, and keeps it under a name."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.errors import Concern
from tui_auth.config.client_secret import looks_like_a_secret
from tui_auth.config.pasted import ids_in
from tui_auth.flow.error_message import ErrorMessage
from tui_auth.screens.choice_step import Choice
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.pool_question import (
    FLOW_QUESTION,
    FLOWS,
    NO_FLOW,
    NO_PATH,
    QUESTION,
    TRYING,
    USUAL_FLOW,
    Candidate,
    flows_left,
    wrong_with,
)
from tui_auth.screens.screen_context import ScreenContext
from tui_auth.terminal.safe_text import safe_text
from tui_auth.widgets.field import Field, TextInput


class PoolTried(Message):
    """The person wants to know whether this pool and app client can be signed in to with this flow."""

    def __init__(self, candidate: Candidate) -> None:
        super().__init__()
        self.candidate = candidate


class PoolKept(Message):
    """The person wants the pool that was tried kept under this name."""

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
        if looks_like_a_secret(text.strip()):
            self.post_message(self.SecretRefused())
        else:
            super().take_paste(text)


class ChoosePoolScreen(FormScreen):
    """User pool and app client; then, where the usual flow is not allowed, which; then the name to keep.

    Posts PoolTried and PoolKept; whoever acts on them answers with ``works``, ``refused``, ``ask_for_secret``
    or ``ask_for_flow``.
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
        auth_flow: str = USUAL_FLOW,
        name: str = "",
        notice: str = "",
    ) -> None:
        super().__init__(context)
        self._first_notice = safe_text(notice, limit=600)
        self._given = (user_pool_id, client_id)
        self._secret_file = secret_file
        self._first_flow = self._auth_flow = auth_flow
        self._name_hint = name
        self._about = "pool"
        self._flows: tuple[str, ...] = ()
        self._tried = ("", "")

    # -- the question -------------------------------------------------------------------------------

    def question(self) -> Iterable[Widget]:
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
        self._show_keys()

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

    def label_of(self, action: str) -> str:
        if action == "submit":
            return {Stage.IDS: "Try it", Stage.FLOW: "Try it", Stage.NAME: "Keep and sign in"}[self.stage]
        return super().label_of(action)

    def keys_now(self) -> tuple[str, ...]:
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

    def ask_for_flow(self, refused: str, why: str) -> None:
        """The app client takes no such flow: say why, and ask which one of those not refused so far."""
        self._flows = flows_left(self._flows, refused)
        if not self._flows:
            self._forget_flow()
            self.refused(ErrorMessage(NO_FLOW), "client")
            return
        self.busy = False
        choice = self.query_one(Choice)
        choice.clear_options()
        choice.add_options([f"{number} {FLOWS[flow]}" for number, flow in enumerate(self._flows, 1)])
        choice.highlighted = 0
        self.stage = Stage.FLOW
        self.query_one("#what", Static).update(f"{why} {FLOW_QUESTION}")
        choice.focus()

    def field_about(self, concern: Concern) -> Field | None:
        return self.field(self._about)

    # -- answering ----------------------------------------------------------------------------------

    @on(IdInput.Taken)
    def _sort_out(self) -> None:
        """Put the ids where they belong, whichever field they were pasted into, in whatever they stood."""
        pool, client = self.field("pool"), self.field("client")
        for field in (pool, client):
            found = ids_in(field.value)
            is_client_alone = found.client_id == field.value.strip() and field is pool
            if found.user_pool_id:
                if field is client and not found.client_id:
                    client.value = ids_in(pool.value).client_id or ""  # the two may have been swapped
                pool.value = found.user_pool_id
            if found.client_id and not is_client_alone:
                client.value = found.client_id

    def decide(self) -> Message | None:
        match self.stage:
            case Stage.IDS:
                return self._try_ids()
            case Stage.FLOW:
                chosen = self.query_one(Choice).highlighted
                return self._try(self._flows[chosen]) if chosen is not None else None
        name = self.field("name")
        if not name.value.strip():
            self.complain(name, "Type a name for it.")
            return None
        return PoolKept(name.value.strip())

    def _try_ids(self) -> Message | None:
        self._sort_out()
        for field, setting in ((self.field("pool"), "user_pool_id"), (self.field("client"), "client_id")):
            if complaint := wrong_with(setting, field.value.strip()):
                self.complain(field, complaint)
                return None
        secret = self.field("secret")
        if self.wants_secret and not secret.value.strip():
            self.complain(secret, "Type the path of the file.")
            return None
        if secret.display and looks_like_a_secret(secret.value.strip()):
            self._refuse_secret()
            return None
        ids = (self.field("pool").value.strip(), self.field("client").value.strip())
        if ids != self._tried:
            # The flow that was chosen belongs to the client it was chosen for.
            self._tried = ids
            self._forget_flow()
        return self._try(self._auth_flow)

    def _try(self, auth_flow: str) -> Message:
        self._auth_flow = auth_flow
        secret_file = self.field("secret")
        path = secret_file.value.strip() if secret_file.display else ""
        return PoolTried(Candidate(*self._tried, path, auth_flow))

    @on(SecretPathInput.SecretRefused)
    def _refuse_secret(self) -> None:
        """Take what stands in the secret's field off the screen, and nothing else."""
        secret = self.field("secret")
        secret.value = ""
        self.complain(secret, NO_PATH)

    def _forget_flow(self) -> None:
        self._flows, self._auth_flow = (), self._first_flow

    def action_back(self) -> None:
        if not self.busy:
            self._about = "pool"
            self._forget_flow()
            self.stage = Stage.IDS

    @on(Choice.Picked)
    def _picked(self, event: Choice.Picked) -> None:
        event.stop()
        self.submit()
