"""Sign in on the terminal or with a password, whichever the arguments and the terminal call for.

What comes after the first screen is imported when it is needed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

from tui_auth.auth.app_client import AuthFlow
from tui_auth.cli import full_screen
from tui_auth.cli.arguments import read_password, write_trace
from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.output import say, tell
from tui_auth.config.certificates import check_certificates
from tui_auth.config.environment import effective_endpoint
from tui_auth.config.settings import check_region
from tui_auth.config.sources import SourceKind
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.settings import ASSUMED_SESSION_SECONDS, SignInSettings, environment_badge_for
from tui_auth.terminal.environment import TerminalKind, fill_missing_streams, find_terminal, harden_process
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import Done
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.flow.session_saver import SessionSaver
    from tui_auth.secret import Secret
    from tui_auth.session.persistence import SessionPersistence
    from tui_auth.session.record import SessionRecord
    from tui_auth.session.sessions import SaveResult
    from tui_auth.terminal.tty_prompt import TtyPrompt


def save_session(
    keeping: SessionPersistence, done: Done, signed_in_as: str, *, checked: bool | None = None
) -> SaveResult:
    """Save a session where it is configured, else in a file, and say on stderr what isn't as it should be.

    ``signed_in_as`` is the name as typed. ``checked`` is whether the signatures were checked, None if nothing
    has tried. Raises AuthError if the pool didn't sign the tokens.
    """
    from tui_auth.session.persistence import SIGNATURES_UNCHECKED
    from tui_auth.storage.stores import StorageKind

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
    from tui_auth.auth.next_step import AuthFactorType, Done

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


_LONGEST_ORIGIN = 100
"""In characters: a line or two of the help."""


def sign_in_settings(choice: ResolvedPool, arguments: Namespace, *, leaves_when_done: bool) -> SignInSettings:
    """How to sign in, from the flags and what is known of the pool."""
    endpoint = effective_endpoint(choice.endpoint_url)
    return SignInSettings(
        pool=" ".join(part for part in (choice.profile, choice.user_pool_id) if part),
        pool_origin=_pool_origin(choice),
        environment_badge=environment_badge_for(endpoint),
        username=choice.username or "",
        username_label=choice.username_label,
        auth_flow=AuthFlow(choice.auth_flow or AuthFlow.USER_SRP_AUTH),
        preferred_first_factor=choice.preferred_first_factor,
        app_name=choice.app_name or choice.profile or "",
        client_metadata={**choice.client_metadata, **dict(arguments.client_metadata)},
        session_seconds=choice.session_minutes * 60 if choice.session_minutes else ASSUMED_SESSION_SECONDS,
        theme=full_screen.theme(os.environ.get("TUI_AUTH_THEME")),
        leaves_when_done=leaves_when_done,
        username_attributes=choice.username_attributes,
        required_attributes=choice.required_attributes,
        mfa_methods=choice.mfa_methods,
        password_policy=choice.password_policy,
    )


def _pool_origin(choice: ResolvedPool) -> str:
    """Which pool it is and what named it, if that is known; of a long path the end, with the file's name."""
    if "user_pool_id" not in choice.origins:
        return ""
    named_by = choice.origins["user_pool_id"]
    # The session may have ended by now; that it was the last holds in any case.
    origin = "the last sign-in" if named_by.kind is SourceKind.CURRENT_SESSION else str(named_by)
    end = origin if len(origin) <= _LONGEST_ORIGIN else "…" + origin[1 - _LONGEST_ORIGIN :]
    return safe_line(f"Pool: {choice.user_pool_id}, from {end}.", limit=200)


def sign_in_now(
    choice: ResolvedPool,
    arguments: Namespace,
    *,
    when_kept: Callable[[], None] = lambda: None,
    leaves_when_done: bool = False,
) -> tuple[int, SessionRecord | None]:
    """Sign in to a pool on the terminal and keep the session; the exit status.

    ``when_kept`` is called once the session is kept, or could not be. With ``leaves_when_done`` the screen
    closes itself at Done without asking where to keep it, and the session is in the result where the sign-in
    got there. Raises AuthError where pool, client or endpoint cannot be right, ConfigurationError where the
    region or the certificates cannot.
    """
    from tui_auth.auth.auth import Auth

    fill_missing_streams()
    check_region(choice.user_pool_id, choice.region, choice.origins["region"], choice.endpoint_url)
    check_certificates(choice.endpoint_url)
    auth = Auth(
        choice.user_pool_id, choice.client_id, choice.client_secret, choice.endpoint_url, choice.region
    )
    with write_trace(auth.trace, arguments.trace):
        settings = sign_in_settings(choice, arguments, leaves_when_done=leaves_when_done)
        return _sign_in(auth, settings, partial(_keeping, choice, auth, when_kept), arguments)


