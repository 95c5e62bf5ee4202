"""``tui-auth sign-out``: revoke the session at Cognito and forget it here, whatever Cognito replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.output import say, status_for
from tui_auth.cli.parser import add_session_arguments
from tui_auth.cli.session_access import find_session
from tui_auth.exit_codes import ExitCode
from tui_auth.session.sessions import Sessions

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tui_auth.session.sign_out import RevocationOutcome


def add_arguments(parser: ArgumentParser) -> None:
    add_session_arguments(parser)
    parser.add_argument(
        "--everywhere", action="store_true", help="end this user's sessions on other machines too"
    )


def run(arguments: Namespace) -> int:
    """Sign out. Return 0 if no session is left at Cognito and here, else the exit code of the failure."""
    from tui_auth.session.sign_out import RevocationOutcome, sign_out
    from tui_auth.terminal.signals import exit_on_signals

    sessions = Sessions()
    stored = find_session(arguments, sessions)
    with exit_on_signals():
        result = sign_out(sessions, stored, everywhere=arguments.everywhere)
    status, at_cognito = _revocation_text(result.outcome, result.error)
    if result.storage_error is not None:
        status = status or ExitCode.STORAGE
        sentence = f"{at_cognito} It couldn't be forgotten here completely. {result.storage_error}"
    elif result.outcome is RevocationOutcome.REVOKED:
        where = " everywhere" if arguments.everywhere else ""
        sentence = f"signed out{where}, at Cognito and here. Printed tokens stay valid until they expire."
    else:
        sentence = f"the session is forgotten here. {at_cognito}"
    say(f"{stored.record.display_name}: {sentence}")
    return status


def _revocation_text(outcome: RevocationOutcome, error: BaseException | None) -> tuple[int, str]:
    """Return the exit code, and the sentence about the session's end at Cognito."""
    from tui_auth.errors import AuthError

    if isinstance(error, KeyboardInterrupt | SystemExit):
        code = error.code if isinstance(error, SystemExit) else None
        status = code if isinstance(code, int) else ExitCode.INTERRUPTED
        return status, "The wait was stopped before Cognito replied, so the session may go on there."
    if not isinstance(error, Exception):
        return _TEXTS.get(outcome.name, (ExitCode.OK, "The session has ended at Cognito."))
    copies = "To end it there, sign in again and run tui-auth sign-out --everywhere."
    status = status_for(error)
    if isinstance(error, AuthError) and error.may_have_arrived:
        return status, f"No answer came from Cognito, so the session may have ended there or not. {copies}"
    reason = error.message if isinstance(error, AuthError) else str(error)
    if status == ExitCode.INTERNAL_ERROR:  # its text may hold a value
        reason = f"({type(error).__name__})"
    return status, f"Cognito did not end it: {reason} {copies}"


_TEXTS = {
    "ALREADY_ENDED": (ExitCode.OK, "It had already ended at Cognito."),
    "NOTHING_TO_REVOKE": (
        ExitCode.OK,
        "There was no refresh token to revoke; its tokens stay valid until they expire.",
    ),
    "OTHERS_NOT_REVOKED": (
        ExitCode.REJECTED,
        "It had already ended at Cognito, so it couldn't end others: sessions on other machines were "
        "not ended. Sign in, then run tui-auth sign-out --everywhere.",
    ),
}
"""The exit code and the sentence for an outcome of ``RevocationOutcome`` without an error."""
