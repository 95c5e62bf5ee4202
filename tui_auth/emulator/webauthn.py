"""Passkeys: their registration with an access token, and the WEB_AUTHN challenge (WebAuthn Level 2, §7).

fido2 parses and verifies what a client sends. It is imported when the first passkey is used.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import struct
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import errors
from tui_auth.emulator.challenges import Answer, Reply, needs_second_factor, send_challenge
from tui_auth.emulator.model import Passkey, PasskeyRegistration
from tui_auth.emulator.pools import domain_names, paginate
from tui_auth.emulator.tokens import Caller, authenticate

if TYPE_CHECKING:
    from fido2.webauthn import AuthenticatorData, CollectedClientData

    from tui_auth.emulator.model import SignIn, User, UserPool
    from tui_auth.emulator.state import State

WEB_AUTHN = "WEB_AUTHN"
MULTI_FACTOR = "MULTI_FACTOR_WITH_USER_VERIFICATION"
MAX_PASSKEYS = 20
CHALLENGE_BYTES = 16
REGISTRATION_SECONDS = 300.0
TIMEOUT_MILLISECONDS = 180_000
ALGORITHMS = (-7, -257)
"""ES256 and RS256, as COSE numbers them."""

_INVALID = "Credential data is not valid"
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What fido2 raises for data that no authenticator makes."""


# --- Configuration ---------------------------------------------------------------------------------------


def relying_party(pool: UserPool) -> str | None:
    """Return the relying party ID: the configured one, else the custom domain or the prefix domain."""
    configured = pool.settings.get("WebAuthnConfiguration", {}).get("RelyingPartyId")
    if configured:
        return str(configured)
    names = domain_names(pool)
    prefix = f"{names['Domain']}.auth.{pool.region}.amazoncognito.com" if "Domain" in names else None
    return names.get("CustomDomain", prefix)


def is_multi_factor(pool: UserPool) -> bool:
    """Return whether a passkey with user verification satisfies MFA."""
    return bool(pool.settings.get("WebAuthnConfiguration", {}).get("FactorConfiguration") == MULTI_FACTOR)


def _user_verification(pool: UserPool, user: User) -> str:
    """Return ``required`` if the pool says so or the passkey is the user's MFA."""
    if needs_second_factor(pool, user) or user.passkey_mfa:
        return "required"
    return str(pool.settings.get("WebAuthnConfiguration", {}).get("UserVerification", "preferred"))


def can_sign_in(pool: UserPool, user: User) -> bool:
    """Return whether a user can sign in with a passkey now.

    A user who needs a second factor can if passkeys count as MFA in the pool, and the user has turned that on
    or the pool requires MFA.
    """
    if WEB_AUTHN not in pool.first_factors or not _usable_passkeys(pool, user):
        return False
    return not needs_second_factor(pool, user) or (
        is_multi_factor(pool) and (user.passkey_mfa or pool.mfa == "ON")
    )


def _usable_passkeys(pool: UserPool, user: User) -> list[Passkey]:
    return [passkey for passkey in user.passkeys.values() if passkey.relying_party == relying_party(pool)]


def check_mfa_setting(pool: UserPool, user: User) -> None:
    """Raise unless the user can turn passkey MFA on (WebAuthnMfaSettings)."""
    if not is_multi_factor(pool):
        raise errors.invalid_parameter("WebAuthn MFA has not been enabled by the userPool")
    if not user.passkeys:
        raise errors.invalid_parameter("User does not have delivery config set to turn on WEB_AUTHN")


# --- Operations ------------------------------------------------------------------------------------------


def start_web_authn_registration(state: State, request: dict[str, Any]) -> dict[str, Any]:
    caller, rp_id = _enabled_caller(state, request)
    user, pool = caller.user, caller.pool
    if len(user.passkeys) >= MAX_PASSKEYS:
        raise errors.CognitoError(
            "LimitExceededException", f"A user can have at most {MAX_PASSKEYS} passkeys."
        )
    challenge, expires_at = secrets.token_bytes(CHALLENGE_BYTES), state.clock.now() + REGISTRATION_SECONDS
    registration = PasskeyRegistration(challenge, caller.client, expires_at)
    state.passkey_registrations[pool.id, user.sub] = registration
    options = {
        "rp": {"id": rp_id, "name": rp_id},
        "user": {"id": _encode(user.sub.encode()), "name": user.username, "displayName": ""},
        "challenge": _encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": TIMEOUT_MILLISECONDS,
        "excludeCredentials": [_descriptor(passkey) for passkey in user.passkeys.values()],
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": _user_verification(pool, user),
        },
    }
    return {"CredentialCreationOptions": options}


