"""The pool's clock: the machine's time, plus what a test has moved it."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch, as everything in the pool sees them, the HTTP ``Date`` header too."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward; a negative number moves it back."""
        self._ahead += seconds
