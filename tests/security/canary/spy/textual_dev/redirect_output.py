"""The target of an app's prints while the console is on."""

from __future__ import annotations

from typing import Any


class StdoutRedirector:
    """A stream that drops its input."""

    def __init__(self, devtools: Any) -> None:
        """Ignore the console: it gets log messages, not prints."""

    def write(self, *_: Any) -> None:
        """Drop the text."""

    def flush(self) -> None:
        """Do nothing."""
