"""``tui-auth token`` and ``header``: print a valid token on stdout, and nothing else.

``header`` prints ``Authorization: Bearer …`` for ``curl -H @-``; no process list shows it.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from tui_auth.cli.arguments import add_token_arguments
from tui_auth.cli.output import write_out
from tui_auth.cli.session_access import session_with_token
from tui_auth.session.fast_path import format_token
from tui_auth.session.sessions import Sessions
from tui_auth.session.state import TOKEN_KINDS, parse_duration


def add_arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(command=parser.prog.rpartition(" ")[2])
    add_token_arguments(parser)
    group = parser.add_argument_group("which token")
    group.add_argument("--type", choices=TOKEN_KINDS, default="access", help="%(default)s unless given")
    group.add_argument(
        "--min-ttl",
        metavar="TIME",
        type=duration_argument,
        help="refresh one that expires sooner, such as 90s, 5m or 1h; 5m or a fifth of its life unless given",
    )
    group.add_argument(
        "--force-refresh", action="store_true", help="get a new token even if the stored one is valid"
    )


def run(arguments: Namespace) -> int:
    """Print the token or the header. Return 4 if a sign-in is necessary and can't be made here."""
    record = session_with_token(
        arguments,
        Sessions(),
        kinds=(arguments.type,),
        min_ttl=arguments.min_ttl,
        force=arguments.force_refresh,
        may_sign_in=arguments.login == "auto",
    )
    return write_out(format_token(arguments.command, record.token(arguments.type).reveal()))


def duration_argument(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
