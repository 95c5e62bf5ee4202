"""The demo's phone, inbox and call trace, in a drawer or, from 120 columns, beside the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_auth.auth.totp import WINDOW_SECONDS
from tui_auth.screens.call_trace import CallTraceView
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from tui_auth.auth.trace import CallTrace
    from tui_auth.emulator import CognitoEmulator

MAX_MESSAGES, MAX_MESSAGES_IF_LOW = 5, 2

LOW_TERMINAL_LINES = 32
"""Terminals with fewer lines show fewer messages, to make room for the call trace."""

QUIET = "$foreground 60%"


class Phone:
    """An authenticator app: a key for each account, and its current code.

    Args:
        now: Returns the time in seconds since the epoch.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._keys: dict[str, Secret] = {}

    def enroll(self, account: str, key: str) -> None:
        """Set the base32 key of an account."""
        self._keys.pop(account, None)
        self._keys[account] = Secret(key)

    def scan(self, uri: Secret) -> None:
        """Add the key of an otpauth URI, as a camera would from the QR code."""
        parsed = pyotp.parse_uri(uri.reveal())
        self.enroll(parsed.name, parsed.secret)

    def has(self, account: str, key: Secret) -> bool:
        """Return whether the account has exactly this key."""
        return self._keys.get(account) == key

    def code(self, account: str) -> str | None:
        """Return the account's current code, or None if it has no key."""
        key = self._keys.get(account)
        return pyotp.TOTP(key.reveal()).at(int(self.now())) if key else None

    def lines(self) -> list[tuple[str, str]]:
        """Return each account with its code, newest account first."""
        return [(account, self.code(account) or "") for account in reversed(self._keys)]

    def seconds_left(self) -> int:
        """Return how many seconds the current codes are still valid."""
        return WINDOW_SECONDS - int(self.now()) % WINDOW_SECONDS


class Drawer(Vertical):
    """Phone, inbox and call trace. ^S opens it on terminals that are too narrow for a column."""

    def __init__(self, server: CognitoEmulator, phone: Phone, trace: CallTrace) -> None:
        super().__init__()
        self.server = server
        self.phone = phone
        self.trace = trace

    def compose(self) -> ComposeResult:
        yield Static("Phone", classes="drawer-title", markup=False)
        yield Static(id="codes")
        yield Static("Inbox", classes="drawer-title", markup=False)
        yield Static(id="messages")
        yield Static("Wire", classes="drawer-title", markup=False)
        yield CallTraceView(self.trace)

    def on_mount(self) -> None:
        """Redraw the phone and the inbox every second if they changed."""
        self._drawn: tuple[Content, Content] | None = None
        self._refresh_texts()
        self.set_interval(1.0, self._refresh_texts)

    def _refresh_texts(self) -> None:
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
        is_low = self.app.size.height < LOW_TERMINAL_LINES
        messages = self.server.messages[-(MAX_MESSAGES_IF_LOW if is_low else MAX_MESSAGES) :]
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
