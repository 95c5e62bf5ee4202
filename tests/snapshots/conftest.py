"""Fixtures that make the pictures the same on every machine."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.pilot import inexpensive_apps as inexpensive_apps
from tests.snapshots.gallery import NOW
from tui_auth.screens import custom_challenge, done
from tui_auth.widgets.countdown import Countdown


@pytest.fixture(autouse=True)
def fixed_time_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fix the time of day on the screen of Done, and our version on that of the unknown step."""
    monkeypatch.setattr(custom_challenge, "__version__", "0.1.0")
    still = SimpleNamespace(time=lambda: NOW, localtime=time.gmtime, strftime=time.strftime)
    monkeypatch.setattr(done, "time", still)


@pytest.fixture(autouse=True)
def frozen_countdowns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze each countdown at its first number, however slow the machine is."""
    monkeypatch.setattr(Countdown.__init__, "__defaults__", (lambda: 0.0,))
