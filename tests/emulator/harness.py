"""A user pool under test, called over HTTP with an unmodified boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pyotp
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tui_auth.auth import srp
from tui_auth.emulator import CognitoEmulator

REGION = "eu-west-1"
PASSWORD = "Correct-Horse-9!"
OTHER_PASSWORD = "Battery-Staple-7?"
ALL_FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
]
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
TOTP = {"Enabled": True}
Reply = dict[str, Any]


def aws_client(server: CognitoEmulator, service: str = "cognito-idp") -> Any:
    """Return an unmodified boto3 client for the emulator's endpoint."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, read_timeout=60)
    return boto3.client(service, region_name=REGION, endpoint_url=server.endpoint_url, config=config)


@contextmanager
def expect_error(code: str, message: str | None = None) -> Iterator[None]:
    """Expect the block to raise an error with this code and, if specified, this message."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message


@dataclass
class PoolUnderTest:
    """One user pool with one app client."""

    server: CognitoEmulator
    aws: Any
    pool_id: str
    client_id: str
    client_secret: str | None = None

    def create_user(
        self,
        name: str = "ann",
        /,
        password: str = PASSWORD,
        *,
        permanent: bool = True,
        **attributes: str,
    ) -> str:
        """Create a user with a password and attributes (``custom__team`` for ``custom:team``).

        Returns:
            The real user name.
        """
        attribute_list = [
            {"Name": key.replace("__", ":"), "Value": value} for key, value in attributes.items()
        ]
        created = self.aws.admin_create_user(
            UserPoolId=self.pool_id,
            Username=name,
            UserAttributes=attribute_list,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
        if permanent:
            self.call_admin("admin_set_user_password", name, Password=password, Permanent=True)
        return str(created["User"]["Username"])

    def create_user_with_phone(self, name: str = "ann", /, **more: str) -> str:
        """Create a user with a verified phone number, the address of SMS codes."""
        phone = {"phone_number": "+4915550001234", "phone_number_verified": "true"}
        return self.create_user(name, PASSWORD, permanent=True, **phone, **more)

    def call_admin(self, operation: str, name: str, **arguments: Any) -> Reply:
        """Call an admin operation on a user of this pool."""
        reply: Reply = getattr(self.aws, operation)(UserPoolId=self.pool_id, Username=name, **arguments)
        return reply

    def set_mfa_preference(self, name: str = "ann", **settings: dict[str, bool]) -> None:
        """Call AdminSetUserMFAPreference."""
        self.call_admin("admin_set_user_mfa_preference", name, **settings)

    def initiate(self, flow: str, **parameters: str) -> Reply:
        """Call InitiateAuth."""
        reply: Reply = self.aws.initiate_auth(
            AuthFlow=flow, ClientId=self.client_id, AuthParameters=parameters
        )
        return reply

    def password_sign_in(self, name: str = "ann", password: str = PASSWORD, **more: str) -> Reply:
        """Call InitiateAuth with USER_PASSWORD_AUTH."""
        return self.initiate("USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=password, **more)

    def answer(self, reply: Reply, name: str = "ann", **responses: str) -> Reply:
        """Call RespondToAuthChallenge, with the challenge session of the reply if it has one."""
        session = {"Session": reply["Session"]} if "Session" in reply else {}
        next_reply: Reply = self.aws.respond_to_auth_challenge(
            ClientId=self.client_id,
            ChallengeName=reply["ChallengeName"],
            ChallengeResponses={"USERNAME": name, **responses},
            **session,
        )
        return next_reply

    def srp_claim(
        self, reply: Reply, a: int, password: str = PASSWORD, timestamp: str | None = None, **inputs: str
    ) -> dict[str, str]:
        """Return the three responses that prove a password to PASSWORD_VERIFIER."""
        challenge_parameters = reply["ChallengeParameters"]
        name = inputs.get("name", self.pool_id.partition("_")[2])
        user = inputs.get("user", challenge_parameters.get("USER_ID_FOR_SRP", ""))
        stamp = timestamp or srp.format_timestamp(self.server.clock.now())
        signature = srp.claim_signature(
            a=a,
            public_a=srp.public_value(a),
            srp_b=challenge_parameters["SRP_B"],
            salt=challenge_parameters["SALT"],
            secret_block=challenge_parameters["SECRET_BLOCK"],
            name=name,
            user=user,
            inner=srp.inner_hash(name, user, password),
            timestamp=stamp,
        )
        return {
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "PASSWORD_CLAIM_SECRET_BLOCK": challenge_parameters["SECRET_BLOCK"],
            "TIMESTAMP": stamp,
        }

    def srp_sign_in(self, name: str = "ann", password: str = PASSWORD, **more: str) -> Reply:
        """Make both calls of USER_SRP_AUTH."""
        a = srp.private_value()
        first = self.initiate("USER_SRP_AUTH", USERNAME=name, SRP_A=f"{srp.public_value(a):x}", **more)
        claim = self.srp_claim(first, a, password)
        return self.answer(first, first["ChallengeParameters"]["USERNAME"], **claim, **more)

    def get_access_token(self, name: str = "ann") -> str:
        """Return the access token of a user without a second factor."""
        return str(self.password_sign_in(name)["AuthenticationResult"]["AccessToken"])

    def set_up_totp(self, name: str = "ann", friendly_name: str = "laptop") -> str:
        """Set up an authenticator with the previous window's code, and return its key."""
        token = self.get_access_token(name)
        secret: str = self.aws.associate_software_token(AccessToken=token)["SecretCode"]
        self.aws.verify_software_token(
            AccessToken=token, UserCode=self.totp_code(secret, -1), FriendlyDeviceName=friendly_name
        )
        return secret

    def totp_code(self, secret: str, windows: int = 0) -> str:
        """Return the authenticator's code ``windows`` time windows from now."""
        return pyotp.TOTP(secret).at(int(self.server.clock.now()) + 30 * windows)

    def newest_message(self, name: str = "ann") -> dict[str, Any]:
        """Return the newest message to a user."""
        return [entry for entry in self.server.messages if entry["username"] == name][-1]

    def newest_code(self, name: str = "ann") -> str:
        """Return the newest code sent to a user."""
        return str(self.newest_message(name)["code"])


def other_code(code: str) -> str:
    """Return a different code of the same length."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def parse_json_list(text: str) -> list[str]:
    """Parse a JSON array of strings in ChallengeParameters."""
    values = json.loads(text)
    assert isinstance(values, list)
    return values
