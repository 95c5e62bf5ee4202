"""``tui-auth sign-out``: revoke the session at Cognito, and forget it here whatever Cognito says."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from typing import TYPE_CHECKING

from tui_auth.commands.exit_status import (
    INTERRUPTED,
    OK,
    REFUSED,
    STORAGE,
    UNEXPECTED,
    say,
    status_for,
    with_status,
    words_for,
)
from tui_auth.commands.session_access import add_session_arguments, find_session
from tui_auth.session.sessions import Sessions

if TYPE_CHECKING:
    from tui_auth.session.sign_out import AtCognito


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_session_arguments(parser)
    parser.add_argument(
        "--everywhere", action="store_true", help="end all sessions of this user, on other machines too"
    )


def run(arguments: Namespace) -> int:
    """Sign out; 0 where no session is left at Cognito and here, else the status of what is in the way."""
    return with_status(lambda: _run(arguments))


def _run(arguments: Namespace) -> int:
    from tui_auth.session.sign_out import AtCognito, sign_out
    from tui_auth.terminal.signals import exit_on_signals

    sessions = Sessions()
    found = find_session(arguments, sessions)
    with exit_on_signals():
        ended = sign_out(sessions, found, everywhere=arguments.everywhere)
    status, at_cognito = _at_cognito(ended.at_cognito, ended.error)
    here = "Here it is forgotten."
    if ended.not_forgotten is not None:
        status = status or STORAGE
        here = f"Here it could not be forgotten altogether. {ended.not_forgotten}"
    elif ended.at_cognito is AtCognito.REVOKED:
        where = " everywhere" if arguments.everywhere else ""
        at_cognito = f"signed out{where}, at Cognito and here."
        here = "Tokens handed out hold until they run out."
    say(f"{found.record.display_name}: {at_cognito} {here}")
    return status


def _at_cognito(end: AtCognito, error: BaseException | None) -> tuple[int, str]:
    """The exit status, and what is said of the session's end at Cognito."""
    from tui_auth.session.sign_out import AtCognito

    if isinstance(error, KeyboardInterrupt | SystemExit):
        status = error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else INTERRUPTED
        return status, "stopped before Cognito answered, so the session may go on there."
    if isinstance(error, Exception):
        # Whatever an error of our own says may hold a value.
        reason = words_for(error) if status_for(error) != UNEXPECTED else f"({type(error).__name__})"
        copies = "Whoever has a copy of it can use it until it runs out."
        return status_for(error), f"Cognito did not end the session. {reason} {copies}"
    match end:
        case AtCognito.WAS_OVER:
            return OK, "the session had ended at Cognito before."
        case AtCognito.OTHERS_NOT_REVOKED:
            sentence = (
                "the session kept here had ended at Cognito before, so it could end no other one: those on "
                "other machines go on. Sign in, then sign out everywhere."
            )
            return REFUSED, sentence
        case _:
            return OK, "the session is ended at Cognito."
