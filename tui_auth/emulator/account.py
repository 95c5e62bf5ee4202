"""Account: what users do with an access token, and what administrators do with users and groups.

New users and forgotten passwords are in ``sign_up``, software tokens and devices in ``mfa``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tui_auth.emulator import errors, model, users, webauthn
from tui_auth.emulator.challenges import has_factor
from tui_auth.emulator.first_factor import available_first_factors
from tui_auth.emulator.model import AppClient, Group, User, UserPool
from tui_auth.emulator.pools import paginate
from tui_auth.emulator.state import VERIFY_ATTRIBUTE
from tui_auth.emulator.tokens import authenticate, revoke_all_tokens

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

_FACTOR_BY_SETTING = {
    "SMSMfaSettings": model.SMS_MFA,
    "SoftwareTokenMfaSettings": model.SOFTWARE_TOKEN_MFA,
    "EmailMfaSettings": model.EMAIL_OTP,
}
_FILTER = re.compile(r'\s*(?P<name>[^=]*?)\s*(?P<operator>\^?=)\s*"(?P<value>.*)"\s*', re.DOTALL)


def _subject(state: State, request: dict[str, Any]) -> tuple[UserPool, User, AppClient | None]:
    """Return the user of an access token and its app client, or the user that an administrator specifies."""
    if "AccessToken" in request:
        caller = authenticate(state, request["AccessToken"])
        return caller.pool, caller.user, caller.client
    pool = state.pool(request["UserPoolId"])
    return pool, users.require_user(pool, request["Username"]), None


def get_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetUser and AdminGetUser."""
    _, user, client = _subject(state, request)
    settings = _mfa_settings(user)
    if client is None:
        description = users.describe_user(user)
        return {"UserAttributes": description.pop("Attributes"), **description, **settings}
    readable = users.format_attributes(users.readable_attributes(client, user))
    return {"Username": user.username, "UserAttributes": readable, **settings}


def _mfa_settings(user: User) -> dict[str, Any]:
    """Return PreferredMfaSetting and UserMFASettingList, without empty ones."""
    settings = {"PreferredMfaSetting": user.mfa_preferred, "UserMFASettingList": list(user.mfa_enabled)}
    return {name: value for name, value in settings.items() if value}


