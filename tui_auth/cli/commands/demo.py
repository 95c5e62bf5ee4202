"""``tui-auth demo``: every sign-in step on the local emulator, with an inbox and a phone."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from tui_auth.cli.output import say
from tui_auth.exit_codes import ExitCode

MAX_PACE = 20


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--play", metavar="NAME", help="a sample user (ann, sam, tess …) signs in by itself, for a recording"
    )
    parser.add_argument(
        "--pace",
        metavar="FACTOR",
        type=_parse_pace,
        default=1.0,
        help="how slowly; 1 unless given, 0 at once",
    )


def run(arguments: Namespace) -> int:
    """Show the demo until the user leaves, and return 0."""
    from tui_auth.cli import full_screen

    if not full_screen.prepare("The demo"):
        say("`tui-auth pool --demo-users` serves the same users to `tui-auth sign-in --plain`.")
        return ExitCode.NOT_SIGNED_IN
    from tui_auth.demo.app import DemoApp
    from tui_auth.emulator import CognitoEmulator
    from tui_auth.emulator.demo_users import provision

    theme = full_screen.theme(os.environ.get("TUI_AUTH_THEME"))
    with CognitoEmulator() as server:
        pool = provision(server)
        users = {user.username: user for user in pool.users}
        if arguments.play and arguments.play not in users:
            say(f"There is no such sample user. They are {', '.join(users)}.")
            return ExitCode.USAGE
        plays = users[arguments.play] if arguments.play else None
        app = DemoApp(server, pool, theme=theme, autoplay_user=plays, pace=arguments.pace)
        return app.run_in_terminal()


def _parse_pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= MAX_PACE:
        raise ArgumentTypeError(f"write a number from 0 to {MAX_PACE}")
    return pace
