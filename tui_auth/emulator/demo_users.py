"""The demo's user pools, sample users and triggers, created with Cognito's operations.

The triggers ask three questions of quinn and a challenge of the future of luna. Each is like a Lambda trigger
of a user pool: ``(event, context) -> event``.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyotp

from tui_auth.emulator.errors import CognitoError
from tui_auth.emulator.oauth_clients import COGNITO, STANDARD_SCOPES
from tui_auth.emulator.session_tracking import VISITOR, Visitor
from tui_auth.emulator.triggers import lambda_config
from tui_auth.emulator.webauthn import add_passkey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from tui_auth.emulator.server import CognitoEmulator

PASSWORD = "Correct-Horse-9!"  # noqa: S105 - the demo shows it
TEMPORARY = "Change-Me-1!"
AUTHENTICATOR_NAME = "laptop"
ONE_TIME_USERS = ("tess", "max", "nora", "noel", "carl", "rex")
"""The users whose step happens once: ``reset_user`` brings it back."""

PROVIDER = "AcmeSSO"
CALLBACK_URL = "http://localhost:47831/"
"""Where tui-auth waits for the answer of a browser."""

SESSION_MINUTES = 15
FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH")


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
class PoolIds:
    """A user pool and its app client."""

    user_pool_id: str
    client_id: str


def provision(emulator: CognitoEmulator) -> DemoPool:
    """Create the pools and the users. An emulator without triggers gets the demo's."""
    if emulator.triggers is None:
        emulator.triggers = sys.modules[__name__]
    staff = _create_staff_pool(emulator)
    enrolling = create_pool(emulator, "new-staff", {"SoftwareTokenMfaConfiguration": {"Enabled": True}}, "ON")
    both = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "EmailMfaConfiguration": {}}
    choosing = create_pool(emulator, "choosing-staff", both, "ON")
    team = _create_team_pool(emulator)
    for name in ("ann", "sam", "tom", "mia", "quinn", "luna", "emil", "cleo", "bea"):
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
    for name in PASSKEY_USERS:
        _add_passkey(emulator, staff, name)
    # Last, because it needs an access token: the signing keys are probably ready by now.
    secrets = {name: _set_up_totp(emulator, staff, name) for name in ("tom", "mia")}
    secrets["dora"] = _create_account_user(emulator, team)
    enabled, preferred = {"Enabled": True}, {"Enabled": True, "PreferredMfa": True}
    _prefer_factor(emulator, staff, "tom", SoftwareTokenMfaSettings=preferred)
    _prefer_factor(emulator, staff, "mia", SMSMfaSettings=enabled, SoftwareTokenMfaSettings=enabled)

    def user(
        key: str,
        name: str,
        description: str,
        detail: str,
        *,
        ids: PoolIds = staff,
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
        user("c", "cleo", "Choose the first factor", "password, code or passkey", flow="USER_AUTH"),
        user("d", "dora", "Account, devices, sessions", "for tui-auth account", ids=team),
        user("b", "bea", "Sign in with a browser", "on a page beside", flow="BROWSER"),
        user("x", "max", "Choose what to set up", "app or email", ids=choosing),
    )
    return DemoPool(
        staff.user_pool_id,
        staff.client_id,
        create_identity_pool(emulator, staff, enrolling, choosing, team),
        users,
    )


RELYING_PARTY = "localhost"
PASSKEY_USERS = ("cleo",)


def passkey_of(username: str) -> tuple[bytes, EllipticCurvePrivateKey]:
    """Return the ID and the private key of a sample user's passkey, which the demo's security key has too."""
    from cryptography.hazmat.primitives.asymmetric import ec

    digest = hashlib.sha256(f"tui-auth demo: {username}".encode()).digest()
    return digest, ec.derive_private_key(int.from_bytes(digest, "big"), ec.SECP256R1())