def complete_web_authn_registration(state: State, request: dict[str, Any]) -> None:
    """Serve CompleteWebAuthnRegistration. A challenge is valid for one request, whatever comes of it."""
    caller, rp_id = _enabled_caller(state, request)
    pool, user = caller.pool, caller.user
    registration = state.passkey_registrations.pop((pool.id, user.sub), None)
    if registration is None or state.clock.now() >= registration.expires_at:
        raise errors.CognitoError("WebAuthnChallengeNotFoundException", "Challenge not found or expired.")
    if registration.client is not caller.client:
        raise errors.CognitoError(
            "WebAuthnClientMismatchException", "The challenge was issued to another app client."
        )
    credential = request["Credential"]
    client_data, data, transports = _parse_registration(credential)
    _check_client_data(client_data, "webauthn.create", registration.challenge)
    if not _is_origin_of(client_data.origin, rp_id):
        raise errors.CognitoError(
            "WebAuthnOriginNotAllowedException", "The origin does not align with the relying party ID."
        )
    if data.rp_id_hash != _relying_party_hash(rp_id):
        raise errors.CognitoError(
            "WebAuthnRelyingPartyMismatchException", "The credential is of another relying party."
        )
    attested = data.credential_data
    if attested is None or not data.is_user_present():
        raise errors.invalid_parameter(_INVALID)
    if _user_verification(pool, user) == "required" and not data.is_user_verified():
        raise errors.invalid_parameter("User verification is required.")
    if attested.public_key.ALGORITHM not in ALGORITHMS:
        raise errors.CognitoError(
            "WebAuthnCredentialNotSupportedException", "The algorithm of the credential is not supported."
        )
    credential_id = _encode(attested.credential_id)
    if any(credential_id in other.passkeys for other in pool.users.values()):
        raise errors.invalid_parameter("The credential is registered already.")
    attachment = credential.get("authenticatorAttachment")
    if attachment not in ("platform", "cross-platform"):
        attachment = None
    add_passkey(state, user, rp_id, bytes(attested), transports, attachment, data.counter)


def add_passkey(
    state: State,
    user: User,
    rp_id: str,
    attested: bytes,
    transports: list[str],
    attachment: str | None = "cross-platform",
    counter: int = 0,
) -> None:
    """Store a passkey of a user; ``attested`` is its attested credential data (WebAuthn §6.5.1)."""
    (id_length,) = struct.unpack(">H", attested[16:18])
    credential_id = _encode(attested[18 : 18 + id_length])
    name = "Security key" if attachment == "cross-platform" else "Passkey"
    user.passkeys[credential_id] = Passkey(
        credential_id, attested, rp_id, name, attachment, transports, state.clock.now(), counter
    )


