"""Users and groups as an administrator manages them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator import attributes
from tui_auth.emulator.account import (
    apply_changes,
    apply_mfa_preference,
    check_changes,
    mfa_settings,
    remove_attributes,
    remove_user,
)
from tui_auth.emulator.attributes import claim_alias, require_user
from tui_auth.emulator.errors import CognitoError, invalid_parameter, not_authorized, not_found
from tui_auth.emulator.first_factor import check_policy, check_resettable, set_password, temporary_password
from tui_auth.emulator.messages import FORGOT_PASSWORD, recovery_attribute
from tui_auth.emulator.model import (
    ATTRIBUTE_BY_MEDIUM,
    CONFIRMED,
    FORCE_CHANGE_PASSWORD,
    MEDIUM_BY_ATTRIBUTE,
    RESET_REQUIRED,
    UNCONFIRMED,
    Group,
    User,
    UserPool,
)
from tui_auth.emulator.sign_up import (
    add_user,
    allows_sign_in_without_password,
    check_new_user,
    check_unconfirmed,
)
from tui_auth.emulator.tokens import revoke_all_tokens
from tui_auth.emulator.user_pools import paginate

if TYPE_CHECKING:
    from tui_auth.emulator.state import State


def _pool_and_user(state: State, request: dict[str, Any]) -> tuple[UserPool, User]:
    pool = state.pool(request["UserPoolId"])
    return pool, require_user(pool, request["Username"])


def admin_create_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve AdminCreateUser: create a user and send a temporary password, unless suppressed.

    If users of the pool can sign in with only a code, the password is optional.
    """
    pool = state.pool(request["UserPoolId"])
    if request.get("MessageAction") == "RESEND":
        return _resend_invitation(state, pool, request)
    values = attributes.parse_attributes(request.get("UserAttributes", ()))
    try:
        values = check_new_user(pool, request["Username"], values)
    except CognitoError as error:
        if error.code == "UsernameExistsException":
            raise CognitoError(error.code, "User account already exists") from None
        raise
    for name, value in values.items():
        is_alias = name not in MEDIUM_BY_ATTRIBUTE or values.get(f"{name}_verified") == "true"
        if is_alias or pool.username_attributes:
            claim_alias(pool, None, name, value, force=bool(request.get("ForceAliasCreation")))
    password = request.get("TemporaryPassword")
    if password is not None:
        check_policy(pool, password)
    user = add_user(state, pool, request["Username"], values)
    if password is None and allows_sign_in_without_password(pool):
        user.status = CONFIRMED
        return {"User": _description(user)}
    password = password or temporary_password()
    set_password(state, pool, user, password, permanent=False)
    if request.get("MessageAction") != "SUPPRESS":
        _invite(state, user, password, request)
    return {"User": _description(user)}


def _resend_invitation(state: State, pool: UserPool, request: dict[str, Any]) -> dict[str, Any]:
    user = require_user(pool, request["Username"])
    if user.status != FORCE_CHANGE_PASSWORD:
        raise CognitoError(
            "UnsupportedUserStateException",
            "Resend not possible. The user is not in FORCE_CHANGE_PASSWORD state.",
        )
    password = request.get("TemporaryPassword") or temporary_password()
    check_policy(pool, password)
    set_password(state, pool, user, password, permanent=False)
    _invite(state, user, password, request)
    return {"User": _description(user)}


def _invite(state: State, user: User, password: str, request: dict[str, Any]) -> None:
    for medium in request.get("DesiredDeliveryMediums", ["SMS"]):
        destination = user.attributes.get(ATTRIBUTE_BY_MEDIUM[medium])
        if destination:
            state.outbox.send(user.username, medium, destination, "INVITATION", password)


def admin_get_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    _, user = _pool_and_user(state, request)
    description = _description(user)
    return {"UserAttributes": description.pop("Attributes"), **description, **mfa_settings(user)}


