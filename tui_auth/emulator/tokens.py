"""Tokens: issue them, refresh them, revoke them, and find the caller of an access token.

A refresh token is opaque, and bound to a client and a user. With rotation it is valid for one refresh.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import CognitoError, not_authorized, user_not_found
from tui_auth.emulator.model import AppClient, Grant, SignIn, User, UserPool
from tui_auth.emulator.session_tracking import record_activity
from tui_auth.emulator.triggers import customize_claims
from tui_auth.emulator.users import VERIFIED_FLAGS, check_user_status, readable_attributes

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

SCOPE = "aws.cognito.signin.user.admin"
_ATTRIBUTES_BY_SCOPE = {
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
}
_SECONDS_PER_UNIT = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_DEFAULT_UNITS = {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"}
# The base64url of a JWE header, with which Cognito's refresh tokens begin.
_JWE_HEADER = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"


@dataclass(frozen=True)
class Caller:
    """The user, client and pool of a valid access token."""

    pool: UserPool
    client: AppClient
    user: User
    claims: dict[str, Any]


def authenticate(state: State, access_token: str) -> Caller:
    """Return the caller of an access token.

    Raises:
        CognitoError: NotAuthorizedException if the token is forged, expired or revoked, lacks the scope of
            the API or its user is disabled; the documented errors if the user is deleted, not confirmed, or
            must reset the password.
    """
    caller = token_owner(state, access_token)
    if SCOPE not in caller.claims["scope"].split():
        raise not_authorized("Access Token does not have required scopes")
    return caller


def token_owner(state: State, access_token: str) -> Caller:
    """Return the user, client and pool of an access token with any scopes; raise as ``authenticate``."""
    claims = state.keys.read(access_token, "access")
    client = state.clients.get(claims["client_id"]) if claims else None
    if claims is None or client is None or "username" not in claims:
        raise not_authorized("Invalid Access Token")
    if state.clock.now() >= claims["exp"]:
        raise not_authorized("Access Token has expired")
    if claims["origin_jti"] in state.revoked_origins:
        raise not_authorized("Access Token has been revoked")
    user = client.pool.users.get(client.pool.fold(claims["username"]))
    if user is None or user.sub != claims["sub"]:
        raise user_not_found()
    check_user_status(user)
    return Caller(client.pool, client, user, claims)


def authentication_result(state: State, sign_in: SignIn, device_key: str | None) -> dict[str, Any]:
    """Return AuthenticationResult for a complete sign-in, without NewDeviceMetadata."""
    grant = new_grant(state, sign_in.client, sign_in.user, sign_in.auth_time, device_key=device_key)
    tokens = signed_tokens(state, grant, sign_in.issued_after, sign_in.metadata)
    return {**tokens, "RefreshToken": grant.token}


def new_grant(
    state: State,
    client: AppClient,
    user: User,
    auth_time: float,
    *,
    device_key: str | None = None,
    scopes: list[str] | None = None,
) -> Grant:
    """Store the grant of a complete sign-in; without scopes it is one through the API."""
    now = state.clock.now()
    expires_at = now + token_seconds(client, "RefreshToken")
    moment = int(auth_time or now)
    grant = Grant("", client, user, str(uuid.uuid4()), moment, expires_at, device_key, scopes=scopes)
    return _store_grant(state, grant)


def signed_tokens(
    state: State,
    grant: Grant,
    source: str = "RefreshTokens",
    metadata: dict[str, str] | None = None,
    nonce: str | None = None,
) -> dict[str, Any]:
    """Return a new access token and ID token for a grant; a trigger can change their claims.

    Without the scope ``openid`` an authorization code gives no ID token.
    """
    record_activity(state, grant)
    client, user = grant.client, grant.user
    now = int(state.clock.now())
    shared: dict[str, Any] = {
        "sub": user.sub,
        "iss": client.pool.issuer,
        "origin_jti": grant.origin,
        "event_id": str(uuid.uuid4()),
        "auth_time": grant.auth_time,
        "iat": now,
    }
    if user.groups:
        shared["cognito:groups"] = list(user.groups)
    access = {
        **shared,
        "client_id": client.id,
        "token_use": "access",
        "scope": SCOPE if grant.scopes is None else " ".join(grant.scopes),
        "username": user.username,
        "jti": str(uuid.uuid4()),
        "exp": now + token_seconds(client, "AccessToken"),
    }
    if grant.device_key:
        access["device_key"] = grant.device_key
    identity = {
        **attribute_claims(client, user, grant.scopes),
        **shared,
        **_role_claims(client.pool, user),
        "aud": client.id,
        "token_use": "id",
        "cognito:username": user.username,
        "jti": str(uuid.uuid4()),
        "exp": now + token_seconds(client, "IdToken"),
    }
    if nonce is not None:
        identity["nonce"] = nonce
    customize_claims(state, grant, source, metadata or {}, identity, access)
    access_token = state.keys.sign("access", access)
    if grant.scopes is not None:
        identity["at_hash"] = _access_token_hash(access_token)
    result = {
        "AccessToken": access_token,
        "ExpiresIn": token_seconds(client, "AccessToken"),
        "TokenType": "Bearer",
    }
    if grant.scopes is None or "openid" in grant.scopes:
        result["IdToken"] = state.keys.sign("id", identity)
    return result


def _access_token_hash(access_token: str) -> str:
    """Return ``at_hash``: the left half of the SHA-256 digest (OpenID Connect, 3.1.3.6)."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def token_seconds(client: AppClient, token: str) -> int:
    """Return how long a token is valid; ``token`` is AccessToken, IdToken or RefreshToken."""
    unit = client.settings.get("TokenValidityUnits", {}).get(token, _DEFAULT_UNITS[token])
    return int(client.settings[f"{token}Validity"]) * _SECONDS_PER_UNIT[unit]


