"""A user pool of a journey's own: set up as the journey needs it, and the real program signing in to it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyotp

from tests.clocks import stopped
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
    """One pool with one app client.

    ``settings`` are CreateUserPool's, ``mfa`` SetUserPoolMfaConfig's, ``client`` CreateUserPoolClient's.
    """

    def __init__(
        self,
        server: CognitoEmulator,
        home: Path,
        running: ExitStack,
        *,
        mfa: dict[str, Any] | None = None,
        client: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.server, self.home, self._running = server, home, running
        self.id = str(server.call("CreateUserPool", {"PoolName": "own", **settings})["UserPool"]["Id"])
        if mfa:
            server.call("SetUserPoolMfaConfig", {"UserPoolId": self.id, **mfa})
        wanted = {"ExplicitAuthFlows": [f"ALLOW_{flow}" for flow in FLOWS], **(client or {})}
        made = server.call(
            "CreateUserPoolClient", {"UserPoolId": self.id, "ClientName": "terminal", **wanted}
        )["UserPoolClient"]
        self.client_id = str(made["ClientId"])
        self.client_secret = str(made.get("ClientSecret", ""))

    def user(self, name: str = "ann", *, password: str | None = PASSWORD, **attributes: str) -> None:
        """Make a user; without a password where that is None."""
        whom = {"UserPoolId": self.id, "Username": name}
        given = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.server.call("AdminCreateUser", {**whom, "UserAttributes": given, "MessageAction": "SUPPRESS"})
        if password is not None:
            self.server.call("AdminSetUserPassword", {**whom, "Password": password, "Permanent": True})

    def token_of(self, name: str = "ann") -> str:
        """An access token of a user whom the password alone signs in."""
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        request = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.client_id, "AuthParameters": parameters}
        return str(self.server.call("InitiateAuth", request)["AuthenticationResult"]["AccessToken"])

    def phone_of(self, name: str = "ann") -> pyotp.TOTP:
        """Give a user an authenticator app that is asked for from now on; its present code is fresh."""
        token = self.token_of(name)
        phone = pyotp.TOTP(
            str(self.server.call("AssociateSoftwareToken", {"AccessToken": token})["SecretCode"])
        )
        with stopped(self.server.clock):
            first = phone.at(int(self.server.clock.now()) - 30)
            self.server.call("VerifySoftwareToken", {"AccessToken": token, "UserCode": first})
        prefer = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
        self.server.call("SetUserMFAPreference", {"AccessToken": token, **prefer})
        return phone

    def flags(self) -> list[str]:
        """The flags that name the pool."""
        named = ("--user-pool-id", self.id, "--client-id", self.client_id)
        return [*named, "--endpoint-url", self.server.endpoint_url]

    def profile(self, *lines: str) -> list[str]:
        """Keep the pool as the profile ``own`` with further lines of TOML; the flags that name it."""
        folder = self.home / ".config" / "tui-auth"
        folder.mkdir(parents=True, exist_ok=True)
        known = (("user_pool_id", self.id), ("client_id", self.client_id))
        named = [f'{key} = "{value}"' for key, value in (*known, ("endpoint_url", self.server.endpoint_url))]
        (folder / "config.toml").write_text("\n".join(["[profiles.own]", *named, *lines, ""]))
        return ["--profile", "own"]

    def sign_in(
        self,
        *flags: str,
        username: str = "ann",
        flow: str = "USER_SRP_AUTH",
        named: Sequence[str] | None = None,
        program: Sequence[str] = PROGRAM,
        rows: int = 23,
        **environment: str,
    ) -> SignIn:
        """Start the program at its first screen; ``named`` are other flags to name the pool by."""
        arguments = [*program, *(self.flags() if named is None else named), "--auth-flow", flow, *flags]
        started = SignIn(arguments, home=self.home, rows=rows, environment=environment)
        started.server = self.server
        started.user = DemoUser("", username, PASSWORD, "", None, self.id, self.client_id, flow)
        return self._running.enter_context(started)