def _description(user: User) -> dict[str, Any]:
    return {
        "Username": user.username,
        "Attributes": attributes.format_attributes(attributes.all_attributes(user)),
        "UserCreateDate": user.created,
        "UserLastModifiedDate": user.modified,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def list_users(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListUsers. As at AWS, a filter is ``name = "value"`` or ``name ^= "value"``."""
    pool = state.pool(request["UserPoolId"])
    users = [user for user in pool.users.values() if _matches_filter(user, request.get("Filter", ""))]
    return paginate("Users", [_description(user) for user in users], request, "Limit", "PaginationToken")


def _matches_filter(user: User, condition: str) -> bool:
    if not condition.strip():
        return True
    left, equals, right = condition.partition("=")
    is_prefix = left.rstrip().endswith("^")
    name = left.rstrip().removesuffix("^").strip()
    wanted = right.strip()
    if not equals or len(wanted) < 2 or wanted[0] != '"' or wanted[-1] != '"':
        raise invalid_parameter("Error while parsing filter.")
    special = {"username": user.username, "sub": user.sub, "cognito:user_status": user.status}
    special["status"] = "Enabled" if user.enabled else "Disabled"
    value = special.get(name, user.attributes.get(name, ""))
    wanted = wanted[1:-1].replace('\\"', '"')
    return value.startswith(wanted) if is_prefix else value == wanted


def admin_set_user_password(state: State, request: dict[str, Any]) -> None:
    """Serve AdminSetUserPassword.

    The user must change a password that isn't permanent at the next sign-in.
    """
    pool, user = _pool_and_user(state, request)
    check_policy(pool, request["Password"])
    set_password(state, pool, user, request["Password"], permanent=bool(request.get("Permanent")))
    state.lockout.clear(pool.id, user.username)


def admin_set_user_mfa_preference(state: State, request: dict[str, Any]) -> None:
    pool, user = _pool_and_user(state, request)
    apply_mfa_preference(pool, user, request)


def admin_reset_user_password(state: State, request: dict[str, Any]) -> None:
    """Serve AdminResetUserPassword: make the old password useless and send a code."""
    pool, user = _pool_and_user(state, request)
    if not user.enabled:
        raise not_authorized("User is disabled.")
    if user.status == UNCONFIRMED:
        raise not_authorized("User password cannot be reset in the current state.")
    check_resettable(user)
    attribute = recovery_attribute(pool, user)
    user.status = RESET_REQUIRED
    user.modified = state.clock.now()
    state.codes.send(pool, user, FORGOT_PASSWORD, attribute)


def admin_confirm_sign_up(state: State, request: dict[str, Any]) -> None:
    _, user = _pool_and_user(state, request)
    check_unconfirmed(user)
    user.status = CONFIRMED
    user.modified = state.clock.now()


def admin_disable_user(state: State, request: dict[str, Any]) -> None:
    """Serve AdminDisableUser, which also revokes the user's tokens."""
    _, user = _pool_and_user(state, request)
    user.enabled = False
    revoke_all_tokens(state, user)


def admin_enable_user(state: State, request: dict[str, Any]) -> None:
    _, user = _pool_and_user(state, request)
    user.enabled = True


def admin_delete_user(state: State, request: dict[str, Any]) -> None:
    remove_user(state, *_pool_and_user(state, request))


def admin_update_user_attributes(state: State, request: dict[str, Any]) -> None:
    """Serve AdminUpdateUserAttributes, which can also mark an address as verified."""
    pool, user = _pool_and_user(state, request)
    changes = attributes.parse_attributes(request["UserAttributes"])
    check_changes(pool, user, changes)
    apply_changes(state, pool, user, changes)


def admin_delete_user_attributes(state: State, request: dict[str, Any]) -> None:
    pool, user = _pool_and_user(state, request)
    remove_attributes(state, pool, user, request["UserAttributeNames"])


def admin_user_global_sign_out(state: State, request: dict[str, Any]) -> None:
    revoke_all_tokens(state, _pool_and_user(state, request)[1])


def create_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    name = request["GroupName"]
    if name in pool.groups:
        raise CognitoError("GroupExistsException", "A group with the name already exists.")
    group = Group(
        name,
        state.clock.now(),
        request.get("Description"),
        request.get("RoleArn"),
        request.get("Precedence"),
    )
    pool.groups[name] = group
    return {"Group": _group_description(pool, group)}


def list_groups(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    groups = [_group_description(pool, group) for group in pool.groups.values()]
    return paginate("Groups", groups, request, "Limit", "NextToken")


def admin_add_user_to_group(state: State, request: dict[str, Any]) -> None:
    pool, user = _pool_and_user(state, request)
    name = _group_name(pool, request)
    if name not in user.groups:
        user.groups.append(name)


def admin_remove_user_from_group(state: State, request: dict[str, Any]) -> None:
    pool, user = _pool_and_user(state, request)
    removed = _group_name(pool, request)
    user.groups = [name for name in user.groups if name != removed]


def admin_list_groups_for_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool, user = _pool_and_user(state, request)
    groups = [_group_description(pool, pool.groups[name]) for name in user.groups]
    return paginate("Groups", groups, request, "Limit", "NextToken")


def _group_name(pool: UserPool, request: dict[str, Any]) -> str:
    name: str = request["GroupName"]
    if name not in pool.groups:
        raise not_found("Group not found.")
    return name


def _group_description(pool: UserPool, group: Group) -> dict[str, Any]:
    optional = {"Description": group.description, "RoleArn": group.role, "Precedence": group.precedence}
    return {
        "GroupName": group.name,
        "UserPoolId": pool.id,
        **{member: value for member, value in optional.items() if value is not None},
        "CreationDate": group.created,
        "LastModifiedDate": group.created,
    }
