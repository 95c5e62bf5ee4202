"""The demo's user pools and sample users, created with Cognito's operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyotp

from tui_auth.emulator import demo_triggers
from tui_auth.emulator.custom_auth import lambda_config
from tui_auth.emulator.errors import CognitoError

if TYPE_CHECKING:
    from tui_auth.emulator.server import CognitoEmulator

PASSWORD = "Correct-Horse-9!"  # noqa: S105 - the demo shows it
TEMPORARY = "Change-Me-1!"
AUTHENTICATOR_NAME = "laptop"
ONE_TIME_USERS = ("tess", "max", "nora", "noel", "carl", "rex")
"""The users whose step happens once: ``reset_user`` brings it back."""

SESSION_MINUTES = 15
_FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


@dataclass(frozen=True)
class DemoUser:
    """A sample user, as ``tui-auth pool`` describes it.

    Attributes:
        key: Selects the user in the demo.
        description: What the sign-in demonstrates.
        detail: What happens, in a few words.
        totp_secret: The key of the authenticator app in base32.
        auth_flow: Amplify's name of the flow.
    """

    key: str
    username: str
    password: str
    description: str
    detail: str
    totp_secret: str | None
    user_pool_id: str
    client_id: str
    auth_flow: str


@dataclass(frozen=True)
class DemoPool:
    """The sample users, and the IDs of the pool that most of them are in."""

    user_pool_id: str
    client_id: str
    identity_pool_id: str
    users: tuple[DemoUser, ...]


@dataclass(frozen=True)
class _PoolIds:
    user_pool_id: str
    client_id: str


def provision(emulator: CognitoEmulator) -> DemoPool:
    """Create the pools and the users. An emulator without triggers gets the demo's."""
    if emulator.triggers is None:
        emulator.triggers = demo_triggers
    staff = _create_staff_pool(emulator)
    enrolling = _create_pool(
        emulator, "new-staff", {"SoftwareTokenMfaConfiguration": {"Enabled": True}}, "ON"
    )
    both = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "EmailMfaConfiguration": {}}
    choosing = _create_pool(emulator, "choosing-staff", both, "ON")
    for name in ("ann", "sam", "tom", "mia", "quinn", "luna", "emil", "cleo"):
        _create_demo_user(emulator, staff, name)
    for group in ("operators", "on-call"):
        membership = {"UserPoolId": staff.user_pool_id, "GroupName": group}
        emulator.call("CreateGroup", membership)
        emulator.call("AdminAddUserToGroup", {**membership, "Username": "ann"})
    one_time_pools = (enrolling, choosing, staff, enrolling, staff, staff)
    for name, ids in zip(ONE_TIME_USERS, one_time_pools, strict=True):
        _create_demo_user(emulator, ids, name)
    _prefer_factor(emulator, staff, "sam", SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    _prefer_factor(emulator, staff, "emil", EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    # Last, because it needs an access token: the signing keys are probably ready by now.
    secrets = {name: _set_up_totp(emulator, staff, name) for name in ("tom", "mia")}
    _prefer_factor(emulator, staff, "tom", SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    _prefer_factor(
        emulator,
        staff,
        "mia",
        SMSMfaSettings={"Enabled": True},
        SoftwareTokenMfaSettings={"Enabled": True},
    )

    def user(
        key: str,
        name: str,
        description: str,
        detail: str,
        *,
        ids: _PoolIds = staff,
        password: str = PASSWORD,
        flow: str = "USER_SRP_AUTH",
    ) -> DemoUser:
        pool_id, client_id = ids.user_pool_id, ids.client_id
        totp_secret = secrets.get(name)
        return DemoUser(key, name, password, description, detail, totp_secret, pool_id, client_id, flow)

    users = (
        user("1", "ann", "Password only", "no second step"),
        user("2", "sam", "Code by SMS", "six digits on the phone"),
        user("3", "tom", "Code from an app", "the phone's authenticator"),
        user("4", "tess", "Authenticator setup", "scan a QR code", ids=enrolling),
        user("5", "mia", "Choose SMS or app", "two ways to confirm"),
        user("6", "nora", "New password required", "hers is temporary", password=TEMPORARY),
        user("7", "noel", "New password, then setup", "both at once", ids=enrolling, password=TEMPORARY),
        user("8", "rex", "Password reset required", "with a code by email"),
        user("9", "carl", "Sign-up not confirmed", "with a code by email"),
        user("0", "quinn", "Custom challenge", "three questions", flow="CUSTOM_WITHOUT_SRP"),
        user("u", "luna", "Unknown step", "newer than tui-auth", flow="CUSTOM_WITH_SRP"),
        user("e", "emil", "Code by email", "six digits in the inbox"),
        user("c", "cleo", "Choose the first factor", "password or code", flow="USER_AUTH"),
        user("x", "max", "Choose what to set up", "app or email", ids=choosing),
    )
    return DemoPool(
        staff.user_pool_id,
        staff.client_id,
        _create_identity_pool(emulator, staff, enrolling, choosing),
        users,
    )


def reset_user(emulator: CognitoEmulator, user: DemoUser) -> None:
    """Recreate a sample user whose step happens only once, so that it happens again."""
    if user.username in ONE_TIME_USERS:
        emulator.call("AdminDeleteUser", {"UserPoolId": user.user_pool_id, "Username": user.username})
        _create_demo_user(emulator, _PoolIds(user.user_pool_id, user.client_id), user.username)


def _create_demo_user(emulator: CognitoEmulator, ids: _PoolIds, name: str) -> None:
    """Create a user in the state that leads to the user's step."""
    if name in ("nora", "noel"):
        _create_invited_user(emulator, ids, name)
    elif name == "carl":
        _create_unconfirmed_user(emulator, ids, name)
    else:
        _create_user(emulator, ids, name, email=name != "max", phone=name in ("sam", "mia", "cleo"))
    if name == "rex":
        emulator.call("AdminResetUserPassword", {"UserPoolId": ids.user_pool_id, "Username": name})


def _create_staff_pool(emulator: CognitoEmulator) -> _PoolIds:
    factors = {
        "SmsMfaConfiguration": {
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "demo"}
        },
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "EmailMfaConfiguration": {},
        "WebAuthnConfiguration": {"RelyingPartyId": "localhost", "UserVerification": "preferred"},
    }
    first_factors = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
    return _create_pool(
        emulator,
        "staff",
        factors,
        "OPTIONAL",
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": first_factors}},
        LambdaConfig=lambda_config(emulator.region),
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    )


def _create_pool(
    emulator: CognitoEmulator, name: str, factors: dict[str, Any], mfa: str, **settings: Any
) -> _PoolIds:
    pool_id = emulator.call("CreateUserPool", {"PoolName": name, **settings})["UserPool"]["Id"]
    emulator.call("SetUserPoolMfaConfig", {"UserPoolId": pool_id, "MfaConfiguration": mfa, **factors})
    client = {
        "UserPoolId": pool_id,
        "ClientName": "terminal",
        "ExplicitAuthFlows": _FLOWS,
        "AuthSessionValidity": SESSION_MINUTES,
    }
    return _PoolIds(pool_id, emulator.call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"])


def _create_identity_pool(emulator: CognitoEmulator, *pools: _PoolIds) -> str:
    providers = [
        {
            "ProviderName": f"cognito-idp.{emulator.region}.amazonaws.com/{ids.user_pool_id}",
            "ClientId": ids.client_id,
            "ServerSideTokenCheck": False,
        }
        for ids in pools
    ]
    request = {
        "IdentityPoolName": "staff",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": providers,
    }
    return str(emulator.call("CreateIdentityPool", request, service="cognito-identity")["IdentityPoolId"])


def _attributes(
    name: str, *, full_name: bool = True, email: bool = True, phone: bool = False
) -> list[dict[str, str]]:
    values = {}
    if full_name:
        values["name"] = f"{name.title()} Example"
    if email:
        values |= {"email": f"{name}@example.com", "email_verified": "true"}
    if phone:
        values |= {
            "phone_number": f"+4915550{100 + len(name)}{sum(map(ord, name))}",
            "phone_number_verified": "true",
        }
    return [{"Name": key, "Value": value} for key, value in values.items()]


def _create_user(
    emulator: CognitoEmulator, ids: _PoolIds, name: str, *, email: bool = True, phone: bool = False
) -> None:
    target = {"UserPoolId": ids.user_pool_id, "Username": name}
    attributes = _attributes(name, email=email, phone=phone)
    emulator.call("AdminCreateUser", {**target, "UserAttributes": attributes, "MessageAction": "SUPPRESS"})
    emulator.call("AdminSetUserPassword", {**target, "Password": PASSWORD, "Permanent": True})


def _create_invited_user(emulator: CognitoEmulator, ids: _PoolIds, name: str) -> None:
    """Create a user with a temporary password, without the required name attribute."""
    request = {
        "UserPoolId": ids.user_pool_id,
        "Username": name,
        "UserAttributes": _attributes(name, full_name=False),
        "TemporaryPassword": TEMPORARY,
        "DesiredDeliveryMediums": ["EMAIL"],
    }
    emulator.call("AdminCreateUser", request)


def _create_unconfirmed_user(emulator: CognitoEmulator, ids: _PoolIds, name: str) -> None:
    attributes = [entry for entry in _attributes(name) if entry["Name"] != "email_verified"]
    request = {
        "ClientId": ids.client_id,
        "Username": name,
        "Password": PASSWORD,
        "UserAttributes": attributes,
    }
    emulator.call("SignUp", request)


def _prefer_factor(emulator: CognitoEmulator, ids: _PoolIds, name: str, **settings: Any) -> None:
    emulator.call("AdminSetUserMFAPreference", {"UserPoolId": ids.user_pool_id, "Username": name, **settings})


def _set_up_totp(emulator: CognitoEmulator, ids: _PoolIds, name: str) -> str:
    """Set up an authenticator app and return its key.

    This uses the code of the last window, so that the user can sign in with the present one.
    """
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": ids.client_id,
        "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
    }
    token = emulator.call("InitiateAuth", request)["AuthenticationResult"]["AccessToken"]
    secret = str(emulator.call("AssociateSoftwareToken", {"AccessToken": token})["SecretCode"])
    try:
        _verify_totp(emulator, token, secret)
    except CognitoError:  # The window ended before the code was checked.
        _verify_totp(emulator, token, secret)
    return secret


def _verify_totp(emulator: CognitoEmulator, token: str, secret: str) -> None:
    code = pyotp.TOTP(secret).at(int(emulator.clock.now()) - 30)
    request = {"AccessToken": token, "UserCode": code, "FriendlyDeviceName": AUTHENTICATOR_NAME}
    emulator.call("VerifySoftwareToken", request)