def list_web_authn_credentials(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListWebAuthnCredentials: oldest first."""
    passkeys = authenticate(state, request["AccessToken"]).user.passkeys.values()
    descriptions = [
        {
            "CredentialId": passkey.id,
            "FriendlyCredentialName": passkey.name,
            "RelyingPartyId": passkey.relying_party,
            **({"AuthenticatorAttachment": passkey.attachment} if passkey.attachment else {}),
            "AuthenticatorTransports": passkey.transports,
            "CreatedAt": passkey.created,
        }
        for passkey in passkeys
    ]
    return paginate("Credentials", descriptions, request, "MaxResults", "NextToken")


def delete_web_authn_credential(state: State, request: dict[str, Any]) -> None:
    user = authenticate(state, request["AccessToken"]).user
    if user.passkeys.pop(request["CredentialId"], None) is None:
        raise errors.not_found("The credential does not exist.")
    if not user.passkeys:
        user.passkey_mfa = False


def _enabled_caller(state: State, request: dict[str, Any]) -> tuple[Caller, str]:
    """Return the caller and the relying party ID of the pool, in which passkeys must be enabled."""
    caller = authenticate(state, request["AccessToken"])
    if WEB_AUTHN not in caller.pool.first_factors:
        raise errors.CognitoError("WebAuthnNotEnabledException", "WebAuthn is not enabled for the user pool.")
    rp_id = relying_party(caller.pool)
    if rp_id is None:
        raise errors.CognitoError(
            "WebAuthnConfigurationMissingException",
            "The user pool has neither a relying party ID nor a domain.",
        )
    return caller, rp_id


# --- Challenge -------------------------------------------------------------------------------------------


def send_passkey_challenge(state: State, sign_in: SignIn) -> Reply:
    """Ask for an assertion (WEB_AUTHN)."""
    pool, user = sign_in.client.pool, sign_in.user
    challenge = _encode(secrets.token_bytes(CHALLENGE_BYTES))
    verification = _user_verification(pool, user)
    options = {
        "challenge": challenge,
        "rpId": relying_party(pool),
        "timeout": TIMEOUT_MILLISECONDS,
        "allowCredentials": [_descriptor(passkey) for passkey in _usable_passkeys(pool, user)],
        "userVerification": verification,
    }
    parameters = {"CREDENTIAL_REQUEST_OPTIONS": json.dumps(options, separators=(",", ":"))}
    private = {"challenge": challenge, "userVerification": verification}
    return send_challenge(state, sign_in, WEB_AUTHN, parameters, private_parameters=private)


def answer_web_authn(state: State, answer: Answer) -> None:
    """Answer WEB_AUTHN with an assertion, in the JSON of WebAuthn's AuthenticationResponseJSON."""
    sign_in, expected = answer.sign_in, answer.challenge_session.private_parameters
    pool, user = sign_in.client.pool, sign_in.user
    passkey, client_data, data, signature = _parse_assertion(user, answer.require("CREDENTIAL"))
    rp_id = relying_party(pool)
    is_valid = (
        passkey is not None
        and rp_id == passkey.relying_party
        and client_data.type == "webauthn.get"
        and hmac.compare_digest(client_data.challenge, _decode(expected["challenge"]))
        and _is_origin_of(client_data.origin, rp_id)
        and data.rp_id_hash == _relying_party_hash(rp_id)
        and data.is_user_present()
        and (data.is_user_verified() or expected["userVerification"] != "required")
        and _has_signed(passkey, data, client_data, signature)
        # A counter that doesn't grow is that of a copy, unless the authenticator doesn't count.
        and (data.counter > passkey.counter or data.counter == passkey.counter == 0)
    )
    if passkey is None or not is_valid or not can_sign_in(pool, user):
        raise errors.not_authorized()
    passkey.counter = data.counter
    sign_in.is_multi_factor = is_multi_factor(pool) and data.is_user_verified()


# --- WebAuthn --------------------------------------------------------------------------------------------


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    return {"type": "public-key", "id": passkey.id, "transports": passkey.transports}


def _parse_registration(credential: Any) -> tuple[CollectedClientData, AuthenticatorData, list[str]]:
    from fido2.webauthn import RegistrationResponse

    try:
        response = RegistrationResponse.from_dict(credential).response
        transports = [name for name in credential["response"]["transports"] if isinstance(name, str)]
    except _UNREADABLE:
        raise errors.invalid_parameter(_INVALID) from None
    return response.client_data, response.attestation_object.auth_data, transports


def _parse_assertion(
    user: User, text: str
) -> tuple[Passkey | None, CollectedClientData, AuthenticatorData, bytes]:
    from fido2.webauthn import AuthenticationResponse

    try:
        parsed = AuthenticationResponse.from_dict(json.loads(text))
        response = parsed.response
        passkey = user.passkeys.get(_encode(parsed.raw_id))
    except _UNREADABLE:
        raise errors.invalid_parameter(_INVALID) from None
    return passkey, response.client_data, response.authenticator_data, response.signature


def _check_client_data(client_data: CollectedClientData, kind: str, challenge: bytes) -> None:
    if client_data.type != kind or not hmac.compare_digest(client_data.challenge, challenge):
        raise errors.invalid_parameter(_INVALID)


def _is_origin_of(origin: object, rp_id: str) -> bool:
    from fido2.rpid import verify_rp_id

    try:
        return isinstance(origin, str) and verify_rp_id(rp_id, origin)
    except ValueError:
        return False


def _relying_party_hash(rp_id: str) -> bytes:
    from fido2.utils import sha256

    return sha256(rp_id.encode())


def _has_signed(
    passkey: Passkey, data: AuthenticatorData, client_data: CollectedClientData, signature: bytes
) -> bool:
    from cryptography.exceptions import InvalidSignature
    from fido2.webauthn import AttestedCredentialData

    public_key = AttestedCredentialData(passkey.attested).public_key
    try:
        public_key.verify(data + client_data.hash, signature)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True
