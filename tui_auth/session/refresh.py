"""A token that still holds: the one that is kept, or one that is fetched for it.

Refreshing is for one process at a time, and whoever had to wait looks first at what the other has brought:
with rotation a refresh token is good for one refresh (RefreshTokenRotation), so that a second use of the old
one would end the session for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.authentication_result import done as done_of
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.verify import claims_in
from tui_auth.config.client_secret import read_secret_file
from tui_auth.secret import Secret
from tui_auth.session.clock import since_boot
from tui_auth.session.errors import NotSignedInError
from tui_auth.session.quick import seconds_wanted
from tui_auth.session.record import SessionRecord
from tui_auth.session.sessions import Found, Sessions, read_record, session_lock
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import HeldLock
from tui_auth.terminal.safe_text import service_says
from tui_auth.threads import shielded_from_signals

DEFINITIVE = frozenset(
    {
        "NotAuthorizedException",
        "RefreshTokenReuseException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "TokenRevokedException",
    }
)
"""What Cognito says when a session is over (as amplify-js has it); after anything else it may go on."""

NOT_THERE = frozenset(
    {"UnknownOperationException", "OperationNotEnabledException", "UnsupportedOperationException"}
)
"""What is said of GetTokensFromRefreshToken where a pool has no such operation."""

GatewayOf = Callable[[SessionRecord], Gateway]


@dataclass(frozen=True)
class Fresh:
    """A session whose token holds. ``problem`` says why what was fetched could not be kept; mostly empty."""

    record: SessionRecord
    problem: str = ""


def gateway_of(record: SessionRecord) -> Gateway:
    """The way to the pool of a session."""
    return CognitoGateway(Address(record.origin.region, record.origin.endpoint or None))


def app_client_of(record: SessionRecord) -> AppClient:
    """The app client of a session. Raises ConfigurationError where its secret's file cannot be read."""
    origin = record.origin
    secret = read_secret_file(origin.client_secret_file) if origin.client_secret_file else None
    return AppClient(origin.user_pool_id, origin.client_id, secret)


def holds(record: SessionRecord, kind: str, asked: float | None) -> bool:
    """Whether the token of a kind holds for as many seconds as asked (None: for long enough)."""
    left = record.seconds_left(kind)
    return left > 0 and left >= seconds_wanted(record.lifetime(kind), asked)


def fresh(
    sessions: Sessions,
    found: Found,
    *,
    kind: str = "access",
    min_ttl: float | None = None,
    force: bool = False,
    began: tuple[str, float] | None = None,
    gateway: GatewayOf = gateway_of,
) -> Fresh:
    """The session with a token that holds, refreshed if need be or if it is forced.

    ``kind`` is ``access`` or ``id``, ``min_ttl`` in seconds. What another process has brought since ``began``
    (of ``since_boot``), or while this one waited for it, is taken even if it is forced, and however long it
    holds: a pool gives no more than that.

    Raises NotSignedInError where Cognito has ended the session (which is then forgotten) or nothing can renew it,
    StorageError where what would come could not be kept or another process is busy with the session (nothing
    is sent then), ConfigurationError where the client secret cannot be read, and AuthError where Cognito
    refused otherwise, did not answer, or sent what is not this session's. What came and then could not be
    kept after all is in the result, with the reason.
    """
    if not force and holds(found.record, kind, min_ttl):
        return Fresh(found.record)
    if force and began and found.record.taken_at.is_since(began) and found.record.seconds_left(kind) > 0:
        return Fresh(found.record)
    waits_since = since_boot()
    with session_lock(found) as held:
        now = read_record(found.store, found.record.key.file_name)
        if now is None:
            raise NotSignedInError("Not signed in: the session has ended meanwhile.", found.record)
        # Overrides min_ttl and force, as said above.
        brought_by_another = now.access_token != found.record.access_token and now.seconds_left(kind) > 0
        if brought_by_another or (not force and holds(now, kind, min_ttl)):
            return Fresh(now)
        found = replace(found, record=now)
        if now.refresh_token is None:
            if not force and min_ttl is None and now.seconds_left(kind) > 0:
                return Fresh(now)
            raise NotSignedInError("The session cannot be renewed. Run tui-auth sign-in.", now)
        client = app_client_of(now)
        found.store.check_writable(now.key.file_name)
        _raise_what_befell_another(held, waits_since)
        try:
            return shielded_from_signals(lambda: _refresh(sessions, found, client, gateway(now)))
        except AuthError as error:
            if error.kind is ErrorKind.NETWORK:
                boot, uptime = since_boot()
                held.leave_note(f"no answer {boot} {uptime}")
            raise


