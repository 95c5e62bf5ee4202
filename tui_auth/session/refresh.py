"""Return a valid token: the stored one, or a new one from a refresh.

One process at a time refreshes a session, and one that had to wait looks first at what the other stored: with
rotation a refresh token works once (RefreshTokenRotation), so using the old one again would end the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.next_step import Done
from tui_auth.auth.tokens import parse_authentication_result, unverified_claims
from tui_auth.config.amplify import read_secret_file
from tui_auth.endpoint import issuers
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError
from tui_auth.session.record import SessionRecord
from tui_auth.session.sessions import Sessions, StoredSession, read_record
from tui_auth.session.state import required_seconds, since_boot
from tui_auth.storage.lock import PATIENCE_SECONDS
from tui_auth.terminal.safe_text import quote_service
from tui_auth.threads import shielded_from_signals

if TYPE_CHECKING:
    from tui_auth.storage.lock import HeldLock

DEFINITIVE_CODES = frozenset(
    {
        "NotAuthorizedException",
        "RefreshTokenReuseException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "TokenRevokedException",
    }
)
"""Cognito's errors for a session that has ended (as in amplify-js); after any other it may go on."""

NO_SUCH_OPERATION_CODES = frozenset(
    {
        "UnknownOperationException",
        "OperationNotEnabledException",
        "UnsupportedOperationException",
        "Unsupported",  # cognito-local
    }
)
"""Errors of GetTokensFromRefreshToken in a pool that doesn't have this operation."""

OpenGateway = Callable[[SessionRecord], Gateway]
OpenClient = Callable[[SessionRecord], AppClient]


@dataclass(frozen=True)
class RefreshResult:
    """A session with a valid token, and why it couldn't be stored; mostly empty."""

    record: SessionRecord
    problem: str = ""

    @property
    def note(self) -> str:
        """A sentence for the user; mostly empty."""
        return f"The session was refreshed but couldn't be stored. {self.problem}" if self.problem else ""


def open_gateway(record: SessionRecord) -> Gateway:
    """Return the gateway to the pool of a session."""
    return CognitoGateway(Address(record.origin.region, record.origin.endpoint or None))


def build_app_client(record: SessionRecord) -> AppClient:
    """Return the app client of a session. Raises ConfigurationError if its secret's file can't be read."""
    origin = record.origin
    secret = read_secret_file(origin.client_secret_file) if origin.client_secret_file else None
    return AppClient(origin.user_pool_id, origin.client_id, secret)


def is_valid_for(record: SessionRecord, kind: str, min_ttl: float | None) -> bool:
    """Check that the token of a kind is valid for ``min_ttl`` seconds (None: for long enough)."""
    left = record.seconds_left(kind)
    return left > 0 and left >= required_seconds(record.lifetime(kind), min_ttl)


def ensure_fresh(
    sessions: Sessions,
    stored: StoredSession,
    *,
    kind: str = "access",
    min_ttl: float | None = None,
    force: bool = False,
    began: tuple[str, float] | None = None,
    patience: float = PATIENCE_SECONDS,
    gateway: OpenGateway = open_gateway,
    app_client: OpenClient = build_app_client,
) -> RefreshResult:
    """Return the session with a valid token, refreshed if necessary or forced.

    Tokens that another process stored since ``began``, or while this one waited, are used even if a refresh
    is forced, and even if shorter than ``min_ttl``: another refresh wouldn't last longer.

    Args:
        sessions: the sessions there are.
        stored: the session to refresh.
        kind: ``access`` or ``id``.
        min_ttl: how many seconds the token must be valid; None for long enough.
        force: refresh a valid token too.
        began: when the command began (``since_boot``).
        patience: how many seconds to wait for another process that refreshes it.
        gateway: opens the gateway to the pool of a session.
        app_client: returns the app client of a session, with its secret.

    Returns:
        The session. If a new token couldn't be stored, ``problem`` says why.

    Raises:
        NotSignedInError: Cognito has ended the session, which is then forgotten, or nothing can refresh it.
        StorageError: the session can't be read, or another process is busy; nothing was sent.
        ConfigurationError: the client secret can't be read.
        AuthError: Cognito rejected the call otherwise, didn't reply, or sent another session's tokens.
    """
    if not force and is_valid_for(stored.record, kind, min_ttl):
        return RefreshResult(stored.record)
    if force and began and stored.record.taken_at.is_after(began) and stored.record.seconds_left(kind) > 0:
        return RefreshResult(stored.record)
    waiting_since = since_boot()
    # On a read-only or full disk there is no lock, and the tokens are handed out all the same.
    with stored.store.locked(stored.record.key.file_name, patience=patience) as lock:
        record = read_record(stored.store, stored.record.key.file_name)
        if record is None:
            raise NotSignedInError(
                "Not signed in: the session has ended in the meantime.", stored.record.sign_in_settings
            )
        # Overrides min_ttl and force, as said above.
        is_by_another = record.access_token != stored.record.access_token and record.seconds_left(kind) > 0
        if is_by_another or (not force and is_valid_for(record, kind, min_ttl)):
            return RefreshResult(record)
        stored = replace(stored, record=record)
        if record.refresh_token is None:
            if not force and min_ttl is None and record.seconds_left(kind) > 0:
                return RefreshResult(record)
            raise NotSignedInError(
                "The session can't be refreshed. Run `tui-auth sign-in`.", record.sign_in_settings
            )
        client = app_client(record)
        if lock:
            _raise_if_just_unreachable(lock, waiting_since)
        try:
            return shielded_from_signals(lambda: _refresh(sessions, stored, client, gateway(record)))
        except AuthError as error:
            if lock and error.kind is ErrorKind.NETWORK:
                boot, uptime = since_boot()
                lock.leave_message(f"{_COGNITO_UNREACHABLE} {boot} {uptime}")
            raise


