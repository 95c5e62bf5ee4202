"""Ending a session: revoked at Cognito, and forgotten here whatever Cognito says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.session.errors import SignInNeeded
from tui_auth.session.record import SessionRecord
from tui_auth.session.refresh import GatewayOf, app_client_of, fresh, gateway_of
from tui_auth.session.sessions import Found, Sessions, read_record, session_lock


class AtCognito(Enum):
    """What became of the session at Cognito."""

    REVOKED = "revoked"
    WAS_OVER = "it had ended before"
    NOT_REVOKED = "not revoked"


@dataclass(frozen=True)
class SignedOut:
    """The end of a session. ``error`` is why it was not revoked. ``forgotten`` sessions were kept here."""

    at_cognito: AtCognito
    forgotten: int
    error: Exception | None = None


def sign_out(
    sessions: Sessions, found: Found, *, everywhere: bool = False, gateway: GatewayOf = gateway_of
) -> SignedOut:
    """RevokeToken for this session, or GlobalSignOut for all of this user's; then forget it here.

    Access and id tokens that were handed out hold until they run out, for whoever does not ask Cognito.
    Raises StorageError where it cannot be forgotten.
    """
    at_cognito = AtCognito.REVOKED
    error: Exception | None = None
    try:
        if everywhere:
            _revoke_everywhere(sessions, found, gateway)
        else:
            _revoke(found, gateway)
    except SignInNeeded:
        at_cognito = AtCognito.WAS_OVER
    except AuthError as refusal:
        over = refusal.code == "NotAuthorizedException" and refusal.kind is ErrorKind.NOT_AUTHORIZED
        at_cognito, error = (AtCognito.WAS_OVER, None) if over else (AtCognito.NOT_REVOKED, refusal)
    except Exception as failure:
        # Whatever it was: that the session is forgotten here must not depend on it.
        at_cognito, error = AtCognito.NOT_REVOKED, failure
    return SignedOut(at_cognito, _forget(sessions, found.record, everywhere), error)


def _revoke(found: Found, gateway: GatewayOf) -> None:
    # Under the lock, for a refresh meanwhile would bring another refresh token.
    with session_lock(found):
        record = read_record(found.store, found.record.key.file_name)
        if record is None or record.refresh_token is None:
            raise SignInNeeded("There is no refresh token to revoke.")
        client = app_client_of(record)
        parameters = {
            "Token": record.refresh_token,
            "ClientId": client.client_id,
            "ClientSecret": client.client_secret,
        }
        gateway(record).call("RevokeToken", parameters)


def _revoke_everywhere(sessions: Sessions, found: Found, gateway: GatewayOf) -> None:
    record = fresh(sessions, found, min_ttl=30, gateway=gateway).record
    gateway(record).call("GlobalSignOut", {"AccessToken": record.access_token})


def _forget(sessions: Sessions, record: SessionRecord, everywhere: bool) -> int:
    """Forget the session; with ``everywhere`` also those of the same user with other app clients."""
    forgotten = int(sessions.forget(record))
    key = record.key
    for entry in sessions.entries() if everywhere else ():
        if (entry.endpoint, entry.user_pool_id, entry.username) == (
            key.endpoint,
            key.user_pool_id,
            key.username,
        ) and (other := sessions.read(entry)):
            forgotten += sessions.forget(other)
    return forgotten
