"""Find the session that a command means, and give it a valid token: stored, refreshed, or from a sign-in."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_auth.cli.output import CommandFailedError, say
from tui_auth.cli.sign_in_now import is_noninteractive, sign_in_now
from tui_auth.cli.sign_in_turn import wait_for_turn
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.config.files import NoPoolError
from tui_auth.config.resolver import ResolvedPool, SourceKind, resolve_pool
from tui_auth.config.settings import unknown_variable_warnings
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.session.index import SessionEntry, SessionIndex, matching_entries
from tui_auth.session.record import PoolKey, SessionRecord
from tui_auth.session.state import CURRENT, SELECTING_FLAGS, selection, since_boot
from tui_auth.storage.files import StorageError
from tui_auth.terminal.environment import TerminalKind, find_terminal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from tui_auth.session.refresh import RefreshResult
    from tui_auth.session.sessions import Sessions, StoredSession


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


def find_session(arguments: Namespace, sessions: Sessions) -> StoredSession:
    """Return the session that a command means, as it is stored, and say which if it wasn't specified.

    Raises NotSignedInError if there is none, ConfigurationError for an invalid setting, and StorageError.
    """
    key = selection_of(arguments)  # before the profiles are read: they may change meanwhile
    query = resolve_query(arguments, sessions)
    try:
        stored = sessions.find(query.pool, query.username, profile=arguments.profile or "")
    except NotSignedInError as error:
        raise _with_variables(error, query, arguments) from None
    for note in query.notes:
        say(note)
    if stored.note:
        say(stored.note)
    elif query.notes:
        say(f"Using the session of {stored.record.display_name} in {stored.record.origin.user_pool_id}.")
    if not query.notes:
        _cache_route(key, sessions, query, stored)
    return stored


def _with_variables(error: NotSignedInError, query: SessionQuery, arguments: Namespace) -> NotSignedInError:
    """Name the variables that chose the pool and the user, because the user may have forgotten them."""
    origins = query.choice.origins if query.choice and query.pool else {}
    names = ("user_pool_id", "client_id", "endpoint_url", "username")
    variables = [
        str(origins[name])
        for name in names
        if name in origins and origins[name].kind is SourceKind.ENVIRONMENT
    ]
    pool = origins.get("user_pool_id")
    if (
        pool
        and pool.kind is SourceKind.PROFILE
        and not arguments.profile
        and "TUI_AUTH_PROFILE" in os.environ
    ):
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


def selection_of(arguments: Namespace) -> str | None:
    """Return the key under which the fast path looks up the session of a command; None if it has none."""
    flags = {}
    for flag in SELECTING_FLAGS:
        value = getattr(arguments, flag.removeprefix("--").replace("-", "_"), None)
        if value is not None:
            flags[flag] = value
    # What leads nowhere may be the secret itself, which must not be stored with the key.
    secret = flags.get("--client-secret-file") or os.environ.get("TUI_AUTH_CLIENT_SECRET_FILE", "")
    is_path = os.path.lexists(os.path.expanduser(secret))  # noqa: PTH111 - Path raises
    if (secret and not is_path) or any(unknown_variable_warnings()):
        return None
    with suppress(OSError):
        return selection(flags)
    return None


def _cache_route(key: str | None, sessions: Sessions, query: SessionQuery, stored: StoredSession) -> None:
    """Let the next command with the same arguments take the fast path."""
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
    """Let the next ``aws-credentials`` with the same arguments take the fast path."""
    reference = SessionEntry.from_record(stored.record, stored.store.kind).reference
    route = sessions.index.route(key) if key else CURRENT

    def is_valid(index: SessionIndex) -> bool:
        return index.route(key) == route if key else index.current == reference

    if key is not None and route and is_valid(sessions.index):
        with suppress(StorageError):
            sessions.cache_route(f"aws:{key}", f"{route} {identity_pool}", is_valid)


def sign_in_when_needed(arguments: Namespace, sessions: Sessions, needed: NotSignedInError) -> SessionRecord:
    """Sign in to the specified pool, else that of the session that has ended, else the last one.

    Raises CommandFailedError if the sign-in failed, NoPoolError if there is no pool.
    """
    choice = resolve_pool(
        arguments, current_session=lambda: needed.sign_in_settings or sessions.offered_settings()
    )
    with wait_for_turn(choice, sessions, is_noninteractive=is_noninteractive(arguments)) as turn:
        if turn.other_session:
            return turn.other_session
        for note in choice.notes:
            say(note)
        status, record = sign_in_now(choice, arguments, on_saved=turn.end, leaves_when_done=True)
    if record is None:
        raise CommandFailedError(status or ExitCode.CANCELLED)
    return record


def session_with_token(
    arguments: Namespace,
    sessions: Sessions,
    *,
    kinds: Sequence[str],
    min_ttl: float | None = None,
    force: bool = False,
    may_sign_in: bool = True,
    stored: StoredSession | None = None,
) -> SessionRecord:
    """Return a session with valid tokens of these kinds, from a sign-in on the terminal if necessary.

    Args:
        arguments: The command's flags.
        sessions: The stored sessions.
        kinds: ``access``, ``id`` or both.
        min_ttl: How many seconds the tokens must be valid; None for long enough.
        force: Whether to refresh valid tokens too.
        may_sign_in: Whether a sign-in may open on the terminal.
        stored: The session, if ``find_session`` has already returned it.

    Raises:
        NotSignedInError: There is no session, and no sign-in may or can open.
        AuthError: Cognito rejected the refresh, or didn't reply.
        ConfigurationError: A setting is invalid.
        StorageError: The session can't be read, or a new one stored.
        CommandFailedError: The user left the sign-in.
    """
    from tui_auth.session.refresh import ensure_fresh, is_valid_for

    began = since_boot()
    try:
        stored = stored or find_session(arguments, sessions)
        # A refresh brings both kinds, so ask for the one that has expired.
        kind = next((kind for kind in kinds if not is_valid_for(stored.record, kind, min_ttl)), kinds[0])
        result = ensure_fresh(sessions, stored, kind=kind, min_ttl=min_ttl, force=force, began=began)
    except NotSignedInError as error:
        if not may_sign_in or not (
            is_noninteractive(arguments) or find_terminal().kind is not TerminalKind.NONE
        ):
            raise
        record = sign_in_when_needed(arguments, sessions, error)
        sessions.reload()  # the sign-in has stored another one
        return record
    report_unsaved(result)
    if min_ttl is not None and not is_valid_for(result.record, kind, min_ttl):
        from tui_auth.flow.errors import format_duration

        left = format_duration(max(0.0, result.record.seconds_left(kind)))
        say(f"The tokens of this pool are valid for only {left}.")
    return result.record


def report_unsaved(result: RefreshResult) -> None:
    """Print a line if refreshed tokens couldn't be stored."""
    if result.problem:
        say(f"The session was refreshed but couldn't be stored. {result.problem}")
