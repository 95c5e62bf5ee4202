"""``tui-auth sign-out``: revoke the session at Cognito and forget it here, whatever Cognito replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.output import say, status_for, tell
from tui_auth.cli.parser import add_session_arguments
from tui_auth.cli.session_access import find_session
from tui_auth.exit_codes import ExitCode
from tui_auth.session import NotSignedInError
from tui_auth.session.sessions import Sessions

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable

    from tui_auth.session.record import SessionRecord
    from tui_auth.session.sign_out import RevocationOutcome


def add_arguments(parser: ArgumentParser) -> None:
    add_session_arguments(parser)
    parser.add_argument("--everywhere", action="store_true", help="end this user's sessions on all devices")


def run(arguments: Namespace) -> int:
    """Sign out. Return 0 if no session is left at Cognito and here, else the exit code of the failure."""
    from tui_auth.session.sign_out import RevocationOutcome, sign_out
    from tui_auth.terminal.signals import exit_on_signals

    sessions = Sessions()
    try:
        stored = find_session(arguments, sessions)
    except NotSignedInError:
        if arguments.everywhere:  # sessions on other machines go on, and only a session here could end them
            raise
        others = "" if not sessions.entries() else " `tui-auth status` lists your other sessions."
        say(f"You are already signed out.{others}")
        return ExitCode.OK
    with exit_on_signals():
        result = sign_out(sessions, stored, everywhere=arguments.everywhere)
    status, at_cognito = _revocation_text(result.outcome, result.error)
    name = stored.record.display_name
    if result.storage_error is not None:
        status = status or ExitCode.STORAGE
        say(f"{at_cognito} The session of {name} couldn't be removed here. {result.storage_error}")
    elif result.outcome is RevocationOutcome.REVOKED:
        where = " on all devices" if arguments.everywhere else ""
        say(f"Signed out {name}{where}. Tokens that were printed stay valid until they expire.")
    else:
        say(f"Removed the session of {name} from this computer. {at_cognito}")
    if addresses := _logout_addresses(result.records):
        say("Your browser may still be signed in. To sign out there too, open:")
        for address in addresses:
            tell(address, by="")
    return status


def _logout_addresses(records: Iterable[SessionRecord]) -> list[str]:
    """Return the addresses that end the browser's own sessions, one for each domain."""
    by_domain = {record.origin.domain: record.origin for record in records if record.origin.domain}
    if not by_domain:
        return []
    from tui_auth.auth.managed_login import ManagedLogin

    return [
        ManagedLogin(domain, origin.redirect_uri, logout_uri=origin.logout_uri).logout_url(origin.client_id)
        for domain, origin in by_domain.items()
    ]


def _revocation_text(outcome: RevocationOutcome, error: BaseException | None) -> tuple[int, str]:
    """Return the exit code, and the sentence about the session's end at Cognito."""
    from tui_auth.errors import AuthError

    if isinstance(error, KeyboardInterrupt | SystemExit):
        code = error.code if isinstance(error, SystemExit) else None
        status = code if isinstance(code, int) else ExitCode.INTERRUPTED
        return status, "You stopped the request to Cognito, so the session may still be valid there."
    if not isinstance(error, Exception):
        return _TEXTS.get(outcome.name, (ExitCode.OK, "The session has ended at Cognito."))
    cure = "To end it there, sign in again and run `tui-auth sign-out --everywhere`."
    status = status_for(error)
    if isinstance(error, AuthError) and error.may_have_arrived:
        event, *_ = error.message.split(". ")
        return status, f"{event.rstrip('.')}, so the session may still be valid there. {cure}"
    reason = error.message if isinstance(error, AuthError) else str(error)
    if status == ExitCode.INTERNAL_ERROR:  # its text may hold a value
        reason = f"({type(error).__name__})"
    return status, f"Cognito didn't end it: {reason} {cure}"


_TEXTS = {
    "ALREADY_ENDED": (ExitCode.OK, "It had already ended at Cognito."),
    "NOTHING_TO_REVOKE": (
        ExitCode.OK,
        "It had no refresh token to revoke; its other tokens stay valid until they expire.",
    ),
    "OTHERS_NOT_REVOKED": (
        ExitCode.REJECTED,
        "It had already ended at Cognito, so it couldn't end your sessions on other devices. To end "
        "them, sign in and run `tui-auth sign-out --everywhere`.",
    ),
}
"""The exit code and the sentence for an outcome of ``RevocationOutcome`` without an error."""
