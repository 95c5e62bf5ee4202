"""The demo's user pools and users, one user for each step, made by Cognito's own operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp

from tui_auth.emulator import demo_triggers
from tui_auth.emulator.errors import PoolError
from tui_auth.emulator.server import PoolServer

PASSWORD = "Correct-Horse-9!"  # noqa: S105 - shown on the demo's screen
TEMPORARY = "Change-Me-1!"
AUTHENTICATOR_NAME = "laptop"
SESSION_MINUTES = 15
_TRIGGER = "arn:aws:lambda:{region}:000000000000:function:{name}"
_FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


@dataclass(frozen=True)
class DemoUser:
    """A sample user: the key that chooses it, what it shows, and how its sign-in begins.

    ``auth_flow`` is Amplify's name; ``totp_secret`` is base32, for users who have an authenticator.
    """

    key: str
    username: str
    password: str
    says: str
    totp_secret: str | None
    user_pool_id: str
    client_id: str
    auth_flow: str


@dataclass(frozen=True)
class DemoPool:
    """What the demo starts with; ids are those of the pool most users are in."""

    user_pool_id: str
    client_id: str
    identity_pool_id: str
    users: tuple[DemoUser, ...]


@dataclass(frozen=True)
class _Place:
    user_pool_id: str
    client_id: str


def provision(server: PoolServer) -> DemoPool:
    """Make the pools and the users. A server without triggers gets the demo's."""
    if server.triggers is None:
        server.triggers = demo_triggers
    staff = _staff_pool(server)
    enrolling = _pool(server, "new-staff", {"SoftwareTokenMfaConfiguration": {"Enabled": True}}, "ON")
    both = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "EmailMfaConfiguration": {}}
    choosing = _pool(server, "choosing-staff", both, "ON")
    server.call("CreateGroup", {"UserPoolId": staff.user_pool_id, "GroupName": "operators"})
    server.call("CreateGroup", {"UserPoolId": staff.user_pool_id, "GroupName": "on-call"})
    for name in ("ann", "sam", "tom", "mia", "rex", "quinn", "luna", "emil", "cleo"):
        _user(server, staff, name, phone=name in ("sam", "mia", "cleo"))
    for group in ("operators", "on-call"):
        server.call(
            "AdminAddUserToGroup",
            {"UserPoolId": staff.user_pool_id, "Username": "ann", "GroupName": group},
        )
    _user(server, enrolling, "tess")
    _user(server, choosing, "max", email=False)
    _newcomer(server, staff, "nora")
    _newcomer(server, enrolling, "noel")
    _sign_up(server, staff, "carl")
    _prefer(server, staff, "sam", SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    _prefer(server, staff, "emil", EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    server.call("AdminResetUserPassword", {"UserPoolId": staff.user_pool_id, "Username": "rex"})
    # Last, for it needs an access token: by now the signing keys are made.
    secrets = {name: _enrol(server, staff, name) for name in ("tom", "mia")}
    _prefer(server, staff, "tom", SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    _prefer(
        server,
        staff,
        "mia",
        SMSMfaSettings={"Enabled": True},
        SoftwareTokenMfaSettings={"Enabled": True},
    )

    def user(
        key: str,
        name: str,
        says: str,
        *,
        place: _Place = staff,
        password: str = PASSWORD,
        flow: str = "USER_SRP_AUTH",
    ) -> DemoUser:
        pool_id, client_id = place.user_pool_id, place.client_id
        return DemoUser(key, name, password, says, secrets.get(name), pool_id, client_id, flow)

    users = (
        user("1", "ann", "Password only"),
        user("2", "sam", "Code by SMS"),
        user("3", "tom", "Code from an app"),
        user("4", "tess", "Authenticator set-up", place=enrolling),
        user("5", "mia", "Choose SMS or app"),
        user("6", "nora", "New password demanded", password=TEMPORARY),
        user("7", "noel", "New password, then set-up", place=enrolling, password=TEMPORARY),
        user("8", "rex", "Password reset demanded"),
        user("9", "carl", "Sign-up not confirmed"),
        user("0", "quinn", "Questions of the service", flow="CUSTOM_WITHOUT_SRP"),
        user("u", "luna", "A step from the future", flow="CUSTOM_WITH_SRP"),
        user("e", "emil", "Code by e-mail"),
        user("c", "cleo", "Choose the first factor", flow="USER_AUTH"),
        user("x", "max", "Choose what to set up", place=choosing),
    )
    return DemoPool(
        staff.user_pool_id, staff.client_id, _identity_pool(server, staff, enrolling, choosing), users
    )


def make_new_again(server: PoolServer, user: DemoUser) -> None:
    """Have a sample user whose step happens once meet it once more, as if nothing had happened."""
    place = _Place(user.user_pool_id, user.client_id)
    makers: dict[str, Callable[[], None]] = {
        "tess": lambda: _user(server, place, "tess"),
        "max": lambda: _user(server, place, "max", email=False),
        "nora": lambda: _newcomer(server, place, "nora"),
        "noel": lambda: _newcomer(server, place, "noel"),
        "carl": lambda: _sign_up(server, place, "carl"),
        "rex": lambda: _to_reset(server, place, "rex"),
    }
    if maker := makers.get(user.username):
        server.call("AdminDeleteUser", {"UserPoolId": place.user_pool_id, "Username": user.username})
        maker()


def _to_reset(server: PoolServer, place: _Place, name: str) -> None:
    _user(server, place, name)
    server.call("AdminResetUserPassword", {"UserPoolId": place.user_pool_id, "Username": name})


def _staff_pool(server: PoolServer) -> _Place:
    factors = {
        "SmsMfaConfiguration": {
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "demo"}
        },
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "EmailMfaConfiguration": {},
        "WebAuthnConfiguration": {"RelyingPartyId": "localhost", "UserVerification": "preferred"},
    }
    names = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    first = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
    return _pool(
        server,
        "staff",
        factors,
        "OPTIONAL",
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}],
        Policies={
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": True,
            },
            "SignInPolicy": {"AllowedFirstAuthFactors": first},
        },
        LambdaConfig={name: _TRIGGER.format(region=server.region, name=name) for name in names},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    )


