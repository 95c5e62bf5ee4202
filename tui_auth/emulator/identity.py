"""Identity pools: an id token of a user pool, turned into AWS credentials (cognito-identity)."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from dataclasses import dataclass, field
from typing import Any

from tui_auth.emulator.errors import not_authorized, not_found
from tui_auth.emulator.model import UserPool
from tui_auth.emulator.state import State

CREDENTIAL_SECONDS = 3600


@dataclass
class IdentityPool:
    """An identity pool; ``settings`` are the members of CreateIdentityPool."""

    id: str
    settings: dict[str, Any]


@dataclass
class Identity:
    """An identity; ``logins`` holds the (provider, sub) pairs it stands for. Without one it is a guest."""

    id: str
    pool: IdentityPool
    logins: set[tuple[str, str]] = field(default_factory=set)


def create_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """CreateIdentityPool."""
    pool = IdentityPool(f"{state.region}:{uuid.uuid4()}", request)
    state.identity_pools[pool.id] = pool
    return {"IdentityPoolId": pool.id, **pool.settings}


def describe_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeIdentityPool."""
    pool = _pool(state, request["IdentityPoolId"])
    return {"IdentityPoolId": pool.id, **pool.settings}


def delete_identity_pool(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteIdentityPool."""
    pool = _pool(state, request["IdentityPoolId"])
    del state.identity_pools[pool.id]
    state.identities = {key: one for key, one in state.identities.items() if one.pool is not pool}
    return {}


def get_id(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetId: the same identity each time for the same login; a new one for each guest."""
    pool = _pool(state, request["IdentityPoolId"])
    logins = _logins(state, pool, request)
    if not logins and not pool.settings["AllowUnauthenticatedIdentities"]:
        raise not_authorized("Unauthenticated access is not supported for this identity pool.")
    identity = _of_login(state, pool, logins)
    if identity is None:
        identity = Identity(f"{state.region}:{uuid.uuid4()}", pool, logins)
        state.identities[identity.id] = identity
    identity.logins |= logins
    return {"IdentityId": identity.id}


def get_credentials_for_identity(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """GetCredentialsForIdentity: credentials for an hour. They are random: no AWS service accepts them."""
    identity = state.identities.get(request["IdentityId"])
    if identity is None:
        raise not_found(f"Identity '{request['IdentityId']}' not found.")
    pool = identity.pool
    logins = _logins(state, pool, request)
    if not logins and identity.logins:
        raise not_authorized(f"Access to Identity '{identity.id}' is forbidden.")
    if not logins and not pool.settings["AllowUnauthenticatedIdentities"]:
        raise not_authorized("Unauthenticated access is not supported for this identity pool.")
    if logins:
        identity = _merged(state, identity, logins)
    letters = string.ascii_uppercase + "234567"
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": "ASIA" + "".join(secrets.choice(letters) for _ in range(16)),
            "SecretKey": base64.b64encode(secrets.token_bytes(30)).decode(),
            "SessionToken": base64.b64encode(secrets.token_bytes(600)).decode(),
            "Expiration": int(state.clock.now()) + CREDENTIAL_SECONDS,
        },
    }


def _merged(state: State, identity: Identity, logins: set[tuple[str, str]]) -> Identity:
    """The identity of these logins; a guest becomes it."""
    known = _of_login(state, identity.pool, logins)
    if identity.logins and not identity.logins & logins:
        raise not_authorized(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        )
    if known is not None and known is not identity:
        del state.identities[identity.id]
        identity = known
    identity.logins |= logins
    return identity


def _of_login(state: State, pool: IdentityPool, logins: set[tuple[str, str]]) -> Identity | None:
    for identity in state.identities.values():
        if identity.pool is pool and identity.logins & logins:
            return identity
    return None


def _pool(state: State, pool_id: str) -> IdentityPool:
    try:
        return state.identity_pools[pool_id]
    except KeyError:
        raise not_found(f"IdentityPool '{pool_id}' not found.") from None


def _logins(state: State, pool: IdentityPool, request: dict[str, Any]) -> set[tuple[str, str]]:
    """The checked logins, as (provider, sub); NotAuthorizedException for a token that is not good."""
    return {
        (provider, _subject(state, pool, provider, token))
        for provider, token in request.get("Logins", {}).items()
    }


def _subject(state: State, pool: IdentityPool, provider: str, token: str) -> str:
    accepted = [
        entry
        for entry in pool.settings.get("CognitoIdentityProviders", ())
        if entry.get("ProviderName") == provider
    ]
    if not accepted:
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
    entry = next((one for one in accepted if one.get("ClientId") == claims["aud"]), None)
    if entry is None:
        raise not_authorized("Invalid login token. Incorrect token audience.")
    now = int(state.clock.now())
    if now >= claims["exp"]:
        raise not_authorized(f"Invalid login token. Token expired: {claims['exp']} >= {now}")
    if entry.get("ServerSideTokenCheck"):
        _check_standing(state.pools.get(claims["iss"].rpartition("/")[2]), claims, state)
    return str(claims["sub"])


def _check_standing(pool: UserPool | None, claims: dict[str, Any], state: State) -> None:
    user = pool.users.get(pool.fold(claims["cognito:username"])) if pool else None
    revoked = claims["origin_jti"] in state.revoked_origins
    if user is None or user.sub != claims["sub"] or not user.enabled or revoked:
        raise not_authorized("Invalid login token. Token is no longer valid.")
