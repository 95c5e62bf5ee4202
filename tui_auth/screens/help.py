"""Help on the step one is on, and what the pool sent with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_auth.screens.keys import TABLE
from tui_auth.terminal.safe_text import safe_line, safe_text
from tui_auth.widgets.server_text import ServerText

_ROWS = 30


class HelpScreen(ModalScreen[None]):
    """Over a step: what it wants, its keys, and the pool's words. Any of esc, enter, ^g closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,ctrl+g,f1", "dismiss_help", "Close")]

    def __init__(self, explanation: str, sent: Sequence[tuple[str, str]], keys: Sequence[str]) -> None:
        super().__init__()
        self._explanation = explanation
        self._sent = sent
        self._keys = keys

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(self._explanation, markup=False)
            keys = "\n".join(
                f"{TABLE[name].shown:<7}{_other_name(TABLE[name].keys):<5}{TABLE[name].label}"
                for name in self._keys
            )
            yield Static(keys, classes="help-keys", markup=False)
            if self._sent:
                rows = [(safe_line(name, limit=40), safe_text(value, lines=8)) for name, value in self._sent]
                yield ServerText(rows[:_ROWS], title="the pool sent")
            yield Static("esc closes this", classes="quiet", markup=False)

    def action_dismiss_help(self) -> None:
        """Close the help."""
        if self.is_current:
            self.dismiss(None)


def _other_name(keys: str) -> str:
    others = [key.upper() for key in keys.split(",")[1:]]
    return others[0] if others else ""
