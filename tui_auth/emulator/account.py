"""What a person's access token allows: the user, factors, password, signing out, deleting."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import attributes, codes, refresh_tokens
from tui_auth.emulator.errors import invalid_parameter
from tui_auth.emulator.first_factor import available
from tui_auth.emulator.messages import ATTRIBUTE_OF
from tui_auth.emulator.model import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, User, UserPool
from tui_auth.emulator.passwords import check_password, check_policy, set_password
from tui_auth.emulator.state import State
from tui_auth.emulator.tokens import bearer

_SETTINGS = {
    "SMSMfaSettings": (SMS_MFA, "SMS"),
    "SoftwareTokenMfaSettings": (SOFTWARE_TOKEN_MFA, None),
    "EmailMfaSettings": (EMAIL_OTP, "EMAIL"),
}


def get_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetUser."""
    who = bearer(state, request["AccessToken"])
    readable = attributes.readable(who.client, who.user)
    return {
        "Username": who.user.username,
        "UserAttributes": attributes.to_list(readable),
        **mfa_settings(who.user),
    }


def mfa_settings(user: User) -> dict[str, Any]:
    """PreferredMfaSetting and UserMFASettingList, where there is something to say."""
    said: dict[str, Any] = {}
    if user.mfa_preferred:
        said["PreferredMfaSetting"] = user.mfa_preferred
    if user.mfa_enabled:
        said["UserMFASettingList"] = list(user.mfa_enabled)
    return said


def get_user_auth_factors(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetUserAuthFactors."""
    who = bearer(state, request["AccessToken"])
    factors = [name for name in available(who.pool, who.user) if name not in ("PASSWORD_SRP", "WEB_AUTHN")]
    if who.user.software_token is not None:
        factors.append("SOFTWARE_TOKEN")
    return {
        "Username": who.user.username,
        "ConfiguredUserAuthFactors": factors,
        **mfa_settings(who.user),
    }


def set_user_mfa_preference(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """SetUserMFAPreference."""
    who = bearer(state, request["AccessToken"])
    apply_mfa_preference(who.pool, who.user, request)
    return {}


def apply_mfa_preference(pool: UserPool, user: User, request: dict[str, Any]) -> None:
    """Switch factors on and off, and prefer at most one.

    Raises InvalidParameterException for two preferred ones, one that is off, or one the user lacks.
    """
    if request.get("WebAuthnMfaSettings", {}).get("Enabled"):
        raise invalid_parameter("User does not have delivery config set to turn on WEB_AUTHN")
    given = {_SETTINGS[name][0]: request[name] for name in _SETTINGS if name in request}
    preferred = [factor for factor, setting in given.items() if setting.get("PreferredMfa")]
    if len(preferred) > 1:
        raise invalid_parameter("Only one MFA method can be preferred.")
    enabled = list(user.mfa_enabled)
    for factor, setting in given.items():
        on = setting.get("Enabled", factor in enabled)
        if setting.get("PreferredMfa") and not on:
            raise invalid_parameter("Preferred MFA setting cannot be set to a disabled MFA method.")
        if on:
            _check_possible(pool, user, factor)
        enabled = [one for one in enabled if one != factor] + ([factor] if on else [])
    user.mfa_enabled = [factor for factor, _ in _SETTINGS.values() if factor in enabled]
    if preferred:
        user.mfa_preferred = preferred[0]
    elif user.mfa_preferred not in enabled or "PreferredMfa" in given.get(user.mfa_preferred, {}):
        user.mfa_preferred = None


def _check_possible(pool: UserPool, user: User, factor: str) -> None:
    if factor not in pool.factors:
        if factor == SOFTWARE_TOKEN_MFA:
            raise invalid_parameter("Software Token MFA has not been enabled by the userPool")
        raise invalid_parameter(f"{factor} has not been enabled by the userPool")
    medium = {SMS_MFA: "SMS", EMAIL_OTP: "EMAIL"}.get(factor)
    has = user.attributes.get(ATTRIBUTE_OF[medium]) if medium else user.software_token
    if not has:
        raise invalid_parameter(f"User does not have delivery config set to turn on {factor}")


def change_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ChangePassword."""
    who = bearer(state, request["AccessToken"])
    state.limits.count("ChangePassword", who.pool.id, who.user.username)
    if who.user.password is not None:
        if "PreviousPassword" not in request:
            raise invalid_parameter("Missing required parameter PreviousPassword")
        check_password(state, who.pool, who.user, request["PreviousPassword"])
    check_policy(who.pool, request["ProposedPassword"])
    set_password(state, who.pool, who.user, request["ProposedPassword"], permanent=True)
    return {}


def global_sign_out(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GlobalSignOut: access and refresh tokens are revoked; id tokens stay valid until they expire."""
    refresh_tokens.revoke_all(state, bearer(state, request["AccessToken"]).user)
    return {}


def delete_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteUser."""
    who = bearer(state, request["AccessToken"])
    remove_user(state, who.pool, who.user)
    return {}


def remove_user(state: State, pool: UserPool, user: User) -> None:
    """Take a user out of the pool; tokens and codes go too."""
    codes.forget(state, pool, user)
    state.lockout.succeeded(pool.id, user.username)
    del pool.users[pool.fold(user.username)]
