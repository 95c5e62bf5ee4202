"""The help over a screen: what it asks, its keys, and what Cognito sent with the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui_auth.flow.messages import format_challenge_rows
from tui_auth.screens.guest import GuestScreen
from tui_auth.screens.keys import KEY_TABLE
from tui_auth.themes import later_sheets
from tui_auth.widgets.frame import ServerText

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class HelpScreen(ModalScreen[None], GuestScreen[None]):
    """Explains the screen below it. Esc, Enter, ^g or F1 closes it."""

    CSS_PATH = later_sheets()

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,ctrl+g,f1", "dismiss_help", "Close")]

    def __init__(
        self,
        explanation: str,
        service_rows: Sequence[tuple[str, str]],
        keys: Sequence[tuple[str, str]],
        taken: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._explanation = explanation
        self._service_rows = service_rows
        self._keys = keys
        self._taken = taken

    def compose(self) -> ComposeResult:
        with Vertical(id="help-frame"), VerticalScroll(id="help"):
            yield Static(self._explanation, markup=False)
            half = (len(self._keys) + 1) // 2
            with Horizontal(classes="help-keys"):
                yield Static(self._format_keys(self._keys[:half]), markup=False)
                yield Static(self._format_keys(self._keys[half:]), markup=False)
            if self._service_rows:
                yield ServerText(
                    format_challenge_rows(dict(self._service_rows)), title="Sent by the user pool"
                )

    def on_mount(self) -> None:
        """Show how to close the help in its border, which doesn't scroll."""
        frame = self.query_one("#help-frame")
        frame.border_title, frame.border_subtitle = "Help", "esc closes this"

    def action_dismiss_help(self) -> None:
        """Close the help."""
        if self.is_current:
            self.dismiss(None)

    def _format_keys(self, keys: Sequence[tuple[str, str]]) -> Content:
        rows = (((f"{self._format_key(name):<9}", "bold $foreground"), label) for name, label in keys)
        return Content("\n").join(Content.assemble(*row) for row in rows)

    def _format_key(self, action: str) -> str:
        key = KEY_TABLE[action]
        first, others = key.first_of(self._taken), key.keys.split(",")[1:]
        more = [name.upper() for name in others if name != first and name not in self._taken]
        return " ".join([key.display_without(self._taken), *more])
