"""User pools as an administrator sees them: create, describe, list, delete, and their MFA setting."""

from __future__ import annotations

import secrets
import string
from typing import Any

from tui_auth.emulator.errors import invalid_parameter
from tui_auth.emulator.model import UserPool
from tui_auth.emulator.state import State

ALPHANUMERIC = string.ascii_letters + string.digits
_MFA_MEMBERS = (
    "SmsMfaConfiguration",
    "SoftwareTokenMfaConfiguration",
    "EmailMfaConfiguration",
    "WebAuthnConfiguration",
)
_FIXED_MEMBERS = ("AliasAttributes", "UsernameAttributes", "Schema", "UsernameConfiguration", *_MFA_MEMBERS)
_STRICT_POLICY = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}
_BARE_POLICY = {
    "MinimumLength": 8,
    "RequireUppercase": False,
    "RequireLowercase": False,
    "RequireNumbers": False,
    "RequireSymbols": False,
    "TemporaryPasswordValidityDays": 7,
}


def create_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """CreateUserPool. It can switch on no second factor but SMS; SetUserPoolMfaConfig adds the others."""
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
    short_name = "".join(secrets.choice(ALPHANUMERIC) for _ in range(9))
    pool = UserPool(f"{state.region}_{short_name}", request["PoolName"], state.region, settings, now, now)
    state.pools[pool.id] = pool
    return {"UserPool": _described(pool)}


def _settings(request: dict[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in request.items() if key not in ("PoolName", "UserPoolId")}
    policies = settings.get("Policies", {})
    asked = policies.get("PasswordPolicy")
    settings["Policies"] = {
        "PasswordPolicy": _STRICT_POLICY if asked is None else {**_BARE_POLICY, **asked},
        "SignInPolicy": policies.get("SignInPolicy", {"AllowedFirstAuthFactors": ["PASSWORD"]}),
    }
    settings.setdefault("MfaConfiguration", "OFF")
    settings.setdefault("LambdaConfig", {})
    settings.setdefault("AdminCreateUserConfig", {"AllowAdminCreateUserOnly": False})
    return settings


def update_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateUserPool: what is not given goes back to its default; names and schema are fixed."""
    pool = state.pool(request["UserPoolId"])
    fixed = {member: pool.settings[member] for member in _FIXED_MEMBERS if member in pool.settings}
    pool.settings = {**_settings({"MfaConfiguration": pool.mfa, **request}), **fixed}
    pool.name = request.get("PoolName", pool.name)
    pool.modified = state.clock.now()
    return {}


def add_custom_attributes(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AddCustomAttributes."""
    pool = state.pool(request["UserPoolId"])
    pool.settings["Schema"] = [*pool.settings.get("Schema", ()), *request["CustomAttributes"]]
    return {}


def describe_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeUserPool."""
    return {"UserPool": _described(state.pool(request["UserPoolId"]))}


def _described(pool: UserPool) -> dict[str, Any]:
    kept = {key: value for key, value in pool.settings.items() if key not in (*_MFA_MEMBERS, "Schema")}
    return {
        **kept,
        "Id": pool.id,
        "Name": pool.name,
        "Arn": f"arn:aws:cognito-idp:{pool.region}:000000000000:userpool/{pool.id}",
        "SchemaAttributes": pool.settings.get("Schema", []),
        "EstimatedNumberOfUsers": len(pool.users),
        "CreationDate": pool.created,
        "LastModifiedDate": pool.modified,
    }


def delete_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteUserPool."""
    pool = state.pool(request["UserPoolId"])
    for client_id in pool.clients:
        del state.clients[client_id]
    pool.users.clear()
    del state.pools[pool.id]
    return {}


def list_user_pools(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ListUserPools."""
    listed = [
        {
            "Id": pool.id,
            "Name": pool.name,
            "LambdaConfig": pool.settings["LambdaConfig"],
            "CreationDate": pool.created,
            "LastModifiedDate": pool.modified,
        }
        for pool in state.pools.values()
    ]
    return page("UserPools", listed, request, "MaxResults", "NextToken")


def set_user_pool_mfa_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """SetUserPoolMfaConfig: which factors are on, and whether one is asked for; the rest stays as it was."""
    pool = state.pool(request["UserPoolId"])
    given = {member: request[member] for member in (*_MFA_MEMBERS, "MfaConfiguration") if member in request}
    pool.settings = {**pool.settings, **given}
    pool.modified = state.clock.now()
    return _mfa_config(pool)


def get_user_pool_mfa_config(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetUserPoolMfaConfig."""
    return _mfa_config(state.pool(request["UserPoolId"]))


def _mfa_config(pool: UserPool) -> dict[str, Any]:
    said = {member: pool.settings[member] for member in _MFA_MEMBERS if member in pool.settings}
    return {**said, "MfaConfiguration": pool.mfa}


def page(
    member: str, everything: list[dict[str, Any]], request: dict[str, Any], limit: str, token: str
) -> dict[str, Any]:
    """One page of a list; ``limit`` and ``token`` name the members that ask for its size and start."""
    given = request.get(token, "0")
    if not given.isdecimal():
        raise invalid_parameter("Invalid pagination token.")
    start = int(given)
    end = start + (request.get(limit) or 60)
    return {member: everything[start:end], **({token: str(end)} if end < len(everything) else {})}