def _pool(server: PoolServer, name: str, factors: dict[str, Any], mfa: str, **settings: Any) -> _Place:
    pool_id = server.call("CreateUserPool", {"PoolName": name, **settings})["UserPool"]["Id"]
    server.call("SetUserPoolMfaConfig", {"UserPoolId": pool_id, "MfaConfiguration": mfa, **factors})
    client = {
        "UserPoolId": pool_id,
        "ClientName": "terminal",
        "ExplicitAuthFlows": _FLOWS,
        "AuthSessionValidity": SESSION_MINUTES,
    }
    return _Place(pool_id, server.call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"])


def _identity_pool(server: PoolServer, *places: _Place) -> str:
    providers = [
        {
            "ProviderName": f"cognito-idp.{server.region}.amazonaws.com/{place.user_pool_id}",
            "ClientId": place.client_id,
            "ServerSideTokenCheck": False,
        }
        for place in places
    ]
    request = {
        "IdentityPoolName": "staff",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": providers,
    }
    made = server.call("CreateIdentityPool", request, service="cognito-identity")
    return str(made["IdentityPoolId"])


def _attributes(
    name: str, *, full_name: bool = True, email: bool = True, phone: bool = False
) -> list[dict[str, str]]:
    given = {}
    if full_name:
        given["name"] = f"{name.title()} Example"
    if email:
        given |= {"email": f"{name}@example.com", "email_verified": "true"}
    if phone:
        given |= {
            "phone_number": f"+4915550{100 + len(name)}{sum(map(ord, name))}",
            "phone_number_verified": "true",
        }
    return [{"Name": key, "Value": value} for key, value in given.items()]


def _user(server: PoolServer, place: _Place, name: str, *, email: bool = True, phone: bool = False) -> None:
    whom = {"UserPoolId": place.user_pool_id, "Username": name}
    attributes = _attributes(name, email=email, phone=phone)
    server.call("AdminCreateUser", {**whom, "UserAttributes": attributes, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**whom, "Password": PASSWORD, "Permanent": True})


def _newcomer(server: PoolServer, place: _Place, name: str) -> None:
    """A user with a temporary password, and without the name that the staff pool requires."""
    request = {
        "UserPoolId": place.user_pool_id,
        "Username": name,
        "UserAttributes": _attributes(name, full_name=False),
        "TemporaryPassword": TEMPORARY,
        "DesiredDeliveryMediums": ["EMAIL"],
    }
    server.call("AdminCreateUser", request)


def _sign_up(server: PoolServer, place: _Place, name: str) -> None:
    attributes = [one for one in _attributes(name) if one["Name"] != "email_verified"]
    request = {
        "ClientId": place.client_id,
        "Username": name,
        "Password": PASSWORD,
        "UserAttributes": attributes,
    }
    server.call("SignUp", request)


def _prefer(server: PoolServer, place: _Place, name: str, **settings: Any) -> None:
    server.call("AdminSetUserMFAPreference", {"UserPoolId": place.user_pool_id, "Username": name, **settings})


def _enrol(server: PoolServer, place: _Place, name: str) -> str:
    """Give a user an authenticator, with the last window's code: the present one stays fresh."""
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": place.client_id,
        "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
    }
    token = server.call("InitiateAuth", request)["AuthenticationResult"]["AccessToken"]
    secret = str(server.call("AssociateSoftwareToken", {"AccessToken": token})["SecretCode"])
    try:
        _verify(server, token, secret)
    except PoolError:  # the present window ended before the code was checked
        _verify(server, token, secret)
    return secret


def _verify(server: PoolServer, token: str, secret: str) -> None:
    code = pyotp.TOTP(secret).at(int(server.clock.now()) - 30)
    request = {"AccessToken": token, "UserCode": code, "FriendlyDeviceName": AUTHENTICATOR_NAME}
    server.call("VerifySoftwareToken", request)
