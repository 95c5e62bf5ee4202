"""Identity pools (cognito-identity): exchange an ID token for AWS credentials."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import not_authorized, not_found
from tui_auth.emulator.model import Identity, IdentityPool, UserPool

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

CREDENTIAL_SECONDS = 3600
_KEY_ID_CHARACTERS = string.ascii_uppercase + "234567"


def create_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = IdentityPool(f"{state.region}:{uuid.uuid4()}", request)
    state.identity_pools[pool.id] = pool
    return {"IdentityPoolId": pool.id, **pool.settings}


def describe_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = _pool(state, request["IdentityPoolId"])
    return {"IdentityPoolId": pool.id, **pool.settings}


def delete_identity_pool(state: State, request: dict[str, Any]) -> None:
    pool = _pool(state, request["IdentityPoolId"])
    del state.identity_pools[pool.id]
    state.identities = {
        identity_id: identity
        for identity_id, identity in state.identities.items()
        if identity.pool is not pool
    }


def get_id(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetId: always the same identity for a login, and a new one for each guest."""
    pool = _pool(state, request["IdentityPoolId"])
    logins = _verified_logins(state, pool, request)
    identity = _find_by_login(state, pool, logins)
    if identity is None:
        identity = Identity(f"{state.region}:{uuid.uuid4()}", pool, logins)
        state.identities[identity.id] = identity
    identity.logins |= logins
    return {"IdentityId": identity.id}


def get_credentials_for_identity(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve GetCredentialsForIdentity. The credentials are random: no AWS service accepts them."""
    identity = state.identities.get(request["IdentityId"])
    if identity is None:
        raise not_found(f"Identity '{request['IdentityId']}' not found.")
    if identity.logins and not request.get("Logins"):
        raise not_authorized(f"Access to Identity '{identity.id}' is forbidden.")
    logins = _verified_logins(state, identity.pool, request)
    if logins:
        identity = _merge(state, identity, logins)
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": "ASIA" + "".join(secrets.choice(_KEY_ID_CHARACTERS) for _ in range(16)),
            "SecretKey": base64.b64encode(secrets.token_bytes(30)).decode(),
            "SessionToken": base64.b64encode(secrets.token_bytes(600)).decode(),
            "Expiration": int(state.clock.now()) + CREDENTIAL_SECONDS,
        },
    }


def _merge(state: State, identity: Identity, logins: set[tuple[str, str]]) -> Identity:
    """Return the identity of these logins. A guest becomes this identity."""
    if identity.logins and not identity.logins & logins:
        raise not_authorized(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        )
    known = _find_by_login(state, identity.pool, logins)
    if known is not None and known is not identity:
        del state.identities[identity.id]
        identity = known
    identity.logins |= logins
    return identity


def _find_by_login(state: State, pool: IdentityPool, logins: set[tuple[str, str]]) -> Identity | None:
    for identity in state.identities.values():
        if identity.pool is pool and identity.logins & logins:
            return identity
    return None


def _pool(state: State, pool_id: str) -> IdentityPool:
    try:
        return state.identity_pools[pool_id]
    except KeyError:
        raise not_found(f"IdentityPool '{pool_id}' not found.") from None


def _verified_logins(state: State, pool: IdentityPool, request: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the logins as (provider, sub); they may be empty if the pool allows guests.

    Raises:
        CognitoError: NotAuthorizedException for a token that isn't valid, or for a guest.
    """
    logins = {
        (provider, _verified_subject(state, pool, provider, token))
        for provider, token in request.get("Logins", {}).items()
    }
    if not logins and not pool.settings["AllowUnauthenticatedIdentities"]:
        raise not_authorized("Unauthenticated access is not supported for this identity pool.")
    return logins


def _verified_subject(state: State, pool: IdentityPool, provider: str, token: str) -> str:
    entries = [
        entry
        for entry in pool.settings.get("CognitoIdentityProviders", ())
        if entry.get("ProviderName") == provider
    ]
    if not entries:
        raise not_authorized("Token is not from a supported provider of this identity pool.")
    if token.count(".") != 2:
        raise not_authorized("Invalid login token. Not a valid OpenId Connect identity token.")
    claims = state.keys.read(token, "id")
    if claims is None:
        if state.keys.read(token, "access") is not None:
            raise not_authorized("Invalid login token. Not a valid OpenId Connect identity token.")
        raise not_authorized("Invalid login token. Token signature invalid.")
    if claims["iss"] != f"https://{provider}":
        raise not_authorized("Invalid login token. Issuer doesn't match providerName")
    entry = next((entry for entry in entries if entry.get("ClientId") == claims["aud"]), None)
    if entry is None:
        raise not_authorized("Invalid login token. Incorrect token audience.")
    now = int(state.clock.now())
    if now >= claims["exp"]:
        raise not_authorized(f"Invalid login token. Token expired: {claims['exp']} >= {now}")
    if entry.get("ServerSideTokenCheck"):
        _check_server_side(state, state.pools.get(claims["iss"].rpartition("/")[2]), claims)
    return str(claims["sub"])


def _check_server_side(state: State, pool: UserPool | None, claims: dict[str, Any]) -> None:
    """Raise NotAuthorizedException if the user is gone or disabled, or the tokens were revoked."""
    user = pool.users.get(pool.fold(claims["cognito:username"])) if pool else None
    is_revoked = claims["origin_jti"] in state.revoked_origins
    if user is None or user.sub != claims["sub"] or not user.enabled or is_revoked:
        raise not_authorized("Invalid login token. Token is no longer valid.")
