"""Sign in in full screen, with line prompts or with a password, depending on arguments and terminal.

Modules that aren't needed for the first screen are imported in functions.
"""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tui_auth.auth.app_client import AuthFlow
from tui_auth.cli.output import CommandFailedError, say, tell
from tui_auth.cli.parser import read_password, write_trace
from tui_auth.config.aws_settings import check_certificates, effective_endpoint
from tui_auth.config.files import ConfigurationError, SourceKind
from tui_auth.config.settings import check_region
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.interface import (
    ASSUMED_SESSION_SECONDS,
    PasskeySettings,
    SignInSettings,
    environment_badge_for,
)
from tui_auth.terminal.environment import (
    TerminalKind,
    fill_missing_streams,
    find_terminal,
    is_switched_on,
    must_avoid_color,
    scrub_textual_environment,
)
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Mapping

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.next_step import Done
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.flow.after_sign_in import SessionSaver
    from tui_auth.secret import Secret
    from tui_auth.session.persistence import SessionPersistence
    from tui_auth.session.record import SessionRecord
    from tui_auth.session.sessions import SaveResult
    from tui_auth.terminal.tty import TtyPrompt


_MAX_ORIGIN_LENGTH = 100
"""In characters: one or two lines of the help."""


def _save_session(
    persistence: SessionPersistence, done: Done, signed_in_as: str, *, checked: bool | None = None
) -> SaveResult:
    """Save a session in the configured storage, by default a file, and report problems on stderr.

    ``checked`` is whether the signatures were checked, None if nothing has tried.
    Raises AuthError if the pool didn't sign the tokens.
    """
    from tui_auth.session.persistence import SIGNATURES_UNCHECKED
    from tui_auth.storage.stores import StorageKind

    if checked is None:
        checked = persistence.check_signatures(done)
    if not checked:
        say(SIGNATURES_UNCHECKED)
    storage = persistence.storage
    result = persistence.save(done, signed_in_as, storage or StorageKind.FILE, signature_checked=checked)
    if result.problem:
        _say_not_saved(result.problem)
    elif storage is None:
        persistence.remember_storage(StorageKind.FILE)
        say("The session is stored in a private file, and so are later ones. Use --storage to change that.")
    if result.warning:
        say(result.warning)
    return result


def _say_not_saved(reason: str) -> None:
    say(f"The session isn't stored. {reason}")


def _sign_in_with_password(
    auth: Auth, settings: SignInSettings, persistence: SessionPersistence, password: Secret
) -> Done:
    from tui_auth.auth.next_step import AuthFactorType, Done
    from tui_auth.flow.checks import find_password_error

    if not settings.username:
        raise CommandFailedError(ExitCode.USAGE, "--password-stdin and --password-file require --username.")
    if problem := find_password_error(password):
        raise CommandFailedError(ExitCode.USAGE, problem)
    step = auth.attempt().sign_in(
        settings.username,
        password,
        auth_flow=settings.auth_flow,
        preferred_first_factor=settings.preferred_first_factor or AuthFactorType.PASSWORD_SRP,
        client_metadata=settings.client_metadata,
        device=persistence.device(settings.username),
    )
    if isinstance(step, Done):
        return step
    more = f"The pool requires more than a password ({type(step).__name__})."
    raise CommandFailedError(ExitCode.UNSUPPORTED_STEP, f"{more} Run `tui-auth sign-in` on a terminal.")