def _raise_what_befell_another(held: HeldLock, waits_since: tuple[str, float]) -> None:
    """Do not wait in turn for a network that was down for another process while this one waited for it."""
    boot, waits_from = waits_since
    said_no, at, uptime = held.note.partition(f"no answer {boot} ")
    try:
        is_about_now = bool(boot and at and not said_no) and waits_from < float(uptime) <= since_boot()[1]
    except ValueError:
        return  # cut short, or nobody's note
    if is_about_now:
        raise AuthError(ErrorKind.NETWORK, "Cognito cannot be reached.", "Check the network, then try again.")


def _refresh(sessions: Sessions, found: Found, client: AppClient, gateway: Gateway) -> Fresh:
    record = found.record
    try:
        result = _exchange(gateway, client, record)
    except AuthError as error:
        if not is_definitive(error):
            raise
        sessions.forget_if_unchanged(found)
        raise NotSignedInError(
            f"The session has ended. {_why(error)} Run tui-auth sign-in.", record
        ) from None
    _refuse_another_users(result, record)
    record, problem = _replace_refresh_token(found, result)
    # Brings an HTTP client with it, which a token that holds does not need.
    from tui_auth.session.signatures import signatures_hold

    try:
        done = done_of(result, client, gateway.now())
        checked = signatures_hold(
            done.tokens, client.user_pool_id, record.origin.endpoint, environ=sessions.environ
        )
    except AuthError:
        if problem:
            _kept(found, record)
        raise
    new = record.refreshed(done, server_time=gateway.now(), signature_checked=checked)
    # Also where the first write failed: a disk that was full may have room moments later.
    return Fresh(new, _kept(found, new))


def _refuse_another_users(result: Mapping[str, Any], record: SessionRecord) -> None:
    """Before anything of it is kept. Tokens that cannot be read at all are refused later."""
    for name in ("AccessToken", "IdToken"):
        token = result.get(name)
        claims = claims_in(Secret(token)) if isinstance(token, str) else None
        sub = claims.get("sub") if claims else None
        if isinstance(sub, str) and sub != record.sub:
            raise AuthError(
                ErrorKind.SERVICE, "The tokens that came are another user's, so they were thrown away."
            )


def _replace_refresh_token(found: Found, result: Mapping[str, Any]) -> tuple[SessionRecord, str]:
    """Keep a rotated refresh token at once, before what came with it is looked at: the old one is spent."""
    rotated = result.get("RefreshToken")
    if not isinstance(rotated, str) or not rotated:
        return found.record, ""
    record = replace(found.record, refresh_token=Secret(rotated))
    return record, _kept(found, record)


def _kept(found: Found, record: SessionRecord) -> str:
    try:
        found.store.write(record.key.file_name, record.to_json())
    except StorageError as error:
        return str(error)
    return ""


def is_definitive(error: AuthError) -> bool:
    """Whether a refusal ends a session: Cognito's own, and not for the way it was asked."""
    # A client secret that is missing or wrong, and a token without the scope that an operation wants, have
    # the code of a token that is over.
    said = error.service_message.lower()
    about_the_way = error.kind not in _ENDING_KINDS or "secret" in said or "scope" in said
    return error.code in DEFINITIVE and not error.may_have_arrived and not about_the_way


def _why(error: AuthError) -> str:
    """Why a session ended, in words that fit a renewal: nobody has typed a name or a password."""
    if error.code == "UserNotFoundException":
        return "The pool has no such user any more."
    if error.code == "NotAuthorizedException" and error.service_message:
        return service_says(error.service_message)
    return error.message


_ENDING_KINDS = (ErrorKind.NOT_AUTHORIZED, ErrorKind.SERVICE)


def _exchange(gateway: Gateway, client: AppClient, record: SessionRecord) -> Mapping[str, Any]:
    """``AuthenticationResult`` for the refresh token."""
    device_key = record.device.key if record.device else None
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
        if error.code not in NOT_THERE:
            raise
        reply = gateway.call(
            "InitiateAuth",
            {
                "AuthFlow": "REFRESH_TOKEN_AUTH",
                "ClientId": client.client_id,
                "AuthParameters": {
                    "REFRESH_TOKEN": record.refresh_token,
                    "SECRET_HASH": client.secret_hash(record.username),
                    "DEVICE_KEY": device_key,
                },
            },
        )
    result = reply.get("AuthenticationResult")
    if not isinstance(result, Mapping):
        raise AuthError(ErrorKind.SERVICE, "Cognito was asked to renew the session and sent no tokens.")
    return result
