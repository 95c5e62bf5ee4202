"""User pools: the operations on them and their MFA settings."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import invalid_parameter
from tui_auth.emulator.model import UserPool

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

POOL_ID_CHARACTERS = string.ascii_letters + string.digits
_MFA_MEMBERS = (
    "SmsMfaConfiguration",
    "SoftwareTokenMfaConfiguration",
    "EmailMfaConfiguration",
    "WebAuthnConfiguration",
)
_FIXED_MEMBERS = ("AliasAttributes", "UsernameAttributes", "Schema", "UsernameConfiguration", *_MFA_MEMBERS)
_REQUIREMENTS = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")
_LENGTH_AND_VALIDITY = {"MinimumLength": 8, "TemporaryPasswordValidityDays": 7}


def create_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve CreateUserPool.

    SMS is the only second factor it can enable; SetUserPoolMfaConfig adds others.
    """
    if "AliasAttributes" in request and "UsernameAttributes" in request:
        raise invalid_parameter(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        )
    settings = _settings(request)
    if settings["MfaConfiguration"] != "OFF":
        if "SmsConfiguration" not in settings:
            raise invalid_parameter(
                "SMS configuration and Auto verification for phone_number are required when MFA is "
                "required/optional"
            )
        settings["SmsMfaConfiguration"] = {"SmsConfiguration": settings["SmsConfiguration"]}
    now = state.clock.now()
    short_name = "".join(secrets.choice(POOL_ID_CHARACTERS) for _ in range(9))
    pool = UserPool(f"{state.region}_{short_name}", request["PoolName"], state.region, settings, now, now)
    state.pools[pool.id] = pool
    return {"UserPool": _description(pool)}


def _settings(request: dict[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in request.items() if key not in ("PoolName", "UserPoolId")}
    policies = settings.get("Policies", {})
    # Without a policy Cognito requires all kinds of characters; a policy requires only what it lists.
    defaults = {**_LENGTH_AND_VALIDITY, **dict.fromkeys(_REQUIREMENTS, "PasswordPolicy" not in policies)}
    settings["Policies"] = {
        "PasswordPolicy": {**defaults, **policies.get("PasswordPolicy", {})},
        "SignInPolicy": policies.get("SignInPolicy", {"AllowedFirstAuthFactors": ["PASSWORD"]}),
    }
    settings.setdefault("MfaConfiguration", "OFF")
    settings.setdefault("LambdaConfig", {})
    settings.setdefault("AdminCreateUserConfig", {"AllowAdminCreateUserOnly": False})
    return settings


def update_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserPool.

    Members that are left out get their defaults. The schema and the kinds of names can't change.
    """
    pool = state.pool(request["UserPoolId"])
    fixed = {member: pool.settings[member] for member in _FIXED_MEMBERS if member in pool.settings}
    pool.settings = {**_settings({"MfaConfiguration": pool.mfa, **request}), **fixed}
    pool.name = request.get("PoolName", pool.name)
    pool.modified = state.clock.now()
    return {}


def add_custom_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve AddCustomAttributes."""
    pool = state.pool(request["UserPoolId"])
    pool.settings["Schema"] = [*pool.settings.get("Schema", ()), *request["CustomAttributes"]]
    return {}


def describe_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve DescribeUserPool."""
    return {"UserPool": _description(state.pool(request["UserPoolId"]))}


def _description(pool: UserPool) -> dict[str, Any]:
    hidden = (*_MFA_MEMBERS, "Schema")
    return {
        **{member: value for member, value in pool.settings.items() if member not in hidden},
        "Id": pool.id,
        "Name": pool.name,
        "Arn": f"arn:aws:cognito-idp:{pool.region}:000000000000:userpool/{pool.id}",
        "SchemaAttributes": pool.settings.get("Schema", []),
        "EstimatedNumberOfUsers": len(pool.users),
        "CreationDate": pool.created,
        "LastModifiedDate": pool.modified,
    }


def delete_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve DeleteUserPool."""
    pool = state.pool(request["UserPoolId"])
    for client_id in pool.clients:
        del state.clients[client_id]
    pool.users.clear()
    del state.pools[pool.id]
    return {}


def list_user_pools(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListUserPools."""
    pools = [
        {
            "Id": pool.id,
            "Name": pool.name,
            "LambdaConfig": pool.settings["LambdaConfig"],
            "CreationDate": pool.created,
            "LastModifiedDate": pool.modified,
        }
        for pool in state.pools.values()
    ]
    return paginate("UserPools", pools, request, "MaxResults", "NextToken")


def set_user_pool_mfa_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve SetUserPoolMfaConfig: members that are left out don't change."""
    pool = state.pool(request["UserPoolId"])
    changes = {member: request[member] for member in (*_MFA_MEMBERS, "MfaConfiguration") if member in request}
    pool.settings = {**pool.settings, **changes}
    pool.modified = state.clock.now()
    return _mfa_config(pool)


def get_user_pool_mfa_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetUserPoolMfaConfig."""
    return _mfa_config(state.pool(request["UserPoolId"]))


def _mfa_config(pool: UserPool) -> dict[str, Any]:
    config = {member: pool.settings[member] for member in _MFA_MEMBERS if member in pool.settings}
    return {**config, "MfaConfiguration": pool.mfa}


def paginate(
    member: str, items: list[dict[str, Any]], request: dict[str, Any], limit: str, token: str
) -> dict[str, Any]:
    """Return one page of a list.

    Args:
        member: The member of the reply that holds the page.
        items: The whole list.
        request: The request.
        limit: The member of the request with the size of the page.
        token: The member of request and reply with the start of a page.
    """
    position = request.get(token, "0")
    if not position.isdecimal():
        raise invalid_parameter("Invalid pagination token.")
    start = int(position)
    end = start + (request.get(limit) or 60)
    return {member: items[start:end], **({token: str(end)} if end < len(items) else {})}
