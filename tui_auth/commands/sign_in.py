"""``tui-auth sign-in``: sign in to a pool, in full screen."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from tui_auth.config.pool_choice import ConfigurationError, PoolChoice, add_pool_arguments, choose_pool

if TYPE_CHECKING:
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.next_step import Done
    from tui_auth.settings import SignInSettings

FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_WITH_SRP", "CUSTOM_WITHOUT_SRP")
CONFIGURATION, CANCELLED = 3, 6


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_pool_arguments(parser)
    group = parser.add_argument_group("signing in")
    group.add_argument("--username", metavar="NAME", default="", help="filled in on the first screen")
    group.add_argument(
        "--auth-flow", choices=FLOWS, default="USER_SRP_AUTH", help="how to begin; %(default)s unless given"
    )
    group.add_argument("--preferred-first-factor", metavar="FACTOR", help="for USER_AUTH, such as EMAIL_OTP")
    group.add_argument("--plain", action="store_true", help="line prompts in place of the full screen")
    group.add_argument("--app-name", metavar="NAME", default="", help="what an authenticator app shows")
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
    try:
        choice = choose_pool(arguments)
    except ConfigurationError as error:
        return _say(str(error), CONFIGURATION)
    status, _ = sign_in_now(choice, arguments)
    return status


def sign_in_now(
    choice: PoolChoice, arguments: Namespace, *, leaves_when_done: bool = False
) -> tuple[int, Done | None]:
    """Sign in to a pool on the terminal: the exit status, and Done where the sign-in got there."""
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.errors import AuthError

    try:
        auth = Auth(
            choice.user_pool_id,
            choice.client_id,
            choice.client_secret,
            choice.endpoint_url,
            choice.region,
        )
    except AuthError as error:
        return _say(str(error), CONFIGURATION), None

    from tui_auth.terminal.environment import TerminalKind, fill_missing_streams, find_terminal
    from tui_auth.terminal.safe_text import safe_line

    fill_missing_streams()
    settings = settings_of(choice, arguments, leaves_when_done=leaves_when_done)
    kind = find_terminal().kind
    if kind is TerminalKind.LINES or (kind is TerminalKind.FULL_SCREEN and wants_lines(arguments)):
        status, done = _in_lines(auth, settings)
    else:
        status, done = _in_full_screen(auth, settings)
    if done is not None:
        sys.stderr.write(f"Signed in as {safe_line(done.claims.username, limit=80)}.\n")
    return status, done


def wants_lines(arguments: Namespace) -> bool:
    """Whether the person asked for line prompts, or has told of a screen reader."""
    return arguments.plain or bool(os.environ.get("ACCESSIBLE") or os.environ.get("TUI_AUTH_PLAIN"))


def _in_full_screen(auth: Auth, settings: SignInSettings) -> tuple[int, Done | None]:
    from tui_auth.commands import full_screen

    if not full_screen.prepare("Signing in"):
        return full_screen.NOT_SIGNED_IN, None
    from tui_auth.app import TuiAuthApp

    app = TuiAuthApp(auth, settings)
    return app.run_in_terminal(), app.return_value


def _in_lines(auth: Auth, settings: SignInSettings) -> tuple[int, Done | None]:
    from tui_auth.plain import PlainSignIn
    from tui_auth.terminal.environment import harden_process
    from tui_auth.terminal.lines import TerminalLines
    from tui_auth.terminal.signals import exit_on_signals

    harden_process()
    with TerminalLines() as lines, exit_on_signals():
        try:
            return 0, PlainSignIn(auth, settings, lines).run()
        except EOFError:
            return CANCELLED, None


def settings_of(choice: PoolChoice, arguments: Namespace, *, leaves_when_done: bool) -> SignInSettings:
    """How to sign in, from the flags and what is known of the pool."""
    from tui_auth.auth.exchange import AuthFlow
    from tui_auth.commands.full_screen import theme
    from tui_auth.settings import SignInSettings

    local = choice.endpoint_url is not None and choice.endpoint_url.startswith("http:")
    return SignInSettings(
        pool=choice.user_pool_id,
        mark="TEST ENDPOINT" if local else "",
        username=arguments.username,
        auth_flow=AuthFlow(arguments.auth_flow),
        preferred_first_factor=arguments.preferred_first_factor,
        app_name=arguments.app_name,
        client_metadata=dict(arguments.client_metadata),
        theme=theme(os.environ.get("TUI_AUTH_THEME")),
        leaves_when_done=leaves_when_done,
    )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ArgumentTypeError("write it as KEY=VALUE")
    return key, value


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"tui-auth: {sentence}\n")
    return status
