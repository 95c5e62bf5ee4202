"""A small app for single widgets, with the style sheet and breakpoints of the real app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from tui_auth.themes import HEIGHTS, VARIABLES, WIDTHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message
    from textual.widget import Widget

ROOT = Path(__file__).parents[2]


class Host(App[None]):
    """Shows the widgets its factories create, and records messages and clipboard writes."""

    CSS_PATH = [ROOT / "styles" / "fields.tcss"]  # noqa: RUF012 - as App has it
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", "Leave"),
        Binding("enter", "enter", "Continue"),
    ]

    def __init__(self, *widgets: Callable[[], Widget], theme: str = "textual-dark") -> None:
        # Like the real app: with NO_COLOR, Textual must know before it starts that the theme uses the
        # terminal's colors; otherwise it sends shades of gray.
        super().__init__(ansi_color=theme.startswith("ansi") or None)
        self.widgets = widgets
        self.theme = theme
        self.messages: list[Message] = []
        self.sent_to_clipboard: list[str] = []
        self.leaves = 0
        self.enters = 0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLES

    def compose(self) -> ComposeResult:
        for widget in self.widgets:
            yield widget()

    def record(self, message: Message) -> None:
        """Record a message; use as ``message_hook`` of ``run_test``."""
        self.messages.append(message)

    def copy_to_clipboard(self, text: str) -> None:
        self.sent_to_clipboard.append(text)
        super().copy_to_clipboard(text)

    def action_enter(self) -> None:
        """Count Enter, which submits in the real app."""
        self.enters += 1

    def action_leave(self) -> None:
        """Count ^c, which leaves in the real app."""
        self.leaves += 1
