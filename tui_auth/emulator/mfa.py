"""Second factors: codes by SMS and email, software tokens (RFC 6238), and remembered devices."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Any

import pyotp

from tui_auth.emulator import errors, model
from tui_auth.emulator.challenge_sessions import parse_public_a
from tui_auth.emulator.challenges import (
    Answer,
    Reply,
    ask_for_factor,
    complete_sign_in,
    send_challenge,
    send_code_challenge,
    usable_factors,
)
from tui_auth.emulator.first_factor import take_exchange
from tui_auth.emulator.model import ChallengeSession, Device, SoftwareToken, User, UserPool
from tui_auth.emulator.pools import paginate
from tui_auth.emulator.tokens import Caller, authenticate
from tui_auth.emulator.users import check_address, check_user_status, claim_alias, require_user

if TYPE_CHECKING:
    from random import Random

    from tui_auth.emulator.state import State

WINDOW_SECONDS = 30
SECRET_BYTES = 32
_FACTOR_SYNONYMS = {"EMAIL_MFA": model.EMAIL_OTP}


def answer_code(state: State, answer: Answer) -> None:
    """Answer SMS_MFA, SMS_OTP or EMAIL_OTP, as second or as first factor."""
    session, sign_in = answer.challenge_session, answer.sign_in
    code = answer.require(f"{session.challenge}_CODE")
    is_correct = hmac.compare_digest(code.encode(), str(session.code).encode())
    if not is_correct or not sign_in.user.exists:
        raise errors.code_mismatch("Invalid code or auth state for the user.")
    attribute = model.ATTRIBUTE_BY_FACTOR[session.challenge]
    if session.sets_up_email:
        claim_alias(sign_in.client.pool, sign_in.user, attribute, str(session.destination))
        sign_in.user.attributes[attribute] = str(session.destination)
        if model.EMAIL_OTP not in sign_in.user.mfa_enabled:
            sign_in.user.mfa_enabled.append(model.EMAIL_OTP)
    if sign_in.user.attributes.get(attribute) == session.destination:
        sign_in.user.attributes[f"{attribute}_verified"] = "true"


def answer_software_token(state: State, answer: Answer) -> None:
    code = answer.require("SOFTWARE_TOKEN_MFA_CODE")
    user = answer.sign_in.user
    if user.software_token is None:
        raise errors.totp_not_found()
    if not _accept_totp(state, user, user.software_token.secret, code):
        raise errors.code_mismatch("Invalid code received for user")


def answer_select_mfa_type(state: State, answer: Answer) -> Reply:
    """Answer SELECT_MFA_TYPE: send the code of the selected factor."""
    name = answer.require("ANSWER")
    factor = _FACTOR_SYNONYMS.get(name, name)
    if factor not in usable_factors(answer.sign_in.client.pool, answer.sign_in.user):
        raise errors.invalid_parameter(f"{name} is not an MFA option of the user.")
    return ask_for_factor(state, answer.sign_in, factor)


def answer_mfa_setup(state: State, answer: Answer) -> Reply | None:
    """Answer MFA_SETUP, with an EMAIL address or after VerifySoftwareToken."""
    pool = answer.sign_in.client.pool
    address = answer.responses.get("EMAIL")
    if address and model.EMAIL_OTP in pool.mfa_factors:
        check_address("email", address)
        return send_code_challenge(state, answer.sign_in, model.EMAIL_OTP, address, sets_up_email=True)
    if answer.challenge_session.totp_verified:
        return None
    if model.SOFTWARE_TOKEN_MFA not in pool.mfa_factors:
        raise errors.missing_parameter("EMAIL")
    raise errors.invalid_challenge_session()


def associate_software_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve AssociateSoftwareToken: make a new secret, which replaces one that isn't verified."""
    pool, user, session = _caller(state, request)
    if model.SOFTWARE_TOKEN_MFA not in pool.mfa_factors:
        raise errors.totp_not_found("Software Token MFA has not been enabled by the userPool")
    secret = new_totp_secret(state.random)
    if session is None:
        user.pending_secret = secret
        return {"SecretCode": secret}
    session.used = True
    following = state.challenge_sessions.open(session.sign_in, "MFA_SETUP", totp_secret=secret)
    return {"SecretCode": secret, "Session": following.token}


