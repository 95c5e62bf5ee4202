"""Challenges: send one, and decide what follows a factor.

After the first factor: a new password, the second factor or its setup, the device, tokens.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import errors, model
from tui_auth.emulator import state as memory
from tui_auth.emulator.model import ChallengeSession, Device, SignIn, User, UserPool
from tui_auth.emulator.tokens import authentication_result
from tui_auth.emulator.triggers import event_attributes, run_trigger
from tui_auth.emulator.users import required_attributes, user_deleted

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

Reply = dict[str, Any]
MFA_DIGITS = 6
FIRST_FACTOR_DIGITS = {"EMAIL": 8, "SMS": 6}


@dataclass(frozen=True)
class Answer:
    """The ChallengeResponses and the challenge session of an answer."""

    challenge_session: ChallengeSession
    responses: dict[str, str]

    @property
    def sign_in(self) -> SignIn:
        """The sign-in that the challenge belongs to."""
        return self.challenge_session.sign_in

    def require(self, key: str) -> str:
        """Return one of the responses, or raise InvalidParameterException."""
        return require(self.responses, key)


def require(parameters: dict[str, str], key: str) -> str:
    """Return a parameter, or raise InvalidParameterException if it is missing or empty."""
    value = parameters.get(key)
    if not value:
        raise errors.missing_parameter(key)
    return value


def _compact_json(value: Any) -> str:
    """Return JSON as Cognito packs lists and objects into ChallengeParameters."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def send_challenge(
    state: State, sign_in: SignIn, challenge: str, parameters: dict[str, str], **session_state: Any
) -> Reply:
    """Reply with a challenge and a new challenge session, which holds ``session_state``."""
    session = state.challenge_sessions.open(sign_in, challenge, **session_state)
    reply: Reply = {"ChallengeName": challenge, "Session": session.token, "ChallengeParameters": parameters}
    if sign_in.first_factors:
        reply["AvailableChallenges"] = sign_in.first_factors
    return reply


def send_code_challenge(
    state: State, sign_in: SignIn, challenge: str, destination: str, *, sets_up_email: bool = False
) -> Reply:
    """Send a code by SMS or EMAIL and ask for it. No code is sent for a user who doesn't exist."""
    medium, is_first = model.MEDIUM_BY_FACTOR[challenge], bool(sign_in.first_factors)
    code = memory.random_digits(FIRST_FACTOR_DIGITS[medium] if is_first else MFA_DIGITS)
    if sign_in.user.exists:
        purpose = "SIGN_IN" if is_first else "MFA"
        state.outbox.send(sign_in.user.username, medium, destination, purpose, code)
    parameters = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
        "CODE_DELIVERY_DESTINATION": memory.mask_destination(medium, destination),
    }
    if not is_first:
        parameters["USER_ID_FOR_SRP"] = sign_in.user.username
    session_state = {"code": code, "destination": destination, "sets_up_email": sets_up_email}
    return send_challenge(state, sign_in, challenge, parameters, **session_state)


def continue_after_first_factor(state: State, sign_in: SignIn) -> Reply:
    """Reply to a proved first factor."""
    user = sign_in.user
    if not user.exists:
        raise errors.not_authorized()
    sign_in.auth_time = state.clock.now()
    sign_in.first_factors = []
    if user.status == model.FORCE_CHANGE_PASSWORD and sign_in.has_password:
        return _ask_for_new_password(state, sign_in)
    if sign_in.flow == "CUSTOM_AUTH":
        return continue_after_second_factor(state, sign_in)
    return _ask_for_second_factor(state, sign_in)


def _ask_for_new_password(state: State, sign_in: SignIn) -> Reply:
    user, pool = sign_in.user, sign_in.client.pool
    missing = [
        f"userAttributes.{name}" for name in required_attributes(pool) if not user.attributes.get(name)
    ]
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": _compact_json(missing),
        "userAttributes": _compact_json(user.attributes),
    }
    return send_challenge(state, sign_in, "NEW_PASSWORD_REQUIRED", parameters)


def _ask_for_second_factor(state: State, sign_in: SignIn) -> Reply:
    """Ask for the second factor that pool and user require. A remembered device can take its place."""
    user, pool = sign_in.user, sign_in.client.pool
    device = _remembered_device(sign_in)
    if device and pool.settings["DeviceConfiguration"].get("ChallengeRequiredOnNewDevice"):
        return _ask_for_device(state, sign_in, device)
    if sign_in.is_multi_factor or not needs_second_factor(pool, user):
        return continue_after_second_factor(state, sign_in)
    factors = usable_factors(pool, user)
    if user.mfa_preferred in factors:
        return ask_for_factor(state, sign_in, str(user.mfa_preferred))
    if len(factors) == 1:
        return ask_for_factor(state, sign_in, factors[0])
    if factors:
        choice = {"MFAS_CAN_CHOOSE": _compact_json(factors), "USER_ID_FOR_SRP": user.username}
        return send_challenge(state, sign_in, "SELECT_MFA_TYPE", choice)
    # SMS can't be set up during a sign-in.
    if pool.mfa != "ON" or not {model.SOFTWARE_TOKEN_MFA, model.EMAIL_OTP} & set(pool.mfa_factors):
        message = "The user has no MFA method that can be used."
        raise errors.CognitoError("MFAMethodNotFoundException", message)
    offer = {"MFAS_CAN_SETUP": _compact_json(pool.mfa_factors), "USER_ID_FOR_SRP": user.username}
    return send_challenge(state, sign_in, "MFA_SETUP", offer)


