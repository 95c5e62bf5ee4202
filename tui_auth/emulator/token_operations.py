"""GetTokensFromRefreshToken and RevokeToken: the operations that take the client's plain secret."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import refresh_tokens, tokens
from tui_auth.emulator.app_clients import has_secret
from tui_auth.emulator.errors import PoolError, not_authorized
from tui_auth.emulator.state import State


def revoke_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """RevokeToken: a refresh token and all access tokens that came with it.

    A token that is unknown or already revoked is no error (RFC 7009).
    """
    client = state.clients.get(request["ClientId"])
    if client is None or not has_secret(client, request.get("ClientSecret")):
        raise PoolError("UnauthorizedException", "Invalid client id or client secret.")
    if not client.settings["EnableTokenRevocation"]:
        raise PoolError("UnsupportedOperationException", "Token revocation is not enabled for this client.")
    token = request["Token"]
    if state.keys.read(token, "access") or state.keys.read(token, "id"):
        raise PoolError("UnsupportedTokenTypeException", "Unsupported token type.")
    held = state.grants.get(token)
    if held is not None and held.client is not client:
        raise PoolError("UnauthorizedException", "The token was not issued to this client.")
    if held is not None:
        state.revoked_origins.add(held.origin)
    return {}


def get_tokens_from_refresh_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetTokensFromRefreshToken; with rotation the reply has a new refresh token."""
    client = state.client(request["ClientId"])
    if not has_secret(client, request.get("ClientSecret")):
        raise not_authorized(f"Unable to verify client secret for client {client.id}")
    used = refresh_tokens.use(state, client, request["RefreshToken"], request.get("DeviceKey"))
    result = tokens.signed_tokens(state, used)
    return {"AuthenticationResult": {**result, **({"RefreshToken": used.token} if client.rotates else {})}}
