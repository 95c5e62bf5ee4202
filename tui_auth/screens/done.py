"""DoneScreen: who is signed in, when the token expires, and where the session is stored."""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.widgets import Static

from tui_auth.auth.next_step import Done
from tui_auth.auth.tokens import provider_of
from tui_auth.flow.messages import (
    DEVICE_QUESTION,
    FORGET,
    REMEMBER,
    VERIFICATION_ANSWERS,
    VERIFY,
    format_delivery,
    format_verification_offer,
)
from tui_auth.screens.codes import build_code_field
from tui_auth.screens.screen_context import CopyRequested, Decision, FormMessage
from tui_auth.screens.step_screen import StepScreen
from tui_auth.secret import Secret
from tui_auth.storage.stores import NOT_STORED, STORAGE_LABELS, StorageKind
from tui_auth.terminal.safe_text import safe_line
from tui_auth.widgets.code_input import CodeInput
from tui_auth.widgets.field import Choice, Field, Option
from tui_auth.widgets.frame import Card, Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.auth.next_step import DeliveryDetails
    from tui_auth.flow.interface import ErrorMessage
    from tui_auth.screens.screen_context import ScreenContext

STORAGE_HELP = "A stored session is used again, so that you don't have to sign in each time."
STORAGE_KIND_HELP = {
    StorageKind.SESSION: "Until you log out: in this computer's memory.",
    StorageKind.FILE: "A private file: readable by you and root.",
    StorageKind.KEYRING: "The keyring: the system's, which may ask you to unlock it.",
    StorageKind.NONE: "Nowhere: you'll have to sign in every time.",
}
STORAGE_NOTES = {
    StorageKind.SESSION: "In memory, gone when you log out.",
    StorageKind.FILE: "Readable by you and root.",
    StorageKind.KEYRING: "It may ask you to unlock it.",
    StorageKind.NONE: "You'll have to sign in every time.",
}
STORAGE_ANSWER_HELP = "The answer is saved with this profile. Use --storage to choose for one sign-in."
DEVICE_HELP = (
    "If Cognito remembers this device, you won't need a second factor here. Answer no if you share this "
    "computer and your account."
)
MAX_GROUPS = 12
NEXT_COMMANDS = "$ tui-auth header | curl -H @- https://…\n$ tui-auth exec -- ./deploy.sh"


class SignInSeen(FormMessage):
    """The user has seen the result and wants to exit."""


class AccountRequested(FormMessage):
    """The user wants to see the account."""


class StorageSelected(Decision):
    """The user has chosen where to store the session."""

    def __init__(self, kind: StorageKind) -> None:
        super().__init__()
        self.kind = kind


class DeviceAnswered(Decision):
    """The user has decided whether the pool remembers this device."""

    def __init__(self, remember: bool) -> None:
        super().__init__()
        self.remember = remember


class VerificationAnswered(Decision):
    """The user has decided whether to verify an address now."""

    def __init__(self, verify: bool) -> None:
        super().__init__()
        self.verify = verify


class ContactCodeEntered(Decision):
    """The user has entered the code that was sent to the address."""

    def __init__(self, code: Secret) -> None:
        super().__init__()
        self.code = code


class _Question(Enum):
    NONE = auto()
    STORAGE = auto()
    DEVICE = auto()
    VERIFY = auto()
    CODE = auto()