def attribute_claims(client: AppClient, user: User, scopes: list[str] | None) -> dict[str, Any]:
    """Return the readable attributes as claims. The scopes email and phone alone allow only theirs."""
    claims: dict[str, Any] = {
        name: value == "true" if name in VERIFIED_FLAGS else value
        for name, value in readable_attributes(client, user).items()
    }
    if "identities" in claims:
        claims["identities"] = json.loads(claims["identities"])
    narrow = [name for scope in scopes or () for name in _ATTRIBUTES_BY_SCOPE.get(scope, ())]
    if not narrow or "profile" in (scopes or ()):
        return claims
    return {name: value for name, value in claims.items() if name in ("sub", "identities", *narrow)}


def _role_claims(pool: UserPool, user: User) -> dict[str, Any]:
    groups = [pool.groups[name] for name in user.groups if pool.groups[name].role]
    if not groups:
        return {}
    first = min(groups, key=lambda group: (group.precedence is None, group.precedence or 0))
    return {"cognito:roles": [group.role for group in groups], "cognito:preferred_role": first.role}


def _store_grant(state: State, grant: Grant) -> Grant:
    """Store a copy of a grant with a new token."""
    parts = [secrets.token_urlsafe(count) for count in (256, 12, 500, 16)]
    grant = replace(grant, token=".".join([_JWE_HEADER, *parts]), rotated_at=None)
    state.grants[grant.token] = grant
    return grant


def redeem_refresh_token(state: State, client: AppClient, token: str, device_key: str | None) -> Grant:
    """Return the grant of a refresh token.

    With rotation it is a new grant, and the grace period of the old one begins.

    Raises:
        CognitoError: NotAuthorizedException if the token is unknown, expired or revoked, or its device is
            missing; RefreshTokenReuseException after the grace period; what ``check_user_status`` raises.
    """
    grant = state.grants.get(token)
    if grant is None or grant.client is not client or not client.pool.contains(grant.user):
        raise not_authorized("Invalid Refresh Token")
    if grant.origin in state.revoked_origins:
        raise not_authorized("Refresh Token has been revoked")
    now = state.clock.now()
    if now >= grant.expires_at:
        raise not_authorized("Refresh Token has expired")
    if grant.device_key is not None:
        device = grant.user.devices.get(device_key or "")
        if device is None or device.key != grant.device_key or device.verifier is None:
            raise not_authorized("Invalid Refresh Token")
    check_user_status(grant.user)
    if not client.rotates_refresh_tokens:
        return grant
    grace = client.settings["RefreshTokenRotation"].get("RetryGracePeriodSeconds", 0)
    if grant.rotated_at is not None and now >= grant.rotated_at + grace:
        raise CognitoError("RefreshTokenReuseException", "Refresh token has been used already")
    if grant.rotated_at is None:
        grant.rotated_at = now
    return _store_grant(state, grant)


def revoke_all_tokens(state: State, user: User) -> None:
    state.revoked_origins.update(grant.origin for grant in state.grants.values() if grant.user is user)


def get_tokens_from_refresh_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetTokensFromRefreshToken. With rotation the reply has a new refresh token."""
    client = state.client(request["ClientId"])
    if not client.has_secret(request.get("ClientSecret")):
        raise not_authorized(f"Unable to verify client secret for client {client.id}")
    grant = redeem_refresh_token(state, client, request["RefreshToken"], request.get("DeviceKey"))
    result = signed_tokens(state, grant, metadata=request.get("ClientMetadata"))
    if client.rotates_refresh_tokens:
        result["RefreshToken"] = grant.token
    return {"AuthenticationResult": result}


def revoke_token(state: State, request: dict[str, Any]) -> None:
    """Serve RevokeToken. An unknown token is no error (RFC 7009)."""
    client = state.clients.get(request["ClientId"])
    if client is None or not client.has_secret(request.get("ClientSecret")):
        raise CognitoError("UnauthorizedException", "Invalid client id or client secret.")
    if not client.settings["EnableTokenRevocation"]:
        raise CognitoError(
            "UnsupportedOperationException", "Token revocation is not enabled for this client."
        )
    token = request["Token"]
    if state.keys.read(token, "access") or state.keys.read(token, "id"):
        raise CognitoError("UnsupportedTokenTypeException", "Unsupported token type.")
    grant = state.grants.get(token)
    if grant is not None and grant.client is not client:
        raise CognitoError("UnauthorizedException", "The token was not issued to this client.")
    if grant is not None:
        state.revoked_origins.add(grant.origin)
