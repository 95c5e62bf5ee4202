"""Account: what a user can do with an access token, except for devices and software tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator import attributes
from tui_auth.emulator.attributes import claim_alias
from tui_auth.emulator.challenges import has_factor
from tui_auth.emulator.errors import expired_code, invalid_parameter, missing_parameter
from tui_auth.emulator.first_factor import available_first_factors, check_password, check_policy, set_password
from tui_auth.emulator.messages import VERIFY_ATTRIBUTE
from tui_auth.emulator.model import (
    EMAIL_OTP,
    MEDIUM_BY_ATTRIBUTE,
    SMS_MFA,
    SOFTWARE_TOKEN_MFA,
    User,
    UserPool,
)
from tui_auth.emulator.tokens import authenticate, revoke_all_tokens

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

_FACTOR_BY_SETTING = {
    "SMSMfaSettings": SMS_MFA,
    "SoftwareTokenMfaSettings": SOFTWARE_TOKEN_MFA,
    "EmailMfaSettings": EMAIL_OTP,
}


def get_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    caller = authenticate(state, request["AccessToken"])
    readable = attributes.readable_attributes(caller.client, caller.user)
    return {
        "Username": caller.user.username,
        "UserAttributes": attributes.format_attributes(readable),
        **mfa_settings(caller.user),
    }


def mfa_settings(user: User) -> dict[str, Any]:
    """Return PreferredMfaSetting and UserMFASettingList, without empty ones."""
    settings: dict[str, Any] = {}
    if user.mfa_preferred:
        settings["PreferredMfaSetting"] = user.mfa_preferred
    if user.mfa_enabled:
        settings["UserMFASettingList"] = list(user.mfa_enabled)
    return settings


def get_user_auth_factors(state: State, request: dict[str, Any]) -> dict[str, Any]:
    caller = authenticate(state, request["AccessToken"])
    available = available_first_factors(caller.pool, caller.user)
    factors = [name for name in available if name not in ("PASSWORD_SRP", "WEB_AUTHN")]
    if caller.user.software_token is not None:
        factors.append("SOFTWARE_TOKEN")
    return {
        "Username": caller.user.username,
        "ConfiguredUserAuthFactors": factors,
        **mfa_settings(caller.user),
    }


def set_user_mfa_preference(state: State, request: dict[str, Any]) -> None:
    caller = authenticate(state, request["AccessToken"])
    apply_mfa_preference(caller.pool, caller.user, request)


def apply_mfa_preference(pool: UserPool, user: User, request: dict[str, Any]) -> None:
    """Enable and disable factors, and prefer at most one.

    Raises:
        CognitoError: InvalidParameterException for two preferred factors, a preferred one that isn't enabled,
            or one that the user doesn't have.
    """
    if request.get("WebAuthnMfaSettings", {}).get("Enabled"):
        raise invalid_parameter("User does not have delivery config set to turn on WEB_AUTHN")
    settings = {factor: request[name] for name, factor in _FACTOR_BY_SETTING.items() if name in request}
    preferred = [factor for factor, setting in settings.items() if setting.get("PreferredMfa")]
    if len(preferred) > 1:
        raise invalid_parameter("Only one MFA method can be preferred.")
    enabled = set(user.mfa_enabled)
    for factor, setting in settings.items():
        is_enabled = setting.get("Enabled", factor in enabled)
        if setting.get("PreferredMfa") and not is_enabled:
            raise invalid_parameter("Preferred MFA setting cannot be set to a disabled MFA method.")
        if is_enabled:
            _check_possible(pool, user, factor)
            enabled.add(factor)
        else:
            enabled.discard(factor)
    user.mfa_enabled = [factor for factor in _FACTOR_BY_SETTING.values() if factor in enabled]
    if preferred:
        user.mfa_preferred = preferred[0]
    elif user.mfa_preferred not in enabled or "PreferredMfa" in settings.get(user.mfa_preferred, {}):
        user.mfa_preferred = None


def _check_possible(pool: UserPool, user: User, factor: str) -> None:
    if factor not in pool.mfa_factors:
        name = "Software Token MFA" if factor == SOFTWARE_TOKEN_MFA else factor
        raise invalid_parameter(f"{name} has not been enabled by the userPool")
    if not has_factor(user, factor):
        raise invalid_parameter(f"User does not have delivery config set to turn on {factor}")


def change_password(state: State, request: dict[str, Any]) -> None:
    caller = authenticate(state, request["AccessToken"])
    state.limits.count("ChangePassword", caller.pool, caller.user)
    if caller.user.password is not None:
        if "PreviousPassword" not in request:
            raise missing_parameter("PreviousPassword")
        check_password(state, caller.pool, caller.user, request["PreviousPassword"])
    check_policy(caller.pool, request["ProposedPassword"])
    set_password(state, caller.pool, caller.user, request["ProposedPassword"], permanent=True)


def global_sign_out(state: State, request: dict[str, Any]) -> None:
    """Serve GlobalSignOut: revoke access and refresh tokens. ID tokens stay valid until they expire."""
    revoke_all_tokens(state, authenticate(state, request["AccessToken"]).user)


def delete_user(state: State, request: dict[str, Any]) -> None:
    caller = authenticate(state, request["AccessToken"])
    remove_user(state, caller.pool, caller.user)


def remove_user(state: State, pool: UserPool, user: User) -> None:
    """Remove a user, and with it all tokens and codes, from the pool."""
    state.codes.discard_all(pool, user)
    state.lockout.clear(pool.id, user.username)
    del pool.users[pool.fold(user.username)]


def update_user_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserAttributes. A new address is unverified. It gets a code if the pool verifies it."""
    caller = authenticate(state, request["AccessToken"])
    changes = attributes.parse_attributes(request["UserAttributes"])
    attributes.check_writable(caller.client, changes)
    check_changes(caller.pool, caller.user, changes)
    return {"CodeDeliveryDetailsList": apply_changes(state, caller.pool, caller.user, changes)}


