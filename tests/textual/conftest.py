"""Textual programs that embed a sign-in, under Textual's pilot at 80×23, over the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pilot import inexpensive_apps as inexpensive_apps
from tui_auth import Auth
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool, DemoUser, provision

SIZE = (80, 23)


class Cognito:
    """The emulator with its sample users."""

    def __init__(self, server: CognitoEmulator, pool: DemoPool) -> None:
        self.server, self.pool = server, pool

    def user(self, username: str) -> DemoUser:
        """Return a sample user."""
        return next(user for user in self.pool.users if user.username == username)

    def auth(self, username: str) -> Auth:
        """Return the Auth for the pool of a sample user."""
        user = self.user(username)
        auth = Auth(user.user_pool_id, user.client_id, endpoint_url=self.server.endpoint_url)
        auth.default_auth_flow = user.auth_flow
        return auth

    def newest_code(self, username: str) -> str:
        """Return the newest code that was sent to a user."""
        return next(
            str(message["code"])
            for message in reversed(self.server.messages)
            if message["username"] == username
        )


@pytest.fixture
def cognito(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cognito]:
    """Serve the emulator, with folders for configuration and sessions of this test alone."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    with CognitoEmulator() as server:
        yield Cognito(server, provision(server))
