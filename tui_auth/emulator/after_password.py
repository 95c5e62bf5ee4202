"""What follows the first factor: new password, second factor or its set-up, device, tokens."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from tui_auth.emulator import attributes
from tui_auth.emulator.challenges import Reply, ask, ask_code, compact
from tui_auth.emulator.errors import PoolError, invalid_parameter, not_authorized, not_found
from tui_auth.emulator.messages import ATTRIBUTE_OF
from tui_auth.emulator.model import (
    EMAIL_OTP,
    FORCE_CHANGE_PASSWORD,
    SMS_MFA,
    SOFTWARE_TOKEN_MFA,
    Device,
    User,
    UserPool,
)
from tui_auth.emulator.names import gone
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.state import State
from tui_auth.emulator.tokens import authentication_result

MEDIUM_OF_FACTOR = {SMS_MFA: "SMS", EMAIL_OTP: "EMAIL"}


def after_first_factor(state: State, sign_in: SignIn) -> Reply:
    """The reply once the first factor is proved."""
    user = sign_in.user
    if not user.exists:
        raise not_authorized()
    sign_in.auth_time = state.clock.now()
    sign_in.first_factors = []
    if user.status == FORCE_CHANGE_PASSWORD and sign_in.has_password:
        return _ask_new_password(state, sign_in)
    if sign_in.flow == "CUSTOM_AUTH":
        return after_second_factor(state, sign_in)
    return second_factor(state, sign_in)


def _ask_new_password(state: State, sign_in: SignIn) -> Reply:
    user, pool = sign_in.user, sign_in.client.pool
    missing = [
        f"userAttributes.{name}" for name in attributes.required(pool) if not user.attributes.get(name)
    ]
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": compact(missing),
        "userAttributes": compact(user.attributes),
    }
    return ask(state, sign_in, "NEW_PASSWORD_REQUIRED", parameters)


def second_factor(state: State, sign_in: SignIn) -> Reply:
    """The second factor the pool and the user ask for; a remembered device may stand in for it."""
    user, pool = sign_in.user, sign_in.client.pool
    device = remembered_device(sign_in)
    if device and pool.settings["DeviceConfiguration"].get("ChallengeRequiredOnNewDevice"):
        return _ask_device(state, sign_in, device)
    if not needs_second_factor(pool, user):
        return after_second_factor(state, sign_in)
    factors = usable_factors(pool, user)
    if user.mfa_preferred in factors:
        return ask_factor(state, sign_in, str(user.mfa_preferred))
    if len(factors) == 1:
        return ask_factor(state, sign_in, factors[0])
    if factors:
        choice = {"MFAS_CAN_CHOOSE": compact(factors), "USER_ID_FOR_SRP": user.username}
        return ask(state, sign_in, "SELECT_MFA_TYPE", choice)
    if pool.mfa != "ON":
        raise PoolError("MFAMethodNotFoundException", "The user has no MFA method that can be used.")
    if not {SOFTWARE_TOKEN_MFA, EMAIL_OTP} & set(pool.factors):
        raise invalid_parameter("User does not have delivery config set to turn on SMS_MFA")
    offer = {"MFAS_CAN_SETUP": compact(pool.factors), "USER_ID_FOR_SRP": user.username}
    return ask(state, sign_in, "MFA_SETUP", offer)


def needs_second_factor(pool: UserPool, user: User) -> bool:
    """Whether this user's password is not enough in this pool."""
    if pool.mfa == "OPTIONAL":
        return any(factor in pool.factors for factor in user.mfa_enabled)
    return pool.mfa == "ON"


def usable_factors(pool: UserPool, user: User) -> list[str]:
    """The factors a user can be asked for: those switched on; in an MFA-required pool, else all that fit."""
    possible = [factor for factor in pool.factors if _has(user, factor)]
    enabled = [factor for factor in possible if factor in user.mfa_enabled]
    if enabled or pool.mfa != "ON":
        return enabled
    recovery = _primary_recovery(pool, user)
    return [factor for factor in possible if factor != recovery]


