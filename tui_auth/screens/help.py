"""Help on the step one is on, and what the pool sent with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_auth.flow.messages import rows_of
from tui_auth.screens.keys import TABLE
from tui_auth.style_sheets import later_sheets
from tui_auth.widgets.server_text import ServerText

Rows = Sequence[tuple[str, str]]


class HelpScreen(ModalScreen[None]):
    """Over a step: what it wants, its keys, and the pool's words. Any of esc, enter, ^g closes it."""

    CSS_PATH = later_sheets()

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,ctrl+g,f1", "dismiss_help", "Close")]

    def __init__(
        self, explanation: str, sent: Sequence[tuple[str, str]], keys: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__()
        self._explanation = explanation
        self._sent = sent
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Vertical(id="help-frame"), VerticalScroll(id="help"):
            yield Static(self._explanation, markup=False)
            half = (len(self._keys) + 1) // 2
            with Horizontal(classes="help-keys"):
                yield Static(_key_lines(self._keys[:half]), markup=False)
                yield Static(_key_lines(self._keys[half:]), markup=False)
            if self._sent:
                yield ServerText(rows_of(dict(self._sent)), title="the pool sent")

    def on_mount(self) -> None:
        """Say how to close this where it cannot scroll away."""
        self.query_one("#help-frame").border_subtitle = "esc closes this"

    def action_dismiss_help(self) -> None:
        """Close the help."""
        if self.is_current:
            self.dismiss(None)


def _key_lines(keys: Sequence[tuple[str, str]]) -> str:
    return "\n".join(
        f"{TABLE[name].shown:<7}{_other_name(TABLE[name].keys):<5}{label}" for name, label in keys
    )


def _other_name(keys: str) -> str:
    others = [key.upper() for key in keys.split(",")[1:]]
    return others[0] if others else ""