def sign_in_settings(choice: ResolvedPool, arguments: Namespace, *, leaves_when_done: bool) -> SignInSettings:
    """Build the settings of a sign-in from the resolved pool and the flags."""
    endpoint = effective_endpoint(choice.endpoint_url)
    return SignInSettings(
        pool=" ".join(part for part in (choice.profile, choice.user_pool_id) if part),
        pool_origin=_pool_origin(choice),
        environment_badge=environment_badge_for(endpoint),
        username=choice.username or "",
        username_label=choice.username_label,
        auth_flow=_auth_flow(choice),
        preferred_first_factor=choice.preferred_first_factor,
        app_name=choice.app_name or choice.profile or "",
        client_metadata={**choice.client_metadata, **dict(arguments.client_metadata)},
        session_seconds=choice.session_minutes * 60 if choice.session_minutes else ASSUMED_SESSION_SECONDS,
        theme=choose_theme(),
        leaves_when_done=leaves_when_done,
        username_attributes=choice.username_attributes,
        required_attributes=choice.required_attributes,
        mfa_methods=choice.mfa_methods,
        password_policy=choice.password_policy,
        managed_login=_managed_login(choice),
        identity_providers=choice.browser.get("identity_providers", ()),
        passkeys=passkey_settings(choice),
    )


def _managed_login(choice: ResolvedPool) -> ManagedLogin | None:
    if not choice.browser.get("domain"):
        return None
    from tui_auth.auth.managed_login import ManagedLogin

    region = choice.region or choice.user_pool_id.partition("_")[0]
    return ManagedLogin.from_settings(choice.browser, region)


def _auth_flow(choice: ResolvedPool) -> AuthFlow:
    """Return the flow to start with; to name a provider is to want a browser."""
    provider = choice.origins.get("provider")
    if provider and provider.kind in (SourceKind.FLAG, SourceKind.ENVIRONMENT):
        return AuthFlow.BROWSER
    return AuthFlow(choice.auth_flow or AuthFlow.USER_SRP_AUTH)


def passkey_settings(choice: ResolvedPool) -> PasskeySettings:
    """Return the site that passkeys are for; one that the user confirms is stored in the profile."""

    def remember(relying_party: str) -> None:
        from tui_auth.config.profile_editor import set_profile_setting

        if choice.profile:
            set_profile_setting(choice.profile, "passkey_relying_party", relying_party)

    return replace(PasskeySettings.from_pool(choice), remember=remember)


def _pool_origin(choice: ResolvedPool) -> str:
    """Format the pool's ID and the setting it comes from, shortened from the left; empty if unknown."""
    if "user_pool_id" not in choice.origins:
        return ""
    source = choice.origins["user_pool_id"]
    # Not "the current session": it may have ended since.
    origin = "the last sign-in" if source.kind is SourceKind.CURRENT_SESSION else str(source)
    if len(origin) > _MAX_ORIGIN_LENGTH:
        origin = "…" + origin[1 - _MAX_ORIGIN_LENGTH :]
    return safe_line(f"Pool: {choice.user_pool_id}, from {origin}.", limit=200)


def sign_in_now(
    choice: ResolvedPool,
    arguments: Namespace,
    *,
    on_saved: Callable[[], None] = lambda: None,
    leaves_when_done: bool = False,
) -> tuple[int, SessionRecord | None]:
    """Sign in to a pool and save the session.

    Args:
        choice: The pool and app client.
        arguments: The command's arguments.
        on_saved: Called once the session is saved or couldn't be saved.
        leaves_when_done: Whether the screen closes at Done without asking where to save the session.

    Returns:
        The exit status, and the saved session with ``leaves_when_done``; None if there is none.

    Raises:
        AuthError: The pool, app client or endpoint is invalid.
        ConfigurationError: The region or the certificates are invalid.
    """
    from tui_auth.auth.auth import Auth

    fill_missing_streams()
    origin = choice.origins["region"]
    if note := check_region(choice.user_pool_id, choice.region, origin, choice.endpoint_url):
        say(note)
    check_certificates(choice.endpoint_url)
    auth = Auth(
        choice.user_pool_id, choice.client_id, choice.client_secret, choice.endpoint_url, choice.region
    )

    @cache
    def open_persistence() -> SessionPersistence:
        # Slow to import, and the first screen doesn't need it.
        from tui_auth.session.persistence import SessionPersistence
        from tui_auth.session.sessions import Sessions

        return SessionPersistence(choice, auth.gateway.now, Sessions(), on_saved)

    with write_trace(auth.trace, arguments.trace):
        settings = sign_in_settings(choice, arguments, leaves_when_done=leaves_when_done)
        endpoint = effective_endpoint(choice.endpoint_url)
        return _sign_in(auth, settings, open_persistence, arguments, endpoint)