def _has(user: User, factor: str) -> bool:
    if factor == SOFTWARE_TOKEN_MFA:
        return user.software_token is not None
    return bool(user.attributes.get(ATTRIBUTE_OF[MEDIUM_OF_FACTOR[factor]]))


def _primary_recovery(pool: UserPool, user: User) -> str | None:
    """The factor that would use the address a forgotten password's code goes to."""
    mechanisms = pool.settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", ())
    for entry in sorted(mechanisms, key=lambda entry: entry["Priority"]):
        attribute = str(entry["Name"].removeprefix("verified_"))
        if user.attributes.get(f"{attribute}_verified") == "true":
            return {"phone_number": SMS_MFA, "email": EMAIL_OTP}[attribute]
    return None


def ask_factor(state: State, sign_in: SignIn, factor: str) -> Reply:
    """Ask for one factor; an SMS or e-mail code goes out now."""
    user = sign_in.user
    if factor == SOFTWARE_TOKEN_MFA:
        parameters = {"USER_ID_FOR_SRP": user.username}
        if user.software_token and user.software_token.friendly_name:
            parameters["FRIENDLY_DEVICE_NAME"] = user.software_token.friendly_name
        return ask(state, sign_in, SOFTWARE_TOKEN_MFA, parameters)
    medium = MEDIUM_OF_FACTOR[factor]
    return ask_code(state, sign_in, factor, medium, user.attributes[ATTRIBUTE_OF[medium]])


def after_second_factor(state: State, sign_in: SignIn) -> Reply:
    """The device step, where a remembered device was named; else tokens."""
    device = remembered_device(sign_in)
    if device:
        return _ask_device(state, sign_in, device)
    return finish(state, sign_in)


def remembered_device(sign_in: SignIn) -> Device | None:
    """The remembered device this sign-in names; None without one, or where the pool tracks none.

    Raises ResourceNotFoundException for a device the user does not have.
    """
    if "DeviceConfiguration" not in sign_in.client.pool.settings or not sign_in.device_key:
        return None
    device = sign_in.user.devices.get(sign_in.device_key)
    if device is None:
        raise not_found("Device does not exist.")
    return device if device.remembered and device.verifier is not None else None


def adopt_device(sign_in: SignIn, parameters: dict[str, str]) -> None:
    """Note the DEVICE_KEY that an answer brings.

    Raises ResourceNotFoundException for a device the user does not have; it is forgotten, so that the
    same answer can be sent again without it.
    """
    key = parameters.get("DEVICE_KEY") or sign_in.device_key
    sign_in.device_key = None
    if key and "DeviceConfiguration" in sign_in.client.pool.settings and sign_in.user.exists:
        if key not in sign_in.user.devices:
            raise not_found("Device does not exist.")
        sign_in.device_key = key


def _ask_device(state: State, sign_in: SignIn, device: Device) -> Reply:
    parameters = {"USERNAME": sign_in.user.username, "DEVICE_KEY": device.key}
    return ask(state, sign_in, "DEVICE_SRP_AUTH", parameters)


def finish(state: State, sign_in: SignIn) -> Reply:
    """Tokens; where the pool tracks devices and this one is new, also its key."""
    user, pool = sign_in.user, sign_in.client.pool
    if not pool.holds(user):  # deleted while the sign-in was under way
        raise gone(sign_in.client)
    metadata: dict[str, Any] = {}
    device = user.devices.get(sign_in.device_key or "")
    if device is None and "DeviceConfiguration" in pool.settings and sign_in.has_password:
        device = _new_device(state, sign_in)
        metadata = {"NewDeviceMetadata": {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}}
    if device is not None:
        device.authenticated = state.clock.now()
    result = authentication_result(state, sign_in, device.key if device else None)
    return {"ChallengeParameters": {}, "AuthenticationResult": {**result, **metadata}}


def _new_device(state: State, sign_in: SignIn) -> Device:
    key = f"{sign_in.client.pool.region}_{uuid.uuid4()}"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    group_key = "-" + "".join(secrets.choice(alphabet) for _ in range(8))
    now = state.clock.now()
    device = Device(key, group_key, created=now, modified=now)
    sign_in.user.devices[key] = device
    return device
