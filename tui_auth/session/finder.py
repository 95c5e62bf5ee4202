"""Find the session that is meant: by flags or their equals in Python, variables, a profile, or the folder.

The one finder of the command line and of ``tui_auth.open_session``. It prints nothing: what a user should
know is in ``FoundSession.notes``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.config.files import ConfigurationError, NoPoolError, SourceKind, with_argument_names
from tui_auth.config.resolver import ResolvedPool, explicit_settings, resolve_pool
from tui_auth.config.settings import unknown_variable_warnings
from tui_auth.session import NotSignedInError
from tui_auth.session.index import SessionEntry, SessionIndex, matching_entries
from tui_auth.session.record import PoolKey, SessionRecord
from tui_auth.session.state import CURRENT, SELECTING_FLAGS, selection
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.config.resolver import Flags
    from tui_auth.session.sessions import Sessions, StoredSession


@dataclass(frozen=True)
class SessionQuery:
    """Which session is meant.

    Attributes:
        choice: the pool with its settings; None if none is specified.
        pool: the pool the session must be of; None for the current session.
        username: the user; empty for any.
        notes: what to say if the current session is used because nothing else was specified.
    """

    choice: ResolvedPool | None
    pool: PoolKey | None
    username: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundSession:
    """A stored session, and sentences that say which it is if it wasn't specified."""

    stored: StoredSession
    notes: tuple[str, ...] = ()


def resolve_query(flags: Flags, sessions: Sessions) -> SessionQuery:
    """Return which pool and user flags, environment, profile or folder specify; the current session if none.

    Raises ConfigurationError for invalid settings.
    """
    environ = sessions.environ
    username = (flags.get("username") or environ.get("TUI_AUTH_USERNAME", "")).strip()
    try:
        # The session knows the file of its client secret, and one that is gone must not matter here.
        choice = resolve_pool(flags, environ, current_session=sessions.current_settings, reads_secret=False)
    except NoPoolError as error:
        if error.is_partial:
            raise
        return SessionQuery(None, None, username, error.notes)
    is_current = choice.origins["user_pool_id"].kind is SourceKind.CURRENT_SESSION
    if is_current and not any(_is_explicit(choice, name) for name in ("client_id", "endpoint_url")):
        return SessionQuery(choice, None, username, choice.notes)
    pool = PoolKey(effective_endpoint(choice.endpoint_url, environ), choice.user_pool_id, choice.client_id)
    return SessionQuery(choice, pool, choice.username or "")


def find_session(flags: Flags, sessions: Sessions, *, in_python: bool = False) -> FoundSession:
    """Return the session that is meant, as it is stored. Errors name arguments and not flags in Python.

    Raises NotSignedInError if there is none, ConfigurationError for an invalid setting, and StorageError.
    """
    key = selection_of(flags, sessions.environ)  # before the profiles are read: they may change meanwhile
    try:
        query = resolve_query(flags, sessions)
    except ConfigurationError as error:
        raise with_argument_names(error) if in_python else error from None
    try:
        stored = sessions.find(query.pool, query.username, profile=flags.get("profile") or "")
    except NotSignedInError as error:
        raise _with_variables(error, query, flags, sessions.environ) from None
    notes = list(query.notes)
    if stored.note:
        notes.append(stored.note)
    elif query.notes:
        pool = stored.record.origin.user_pool_id
        notes.append(f"Using the session of {stored.record.display_name} in {pool}.")
    if not query.notes:
        _cache_route(key, sessions, query, stored)
    return FoundSession(stored, tuple(notes))


def find_pool_settings(flags: Flags, sessions: Sessions, record: SessionRecord) -> ResolvedPool | None:
    """Return what a profile, a file or flags specify about a session's pool; None if nothing is specified.

    If the flags name no profile, it is that of the sign-in.
    """
    profile = flags.get("profile") or record.origin.profile or None
    for candidate in ({**flags, "profile": profile}, flags):
        with suppress(ConfigurationError):
            pool = resolve_pool(
                candidate,
                sessions.environ,
                current_session=lambda: record.sign_in_settings,
                reads_secret=False,
            )
            if pool.user_pool_id == record.origin.user_pool_id:
                return replace(pool, endpoint_url=record.origin.endpoint or pool.endpoint_url)
    return None


