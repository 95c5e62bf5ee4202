"""Find the session that a command means, from flags, environment, profile or folder. Never signs in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_auth.config.environment import effective_endpoint
from tui_auth.config.errors import NoPoolError
from tui_auth.config.resolver import ResolvedPool, resolve_pool
from tui_auth.config.sources import SourceKind
from tui_auth.session.fast_path import CURRENT, build_route, config_stamp, specifies_pool
from tui_auth.session.index import SessionEntry
from tui_auth.session.record import PoolKey
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from tui_auth.session.sessions import Sessions, StoredSession

_POOL_FLAGS = ("user_pool_id", "client_id", "client_secret_file", "region", "endpoint_url", "username")


@dataclass(frozen=True)
class SessionQuery:
    """Which session a command means.

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


def resolve_query(
    arguments: Namespace, sessions: Sessions, environ: Mapping[str, str] = os.environ
) -> SessionQuery:
    """Return which pool and user flags, environment, profile or folder specify; the current session if none.

    Raises ConfigurationError for invalid settings.
    """
    username = (arguments.username or environ.get("TUI_AUTH_USERNAME", "")).strip()
    try:
        # The session knows the file of its client secret, and one that is gone must not matter here.
        choice = resolve_pool(
            arguments, environ, current_session=sessions.current_settings, reads_secret=False
        )
    except NoPoolError as error:
        if error.is_partial:
            raise
        return SessionQuery(None, None, username, error.notes)
    is_current = choice.origins["user_pool_id"].kind is SourceKind.CURRENT_SESSION
    if is_current and not any(_is_explicit(choice, name) for name in ("client_id", "endpoint_url")):
        return SessionQuery(choice, None, username, choice.notes)
    pool = PoolKey(effective_endpoint(choice.endpoint_url, environ), choice.user_pool_id, choice.client_id)
    return SessionQuery(choice, pool, choice.username or "")


def find_session(arguments: Namespace, sessions: Sessions, report: Callable[[str], None]) -> StoredSession:
    """Return the session that a command means, as it is stored.

    Args:
        arguments: the command's flags.
        sessions: the sessions there are.
        report: shows the user a sentence about the choice.

    Raises:
        NotSignedInError: there is none.
        ConfigurationError: a setting is invalid.
        StorageError: it can't be read.
    """
    stamp = config_stamp()  # before the profiles are read: they may change meanwhile
    query = resolve_query(arguments, sessions)
    stored = sessions.find(query.pool, query.username, profile=arguments.profile or "")
    for note in query.notes:
        report(note)
    if stored.note:
        report(stored.note)
    elif query.notes:
        report(f"Using the session of {stored.record.display_name} in {stored.record.origin.user_pool_id}.")
    _cache_route(arguments, sessions, query, stored, stamp)
    return stored


def choose_pool_to_sign_in(
    arguments: Namespace, sessions: Sessions, ended: Mapping[str, str] | None = None
) -> ResolvedPool:
    """Return the pool that is specified, else that of the session that has ended, else the last one.

    ``ended`` are the settings of the session that has ended. Raises NoPoolError if there is none.
    """
    return resolve_pool(arguments, current_session=lambda: ended or sessions.offered_settings())


def _is_explicit(choice: ResolvedPool, name: str) -> bool:
    """Check whether a flag or a variable specifies a setting, which rules out sessions with another one."""
    origin = choice.origins.get(name)
    return origin is not None and origin.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT)


def _cache_route(
    arguments: Namespace, sessions: Sessions, query: SessionQuery, stored: StoredSession, stamp: str
) -> None:
    """Let the next ``tui-auth token`` with the same arguments take the fast path."""
    if any(getattr(arguments, name, None) for name in _POOL_FLAGS) or stored.note or specifies_pool():
        return
    origin = query.choice.origins["user_pool_id"] if query.choice else None
    reference = CURRENT
    if origin is not None and origin.kind is SourceKind.PROFILE:
        reference = SessionEntry.from_record(stored.record, stored.store.kind).reference
    elif query.pool is not None:
        return

    def is_valid(entries: list[SessionEntry]) -> bool:
        newest = next((entry for entry in entries if entry.matches(query.pool, query.username)), None)
        return reference == CURRENT or (newest is not None and newest.reference == reference)

    profile = arguments.profile or os.environ.get("TUI_AUTH_PROFILE", "").strip()
    try:
        sessions.cache_route(profile, build_route(reference, stamp), is_valid)
    except StorageError:
        return  # the slow path works as well
