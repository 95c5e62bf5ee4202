"""Fixtures that run the real program on an 80×23 pseudo-terminal against the local emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.terminal.emulator import unwrap
from tests.terminal.pty_program import PtyProgram
from tui_auth.emulator import CognitoEmulator, demo_users
from tui_auth.emulator.demo_users import DemoPool, DemoUser, provision

if TYPE_CHECKING:
    from tests.journeys.own_pool import OwnPool


class SignIn(PtyProgram):
    """A running sign-in: type, read the screen, and look at the user's inbox and phone."""

    server: CognitoEmulator
    user: DemoUser

    def wait_for_text(self, text: str) -> None:
        """Wait for a text, whatever its wrapping."""
        self.wait_for(lambda _: text in unwrap(self.screen_text()))

    def enter(self, *texts: str) -> None:
        """Type each text, with Enter after it."""
        for text in texts:
            self.send(text)
            self.press("enter")

    def enter_and_wait_for_reply(self, text: str) -> None:
        """Enter a text and wait for Cognito's reply.

        A later reply may show the same text as an earlier one, so waiting for the text isn't enough.
        """
        before = len(self.server.calls)
        self.enter(text)
        # Not for the notice that Cognito is asked: a quick reply leaves no time to draw it.
        self.wait_for(lambda _: len(self.server.calls) > before)
        self.wait_gone("Asking Cognito")

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a line prompt that wasn't answered yet, and answer it."""
        answered = self.__dict__.setdefault("_prompts", {})
        before = answered.get(prompt, 0)
        self.wait_for(lambda _: self._prompt_count(prompt) > before)
        answered[prompt] = self._prompt_count(prompt)
        self.enter(text)

    def _prompt_count(self, prompt: str) -> int:
        screen = self.screen_text().rstrip()
        return screen.count(prompt) if screen.endswith(prompt) else 0

    def log_in(self, password: str | None = None) -> None:
        """Fill in the first screen with the user's name and password."""
        self.wait_for("Username")
        self.enter(self.user.username)
        if self._has_password:
            self.enter(password or self.user.password)

    def log_in_at_prompts(self) -> None:
        """Enter the user's name and password at line prompts."""
        self.wait_for("Username:")
        self.enter(self.user.username)
        if self._has_password:
            self.wait_for("Password:")
            self.enter(self.user.password)

    @property
    def _has_password(self) -> bool:
        return "WITHOUT" not in self.user.auth_flow and self.user.auth_flow != "USER_AUTH"

    def newest_code(self) -> str:
        """Wait for a message to the user and return the newest code."""
        self.wait_for(lambda _: self._messages())
        return str(self._messages()[-1]["code"])

    @property
    def requests(self) -> list[str]:
        """Return the requests to the pool: operations, or the challenge an answer is for."""
        return [str(request.get("ChallengeName", operation)) for operation, request in self.server.calls]

    def codes_sent(self) -> int:
        """Return the number of messages sent to the user."""
        return len(self._messages())

    def _messages(self) -> list[dict[str, object]]:
        return [message for message in self.server.messages if message["username"] == self.user.username]


StartSignIn = Callable[..., SignIn]
"""Start ``tui-auth sign-in`` for a demo user; see ``sign_in_as``."""


@pytest.fixture
def server() -> Iterator[CognitoEmulator]:
    """Run an emulator with the demo's custom challenge triggers."""
    with CognitoEmulator(triggers=demo_users) as stack:
        yield stack


@pytest.fixture
def demo(server: CognitoEmulator) -> DemoPool:
    """Create the demo users: one for each step."""
    return provision(server)


@pytest.fixture
def sign_in_as(server: CognitoEmulator, demo: DemoPool, tmp_path: Path) -> Iterator[StartSignIn]:
    """Return a function that starts ``tui-auth sign-in`` for a demo user."""
    users = {user.username: user for user in demo.users}
    with ExitStack() as stack:

        def start(
            username: str,
            *flags: str,
            rows: int = 23,
            cols: int = 80,
            pass_endpoint_flag: bool = True,
            program: Sequence[str] = ("-m", "tui_auth"),
            **environment: str,
        ) -> SignIn:
            user = users[username]
            arguments = [*program, "sign-in", "--user-pool-id", user.user_pool_id]
            arguments += ["--client-id", user.client_id, "--auth-flow", user.auth_flow]
            if pass_endpoint_flag:
                arguments += ["--endpoint-url", server.endpoint_url]
            arguments += flags  # last, so that they override the others
            sign_in = SignIn(arguments, home=tmp_path, rows=rows, cols=cols, environment=environment)
            sign_in.server, sign_in.user = server, user
            return stack.enter_context(sign_in)

        yield start


@pytest.fixture
def own_pool(server: CognitoEmulator, tmp_path: Path) -> Iterator[Callable[..., OwnPool]]:
    """Return a function that creates a pool for this test."""
    from tests.journeys.own_pool import OwnPool

    with ExitStack() as stack:
        yield lambda **settings: OwnPool(server, tmp_path, stack, **settings)