def get_user_auth_factors(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool, user, _ = _subject(state, request)
    factors = [name for name in available_first_factors(pool, user) if name != "PASSWORD_SRP"]
    if user.software_token is not None:
        factors.append("SOFTWARE_TOKEN")
    return {"Username": user.username, "ConfiguredUserAuthFactors": factors, **_mfa_settings(user)}


def set_user_mfa_preference(state: State, request: dict[str, Any]) -> None:
    """Serve SetUserMFAPreference and AdminSetUserMFAPreference."""
    pool, user, _ = _subject(state, request)
    passkey_mfa = request.get("WebAuthnMfaSettings", {}).get("Enabled", user.passkey_mfa)
    if passkey_mfa and not user.passkey_mfa:
        webauthn.check_mfa_setting(pool, user)
    settings = {factor: request[name] for name, factor in _FACTOR_BY_SETTING.items() if name in request}
    preferred = [factor for factor, setting in settings.items() if setting.get("PreferredMfa")]
    if len(preferred) > 1:
        raise errors.invalid_parameter("Only one MFA method can be preferred.")
    enabled = set(user.mfa_enabled)
    for factor, setting in settings.items():
        is_enabled = setting.get("Enabled", factor in enabled)
        if setting.get("PreferredMfa") and not is_enabled:
            raise errors.invalid_parameter("Preferred MFA setting cannot be set to a disabled MFA method.")
        if is_enabled:
            _check_possible(pool, user, factor)
            enabled.add(factor)
        else:
            _check_set_up(user, factor)
            enabled.discard(factor)
    if passkey_mfa and not enabled:
        raise errors.invalid_parameter("Another MFA method must be active to turn on WEB_AUTHN")
    if pool.mfa == "ON" and user.mfa_enabled and not enabled:
        return  # Cognito keeps the last factor on without an error
    user.passkey_mfa = passkey_mfa
    user.mfa_enabled = [factor for factor in _FACTOR_BY_SETTING.values() if factor in enabled]
    if preferred:
        user.mfa_preferred = preferred[0]
    elif user.mfa_preferred not in enabled or "PreferredMfa" in settings.get(user.mfa_preferred, {}):
        user.mfa_preferred = None


def _check_possible(pool: UserPool, user: User, factor: str) -> None:
    if factor not in pool.mfa_factors:
        name = "Software Token MFA" if factor == model.SOFTWARE_TOKEN_MFA else factor
        raise errors.invalid_parameter(f"{name} has not been enabled by the userPool")
    if not has_factor(user, factor):
        raise errors.invalid_parameter(f"User does not have delivery config set to turn on {factor}")


def _check_set_up(user: User, factor: str) -> None:
    """Raise InvalidParameterException for a factor that the user can't have, even to turn it off."""
    if factor == model.SOFTWARE_TOKEN_MFA and user.software_token is None:
        raise errors.invalid_parameter("User has not set up software token mfa")
    attribute = model.ATTRIBUTE_BY_FACTOR.get(factor)
    if attribute and not user.attributes.get(attribute):
        name = "SMS MFA" if factor == model.SMS_MFA else factor
        raise errors.invalid_parameter(f"User does not have a {attribute} set to turn on {name}")


def change_password(state: State, request: dict[str, Any]) -> None:
    pool, user, _ = _subject(state, request)
    state.limits.count("ChangePassword", pool, user)
    if user.password is not None:
        if "PreviousPassword" not in request:
            raise errors.missing_parameter("PreviousPassword")
        users.check_password(state, pool, user, request["PreviousPassword"])
    users.check_policy(pool, request["ProposedPassword"])
    users.set_password(state, pool, user, request["ProposedPassword"], permanent=True)


def admin_set_user_password(state: State, request: dict[str, Any]) -> None:
    """Serve AdminSetUserPassword. The user must replace a password that isn't permanent."""
    pool, user, _ = _subject(state, request)
    users.check_policy(pool, request["Password"])
    users.set_password(state, pool, user, request["Password"], permanent=bool(request.get("Permanent")))
    state.lockout.clear(pool.id, user.username)


def global_sign_out(state: State, request: dict[str, Any]) -> None:
    """Serve GlobalSignOut and AdminUserGlobalSignOut. ID tokens stay valid until they expire."""
    revoke_all_tokens(state, _subject(state, request)[1])


admin_user_global_sign_out = global_sign_out


def admin_enable_user(state: State, request: dict[str, Any]) -> None:
    _subject(state, request)[1].enabled = True


def admin_disable_user(state: State, request: dict[str, Any]) -> None:
    """Serve AdminDisableUser, which also revokes the user's tokens."""
    _, user, _ = _subject(state, request)
    user.enabled = False
    revoke_all_tokens(state, user)


def delete_user(state: State, request: dict[str, Any]) -> None:
    """Serve DeleteUser and AdminDeleteUser: all tokens and codes of the user are gone, too."""
    pool, user, _ = _subject(state, request)
    state.codes.discard_all(pool, user)
    state.lockout.clear(pool.id, user.username)
    del pool.users[pool.fold(user.username)]


def list_users(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListUsers. As at AWS, a filter is ``name = "value"`` or ``name ^= "value"``."""
    pool = state.pool(request["UserPoolId"])
    matching = [user for user in pool.users.values() if _matches_filter(user, request.get("Filter", ""))]
    descriptions = [users.describe_user(user) for user in matching]
    return paginate("Users", descriptions, request, "Limit", "PaginationToken")


def _matches_filter(user: User, condition: str) -> bool:
    if not condition.strip():
        return True
    match = _FILTER.fullmatch(condition)
    if match is None:
        raise errors.invalid_parameter("Error while parsing filter.")
    special = {"username": user.username, "sub": user.sub, "cognito:user_status": user.status}
    special["status"] = "Enabled" if user.enabled else "Disabled"
    value = special.get(match["name"], user.attributes.get(match["name"], ""))
    wanted = match["value"].replace('\\"', '"')
    return value.startswith(wanted) if match["operator"] == "^=" else value == wanted


def update_user_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserAttributes and AdminUpdateUserAttributes. A new address is unverified."""
    pool, user, client = _subject(state, request)
    changes = users.parse_attributes(request["UserAttributes"])
    if client is not None:
        users.check_writable(client, changes)
    users.check_mutable(pool, changes)
    users.check_schema(pool, changes)
    for name in users.required_attributes(pool):
        if name in changes and not changes[name]:
            raise users.schema_violation(name, "The attribute is required")
    users.claim_aliases(pool, user, changes)
    deliveries = _apply_changes(state, pool, user, changes)
    return {} if client is None else {"CodeDeliveryDetailsList": deliveries}


def _apply_changes(state: State, pool: UserPool, user: User, changes: dict[str, str]) -> list[dict[str, str]]:
    """Set attributes and return CodeDeliveryDetails for each address that must be verified."""
    verified = pool.settings.get("AutoVerifiedAttributes", ())
    update_settings = pool.settings.get("UserAttributeUpdateSettings", {})
    verified_first = update_settings.get("AttributesRequireVerificationBeforeUpdate", ())
    deliveries = []
    user.modified = state.clock.now()
    for name, value in changes.items():
        has_changed = user.attributes.get(name) != value
        if name not in model.MEDIUM_BY_ATTRIBUTE or not has_changed or f"{name}_verified" in changes:
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
    """Serve DeleteUserAttributes and AdminDeleteUserAttributes."""
    pool, user, client = _subject(state, request)
    names = request["UserAttributeNames"]
    if client is not None:
        users.check_writable(client, names)
    users.check_mutable(pool, names)
    for name in names:
        if name in users.required_attributes(pool) or name in pool.username_attributes:
            raise errors.invalid_parameter(f"user.{name}: Attribute cannot be deleted.")
    for name in names:
        user.attributes.pop(name, None)
        user.attributes.pop(f"{name}_verified", None)
    user.modified = state.clock.now()


def get_user_attribute_verification_code(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool, user, _ = _subject(state, request)
    name = _address_attribute(request)
    value = user.pending_attributes.get(name) or user.attributes.get(name)
    if not value:
        raise errors.invalid_parameter(f"User does not have the attribute {name}.")
    state.limits.count("GetUserAttributeVerificationCode", pool, user)
    return {"CodeDeliveryDetails": state.codes.send(pool, user, VERIFY_ATTRIBUTE, name, value)}


def verify_user_attribute(state: State, request: dict[str, Any]) -> None:
    """Serve VerifyUserAttribute: the code proves that the address is the user's."""
    pool, user, _ = _subject(state, request)
    name = _address_attribute(request)
    state.limits.count("VerifyUserAttribute", pool, user)
    code = state.codes.check(pool, user, VERIFY_ATTRIBUTE, request["Code"], name)
    value = user.pending_attributes.get(name) or user.attributes.get(name, "")
    if value != code.destination:
        raise errors.expired_code()
    users.claim_alias(pool, user, name, value)
    state.codes.discard(pool, user, VERIFY_ATTRIBUTE, name)
    user.pending_attributes.pop(name, None)
    user.attributes[name] = value
    user.attributes[f"{name}_verified"] = "true"


def _address_attribute(request: dict[str, Any]) -> str:
    name: str = request["AttributeName"]
    if name not in model.MEDIUM_BY_ATTRIBUTE:
        raise errors.invalid_parameter(
            f"Invalid attribute name {name}; only email and phone_number can be verified."
        )
    return name


def create_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    name = request["GroupName"]
    if name in pool.groups:
        raise errors.CognitoError("GroupExistsException", "A group with the name already exists.")
    optional = (request.get(member) for member in ("Description", "RoleArn", "Precedence"))
    pool.groups[name] = Group(name, state.clock.now(), *optional)
    return {"Group": _describe_group(pool, name)}


def list_groups(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    groups = [_describe_group(pool, name) for name in pool.groups]
    return paginate("Groups", groups, request, "Limit", "NextToken")


def admin_add_user_to_group(state: State, request: dict[str, Any]) -> None:
    user, name = _member_and_group(state, request)
    if name not in user.groups:
        user.groups.append(name)


def admin_remove_user_from_group(state: State, request: dict[str, Any]) -> None:
    user, removed = _member_and_group(state, request)
    user.groups = [name for name in user.groups if name != removed]


def admin_list_groups_for_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool, user, _ = _subject(state, request)
    groups = [_describe_group(pool, name) for name in user.groups]
    return paginate("Groups", groups, request, "Limit", "NextToken")


def _member_and_group(state: State, request: dict[str, Any]) -> tuple[User, str]:
    pool, user, _ = _subject(state, request)
    if request["GroupName"] not in pool.groups:
        raise errors.not_found("Group not found.")
    return user, request["GroupName"]


def _describe_group(pool: UserPool, name: str) -> dict[str, Any]:
    group = pool.groups[name]
    optional = {"Description": group.description, "RoleArn": group.role, "Precedence": group.precedence}
    return {
        "GroupName": name,
        "UserPoolId": pool.id,
        **{member: value for member, value in optional.items() if value is not None},
        "CreationDate": group.created,
        "LastModifiedDate": group.created,
    }