_COGNITO_UNREACHABLE = "no answer"
"""Begins the message in a lock that says when Cognito didn't reply: a process that waited doesn't call it."""


def _raise_if_just_unreachable(lock: HeldLock, waiting_since: tuple[str, float]) -> None:
    """Don't wait for a network that was down for another process while this one waited for its lock."""
    boot, waited_from = waiting_since
    prefix, separator, uptime = lock.message_of_last_holder.partition(f"{_COGNITO_UNREACHABLE} {boot} ")
    try:
        is_recent = bool(boot and separator and not prefix) and waited_from < float(uptime) <= since_boot()[1]
    except ValueError:
        return  # cut short, or another message
    if is_recent:
        raise AuthError(ErrorKind.NETWORK, "Cognito can't be reached.", "Check the network, then try again.")


def _refresh(sessions: Sessions, stored: StoredSession, client: AppClient, gateway: Gateway) -> RefreshResult:
    record = stored.record
    try:
        result = _request_tokens(gateway, client, record)
    except AuthError as error:
        if not is_definitive(error):
            raise
        sessions.forget_if_unchanged(stored)
        raise NotSignedInError(
            f"The session has ended. {reason_for_end(error)} Run `tui-auth sign-in`.", record.sign_in_settings
        ) from None
    _reject_tokens_of_another_user(result, record)
    record, problem = _save_rotated_token(sessions, stored, result)
    # Brings an HTTP client with it, which a valid token doesn't need.
    from tui_auth.session.persistence import check_signatures

    try:
        done = Done(
            *parse_authentication_result(
                result,
                user_pool_id=client.user_pool_id,
                client_id=client.client_id,
                now=gateway.now(),
                endpoint_url=record.origin.endpoint or None,
                accepted_issuers=issuers(
                    client.user_pool_id, record.origin.region, record.origin.endpoint or None
                ),
            )
        )
        checked = check_signatures(
            done.tokens, client.user_pool_id, record.origin.endpoint, environ=sessions.environ
        )
    except AuthError:
        if problem:
            sessions.replace(stored, record)
        raise
    new = record.refreshed(done, server_time=gateway.now(), signature_checked=checked)
    # Even if the first write failed: a full disk may have room moments later.
    problem = sessions.replace(stored, new)
    if problem and new.refresh_token != stored.record.refresh_token:
        problem += " Its refresh token was replaced, so sign in again once these tokens expire."
    return RefreshResult(new, problem)


def _reject_tokens_of_another_user(result: Mapping[str, Any], record: SessionRecord) -> None:
    """Raise AuthError before anything is stored. Tokens that can't be read at all are rejected later."""
    for name in ("AccessToken", "IdToken"):
        token = result.get(name)
        claims = unverified_claims(Secret(token)) if isinstance(token, str) else None
        sub = claims.get("sub") if claims else None
        if isinstance(sub, str) and sub != record.sub:
            raise AuthError(ErrorKind.SERVICE, "Cognito sent another user's tokens, so they were discarded.")


