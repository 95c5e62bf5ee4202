"""``tui-auth sign-in``: sign in to a pool, in full screen."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from tui_auth.config.pool_choice import ConfigurationError, add_pool_arguments, choose_pool

FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_WITH_SRP", "CUSTOM_WITHOUT_SRP")
CONFIGURATION = 3


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    add_pool_arguments(parser)
    group = parser.add_argument_group("signing in")
    group.add_argument("--username", metavar="NAME", default="", help="filled in on the first screen")
    group.add_argument(
        "--auth-flow", choices=FLOWS, default="USER_SRP_AUTH", help="how to begin; %(default)s unless given"
    )
    group.add_argument("--preferred-first-factor", metavar="FACTOR", help="for USER_AUTH, such as EMAIL_OTP")
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
    from tui_auth.auth.attempt import AuthFlow
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.errors import AuthError

    try:
        choice = choose_pool(arguments)
        auth = Auth(
            choice.user_pool_id,
            choice.client_id,
            choice.client_secret,
            choice.endpoint_url,
            choice.region,
        )
    except (ConfigurationError, AuthError) as error:
        return _say(str(error), CONFIGURATION)

    from tui_auth.commands import full_screen

    if not full_screen.prepare("Signing in"):
        return full_screen.NOT_SIGNED_IN
    from tui_auth.app import SignInSettings, TuiAuthApp
    from tui_auth.terminal.safe_text import safe_line

    local = choice.endpoint_url is not None and choice.endpoint_url.startswith("http:")
    settings = SignInSettings(
        pool=choice.user_pool_id,
        mark="TEST ENDPOINT" if local else "",
        username=arguments.username,
        auth_flow=AuthFlow(arguments.auth_flow),
        preferred_first_factor=arguments.preferred_first_factor,
        app_name=arguments.app_name,
        client_metadata=dict(arguments.client_metadata),
        theme=full_screen.theme(os.environ.get("TUI_AUTH_THEME")),
    )
    app = TuiAuthApp(auth, settings)
    status = app.run_in_terminal()
    if app.return_value is not None:
        sys.stderr.write(f"Signed in as {safe_line(app.return_value.claims.username, limit=80)}.\n")
    return status


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ArgumentTypeError("write it as KEY=VALUE")
    return key, value


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"tui-auth: {sentence}\n")
    return status