def _add_passkey(emulator: CognitoEmulator, ids: PoolIds, name: str) -> None:
    """Give a sample user a passkey: attested credential data with an ES256 key (WebAuthn §6.5.1)."""
    credential_id, private_key = passkey_of(name)
    numbers = private_key.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    cose_key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y
    attested = bytes(16) + len(credential_id).to_bytes(2, "big") + credential_id + cose_key
    with emulator.state.lock:
        user = emulator.state.pool(ids.user_pool_id).users[name]
        add_passkey(emulator.state, user, RELYING_PARTY, attested, ["usb"])


def reset_user(emulator: CognitoEmulator, user: DemoUser) -> None:
    """Recreate a sample user whose step happens only once, so that it happens again."""
    if user.username in ONE_TIME_USERS:
        emulator.call("AdminDeleteUser", {"UserPoolId": user.user_pool_id, "Username": user.username})
        _create_demo_user(emulator, PoolIds(user.user_pool_id, user.client_id), user.username)


def _create_demo_user(emulator: CognitoEmulator, ids: PoolIds, name: str) -> None:
    target = {"UserPoolId": ids.user_pool_id, "Username": name}
    values = {"name": f"{name.title()} Example", "email": f"{name}@example.com", "email_verified": "true"}
    if name in ("nora", "noel"):
        del values["name"]
    if name == "max":
        del values["email"], values["email_verified"]
    if name == "carl":
        del values["email_verified"]
    if name in ("sam", "mia", "cleo", "dora"):
        values["phone_number"] = f"+4915550{100 + len(name)}{sum(map(ord, name))}"
        values["phone_number_verified"] = "true"
    attributes = {"UserAttributes": [{"Name": key, "Value": value} for key, value in values.items()]}
    if name in ("nora", "noel"):
        invitation = {"TemporaryPassword": TEMPORARY, "DesiredDeliveryMediums": ["EMAIL"]}
        emulator.call("AdminCreateUser", {**target, **attributes, **invitation})
    elif name == "carl":
        account = {"ClientId": ids.client_id, "Username": name, "Password": PASSWORD}
        emulator.call("SignUp", {**account, **attributes})
    else:
        emulator.call("AdminCreateUser", {**target, **attributes, "MessageAction": "SUPPRESS"})
        emulator.call("AdminSetUserPassword", {**target, "Password": PASSWORD, "Permanent": True})
    if name == "rex":
        emulator.call("AdminResetUserPassword", target)


def _create_staff_pool(emulator: CognitoEmulator) -> PoolIds:
    factors = {
        "SmsMfaConfiguration": {
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "demo"}
        },
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "EmailMfaConfiguration": {},
        "WebAuthnConfiguration": {"RelyingPartyId": RELYING_PARTY, "UserVerification": "preferred"},
    }
    first_factors = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
    return create_pool(
        emulator,
        "staff",
        factors,
        "OPTIONAL",
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": first_factors}},
        LambdaConfig=lambda_config(emulator.region, emulator.triggers),
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    )


def _create_team_pool(emulator: CognitoEmulator) -> PoolIds:
    """Create the pool of dora, which remembers devices and tracks sessions."""
    role = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "demo"}
    ids = create_pool(
        emulator,
        "team",
        {
            "SmsMfaConfiguration": {"SmsConfiguration": role},
            "SoftwareTokenMfaConfiguration": {"Enabled": True},
            "EmailMfaConfiguration": {},
        },
        "OPTIONAL",
        AutoVerifiedAttributes=["email", "phone_number"],
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": False},
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    )
    tracking = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 20}}
    emulator.call("SetUserPoolSessionConfiguration", {"UserPoolId": ids.user_pool_id, **tracking})
    return ids


ELSEWHERE = (
    (Visitor("Mozilla/5.0 (Macintosh; Mac OS X) Safari/605", "198.51.100.4", "Munich", "Germany"), "laptop"),
    (Visitor("Boto3/1.44 os/linux lang/python", "192.0.2.15"), "build-server"),
    (Visitor("Mozilla/5.0 (Windows NT 10.0) Chrome/130", "198.51.100.9", "Paris", "France"), ""),
)
"""The sign-ins that dora has elsewhere, and the name of the device where it is remembered."""