def find_identity_pool(flags: Flags, sessions: Sessions, record: SessionRecord) -> str:
    """Return the identity pool that flags, environment or profile give for a session's pool, or its own.

    Raises ConfigurationError if there is none.
    """
    choice = resolve_query(flags, sessions).choice
    is_same_pool = choice is not None and choice.user_pool_id == record.origin.user_pool_id
    pool = flags.get("identity_pool_id") or (choice.identity_pool_id if choice and is_same_pool else None)
    if choice is None:  # nothing specifies a user pool, so the variable is for whatever session there is
        pool = explicit_settings(flags, sessions.environ).get("identity_pool_id")
    pool = pool or record.origin.identity_pool_id
    if not pool:
        raise ConfigurationError(
            "No identity pool is specified. Use --identity-pool-id, or identity_pool_id in a profile or "
            "in Python."
        )
    return str(pool)


def _with_variables(
    error: NotSignedInError, query: SessionQuery, flags: Flags, environ: Mapping[str, str]
) -> NotSignedInError:
    """Name the variables that chose the pool and the user, because the user may have forgotten them."""
    origins = query.choice.origins if query.choice and query.pool else {}
    names = ("user_pool_id", "client_id", "endpoint_url", "username")
    variables = [
        str(origins[name])
        for name in names
        if name in origins and origins[name].kind is SourceKind.ENVIRONMENT
    ]
    pool = origins.get("user_pool_id")
    is_of_profile = pool is not None and pool.kind is SourceKind.PROFILE
    if is_of_profile and not flags.get("profile") and "TUI_AUTH_PROFILE" in environ:
        variables.append("TUI_AUTH_PROFILE")
    if not variables:
        return error
    text = (
        f"Not signed in to the pool of {' and '.join(variables)}. Run `tui-auth sign-in`, or unset "
        f"{'the variable' if len(variables) == 1 else 'the variables'} to use another session."
    )
    return NotSignedInError(text, error.sign_in_settings)


def _is_explicit(choice: ResolvedPool, name: str) -> bool:
    """Check whether a flag or a variable specifies a setting, which rules out sessions with another one."""
    origin = choice.origins.get(name)
    return origin is not None and origin.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT)


# -- routes for the fast path --------------------------------------------------------------------------


def selection_of(flags: Flags, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the key under which the fast path looks up the session of these flags; None if it has none."""
    selecting = {}
    for flag in SELECTING_FLAGS:
        value = flags.get(flag.removeprefix("--").replace("-", "_"))
        if value is not None:
            selecting[flag] = value
    # What leads nowhere may be the secret itself, which must not be stored with the key.
    secret = selecting.get("--client-secret-file") or environ.get("TUI_AUTH_CLIENT_SECRET_FILE", "")
    is_path = os.path.lexists(os.path.expanduser(secret))  # noqa: PTH111 - Path raises
    if (secret and not is_path) or any(unknown_variable_warnings(environ)):
        return None
    with suppress(OSError):
        return selection(selecting, environ)
    return None


def _cache_route(key: str | None, sessions: Sessions, query: SessionQuery, stored: StoredSession) -> None:
    """Let the next look-up with the same flags take the fast path."""
    reference = SessionEntry.from_record(stored.record, stored.store.kind).reference
    is_current = query.pool is None and not query.username

    def is_valid(index: SessionIndex) -> bool:
        matching = matching_entries(index.entries(), query.pool, query.username)
        return is_current or (bool(matching) and matching[0].reference == reference)

    # Where nothing is specified, the fast path needs no route to the current session.
    if key and (is_current or not stored.note):
        with suppress(StorageError):  # the slow path works as well
            sessions.cache_route(key, CURRENT if is_current else reference, is_valid)


def cache_identity_pool(
    key: str | None, sessions: Sessions, stored: StoredSession, identity_pool: str
) -> None:
    """Let the next ``aws-credentials`` with the same flags take the fast path."""
    reference = SessionEntry.from_record(stored.record, stored.store.kind).reference
    route = sessions.index.route(key) if key else CURRENT

    def is_valid(index: SessionIndex) -> bool:
        return index.route(key) == route if key else index.current == reference

    if key is not None and route and is_valid(sessions.index):
        with suppress(StorageError):
            sessions.cache_route(f"aws:{key}", f"{route} {identity_pool}", is_valid)
