"""Groups: create, list, and who is in them."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator.admin_pools import page
from tui_auth.emulator.errors import PoolError, not_found
from tui_auth.emulator.model import Group, UserPool
from tui_auth.emulator.names import known_user
from tui_auth.emulator.state import State


def create_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """CreateGroup."""
    pool = state.pool(request["UserPoolId"])
    name = request["GroupName"]
    if name in pool.groups:
        raise PoolError("GroupExistsException", "A group with the name already exists.")
    group = Group(
        name,
        state.clock.now(),
        request.get("Description"),
        request.get("RoleArn"),
        request.get("Precedence"),
    )
    pool.groups[name] = group
    return {"Group": _described(pool, group)}


def list_groups(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ListGroups."""
    pool = state.pool(request["UserPoolId"])
    listed = [_described(pool, group) for group in pool.groups.values()]
    return page("Groups", listed, request, "Limit", "NextToken")


def admin_add_user_to_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminAddUserToGroup."""
    pool = state.pool(request["UserPoolId"])
    user = known_user(pool, request["Username"])
    if _group(pool, request).name not in user.groups:
        user.groups.append(request["GroupName"])
    return {}


def admin_remove_user_from_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminRemoveUserFromGroup."""
    pool = state.pool(request["UserPoolId"])
    user = known_user(pool, request["Username"])
    name = _group(pool, request).name
    user.groups = [one for one in user.groups if one != name]
    return {}


def admin_list_groups_for_user(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AdminListGroupsForUser."""
    pool = state.pool(request["UserPoolId"])
    user = known_user(pool, request["Username"])
    listed = [_described(pool, pool.groups[name]) for name in user.groups]
    return page("Groups", listed, request, "Limit", "NextToken")


def _group(pool: UserPool, request: dict[str, Any]) -> Group:
    try:
        return pool.groups[request["GroupName"]]
    except KeyError:
        raise not_found("Group not found.") from None


def _described(pool: UserPool, group: Group) -> dict[str, Any]:
    optional = {"Description": group.description, "RoleArn": group.role, "Precedence": group.precedence}
    return {
        "GroupName": group.name,
        "UserPoolId": pool.id,
        **{member: value for member, value in optional.items() if value is not None},
        "CreationDate": group.created,
        "LastModifiedDate": group.created,
    }
