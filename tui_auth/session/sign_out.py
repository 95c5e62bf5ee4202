"""Ending a session: revoked at Cognito, and forgotten here whatever Cognito says."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.config.errors import ConfigurationError
from tui_auth.session.errors import NotSignedInError
from tui_auth.session.record import SessionRecord
from tui_auth.session.refresh import GatewayOf, app_client_of, fresh, gateway_of, is_definitive
from tui_auth.session.sessions import Found, Sessions, read_record
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import locked_if_possible
from tui_auth.storage.stores import open_store
from tui_auth.threads import shielded_from_signals

SECONDS_FOR_THE_CALL = 30
"""How long an access token must still hold that ends all sessions."""


class AtCognito(Enum):
    """What became of the session at Cognito."""

    REVOKED = "revoked"
    WAS_OVER = "it had ended before"
    NOTHING_TO_REVOKE = "it had no refresh token"
    OTHERS_NOT_REVOKED = "what is kept here can end no session elsewhere"
    NOT_REVOKED = "not revoked"


@dataclass(frozen=True)
class SignedOut:
    """The end of a session.

    ``error`` is why it was not revoked: a refusal, a failure, or the signal that ended the waiting
    (KeyboardInterrupt, SystemExit). ``not_forgotten`` is why something of it is still here; mostly None.
    """

    at_cognito: AtCognito
    error: BaseException | None = None
    not_forgotten: StorageError | None = None


def sign_out(
    sessions: Sessions, found: Found, *, everywhere: bool = False, gateway: GatewayOf = gateway_of
) -> SignedOut:
    """RevokeToken for this session, or GlobalSignOut for all of this user's; then forget it here.

    Access and id tokens that were handed out hold until they run out, for whoever does not ask Cognito.
    Nothing is raised: what went wrong is in the result.
    """
    # Before anything else: a session that Cognito refuses to renew is forgotten on the way.
    kept = [found, *(_others_of_this_user(sessions, found.record) if everywhere else ())]
    at_cognito = AtCognito.REVOKED
    error: BaseException | None = None
    try:
        if everywhere:
            at_cognito = _revoke_everywhere(sessions, kept, gateway)
        else:
            _revoke(found, gateway)
    except BaseException as failure:
        # Whatever it was, a Ctrl+C too: that the session is forgotten here must not depend on it.
        if isinstance(failure, _NothingToRevoke):
            at_cognito = AtCognito.NOTHING_TO_REVOKE
        elif _is_over(failure):
            at_cognito = AtCognito.WAS_OVER
        else:
            at_cognito, error = AtCognito.NOT_REVOKED, failure
    records = [each.record for each in kept]
    return SignedOut(at_cognito, error, shielded_from_signals(lambda: _forget(sessions, records)))


class _NothingToRevoke(NotSignedInError):
    """A session whose tokens are all there is of it: nobody can end it before they run out."""


def _is_over(failure: BaseException) -> bool:
    """Whether a session has ended that could not be ended."""
    return isinstance(failure, NotSignedInError) or (
        isinstance(failure, AuthError) and is_definitive(failure)
    )


def _revoke(found: Found, gateway: GatewayOf) -> None:
    # Under the lock, for a refresh meanwhile would bring another refresh token; where none can be had, as on
    # a disk that only can be read, no refresh can be kept either.
    with locked_if_possible(found.store.locks, found.record.key.file_name):
        record = read_record(found.store, found.record.key.file_name)
        if record is None or record.refresh_token is None:
            raise _NothingToRevoke("There is no refresh token to revoke.")
        client = app_client_of(record)
        parameters = {
            "Token": record.refresh_token,
            "ClientId": client.client_id,
            "ClientSecret": client.client_secret,
        }
        gateway(record).call("RevokeToken", parameters)


def _revoke_everywhere(sessions: Sessions, kept: list[Found], gateway: GatewayOf) -> AtCognito:
    """GlobalSignOut with the access token of the first session that Cognito still takes.

    Raises what kept it from being asked; where Cognito takes none of them, nobody is there to ask it.
    """
    failures: list[Exception] = []
    for each in kept:
        try:
            _sign_out_globally(sessions, each, gateway)
        except (AuthError, NotSignedInError, StorageError, ConfigurationError) as failure:
            failures.append(failure)
            if isinstance(failure, AuthError) and failure.kind in _SAME_FOR_ALL:
                break
        else:
            return AtCognito.REVOKED
        # At least this one shall end, and it may have been refused for what it may not do.
        with suppress(AuthError, NotSignedInError, StorageError, ConfigurationError):
            _revoke(each, gateway)
    in_the_way = next((failure for failure in failures if not _is_over(failure)), None)
    if in_the_way is not None:
        raise in_the_way
    return AtCognito.OTHERS_NOT_REVOKED


_SAME_FOR_ALL = (ErrorKind.NETWORK, ErrorKind.THROTTLED)


def _sign_out_globally(sessions: Sessions, found: Found, gateway: GatewayOf) -> None:
    record = fresh(sessions, found, min_ttl=SECONDS_FOR_THE_CALL, gateway=gateway).record
    try:
        gateway(record).call("GlobalSignOut", {"AccessToken": record.access_token})
    except AuthError as refusal:
        if not is_definitive(refusal):
            raise
        # It may be this token alone that is over; the refresh token tells.
        record = fresh(sessions, replace(found, record=record), force=True, gateway=gateway).record
        gateway(record).call("GlobalSignOut", {"AccessToken": record.access_token})


def _others_of_this_user(sessions: Sessions, record: SessionRecord) -> list[Found]:
    """The user's sessions that are kept here beside this one: with other app clients."""
    found = []
    key = record.key
    with suppress(StorageError):
        for entry in sessions.entries():
            whose = (entry.endpoint, entry.user_pool_id, entry.username)
            if entry.key == key or whose != (key.endpoint, key.user_pool_id, key.username):
                continue
            with suppress(StorageError):
                other = sessions.read(entry)
                if other is not None:
                    found.append(Found(other, open_store(entry.storage, sessions.environ)))
    return found


def _forget(sessions: Sessions, records: list[SessionRecord]) -> StorageError | None:
    """Forget sessions; why one of them could not be forgotten altogether, if so."""
    problem = None
    for record in records:
        try:
            sessions.forget(record, began=record.signed_in_at)
        except StorageError as error:
            problem = problem or error
    return problem