def _keeping(choice: ResolvedPool, auth: Auth, when_kept: Callable[[], None]) -> SessionPersistence:
    # What keeps sessions takes long to import, and the first screen needs none of it.
    from tui_auth.session.persistence import SessionPersistence
    from tui_auth.session.sessions import Sessions

    return SessionPersistence(choice, auth.gateway.now, Sessions(), when_kept)


def _sign_in(
    auth: Auth, settings: SignInSettings, make_keeping: Callable[[], SessionPersistence], arguments: Namespace
) -> tuple[int, SessionRecord | None]:
    kind, password = find_terminal().kind, read_password(arguments)
    in_lines = kind is TerminalKind.LINES or (kind is TerminalKind.FULL_SCREEN and wants_lines(arguments))
    if password is None and not in_lines:
        return _in_full_screen(auth, settings, make_keeping, arguments)

    keeping = make_keeping()
    if password is not None:
        done, name = sign_in_with_password(auth, settings, keeping, password), settings.username
    else:
        done, name = _in_lines(auth, settings, keeping)
    kept = save_session(keeping, done, name)
    _say_who(done, name)
    if password is None and done.asks_to_remember_device:
        from tui_auth.plain.sign_in import ask_about_device

        with line_prompts() as lines:
            ask_about_device(auth, done, lines)
    return _status_of(kept.problem, arguments), kept.record


def _in_full_screen(
    auth: Auth, settings: SignInSettings, make_keeping: Callable[[], SessionPersistence], arguments: Namespace
) -> tuple[int, SessionRecord | None]:
    if not full_screen.prepare("Signing in"):
        return ExitCode.NOT_SIGNED_IN, None
    from tui_auth.app import TuiAuthApp

    @cache
    def saver() -> SessionSaver:
        from tui_auth.flow.session_saver import SessionSaver

        return SessionSaver(make_keeping())

    app = TuiAuthApp(auth, settings, saver)
    status, done, record = app.run_in_terminal(), app.return_value, None
    if done is None:
        if saver.cache_info().currsize:
            saver().finish()
        return status, None
    if settings.leaves_when_done:
        checked = saver().is_checked(done)
        record = save_session(saver().keeping, done, app.flow.username, checked=checked).record
    _say_who(done, app.flow.username)
    # It went with the screen, where it stood if it was known by then.
    if record is None and (reason := saver().reason_not_saved(done, app.flow.username, say)):
        say_not_saved(reason)
        status = status or _status_of(reason, arguments)
    return status, record


def _say_who(done: Done, signed_in_as: str) -> None:
    tell(f"Signed in as {safe_line(done.claims.name_for(signed_in_as), limit=80)}.", by="")


def _status_of(problem: str, arguments: Namespace) -> int:
    """Signed in all the same; only who named a place for the session was not given what they asked for."""
    return ExitCode.STORAGE if problem and arguments.storage else ExitCode.OK


def _in_lines(auth: Auth, settings: SignInSettings, keeping: SessionPersistence) -> tuple[Done, str]:
    """Done, and the name as it was typed."""
    from tui_auth.plain.sign_in import PlainSignIn

    with line_prompts() as lines:
        conversation = PlainSignIn(auth, settings, lines, find_device=keeping.device)
        return conversation.run(), conversation.username


@contextmanager
def line_prompts() -> Iterator[TtyPrompt]:
    """Open the terminal for line prompts. If it is gone, or the user types ^D, the command is cancelled."""
    from tui_auth.terminal.signals import exit_on_signals
    from tui_auth.terminal.tty_prompt import TtyPrompt

    harden_process()
    with TtyPrompt() as lines, exit_on_signals():
        try:
            yield lines
        except EOFError:
            raise CommandFailedError(ExitCode.CANCELLED) from None


def wants_lines(arguments: Namespace) -> bool:
    """Whether the person asked for line prompts, or has told of a screen reader."""
    return arguments.plain or bool(os.environ.get("ACCESSIBLE") or os.environ.get("TUI_AUTH_PLAIN"))


def asks_nobody(arguments: Namespace) -> bool:
    """Whether the password comes from a pipe or a file, so that there may be nobody to ask."""
    return bool(arguments.password_stdin or arguments.password_file)
