"""How a command comes to a session with a token that holds: found, refreshed, or begun on the terminal."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_auth.commands import sign_in, sign_in_now
from tui_auth.commands.exit_status import say
from tui_auth.config.aws_endpoint import endpoint_of
from tui_auth.config.errors import NoPoolNamed
from tui_auth.config.pool_choice import PoolChoice, add_pool_arguments, choose_pool
from tui_auth.config.sources import SourceKind
from tui_auth.session.clock import since_boot
from tui_auth.session.errors import SignInNeeded, StorageError
from tui_auth.session.quick import CURRENT, config_stamp, is_told_a_pool, way_of
from tui_auth.session.record import SessionRecord
from tui_auth.session.register import Entry
from tui_auth.session.sessions import Found, PoolKey, Sessions, is_asked_for, settings_in
from tui_auth.terminal.environment import TerminalKind, find_terminal

if TYPE_CHECKING:
    from tui_auth.session.refresh import Fresh

_POOL_FLAGS = ("user_pool_id", "client_id", "client_secret_file", "region", "endpoint_url", "username")


@dataclass(frozen=True)
class Asked:
    """Which session a command is about: the pool that was named, if one was, and the user if one was."""

    choice: PoolChoice | None
    pool: PoolKey | None
    username: str
    notes: tuple[str, ...] = ()
    """What is to be said where the current session is meant because nothing else was found."""


def add_session_arguments(parser: ArgumentParser) -> None:
    """The flags that choose a session, for a command that never signs in."""
    add_pool_arguments(parser)
    parser.add_argument("--username", metavar="NAME", help="which user's session")


def add_sign_in_arguments(parser: ArgumentParser) -> None:
    """The flags that choose a session, and how to sign in where none stands."""
    sign_in.add_sign_in_arguments(parser)
    parser.add_argument(
        "--login",
        choices=("auto", "never"),
        default="auto",
        help="whether to sign in on the terminal where no session stands; %(default)s unless given",
    )


def asked_for(arguments: Namespace, sessions: Sessions, environ: Mapping[str, str] = os.environ) -> Asked:
    """The pool and user that flags, environment, profile or folder name; nothing where none of them does.

    Raises ConfigurationError for what cannot be used.
    """
    named = (arguments.username or environ.get("TUI_AUTH_USERNAME", "")).strip()
    try:
        # The session knows its client secret's file itself, and one that is gone must not matter here.
        choice = choose_pool(
            arguments, environ, current_session=sessions.current_settings, reads_secret=False
        )
    except NoPoolNamed as nothing:
        if nothing.names_one:
            raise
        return Asked(None, None, named, nothing.notes)
    about_session = choice.origins["user_pool_id"].kind is SourceKind.CURRENT_SESSION
    if about_session and not any(_is_told(choice, name) for name in ("client_id", "endpoint_url")):
        return Asked(choice, None, named, choice.notes)
    pool = PoolKey(endpoint_of(choice.endpoint_url, environ), choice.user_pool_id, choice.client_id)
    return Asked(choice, pool, choice.username or "")


def _is_told(choice: PoolChoice, name: str) -> bool:
    """Whether a flag or a variable gave a setting, so that no session with another one is meant."""
    origin = choice.origins.get(name)
    return origin is not None and origin.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT)


def find_session(arguments: Namespace, sessions: Sessions) -> Found:
    """The session a command is about, as it is kept. Raises SignInNeeded where there is none."""
    stamp = config_stamp()  # before the profiles are read: they may be changed meanwhile
    asked = asked_for(arguments, sessions)
    found = sessions.find(asked.pool, asked.username, profile=arguments.profile or "")
    for note in asked.notes:
        say(note)
    if found.note:
        say(found.note)
    elif asked.notes:
        say(f"Using the session of {found.record.display_name} in {found.record.origin.user_pool_id}.")
    _remember_way(arguments, sessions, asked, found, stamp)
    return found


def session_with_token(
    arguments: Namespace,
    sessions: Sessions,
    *,
    kinds: Sequence[str],
    min_ttl: float | None = None,
    force: bool = False,
    may_sign_in: bool = True,
    found: Found | None = None,
) -> SessionRecord:
    """A session whose tokens of these kinds hold for ``min_ttl`` seconds (None: long enough).

    ``found`` is the session where ``find_session`` has been asked for it already. Where none stands, and it
    may, the sign-in opens on the terminal. Raises SignInNeeded where it cannot, AuthError, ConfigurationError
    or StorageError for what else stands in the way, and Ended where the person left the sign-in.
    """
    from tui_auth.session.refresh import fresh, holds

    began = since_boot()
    try:
        found = found or find_session(arguments, sessions)
        # A refresh brings both kinds, so the one that has run out is asked for.
        kind = next((each for each in kinds if not holds(found.record, each, min_ttl)), kinds[0])
        result = fresh(sessions, found, kind=kind, min_ttl=min_ttl, force=force, began=began)
    except SignInNeeded as needed:
        if not may_sign_in or not (
            sign_in_now.asks_nobody(arguments) or find_terminal().kind is not TerminalKind.NONE
        ):
            raise
        from tui_auth.commands.sign_in_when_needed import sign_in_when_needed

        return sign_in_when_needed(arguments, sessions, needed)
    say_what_could_not_be_kept(result)
    if min_ttl is not None and not holds(result.record, kind, min_ttl):
        from tui_auth.flow.messages import spoken

        say(f"this pool's tokens hold for {spoken(max(0.0, result.record.seconds_left(kind)))}, no longer.")
    return result.record


def say_what_could_not_be_kept(result: Fresh) -> None:
    """A line where tokens were renewed and are nowhere but here."""
    if result.problem:
        say(f"The session was renewed, but could not be kept. {result.problem}")


def pool_to_sign_in_to(
    arguments: Namespace, sessions: Sessions, ended: SessionRecord | None = None
) -> PoolChoice:
    """The pool to sign in to: the one that is named, else that of the session that ended or the last one.

    Raises NoPoolNamed where there was none.
    """

    def offered() -> Mapping[str, str] | None:
        if ended is None:
            return sessions.offered_settings()
        return settings_in(ended.origin) | {"username": ended.display_name}

    return choose_pool(arguments, current_session=offered)


def _remember_way(arguments: Namespace, sessions: Sessions, asked: Asked, found: Found, stamp: str) -> None:
    """Let the next ``tui-auth token`` with the same words take the short way."""
    if any(getattr(arguments, name, None) for name in _POOL_FLAGS) or found.note or is_told_a_pool():
        return
    origin = asked.choice.origins["user_pool_id"] if asked.choice else None
    reference = CURRENT
    if origin is not None and origin.kind is SourceKind.PROFILE:
        reference = Entry.of(found.record, found.store.kind).reference
    elif asked.pool is not None:
        return

    def still_leads(entries: list[Entry]) -> bool:
        newest = next((entry for entry in entries if is_asked_for(entry, asked.pool, asked.username)), None)
        return reference == CURRENT or (newest is not None and newest.reference == reference)

    profile = arguments.profile or os.environ.get("TUI_AUTH_PROFILE", "").strip()
    try:
        sessions.register.remember_quick_way(profile, way_of(reference, stamp), still_leads)
    except StorageError:
        return  # the long way works as well
