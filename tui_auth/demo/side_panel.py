"""The demo's phone, inbox, browser and call trace, in a column beside the card or as one line below it."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.next_step import TOTP_WINDOW_SECONDS, ContinueSignInWithBrowser
from tui_auth.screens.call_trace import CallTraceView
from tui_auth.screens.mfa_setup import TOTPSetupScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.terminal.safe_text import safe_line
from tui_auth.threads import in_daemon_thread
from tui_auth.widgets.countdown import format_bar
from tui_auth.widgets.frame import Card

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.screen import Screen

    from tui_auth.auth.next_step import NextStep
    from tui_auth.auth.trace import CallTrace
    from tui_auth.demo.browser import DemoBrowser
    from tui_auth.demo.phone import AppCode, InboxMessage, Phone

COLUMN_CELLS = 80
"""The narrowest terminal with room for the column beside a card."""

WIDE_CELLS = 120
"""From this width on the column is open, and there is room beside a QR code."""

LOW_LINES = 32
"""Terminals with fewer lines show fewer messages, to make room for the call trace."""

MAX_MESSAGES, MAX_MESSAGES_IF_LOW = 8, 3
CURRENT, NOT_CURRENT = "▶ ", "  "
KIND_CELLS = 6
BAR_CELLS = 10
FIELD_CELLS = 18
MAX_TEXTS = 3
LINE_CELLS = 32
LOW_SECONDS = 5
MUTED = "$text-muted $muted-style"

CODE_HINT = "Demo: the code is on the phone."
NO_CODE = "Demo: no code on the phone yet."


class PhoneView(Widget):
    """The codes of the authenticator app and the newest messages, one line each.

    The code that the current step asks for is marked; the others are gray. Only lines that have changed are
    repainted, and none while the phone is closed.
    """

    def __init__(self, phone: Phone) -> None:
        super().__init__()
        self._phone = phone
        self._drawn: list[Content] = []

    def on_mount(self) -> None:
        """Redraw every second what has changed."""
        self.border_title = "Phone and inbox"
        self.refresh_lines()
        self.set_interval(1.0, self.refresh_lines)

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        self.refresh_lines()

    def refresh_lines(self) -> None:
        """Redraw the lines that have changed, unless the phone is closed."""
        # A refresh on a screen below another one would repaint that whole screen.
        if self._drawn and self.screen is not self.app.screen:
            return
        if not all(node.display for node in self.ancestors_with_self if isinstance(node, Widget)):
            return
        before, self._drawn = self._drawn, self._lines(self.content_size.width)
        if len(before) != len(self._drawn):
            self.refresh(layout=True)
            return
        for row, (old, new) in enumerate(zip(before, self._drawn, strict=True)):
            if old != new:
                self.refresh(Region(0, row, self.content_size.width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row for each line."""
        return len(self._drawn)

    def render(self) -> Content:
        """Return all lines."""
        return Content("\n").join(self._drawn)

    def _lines(self, width: int) -> list[Content]:
        username, step = step_of(self.screen)
        codes, messages = self._phone.app_codes(username, step), self._phone.messages(username, step)
        is_low = self.app.size.height < LOW_LINES
        lines = [format_code(code, width) for code in codes]
        if codes:
            lines += [self._time_left(width), *([] if is_low else [Content("")])]
        lines += [
            format_code(message, width)
            for message in messages[: MAX_MESSAGES_IF_LOW if is_low else MAX_MESSAGES]
        ]
        return lines or [Content.styled("no message yet", MUTED)]

    def _time_left(self, width: int) -> Content:
        left = self._phone.seconds_left()
        bar = format_bar(left / TOTP_WINDOW_SECONDS, BAR_CELLS)
        indent = " " * (len(NOT_CURRENT) + KIND_CELLS)
        seconds = f"{math.ceil(left)} s".rjust(max(0, width - len(indent) - BAR_CELLS))
        return Content.styled(f"{indent}{bar}{seconds}", "$warning" if left <= LOW_SECONDS else MUTED)