def _sign_in(
    auth: Auth,
    settings: SignInSettings,
    make_persistence: Callable[[], SessionPersistence],
    arguments: Namespace,
    endpoint: str,
) -> tuple[int, SessionRecord | None]:
    kind, password = find_terminal().kind, read_password(arguments)
    if settings.auth_flow is AuthFlow.BROWSER:
        _check_browser(settings, password)
    in_lines = kind is TerminalKind.LINES or (
        kind is TerminalKind.FULL_SCREEN and wants_line_prompts(arguments)
    )
    if password is None and not in_lines:
        return _sign_in_full_screen(auth, settings, make_persistence, arguments)

    persistence, flow = make_persistence(), None
    if password is not None:
        if settings.environment_badge:  # no screen or prompt shows it
            say(f"Signing in at {endpoint}, not at AWS.")
        done, name = _sign_in_with_password(auth, settings, persistence, password), settings.username
    else:
        from tui_auth.plain.sign_in import PlainSignIn

        with line_prompts() as lines:
            sign_in = PlainSignIn(auth, settings, lines, find_device=persistence.device)
            done, name = sign_in.run(), sign_in.username
        flow = sign_in.flow
    result = _save_session(persistence, done, name)
    _report_user(done, name, settings)
    if password is None and done.asks_to_remember_device:
        from tui_auth.plain.sign_in import ask_about_device

        with line_prompts() as lines:
            ask_about_device(auth, done, lines)
    if flow is not None:
        from tui_auth.plain.sign_in import ask_to_verify

        with line_prompts() as lines:
            ask_to_verify(flow, lines)
        if result.location and not settings.leaves_when_done:  # a command that signs in goes on
            tell("To see or change your account, run `tui-auth account`.", by="")
    return _exit_status(result.problem, arguments), result.record


def _check_browser(settings: SignInSettings, password: Secret | None) -> None:
    """Raise unless there is a domain and no password, before anything is shown."""
    from tui_auth.flow.messages import NO_DOMAIN

    if password is not None:
        raise CommandFailedError(ExitCode.USAGE, "A browser sign-in takes no password. Leave it out.")
    if settings.managed_login is None:
        raise ConfigurationError(NO_DOMAIN)


def _sign_in_full_screen(
    auth: Auth,
    settings: SignInSettings,
    make_persistence: Callable[[], SessionPersistence],
    arguments: Namespace,
) -> tuple[int, SessionRecord | None]:
    if not prepare_full_screen("Signing in"):
        return ExitCode.NOT_SIGNED_IN, None
    from tui_auth.app import TuiAuthApp

    @cache
    def saver() -> SessionSaver:
        from tui_auth.flow.after_sign_in import SessionSaver

        return SessionSaver(make_persistence())

    app = TuiAuthApp(auth, settings, saver)
    status, done, record = app.run_in_terminal(), app.return_value, None
    if done is None:
        if saver.cache_info().currsize:
            saver().finish()
        return status, None
    if settings.leaves_when_done:
        checked = saver().is_checked(done)
        record = _save_session(saver().persistence, done, app.flow.username, checked=checked).record
    _report_user(done, app.flow.username, settings)
    # The screen may have shown the reason, but it is closed now.
    if record is None and (reason := saver().reason_not_saved(done, app.flow.username, say)):
        _say_not_saved(reason)
        status = status or _exit_status(reason, arguments)
    return status, record


