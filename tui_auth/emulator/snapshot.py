"""Snapshots: what an emulator stores between two runs, as JSON data.

A snapshot has the users, with their passwords, factors, passkeys and devices, and their tokens. It has no
codes, challenge sessions, browser sessions, lockouts and messages.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.model import (
    AppClient,
    Device,
    Grant,
    Group,
    Identity,
    IdentityPool,
    Passkey,
    Password,
    SoftwareToken,
    TrackedSession,
    User,
    UserPool,
)

if TYPE_CHECKING:
    from tui_auth.emulator.state import State

VERSION = 1


class SnapshotError(Exception):
    """The data isn't a snapshot that this version can read."""


def take_snapshot(state: State) -> dict[str, Any]:
    """Return the snapshot of an emulator. Its first one waits for the signing keys."""
    keys = state.keys.export()
    with state.lock:
        snapshot = {
            "version": VERSION,
            "keys": keys,
            "masking_key": state.masking_key,
            "pools": [_dump_pool(pool) for pool in state.pools.values()],
            "grants": [_dump_grant(grant) for grant in state.grants.values() if _is_usable(state, grant)],
            "revoked_origins": state.revoked_origins,
            "identity_pools": [asdict(pool) for pool in state.identity_pools.values()],
            "identities": [
                {"id": identity.id, "pool": identity.pool.id, "logins": identity.logins}
                for identity in state.identities.values()
            ],
        }
        data: dict[str, Any] = json.loads(json.dumps(snapshot, default=_plain))
    return data


def restore_snapshot(state: State, snapshot: Any) -> None:
    """Fill a new emulator with a snapshot. Tokens from now on have the issuer of this emulator.

    Raises:
        SnapshotError: The data isn't a snapshot of this version.
    """
    try:
        if snapshot["version"] != VERSION:
            raise SnapshotError("It was written by another version.")
        _restore(state, snapshot)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SnapshotError("It is damaged.") from None


def _restore(state: State, snapshot: dict[str, Any]) -> None:
    state.keys.restore(snapshot["keys"])
    state.masking_key = bytes.fromhex(snapshot["masking_key"])
    state.pools = {data["id"]: _load_pool(state, data) for data in snapshot["pools"]}
    state.clients = {client.id: client for pool in state.pools.values() for client in pool.clients.values()}
    for data in snapshot["grants"]:
        client = state.clients[data.pop("client")]
        user = client.pool.users[client.pool.fold(data.pop("user"))]
        state.grants[data["token"]] = Grant(client=client, user=user, **data)
    state.revoked_origins = set(snapshot["revoked_origins"])
    for data in snapshot["identity_pools"]:
        pool = state.identity_pools[data["id"]] = IdentityPool(**data)
        for provider in pool.settings.get("CognitoIdentityProviders", ()):
            user_pool = state.pools.get(provider["ProviderName"].rpartition("/")[2])
            if user_pool is not None:
                provider["ProviderName"] = user_pool.issuer.partition("://")[2]
    for data in snapshot["identities"]:
        logins = {(provider, subject) for provider, subject in data["logins"]}
        identity_pool = state.identity_pools[data["pool"]]
        state.identities[data["id"]] = Identity(data["id"], identity_pool, logins)


def _plain(value: Any) -> Any:
    """Return bytes and sets in a form that JSON has."""
    return value.hex() if isinstance(value, bytes) else sorted(value)


def _dump_pool(pool: UserPool) -> dict[str, Any]:
    clients = [
        {name: value for name, value in vars(client).items() if name != "pool"}
        for client in pool.clients.values()
    ]
    return {
        "id": pool.id,
        "name": pool.name,
        "settings": pool.settings,
        "created": pool.created,
        "modified": pool.modified,
        "users": [asdict(user) for user in pool.users.values()],
        "clients": clients,
        "groups": [asdict(group) for group in pool.groups.values()],
        "domains": pool.domains,
        "identity_providers": pool.identity_providers,
        "resource_servers": pool.resource_servers,
    }


def _load_pool(state: State, data: dict[str, Any]) -> UserPool:
    users, clients, groups = (data.pop(name) for name in ("users", "clients", "groups"))
    pool = UserPool(region=state.region, issuer=f"{state.issuer}/{data['id']}", **data)
    pool.users = {pool.fold(entry["username"]): _load_user(entry) for entry in users}
    pool.clients = {entry["id"]: AppClient(pool=pool, **entry) for entry in clients}
    pool.groups = {entry["name"]: Group(**entry) for entry in groups}
    return pool


def _load_user(data: dict[str, Any]) -> User:
    password, token = data.pop("password"), data.pop("software_token")
    user = User(**data)
    if password is not None:
        user.password = Password(password["salt"], bytes.fromhex(password["inner"]))
    user.former_passwords = [bytes.fromhex(inner) for inner in data["former_passwords"]]
    user.software_token = SoftwareToken(**token) if token is not None else None
    user.used_totp_windows = {(secret, window) for secret, window in data["used_totp_windows"]}
    user.devices = {key: Device(**device) for key, device in data["devices"].items()}
    user.passkeys = {
        key: Passkey(**{**passkey, "attested": bytes.fromhex(passkey["attested"])})
        for key, passkey in data["passkeys"].items()
    }
    user.sessions = {origin: TrackedSession(**entry) for origin, entry in data.get("sessions", {}).items()}
    return user


def _is_usable(state: State, grant: Grant) -> bool:
    """Return whether the app client and the user of a grant still exist."""
    return grant.client.id in state.clients and grant.client.pool.contains(grant.user)


def _dump_grant(grant: Grant) -> dict[str, Any]:
    return {**vars(grant), "client": grant.client.id, "user": grant.user.username}
