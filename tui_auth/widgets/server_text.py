"""Text that Cognito sent, in a frame that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class ServerText(VerticalScroll, can_focus=False):
    """Names and values that Cognito sent, already made safe, as plain text without markup.

    A single value is shown without its name; several are a table. A long text scrolls inside the frame.
    """

    def __init__(self, rows: Sequence[tuple[str, str]], title: str = "the service asks") -> None:
        super().__init__()
        self.rows = tuple(rows)
        self.border_title = Content(title).markup

    def compose(self) -> ComposeResult:
        if len(self.rows) == 1:
            yield Static(Content(self.rows[0][1]))
            return
        width = min(24, max((len(name) for name, _ in self.rows), default=0))
        for name, value in self.rows:
            line = Content.assemble((f"{name.ljust(width)}   ", "$text-muted"), value)
            yield Static(line)
