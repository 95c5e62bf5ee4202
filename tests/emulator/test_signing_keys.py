"""The keys that sign tokens are made in the background."""

from __future__ import annotations

import threading

import pytest

from tui_auth.emulator import CognitoEmulator, state


def test_an_emulator_stops_only_after_its_keys_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, created = threading.Event(), list[object]()

    def new_key() -> object:
        closed.wait()
        created.append(object())
        return created[-1]

    monkeypatch.setattr(state, "new_key", new_key)
    server = CognitoEmulator()
    close = server._endpoint.server_close

    def server_close() -> None:
        close()
        closed.set()

    monkeypatch.setattr(server._endpoint, "server_close", server_close)
    server.start()
    server.stop()
    assert len(created) == 2
