"""``tui-auth exec -- CMD``: run a command with a token in its environment, and in no other."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
from argparse import REMAINDER, ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress

from tui_auth.cli.output import say
from tui_auth.cli.parser import add_token_arguments
from tui_auth.cli.session_access import session_with_token
from tui_auth.exit_codes import ExitCode
from tui_auth.session.sessions import Sessions
from tui_auth.session.state import TOKEN_KINDS

CANNOT_RUN, NOT_FOUND = 126, 127
"""The exit statuses that shells use for these."""

DEFAULT_VARIABLE = ("ACCESS_TOKEN", "access")


def add_arguments(parser: ArgumentParser) -> None:
    add_token_arguments(parser)
    default = "=".join(DEFAULT_VARIABLE)
    parser.add_argument(
        "--env",
        metavar="NAME=id|access",
        action="append",
        type=_parse_variable,
        default=[],
        help=f"which token in which variable; may stand several times; {default} unless given",
    )
    parser.add_argument("command", nargs=REMAINDER, metavar="-- CMD …", help="what to run")


def run(arguments: Namespace) -> int:
    """Replace this process with the command; return 126 or 127 if it can't run."""
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        say("Name a command: tui-auth exec -- CMD")
        return ExitCode.USAGE
    variables = arguments.env or [DEFAULT_VARIABLE]
    # A sign-in changes both for this process; the command must get them as the caller set them.
    caller_environment, core_limit = dict(os.environ), resource.getrlimit(resource.RLIMIT_CORE)
    kinds = sorted({kind for _, kind in variables})
    record = session_with_token(arguments, Sessions(), kinds=kinds, may_sign_in=arguments.login == "auto")
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, core_limit)
    environment = {**caller_environment, **{name: record.token(kind).reveal() for name, kind in variables}}
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    # Python ignores these signals, and a process that is replaced passes that on.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the user's own command
    except FileNotFoundError:
        say(f"{command[0]}: there is no such command.")
        return NOT_FOUND
    except (OSError, ValueError) as error:
        say(f"{command[0]} cannot be run: {getattr(error, 'strerror', None) or 'not a command'}.")
        return CANNOT_RUN


def _parse_variable(text: str) -> tuple[str, str]:
    name, _, kind = text.partition("=")
    if kind in TOKEN_KINDS and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ArgumentTypeError("the name of a variable is letters, digits and _, and begins with no digit")
    if kind not in TOKEN_KINDS:
        raise ArgumentTypeError("write it as NAME=id or NAME=access")
    return name, kind