def verify_software_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve VerifySoftwareToken. A wrong code leaves the secret and the challenge session unchanged."""
    _, user, session = _caller(state, request)
    secret = user.pending_secret if session is None else session.totp_secret
    if secret is None:
        raise errors.totp_not_found() if session is None else errors.invalid_challenge_session()
    if not _accept_totp(state, user, secret, request["UserCode"]):
        raise errors.CognitoError(
            "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"
        )
    user.software_token = SoftwareToken(secret, request.get("FriendlyDeviceName") or None)
    if session is None:
        user.pending_secret = None
        return {"Status": "SUCCESS"}
    if model.SOFTWARE_TOKEN_MFA not in user.mfa_enabled:
        user.mfa_enabled.append(model.SOFTWARE_TOKEN_MFA)
    user.mfa_preferred = user.mfa_preferred or model.SOFTWARE_TOKEN_MFA
    session.used = True
    following = state.challenge_sessions.open(session.sign_in, "MFA_SETUP", totp_verified=True)
    return {"Status": "SUCCESS", "Session": following.token}


def admin_delete_software_token(state: State, request: dict[str, Any]) -> None:
    """Serve AdminDeleteSoftwareToken: the user has no authenticator app afterwards."""
    user = require_user(state.pool(request["UserPoolId"]), request["Username"])
    user.software_token = user.pending_secret = None
    user.mfa_enabled = [factor for factor in user.mfa_enabled if factor != model.SOFTWARE_TOKEN_MFA]
    if user.mfa_preferred == model.SOFTWARE_TOKEN_MFA:
        user.mfa_preferred = None


def _caller(state: State, request: dict[str, Any]) -> tuple[UserPool, User, ChallengeSession | None]:
    """Return the caller by the access token or, in a sign-in, by the challenge session."""
    if ("AccessToken" in request) == ("Session" in request):
        raise errors.invalid_parameter("Only one of AccessToken or Session must be provided.")
    if "AccessToken" in request:
        caller = authenticate(state, request["AccessToken"])
        return caller.pool, caller.user, None
    session = state.challenge_sessions.find(request["Session"])
    pool, user = session.sign_in.client.pool, session.sign_in.user
    if session.challenge != "MFA_SETUP" or not pool.contains(user):
        raise errors.invalid_challenge_session()
    check_user_status(user)
    return pool, user, session


def new_totp_secret(source: Random = model.SYSTEM_RANDOM) -> str:
    """Return a new key: 52 base32 characters without padding."""
    return base64.b32encode(source.randbytes(SECRET_BYTES)).decode().rstrip("=")


def _accept_totp(state: State, user: User, secret: str, code: str) -> bool:
    """Return whether a code is that of this window or a neighbor; a used one is ExpiredCodeException."""
    present = int(state.clock.now()) // WINDOW_SECONDS
    totp = pyotp.TOTP(secret)
    for window in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate_otp(window).encode(), code.encode()):
            if (secret, window) in user.used_totp_windows:
                raise errors.expired_code("Your software token has already been used once.")
            recent = {used for used in user.used_totp_windows if used[1] >= present - 2}
            user.used_totp_windows = recent | {(secret, window)}
            return True
    return False


def answer_device_srp_auth(state: State, answer: Answer) -> Reply:
    sign_in, device = answer.sign_in, _remembered_device(answer)
    exchange = state.exchanges.begin(
        sign_in,
        name=device.group_key,
        user=device.key,
        salt=device.salt,
        verifier=device.verifier or 0,
        public_a=parse_public_a(answer.require("SRP_A")),
    )
    parameters = {**exchange.parameters(), "USERNAME": sign_in.user.username, "DEVICE_KEY": device.key}
    return send_challenge(state, sign_in, "DEVICE_PASSWORD_VERIFIER", parameters)


def answer_device_password_verifier(state: State, answer: Answer) -> Reply:
    device = _remembered_device(answer)
    exchange, is_proof = take_exchange(state, answer.sign_in.client, answer.responses)
    if exchange.sign_in is not answer.sign_in or exchange.user != device.key or not is_proof:
        raise errors.not_authorized()
    answer.sign_in.issued_after = "AuthenticateDevice"
    return complete_sign_in(state, answer.sign_in)


def _remembered_device(answer: Answer) -> Device:
    device = answer.sign_in.user.devices.get(answer.require("DEVICE_KEY"))
    if device is None or not device.remembered or device.verifier is None:
        raise errors.not_found("Device does not exist.")
    return device


def confirm_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ConfirmDevice: remember the device, unless the pool lets users decide."""
    caller = _device_owner(state, request)
    device = caller.user.devices.get(request["DeviceKey"])
    if device is None or caller.claims.get("device_key") != device.key:
        raise errors.invalid_parameter("Invalid device key given.")
    if device.verifier is not None:
        raise errors.CognitoError("DeviceKeyExistsException", "Device already exists.")
    config = request.get("DeviceSecretVerifierConfig", {})
    salt, verifier = _parse_number(config.get("Salt")), _parse_number(config.get("PasswordVerifier"))
    needs_consent = bool(caller.pool.settings["DeviceConfiguration"].get("DeviceOnlyRememberedOnUserPrompt"))
    device.salt, device.verifier = salt, verifier
    device.name = request.get("DeviceName", "")
    device.remembered = not needs_consent
    device.modified = state.clock.now()
    return {"UserConfirmationNecessary": needs_consent}


