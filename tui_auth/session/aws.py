"""AWS credentials of an identity pool for a session, kept until they run out.

GetId and GetCredentialsForIdentity of cognito-identity, the enhanced flow; both take the id token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import BELIEVABLE_TIMES, Gateway
from tui_auth.auth.identity_gateway import IdentityGateway
from tui_auth.secret import Secret
from tui_auth.session.record import SessionRecord, TakenAt, moment
from tui_auth.session.sessions import aws_name, read_record
from tui_auth.storage import flat_json
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import locked, locked_if_possible
from tui_auth.storage.stores import Store

VERSION = 1
RENEWED_EARLY_SECONDS = 900.0
"""AWS's SDKs ask for new credentials a quarter of an hour before the end of the old ones."""

SHARE_OF_LIFE = 4

_PRINTABLE = re.compile(r"[!-~]+")
"""What keys are made of. They are printed for a shell to run: nothing else goes there."""

IdentityGatewayOf = Callable[[SessionRecord, str], Gateway]


@dataclass(frozen=True)
class AwsCredentials:
    """Credentials of an identity. ``expires_at`` is in seconds since the epoch by AWS's clock."""

    identity_pool_id: str
    identity_id: str
    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    expires_at: float
    taken_at: TakenAt

    @property
    def hold(self) -> bool:
        """Whether nobody would ask for new ones yet."""
        now = self.taken_at.server_now()
        if now is None:
            return False
        early = min(RENEWED_EARLY_SECONDS, (self.expires_at - self.taken_at.server_time) / SHARE_OF_LIFE)
        return self.expires_at - now > early

    def to_json(self) -> bytes:
        """As they are stored."""
        return flat_json.dumps(
            {
                "version": VERSION,
                "identity_pool_id": self.identity_pool_id,
                "identity_id": self.identity_id,
                "access_key_id": self.access_key_id,
                "secret_access_key": self.secret_access_key.reveal(),
                "session_token": self.session_token.reveal(),
                "expires_at": self.expires_at,
                **self.taken_at.__dict__,
            }
        )

    @classmethod
    def from_json(cls, content: bytes) -> AwsCredentials | None:
        """Stored credentials; None for what is none: they can be fetched again."""
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
                moment(members["expires_at"]),
                TakenAt(
                    moment(members["server_time"]),
                    moment(members["local_time"]),
                    str(members["boot"]),
                    moment(members["uptime"]),
                ),
            )
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return None


def identity_gateway_of(record: SessionRecord, identity_pool_id: str) -> Gateway:
    """The way to an identity pool: in the region its id names, on the session's endpoint if that is local."""
    return IdentityGateway(identity_pool_id.partition(":")[0], record.origin.endpoint or None)


def kept_credentials(store: Store, record: SessionRecord, identity_pool_id: str) -> AwsCredentials | None:
    """The credentials kept for a session and an identity pool, if they hold.

    Raises StorageError where the file breaks a rule for private files.
    """
    content = store.read(aws_name(record.key.file_name))
    credentials = AwsCredentials.from_json(content) if content else None
    if credentials and credentials.identity_pool_id == identity_pool_id and credentials.hold:
        return credentials
    return None


def new_credentials(
    store: Store | None,
    record: SessionRecord,
    identity_pool_id: str,
    *,
    gateway: IdentityGatewayOf = identity_gateway_of,
) -> tuple[AwsCredentials, str]:
    """Credentials for a session whose id token holds, and a sentence for the person; mostly empty.

    One process at a time fetches them, and who had to wait takes what the other has brought. What is kept and
    may not be used is only a copy, so it is replaced. Raises AuthError where the identity pool refuses or
    does not answer, StorageError where another process is busy with them. Without a store they are kept
    nowhere.
    """
    if store is None:
        return _fetched(gateway(record, identity_pool_id), record, identity_pool_id), ""
    name = aws_name(record.key.file_name)
    # Where nothing can be written they are fetched all the same.
    with locked_if_possible(store.locks, name):
        broken = ""
        try:
            if kept := kept_credentials(store, record, identity_pool_id):
                return kept, ""
        except StorageError as error:
            broken = str(error)
        credentials = _fetched(gateway(record, identity_pool_id), record, identity_pool_id)
        try:
            is_kept = _keep(store, record, credentials, anew=bool(broken))
        except StorageError as error:
            return credentials, f"The credentials could not be kept for the next time. {error}"
    if not is_kept:
        return credentials, "The session has ended meanwhile, so the credentials were not kept."
    return credentials, f"The credentials kept before were replaced. {broken}" if broken else ""


def _keep(store: Store, record: SessionRecord, credentials: AwsCredentials, *, anew: bool) -> bool:
    """Keep credentials, unless the session has ended or another has begun meanwhile; whether they are."""
    name = record.key.file_name
    with locked(store.locks, name):
        now = read_record(store, name)
        if now is None or now.signed_in_at != record.signed_in_at:
            return False
        if anew:
            store.remove(aws_name(name))
        store.write(aws_name(name), credentials.to_json())
    return True


def _fetched(gateway: Gateway, record: SessionRecord, identity_pool_id: str) -> AwsCredentials:
    origin = record.origin
    provider = f"cognito-idp.{origin.user_pool_id.partition('_')[0]}.amazonaws.com/{origin.user_pool_id}"
    logins = {provider: record.id_token}
    identity = gateway.call("GetId", {"IdentityPoolId": identity_pool_id, "Logins": logins})
    reply = gateway.call(
        "GetCredentialsForIdentity", {"IdentityId": identity.get("IdentityId"), "Logins": logins}
    )
    given: Mapping[str, Any] = reply.get("Credentials") or {}
    expiration = given.get("Expiration")
    texts = [given.get(name) for name in ("AccessKeyId", "SecretKey", "SessionToken")]
    if not isinstance(expiration, datetime) or not all(
        isinstance(text, str) and _PRINTABLE.fullmatch(text) for text in texts
    ):
        raise AuthError(ErrorKind.SERVICE, "The identity pool answered without credentials that can be used.")
    key_id, secret, token = map(str, texts)
    expires_at = _seconds(expiration)
    if not BELIEVABLE_TIMES[0] < expires_at < BELIEVABLE_TIMES[1]:
        raise AuthError(ErrorKind.SERVICE, "The identity pool's credentials end at no time there is.")
    return AwsCredentials(
        identity_pool_id=identity_pool_id,
        identity_id=str(reply.get("IdentityId") or ""),
        access_key_id=key_id,
        secret_access_key=Secret(secret),
        session_token=Secret(token),
        expires_at=expires_at,
        taken_at=TakenAt.now(gateway.now()),
    )


def _seconds(moment: datetime) -> float:
    try:
        return moment.timestamp()
    except (OverflowError, ValueError, OSError):
        return 0.0
