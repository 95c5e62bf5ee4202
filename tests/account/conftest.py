"""A signed-in user with an account, against a user pool of the emulator."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from tests.emulator.conftest import MakePool as MakePool
from tests.emulator.conftest import make_pool as make_pool
from tests.emulator.conftest import own_pool as own_pool
from tests.emulator.conftest import server as server
from tests.emulator.conftest import shared_aws as shared_aws
from tests.emulator.conftest import shared_server as shared_server
from tests.emulator.harness import SMS, PoolUnderTest
from tui_auth.account.account import Account
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.errors import NotSignedInError

MFA = {
    "MfaConfiguration": "OPTIONAL",
    "SmsMfaConfiguration": SMS,
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "EmailMfaConfiguration": {},
}


@dataclass
class MemorySession:
    """A session in memory, with the rules of ``TokenSource``."""

    pool: PoolUnderTest
    tokens: dict[str, Any]
    rejected: list[str] = field(default_factory=list)
    refreshes: int = 0
    is_forgotten: bool = False
    device_key: str = ""

    def token(
        self,
        kind: Literal["access", "id"] = "access",
        *,
        min_ttl: float | None = None,
        rejected: str | None = None,
    ) -> str:
        """Return the token; refresh it if it is the rejected one."""
        if rejected is not None:
            self.rejected.append(rejected)
        if rejected == self.tokens["AccessToken"]:
            self.refresh()
        return str(self.tokens["AccessToken" if kind == "access" else "IdToken"])

    def refresh(self) -> None:
        """Refresh, or forget the session if the pool has ended it."""
        self.refreshes += 1
        try:
            device = {"DEVICE_KEY": self.device_key} if self.device_key else {}
            reply = self.pool.initiate(
                "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=self.tokens["RefreshToken"], **device
            )
        except self.pool.aws.exceptions.NotAuthorizedException:
            self.is_forgotten = True
            raise NotSignedInError("The session has ended.") from None
        self.tokens |= reply["AuthenticationResult"]


@dataclass
class SignedIn:
    """A signed-in user: the pool, the session and the account."""

    pool: PoolUnderTest
    session: MemorySession
    account: Account
    forgotten: list[str] = field(default_factory=list)

    @property
    def calls(self) -> list[str]:
        """The operations that reached the pool since ``clear``."""
        return [name for name, _ in self.pool.server.calls[self._start :]]

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of an operation's requests since ``clear``."""
        return [params for name, params in self.pool.server.calls[self._start :] if name == operation]

    def clear(self) -> None:
        """Forget the requests so far."""
        self._start = len(self.pool.server.calls)

    _start: int = 0


def sign_in(pool: PoolUnderTest, tokens: dict[str, Any] | None = None) -> SignedIn:
    """Sign ann in and return her account; ``tokens`` are those of another sign-in."""
    session = MemorySession(pool, dict(tokens or pool.password_sign_in()["AuthenticationResult"]))
    gateway = CognitoGateway(Address("eu-west-1", pool.server.endpoint_url))
    forgotten: list[str] = []
    account = Account(
        session,
        gateway,
        on_device_forgotten=lambda: forgotten.append("device"),
        on_deleted=lambda: forgotten.append("user"),
    )
    signed_in = SignedIn(pool, session, account, forgotten)
    signed_in.clear()
    return signed_in


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    """A pool with every second factor, and ann with a verified email address and phone number."""
    pool = make_pool(mfa=MFA, AutoVerifiedAttributes=["email", "phone_number"])
    pool.create_user_with_phone(email="ann@example.com", email_verified="true", name="Ann Example")
    return pool


@pytest.fixture
def ann(pool: PoolUnderTest) -> SignedIn:
    """Ann, signed in with her password."""
    return sign_in(pool)


def new_totp(signed_in: SignedIn) -> str:
    """Set up an authenticator app for ann and return its key."""
    key = signed_in.account.set_up_totp().shared_secret.reveal()
    signed_in.account.verify_totp_setup(signed_in.pool.totp_code(key), turn_on=True)
    return key


def sign_in_on_device(pool: PoolUnderTest) -> SignedIn:
    """Sign ann in on a machine that the pool remembers."""
    result = pool.password_sign_in()["AuthenticationResult"]
    key = result["NewDeviceMetadata"]["DeviceKey"]
    number = base64.b64encode(b"\0salt-and-verifier").decode()
    pool.aws.confirm_device(
        AccessToken=result["AccessToken"],
        DeviceKey=key,
        DeviceName="my-laptop",
        DeviceSecretVerifierConfig={"PasswordVerifier": number, "Salt": number},
    )
    signed_in = sign_in(pool, result)
    signed_in.session.device_key = key
    return signed_in


@pytest.fixture
def rich_pool(make_pool: MakePool) -> PoolUnderTest:
    """A pool that remembers devices and tracks sessions, too, and ann with a verified email address."""
    pool = make_pool(
        mfa=MFA,
        AutoVerifiedAttributes=["email", "phone_number"],
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": False},
    )
    pool.create_user_with_phone(email="ann@example.com", email_verified="true", name="Ann Example")
    pool.aws.set_user_pool_session_configuration(
        UserPoolId=pool.pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 20}
    )
    return pool


@pytest.fixture
def rich_ann(rich_pool: PoolUnderTest) -> SignedIn:
    """Ann, signed in on a machine that the pool remembers, and twice elsewhere."""
    for _ in range(2):
        sign_in_on_device(rich_pool)
    return sign_in_on_device(rich_pool)
