"""Clocks of the local emulator that stand still, so that no TOTP window ends in the middle of a test."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tui_auth.emulator.model import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator


class FrozenClock(Clock):
    """A clock that shows the time at which it was made until it is advanced.

    It is not for tests in which tui-auth compares the time of the emulator with that of the machine.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made = super().now()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._made + self._offset


@contextmanager
def stopped(clock: Clock) -> Iterator[None]:
    """Stop a clock for the block."""
    moment = clock.now()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: moment)
        yield
