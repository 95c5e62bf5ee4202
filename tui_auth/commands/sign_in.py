"""``tui-auth sign-in``: sign in to a pool, in full screen, in lines, or with a password from a pipe."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from tui_auth.commands.exit_status import (
    CANCELLED,
    NEEDS_A_SCREEN,
    NOT_SIGNED_IN,
    OK,
    STORAGE,
    USAGE,
    Ended,
    say,
    with_status,
)
from tui_auth.commands.given_password import given_password
from tui_auth.commands.output import tell
from tui_auth.config.certificates import check_certificates
from tui_auth.config.errors import NoPoolNamed
from tui_auth.config.pool_choice import PoolChoice, add_pool_arguments, choose_pool, named_settings
from tui_auth.config.region import check_region
from tui_auth.config.settings import FLOWS, STORAGES
from tui_auth.config.sources import SourceKind

if TYPE_CHECKING:
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import Done
    from tui_auth.flow.session_saver import SessionSaver
    from tui_auth.flow.settings import SignInSettings
    from tui_auth.secret import Secret
    from tui_auth.session.keeping import Keeping
    from tui_auth.session.record import SessionRecord

_STORAGE = "where to keep the session; unless given, sign-in asks on the full screen, all else takes a file"


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_sign_in_arguments(parser)
    parser.add_argument(
        "--new-pool", action="store_true", help="ask for a pool, try it and keep it, as where none is named"
    )


def add_sign_in_arguments(parser: ArgumentParser) -> None:
    """The flags of every command that may sign in: to which pool, and how."""
    add_pool_arguments(parser)
    group = parser.add_argument_group("signing in")
    group.add_argument("--username", metavar="NAME", help="filled in on the first screen")
    group.add_argument(
        "--auth-flow",
        choices=FLOWS,
        metavar="FLOW",
        help=f"how to begin: {', '.join(FLOWS)}; the first unless given",
    )
    group.add_argument("--preferred-first-factor", metavar="FACTOR", help="for USER_AUTH, such as EMAIL_OTP")
    group.add_argument("--app-name", metavar="NAME", help="what an authenticator app shows")
    group.add_argument("--storage", choices=STORAGES, help=_STORAGE)
    group.add_argument("--plain", action="store_true", help="line prompts in place of the full screen")
    group.add_argument(
        "--trace", metavar="FILE", help="write the calls and their next steps to a file, every value left out"
    )
    source = group.add_mutually_exclusive_group()
    source.add_argument(
        "--password-stdin", action="store_true", help="the password is the first line of stdin; no prompts"
    )
    source.add_argument("--password-file", metavar="FILE", help="the password is a file's first line")
    group.add_argument(
        "--client-metadata",
        metavar="KEY=VALUE",
        action="append",
        type=_pair,
        default=[],
        help="passed to the pool's Lambda functions; may stand several times; no place for a secret",
    )


def run(arguments: Namespace) -> int:
    """Sign in; 0 when signed in. The screen is the terminal's, one line stays on stderr."""
    return with_status(lambda: _run(arguments))


def _run(arguments: Namespace) -> int:
    try:
        if arguments.new_pool:
            raise NoPoolNamed("--new-pool asks on a terminal. Without one: `tui-auth profile add`.")
        choice = choose_pool(arguments, current_session=_offered_settings)
    except NoPoolNamed as nothing:
        if nothing.has_profiles:
            raise
        choice = _asked_pool(arguments, nothing)
    for note in choice.notes:
        say(note)
    if choice.origins["user_pool_id"].kind is SourceKind.CURRENT_SESSION:
        say(_last_sign_in(choice, other="" if asks_nobody(arguments) else " --new-pool asks for another."))
    if not choice.username:
        # Without a name there is no session key yet: two people at two screens need not wait for each other.
        # A command that needs a session waits all the same (sign_in_when_needed): any new one will do.
        return sign_in_now(choice, arguments)[0]
    from tui_auth.commands.sign_in_turn import one_at_a_time
    from tui_auth.session.sessions import Sessions

    with one_at_a_time(choice, Sessions(), by_password=asks_nobody(arguments)) as turn:
        if turn.begun_by_another:
            say(f"Signed in as {turn.begun_by_another.display_name} by the other one.")
            return OK
        return sign_in_now(choice, arguments, when_kept=turn.end)[0]


def _last_sign_in(choice: PoolChoice, *, other: str) -> str:
    """What is taken from there, in a sentence; ``other`` is what else one can do."""
    origin = choice.origins.get("username")
    if origin is not None and origin.kind is SourceKind.CURRENT_SESSION:
        who = f"{choice.username} in {choice.user_pool_id}"
        return f"User pool and user are those of the last sign-in, {who}.{other}"
    return f"The user pool is that of the last sign-in, {choice.user_pool_id}.{other}"


def _offered_settings() -> Mapping[str, str] | None:
    """The pool and user of the last sign-in, asked for where nothing else names a pool."""
    from tui_auth.session.sessions import Sessions

    return Sessions().offered_settings()


def _asked_pool(arguments: Namespace, nothing: NoPoolNamed) -> PoolChoice:
    """The pool a person names on the first screen, which says the notes of the search that found none.

    Raises ``nothing`` where nobody can be asked.
    """
    from tui_auth.commands import full_screen
    from tui_auth.terminal.environment import TerminalKind, find_terminal

    kind = find_terminal().kind
    if kind is TerminalKind.NONE or asks_nobody(arguments):
        raise nothing
    for note in nothing.notes:
        say(note)
    check_certificates(named_settings(arguments).get("endpoint_url"))
    if kind is TerminalKind.LINES or _wants_lines(arguments):
        from tui_auth.commands.choose_pool import ask_for_pool_in_lines

        return ask_for_pool_in_lines(arguments)
    full_screen.prepare("Choosing a pool")
    from tui_auth.commands.choose_pool import ask_for_pool

    status, choice = ask_for_pool(
        arguments, theme=full_screen.theme(os.environ.get("TUI_AUTH_THEME")), notice=" ".join(nothing.notes)
    )
    if choice is None:
        raise Ended(status)
    return choice


