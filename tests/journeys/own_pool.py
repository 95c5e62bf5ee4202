"""A user pool with the settings a test needs, and the real program signing in to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyotp

from tests.clocks import frozen
from tests.journeys.conftest import SignIn
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PASSWORD, DemoUser

FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "REFRESH_TOKEN_AUTH")
APP_AND_SMS = {
    "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}},
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
}
PROGRAM = ("-m", "tui_auth", "sign-in")


class OwnPool:
    """One user pool with one app client.

    ``settings`` are CreateUserPool's, ``mfa`` SetUserPoolMfaConfig's, ``client`` CreateUserPoolClient's.
    """

    def __init__(
        self,
        server: CognitoEmulator,
        home: Path,
        stack: ExitStack,
        *,
        mfa: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.server, self.home, self._exit_stack = server, home, stack
        self.id = str(server.call("CreateUserPool", {"PoolName": "own", **settings})["UserPool"]["Id"])
        if mfa:
            server.call("SetUserPoolMfaConfig", {"UserPoolId": self.id, **mfa})
        client_settings = {"ExplicitAuthFlows": [f"ALLOW_{flow}" for flow in FLOWS], **(client or {})}
        app_client = server.call(
            "CreateUserPoolClient", {"UserPoolId": self.id, "ClientName": "terminal", **client_settings}
        )["UserPoolClient"]
        self.client_id = str(app_client["ClientId"])
        self.client_secret = str(app_client.get("ClientSecret", ""))

    def create_user(self, name: str = "ann", *, password: str | None = PASSWORD, **attributes: str) -> None:
        """Create a user, without a password if ``password`` is None."""
        user_key = {"UserPoolId": self.id, "Username": name}
        user_attributes = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.server.call(
            "AdminCreateUser", {**user_key, "UserAttributes": user_attributes, "MessageAction": "SUPPRESS"}
        )
        if password is not None:
            self.server.call("AdminSetUserPassword", {**user_key, "Password": password, "Permanent": True})

    def access_token(self, name: str = "ann") -> str:
        """Return an access token of a user who needs only the password."""
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        request = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.client_id, "AuthParameters": parameters}
        return str(self.server.call("InitiateAuth", request)["AuthenticationResult"]["AccessToken"])

    def add_authenticator_app(self, name: str = "ann") -> pyotp.TOTP:
        """Set up a required authenticator app for a user, and return it; its current code is unused."""
        token = self.access_token(name)
        phone = pyotp.TOTP(
            str(self.server.call("AssociateSoftwareToken", {"AccessToken": token})["SecretCode"])
        )
        with frozen(self.server.clock):
            previous_code = phone.at(int(self.server.clock.now()) - 30)
            self.server.call("VerifySoftwareToken", {"AccessToken": token, "UserCode": previous_code})
        preference = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        self.server.call("SetUserMFAPreference", {"AccessToken": token, **preference})
        return phone

    def flags(self) -> list[str]:
        """Return the flags that specify the pool."""
        pool_flags = ("--user-pool-id", self.id, "--client-id", self.client_id)
        return [*pool_flags, "--endpoint-url", self.server.endpoint_url]

    def write_profile(self, *lines: str) -> list[str]:
        """Store the pool as profile ``own`` with more lines of TOML, and return the flags for it."""
        folder = self.home / ".config" / "tui-auth"
        folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "user_pool_id": self.id,
            "client_id": self.client_id,
            "endpoint_url": self.server.endpoint_url,
        }
        pool_lines = [f'{key} = "{value}"' for key, value in settings.items()]
        (folder / "config.toml").write_text("\n".join(["[profiles.own]", *pool_lines, *lines, ""]))
        return ["--profile", "own"]

    def sign_in(
        self,
        *flags: str,
        username: str = "ann",
        flow: str = "USER_SRP_AUTH",
        pool_flags: Sequence[str] | None = None,
        program: Sequence[str] = PROGRAM,
        rows: int = 23,
        **environment: str,
    ) -> SignIn:
        """Start the program; ``pool_flags`` replace the flags that specify the pool."""
        pool_flags = self.flags() if pool_flags is None else pool_flags
        arguments = [*program, *pool_flags, "--auth-flow", flow, *flags]
        sign_in = SignIn(arguments, home=self.home, rows=rows, environment=environment)
        sign_in.server = self.server
        sign_in.user = DemoUser("", username, PASSWORD, "", "", None, self.id, self.client_id, flow)
        return self._exit_stack.enter_context(sign_in)


MakePool = Callable[..., OwnPool]
"""Create a pool for a test; see the fixture ``own_pool``."""
