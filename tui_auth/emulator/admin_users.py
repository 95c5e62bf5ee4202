"""Users as an administrator sees them: create, read, change, reset, disable, delete."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import attributes, codes, refresh_tokens
from tui_auth.emulator.account import apply_mfa_preference, mfa_settings, remove_user
from tui_auth.emulator.admin_pools import page
from tui_auth.emulator.attribute_changes import change, check_change, delete
from tui_auth.emulator.errors import PoolError, invalid_parameter, not_authorized, user_not_found
from tui_auth.emulator.forgot_password import check_resettable
from tui_auth.emulator.messages import ATTRIBUTE_OF
from tui_auth.emulator.model import (
    CONFIRMED,
    FORCE_CHANGE_PASSWORD,
    RESET_REQUIRED,
    UNCONFIRMED,
    User,
    UserPool,
)
from tui_auth.emulator.names import claim_alias, find_user, known_user
from tui_auth.emulator.passwords import check_policy, set_password, temporary_password
from tui_auth.emulator.sign_up import add_user, check_new_user, signs_in_without_password
from tui_auth.emulator.state import State


def _whom(state: State, request: dict[str, Any]) -> tuple[UserPool, User]:
    pool = state.pool(request["UserPoolId"])
    return pool, known_user(pool, request["Username"])


def admin_create_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminCreateUser: a user with a temporary password, who is told of it unless it is suppressed.

    In a pool whose users may sign in by a code alone, a password left out is none.
    """
    pool = state.pool(request["UserPoolId"])
    if request.get("MessageAction") == "RESEND":
        return _invite_again(state, pool, request)
    given = attributes.from_list(request.get("UserAttributes", ()))
    try:
        given = check_new_user(pool, request["Username"], given)
    except PoolError as error:
        if error.code == "UsernameExistsException":
            raise PoolError(error.code, "User account already exists") from None
        raise
    for name, value in given.items():
        if (
            name not in ("email", "phone_number")
            or given.get(f"{name}_verified") == "true"
            or pool.name_attributes
        ):
            claim_alias(pool, None, name, value, force=bool(request.get("ForceAliasCreation")))
    words = request.get("TemporaryPassword")
    if words is not None:
        check_policy(pool, words)
    user = add_user(state, pool, request["Username"], given)
    if words is None and signs_in_without_password(pool):
        user.status = CONFIRMED
        return {"User": _listed(user)}
    words = words or temporary_password()
    set_password(state, pool, user, words, permanent=False)
    if request.get("MessageAction") != "SUPPRESS":
        _invite(state, user, words, request)
    return {"User": _listed(user)}


def _invite_again(state: State, pool: UserPool, request: dict[str, Any]) -> dict[str, Any]:
    user = find_user(pool, request["Username"])
    if user is None:
        raise user_not_found()
    if user.status != FORCE_CHANGE_PASSWORD:
        raise PoolError(
            "UnsupportedUserStateException",
            "Resend not possible. The user is not in FORCE_CHANGE_PASSWORD state.",
        )
    words = request.get("TemporaryPassword") or temporary_password()
    check_policy(pool, words)
    set_password(state, pool, user, words, permanent=False)
    _invite(state, user, words, request)
    return {"User": _listed(user)}


def _invite(state: State, user: User, words: str, request: dict[str, Any]) -> None:
    for medium in request.get("DesiredDeliveryMediums", ["SMS"]):
        destination = user.attributes.get(ATTRIBUTE_OF[medium])
        if destination:
            state.outbox.send(
                username=user.username,
                medium=medium,
                destination=destination,
                purpose="INVITATION",
                code=words,
            )


def admin_get_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminGetUser."""
    _, user = _whom(state, request)
    return {
        **{key: value for key, value in _listed(user).items() if key != "Attributes"},
        "UserAttributes": attributes.to_list(attributes.of_user(user)),
        **mfa_settings(user),
    }


def _listed(user: User) -> dict[str, Any]:
    return {
        "Username": user.username,
        "Attributes": attributes.to_list(attributes.of_user(user)),
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def list_users(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ListUsers. Filters other than ``name = "value"`` and ``name ^= "value"`` are refused, as AWS does."""
    pool = state.pool(request["UserPoolId"])
    users = [user for user in pool.users.values() if _passes(user, request.get("Filter", ""))]
    return page("Users", [_listed(user) for user in users], request, "Limit", "PaginationToken")


def _passes(user: User, condition: str) -> bool:
    if not condition.strip():
        return True
    left, equals, right = condition.partition("=")
    begins = left.rstrip().endswith("^")
    name = left.rstrip().removesuffix("^").strip()
    wanted = right.strip()
    if not equals or len(wanted) < 2 or wanted[0] != '"' or wanted[-1] != '"':
        raise invalid_parameter("Error while parsing filter.")
    special = {"username": user.username, "sub": user.sub, "cognito:user_status": user.status}
    special["status"] = "Enabled" if user.enabled else "Disabled"
    value = special.get(name, user.attributes.get(name, ""))
    wanted = wanted[1:-1].replace('\\"', '"')
    return value.startswith(wanted) if begins else value == wanted


def admin_set_user_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminSetUserPassword: permanent, or temporary so that a new one is demanded."""
    pool, user = _whom(state, request)
    check_policy(pool, request["Password"])
    set_password(state, pool, user, request["Password"], permanent=bool(request.get("Permanent")))
    state.lockout.succeeded(pool.id, user.username)
    return {}


def admin_set_user_mfa_preference(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminSetUserMFAPreference."""
    pool, user = _whom(state, request)
    apply_mfa_preference(pool, user, request)
    return {}


def admin_reset_user_password(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminResetUserPassword: the old password is useless, and a code goes out at once."""
    pool, user = _whom(state, request)
    if not user.enabled:
        raise not_authorized("User is disabled.")
    if user.status == UNCONFIRMED:
        raise not_authorized("User password cannot be reset in the current state.")
    check_resettable(user)
    attribute = codes.recovery_attribute(pool, user)
    user.status = RESET_REQUIRED
    user.modified = state.clock.now()
    codes.send(state, pool, user, codes.FORGOT_PASSWORD, attribute)
    return {}


def admin_confirm_sign_up(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminConfirmSignUp."""
    _, user = _whom(state, request)
    if user.status != UNCONFIRMED:
        raise not_authorized(f"User cannot be confirmed. Current status is {user.status}")
    user.status = CONFIRMED
    user.modified = state.clock.now()
    return {}


def admin_disable_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminDisableUser: also revokes the user's tokens."""
    _, user = _whom(state, request)
    user.enabled = False
    refresh_tokens.revoke_all(state, user)
    return {}


def admin_enable_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminEnableUser."""
    _, user = _whom(state, request)
    user.enabled = True
    return {}


def admin_delete_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminDeleteUser."""
    remove_user(state, *_whom(state, request))
    return {}


def admin_update_user_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminUpdateUserAttributes: may also say that an address is verified."""
    pool, user = _whom(state, request)
    given = attributes.from_list(request["UserAttributes"])
    check_change(pool, user, given)
    change(state, pool, user, given)
    return {}


def admin_delete_user_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminDeleteUserAttributes."""
    pool, user = _whom(state, request)
    delete(state, pool, user, request["UserAttributeNames"])
    return {}


def admin_user_global_sign_out(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminUserGlobalSignOut."""
    refresh_tokens.revoke_all(state, _whom(state, request)[1])
    return {}
