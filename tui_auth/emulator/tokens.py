"""Tokens: what a finished sign-in hands out, and what an access token is good for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from tui_auth.emulator import attributes
from tui_auth.emulator.errors import not_authorized, user_not_found
from tui_auth.emulator.model import AppClient, User, UserPool
from tui_auth.emulator.refresh_tokens import Grant, grant, seconds_of
from tui_auth.emulator.sessions import SignIn
from tui_auth.emulator.standing import check_standing
from tui_auth.emulator.state import State

SCOPE = "aws.cognito.signin.user.admin"


@dataclass(frozen=True)
class Bearer:
    """Who an access token speaks for."""

    pool: UserPool
    client: AppClient
    user: User
    claims: dict[str, Any]


def authentication_result(state: State, sign_in: SignIn, device_key: str | None) -> dict[str, Any]:
    """The tokens of a finished sign-in, as AuthenticationResult without NewDeviceMetadata."""
    now = state.clock.now()
    issued = grant(state, sign_in.client, sign_in.user, int(sign_in.auth_time or now), device_key)
    return {**signed_tokens(state, issued), "RefreshToken": issued.token}


def signed_tokens(state: State, issued: Grant) -> dict[str, Any]:
    """A fresh access and id token for a grant."""
    client, user = issued.client, issued.user
    now = int(state.clock.now())
    shared: dict[str, Any] = {
        "sub": user.sub,
        "iss": client.pool.issuer,
        "origin_jti": issued.origin,
        "event_id": str(uuid.uuid4()),
        "auth_time": issued.auth_time,
        "iat": now,
    }
    if user.groups:
        shared["cognito:groups"] = list(user.groups)
    access = {
        **shared,
        "client_id": client.id,
        "token_use": "access",
        "scope": SCOPE,
        "username": user.username,
        "jti": str(uuid.uuid4()),
        "exp": now + seconds_of(client, "AccessToken"),
    }
    if issued.device_key:
        access["device_key"] = issued.device_key
    identity = {
        **_claims(client, user),
        **shared,
        **_roles(client.pool, user),
        "aud": client.id,
        "token_use": "id",
        "cognito:username": user.username,
        "jti": str(uuid.uuid4()),
        "exp": now + seconds_of(client, "IdToken"),
    }
    return {
        "AccessToken": state.keys.sign("access", access),
        "IdToken": state.keys.sign("id", identity),
        "ExpiresIn": seconds_of(client, "AccessToken"),
        "TokenType": "Bearer",
    }


def _claims(client: AppClient, user: User) -> dict[str, Any]:
    return {
        name: value == "true" if name in attributes.VERIFIED_FLAGS else value
        for name, value in attributes.readable(client, user).items()
    }


def _roles(pool: UserPool, user: User) -> dict[str, Any]:
    groups = [pool.groups[name] for name in user.groups if pool.groups[name].role]
    if not groups:
        return {}
    first = min(groups, key=lambda group: (group.precedence is None, group.precedence or 0))
    return {"cognito:roles": [group.role for group in groups], "cognito:preferred_role": first.role}


def bearer(state: State, token: str) -> Bearer:
    """Who an access token speaks for, now.

    Raises NotAuthorizedException for a token that is forged, expired or revoked or whose user is disabled,
    and the documented exceptions for a user who is gone, not confirmed, or must reset the password.
    """
    claims = state.keys.read(token, "access")
    client = state.clients.get(claims["client_id"]) if claims else None
    if claims is None or client is None:
        raise not_authorized("Invalid Access Token")
    if state.clock.now() >= claims["exp"]:
        raise not_authorized("Access Token has expired")
    if claims["origin_jti"] in state.revoked_origins:
        raise not_authorized("Access Token has been revoked")
    user = client.pool.users.get(client.pool.fold(claims["username"]))
    if user is None or user.sub != claims["sub"]:
        raise user_not_found()
    check_standing(user)
    return Bearer(client.pool, client, user, claims)