def check_changes(pool: UserPool, user: User, changes: dict[str, str]) -> None:
    """Raise the error for new attribute values that aren't allowed."""
    attributes.check_mutable(pool, changes)
    attributes.check_schema(pool, changes)
    for name in attributes.required_attributes(pool):
        if name in changes and not changes[name]:
            raise attributes.schema_violation(name, "The attribute is required")
    for name, value in changes.items():
        # An address that is an alias is claimed when it is verified.
        if name not in MEDIUM_BY_ATTRIBUTE or name in pool.username_attributes:
            claim_alias(pool, user, name, value)


def apply_changes(state: State, pool: UserPool, user: User, changes: dict[str, str]) -> list[dict[str, str]]:
    """Set attributes and return CodeDeliveryDetails for each address that must be verified."""
    verified = pool.settings.get("AutoVerifiedAttributes", ())
    update_settings = pool.settings.get("UserAttributeUpdateSettings", {})
    verified_first = update_settings.get("AttributesRequireVerificationBeforeUpdate", ())
    deliveries = []
    user.modified = state.clock.now()
    for name, value in changes.items():
        has_changed = user.attributes.get(name) != value
        if name not in MEDIUM_BY_ATTRIBUTE or not has_changed or f"{name}_verified" in changes:
            user.attributes[name] = value
            continue
        if name in verified_first and user.attributes.get(name):
            user.pending_attributes[name] = value
        else:
            user.attributes[name] = value
            user.attributes[f"{name}_verified"] = "false"
        if name in verified and value:
            deliveries.append(state.codes.send(pool, user, VERIFY_ATTRIBUTE, name, value))
    return deliveries


def delete_user_attributes(state: State, request: dict[str, Any]) -> None:
    caller = authenticate(state, request["AccessToken"])
    names = request["UserAttributeNames"]
    attributes.check_writable(caller.client, names)
    remove_attributes(state, caller.pool, caller.user, names)


def remove_attributes(state: State, pool: UserPool, user: User, names: list[str]) -> None:
    """Remove attributes, or raise InvalidParameterException for a required or fixed one."""
    attributes.check_mutable(pool, names)
    for name in names:
        if name in attributes.required_attributes(pool) or name in pool.username_attributes:
            raise invalid_parameter(f"user.{name}: Attribute cannot be deleted.")
    for name in names:
        user.attributes.pop(name, None)
        user.attributes.pop(f"{name}_verified", None)
    user.modified = state.clock.now()


def get_user_attribute_verification_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    caller = authenticate(state, request["AccessToken"])
    pool, user = caller.pool, caller.user
    name = _address_attribute(request)
    value = user.pending_attributes.get(name) or user.attributes.get(name)
    if not value:
        raise invalid_parameter(f"User does not have the attribute {name}.")
    state.limits.count("GetUserAttributeVerificationCode", pool, user)
    return {"CodeDeliveryDetails": state.codes.send(pool, user, VERIFY_ATTRIBUTE, name, value)}


def verify_user_attribute(state: State, request: dict[str, Any]) -> None:
    """Serve VerifyUserAttribute: the code proves that the address is the user's."""
    caller = authenticate(state, request["AccessToken"])
    pool, user = caller.pool, caller.user
    name = _address_attribute(request)
    state.limits.count("VerifyUserAttribute", pool, user)
    code = state.codes.check(pool, user, VERIFY_ATTRIBUTE, request["Code"], name)
    value = user.pending_attributes.get(name) or user.attributes.get(name, "")
    if value != code.destination:
        raise expired_code()
    claim_alias(pool, user, name, value)
    state.codes.discard(pool, user, VERIFY_ATTRIBUTE, name)
    user.pending_attributes.pop(name, None)
    user.attributes[name] = value
    user.attributes[f"{name}_verified"] = "true"


def _address_attribute(request: dict[str, Any]) -> str:
    name: str = request["AttributeName"]
    if name not in MEDIUM_BY_ATTRIBUTE:
        raise invalid_parameter(
            f"Invalid attribute name {name}; only email and phone_number can be verified."
        )
    return name
