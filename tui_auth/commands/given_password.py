"""The password of ``--password-stdin`` and ``--password-file``."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from tui_auth.commands.exit_status import CommandFailedError
from tui_auth.commands.output import say
from tui_auth.exit_codes import ExitCode

if TYPE_CHECKING:
    from tui_auth.secret import Secret

_LONGEST_LINE = 4096
"""In bytes: many times what Cognito takes for a password."""


def given_password(arguments: Namespace) -> Secret | None:
    """The password from stdin or a file, without its line's end; None where a person is to type it.

    Raises CommandFailedError (usage) where stdin gives none that can be one, and ConfigurationError for the
    file.
    """
    # Only where one is given: the first screen needs none of it.
    from tui_auth.config.client_secret import open_to_others, read_password_file
    from tui_auth.secret import Secret

    if arguments.password_file:
        password_in_file = read_password_file(arguments.password_file)
        if note := open_to_others(arguments.password_file):
            say(note)
        return password_in_file
    if not arguments.password_stdin:
        return None
    if sys.stdin is not None and sys.stdin.isatty():
        say("--password-stdin reads a pipe; on a terminal it would show the password. Leave it out there.")
        raise CommandFailedError(ExitCode.USAGE)
    password = _first_line_of_stdin()
    if not password:
        say("stdin gave no password. Pipe it in as one line.")
        raise CommandFailedError(ExitCode.USAGE)
    return Secret(password)


def _first_line_of_stdin() -> str:
    line = sys.stdin.buffer.readline(_LONGEST_LINE + 1) if sys.stdin is not None else b""
    if len(line) > _LONGEST_LINE:
        say("stdin gave a line that is too long to be a password.")
        raise CommandFailedError(ExitCode.USAGE)
    with suppress(UnicodeDecodeError):
        return line.decode().removesuffix("\n").removesuffix("\r")
    say("stdin gave a password that is not UTF-8 text.")
    raise CommandFailedError(ExitCode.USAGE)
