"""DemoService: the local emulator with its sample users, and what a sign-in as one of them needs."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.auth import Auth
from tui_auth.auth.managed_login import DEFAULT_REDIRECT_URI, ManagedLogin
from tui_auth.demo.browser import DemoBrowser
from tui_auth.demo.phone import Phone
from tui_auth.emulator.demo_users import (
    PASSKEY_USERS,
    RELYING_PARTY,
    DemoPool,
    DemoUser,
    passkey_of,
    reset_user,
)
from tui_auth.flow.interface import PasskeySettings, SignInSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.demo.software_key import SoftwareKey
    from tui_auth.emulator import CognitoEmulator
    from tui_auth.error_kinds import PasskeyProblem

SESSION_SECONDS = 15 * 60.0
APP_NAME = "tui-auth demo"
KEY_PIN = "1234"
OTHER_USER_KEY = "n"
OTHER_USER = "Another user name"


class DemoKeys:
    """The demo's security key, which is plugged in. It is made on first use, because fido2 loads slowly."""

    def __init__(self, server: CognitoEmulator, pool: DemoPool) -> None:
        self._server = server
        self._user_pool_id = pool.user_pool_id

    @cached_property
    def key(self) -> SoftwareKey:
        """The key, with the passkeys of the sample users."""
        from tui_auth.demo.software_key import Credential, SoftwareKey

        users = self._server.state.pool(self._user_pool_id).users
        key = SoftwareKey(KEY_PIN, product_name="Demo key")
        for name in PASSKEY_USERS:
            credential_id, private_key = passkey_of(name)
            handle = {"id": users[name].sub.encode(), "name": name}
            key.credentials.append(Credential(credential_id, RELYING_PARTY, handle, private_key))
        return key

    def problem(self) -> PasskeyProblem | None:
        """Return None: the key can be used."""
        return None

    def open(self) -> Sequence[SoftwareKey]:
        """Return the key."""
        return (self.key,)


class DemoService:
    """The demo's user pools, sample users and phone, without a front end.

    Args:
        server: The emulator with the demo's pools and users.
        pool: The result of ``provision``.
        theme: The name of the theme, for the full screen.
    """

    def __init__(self, server: CognitoEmulator, pool: DemoPool, theme: str = SignInSettings.theme) -> None:
        self.server = server
        self.users = pool.users
        self._pool = pool
        self.phone = Phone(server)
        self.keys = DemoKeys(server, pool)
        self.browser = DemoBrowser()
        self.auth = Auth(pool.user_pool_id, pool.client_id, endpoint_url=server.endpoint_url)
        self._theme = theme
        self._visited_usernames: set[str] = set()
        for user in pool.users:
            if user.totp_secret:
                self.phone.enroll(user.username, user.totp_secret)

    def find_user(self, text: str) -> DemoUser | None:
        """Return the sample user with this key or user name, or None."""
        return next((user for user in self.users if text in (user.key, user.username)), None)

    def prepare_sign_in(self, user: DemoUser | None) -> tuple[Auth, SignInSettings]:
        """Return the app client and settings for a sign-in as this user; None for another user name.

        A step that happens only once for a user, such as a new password, happens again.
        """
        if user is None:
            return self.auth, self.settings()
        if user.username in self._visited_usernames:
            reset_user(self.server, user)
        self._visited_usernames.add(user.username)
        auth = Auth(
            user.user_pool_id,
            user.client_id,
            endpoint_url=self.server.endpoint_url,
            gateway=self.auth.gateway,
            trace=self.auth.trace,
        )
        return auth, self.settings(user)

    def settings(self, user: DemoUser | None = None) -> SignInSettings:
        """Return the settings for a sign-in as this user."""
        flow = AuthFlow(user.auth_flow) if user else AuthFlow.USER_SRP_AUTH
        return SignInSettings(
            pool="demo pool",
            environment_badge="DEMO · offline",
            app_name=APP_NAME,
            session_seconds=SESSION_SECONDS,
            theme=self._theme,
            auth_flow=flow,
            managed_login=self._managed_login if flow is AuthFlow.BROWSER else None,
            passkeys=PasskeySettings(RELYING_PARTY, keys=self.keys),
        )

    @cached_property
    def _managed_login(self) -> ManagedLogin:
        """The domain of the pool. The browser ends at the usual port, or at another one if that is in use."""
        from tui_auth.auth.browser_listener import find_port_problem

        login = ManagedLogin(self.server.endpoint_url, logout_uri=DEFAULT_REDIRECT_URI)
        if not find_port_problem(login.redirect_uri):
            return login
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            address = f"http://localhost:{free.getsockname()[1]}/"
        ids = {"UserPoolId": self._pool.user_pool_id, "ClientId": self._pool.client_id}
        client = self.server.call("DescribeUserPoolClient", ids)["UserPoolClient"]
        urls = [*client["CallbackURLs"], address]
        self.server.call("UpdateUserPoolClient", {**client, "CallbackURLs": urls})
        return replace(login, redirect_uri=address)
