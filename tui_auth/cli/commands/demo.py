"""``tui-auth demo``: every sign-in step on the local emulator, with an inbox and a phone."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from tui_auth.cli.output import say
from tui_auth.exit_codes import ExitCode

if TYPE_CHECKING:
    from tui_auth.emulator import CognitoEmulator
    from tui_auth.emulator.demo_users import DemoPool

MAX_PACE = 20


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--play",
        metavar="NAME",
        help="sign in a sample user (ann, sam, tess …) automatically, as a recording",
    )
    parser.add_argument(
        "--pace",
        metavar="FACTOR",
        type=_parse_pace,
        default=1.0,
        help="how slowly --play types: 1 by default, 0 at once",
    )
    parser.add_argument("--plain", action="store_true", help="line prompts instead of the full screen")


def run(arguments: Namespace) -> int:
    """Show the demo until the user leaves.

    Returns:
        0; 2 if the user of ``--play`` doesn't exist, 4 if there is no terminal.
    """
    from tui_auth.cli.sign_in_now import choose_theme, own_terminal, prepare_full_screen, wants_line_prompts
    from tui_auth.terminal.environment import TerminalKind, find_terminal

    kind = find_terminal().kind
    in_lines = kind is TerminalKind.LINES or wants_line_prompts(arguments)
    if arguments.play and in_lines and kind is not TerminalKind.NONE:
        say("--play needs the full screen. Without --play the demo has line prompts.")
        return ExitCode.USAGE
    if kind is TerminalKind.NONE or not in_lines:
        if not prepare_full_screen("The demo"):
            return ExitCode.NOT_SIGNED_IN
        theme = choose_theme()
    from tui_auth.emulator import CognitoEmulator
    from tui_auth.emulator.demo_users import provision

    with own_terminal(is_noninteractive=False), CognitoEmulator() as server:
        pool = provision(server)
        if in_lines:
            return _run_in_lines(server, pool)
        users = {user.username: user for user in pool.users}
        if arguments.play and arguments.play not in users:
            say(f"--play: unknown sample user. Choose one of {', '.join(users)}.")
            return ExitCode.USAGE
        from tui_auth.demo.app import DemoApp

        plays = users[arguments.play] if arguments.play else None
        app = DemoApp(server, pool, theme=theme, autoplay_user=plays, pace=arguments.pace)
        return app.run_in_terminal()


def _run_in_lines(server: CognitoEmulator, pool: DemoPool) -> int:
    from tui_auth.cli.sign_in_now import line_prompts
    from tui_auth.demo.line_prompts import run_in_lines
    from tui_auth.demo.service import DemoService

    with line_prompts() as lines:
        run_in_lines(DemoService(server, pool), lines)
    return ExitCode.OK


def _parse_pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= MAX_PACE:
        raise ArgumentTypeError(f"must be a number from 0 to {MAX_PACE}")
    return pace
