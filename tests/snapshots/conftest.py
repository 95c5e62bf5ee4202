"""Pictures of moments that stand still."""

from __future__ import annotations

import pytest

from tui_auth.widgets.countdown import Countdown


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A countdown shows the number it began with, however slow the machine is."""
    monkeypatch.setattr(Countdown.__init__, "__defaults__", (lambda: 0.0,))
