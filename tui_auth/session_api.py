"""The Python API of sessions: ``Session``, ``open_session`` and ``list_sessions``.

A valid token takes the fast path of ``tui-auth token``, so nothing heavy is imported here. Everything else is
imported by the method that needs it.
"""

from __future__ import annotations

import os
import time

from tui_auth.errors import ConfigurationError, drops_secrets
from tui_auth.session import NotSignedInError
from tui_auth.session.bearer import AccessToken, Bearer
from tui_auth.session.fast_path import find_reference, read_valid_token
from tui_auth.session.state import SELECTING_FLAGS, TOKEN_KINDS, since_boot
from tui_auth.storage.files import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Literal

    from tui_auth.account.account import Account
    from tui_auth.auth.trace import CallTrace
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.session.aws import AwsCredentials
    from tui_auth.session.record import SessionInfo, SessionRecord
    from tui_auth.session.sessions import Sessions, StoredSession
    from tui_auth.session.unsaved import UnsavedSession

    TokenKind = Literal["access", "id"]

_PREFIXES = ("TUI_AUTH_", "XDG_", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT")
"""The variables that decide where a session is. No other is pickled: some hold secrets."""


def open_session(
    profile: str | None = None,
    *,
    username: str | None = None,
    user_pool_id: str | None = None,
    client_id: str | None = None,
    endpoint_url: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Session:
    """Return the session that the command line finds with the same flags. Nothing is read until it is used.

    Without arguments that is the session of ``TUI_AUTH_*``, the default profile or an Amplify file, else the
    user who signed in last.

    Args:
        profile: The profile in config.toml, as ``--profile``.
        username: The user, as ``--username``.
        user_pool_id: The user pool, as ``--user-pool-id``.
        client_id: The app client, as ``--client-id``.
        endpoint_url: The endpoint, as ``--endpoint-url``.
        environ: The environment variables, in place of ``os.environ``.
    """
    flags = {
        "profile": profile,
        "username": username,
        "user_pool_id": user_pool_id,
        "client_id": client_id,
        "endpoint_url": endpoint_url,
    }
    return Session({name: value for name, value in flags.items() if value is not None}, environ)


@drops_secrets
def list_sessions(*, environ: Mapping[str, str] | None = None) -> list[SessionInfo]:
    """Return the stored sessions of this user on this machine, newest first. Unreadable ones are left out.

    Args:
        environ: The environment variables, in place of ``os.environ``.

    Raises:
        StorageError: The folder of the sessions can't be read.
    """
    from tui_auth.session.sessions import Sessions

    return Sessions(os.environ if environ is None else environ).infos()


class Session:
    """A signed-in user's session: tokens that are refreshed when necessary, and what comes of them.

    ``open_session`` returns one that is stored, ``Done.session`` the one of a sign-in, in memory. Cheap to
    create. Threads can share one, a forked process can go on with it, and pickling keeps what it was opened
    with, never a token. Once a session was found, the object stays with that user and pool.

    Every method raises NotSignedInError if there is no session or Cognito has ended it, StorageError if it
    can't be read, and ConfigurationError if its profile or settings are invalid.
    """

    __slots__ = ("_environ", "_flags", "_owner", "_reference", "_report", "_sessions", "_unsaved")
    _in_python = True  # errors name arguments, not flags

    def __init__(
        self,
        flags: Mapping[str, str],
        environ: Mapping[str, str] | None = None,
        unsaved: UnsavedSession | None = None,
        sessions: Sessions | None = None,
        report: Callable[[str], object] | None = None,
    ) -> None:
        """Open a session; use ``open_session``.

        Args:
            flags: What selects it, by the names of the command line's flags, with underscores.
            environ: The environment variables, in place of ``os.environ``.
            unsaved: The session, if it is in memory.
            sessions: The sessions there are, for a command that reads each file once.
            report: Takes sentences for the user: which session it is if that wasn't specified, and why
                refreshed tokens couldn't be stored.
        """
        self._flags = dict(flags)
        self._environ = environ
        self._unsaved = unsaved
        self._sessions = sessions
        self._report = report
        self._reference = ""
        self._owner: dict[str, str] = {}

    def __repr__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self._flags.items())
        return f"<Session {words or 'current'}{' in memory' if self._unsaved else ''}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._unsaved is not None:
            raise TypeError("A session in memory can't be pickled. Save it first.")
        environ = self._environ and {
            name: value
            for name, value in self._environ.items()
            if name == "HOME" or name.startswith(_PREFIXES)
        }
        return _restore, (self._flags, environ, self._reference, self._owner)

    # -- tokens ----------------------------------------------------------------------------------------

    @drops_secrets
    def token(
        self, kind: TokenKind = "access", *, min_ttl: float | None = None, rejected: str | None = None
    ) -> str:
        """Return a valid token, refreshed if necessary (GetTokensFromRefreshToken).

        Threads and processes share one refresh, under a lock.

        Args:
            kind: "access" or "id".
            min_ttl: How many seconds the token must be valid, if the pool gives tokens that long; by default
                five minutes or a fifth of its lifetime.
            rejected: A token that a server has rejected. If another is stored by now, that one is returned,
                otherwise one refresh happens.

        Raises:
            NotSignedInError: There is no session, or Cognito has ended it.
            AuthError: Cognito rejected the refresh otherwise, or didn't reply.
        """
        token = self._stored_token(kind, min_ttl)
        if token is None or token == rejected:
            token = self.fresh((kind,), min_ttl=min_ttl, rejected=rejected).token(kind).reveal()
        return token

    async def token_async(
        self, kind: TokenKind = "access", *, min_ttl: float | None = None, rejected: str | None = None
    ) -> str:
        """Return a valid token; see ``token``. A refresh runs on a thread and doesn't block the loop."""
        token = self._stored_token(kind, min_ttl)
        if token is not None and token != rejected:
            return token
        from functools import partial

        from tui_auth.threads import in_daemon_thread

        work = partial(self.token, kind, min_ttl=min_ttl, rejected=rejected)
        del token, rejected
        try:
            return await in_daemon_thread(work)
        finally:
            del work

    @drops_secrets
    def refresh(self) -> None:
        """Get new tokens even if the stored ones are valid, such as after a change of the user's attributes.

        Raises AuthError if Cognito rejects the refresh otherwise, or doesn't reply.
        """
        self.fresh(("access",), force=True)

    def token_provider(self, kind: TokenKind = "access") -> Callable[[], str]:
        """Return a function that returns a valid token, as SDKs of other services take one."""
        from functools import partial

        return partial(self.token, kind)

    @drops_secrets
    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        """Return the access token with its expiry: the shape of azure.core's TokenCredential.

        Args:
            scopes: Ignored: a Cognito token has the scopes it was issued with.
            options: Ignored.
        """
        self.token()
        record = self.locate()[1].record
        expires_on = int(time.time() + record.seconds_left("access"))
        return AccessToken(record.access_token.reveal(), expires_on)

    @property
    def bearer(self) -> Bearer:
        """An auth object for requests, httpx and httpx.AsyncClient: it adds a valid access token."""
        return Bearer(self.token)

    # -- the user --------------------------------------------------------------------------------------

    @property
    @drops_secrets
    def info(self) -> SessionInfo:
        """Who is signed in, and where the session is stored. No request is made."""
        from tui_auth.session.record import SessionInfo

        _, stored = self.locate()
        return SessionInfo.from_record(stored.record, str(stored.store.kind))

    @drops_secrets
    def claims(self, kind: TokenKind = "id") -> Mapping[str, object]:
        """Return the claims of the stored token, which may have expired. No request is made.

        Args:
            kind: "access" or "id".
        """
        from tui_auth.auth.tokens import unverified_claims

        _check_kind(kind)
        return unverified_claims(self.locate()[1].record.token(kind)) or {}

    @drops_secrets
    def aws_credentials(self, identity_pool_id: str | None = None) -> AwsCredentials:
        """Return AWS credentials of an identity pool (GetId, GetCredentialsForIdentity), cached if possible.

        Args:
            identity_pool_id: The identity pool; by default that of the session or its profile.

        Raises:
            ConfigurationError: No identity pool is known.
            AuthError: Cognito or the identity pool rejected a call, or didn't reply.
        """
        from contextlib import suppress

        from tui_auth.session.aws import cached_credentials, get_credentials
        from tui_auth.session.finder import find_identity_pool

        sessions, stored = self.locate()
        pool = find_identity_pool(
            {**self._flags, "identity_pool_id": identity_pool_id}, sessions, stored.record
        )
        with suppress(StorageError):  # without the cached credentials, new ones are fetched
            if cached := cached_credentials(stored.store, stored.record, pool):
                return cached
        record = self.fresh(("id",))
        return get_credentials(stored.store, record, pool)[0]

    @drops_secrets
    def account(self, *, trace: CallTrace | None = None) -> Account:
        """Return the user's account: attributes, password, second factors, devices, sessions, passkeys.

        Args:
            trace: Where to record calls, by name only.
        """
        from tui_auth.session.account_access import open_account

        record = self.locate()[1].record
        connect = self._unsaved.gateway if self._unsaved else None
        # Looked up by then, because it may be stored meanwhile.
        return open_account(record, self, lambda: self._sessions or self.locate()[0], connect, trace=trace)

    # -- beginning and end -----------------------------------------------------------------------------

    @drops_secrets
    def save(
        self, storage: Literal["file", "session", "keyring"] = "file", profile: str | None = None
    ) -> None:
        """Store a session of this process, and make it the current one of the command line.

        Args:
            storage: "file"; "session", until the user logs out of this machine; or "keyring".
            profile: The profile it belongs to; by default that of ``Auth.from_profile``.

        Raises:
            StorageError: It couldn't be stored, and is still in memory.
            ConfigurationError: The storage doesn't exist, or the stored session couldn't be refreshed.
            InvalidStateError: It is stored already.
        """
        from tui_auth.errors import ErrorKind, InvalidStateError
        from tui_auth.session.sessions import Sessions
        from tui_auth.storage.stores import StorageKind

        unsaved = self._unsaved
        if unsaved is None:
            raise InvalidStateError(ErrorKind.INVALID_STATE, "This session is already stored.")
        if storage not in ("file", "session", "keyring"):
            raise ConfigurationError("storage must be file, session or keyring.")

        def use_stored(record: SessionRecord) -> None:
            self._pin(record, storage)
            self._flags = record.selectors
            self._unsaved = None

        unsaved.save_to(Sessions(self._variables), StorageKind(storage), profile, use_stored)

    @drops_secrets
    def sign_out(self, *, everywhere: bool = False) -> None:
        """Revoke the session (RevokeToken) and forget it here, whatever Cognito replies.

        Args:
            everywhere: Whether to end all sessions of this user (GlobalSignOut).

        Raises:
            AuthError: Cognito didn't end it; it is forgotten here all the same.
            StorageError: Something of it is still stored.
        """
        from tui_auth.session.sign_out import RevocationOutcome, sign_out

        sessions, stored = self.locate()
        result = sign_out(sessions, stored, everywhere=everywhere, **self._connection)
        if problem := result.error or result.storage_error:
            raise problem
        if result.outcome is RevocationOutcome.OTHERS_NOT_REVOKED:
            raise NotSignedInError(
                "The session had already ended at Cognito, so it couldn't end the others.",
                stored.record.sign_in_settings,
            )

    # -- for the commands of tui-auth ------------------------------------------------------------------

    def locate(self) -> tuple[Sessions, StoredSession]:
        """Return the session as it is stored now, and the sessions it is one of."""
        unsaved = self._unsaved  # another thread may store it now
        if unsaved is not None:
            return unsaved, unsaved.current()
        from tui_auth.session.finder import find_session
        from tui_auth.session.sessions import Sessions

        sessions = self._sessions or Sessions(self._variables)
        if self._reference:
            stored = sessions.find_by_name(self._reference.partition("/")[2])
            if stored is None:
                raise NotSignedInError("Not signed in: the session has ended.", self._owner)
        else:
            found = find_session(self._flags, sessions, in_python=self._in_python)
            stored = found.stored
            if self._report:
                for note in found.notes:
                    self._report(note)
        self._pin(stored.record, str(stored.store.kind))
        return sessions, stored

    def find_pool_settings(self) -> ResolvedPool | None:
        """Return what is configured about the session's pool; None if nothing is."""
        from tui_auth.session.finder import find_pool_settings

        if (unsaved := self._unsaved) and unsaved.pool:
            return unsaved.pool
        sessions, stored = self.locate()
        return find_pool_settings(self._flags, sessions, stored.record)

    def fresh(
        self,
        kinds: Sequence[str],
        *,
        min_ttl: float | None = None,
        force: bool = False,
        rejected: str | None = None,
    ) -> SessionRecord:
        """Return the session with valid tokens of these kinds, refreshed if necessary, forced or rejected."""
        unsaved = self._unsaved
        try:
            return self._ensure_fresh(kinds, min_ttl, force=force, rejected=rejected)
        except NotSignedInError:
            if unsaved is self._unsaved:
                raise
            return self._ensure_fresh(kinds, min_ttl, force=force, rejected=rejected)  # stored meanwhile

    def _ensure_fresh(
        self, kinds: Sequence[str], min_ttl: float | None, *, force: bool, rejected: str | None
    ) -> SessionRecord:
        from tui_auth.session.refresh import ensure_fresh, is_valid_for

        began = since_boot()
        sessions, stored = self.locate()
        # A refresh brings both kinds, so ask for the one that has expired.
        kind = next((kind for kind in kinds if not is_valid_for(stored.record, kind, min_ttl)), kinds[0])
        force = force or (rejected is not None and stored.record.token(kind).reveal() == rejected)
        result = ensure_fresh(
            sessions, stored, kind=kind, min_ttl=min_ttl, force=force, began=began, **self._connection
        )
        if result.note and self._report:
            self._report(result.note)
        return result.record

    # -- internals -------------------------------------------------------------------------------------

    @property
    def _variables(self) -> Mapping[str, str]:
        return os.environ if self._environ is None else self._environ

    @property
    def _connection(self) -> dict[str, Any]:
        """What refreshing and ending a session in memory takes."""
        unsaved = self._unsaved
        return {"gateway": unsaved.gateway, "app_client": unsaved.app_client} if unsaved else {}

    def _stored_token(self, kind: str, min_ttl: float | None) -> str | None:
        """Return a valid token by the fast path, or None if that can't decide."""
        _check_kind(kind)
        if self._unsaved is not None:
            return None
        environ = self._variables
        try:
            reference = self._reference or find_reference(_as_flags(self._flags), environ)
            token, members = read_valid_token(reference, kind, min_ttl, environ)
            owner = {name: members[name] for name in ("username", "user_pool_id")}
        except (StorageError, OSError, ValueError, KeyError):
            return None
        self._reference, self._owner = reference, owner
        return token

    def _pin(self, record: SessionRecord, storage: str) -> None:
        """Stay with this session: another user may sign in meanwhile."""
        self._reference = f"{storage}/{record.key.file_name}"
        self._owner = {"username": record.username, "user_pool_id": record.origin.user_pool_id}


def _restore(
    flags: Mapping[str, str], environ: Mapping[str, str] | None, reference: str, owner: dict[str, str]
) -> Session:
    session = Session(flags, environ)
    session._reference, session._owner = reference, owner  # noqa: SLF001 - its own class
    return session


def _as_flags(flags: Mapping[str, str]) -> dict[str, str]:
    """Return flags as the command line spells them."""
    return {flag: flags[name] for flag in SELECTING_FLAGS if (name := flag[2:].replace("-", "_")) in flags}


def _check_kind(kind: str) -> None:
    if kind not in TOKEN_KINDS:
        raise ConfigurationError("The token kind must be “access” or “id”.")
