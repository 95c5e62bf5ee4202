"""``tui-auth sign-out``: revoke the session at Cognito, and forget it here whatever Cognito says."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from tui_auth.cli.exit_status import (
    INTERRUPTED,
    OK,
    REFUSED,
    STORAGE,
    UNEXPECTED,
    say,
    status_for,
    with_status,
)
from tui_auth.cli.session_access import add_session_arguments, find_session
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
    if ended.not_forgotten is not None:
        status = status or STORAGE
        sentence = f"{at_cognito} Here it could not be forgotten altogether. {ended.not_forgotten}"
    elif ended.at_cognito is AtCognito.REVOKED:
        where = " everywhere" if arguments.everywhere else ""
        sentence = f"signed out{where}, at Cognito and here. Tokens handed out hold until they run out."
    else:
        sentence = f"the session is forgotten here. {at_cognito}"
    say(f"{found.record.display_name}: {sentence}")
    return status


def _at_cognito(end: AtCognito, error: BaseException | None) -> tuple[int, str]:
    """The exit status, and what is said of the session's end at Cognito."""
    from tui_auth.session.sign_out import AtCognito

    if isinstance(error, KeyboardInterrupt | SystemExit):
        status = error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else INTERRUPTED
        return status, "The waiting was stopped before Cognito answered, so it may go on there."
    if isinstance(error, Exception):
        return status_for(error), _not_ended(error)
    match end:
        case AtCognito.WAS_OVER:
            return OK, "It had ended at Cognito before."
        case AtCognito.NOTHING_TO_REVOKE:
            return OK, "There was no refresh token left to revoke; its tokens hold until they run out."
        case AtCognito.OTHERS_NOT_REVOKED:
            sentence = (
                "It had ended at Cognito before, so it could end no other: sessions on other machines were "
                "not ended. Sign in, then run tui-auth sign-out --everywhere."
            )
            return REFUSED, sentence
        case _:
            return OK, "The session is ended at Cognito."


def _not_ended(error: Exception) -> str:
    from tui_auth.auth.errors import AuthError

    copies = "To end it there, sign in again and run tui-auth sign-out --everywhere."
    if isinstance(error, AuthError) and error.may_have_arrived:
        return f"No answer came from Cognito, so there it may have ended or not. {copies}"
    # Whatever an error of our own says may hold a value.
    reason = error.message if isinstance(error, AuthError) else str(error)
    if status_for(error) == UNEXPECTED:
        reason = f"({type(error).__name__})"
    return f"Cognito did not end it: {reason} {copies}"
