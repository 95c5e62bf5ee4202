"""The screen of ContinueSignInWithPasskey: a security key to plug in, its PIN, a touch."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message
from textual.widgets import Static

from tui_auth.auth.next_step import ContinueSignInWithPasskey
from tui_auth.auth.passkey_request import timeout_seconds
from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import ErrorField
from tui_auth.flow import passkey
from tui_auth.flow.interface import ErrorMessage
from tui_auth.flow.passkey import KeyEvent, KeyStage
from tui_auth.screens.screen_context import Decision
from tui_auth.screens.step_screen import StepAnswered, StepScreen
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.countdown import Countdown
from tui_auth.widgets.field import Choice, Field, Option
from tui_auth.widgets.text_input import SecretInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

    from tui_auth.errors import PasskeyError
    from tui_auth.flow.account_passkey_pages import RegistrationPage
    from tui_auth.flow.outputs import Ceremony
    from tui_auth.screens.screen_context import ScreenContext


class KeyReported(Message, bubble=False):
    """An event of the ceremony with this number."""

    def __init__(self, number: int, event: KeyEvent) -> None:
        super().__init__()
        self.number = number
        self.event = event


class PasskeyScreen(StepScreen[ContinueSignInWithPasskey]):
    """Has the user plug in a security key, enter its PIN and touch it.

    Esc leads to the other factors at any moment, and ends the ceremony.
    """

    EXPLANATION = (
        "Your passkey is on a security key. Plug it in, enter its PIN if it has one, and touch it when it "
        "blinks. The PIN goes to the key and nowhere else. Esc leads to the other ways to sign in.\n\n"
        "tui-auth uses a passkey only for the site that your profile or Amplify file names, or that you "
        "confirm. If you didn't expect the site shown above, press Esc."
    )
    MESSAGES = {  # noqa: RUF012 - never changed
        KeyStage.PLUG_IN: passkey.PLUG_IN,
        KeyStage.CHOOSE_KEY: passkey.CHOOSE_KEY,
        KeyStage.PIN: passkey.PIN_REQUIRED,
        KeyStage.TOUCH: passkey.TOUCH,
    }

    SITE_QUESTION = passkey.SITE_QUESTION
    SITE_NO, SITE_YES = passkey.SITE_NO, passkey.SITE_YES
    LEAVE_LABEL = passkey.OTHER_WAY

    _stage: KeyStage | None = None
    _asks_for_site = False
    _ceremony: Ceremony | None = None
    _number = 0

    @property
    def breadcrumb(self) -> str:
        return "passkey"

    @property
    def site(self) -> str:
        """The relying party, safe to show."""
        return safe_line(self.step.relying_party, limit=passkey.SITE_LIMIT)

    @property
    def heading(self) -> tuple[str, str]:
        return passkey.TITLE, f"For {self.site}"

    def compose_form(self) -> Iterable[Widget]:
        yield Static(passkey.LOOKING, id="stage", markup=False)
        yield Choice([Option(self.SITE_NO), Option(self.SITE_YES)], id="site")
        yield Field(passkey.PIN_LABEL, SecretInput(), id="pin")

    def compose_status(self) -> Iterable[Widget]:
        yield from super().compose_status()
        yield Countdown(id="time-left")

    def on_mount(self) -> None:
        super().on_mount()
        self._begin()

    def on_unmount(self) -> None:
        """End the ceremony, so that the key stops blinking."""
        self._end()

    def _begin(self, *, is_confirmed: bool = False) -> None:
        self._end()
        self.error, self._asks_for_site = None, False
        self._show(None, passkey.LOOKING)
        if self.context.make_ceremony is None:
            return
        self._number += 1
        report = partial(self._report, self._number)
        self._ceremony = self.context.make_ceremony(report, is_confirmed=is_confirmed)
        self.query_one("#time-left", Countdown).count_down(timeout_seconds(self.step.options), "{} left")
        self._ceremony.start()

    def _report(self, number: int, event: KeyEvent) -> None:
        """Pass on an event of a ceremony, from its thread."""
        self.post_message(KeyReported(number, event))

    def _end(self) -> None:
        if self._ceremony is not None:
            self._ceremony.cancel()
            self._ceremony = None

    # -- what the key needs -------------------------------------------------------------------------

    @on(KeyReported)
    def _show_event(self, message: KeyReported) -> None:
        event = message.event
        if self._ceremony is None or message.number != self._number:
            return
        if event.stage is KeyStage.DONE and (result := self.build_result(event)):
            self._ceremony = None
            self._stop_clock()
            self._show(KeyStage.DONE, "")
            self._has_sent = True
            self.post_message(result)
        elif event.stage is KeyStage.FAILED and event.error is not None:
            self._ceremony = None
            self._stop_clock()
            if event.error.problem is PasskeyProblem.RELYING_PARTY_UNCONFIRMED:
                self._ask_for_site()
            else:
                self._show(KeyStage.FAILED, "")
                self.error = ErrorMessage(self.describe(event.error), ErrorField.FORM)
        else:
            self._show(event.stage, self.MESSAGES[event.stage])
            if event.stage is KeyStage.PIN:
                self._ask_for_pin(event)

    def _ask_for_site(self) -> None:
        self._asks_for_site = True
        self._show(None, self.SITE_QUESTION.format(self.site))
        self.set_focus(self.query_one(Choice))

    def _ask_for_pin(self, event: KeyEvent) -> None:
        field = self.query_one("#pin", Field)
        tries = passkey.format_tries(event.tries_left)
        field.hint = tries
        self.set_focus(field.input)
        if event.was_wrong:
            self.show_field_error(field, " ".join(part for part in (passkey.PIN_WRONG, tries) if part))

    def _show(self, stage: KeyStage | None, text: str) -> None:
        self._stage = stage
        line, field = self.query_one("#stage", Static), self.query_one("#pin", Field)
        line.update(text)
        line.display = bool(text)
        self.query_one(Choice).display = self._asks_for_site
        self.query_one(Choice).disabled = not self._asks_for_site
        field.display = stage is KeyStage.PIN
        field.input.disabled = not field.display
        if not field.display:
            field.value = ""
        self.update_footer()

    def _stop_clock(self) -> None:
        self.query_one("#time-left", Countdown).stop()

    # -- keys ---------------------------------------------------------------------------------------

    def active_keys(self) -> Sequence[str]:
        if self._stage is KeyStage.PIN:
            return ("submit", "newest_code", "show", "back", "help", "quit")
        if self._stage is KeyStage.TOUCH:
            return ("newest_code", "back", "help", "quit")
        if self._asks_for_site or self._offers_restart or self._stage is KeyStage.FAILED:
            return ("submit", "back", "help", "quit")
        return ("back", "help", "quit")

    def key_label(self, action: str) -> str:
        labels = {"show": "Show PIN"}
        if not self._asks_for_site:
            labels["back"] = self.LEAVE_LABEL
        if self._stage is KeyStage.TOUCH:
            labels["newest_code"] = "Touch the key"
        elif self._stage is KeyStage.PIN:
            labels["newest_code"] = "Fill in the PIN"
        elif not self._asks_for_site:
            labels["submit"] = passkey.TRY_AGAIN
        return labels.get(action) or super().key_label(action)

    @on(Choice.Picked)
    def _submit_picked(self, event: Message) -> None:
        event.stop()
        self.submit()

    def field_for(self, error_field: ErrorField) -> Field | None:
        return None  # the ceremony itself says which PIN is wrong

    def offer_restart(self, error: ErrorMessage) -> None:
        self._show(KeyStage.FAILED, "")
        super().offer_restart(error)
        self.update_footer()

    def action_newest_code(self) -> None:
        """Enter the PIN of the demo's security key, or touch it."""
        pin = self.context.companion.newest_code() if self.context.companion else None
        if pin and self._stage is KeyStage.PIN:
            self.query_one("#pin", Field).value = pin

    def build_answer(self) -> Message | None:
        if self._asks_for_site:
            if self.query_one(Choice).highlighted == 0:
                return self.BackRequested()
            self._begin(is_confirmed=True)
        elif self._stage is KeyStage.PIN:
            self._enter_pin()
        elif self._stage is KeyStage.FAILED:
            return self.try_again()
        return None

    def build_result(self, event: KeyEvent) -> Message | None:
        """Return what to post once the key has done its part."""
        return StepAnswered(event.answer) if event.answer is not None else None

    def describe(self, error: PasskeyError) -> str:
        """Return what went wrong and what helps."""
        return str(error)

    def try_again(self) -> Message | None:
        """Use the key again; return what to post, if that needs a request."""
        self._begin()
        return None

    def _enter_pin(self) -> None:
        from tui_auth.passkeys.problems import pin_error

        field = self.query_one("#pin", Field)
        pin = Secret(field.value)
        if problem := pin_error(pin):
            self.show_field_error(field, problem)
        elif self._ceremony is not None:
            self._show(None, "")
            self._ceremony.enter_pin(pin)