def _create_account_user(emulator: CognitoEmulator, ids: PoolIds) -> str:
    """Create dora with her devices, sessions and second factors. Return the key of her app."""
    _create_demo_user(emulator, ids, "dora")
    for visitor, device_name in ELSEWHERE:
        reset = VISITOR.set(visitor)
        try:
            result = _sign_in_with_password(emulator, ids, "dora")
        finally:
            VISITOR.reset(reset)
        if device_name:
            _confirm_device(emulator, result, device_name)
    secret = _set_up_totp(emulator, ids, "dora", result["AccessToken"])
    _prefer_factor(
        emulator,
        ids,
        "dora",
        SMSMfaSettings={"Enabled": True},
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    return secret


def _confirm_device(emulator: CognitoEmulator, result: dict[str, Any], name: str) -> None:
    """Have the pool remember the new device of a sign-in. Nobody has its password."""
    # Any number is a verifier; one that begins with a zero byte is positive.
    verifier, salt = (
        base64.b64encode(b"\0" + emulator.state.random.randbytes(16)).decode() for _ in range(2)
    )
    request = {
        "AccessToken": result["AccessToken"],
        "DeviceKey": result["NewDeviceMetadata"]["DeviceKey"],
        "DeviceName": name,
        "DeviceSecretVerifierConfig": {"PasswordVerifier": verifier, "Salt": salt},
    }
    emulator.call("ConfirmDevice", request)


def create_pool(
    emulator: CognitoEmulator, name: str, factors: dict[str, Any], mfa: str, **settings: Any
) -> PoolIds:
    """Create a user pool with a domain, and an app client that allows every flow for users."""
    pool_id = emulator.call("CreateUserPool", {"PoolName": name, **settings})["UserPool"]["Id"]
    oauth_settings = set_up_managed_login(emulator, pool_id, name)
    emulator.call("SetUserPoolMfaConfig", {"UserPoolId": pool_id, "MfaConfiguration": mfa, **factors})
    client = {
        "UserPoolId": pool_id,
        "ClientName": "terminal",
        "ExplicitAuthFlows": [f"ALLOW_{flow}" for flow in FLOWS],
        "AuthSessionValidity": SESSION_MINUTES,
        **oauth_settings,
    }
    return PoolIds(pool_id, emulator.call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"])


def set_up_managed_login(emulator: CognitoEmulator, pool_id: str, domain: str) -> dict[str, Any]:
    """Give a pool a domain, an identity provider and an API with two scopes.

    Returns:
        The OAuth settings of an app client that uses all of them.
    """
    target = {"UserPoolId": pool_id}
    emulator.call("CreateUserPoolDomain", {**target, "Domain": domain})
    scopes = [{"ScopeName": name, "ScopeDescription": f"{name.title()} orders"} for name in ("read", "write")]
    api = {"Identifier": "orders", "Name": "Orders", "Scopes": scopes}
    emulator.call("CreateResourceServer", {**target, **api})
    claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
    provider = {
        "ProviderName": PROVIDER,
        "ProviderType": "SAML",
        "ProviderDetails": {"MetadataURL": "https://sso.acme.example/metadata"},
        "AttributeMapping": {
            "email": f"{claims}/emailaddress",
            "email_verified": "email_verified",
            "name": f"{claims}/name",
        },
        "IdpIdentifiers": ["acme.example"],
    }
    emulator.call("CreateIdentityProvider", {**target, **provider})
    return {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": [*STANDARD_SCOPES, "orders/read", "orders/write"],
        "CallbackURLs": [CALLBACK_URL],
        "LogoutURLs": [CALLBACK_URL],
        "SupportedIdentityProviders": [COGNITO, PROVIDER],
    }


def create_identity_pool(emulator: CognitoEmulator, *pools: PoolIds) -> str:
    """Create an identity pool for the users of these pools, and return its ID."""
    host = emulator.state.issuer.partition("://")[2]
    request = {
        "IdentityPoolName": "staff",
        "AllowUnauthenticatedIdentities": False,
        "CognitoIdentityProviders": [
            {"ProviderName": f"{host}/{ids.user_pool_id}", "ClientId": ids.client_id} for ids in pools
        ],
    }
    return str(emulator.call("CreateIdentityPool", request, service="cognito-identity")["IdentityPoolId"])


def _prefer_factor(emulator: CognitoEmulator, ids: PoolIds, name: str, **settings: Any) -> None:
    emulator.call("AdminSetUserMFAPreference", {"UserPoolId": ids.user_pool_id, "Username": name, **settings})


def _set_up_totp(emulator: CognitoEmulator, ids: PoolIds, name: str, token: str = "") -> str:
    """Set up an authenticator app and return its key.

    ``token`` is an access token of the user, if there is one. This uses the code of the last window, so that
    the user can sign in with the present one.
    """
    token = token or _sign_in_with_password(emulator, ids, name)["AccessToken"]
    secret = str(emulator.call("AssociateSoftwareToken", {"AccessToken": token})["SecretCode"])
    try:
        _verify_totp(emulator, token, secret)
    except CognitoError:  # The window ended before the code was checked.
        _verify_totp(emulator, token, secret)
    return secret


def _sign_in_with_password(emulator: CognitoEmulator, ids: PoolIds, name: str) -> dict[str, Any]:
    """Return the AuthenticationResult of a user without a second factor."""
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": ids.client_id,
        "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
    }
    result: dict[str, Any] = emulator.call("InitiateAuth", request)["AuthenticationResult"]
    return result


def _verify_totp(emulator: CognitoEmulator, token: str, secret: str) -> None:
    code = pyotp.TOTP(secret).at(int(emulator.clock.now()) - 30)
    request = {"AccessToken": token, "UserCode": code, "FriendlyDeviceName": AUTHENTICATOR_NAME}
    emulator.call("VerifySoftwareToken", request)


QUESTIONS = (
    ("Your first pet?", "Its name was rex.", "rex"),
    ("Your favourite colour?", "It is the sky's: blue.", "blue"),
    ("Your home town?", "Its musicians are famous: bremen.", "bremen"),
)
FUTURE_CHALLENGE = "MOON_PHASE"
MOON = {"phase": "●", "hint": "The moon is full. Answer: full"}
MOON_ANSWER = "full"


def define_auth_challenge(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Ask for the password if one is sent, then for the next answer, until the last one."""
    rounds, response = event["request"]["session"], event["response"]
    answered = [entry for entry in rounds if entry["challengeName"] not in ("SRP_A", "PASSWORD_VERIFIER")]
    is_from_future = event["userName"] == "luna"
    response["issueTokens"] = response["failAuthentication"] = False
    if rounds and rounds[-1]["challengeName"] == "SRP_A":
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif event["request"].get("userNotFound") or (answered and not answered[-1]["challengeResult"]):
        response["failAuthentication"] = True
    elif len(answered) == (1 if is_from_future else len(QUESTIONS)):
        response["issueTokens"] = True
    else:
        response["challengeName"] = FUTURE_CHALLENGE if is_from_future else "CUSTOM_CHALLENGE"
    return event


def create_auth_challenge(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the question for the user and the answer for the verify trigger."""
    response = event["response"]
    if event["request"]["challengeName"] == FUTURE_CHALLENGE:
        response["publicChallengeParameters"] = dict(MOON)
        response["privateChallengeParameters"] = {"answer": MOON_ANSWER}
        return event
    number = sum(entry["challengeName"] == "CUSTOM_CHALLENGE" for entry in event["request"]["session"])
    question, hint, answer = QUESTIONS[number]
    response["publicChallengeParameters"] = {
        "question": question,
        "hint": hint,
        "round": f"{number + 1} of {len(QUESTIONS)}",
    }
    response["privateChallengeParameters"] = {"answer": answer}
    response["challengeMetadata"] = f"QUESTION_{number + 1}"
    return event


def verify_auth_challenge_response(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Accept the right answer, whatever its case and the spaces around it."""
    answer = event["request"]["challengeAnswer"].strip().casefold()
    event["response"]["answerCorrect"] = answer == event["request"]["privateChallengeParameters"]["answer"]
    return event
