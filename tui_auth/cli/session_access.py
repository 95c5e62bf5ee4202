"""Find the session that a command means, and give it a valid token: stored, refreshed, or from a sign-in.

What a sign-in needs is imported when one opens: it takes longer to import than the rest of a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.output import CommandFailedError, say
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.session.state import SELECTING_FLAGS
from tui_auth.session_api import Session
from tui_auth.terminal.environment import TerminalKind, find_terminal

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from tui_auth.session.record import SessionRecord
    from tui_auth.session.sessions import Sessions, StoredSession


class CommandSession(Session):
    """The session of a command: its errors name flags."""

    __slots__ = ()
    _in_python = False


def open_session(arguments: Namespace, sessions: Sessions) -> Session:
    """Return the session that a command means. It says which that is if that wasn't specified.

    ``sessions`` are the sessions there are, read once.
    """
    names = [flag.removeprefix("--").replace("-", "_") for flag in SELECTING_FLAGS]
    flags = {name: value for name in names if (value := getattr(arguments, name, None)) is not None}
    return CommandSession(flags, sessions.environ, sessions=sessions, report=say)


def find_session(arguments: Namespace, sessions: Sessions) -> StoredSession:
    """Return the session that a command means, as it is stored, and say which if it wasn't specified.

    Raises NotSignedInError if there is none, ConfigurationError for an invalid setting, and StorageError.
    """
    return open_session(arguments, sessions).locate()[1]


def sign_in_when_needed(arguments: Namespace, sessions: Sessions, needed: NotSignedInError) -> SessionRecord:
    """Sign in to the specified pool, else that of the session that has ended, else the last one.

    Raises CommandFailedError if the sign-in failed, NoPoolError if there is no pool.
    """
    from tui_auth.cli.sign_in_now import is_noninteractive, sign_in_now
    from tui_auth.cli.sign_in_turn import wait_for_turn
    from tui_auth.config.resolver import resolve_pool

    choice = resolve_pool(
        vars(arguments), current_session=lambda: needed.sign_in_settings or sessions.offered_settings()
    )
    with wait_for_turn(choice, sessions, is_noninteractive=is_noninteractive(arguments)) as turn:
        if turn.other_session:
            return turn.other_session
        for note in choice.notes:
            say(note)
        status, record = sign_in_now(choice, arguments, on_saved=turn.end, leaves_when_done=True)
    if record is None:
        raise CommandFailedError(status or ExitCode.CANCELED)
    return record


def session_with_token(
    arguments: Namespace,
    sessions: Sessions,
    *,
    kinds: Sequence[str],
    min_ttl: float | None = None,
    force: bool = False,
    may_sign_in: bool = True,
    session: Session | None = None,
) -> SessionRecord:
    """Return a session with valid tokens of these kinds, from a sign-in on the terminal if necessary.

    Args:
        arguments: The command's flags.
        sessions: The stored sessions.
        kinds: ``access``, ``id`` or both.
        min_ttl: How many seconds the tokens must be valid; None for long enough.
        force: Whether to refresh valid tokens too.
        may_sign_in: Whether a sign-in may open on the terminal.
        session: The session, if ``open_session`` has already returned it.

    Raises:
        NotSignedInError: There is no session, and no sign-in may or can open.
        AuthError: Cognito rejected the refresh, or didn't reply.
        ConfigurationError: A setting is invalid.
        StorageError: The session can't be read, or a new one stored.
        CommandFailedError: The user left the sign-in.
    """
    from tui_auth.session.refresh import is_valid_for

    session = session or open_session(arguments, sessions)
    try:
        record = session.fresh(kinds, min_ttl=min_ttl, force=force)
    except NotSignedInError as error:
        if not may_sign_in or not _can_sign_in(arguments):
            raise
        record = sign_in_when_needed(arguments, sessions, error)
        sessions.reload()  # the sign-in has stored another one
        return record
    for kind in kinds if min_ttl is not None else ():
        if not is_valid_for(record, kind, min_ttl):
            from tui_auth.flow.errors import format_duration

            left = format_duration(max(0.0, record.seconds_left(kind)))
            say(f"The tokens of this pool are valid for only {left}.")
    return record


def _can_sign_in(arguments: Namespace) -> bool:
    from tui_auth.cli.sign_in_now import is_noninteractive

    return is_noninteractive(arguments) or find_terminal().kind is not TerminalKind.NONE
