"""What makes the gallery's pictures the same on every machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.pilot import reduce_app_cost
from tests.snapshots.gallery import NOW
from tui_auth.screens import done, unknown_step
from tui_auth.widgets.countdown import Countdown


@pytest.fixture(autouse=True)
def less_work_per_app() -> Iterator[None]:
    """Save CPU time in each app."""
    with reduce_app_cost():
        yield


@pytest.fixture(autouse=True)
def nothing_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done tells the time of day, and the unknown step our version; here both are always the same."""
    monkeypatch.setattr(unknown_step, "__version__", "0.1.0")
    still = SimpleNamespace(time=lambda: NOW, localtime=time.gmtime, strftime=time.strftime)
    monkeypatch.setattr(done, "time", still)


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A countdown shows the number it began with, however slow the machine is."""
    monkeypatch.setattr(Countdown.__init__, "__defaults__", (lambda: 0.0,))