class CredentialMade(Decision):
    """The security key has made a credential, which isn't registered yet."""

    def __init__(self, credential: Mapping[str, Any]) -> None:
        super().__init__()
        self.credential = credential


class RegistrationRestarted(Decision):
    """The user wants another try, with new options."""


class RegistrationScreen(PasskeyScreen):
    """Makes a new passkey in the account: the same with the key, but another request and other ways out."""

    HAS_CHALLENGE_SESSION = False
    SITE_QUESTION = passkey.NEW_SITE_QUESTION
    SITE_NO, SITE_YES = passkey.NEW_SITE_NO, passkey.NEW_SITE_YES
    LEAVE_LABEL = "Back"

    def __init__(self, page: RegistrationPage, context: ScreenContext) -> None:
        options = json.dumps({"timeout": page.options.get("timeout")})
        step = ContinueSignInWithPasskey(page.relying_party, options)
        super().__init__(step, replace(context, make_ceremony=page.make_ceremony))
        self.page = page

    @property
    def heading(self) -> tuple[str, str]:
        return self.page.title, self.page.task

    @property
    def breadcrumb(self) -> str:
        return self.page.crumb

    @property
    def explanation(self) -> str:
        return self.page.explanation

    def redraw(self) -> None:
        """Do nothing: the options stay the same."""

    def show_input_error(self, name: str, text: str) -> None:
        """Show an error below the form."""
        self.error = ErrorMessage(text, ErrorField.FORM)

    def watch_error(self, error: ErrorMessage | None) -> None:
        super().watch_error(error)
        if error and self._stage is KeyStage.DONE:  # Cognito rejected what the key has made
            self._show(KeyStage.FAILED, "")

    def build_result(self, event: KeyEvent) -> Message | None:
        return CredentialMade(event.credential) if event.credential is not None else None

    def describe(self, error: PasskeyError) -> str:
        return passkey.format_registration_problem(error)

    def try_again(self) -> Message:
        return RegistrationRestarted()
