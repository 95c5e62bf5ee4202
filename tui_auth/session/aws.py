"""AWS credentials of an identity pool for a session, cached until they expire.

GetId and GetCredentialsForIdentity of cognito-identity, the enhanced flow; both take the ID token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tui_auth.auth.gateway import BELIEVABLE_TIMES, Gateway, IdentityGateway
from tui_auth.endpoint import provider_name
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret
from tui_auth.session.fast_path import EARLY_SHARE, REFRESHED_EARLY_SECONDS
from tui_auth.session.record import ClockSample, SessionRecord, parse_seconds, stored_members
from tui_auth.session.sessions import credentials_name, read_record
from tui_auth.session.state import dumps
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from tui_auth.storage.stores import Store

VERSION = 1
_PRINTABLE = re.compile(r"[!-~]+")
"""The characters of keys. They are printed for a shell to run, so nothing else is accepted."""

OpenIdentityGateway = Callable[[SessionRecord, str], Gateway]


@dataclass(frozen=True)
class AwsCredentials:
    """Credentials of an identity. ``expires_at`` is in seconds since the epoch by AWS's clock."""

    identity_pool_id: str
    identity_id: str
    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    expires_at: float
    taken_at: ClockSample

    @property
    def are_valid(self) -> bool:
        """Whether it is too early for new ones."""
        now = self.taken_at.server_now()
        if now is None:
            return False
        early = min(REFRESHED_EARLY_SECONDS, (self.expires_at - self.taken_at.server_time) / EARLY_SHARE)
        return self.expires_at - now > early

    def to_json(self) -> bytes:
        return dumps({"version": VERSION} | stored_members(self))

    @classmethod
    def from_json(cls, content: bytes) -> AwsCredentials | None:
        """Parse stored credentials; return None for anything else: they can be fetched again."""
        try:
            members = json.loads(content)
            if members["version"] != VERSION:
                return None
            return cls(
                str(members["identity_pool_id"]),
                str(members["identity_id"]),
                str(members["access_key_id"]),
                Secret(str(members["secret_access_key"])),
                Secret(str(members["session_token"])),
                parse_seconds(members["expires_at"]),
                ClockSample.from_members(members),
            )
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return None


def open_identity_gateway(record: SessionRecord, identity_pool_id: str) -> Gateway:
    """Return the gateway to an identity pool: in the region of its ID, or on the session's own endpoint."""
    return IdentityGateway(identity_pool_id.partition(":")[0], record.origin.endpoint or None)


def cached_credentials(store: Store, record: SessionRecord, identity_pool_id: str) -> AwsCredentials | None:
    """Return the valid credentials stored for a session and an identity pool, or None.

    Raises StorageError if the file breaks a rule for private files.
    """
    content = store.read(credentials_name(record.key.file_name))
    credentials = AwsCredentials.from_json(content) if content else None
    if credentials and credentials.identity_pool_id == identity_pool_id and credentials.are_valid:
        return credentials
    return None


def get_credentials(
    store: Store | None,
    record: SessionRecord,
    identity_pool_id: str,
    *,
    gateway: OpenIdentityGateway = open_identity_gateway,
) -> tuple[AwsCredentials, str]:
    """Return credentials for a session whose ID token is valid, and a sentence for the user, mostly empty.

    One process at a time fetches them, and one that had to wait takes what the other stored. A stored file
    that must not be used is replaced: it is only a copy. Without a store they aren't stored.

    Raises:
        AuthError: the identity pool rejected the call or didn't reply.
        StorageError: another process is busy with them.
    """
    if store is None:
        return _fetch(gateway(record, identity_pool_id), record, identity_pool_id), ""
    name = credentials_name(record.key.file_name)
    # On a read-only disk they are fetched all the same.
    with store.locked(name):
        broken = ""
        try:
            if cached := cached_credentials(store, record, identity_pool_id):
                return cached, ""
        except StorageError as error:
            broken = str(error)
        credentials = _fetch(gateway(record, identity_pool_id), record, identity_pool_id)
        try:
            is_stored = _save(store, record, credentials, replaces_file=bool(broken))
        except StorageError as error:
            return credentials, f"The credentials couldn't be stored for the next time. {error}"
    if not is_stored:
        return credentials, "The session has ended in the meantime, so the credentials weren't stored."
    return credentials, f"The stored credentials were replaced. {broken}" if broken else ""


def _save(store: Store, record: SessionRecord, credentials: AwsCredentials, *, replaces_file: bool) -> bool:
    """Store credentials, unless the session has ended or another has begun. Return whether they were."""
    name = record.key.file_name
    with store.locked(name):
        current = read_record(store, name)
        if current is None or current.signed_in_at != record.signed_in_at:
            return False
        if replaces_file:
            store.remove(credentials_name(name))
        store.write(credentials_name(name), credentials.to_json())
    return True


def _fetch(gateway: Gateway, record: SessionRecord, identity_pool_id: str) -> AwsCredentials:
    origin = record.origin
    logins = {provider_name(origin.user_pool_id): record.id_token}
    identity = gateway.call("GetId", {"IdentityPoolId": identity_pool_id, "Logins": logins})
    reply = gateway.call(
        "GetCredentialsForIdentity", {"IdentityId": identity.get("IdentityId"), "Logins": logins}
    )
    credentials: Mapping[str, Any] = reply.get("Credentials") or {}
    expiration = credentials.get("Expiration")
    texts = [credentials.get(name) for name in ("AccessKeyId", "SecretKey", "SessionToken")]
    if not isinstance(expiration, datetime) or not all(
        isinstance(text, str) and _PRINTABLE.fullmatch(text) for text in texts
    ):
        raise AuthError(ErrorKind.SERVICE, "The identity pool sent no usable credentials.")
    key_id, secret, token = map(str, texts)
    expires_at = _timestamp(expiration)
    if not BELIEVABLE_TIMES[0] < expires_at < BELIEVABLE_TIMES[1]:
        raise AuthError(ErrorKind.SERVICE, "The identity pool's credentials have an impossible expiry.")
    return AwsCredentials(
        identity_pool_id=identity_pool_id,
        identity_id=str(reply.get("IdentityId") or ""),
        access_key_id=key_id,
        secret_access_key=Secret(secret),
        session_token=Secret(token),
        expires_at=expires_at,
        taken_at=ClockSample.now(gateway.now()),
    )


def _timestamp(moment: datetime) -> float:
    try:
        return moment.timestamp()
    except (OverflowError, ValueError, OSError):
        return 0.0
