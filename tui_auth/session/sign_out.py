"""Sign out: revoke the session at Cognito and forget it here, whatever Cognito replies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from tui_auth.config.files import ConfigurationError
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.session import NotSignedInError
from tui_auth.session.refresh import (
    OpenClient,
    OpenGateway,
    build_app_client,
    ensure_fresh,
    is_definitive,
    open_gateway,
)
from tui_auth.session.sessions import Sessions, StoredSession, read_record
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import open_store
from tui_auth.threads import shielded_from_signals

if TYPE_CHECKING:
    from tui_auth.session.record import SessionRecord

CALL_SECONDS = 30
"""How long the access token for GlobalSignOut must be valid."""


PATIENCE_SECONDS = 3.0
"""How long to wait for another process that refreshes the session; longer than a refresh usually takes."""


class RevocationOutcome(Enum):
    """What happened to the session at Cognito."""

    REVOKED = "revoked"
    ALREADY_ENDED = "it had already ended"
    NOTHING_TO_REVOKE = "it had no refresh token"
    OTHERS_NOT_REVOKED = "the stored sessions can't end sessions elsewhere"
    NOT_REVOKED = "not revoked"


@dataclass(frozen=True)
class SignOutResult:
    """The result of a sign-out.

    ``error`` is why the session wasn't revoked: Cognito's error, a failure, or the signal that ended the wait
    (KeyboardInterrupt, SystemExit). ``storage_error`` is why something of it is still here; mostly None.
    ``records`` are the sessions that were ended.
    """

    outcome: RevocationOutcome
    error: BaseException | None = None
    storage_error: StorageError | None = None
    records: tuple[SessionRecord, ...] = ()


def sign_out(
    sessions: Sessions,
    stored: StoredSession,
    *,
    everywhere: bool = False,
    gateway: OpenGateway = open_gateway,
    app_client: OpenClient = build_app_client,
) -> SignOutResult:
    """Call RevokeToken for this session, or GlobalSignOut for all of this user's; then forget it here.

    Access and ID tokens that were printed stay valid until they expire, for services that don't ask Cognito.
    Nothing is raised: the result has what went wrong.
    """
    # Before anything else: a session that Cognito won't refresh is forgotten on the way.
    ended = [stored, *(_other_sessions_of_user(sessions, stored.record) if everywhere else ())]
    outcome = RevocationOutcome.REVOKED
    error: BaseException | None = None
    try:
        if everywhere:
            outcome = _revoke_everywhere(sessions, ended, gateway, app_client)
        else:
            _revoke(stored, gateway, app_client)
    except BaseException as failure:
        # Any failure, a Ctrl+C too: the session must be forgotten here all the same.
        if isinstance(failure, _NothingToRevokeError):
            outcome = RevocationOutcome.NOTHING_TO_REVOKE
        elif _means_ended(failure):
            outcome = RevocationOutcome.ALREADY_ENDED
        else:
            outcome, error = RevocationOutcome.NOT_REVOKED, failure
    records = tuple(session.record for session in ended)
    return SignOutResult(outcome, error, shielded_from_signals(lambda: _forget(sessions, records)), records)


class _NothingToRevokeError(NotSignedInError):
    """The session has no refresh token: nobody can end it before its tokens expire."""


def _means_ended(failure: BaseException) -> bool:
    """Check whether a session couldn't be ended because it had already ended."""
    return isinstance(failure, NotSignedInError) or (
        isinstance(failure, AuthError) and is_definitive(failure)
    )


def _revoke(stored: StoredSession, gateway: OpenGateway, app_client: OpenClient) -> None:
    # Under the lock, for a refresh meanwhile would bring another refresh token. But a process that was
    # stopped must not prevent a sign-out; it stores nothing once the session is gone.
    name = stored.record.key.file_name
    with stored.store.locked(name, patience=PATIENCE_SECONDS, even_if_busy=True):
        record = read_record(stored.store, name)
        if record is None or record.refresh_token is None:
            raise _NothingToRevokeError("There is no refresh token to revoke.")
        client = app_client(record)
        parameters = {
            "Token": record.refresh_token,
            "ClientId": client.client_id,
            "ClientSecret": client.client_secret,
        }
        gateway(record).call("RevokeToken", parameters)


def _revoke_everywhere(
    sessions: Sessions, ended: list[StoredSession], gateway: OpenGateway, app_client: OpenClient
) -> RevocationOutcome:
    """Call GlobalSignOut with the access token of the first session that Cognito still accepts.

    Raises the first failure that doesn't mean that a session has already ended.
    """
    failures: list[Exception] = []
    for stored in ended:
        try:
            _sign_out_globally(sessions, stored, gateway, app_client)
        except (AuthError, NotSignedInError, StorageError, ConfigurationError) as failure:
            failures.append(failure)
            if isinstance(failure, AuthError) and failure.kind in _SAME_FOR_ALL:
                break
        else:
            return RevocationOutcome.REVOKED
        # At least this one must end; it may lack the permission to end the others.
        with suppress(AuthError, NotSignedInError, StorageError, ConfigurationError):
            _revoke(stored, gateway, app_client)
    blocking = next((failure for failure in failures if not _means_ended(failure)), None)
    if blocking is not None:
        raise blocking
    return RevocationOutcome.OTHERS_NOT_REVOKED


_SAME_FOR_ALL = (ErrorKind.NETWORK, ErrorKind.THROTTLED)


def _sign_out_globally(
    sessions: Sessions, stored: StoredSession, gateway: OpenGateway, app_client: OpenClient
) -> None:
    refresh = partial(
        ensure_fresh, sessions, patience=PATIENCE_SECONDS, gateway=gateway, app_client=app_client
    )
    record = refresh(stored, min_ttl=CALL_SECONDS).record
    try:
        gateway(record).call("GlobalSignOut", {"AccessToken": record.access_token})
    except AuthError as error:
        if not is_definitive(error):
            raise
        # Perhaps only this token is revoked; the refresh token tells.
        record = refresh(replace(stored, record=record), force=True).record
        gateway(record).call("GlobalSignOut", {"AccessToken": record.access_token})


def _other_sessions_of_user(sessions: Sessions, record: SessionRecord) -> list[StoredSession]:
    """Return the user's other sessions on this machine: those with other app clients."""
    others = []
    key = record.key
    with suppress(StorageError):
        for entry in sessions.entries():
            owner = (entry.endpoint, entry.user_pool_id, entry.username)
            if entry.key == key or owner != (key.endpoint, key.user_pool_id, key.username):
                continue
            with suppress(StorageError):
                other = sessions.read(entry)
                if other is not None:
                    others.append(StoredSession(other, open_store(entry.storage, sessions.environ)))
    return others


def _forget(sessions: Sessions, records: tuple[SessionRecord, ...]) -> StorageError | None:
    """Forget sessions. Return why one of them couldn't be forgotten completely, or None."""
    problem = None
    for record in records:
        try:
            sessions.forget(record)
        except StorageError as error:
            problem = problem or error
    return problem
