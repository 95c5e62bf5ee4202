"""The demo's phone, which makes codes, its inbox and the wire: a drawer at 80 columns, a column at 120."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_auth.auth.totp import WINDOW_SECONDS
from tui_auth.auth.trace import CallTrace
from tui_auth.pool import PoolServer
from tui_auth.screens.wire import WireView
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line

MESSAGES_SHOWN, MESSAGES_SHOWN_IN_LITTLE_ROOM = 5, 2


LITTLE_ROOM = 32
"""Lines of a terminal below which the inbox gives way to the wire."""

QUIET = "$foreground 60%"


class Phone:
    """An authenticator app: the keys it was given, and the code of each right now."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._keys: dict[str, Secret] = {}

    def enrol(self, account: str, key: str) -> None:
        """Take a base32 key under an account name; one there before is replaced."""
        self._keys.pop(account, None)
        self._keys[account] = Secret(key)

    def scan(self, uri: Secret) -> None:
        """Take what an otpauth URI says, as a camera would from the picture."""
        parsed = pyotp.parse_uri(uri.reveal())
        self.enrol(parsed.name, parsed.secret)

    def has(self, account: str, key: Secret) -> bool:
        """Whether it makes codes from this very key."""
        return self._keys.get(account) == key

    def code(self, account: str) -> str | None:
        """The six digits it shows for the account; None where it has no key."""
        key = self._keys.get(account)
        return pyotp.TOTP(key.reveal()).at(int(self.now())) if key else None

    def lines(self) -> list[tuple[str, str]]:
        """Each account with its code, newest first."""
        return [(account, self.code(account) or "") for account in reversed(self._keys)]

    def seconds_left(self) -> int:
        """How long the codes it shows still hold."""
        return WINDOW_SECONDS - int(self.now()) % WINDOW_SECONDS


class Drawer(Vertical):
    """Phone, inbox and wire beside every screen; ``^s`` opens it where there is no room for a column."""

    def __init__(self, server: PoolServer, phone: Phone, wire: CallTrace) -> None:
        super().__init__()
        self.server = server
        self.phone = phone
        self.wire = wire

    def compose(self) -> ComposeResult:
        yield Static("Phone", classes="drawer-title", markup=False)
        yield Static(id="codes")
        yield Static("Inbox", classes="drawer-title", markup=False)
        yield Static(id="messages")
        yield Static("Wire", classes="drawer-title", markup=False)
        yield WireView(self.wire)

    def on_mount(self) -> None:
        """Look at phone and inbox once a second, and draw only what changed."""
        self._drawn: tuple[Content, Content] | None = None
        self._look()
        self.set_interval(1.0, self._look)

    def _look(self) -> None:
        drawn = (self._codes(), self._messages())
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self.query_one("#codes", Static).update(drawn[0])
        self.query_one("#messages", Static).update(drawn[1])

    def _codes(self) -> Content:
        lines = [
            Content.assemble(f"{safe_line(account, limit=14):<15}", (f"{code[:3]} {code[3:]}", "bold"))
            for account, code in self.phone.lines()
        ]
        left = Content.assemble((f"new codes in {self.phone.seconds_left()} s", QUIET))
        return Content("\n").join([*lines, left]) if lines else Content("no account yet")

    def _messages(self) -> Content:
        little_room = self.app.size.height < LITTLE_ROOM
        shown = MESSAGES_SHOWN_IN_LITTLE_ROOM if little_room else MESSAGES_SHOWN
        messages = self.server.messages[-shown:]
        if not messages:
            return Content("nothing was sent yet")
        return Content("\n").join(_message(message) for message in reversed(messages))


def _message(message: dict[str, Any]) -> Content:
    medium = "SMS" if message["medium"] == "SMS" else "mail"
    return Content.assemble(
        (f"{medium} to {safe_line(message['destination'], limit=24)}\n", QUIET),
        f"{safe_line(message['purpose'], limit=22).replace('_', ' ').lower()}: ",
        (safe_line(message["code"], limit=12), "bold"),
    )
