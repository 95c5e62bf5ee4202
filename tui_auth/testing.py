"""A pytest plugin: the fixture ``cognito_pool`` is a local Cognito user pool with users, for your own tests.

pytest loads it wherever tui-auth is installed. ``running_pool`` is the same without the fixture, such as for
one of another scope. docs/a-pool-for-your-tests.md has examples.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tui_auth.emulator.demo_users import DemoPool, DemoUser
    from tui_auth.emulator.server import CognitoEmulator

TOTP_SECONDS = 30


@pytest.fixture
def cognito_pool() -> Iterator[CognitoPool]:
    """A user pool of its own for a test: a local emulator, users for every sign-in step, their codes."""
    with running_pool() as pool:
        yield pool


@contextmanager
def running_pool() -> Iterator[CognitoPool]:
    """Serve a user pool on this machine until the end of the block."""
    from tui_auth.emulator.demo_users import provision
    from tui_auth.emulator.server import CognitoEmulator

    with CognitoEmulator() as emulator:
        yield CognitoPool(emulator, provision(emulator))


class CognitoPool:
    """A user pool on this machine, its users and the codes they got.

    Attributes:
        endpoint_url: Where Cognito is served, as every AWS SDK takes it.
        region: The region of the pool.
        user_pool_id: The user pool.
        client_id: Its app client, which allows every flow.
        identity_pool_id: An identity pool for AWS credentials.
        users: The users by name: "ann" has a password only, "sam" gets codes by SMS, "emil" by email, "tom"
            uses an authenticator app, "nora" must choose a new password, "carl" confirm the sign-up; the
            documentation lists all. Each has username, password, user_pool_id, client_id and auth_flow.
    """

    def __init__(self, emulator: CognitoEmulator, pool: DemoPool) -> None:
        self._emulator = emulator
        self._last_steps: dict[str, int] = {}
        self.endpoint_url = emulator.endpoint_url
        self.region = emulator.region
        self.user_pool_id = pool.user_pool_id
        self.client_id = pool.client_id
        self.identity_pool_id = pool.identity_pool_id
        self.users: Mapping[str, DemoUser] = {user.username: user for user in pool.users}

    @property
    def environ(self) -> dict[str, str]:
        """The variables with which a program of the AWS SDKs, or tui-auth, uses this pool."""
        return {
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": self.endpoint_url,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY": self.endpoint_url,
            "AWS_DEFAULT_REGION": self.region,
            "TUI_AUTH_USER_POOL_ID": self.user_pool_id,
            "TUI_AUTH_CLIENT_ID": self.client_id,
        }

    def codes(self, username: str | None = None) -> list[str]:
        """Return the codes that were sent by SMS and email, the newest last.

        Args:
            username: The user they were sent to; by default all users.
        """
        messages = self._emulator.messages
        return [message["code"] for message in messages if username in (None, message["username"])]

    def totp_code(self, username: str = "tom") -> str:
        """Return a code of the user's authenticator app. Each call gives another one: a code works once.

        Cognito accepts the codes of the next 30 seconds too, so there are two within half a minute.
        """
        import pyotp

        secret = self.users[username].totp_secret
        if secret is None:
            raise ValueError(f"{username} has no authenticator app.")
        step = int(self._emulator.clock.now()) // TOTP_SECONDS
        step = self._last_steps[username] = max(step, self._last_steps.get(username, 0) + 1)
        return pyotp.TOTP(secret).at(step * TOTP_SECONDS)

    def create_user(self, username: str, password: str, **attributes: str) -> str:
        """Create a confirmed user with a password and attributes, and return Cognito's user name."""
        target = {"UserPoolId": self.user_pool_id, "Username": username}
        values = [{"Name": name, "Value": value} for name, value in {"name": username, **attributes}.items()]
        user = self.call("AdminCreateUser", **target, UserAttributes=values, MessageAction="SUPPRESS")
        self.call("AdminSetUserPassword", **target, Password=password, Permanent=True)
        return str(user["User"]["Username"])

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation of Cognito, such as AdminGetUser, without credentials and over no network.

        Raises CognitoError (tui_auth.emulator.errors) with Cognito's code and message.
        """
        return self._emulator.call(operation, parameters)

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of each request of an operation over HTTP, in order."""
        return [parameters for name, parameters in self._emulator.calls if name == operation]

    def fail_next(self, operation: str, code: str, message: str = "", times: int = 1) -> None:
        """Let the next requests of an operation fail, such as with TooManyRequestsException."""
        self._emulator.fail_next(operation, code, message, times)
