"""What makes the gallery's pictures the same on every machine."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.pilot import inexpensive_apps as inexpensive_apps
from tests.snapshots.gallery import NOW
from tui_auth.screens import custom_challenge, done
from tui_auth.widgets.countdown import Countdown


@pytest.fixture(autouse=True)
def nothing_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done tells the time of day, and the unknown step our version; here both are always the same."""
    monkeypatch.setattr(custom_challenge, "__version__", "0.1.0")
    still = SimpleNamespace(time=lambda: NOW, localtime=time.gmtime, strftime=time.strftime)
    monkeypatch.setattr(done, "time", still)


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A countdown shows the number it began with, however slow the machine is."""
    monkeypatch.setattr(Countdown.__init__, "__defaults__", (lambda: 0.0,))
