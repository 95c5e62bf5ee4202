"""Frozen emulator clocks, so that no TOTP window ends in the middle of a test."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tui_auth.emulator.model import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator


class FrozenClock(Clock):
    """A clock that shows the time at which it was frozen until it is advanced.

    Not for tests in which tui-auth compares the emulator's time with the machine's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.freeze()

    def freeze(self) -> None:
        """Freeze the clock at the machine's time."""
        self._frozen_at = time.time()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._frozen_at + self._offset


@contextmanager
def frozen(clock: Clock) -> Iterator[None]:
    """Freeze a clock for the block."""
    now = clock.now()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: now)
        yield
