"""The keys that sign tokens are made in the background."""

from __future__ import annotations

import threading

import pytest

from tui_auth.emulator import PoolServer, signing_keys


def test_a_server_stops_only_after_its_keys_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, made = threading.Event(), list[object]()

    def new_key() -> object:
        closed.wait()
        made.append(object())
        return made[-1]

    monkeypatch.setattr(signing_keys, "new_key", new_key)
    server = PoolServer()
    close = server._endpoint.server_close

    def server_close() -> None:
        close()
        closed.set()

    monkeypatch.setattr(server._endpoint, "server_close", server_close)
    server.start()
    server.stop()
    assert len(made) == 2
