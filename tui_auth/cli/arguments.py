"""The flags that several commands share, and what they stand for: a password, a trace file."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.output import say
from tui_auth.config.files import ConfigurationError, display_path
from tui_auth.config.resolver import add_pool_arguments
from tui_auth.config.settings import FLOWS, STORAGES
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_auth.auth.trace import Call, CallTrace
    from tui_auth.secret import Secret

_MAX_PASSWORD_BYTES = 4096
"""Many times the length that Cognito accepts."""

_MAX_TRACE_LINE = 2000
"""In characters."""


_STORAGE = "where to keep the session; unless given, sign-in asks on the full screen, all else takes a file"


def add_sign_in_arguments(parser: ArgumentParser) -> None:
    """Add the flags of every command that may sign in: to which pool, and how."""
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
        type=_key_value,
        default=[],
        help="passed to the pool's Lambda functions; may stand several times; no place for a secret",
    )


def add_session_arguments(parser: ArgumentParser) -> None:
    """Add the flags that choose a session, for a command that never signs in."""
    add_pool_arguments(parser)
    parser.add_argument("--username", metavar="NAME", help="which user's session")


def add_token_arguments(parser: ArgumentParser) -> None:
    """Add the flags that choose a session, and those for signing in if there is none."""
    add_sign_in_arguments(parser)
    parser.add_argument(
        "--login",
        choices=("auto", "never"),
        default="auto",
        help="whether to sign in on the terminal if there is no session; %(default)s unless given",
    )


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ArgumentTypeError("write it as KEY=VALUE")
    return key, value


def read_password(arguments: Namespace) -> Secret | None:
    """Return the password of ``--password-stdin`` or ``--password-file``; None if neither flag is given.

    The password is the first line without its line break.

    Raises:
        CommandFailedError: With the usage status, if stdin holds no password.
        ConfigurationError: If the file can't be used.
    """
    # Imported only for these flags: the first screen needs none of it.
    from tui_auth.config.files import permission_warning, read_password_file
    from tui_auth.secret import Secret

    if arguments.password_file:
        password = read_password_file(arguments.password_file)
        if warning := permission_warning(arguments.password_file):
            say(warning)
        return password
    if not arguments.password_stdin:
        return None
    if sys.stdin is not None and sys.stdin.isatty():
        say("--password-stdin reads a pipe; on a terminal it would show the password. Leave it out there.")
        raise CommandFailedError(ExitCode.USAGE)
    line = _read_line_from_stdin()
    if not line:
        say("stdin gave no password. Pipe it in as one line.")
        raise CommandFailedError(ExitCode.USAGE)
    return Secret(line)


def _read_line_from_stdin() -> str:
    line = sys.stdin.buffer.readline(_MAX_PASSWORD_BYTES + 1) if sys.stdin is not None else b""
    if len(line) > _MAX_PASSWORD_BYTES:
        say("stdin gave a line that is too long to be a password.")
        raise CommandFailedError(ExitCode.USAGE)
    with suppress(UnicodeDecodeError):
        return line.decode().removesuffix("\n").removesuffix("\r")
    say("stdin gave a password that is not UTF-8 text.")
    raise CommandFailedError(ExitCode.USAGE)


@contextmanager
def write_trace(wire: CallTrace, path: str | None) -> Iterator[None]:
    """Append each Cognito call to the file of ``--trace`` while the block runs, without any value.

    A line is the time (UTC, RFC 3339) and the names of the call's chain. The file is created with mode 0600.
    A disk that fills up ends the trace, not the sign-in.
    Raises ConfigurationError if the file can't be opened.
    """
    if path is None:
        yield
        return
    target = Path(path)
    try:
        file = open(target, "a", buffering=1, encoding="utf-8", opener=_open_private)  # noqa: SIM115
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no name of a file"
        raise ConfigurationError(
            f"The trace cannot be written to {display_path(target)}: {reason}."
        ) from None

    def write(call: Call) -> None:
        if call.outcome:
            time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            try:
                file.write(f"{time} {safe_line(call.chain, limit=_MAX_TRACE_LINE)}\n")
            except (OSError, ValueError):
                stop_listening()

    stop_listening = wire.listen(write)
    try:
        yield
    finally:
        stop_listening()
        with suppress(OSError):  # a line that couldn't be written before can't be written now
            file.close()


def _open_private(path: str, flags: int) -> int:
    # O_NONBLOCK: opening a named pipe without a reader would block the program.
    return os.open(path, flags | os.O_NONBLOCK, 0o600)
