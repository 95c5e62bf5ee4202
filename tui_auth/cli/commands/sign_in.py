"""``tui-auth sign-in``: sign in in full screen, with line prompts, or with a password from a pipe."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tui_auth.cli.output import CommandFailedError, say, tell
from tui_auth.cli.parser import add_sign_in_arguments
from tui_auth.cli.sign_in_now import (
    choose_theme,
    is_noninteractive,
    line_prompts,
    own_terminal,
    prepare_full_screen,
    sign_in_now,
    wants_line_prompts,
)
from tui_auth.config.aws_settings import check_certificates, effective_endpoint
from tui_auth.config.files import NoPoolError, SourceKind
from tui_auth.config.resolver import (
    ResolvedPool,
    explicit_settings,
    resolve_pool,
    resolve_saved_profile,
)
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.interface import environment_badge_for
from tui_auth.storage.paths import SESSION_INDEX, state_folder
from tui_auth.terminal.environment import TerminalKind, find_terminal
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from tui_auth.session.record import SessionRecord


def add_arguments(parser: ArgumentParser) -> None:
    add_sign_in_arguments(parser)
    parser.add_argument(
        "--new-pool", action="store_true", help="choose a pool, test it and store it as a profile"
    )


def run(arguments: Namespace) -> int:
    """Sign in; 0 when signed in. The screen is the terminal's, one line stays on stderr."""
    with own_terminal(is_noninteractive=is_noninteractive(arguments)):
        return _run(arguments)


def _run(arguments: Namespace) -> int:
    try:
        choice = _resolve_pool(arguments)
    except NoPoolError as error:
        if error.has_profiles:
            raise
        choice = _ask_for_pool(arguments, error)
    for note in choice.notes:
        say(note)
    if choice.origins["user_pool_id"].kind is SourceKind.CURRENT_SESSION:
        say(
            _last_sign_in_notice(choice)
            + ("" if is_noninteractive(arguments) else " Choose another with --new-pool.")
        )
    existing, choice = _ask_about_session(choice, arguments)
    if existing:
        tell(f"Signed in as {safe_line(existing.display_name, limit=80)}.", by="")
        return ExitCode.OK
    if not choice.username:
        # Without a user name the session key is unknown, so two sign-ins don't wait for each other.
        # sign_in_when_needed waits even so, because a command accepts any new session.
        return sign_in_now(choice, arguments)[0]
    from tui_auth.cli.sign_in_turn import wait_for_turn
    from tui_auth.session.sessions import Sessions

    with wait_for_turn(choice, Sessions(), is_noninteractive=is_noninteractive(arguments)) as turn:
        if turn.other_session:
            say(f"The other sign-in has signed you in as {turn.other_session.display_name}.")
            return ExitCode.OK
        return sign_in_now(choice, arguments, on_saved=turn.end)[0]


def _resolve_pool(arguments: Namespace) -> ResolvedPool:
    if arguments.new_pool:
        raise NoPoolError("--new-pool needs a terminal. Without one, use `tui-auth profile add`.")
    return resolve_pool(vars(arguments), current_session=_read_current_session)


def _read_current_session() -> Mapping[str, str] | None:
    from tui_auth.session.sessions import Sessions

    return Sessions().offered_settings()


def _ask_about_session(
    choice: ResolvedPool, arguments: Namespace
) -> tuple[SessionRecord | None, ResolvedPool]:
    """Ask a user who is signed in already what to do, if there is a terminal to ask on.

    Returns:
        The session to continue, or None; and the pool with the user name to fill in.

    Raises:
        CommandFailedError: The user quit.
    """
    kind = find_terminal().kind
    # Without the index there is no session, and what reads sessions needn't be imported.
    has_index = os.path.exists(os.path.join(state_folder(), SESSION_INDEX))  # noqa: PTH110, PTH118 - never raises
    if kind is TerminalKind.NONE or is_noninteractive(arguments) or arguments.new_pool or not has_index:
        return None, choice
    from tui_auth.cli.session_access import CommandSession
    from tui_auth.flow.signed_in import SignedInAction, choice_for, find_existing_session
    from tui_auth.session import NotSignedInError
    from tui_auth.session.record import PoolKey
    from tui_auth.session.sessions import Sessions

    sessions, endpoint = Sessions(), effective_endpoint(choice.endpoint_url)
    pool = PoolKey(endpoint, choice.user_pool_id, choice.client_id)
    stored = find_existing_session(choice, pool, sessions)
    if stored is None:
        return None, choice
    if kind is TerminalKind.LINES or wants_line_prompts(arguments):
        from tui_auth.plain.first_run import ask_about_session

        with line_prompts() as lines:
            action = ask_about_session(lines, stored.record)
    else:
        prepare_full_screen("Signing in")
        from tui_auth.first_run_app import SignedInApp

        badge = environment_badge_for(endpoint)
        app = SignedInApp(stored.record, theme=choose_theme(), environment_badge=badge)
        status = app.run_in_terminal()
        if app.return_value is None:
            raise CommandFailedError(status)
        action = app.return_value
    if action is not SignedInAction.CONTINUE:
        return None, choice_for(action, choice, stored.record)
    try:
        session = CommandSession(stored.record.selectors, sessions=sessions, report=say)
        return session.fresh(("access",)), choice
    except NotSignedInError as error:  # Cognito has ended it meanwhile
        say(str(error))
        return None, choice_for(SignedInAction.SIGN_IN_AGAIN, choice, stored.record)


def _last_sign_in_notice(choice: ResolvedPool) -> str:
    origin = choice.origins.get("username")
    if origin is not None and origin.kind is SourceKind.CURRENT_SESSION:
        user = f"{choice.username} in {choice.user_pool_id}"
        return f"Using the pool and user of the last sign-in: {user}."
    return f"Using the pool of the last sign-in: {choice.user_pool_id}."


def _ask_for_pool(arguments: Namespace, error: NoPoolError) -> ResolvedPool:
    """Ask for a pool on the terminal, and show the error's notes.

    Raises:
        NoPoolError: The command is non-interactive.
        CommandFailedError: The user quit.
    """
    kind = find_terminal().kind
    if kind is TerminalKind.NONE or is_noninteractive(arguments):
        raise error
    for note in error.notes:
        say(note)
    named = explicit_settings(vars(arguments))
    check_certificates(named.get("endpoint_url"))
    badge = environment_badge_for(named.get("endpoint_url", ""))
    if kind is TerminalKind.LINES or wants_line_prompts(arguments):
        from tui_auth.flow.first_run_flow import FirstRunFlow
        from tui_auth.plain.first_run import PlainFirstRun

        with line_prompts() as lines:
            name = PlainFirstRun(lines, FirstRunFlow(named), environment_badge=badge).run()
    else:
        prepare_full_screen("Choosing a pool")
        from tui_auth.first_run_app import FirstRunApp

        notice = " ".join(error.notes)
        app = FirstRunApp(named, theme=choose_theme(), notice=notice, environment_badge=badge)
        status = app.run_in_terminal()
        if app.return_value is None:
            raise CommandFailedError(status)
        name = app.return_value
        tell(f"Stored as profile {name}.", by="")
    arguments.profile = name
    return resolve_saved_profile(name, vars(arguments))
