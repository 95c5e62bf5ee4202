"""``tui-auth token``: a token that holds, on stdout, and nothing else."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from tui_auth.cli.exit_status import with_status
from tui_auth.cli.output import write_out
from tui_auth.cli.session_access import add_sign_in_arguments, session_with_token
from tui_auth.cli.token_arguments import KINDS, as_printed, seconds
from tui_auth.session.sessions import Sessions


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of ``token`` and ``header``."""
    add_sign_in_arguments(parser)
    group = parser.add_argument_group("which token")
    group.add_argument("--type", choices=KINDS, default="access", help="%(default)s unless given")
    group.add_argument(
        "--min-ttl",
        metavar="TIME",
        type=time_span,
        help="renew one that holds for less, such as 90s, 5m or 1h; 5m or a fifth of its life unless given",
    )
    group.add_argument(
        "--force-refresh", action="store_true", help="a new one, however long the old one holds"
    )


def run(arguments: Namespace) -> int:
    """Print the token; 4 where a sign-in is needed and cannot be made here."""
    return print_token("token", arguments)


def print_token(command: str, arguments: Namespace) -> int:
    """Print the token as a command prints it."""

    def command_itself() -> int:
        record = session_with_token(
            arguments,
            Sessions(),
            kinds=(arguments.type,),
            min_ttl=arguments.min_ttl,
            force=arguments.force_refresh,
            may_sign_in=arguments.login == "auto",
        )
        return write_out(as_printed(command, record.token(arguments.type).reveal()))

    return with_status(command_itself)


def time_span(text: str) -> float:
    """A time span in seconds, for argparse."""
    try:
        return seconds(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