def _parse_number(encoded: str | None) -> int:
    if not encoded:
        raise errors.missing_parameter("DeviceSecretVerifierConfig")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise errors.invalid_parameter("Invalid base64 in salt and Password verifier") from None
    # Both numbers are in two's complement: if the top bit is set, the number is negative.
    if not raw or raw[0] >= 0x80 or not any(raw):
        raise errors.invalid_parameter("Negate value passed for salt and Password verifier")
    return int.from_bytes(raw, "big")


def get_device(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"Device": _description(_confirmed_device(_device_owner(state, request), request))}


def list_devices(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListDevices: the confirmed ones, oldest first."""
    devices = _device_owner(state, request).user.devices.values()
    confirmed = [_description(device) for device in devices if device.verifier is not None]
    return paginate("Devices", confirmed, request, "Limit", "PaginationToken")


def forget_device(state: State, request: dict[str, Any]) -> None:
    caller = _device_owner(state, request)
    del caller.user.devices[_confirmed_device(caller, request).key]


def update_device_status(state: State, request: dict[str, Any]) -> None:
    """Serve UpdateDeviceStatus: remembered or not."""
    device = _confirmed_device(_device_owner(state, request), request)
    device.remembered = request.get("DeviceRememberedStatus", "not_remembered") == "remembered"
    device.modified = state.clock.now()


def _confirmed_device(caller: Caller, request: dict[str, Any]) -> Device:
    device = caller.user.devices.get(request["DeviceKey"])
    if device is None or device.verifier is None:
        raise errors.not_found("Device does not exist.")
    return device


def _device_owner(state: State, request: dict[str, Any]) -> Caller:
    if "AccessToken" not in request:
        raise errors.missing_parameter("AccessToken")
    caller = authenticate(state, request["AccessToken"])
    if not caller.pool.tracks_devices:
        raise errors.CognitoError(
            "InvalidUserPoolConfigurationException", "Device tracking is not enabled for the user pool."
        )
    return caller


def _description(device: Device) -> dict[str, Any]:
    status = "remembered" if device.remembered else "not_remembered"
    attributes = {
        "device_status": "valid",
        "device_name": device.name,
        "last_ip_used": "127.0.0.1",
        "dev:device_remembered_status": status,
    }
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "DeviceCreateDate": device.created,
        "DeviceLastModifiedDate": device.modified,
        "DeviceLastAuthenticatedDate": device.authenticated,
    }
