"""``tui-auth exec -- CMD``: run a command with a token in its environment, and in no other."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import sys
from argparse import REMAINDER, ArgumentParser, ArgumentTypeError, Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from tui_auth.cli.output import say
from tui_auth.cli.parser import add_token_arguments
from tui_auth.cli.session_access import session_with_token
from tui_auth.exit_codes import ExitCode
from tui_auth.session.sessions import Sessions
from tui_auth.session.state import TOKEN_KINDS
from tui_auth.terminal.environment import restore_core_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        help=f"the variable for a token; repeatable; default: {default}",
    )
    parser.add_argument("command", nargs=REMAINDER, metavar="-- CMD …", help="the command to run")


def run(arguments: Namespace) -> int:
    """Replace this process with the command; return 126 or 127 if it can't run."""
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        say("No command to run. Use `tui-auth exec -- CMD`.")
        return ExitCode.USAGE
    variables = arguments.env or [DEFAULT_VARIABLE]
    # A sign-in changes it for this process; the command must get it as the caller set it.
    caller_environment = dict(os.environ)
    kinds = sorted({kind for _, kind in variables})
    record = session_with_token(arguments, Sessions(), kinds=kinds, may_sign_in=arguments.login == "auto")
    restore_core_limit()
    environment = {**caller_environment, **{name: record.token(kind).reveal() for name, kind in variables}}
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    # Python ignores these signals, and a process that is replaced passes that on.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the user's own command
    except (OSError, ValueError) as error:
        return _run_as_script(command, environment, error)


def _run_as_script(command: list[str], environment: Mapping[str, str], error: OSError | ValueError) -> int:
    """Run a file without ``#!`` with the shell, as env and nice do; else say why the command can't run."""
    path = shutil.which(command[0], path=environment.get("PATH", os.defpath))
    code = error.errno if isinstance(error, OSError) else None
    if path and code == errno.ENOEXEC and b"\0" not in _first_line(path):
        try:
            os.execve("/bin/sh", ["/bin/sh", path, *command[1:]], environment)  # noqa: S606
        except OSError as shell_error:
            error = shell_error
    if path and code == errno.ENOENT:
        interpreter = _first_line(path)[2:].decode(errors="replace").strip().partition(" ")[0]
        say(f"{command[0]} can't run: its interpreter {interpreter} doesn't exist.")
        return CANNOT_RUN
    if code == errno.ENOENT:
        say("Command not found. Check its name, or specify its path.")
        return NOT_FOUND
    reason = error.strerror if isinstance(error, OSError) else "it isn't a command"
    say(f"The command can't run: {reason}.")
    return CANNOT_RUN


def _first_line(path: str) -> bytes:
    """Return the first line of a file, or its start; empty if it can't be read."""
    with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123
        return file.readline(256)
    return b""


def _parse_variable(text: str) -> tuple[str, str]:
    name, _, kind = text.partition("=")
    if kind in TOKEN_KINDS and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ArgumentTypeError("a variable name has letters, digits and _, and doesn't start with a digit")
    if kind not in TOKEN_KINDS:
        raise ArgumentTypeError("expected NAME=id or NAME=access")
    return name, kind
