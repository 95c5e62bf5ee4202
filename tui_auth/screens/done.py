"""The screen of Done."""

from __future__ import annotations

import time
from collections.abc import Iterable

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import Done
from tui_auth.screens.copying import CopyAsked
from tui_auth.screens.step_screen import StepScreen
from tui_auth.terminal.safe_text import safe_line


class SignInSeen(Message):
    """The person has seen that they are signed in."""


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
    def trail_name(self) -> str:
        return "signed in"

    def label_of(self, action: str) -> str:
        if action == "submit":
            return "Back to the list" if self.surroundings.has_list else "Leave"
        return super().label_of(action)

    def question(self) -> Iterable[Widget]:
        claims = self.step.claims
        yield Static(f"✓ Signed in as {safe_line(claims.username, limit=80)}", id="who", markup=False)
        if claims.email and claims.email != claims.username:
            yield Static(f"E-mail        {safe_line(claims.email, limit=80)}", classes="fact", markup=False)
        groups = ", ".join(safe_line(group, limit=40) for group in claims.groups[:12]) or "none"
        yield Static(f"Groups        {groups}", classes="fact", markup=False)
        yield Static(f"Token         {self._life()}", classes="fact", markup=False)

    def _life(self) -> str:
        """Until when the tokens hold, by this machine's clock on the wall."""
        left = max(0, round((self.step.claims.expires_at - self.surroundings.now()) / 60))
        until = time.strftime("%H:%M", time.localtime(time.time() + left * 60))
        return f"until {until} ({left} min)"

    def on_mount(self) -> None:
        super().on_mount()
        self._asked_to_copy = False

    def action_copy(self) -> None:
        """Ask, then copy the access token."""
        if self._asked_to_copy:
            self.post_message(CopyAsked(self.step.tokens.access_token, "The access token"))
        else:
            self.notice = "Whoever has the access token can act as you. ^y again copies it."
        self._asked_to_copy = not self._asked_to_copy

    def decide(self) -> Message | None:
        return SignInSeen()