class DoneScreen(StepScreen[Done]):
    """Shows the user, the groups and the expiry of the token.

    Asks where to store the session and whether to remember the device, if nothing has decided that.
    """

    HAS_CHALLENGE_SESSION = False
    KEYS = ("submit", "copy", "account", "help", "quit")
    EXPLANATION = (
        "You are signed in. Your name and groups come from the tokens, whose claims were checked.\n\n"
        "^y copies the access token after a second ^y: anyone who has it can act as you until it expires."
    )

    @property
    def explanation(self) -> str:
        match self._question:
            case _Question.STORAGE:
                kinds = " ".join(STORAGE_KIND_HELP[kind] for kind in self._storage_kinds)
                is_remembered = not self.context.options.can_leave  # a host program asks each time
                answer = [STORAGE_ANSWER_HELP] if is_remembered else []
                return "\n\n".join((STORAGE_HELP, kinds, *answer))
            case _Question.DEVICE:
                return DEVICE_HELP
        return self.EXPLANATION

    def __init__(self, step: Done, context: ScreenContext) -> None:
        super().__init__(step, context)
        self._has_warned_about_copy = False
        self._question = _Question.NONE
        self._storage_kinds: Sequence[StorageKind] = ()
        self._must_ask_about_device = step.asks_to_remember_device
        self.is_settled = False
        """Whether it is known what happens to the session. Until then Enter doesn't leave."""

    @property
    def is_asking(self) -> bool:
        """Whether a question waits for its answer."""
        return self._question is not _Question.NONE

    def key_label(self, action: str) -> str:
        if action == "copy":
            return "Copy access token"
        if action != "submit":
            return super().key_label(action)
        if self._question is _Question.CODE:
            return super().key_label(action)
        if self._question is not _Question.NONE:
            return "Choose"
        return "Try another user" if self.context.companion else "Done"

    @property
    def heading(self) -> tuple[str, str]:
        name = provider_of(self.step.tokens.id_token)
        provider = f" ({safe_line(name, limit=40)})" if name else ""
        return f"✓ Signed in as {safe_line(self.displayed_name, limit=80)}{provider}", ""

    @property
    def displayed_name(self) -> str:
        return self.step.claims.name_for(self.context.username)

    def compose_card(self) -> Iterable[Widget]:
        """Put the notice below the heading, so that both are in sight on a screen with few lines."""
        heading, *rest, notice = super().compose_card()
        return [heading, notice, *rest]

    def compose_form(self) -> Iterable[Widget]:
        claims = self.step.claims
        if claims.email and claims.email != self.displayed_name:
            yield Fact("Email", safe_line(claims.email, limit=80))
        groups = ", ".join(safe_line(group, limit=40) for group in claims.groups[:MAX_GROUPS]) or "none"
        if more := len(claims.groups[MAX_GROUPS:]):
            groups += f", and {more} more"
        yield Fact("Groups", groups)
        yield Fact("Token", self._format_expiry())
        yield Fact("Stored in", "", id="storage")
        yield Vertical(id="ask")
        yield Static("", id="next-title", classes="quiet", markup=False)
        yield Static(NEXT_COMMANDS, id="next-commands", markup=False)

    def _format_expiry(self) -> str:
        """Format when the tokens expire, in local time of this machine."""
        left = max(0, round((self.step.claims.expires_at - self.context.now()) / 60))
        until = time.strftime("%H:%M", time.localtime(time.time() + left * 60))
        return f"valid for {left} min, until {until}"

    def on_mount(self) -> None:
        super().on_mount()
        for name in ("#storage", "#ask", "#next-title", "#next-commands"):
            self.query_one(name).display = False

    # -- questions after the sign-in ----------------------------------------------------------------

    def ask_for_storage(self, kinds: Sequence[StorageKind]) -> None:
        """Ask where to store the session, and hide everything else until the answer."""
        self._storage_kinds = kinds
        options = [Option(STORAGE_LABELS[kind], STORAGE_NOTES[kind]) for kind in kinds]
        self._ask(_Question.STORAGE, "Where do you want to store this session?", options)

    def show_storage(self, storage: str, problem: str, warning: str = "") -> None:
        """Show where the session is stored and which commands use it; then ask about the device.

        Args:
            storage: Where the session is stored; empty if it isn't.
            problem: Why the session could not be stored; usually empty.
            warning: What is wrong with older sessions; usually empty.
        """
        fact = self.query_one("#storage", Fact)
        fact.show(*(("Stored in", storage) if storage else ("Stored", "nowhere; it ends with this program")))
        if problem:
            # Keep the earlier notice, such as the one about unchecked signatures.
            self.notice = f"{self.notice} {NOT_STORED} {problem}".strip()
        self.notice = f"{self.notice} {warning}".strip()
        if storage and not self.context.options.can_leave:  # else in a host program
            self._show_next_commands("Now try:")
        if storage:  # without storage there is no device key by which the pool would know the device again
            self.ask_about_device()

    def _show_next_commands(self, title: str) -> None:
        self.query_one("#next-title", Static).update(title)
        for name in ("#next-title", "#next-commands"):
            self.query_one(name).styles.display = None  # not True, which would show it beside a question too

    def show_no_storage(self) -> None:
        """Show the next commands for the demo, which stores nothing; then ask about the device."""
        self._show_next_commands("With your own user pool, try:")
        self.ask_about_device()

    def ask_about_device(self) -> None:
        """Ask once whether to remember this device, if the pool leaves that to the user."""
        if self._must_ask_about_device:
            self._must_ask_about_device = False
            answers = [Option(REMEMBER, "You won't need a second factor here."), Option(FORGET)]
            self._ask(_Question.DEVICE, DEVICE_QUESTION, answers)

    def ask_to_verify(self, attribute: str, address: str) -> None:
        """Offer to verify an address of the user."""
        text = format_verification_offer(attribute, address)
        self._ask(_Question.VERIFY, text, [Option(answer) for answer in VERIFICATION_ANSWERS])

    def ask_for_contact_code(self, details: DeliveryDetails, error: ErrorMessage | None) -> None:
        """Ask for the code that was sent to the address; after a wrong one, ask again."""
        if error is None:
            field = build_code_field()
            field.hint = "Leave it empty to verify later."
            self._mount_question(_Question.CODE, f"{format_delivery(details)}.", field)
            self.set_focus(field.input)
        else:
            box = self.query_one("#ask", Vertical)
            box.display, box.disabled = True, False
            self._question = _Question.CODE
            self.show_field_error(box.query_one("#code", Field), error.text)
            self.update_footer()

    def _ask(self, question: _Question, text: str, answers: Sequence[Option]) -> None:
        # A question that is repeated has fewer answers; the list that it replaces goes only after this.
        choice = Choice(answers, id=f"choice-{question.name.lower()}-{len(answers)}")
        self._mount_question(question, text, choice)
        # At once: a key that comes before the next refresh must not be lost while Enter counts.
        self.set_focus(choice)

    def _mount_question(self, question: _Question, text: str, widget: Widget) -> None:
        self._question = question
        self.show_heading(text, self.heading[0])
        self.query_one(Card).add_class("-asking")
        box = self.query_one("#ask", Vertical)
        box.display, box.disabled = True, False
        box.remove_children()
        box.mount(widget)
        self.update_footer()

    @on(Choice.Picked)
    def _submit_picked(self, event: Message) -> None:
        event.stop()
        if self._question is not _Question.NONE:
            self.submit()

    def build_answer(self) -> Message | None:
        question, self._question = self._question, _Question.NONE
        if question is _Question.NONE:
            return SignInSeen() if self.is_settled else None
        code = Secret(self.query(CodeInput).last().code) if question is _Question.CODE else Secret("")
        position = 0 if question is _Question.CODE else self.query(Choice).last().highlighted
        self.show_heading(*self.heading)
        self.query_one(Card).remove_class("-asking")
        # Disabled too: else the hidden list would get the focus when a help screen over this one closes.
        box = self.query_one("#ask")
        box.display, box.disabled = False, True
        self.update_footer()
        if question is _Question.STORAGE:
            return StorageSelected(self._storage_kinds[position])
        if question is _Question.CODE:
            return ContactCodeEntered(code) if code else None
        if question is _Question.DEVICE:
            return DeviceAnswered(position == 0)
        return VerificationAnswered(VERIFICATION_ANSWERS[position] == VERIFY)

    def active_keys(self) -> Sequence[str]:
        keys = super().active_keys()
        return [name for name in keys if name != "account"] if self.is_asking else keys

    def action_account(self) -> None:
        """Open the account of the user."""
        if self.is_settled and not self.busy:
            self.post_message(AccountRequested())

    def action_copy(self) -> None:
        """Warn first; if pressed again, copy the access token."""
        if self._has_warned_about_copy:
            self.post_message(CopyRequested(self.step.tokens.access_token, "The access token"))
        else:
            self.notice = "Anyone with the access token can act as you. Press ^y again to copy it."
        self._has_warned_about_copy = not self._has_warned_about_copy
