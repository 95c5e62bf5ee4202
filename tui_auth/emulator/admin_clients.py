"""App clients: create, update, describe, list, delete."""

from __future__ import annotations

import secrets
import string
from typing import Any

from tui_auth.emulator.admin_pools import page
from tui_auth.emulator.errors import invalid_parameter
from tui_auth.emulator.model import AppClient
from tui_auth.emulator.state import State

_LETTERS = string.ascii_lowercase + string.digits
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


def create_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """CreateUserPoolClient."""
    pool = state.pool(request["UserPoolId"])
    secret = request.get("ClientSecret")
    if secret is None and request.get("GenerateSecret"):
        secret = _random(51)
    now = state.clock.now()
    client = AppClient(_random(26), pool, request["ClientName"], secret, _settings(request), now, now)
    pool.clients[client.id] = state.clients[client.id] = client
    return {"UserPoolClient": _described(client)}


def update_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateUserPoolClient: what is not given goes back to its default."""
    client = state.client(request["ClientId"], request["UserPoolId"])
    client.settings = _settings(request)
    client.name = request.get("ClientName", client.name)
    client.modified = state.clock.now()
    return {"UserPoolClient": _described(client)}


def _settings(request: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in request.items() if key not in _NOT_SETTINGS}
    settings = {**_DEFAULTS, **given}
    # Zero asks for the default.
    settings["RefreshTokenValidity"] = settings["RefreshTokenValidity"] or 30
    rotates = settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    flows = settings.get("ExplicitAuthFlows") or list(_DEFAULT_FLOWS)
    if rotates and "ALLOW_REFRESH_TOKEN_AUTH" in given.get("ExplicitAuthFlows", ()):
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
    """DescribeUserPoolClient."""
    return {"UserPoolClient": _described(state.client(request["ClientId"], request["UserPoolId"]))}


def delete_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteUserPoolClient."""
    client = state.client(request["ClientId"], request["UserPoolId"])
    del client.pool.clients[client.id], state.clients[client.id]
    return {}


def list_user_pool_clients(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """ListUserPoolClients."""
    pool = state.pool(request["UserPoolId"])
    listed = [
        {"ClientId": client.id, "UserPoolId": pool.id, "ClientName": client.name}
        for client in pool.clients.values()
    ]
    return page("UserPoolClients", listed, request, "MaxResults", "NextToken")


def _described(client: AppClient) -> dict[str, Any]:
    return {
        **client.settings,
        "UserPoolId": client.pool.id,
        "ClientName": client.name,
        "ClientId": client.id,
        **({"ClientSecret": client.secret} if client.secret else {}),
        "CreationDate": client.created,
        "LastModifiedDate": client.modified,
    }


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
