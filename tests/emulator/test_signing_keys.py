"""The signing keys are generated in the background."""

from __future__ import annotations

import threading

import pytest

from tui_auth.emulator import CognitoEmulator, state


def test_emulator_stops_only_after_its_keys_are_generated(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, created = threading.Event(), list[object]()

    def wait_for_close() -> object:
        closed.wait()
        created.append(object())
        return created[-1]

    monkeypatch.setattr(state, "new_key", wait_for_close)
    server = CognitoEmulator()
    close = server._endpoint.server_close

    def close_endpoint() -> None:
        close()
        closed.set()

    monkeypatch.setattr(server._endpoint, "server_close", close_endpoint)
    server.start()
    server.stop()
    assert len(created) == 2
