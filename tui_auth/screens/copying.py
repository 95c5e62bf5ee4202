"""The wish to copy something, as a screen tells it to the App."""

from __future__ import annotations

from textual.message import Message

from tui_auth.secret import Secret


class CopyAsked(Message):
    """Send ``text`` to the terminal's clipboard; ``what`` names it in the line that says so."""

    def __init__(self, text: Secret | str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what
