"""Fixtures that make the pictures the same on every machine."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.pilot import inexpensive_apps as inexpensive_apps
from tests.snapshots.gallery import NOW
from tui_auth.auth.browser_listener import BrowserListener
from tui_auth.auth.next_step import ContinueSignInWithBrowser
from tui_auth.flow import after_sign_in
from tui_auth.screens import custom_challenge, done
from tui_auth.storage.stores import STORAGE_LABELS
from tui_auth.widgets.countdown import Countdown


@pytest.fixture(autouse=True)
def fixed_time_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze the time of day on the Done screen and the version on the unknown step's screen."""
    monkeypatch.setattr(custom_challenge, "__version__", "0.1.0")
    frozen_time = SimpleNamespace(time=lambda: NOW, localtime=time.gmtime, strftime=time.strftime)
    monkeypatch.setattr(done, "time", frozen_time)


@pytest.fixture(autouse=True)
def frozen_countdowns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Freeze each countdown at its first number."""
    monkeypatch.setattr(Countdown.__init__, "__defaults__", (lambda: 0.0,))


@pytest.fixture(autouse=True)
def local_browser_without_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show the browser's screen as on a machine without SSH whose port is free, and bind none."""
    monkeypatch.setattr(BrowserListener, "_bind", lambda self: [])
    monkeypatch.setattr(ContinueSignInWithBrowser, "short_url", "http://localhost:47831/abcd")
    for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def every_storage_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer all kinds of storage, whatever this machine has."""
    monkeypatch.setattr(after_sign_in, "available_storage_kinds", lambda: tuple(STORAGE_LABELS))
