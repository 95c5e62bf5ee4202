"""Where an app's prints go with the console on."""

from __future__ import annotations

from typing import Any


class StdoutRedirector:
    """Takes what is printed, and drops it."""

    def __init__(self, devtools: Any) -> None:
        """The console takes what is logged; prints are not its concern here."""

    def write(self, *_: Any) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing to do."""