def sign_in_now(
    choice: PoolChoice,
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
    from tui_auth.commands.sign_in_settings import sign_in_settings
    from tui_auth.commands.trace import traced
    from tui_auth.terminal.environment import fill_missing_streams

    fill_missing_streams()
    check_region(choice.user_pool_id, choice.region, choice.origins["region"], choice.endpoint_url)
    check_certificates(choice.endpoint_url)
    auth = Auth(
        choice.user_pool_id, choice.client_id, choice.client_secret, choice.endpoint_url, choice.region
    )
    with traced(auth.wire, arguments.trace):
        settings = sign_in_settings(choice, arguments, leaves_when_done=leaves_when_done)
        return _sign_in(auth, settings, partial(_keeping, choice, auth, when_kept), arguments)


def _keeping(choice: PoolChoice, auth: Auth, when_kept: Callable[[], None]) -> Keeping:
    # What keeps sessions takes long to import, and the first screen needs none of it.
    from tui_auth.session.keeping import Keeping
    from tui_auth.session.sessions import Sessions

    return Keeping(choice, auth.gateway.now, Sessions(), when_kept)


def _sign_in(
    auth: Auth, settings: SignInSettings, make_keeping: Callable[[], Keeping], arguments: Namespace
) -> tuple[int, SessionRecord | None]:
    from tui_auth.terminal.environment import TerminalKind, find_terminal

    kind, password = find_terminal().kind, given_password(arguments)
    in_lines = kind is TerminalKind.LINES or (kind is TerminalKind.FULL_SCREEN and _wants_lines(arguments))
    if password is None and not in_lines:
        return _in_full_screen(auth, settings, make_keeping, arguments)
    from tui_auth.commands.keep_without_asking import keep_without_asking

    keeping = make_keeping()
    if password is not None:
        done, name = _without_screen(auth, settings, keeping, password), settings.username
    else:
        done, name = _in_lines(auth, settings, keeping)
    kept = keep_without_asking(keeping, done, name)
    _say_who(done, name)
    if password is None and done.asks_to_remember_device:
        _ask_about_device(auth, done)
    return _status_of(kept.problem, arguments), kept.record


def _in_full_screen(
    auth: Auth, settings: SignInSettings, make_keeping: Callable[[], Keeping], arguments: Namespace
) -> tuple[int, SessionRecord | None]:
    from tui_auth.commands import full_screen

    if not full_screen.prepare("Signing in"):
        return NOT_SIGNED_IN, None
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
        from tui_auth.commands.keep_without_asking import keep_without_asking

        checked = saver().is_checked(done)
        record = keep_without_asking(saver().keeping, done, app.flow.username, checked=checked).record
    _say_who(done, app.flow.username)
    # It went with the screen, where it stood if it was known by then.
    if record is None and (reason := saver().reason_not_saved(done, app.flow.username, say)):
        from tui_auth.commands.keep_without_asking import say_not_kept

        say_not_kept(reason)
        status = status or _status_of(reason, arguments)
    return status, record


def _say_who(done: Done, signed_in_as: str) -> None:
    from tui_auth.terminal.safe_text import safe_line

    tell(f"Signed in as {safe_line(done.claims.name_for(signed_in_as), limit=80)}.", by="")


def _status_of(problem: str, arguments: Namespace) -> int:
    """Signed in all the same; only who named a place for the session was not given what they asked for."""
    return STORAGE if problem and arguments.storage else OK


def _in_lines(auth: Auth, settings: SignInSettings, keeping: Keeping) -> tuple[Done, str]:
    """Done, and the name as it was typed."""
    from tui_auth.plain.sign_in import PlainSignIn
    from tui_auth.terminal.environment import harden_process
    from tui_auth.terminal.lines import TerminalLines
    from tui_auth.terminal.signals import exit_on_signals

    harden_process()
    with TerminalLines() as lines, exit_on_signals():
        try:
            conversation = PlainSignIn(auth, settings, lines, device_of=keeping.device)
            return conversation.run(), conversation.username
        except EOFError:
            raise Ended(CANCELLED) from None


def _ask_about_device(auth: Auth, done: Done) -> None:
    from tui_auth.plain.sign_in import ask_about_device
    from tui_auth.terminal.lines import TerminalLines
    from tui_auth.terminal.signals import exit_on_signals

    with TerminalLines() as lines, exit_on_signals():
        ask_about_device(auth, done, lines)


def _without_screen(auth: Auth, settings: SignInSettings, keeping: Keeping, password: Secret) -> Done:
    """A sign-in with name and password alone; exit 10 where the pool asks for more."""
    from tui_auth.auth.next_step import AuthFactorType, Done
    from tui_auth.terminal.environment import harden_process

    harden_process()
    if not settings.username:
        say("--password-stdin and --password-file need --username.")
        raise Ended(USAGE)
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
    raise Ended(NEEDS_A_SCREEN)


def _wants_lines(arguments: Namespace) -> bool:
    """Whether the person asked for line prompts, or has told of a screen reader."""
    return arguments.plain or bool(os.environ.get("ACCESSIBLE") or os.environ.get("TUI_AUTH_PLAIN"))


def asks_nobody(arguments: Namespace) -> bool:
    """Whether the password comes from a pipe or a file, so that there may be nobody to ask."""
    return bool(arguments.password_stdin or arguments.password_file)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ArgumentTypeError("write it as KEY=VALUE")
    return key, value