def needs_second_factor(pool: UserPool, user: User) -> bool:
    """Return whether this user needs more than a password in this pool."""
    if pool.mfa == "OPTIONAL":
        return any(factor in pool.mfa_factors for factor in user.mfa_enabled)
    return pool.mfa == "ON"


def usable_factors(pool: UserPool, user: User) -> list[str]:
    """Return the enabled factors or, if one is required and none enabled, all possible ones."""
    possible = [factor for factor in pool.mfa_factors if has_factor(user, factor)]
    enabled = [factor for factor in possible if factor in user.mfa_enabled]
    if enabled or pool.mfa != "ON":
        return enabled
    recovery_factor = _recovery_factor(pool, user)
    return [factor for factor in possible if factor != recovery_factor]


def has_factor(user: User, factor: str) -> bool:
    """Return whether a user has what a factor needs: an address, or a software token."""
    if factor == model.SOFTWARE_TOKEN_MFA:
        return user.software_token is not None
    return bool(user.attributes.get(model.ATTRIBUTE_BY_FACTOR[factor]))


def _recovery_factor(pool: UserPool, user: User) -> str | None:
    """Return the factor that would use the address to which a password reset code goes."""
    for mechanism in pool.recovery_mechanisms:
        attribute = mechanism.removeprefix("verified_")
        if user.attributes.get(f"{attribute}_verified") == "true":
            return {"phone_number": model.SMS_MFA, "email": model.EMAIL_OTP}[attribute]
    return None


def ask_for_factor(state: State, sign_in: SignIn, factor: str) -> Reply:
    """Ask for one factor. If it needs a code by SMS or email, send it now."""
    user = sign_in.user
    if factor == model.SOFTWARE_TOKEN_MFA:
        parameters = {"USER_ID_FOR_SRP": user.username}
        if user.software_token and user.software_token.friendly_name:
            parameters["FRIENDLY_DEVICE_NAME"] = user.software_token.friendly_name
        return send_challenge(state, sign_in, model.SOFTWARE_TOKEN_MFA, parameters)
    return send_code_challenge(state, sign_in, factor, user.attributes[model.ATTRIBUTE_BY_FACTOR[factor]])


def continue_after_second_factor(state: State, sign_in: SignIn) -> Reply:
    """Ask for the proof of a remembered device if there is one; else reply with tokens."""
    device = _remembered_device(sign_in)
    if device:
        return _ask_for_device(state, sign_in, device)
    return complete_sign_in(state, sign_in)


def _remembered_device(sign_in: SignIn) -> Device | None:
    """Return the remembered device of this sign-in, or None; an unknown one is an error."""
    if not sign_in.client.pool.tracks_devices or not sign_in.device_key:
        return None
    device = sign_in.user.devices.get(sign_in.device_key)
    if device is None:
        raise errors.not_found("Device does not exist.")
    return device if device.remembered and device.verifier is not None else None


def adopt_device_key(sign_in: SignIn, responses: dict[str, str]) -> None:
    """Take the DEVICE_KEY from an answer. An unknown one is an error, and then forgotten."""
    key = responses.get("DEVICE_KEY") or sign_in.device_key
    sign_in.device_key = None
    if key and sign_in.client.pool.tracks_devices and sign_in.user.exists:
        if key not in sign_in.user.devices:
            raise errors.not_found("Device does not exist.")
        sign_in.device_key = key


def _ask_for_device(state: State, sign_in: SignIn, device: Device) -> Reply:
    parameters = {"USERNAME": sign_in.user.username, "DEVICE_KEY": device.key}
    return send_challenge(state, sign_in, "DEVICE_SRP_AUTH", parameters)


def complete_sign_in(state: State, sign_in: SignIn) -> Reply:
    """Reply with tokens and, if the pool tracks devices and this one is new, with a device key.

    A sign-in in a browser gets neither: the login page issues an authorization code.
    """
    user, pool = sign_in.user, sign_in.client.pool
    if not pool.contains(user):
        raise user_deleted(sign_in.client)
    metadata: dict[str, Any] = {}
    device = user.devices.get(sign_in.device_key or "")
    if device is None and pool.tracks_devices and sign_in.has_password and not sign_in.is_in_browser:
        device = _new_device(state, sign_in)
        metadata = {"NewDeviceMetadata": {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}}
    if device is not None:
        device.authenticated = state.clock.now()
    request = {"userAttributes": event_attributes(user), "newDeviceUsed": bool(metadata)}
    source = "PostAuthentication_Authentication"
    run_trigger(state, pool, source, user, request, client=sign_in.client, metadata=sign_in.metadata)
    if sign_in.is_in_browser:
        return {"ChallengeParameters": {}}
    result = authentication_result(state, sign_in, device.key if device else None)
    return {"ChallengeParameters": {}, "AuthenticationResult": {**result, **metadata}}


def _new_device(state: State, sign_in: SignIn) -> Device:
    key = f"{sign_in.client.pool.region}_{model.random_uuid(state.random)}"
    group_key = "-" + model.random_text(string.ascii_letters + string.digits, 8, state.random)
    now = state.clock.now()
    device = Device(key, group_key, created=now, modified=now)
    sign_in.user.devices[key] = device
    return device
