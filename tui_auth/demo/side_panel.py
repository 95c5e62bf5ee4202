"""The demo's phone, inbox and call trace, in a drawer or, from 120 columns, beside the screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui_auth.screens.call_trace import CallTraceView
from tui_auth.screens.step_screen import StepScreen
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from tui_auth.auth.next_step import NextStep
    from tui_auth.auth.trace import CallTrace
    from tui_auth.demo.phone import InboxMessage, Phone

MAX_MESSAGES, MAX_MESSAGES_IF_LOW = 8, 3

LOW_TERMINAL_LINES = 32
"""Terminals with fewer lines show fewer messages, to make room for the call trace."""

CURRENT = "▶ "
KIND_CELLS = 6
NO_MESSAGES = "no message yet"


class PhoneView(Static):
    """The codes of the authenticator app and the newest messages, one line each.

    The code that the current step asks for is marked; the others are gray.
    """

    def __init__(self, phone: Phone) -> None:
        super().__init__(markup=False)
        self._phone = phone
        self._drawn = Content()

    def on_mount(self) -> None:
        """Redraw every second if something has changed."""
        self.border_title = "Phone and inbox"
        self._refresh_lines()
        self.set_interval(1.0, self._refresh_lines)

    def on_resize(self, event: events.Resize) -> None:
        self._refresh_lines()

    def _refresh_lines(self) -> None:
        lines = self._lines()
        if lines != self._drawn:
            self._drawn = lines
            self.update(lines)

    def _lines(self) -> Content:
        screen, width = self.screen, self.content_size.width or self.size.width
        username, step = "", None
        if isinstance(screen, StepScreen):
            username, step = screen.context.username, screen.step
        lines = [*self._app_lines(username, step, width), Content("")]
        is_low = self.app.size.height < LOW_TERMINAL_LINES
        messages = self._phone.messages(username, step)[: MAX_MESSAGES_IF_LOW if is_low else MAX_MESSAGES]
        lines += [
            format_line(_medium(message), _recipient(message), message.code, message.is_current, width)
            for message in messages
        ] or [Content.styled(" " * len(CURRENT) + NO_MESSAGES, "$text-muted")]
        return Content("\n").join(lines)

    def _app_lines(self, username: str, step: NextStep | None, width: int) -> list[Content]:
        codes = self._phone.app_codes(username, step)
        if not codes:
            return [Content.styled(" " * len(CURRENT) + "app   no account yet", "$text-muted")]
        seconds = f"new codes in {math.ceil(self._phone.seconds_left())} s"
        return [
            *(format_line("app", entry.account, entry.code, entry.is_current, width) for entry in codes),
            Content.styled(seconds.rjust(width), "$text-muted"),
        ]


def format_line(kind: str, account: str, code: str, is_current: bool, width: int) -> Content:
    """Format one code with its source, the code at the right edge."""
    code = f"{code[:3]} {code[3:]}" if len(code) == 6 and code.isdecimal() else safe_line(code, limit=16)
    room = max(0, width - len(CURRENT) - KIND_CELLS - len(code) - 1)
    name = set_cell_size(safe_line(account, limit=max(1, room)), room)
    left = f"{kind:<{KIND_CELLS}}{name} "
    if is_current:
        return Content.assemble((f"{CURRENT}{left}", "$text-accent"), (code, "bold $text-accent"))
    return Content.styled(f"{'':{len(CURRENT)}}{left}{code}", "$text-muted")


def _medium(message: InboxMessage) -> str:
    return "SMS" if message.medium == "SMS" else "email"


def _recipient(message: InboxMessage) -> str:
    if message.medium == "SMS":
        return f"…{message.destination[-4:]}"
    return message.destination.partition("@")[0]


class Drawer(Vertical):
    """Phone, inbox and call trace. ^s opens it on terminals that are too narrow for a column."""

    def __init__(self, phone: Phone, trace: CallTrace) -> None:
        super().__init__()
        self._phone = phone
        self._trace = trace

    def compose(self) -> ComposeResult:
        yield PhoneView(self._phone)
        with Vertical(id="trace-box") as box:
            box.border_title = "Call trace"
            yield CallTraceView(self._trace)
