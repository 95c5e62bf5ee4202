"""Textual programs that embed a sign-in, under Textual's pilot at 80×23."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import work
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.pilot import inexpensive_apps as inexpensive_apps
from tests.pilot import press, screen_text, type_text, until
from tests.scripted_gateway import Reply, ScriptedGateway, challenge
from tui_auth import Auth, Done
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool, DemoUser, provision
from tui_auth.screens.form_screen import FormScreen
from tui_auth.textual import SignIn

SIZE = (80, 23)
POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
PASSWORD = "hunter2"
SMS = challenge("SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******0123")


class Program(App[None]):
    """A program of somebody else, which opens a sign-in and records what comes of it."""

    def __init__(self, *replies: Reply, **options: Any) -> None:
        super().__init__()
        self.gateway = ScriptedGateway(*replies)
        self.options: dict[str, Any] = {"auth_flow": "USER_PASSWORD_AUTH", "username": "ann", **options}
        self.results: list[Done | None] = []

    def compose(self) -> ComposeResult:
        yield Static("The program's own screen", id="card", classes="fact")
        yield Input("its own field", id="username")

    def new_sign_in(self) -> SignIn:
        """Return a new sign-in over the scripted gateway."""
        return SignIn(Auth(POOL, CLIENT, gateway=self.gateway), **self.options)

    @work
    async def sign_in(self) -> None:
        """Open a sign-in and record its result."""
        self.results.append(await self.push_screen_wait(self.new_sign_in()))

    @property
    def form(self) -> FormScreen:
        """The topmost screen, which is one of a sign-in."""
        assert isinstance(self.screen, FormScreen)
        return self.screen

    @property
    def text(self) -> str:
        """The text on the screen without line wraps."""
        return screen_text(self)


async def open_sign_in(pilot: Pilot[Any], app: Program) -> SignIn:
    """Open a sign-in in the program and return it."""
    app.sign_in()
    await until(pilot, lambda: isinstance(app.screen, SignIn))
    assert isinstance(app.screen, SignIn)
    return app.screen


async def go_to_code(pilot: Pilot[Any], app: Program) -> None:
    """Open a sign-in and go on to the code by SMS."""
    await open_sign_in(pilot, app)
    await type_text(pilot, PASSWORD)
    await press(pilot, "enter")
    await until(pilot, lambda: "Code sent by SMS" in app.text)


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
