"""The screen of Done: who is signed in, until when, and where the session is kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import Done
from tui_auth.flow.messages import DEVICE_QUESTION, FORGET, REMEMBER
from tui_auth.screens.choice_step import Choice
from tui_auth.screens.copying import CopyAsked
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.screens.step_screen import StepScreen
from tui_auth.session.storage_choice import WORDS
from tui_auth.session.stores import StorageKind
from tui_auth.terminal.safe_text import safe_line

WHAT_IS_KEPT = "The tokens of this session are kept for the commands that need them, such as tui-auth header."
ABOUT_PLACE = {
    StorageKind.SESSION: "Until you log out: in this machine's memory, gone at log-out.",
    StorageKind.FILE: "A private file: readable by you and root.",
    StorageKind.KEYRING: "The keyring: the system's, which may ask to be unlocked.",
    StorageKind.NONE: "Nowhere: every command signs in anew.",
}
HOW_LONG_IT_HOLDS = "The answer is remembered for this profile; --storage is for one sign-in."
ABOUT_DEVICE = (
    "The pool can remember this machine, and then asks for no second factor here. Say no on a machine that "
    "others use under your name."
)
MOST_GROUPS = 12
NEXT_COMMANDS = "tui-auth header | curl -H @- https://…\ntui-auth exec -- ./deploy.sh"


class SignInSeen(Message):
    """The person has seen that they are signed in."""


class StorageSelected(Decision):
    """Where the session shall be kept."""

    def __init__(self, kind: StorageKind) -> None:
        super().__init__()
        self.kind = kind


class DeviceAnswered(Decision):
    """Whether this machine shall count as remembered."""

    def __init__(self, remember: bool) -> None:
        super().__init__()
        self.remember = remember


class _Question(Enum):
    NONE = auto()
    PLACE = auto()
    DEVICE = auto()


class DoneScreen(StepScreen[Done]):
    """Who is signed in, until when, in which groups."""

    HAS_SESSION = False
    KEYS = ("submit", "copy", "help", "quit")
    EXPLANATION = (
        "You are signed in. The name and the groups come from the tokens, whose claims were checked.\n\n"
        "^y sends the access token to the clipboard, after asking: whoever has it can act as you until it "
        "runs out."
    )

    @property
    def explanation(self) -> str:
        match self._question:
            case _Question.PLACE:
                places = " ".join(ABOUT_PLACE[kind] for kind in self._places)
                return "\n\n".join((WHAT_IS_KEPT, places, HOW_LONG_IT_HOLDS))
            case _Question.DEVICE:
                return ABOUT_DEVICE
        return self.EXPLANATION

    def __init__(self, step: Done, context: ScreenContext) -> None:
        super().__init__(step, context)
        self._asked_to_copy = False
        self._question = _Question.NONE
        self._places: Sequence[StorageKind] = ()
        self._asks_device = step.asks_to_remember_device

    def label_of(self, action: str) -> str:
        if action != "submit":
            return super().label_of(action)
        if self._question is not _Question.NONE:
            return "Choose"
        return "Back to the list" if self.context.has_list else "Leave"

    def question(self) -> Iterable[Widget]:
        claims = self.step.claims
        name = claims.name_for(self.context.username)
        yield Static(f"✓ Signed in as {safe_line(name, limit=80)}", id="who", markup=False)
        if claims.email and claims.email != name:
            yield Static(f"E-mail        {safe_line(claims.email, limit=80)}", classes="fact", markup=False)
        groups = ", ".join(safe_line(group, limit=40) for group in claims.groups[:MOST_GROUPS]) or "none"
        if more := len(claims.groups[MOST_GROUPS:]):
            groups += f", and {more} more"
        yield Static(f"Groups        {groups}", classes="fact", markup=False)
        yield Static(f"Token         {self._life()}", classes="fact", markup=False)
        yield Static("", id="kept", classes="fact", markup=False)
        yield Vertical(id="ask")
        yield Static("", id="next-commands", classes="quiet", markup=False)

    def _life(self) -> str:
        """Until when the tokens hold, by this machine's clock on the wall."""
        left = max(0, round((self.step.claims.expires_at - self.context.now()) / 60))
        until = time.strftime("%H:%M", time.localtime(time.time() + left * 60))
        return f"until {until} ({left} min)"

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#kept").display = self.query_one("#ask").display = False
        self.query_one("#next-commands").display = False

    # -- what is asked once signed in ---------------------------------------------------------------

    def ask_where(self, places: Sequence[StorageKind]) -> None:
        """Ask where the session shall be kept, and nothing beside it."""
        self._places = places
        self._show_facts(False)
        self._ask(_Question.PLACE, "Where shall this session be kept?", [WORDS[kind] for kind in places])

    def kept(self, where: str, problem: str, untidy: str = "") -> None:
        """Say what became of the session, and what can be done with it; then ask about the device.

        ``problem`` is why it is not kept, ``untidy`` what is to be said of older ones; both mostly empty.
        """
        self._show_facts(True)
        line = self.query_one("#kept", Static)
        line.update(f"Kept in       {where}" if where else "Kept          nowhere: it ends with this program")
        line.display = True
        if problem:
            # What was said before, such as that no signature was checked, still holds.
            self.notice = f"{self.notice} The session could not be kept. {problem}".strip()
        self.notice = f"{self.notice} {untidy}".strip()
        commands = self.query_one("#next-commands", Static)
        commands.update(NEXT_COMMANDS)
        commands.display = bool(where)
        if where:  # a device whose key is kept nowhere would not be known again
            self.ask_about_device()

    def _show_facts(self, shown: bool) -> None:
        for fact in self.query(".fact"):
            fact.display = shown

    def without_keeping(self) -> None:
        """Nothing keeps sessions here, as in the demo; the device may still be asked about."""
        commands = self.query_one("#next-commands", Static)
        commands.update(f"With a pool of your own, next:\n{NEXT_COMMANDS}")
        commands.display = True
        self.ask_about_device()

    def ask_about_device(self) -> None:
        """Ask whether the pool shall remember this machine, once, where it leaves that to the person."""
        if self._asks_device:
            self._asks_device = False
            self._ask(_Question.DEVICE, DEVICE_QUESTION, [REMEMBER, FORGET])

    def _ask(self, question: _Question, text: str, lines: Sequence[str]) -> None:
        self._question = question
        box = self.query_one("#ask", Vertical)
        box.display, box.disabled = True, False
        box.remove_children()
        choice = Choice(lines, id=f"choice-{question.name.lower()}")
        box.mount(Static(text, classes="headline", markup=False), choice)
        self.call_after_refresh(self.set_focus, choice)
        self._show_keys()

    @on(Choice.Picked)
    def _chosen(self, event: Message) -> None:
        event.stop()
        if self._question is not _Question.NONE:
            self.submit()

    def decide(self) -> Message | None:
        question, self._question = self._question, _Question.NONE
        if question is _Question.NONE:
            return SignInSeen()
        chosen = self.query(Choice).last().highlighted or 0
        # Disabled too: else the focus would come to it, out of sight, when a help over this screen closes.
        box = self.query_one("#ask")
        box.display, box.disabled = False, True
        self._show_keys()
        if question is _Question.PLACE:
            return StorageSelected(self._places[chosen])
        return DeviceAnswered(chosen == 0)

    def action_copy(self) -> None:
        """Ask, then copy the access token."""
        if self._asked_to_copy:
            self.post_message(CopyAsked(self.step.tokens.access_token, "The access token"))
        else:
            self.notice = "Whoever has the access token can act as you. ^y again copies it."
        self._asked_to_copy = not self._asked_to_copy
