"""Refresh tokens: opaque, bound to a client and a user; with rotation each is good for one refresh.

Serves REFRESH_TOKEN_AUTH of InitiateAuth and GetTokensFromRefreshToken.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace

from tui_auth.emulator.errors import PoolError, not_authorized
from tui_auth.emulator.model import AppClient, User
from tui_auth.emulator.standing import check_standing
from tui_auth.emulator.state import State

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_DEFAULT_UNITS = {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"}
# The base64url of a JWE header, as real refresh tokens begin.
_HEADER = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"


@dataclass
class Grant:
    """A refresh token and the sign-in it stands for; ``origin`` is shared by all tokens of a sign-in."""

    token: str
    client: AppClient
    user: User
    origin: str
    auth_time: int
    expires_at: float
    device_key: str | None
    rotated_at: float | None = None


def seconds_of(client: AppClient, token: str) -> int:
    """How long a token lives; ``token`` is AccessToken, IdToken or RefreshToken."""
    unit = client.settings.get("TokenValidityUnits", {}).get(token, _DEFAULT_UNITS[token])
    return int(client.settings[f"{token}Validity"]) * _UNITS[unit]


def grant(state: State, client: AppClient, user: User, auth_time: int, device_key: str | None) -> Grant:
    """A new refresh token for a sign-in."""
    expires_at = state.clock.now() + seconds_of(client, "RefreshToken")
    return _keep(state, Grant("", client, user, str(uuid.uuid4()), auth_time, expires_at, device_key))


def _keep(state: State, one: Grant) -> Grant:
    parts = [secrets.token_urlsafe(count) for count in (256, 12, 500, 16)]
    kept = replace(one, token=".".join([_HEADER, *parts]), rotated_at=None)
    state.grants[kept.token] = kept
    return kept


def use(state: State, client: AppClient, token: str, device_key: str | None) -> Grant:
    """The grant a refresh may go on with; with rotation a new one, the old living for its grace period.

    Raises NotAuthorizedException for a token that is unknown, expired or revoked or that lacks its device,
    RefreshTokenReuseException for one whose grace period is over, and what ``check_standing`` raises.
    """
    held = state.grants.get(token)
    if held is None or held.client is not client or not client.pool.holds(held.user):
        raise not_authorized("Invalid Refresh Token")
    if held.origin in state.revoked_origins:
        raise not_authorized("Refresh Token has been revoked")
    now = state.clock.now()
    if now >= held.expires_at:
        raise not_authorized("Refresh Token has expired")
    if held.device_key is not None:
        device = held.user.devices.get(device_key or "")
        if device is None or device.key != held.device_key or device.verifier is None:
            raise not_authorized("Invalid Refresh Token")
    check_standing(held.user)
    if not client.rotates:
        return held
    grace = client.settings["RefreshTokenRotation"].get("RetryGracePeriodSeconds", 0)
    if held.rotated_at is not None and now >= held.rotated_at + grace:
        raise PoolError("RefreshTokenReuseException", "Refresh token has been used already")
    if held.rotated_at is None:
        held.rotated_at = now
    return _keep(state, held)


def revoke_all(state: State, user: User) -> None:
    """Revoke all tokens of a user."""
    state.revoked_origins.update(one.origin for one in state.grants.values() if one.user is user)