def _report_user(done: Done, signed_in_as: str, settings: SignInSettings) -> None:
    """Say who is signed in: with a browser it may be somebody else than the user that was specified."""
    from tui_auth.auth.tokens import provider_of

    name = provider_of(done.tokens.id_token)
    provider = f" ({safe_line(name, limit=40)})" if name else ""
    tell(f"Signed in as {safe_line(done.claims.name_for(signed_in_as), limit=80)}{provider}.", by="")
    claims, specified = done.claims, settings.username
    names = {known.casefold() for known in (claims.username, claims.sub, claims.email) if known}
    is_other = settings.auth_flow is AuthFlow.BROWSER and specified.casefold() not in names
    if specified and is_other:
        say(
            f"You specified {safe_line(specified, limit=80)}, but the browser was signed in as another user. "
            "Use `--prompt login` to have the page ask."
        )


def _exit_status(problem: str, arguments: Namespace) -> int:
    """Return 9 if the session isn't saved and --storage was specified. Without it, signing in is enough."""
    return ExitCode.STORAGE if problem and arguments.storage else ExitCode.OK


def prepare_full_screen(purpose: str) -> bool:
    """Prepare the process for Textual. Call this before importing Textual.

    Args:
        purpose: What needs the terminal, such as "Signing in"; starts the error message.

    Returns:
        False, after a message on stderr, if the terminal can't show a full screen.
    """
    fill_missing_streams()
    terminal = find_terminal()
    if terminal.kind is not TerminalKind.FULL_SCREEN:
        requirement = "a terminal" if terminal.kind is TerminalKind.NONE else "a full-screen terminal"
        tell(f"{purpose} needs {requirement}. {terminal.reason}")
        return False
    # The garbage collector takes a tenth of the startup time and finds nothing while modules load.
    # FullScreenApp enables it again.
    gc.disable()
    scrub_textual_environment()
    return True


def choose_theme(environ: Mapping[str, str] = os.environ) -> str:
    """Return the theme that TUI_AUTH_THEME chooses; without colors, the terminal's own.

    Raises:
        ConfigurationError: The variable has an unknown value.
    """
    names = {"": "tui-auth-dark", "dark": "tui-auth-dark", "light": "tui-auth-light", "ansi": "ansi-dark"}
    setting = environ.get("TUI_AUTH_THEME", "")
    if setting not in names:
        raise ConfigurationError("TUI_AUTH_THEME must be dark, light or ansi.")
    return "ansi-dark" if must_avoid_color() else names[setting]


@contextmanager
def own_terminal(*, is_noninteractive: bool) -> Iterator[None]:
    """Have the terminal alone for a sign-in and all that it asks, from before its first word.

    Waits for another sign-in on this terminal. What is typed before the first screen or prompt isn't echoed
    and is for that. A signal leaves the terminal as it was. Does nothing if there is no terminal, or if
    ``is_noninteractive``.

    Raises:
        CommandFailedError: The other sign-in is stopped.
    """
    from tui_auth.terminal.device_lock import TerminalBusyError
    from tui_auth.terminal.signals import exit_on_signals
    from tui_auth.terminal.tty import hold_terminal

    fill_missing_streams()
    with ExitStack() as stack:
        if not is_noninteractive and find_terminal().kind is not TerminalKind.NONE:
            stack.enter_context(exit_on_signals())
            try:
                stack.enter_context(hold_terminal())
            except TerminalBusyError as error:
                raise CommandFailedError(ExitCode.UNSUPPORTED_STEP, str(error)) from None
        yield


@contextmanager
def line_prompts() -> Iterator[TtyPrompt]:
    """Open the terminal for line prompts. If it is gone, or the user types ^D, the command is canceled."""
    from tui_auth.terminal.signals import exit_on_signals
    from tui_auth.terminal.tty import TtyPrompt

    with TtyPrompt() as lines, exit_on_signals():
        try:
            yield lines
        except EOFError:
            raise CommandFailedError(ExitCode.CANCELED) from None


def wants_line_prompts(arguments: Namespace) -> bool:
    """Return whether a flag or a variable asks for line prompts, as with a screen reader."""
    return arguments.plain or is_switched_on(os.environ, "TUI_AUTH_PLAIN", "ACCESSIBLE")


def is_noninteractive(arguments: Namespace) -> bool:
    """Return whether the password comes from a pipe or a file."""
    return bool(arguments.password_stdin or arguments.password_file)
