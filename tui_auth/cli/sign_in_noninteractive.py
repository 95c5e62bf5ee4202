"""Sign in with a password from a pipe or a file, and save a session without a question."""

from __future__ import annotations

from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import AuthFactorType, Done
from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.output import say
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.settings import SignInSettings
from tui_auth.secret import Secret
from tui_auth.session.persistence import SIGNATURES_UNCHECKED, SessionPersistence
from tui_auth.session.sessions import SaveResult
from tui_auth.storage.stores import StorageKind
from tui_auth.terminal.environment import harden_process


def save_session(
    keeping: SessionPersistence, done: Done, signed_in_as: str, *, checked: bool | None = None
) -> SaveResult:
    """Save a session where it is configured, else in a file, and say on stderr what isn't as it should be.

    Args:
        keeping: Saves sessions.
        done: The end of the sign-in.
        signed_in_as: The name as it was typed.
        checked: Whether the signatures were checked; None if nothing has tried.

    Returns:
        What became of the session.

    Raises:
        AuthError: The pool didn't sign the tokens.
    """
    if checked is None:
        checked = keeping.check_signatures(done)
    if not checked:
        say(SIGNATURES_UNCHECKED)
    decided = keeping.storage
    kept = keeping.save(done, signed_in_as, decided or StorageKind.FILE, signature_checked=checked)
    if kept.problem:
        say_not_saved(kept.problem)
    elif decided is None:
        keeping.remember_storage(StorageKind.FILE)
        say("The session is kept in a file of yours; --storage chooses another place.")
    if kept.warning:
        say(kept.warning)
    return kept


def say_not_saved(why: str) -> None:
    """Say on stderr that a session isn't saved, and why."""
    say(f"This session is not kept. {why}")


def sign_in_with_password(
    auth: Auth, settings: SignInSettings, keeping: SessionPersistence, password: Secret
) -> Done:
    """Sign in with name and password alone.

    Raises:
        CommandFailedError: The pool asks for more, or there is no name.
    """
    harden_process()
    if not settings.username:
        say("--password-stdin and --password-file need --username.")
        raise CommandFailedError(ExitCode.USAGE)
    step = auth.attempt().sign_in(
        settings.username,
        password,
        auth_flow=settings.auth_flow,
        preferred_first_factor=settings.preferred_first_factor or AuthFactorType.PASSWORD_SRP,
        client_metadata=settings.client_metadata,
        device=keeping.device(settings.username),
    )
    if isinstance(step, Done):
        return step
    say(
        f"The pool asks for more than a password ({type(step).__name__}). Run tui-auth sign-in on a terminal."
    )
    raise CommandFailedError(ExitCode.UNSUPPORTED_STEP)