def _save_rotated_token(
    sessions: Sessions, stored: StoredSession, result: Mapping[str, Any]
) -> tuple[SessionRecord, str]:
    """Store a rotated refresh token at once, before the tokens are checked: the old one no longer works."""
    rotated = result.get("RefreshToken")
    if not isinstance(rotated, str) or not rotated:
        return stored.record, ""
    record = replace(stored.record, refresh_token=Secret(rotated))
    return record, sessions.replace(stored, record)


def is_definitive(error: AuthError) -> bool:
    """Check whether an error ends a session: Cognito's own, and not about how it was called."""
    # A missing or wrong client secret, and a token without the scope for an operation, have the same code as
    # a revoked token.
    message = error.service_message.lower()
    is_about_call = error.kind not in _ENDING_KINDS or "secret" in message or "scope" in message
    return error.code in DEFINITIVE_CODES and not error.may_have_arrived and not is_about_call


def reason_for_end(error: AuthError) -> str:
    """Return why a session ended, in words for a refresh: nobody has entered a name or a password."""
    if error.code == "UserNotFoundException":
        return "The user pool no longer has this user."
    if error.code == "NotAuthorizedException" and error.service_message:
        return quote_service(error.service_message)
    return error.message


_ENDING_KINDS = (ErrorKind.NOT_AUTHORIZED, ErrorKind.SERVICE)


def _request_tokens(gateway: Gateway, client: AppClient, record: SessionRecord) -> Mapping[str, Any]:
    """Return the ``AuthenticationResult`` of a refresh: from the user pool, or once from the domain.

    A refresh token of managed login may be valid at the domain only: for an app client without
    REFRESH_TOKEN_AUTH, and for a device that the browser and not this program knows.
    """
    try:
        return _call_cognito(gateway, client, record)
    except AuthError as error:
        message = error.service_message.lower()
        is_for_domain = "invalid refresh token" in message or "not enabled for this client" in message
        if not (record.origin.domain and is_for_domain):
            raise
        rejection = error
    try:
        return _call_domain(gateway, client, record)
    except AuthError as error:
        if error.kind is not ErrorKind.NETWORK:
            raise rejection from None
        raise AuthError(
            ErrorKind.NETWORK,
            "The domain didn't reply to the refresh.",
            "Check the network, then try again.",
            may_have_arrived=error.may_have_arrived,
        ) from None


def _call_domain(gateway: Gateway, client: AppClient, record: SessionRecord) -> Mapping[str, Any]:
    """Refresh at the domain's token endpoint (RFC 6749 §6)."""
    from tui_auth.auth.token_endpoint import TokenEndpoint
    from tui_auth.auth.trace import TracingGateway

    endpoint = TokenEndpoint(record.origin.domain, client, TracingGateway(gateway))
    request = {
        "grant_type": "refresh_token",
        "client_id": client.client_id,
        "refresh_token": record.refresh_token,
    }
    result: Mapping[str, Any] = endpoint.call("token", request)["AuthenticationResult"]
    return result


def _call_cognito(gateway: Gateway, client: AppClient, record: SessionRecord) -> Mapping[str, Any]:
    """Return the ``AuthenticationResult`` of GetTokensFromRefreshToken, else of InitiateAuth."""
    # A device that managed login tracks is known only by the claim of its tokens.
    claimed = (unverified_claims(record.access_token) or {}).get("device_key")
    device_key = record.device.key if record.device else claimed if isinstance(claimed, str) else None
    try:
        reply = gateway.call(
            "GetTokensFromRefreshToken",
            {
                "RefreshToken": record.refresh_token,
                "ClientId": client.client_id,
                "ClientSecret": client.client_secret,
                "DeviceKey": device_key,
            },
        )
    except AuthError as error:
        if error.code not in NO_SUCH_OPERATION_CODES:
            raise
        reply = gateway.call(*_older_operation(client, record, device_key))
    result = reply.get("AuthenticationResult")
    if not isinstance(result, Mapping):
        raise AuthError(ErrorKind.SERVICE, "Cognito sent no tokens for the refresh.")
    return result


def _older_operation(
    client: AppClient, record: SessionRecord, device_key: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the operation for pools without GetTokensFromRefreshToken, and its parameters."""
    return "InitiateAuth", {
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "ClientId": client.client_id,
        "AuthParameters": {
            "REFRESH_TOKEN": record.refresh_token,
            "SECRET_HASH": client.secret_hash(record.username),
            "DEVICE_KEY": device_key,
        },
    }
