"""User pools and their app clients: the operations on them, and the check of client secrets."""

from __future__ import annotations

import base64
import hmac
import secrets
import string
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.attributes import check_schema_names
from tui_auth.emulator.errors import invalid_parameter, not_authorized
from tui_auth.emulator.model import AppClient, UserPool

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
    check_schema_names(request.get("Schema", ()))
    settings = _pool_settings(request)
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
    return {"UserPool": _describe_pool(pool)}


def _pool_settings(request: dict[str, Any]) -> dict[str, Any]:
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


def update_user_pool(state: State, request: dict[str, Any]) -> None:
    """Serve UpdateUserPool.

    Members that are left out get their defaults. The schema and the kinds of names can't change.
    """
    pool = state.pool(request["UserPoolId"])
    fixed = {member: pool.settings[member] for member in _FIXED_MEMBERS if member in pool.settings}
    pool.settings = {**_pool_settings({"MfaConfiguration": pool.mfa, **request}), **fixed}
    pool.name = request.get("PoolName", pool.name)
    pool.modified = state.clock.now()


def add_custom_attributes(state: State, request: dict[str, Any]) -> None:
    pool = state.pool(request["UserPoolId"])
    check_schema_names(request["CustomAttributes"])
    pool.settings["Schema"] = [*pool.settings.get("Schema", ()), *request["CustomAttributes"]]


def describe_user_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"UserPool": _describe_pool(state.pool(request["UserPoolId"]))}


def _describe_pool(pool: UserPool) -> dict[str, Any]:
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


def delete_user_pool(state: State, request: dict[str, Any]) -> None:
    pool = state.pool(request["UserPoolId"])
    for client_id in pool.clients:
        del state.clients[client_id]
    pool.users.clear()
    del state.pools[pool.id]


def list_user_pools(state: State, request: dict[str, Any]) -> dict[str, Any]:
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
    return _mfa_config(state.pool(request["UserPoolId"]))


def _mfa_config(pool: UserPool) -> dict[str, Any]:
    config = {member: pool.settings[member] for member in _MFA_MEMBERS if member in pool.settings}
    return {**config, "MfaConfiguration": pool.mfa}


def paginate(
    member: str, items: list[dict[str, Any]], request: dict[str, Any], limit: str, token: str
) -> dict[str, Any]:
    """Return one page of a list, as a member of the reply.

    The member ``limit`` of the request is the size of a page; ``token`` of request and reply is its start.
    """
    position = request.get(token, "0")
    if not position.isdecimal():
        raise invalid_parameter("Invalid pagination token.")
    start = int(position)
    end = start + (request.get(limit) or 60)
    return {member: items[start:end], **({token: str(end)} if end < len(items) else {})}


CLIENT_ID_CHARACTERS = string.ascii_lowercase + string.digits
_DEFAULT_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"]
_LEGACY_FLOWS = ("ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH")
_NOT_SETTINGS = ("UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret")
_DEFAULTS: dict[str, Any] = {
    "RefreshTokenValidity": 30,
    "AccessTokenValidity": 1,
    "IdTokenValidity": 1,
    "PreventUserExistenceErrors": "LEGACY",
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
    "AllowedOAuthFlowsUserPoolClient": False,
}


def secret_hash(client_id: str, client_secret: str, username: str) -> str:
    """Return ``Base64(HMAC-SHA256(secret, username + client ID))``."""
    digest = hmac.digest(client_secret.encode(), (username + client_id).encode(), "sha256")
    return base64.b64encode(digest).decode()


def check_secret_hash(client: AppClient, username: str, claimed: str | None) -> None:
    """Raise NotAuthorizedException unless the hash is that of exactly this user name.

    A client without a secret must not send one. An empty hash counts as absent.
    """
    if client.secret is None:
        if claimed:
            raise not_authorized(f"Unable to verify secret hash for client {client.id}")
        return
    if not claimed:
        raise not_authorized(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
    if not hmac.compare_digest(claimed.encode(), secret_hash(client.id, client.secret, username).encode()):
        raise not_authorized(f"Unable to verify secret hash for client {client.id}")


def has_client_secret(client: AppClient, claimed: str | None) -> bool:
    """Return whether a ClientSecret is the client's, or is absent if the client has none."""
    if client.secret is None:
        return not claimed
    return claimed is not None and hmac.compare_digest(claimed.encode(), client.secret.encode())


def client_and_username(state: State, request: dict[str, Any]) -> tuple[AppClient, str]:
    """Return the client and the user name of a request, after the check of its SecretHash."""
    client = state.client(request["ClientId"])
    check_secret_hash(client, request["Username"], request.get("SecretHash"))
    return client, request["Username"]


def create_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    secret = request.get("ClientSecret")
    if secret is None and request.get("GenerateSecret"):
        secret = _random_text(51)
    now = state.clock.now()
    client = AppClient(
        _random_text(26), pool, request["ClientName"], secret, _client_settings(request), now, now
    )
    pool.clients[client.id] = state.clients[client.id] = client
    return {"UserPoolClient": _describe_client(client)}


def update_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserPoolClient: members that are left out get their defaults."""
    client = state.client(request["ClientId"], request["UserPoolId"])
    client.settings = _client_settings(request)
    client.name = request.get("ClientName", client.name)
    client.modified = state.clock.now()
    return {"UserPoolClient": _describe_client(client)}


def _client_settings(request: dict[str, Any]) -> dict[str, Any]:
    requested = {key: value for key, value in request.items() if key not in _NOT_SETTINGS}
    settings = {**_DEFAULTS, **requested}
    # Zero means the default.
    settings["RefreshTokenValidity"] = settings["RefreshTokenValidity"] or 30
    rotates = settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    flows = settings.get("ExplicitAuthFlows") or list(_DEFAULT_FLOWS)
    if rotates and "ALLOW_REFRESH_TOKEN_AUTH" in requested.get("ExplicitAuthFlows", ()):
        raise invalid_parameter(
            "Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH."
        )
    legacy = [flow for flow in flows if flow in _LEGACY_FLOWS]
    if legacy and len(legacy) < len(flows):
        raise invalid_parameter(f"Invalid ExplicitAuthFlows: {legacy[0]} cannot be mixed with ALLOW_ values.")
    if legacy and "CUSTOM_AUTH_FLOW_ONLY" not in legacy:
        flows = [*flows, *_DEFAULT_FLOWS]
    elif legacy:
        flows = [*flows, "ALLOW_REFRESH_TOKEN_AUTH"]
    settings["ExplicitAuthFlows"] = flows
    return settings


def describe_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"UserPoolClient": _describe_client(state.client(request["ClientId"], request["UserPoolId"]))}


def delete_user_pool_client(state: State, request: dict[str, Any]) -> None:
    client = state.client(request["ClientId"], request["UserPoolId"])
    del client.pool.clients[client.id], state.clients[client.id]


def list_user_pool_clients(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    clients = [
        {"ClientId": client.id, "UserPoolId": pool.id, "ClientName": client.name}
        for client in pool.clients.values()
    ]
    return paginate("UserPoolClients", clients, request, "MaxResults", "NextToken")


def _describe_client(client: AppClient) -> dict[str, Any]:
    return {
        **client.settings,
        "UserPoolId": client.pool.id,
        "ClientName": client.name,
        "ClientId": client.id,
        **({"ClientSecret": client.secret} if client.secret else {}),
        "CreationDate": client.created,
        "LastModifiedDate": client.modified,
    }


def _random_text(length: int) -> str:
    return "".join(secrets.choice(CLIENT_ID_CHARACTERS) for _ in range(length))