class BrowserView(Static):
    """The page that the demo's browser shows: its address, its text and its form."""

    def __init__(self, browser: DemoBrowser) -> None:
        super().__init__(markup=False)
        self._browser = browser

    def on_mount(self) -> None:
        """Open the page of the step."""
        self.border_title = "Browser"
        self.run_worker(self._visit(), exit_on_error=False, description="demo browser")

    async def _visit(self) -> None:
        _, step = step_of(self.screen)
        if isinstance(step, ContinueSignInWithBrowser):
            await in_daemon_thread(partial(self._browser.visit, step))
            self.show_page()

    def show_page(self, username: str = "", password: str = "") -> None:
        """Show the page, with what is typed into its form."""
        page = self._browser.page
        if page is None:
            return
        typed = {"username": username, "password": "•" * len(password)}
        parts: list[Content] = [
            Content.styled(safe_line(page.address_without_query, limit=60), MUTED),
            Content(""),
            Content.styled(safe_line(page.title), "bold"),
            *(Content(safe_line(text, limit=200)) for text in page.texts[:MAX_TEXTS]),
        ]
        for label, name, value in page.fields:
            parts += [Content(""), Content.styled(safe_line(label), MUTED)]
            parts.append(
                Content(f"[ {typed.get(name) or safe_line(value, limit=FIELD_CELLS):<{FIELD_CELLS}} ]")
            )
        if page.button:
            parts += [
                Content(""),
                Content.assemble((f" {safe_line(page.button)} ", "bold $primary"), ("  ^o", MUTED)),
            ]
        self.update(Content("\n").join(parts))


class PhoneLine(Static):
    """One line below the card: that the code is on the phone or, with an open phone, the code itself."""

    def __init__(self, phone: Phone, is_open: Callable[[], bool]) -> None:
        super().__init__(markup=False)
        self._phone = phone
        self._is_open = is_open
        self._drawn = Content()

    def on_mount(self) -> None:
        """Keep the code current."""
        self.adapt()
        self.set_interval(1.0, self.adapt)

    def adapt(self) -> None:
        """Show the hint or the code if this screen has no column for them."""
        username, step = step_of(self.screen)
        code, is_open = self._phone.current_code(username, step), self._is_open()
        if isinstance(step, ContinueSignInWithBrowser):
            is_open = False  # its page needs the column
        is_shown = not is_column_shown(self.screen, is_open) and (is_open or code is not None)
        if is_shown != self.display:
            self.display = is_shown
            for card in self.screen.query(Card):
                self.call_after_refresh(card.find_place)
        line = Content.styled(NO_CODE if is_open else CODE_HINT, MUTED)
        if is_open and code is not None:
            line = format_code(code, LINE_CELLS)
        if line != self._drawn:
            self._drawn = line
            self.update(line)


class Drawer(Vertical):
    """Phone and inbox, or the browser, and the call trace in a column. The card decides how wide it is."""

    def __init__(
        self, phone: Phone, browser: DemoBrowser, trace: CallTrace, is_open: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._phone = phone
        self._browser = browser
        self._trace = trace
        self._is_open = is_open

    def compose(self) -> ComposeResult:
        is_in_browser = isinstance(step_of(self.screen)[1], ContinueSignInWithBrowser)
        yield BrowserView(self._browser) if is_in_browser else PhoneView(self._phone)
        with Vertical(id="trace-box") as box:
            box.border_title = "Call trace"
            yield CallTraceView(self._trace)

    def on_mount(self) -> None:
        self.adapt()

    def adapt(self) -> None:
        """Show or hide the column."""
        self.display = is_column_shown(self.screen, self._is_open())
        for view in self.query(PhoneView):
            view.refresh_lines()
        self.screen.set_class(self.display and self.app.size.width < WIDE_CELLS, "-with-drawer")


def step_of(screen: Screen[object]) -> tuple[str, NextStep | None]:
    """Return the user name and the step of a screen; an empty name and None if it has no step."""
    return (screen.context.username, screen.step) if isinstance(screen, StepScreen) else ("", None)


def is_column_shown(screen: Screen[object], is_open: bool) -> bool:
    """Return whether an open phone is shown in a column: not where it would cover a card or a QR code."""
    has_qr_code = isinstance(screen, TOTPSetupScreen)
    return is_open and screen.app.size.width >= (WIDE_CELLS if has_qr_code else COLUMN_CELLS)


def format_code(entry: AppCode | InboxMessage, width: int) -> Content:
    """Format a code with its source, the code at the right edge."""
    code = safe_line(entry.code, limit=16)
    if len(code) == 6 and code.isdecimal():
        code = f"{code[:3]} {code[3:]}"
    room = max(1, width - len(CURRENT) - KIND_CELLS - len(code) - 1)
    kind, source = entry.source
    left = f"{kind:<{KIND_CELLS}}{set_cell_size(safe_line(source), room)} "
    if not entry.is_current:
        return Content.styled(f"{NOT_CURRENT}{left}{code}", MUTED)
    return Content.assemble((f"{CURRENT}{left}", "$primary"), (code, "bold $primary"))
