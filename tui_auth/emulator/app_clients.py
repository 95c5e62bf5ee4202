"""App clients: the operations that create and change them, and the check of their secrets."""

from __future__ import annotations

import base64
import hmac
import secrets
import string
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import invalid_parameter, not_authorized
from tui_auth.emulator.model import AppClient
from tui_auth.emulator.user_pools import paginate

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

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
    """Serve CreateUserPoolClient."""
    pool = state.pool(request["UserPoolId"])
    secret = request.get("ClientSecret")
    if secret is None and request.get("GenerateSecret"):
        secret = _random_text(51)
    now = state.clock.now()
    client = AppClient(_random_text(26), pool, request["ClientName"], secret, _settings(request), now, now)
    pool.clients[client.id] = state.clients[client.id] = client
    return {"UserPoolClient": _description(client)}


def update_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve UpdateUserPoolClient: members that are left out get their defaults."""
    client = state.client(request["ClientId"], request["UserPoolId"])
    client.settings = _settings(request)
    client.name = request.get("ClientName", client.name)
    client.modified = state.clock.now()
    return {"UserPoolClient": _description(client)}


def _settings(request: dict[str, Any]) -> dict[str, Any]:
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
    """Serve DescribeUserPoolClient."""
    return {"UserPoolClient": _description(state.client(request["ClientId"], request["UserPoolId"]))}


def delete_user_pool_client(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve DeleteUserPoolClient."""
    client = state.client(request["ClientId"], request["UserPoolId"])
    del client.pool.clients[client.id], state.clients[client.id]
    return {}


def list_user_pool_clients(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListUserPoolClients."""
    pool = state.pool(request["UserPoolId"])
    clients = [
        {"ClientId": client.id, "UserPoolId": pool.id, "ClientName": client.name}
        for client in pool.clients.values()
    ]
    return paginate("UserPoolClients", clients, request, "MaxResults", "NextToken")


def _description(client: AppClient) -> dict[str, Any]:
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
