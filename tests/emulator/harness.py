"""A user pool under test: what the tests ask it, over real HTTP with an unmodified boto3."""

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
from tui_auth.emulator import PoolServer

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


def aws_client(server: PoolServer, service: str = "cognito-idp") -> Any:
    """An unmodified boto3 client on the server's endpoint."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, read_timeout=60)
    return boto3.client(service, region_name=REGION, endpoint_url=server.endpoint_url, config=config)


@contextmanager
def refused(code: str, message: str | None = None) -> Iterator[None]:
    """The block must be refused with this exception code, and this text if one is given."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if message is not None:
        assert error["Message"] == message


@dataclass
class PoolUnderTest:
    """One user pool with one app client."""

    server: PoolServer
    aws: Any
    pool_id: str
    client_id: str
    client_secret: str | None = None

    def user(
        self,
        name: str = "ann",
        /,
        password: str = PASSWORD,
        *,
        permanent: bool = True,
        **attributes: str,
    ) -> str:
        """A user with a password, and attributes (``custom__team`` for ``custom:team``).

        Gives the real user name.
        """
        listed = [{"Name": key.replace("__", ":"), "Value": value} for key, value in attributes.items()]
        made = self.aws.admin_create_user(
            UserPoolId=self.pool_id,
            Username=name,
            UserAttributes=listed,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
        if permanent:
            self.admin("admin_set_user_password", name, Password=password, Permanent=True)
        return str(made["User"]["Username"])

    def with_phone(self, name: str = "ann", /, **more: str) -> str:
        """A user with a phone number, and SMS as second factor where the pool has it on."""
        phone = {"phone_number": "+4915550001234", "phone_number_verified": "true"}
        return self.user(name, PASSWORD, permanent=True, **phone, **more)

    def admin(self, operation: str, name: str, **arguments: Any) -> Reply:
        """An admin operation on a user of this pool."""
        reply: Reply = getattr(self.aws, operation)(UserPoolId=self.pool_id, Username=name, **arguments)
        return reply

    def prefer(self, name: str = "ann", **settings: dict[str, bool]) -> None:
        """AdminSetUserMFAPreference."""
        self.admin("admin_set_user_mfa_preference", name, **settings)

    def initiate(self, flow: str, **parameters: str) -> Reply:
        """InitiateAuth."""
        reply: Reply = self.aws.initiate_auth(
            AuthFlow=flow, ClientId=self.client_id, AuthParameters=parameters
        )
        return reply

    def password_sign_in(self, name: str = "ann", password: str = PASSWORD, **more: str) -> Reply:
        """USER_PASSWORD_AUTH."""
        return self.initiate("USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=password, **more)

    def answer(self, reply: Reply, name: str = "ann", **responses: str) -> Reply:
        """RespondToAuthChallenge to a reply, with its session if it has one."""
        session = {"Session": reply["Session"]} if "Session" in reply else {}
        answered: Reply = self.aws.respond_to_auth_challenge(
            ClientId=self.client_id,
            ChallengeName=reply["ChallengeName"],
            ChallengeResponses={"USERNAME": name, **responses},
            **session,
        )
        return answered

    def srp_claim(
        self, reply: Reply, a: int, password: str = PASSWORD, timestamp: str | None = None, **inputs: str
    ) -> dict[str, str]:
        """The three responses that prove a password to PASSWORD_VERIFIER."""
        given = reply["ChallengeParameters"]
        name = inputs.get("name", self.pool_id.partition("_")[2])
        user = inputs.get("user", given.get("USER_ID_FOR_SRP", ""))
        stamp = timestamp or srp.format_timestamp(self.server.clock.now())
        signature = srp.claim_signature(
            a=a,
            public_a=srp.public_value(a),
            srp_b=given["SRP_B"],
            salt=given["SALT"],
            secret_block=given["SECRET_BLOCK"],
            name=name,
            user=user,
            inner=srp.inner_hash(name, user, password),
            timestamp=stamp,
        )
        return {
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
            "TIMESTAMP": stamp,
        }

    def srp_sign_in(self, name: str = "ann", password: str = PASSWORD, **more: str) -> Reply:
        """USER_SRP_AUTH, both calls."""
        a = srp.private_value()
        first = self.initiate("USER_SRP_AUTH", USERNAME=name, SRP_A=f"{srp.public_value(a):x}", **more)
        claim = self.srp_claim(first, a, password)
        return self.answer(first, first["ChallengeParameters"]["USERNAME"], **claim, **more)

    def access_token(self, name: str = "ann") -> str:
        """The access token of a user whom the password alone signs in."""
        return str(self.password_sign_in(name)["AuthenticationResult"]["AccessToken"])

    def enrol(self, name: str = "ann", friendly_name: str = "laptop") -> str:
        """Give a user an authenticator, with the code of the window before; gives the secret."""
        token = self.access_token(name)
        secret: str = self.aws.associate_software_token(AccessToken=token)["SecretCode"]
        self.aws.verify_software_token(
            AccessToken=token, UserCode=self.totp(secret, -1), FriendlyDeviceName=friendly_name
        )
        return secret

    def totp(self, secret: str, windows: int = 0) -> str:
        """What an authenticator shows, so many windows from now."""
        return pyotp.TOTP(secret).at(int(self.server.clock.now()) + 30 * windows)

    def message(self, name: str = "ann") -> dict[str, Any]:
        """The newest message to a user of this pool's test."""
        return [one for one in self.server.messages if one["username"] == name][-1]

    def code(self, name: str = "ann") -> str:
        """The newest code sent to a user."""
        return str(self.message(name)["code"])


def other(code: str) -> str:
    """A code of the same length that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def json_list(text: str) -> list[str]:
    """A JSON array of strings out of ChallengeParameters."""
    listed = json.loads(text)
    assert isinstance(listed, list)
    return listed
