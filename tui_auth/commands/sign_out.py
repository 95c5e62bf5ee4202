"""``tui-auth sign-out``: revoke the session at Cognito, and forget it here whatever Cognito says."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from tui_auth.commands.exit_status import say, status_for, with_status, words_for
from tui_auth.commands.session_access import add_session_arguments, find_session
from tui_auth.session.sessions import Sessions


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_session_arguments(parser)
    parser.add_argument(
        "--everywhere", action="store_true", help="end all sessions of this user, on other machines too"
    )


def run(arguments: Namespace) -> int:
    """Sign out; 0 when Cognito ended the session, its reason's status when it is only forgotten here."""
    return with_status(lambda: _run(arguments))


def _run(arguments: Namespace) -> int:
    from tui_auth.session.sign_out import AtCognito, sign_out

    sessions = Sessions()
    found = find_session(arguments, sessions)
    ended = sign_out(sessions, found, everywhere=arguments.everywhere)
    name = found.record.display_name
    if ended.error is not None:
        say(
            f"{name}: the session is forgotten here, but Cognito did not end it. {words_for(ended.error)} "
            "Whoever has a copy of it can use it until it runs out."
        )
        return status_for(ended.error)
    where = " everywhere" if arguments.everywhere else ""
    if ended.at_cognito is AtCognito.WAS_OVER:
        say(f"{name}: the session had ended at Cognito before, and is forgotten here.")
    else:
        say(f"{name}: signed out{where}, at Cognito and here. Tokens handed out hold until they run out.")
    return 0
