"""The argument parser of each command, the flags they share, and what those stand for.

Help starts with examples, and a usage error is one sentence.

argparse has no public way to list what a parser accepts, so this module and ``completion`` read private
members of it: ``_actions``, ``_action_groups``, ``_group_actions``, ``_choices_actions``, ``_get_formatter``
and ``_SubParsersAction``. ``tests/cli/test_parser.py`` fails if a Python version changes them.
"""

from __future__ import annotations

import re
import sys
from argparse import (
    SUPPRESS,
    Action,
    ArgumentError,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    _SubParsersAction,
)
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tui_auth.auth.app_client import AuthFlow
from tui_auth.cli.help import COMMAND_EXAMPLES, COMMANDS, format_examples
from tui_auth.cli.output import CommandFailedError, say, tell, write_out
from tui_auth.config.files import ConfigurationError, display_path
from tui_auth.config.settings import FLOWS, SETTINGS, STORAGES, add_pool_arguments, closest_match
from tui_auth.exit_codes import ExitCode
from tui_auth.storage.files import StorageError, open_private
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from argparse import _ActionsContainer
    from collections.abc import Iterator, Mapping, Sequence

    from tui_auth.auth.trace import Call, CallTrace
    from tui_auth.secret import Secret

_MISSING = "the following arguments are required"
_IGNORED_VALUE = re.compile("ignored explicit argument .*", re.DOTALL)
_INVALID_VALUE = re.compile("invalid [^ ]+ value: .*", re.DOTALL)
_FLAG = re.compile(r"--?[A-Za-z][a-z-]{0,30}(?==|$)")
_FILE_FLAGS = {
    "--password": "--password-stdin or --password-file",
    "--client-secret": "--client-secret-file",
    "--secret": "--client-secret-file",
}
"""Flags that users try and that can't exist, because others could see the secret; and what to use."""

_MAX_PASSWORD_BYTES = 4096
"""Many times the length that Cognito accepts."""

_MAX_TRACE_LINE = 2000
"""In characters."""


class CommandParser(ArgumentParser):
    """The parser of one command. Flags can't be shortened: a script must mean the same in each version."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | settings)
        self._arguments: list[str] = []

    def parse(self, arguments: Sequence[str]) -> Namespace:
        """Parse all arguments; for an unexpected one print what was probably meant and exit with 2.

        Raises:
            SystemExit: After ``--help`` or a usage error.
        """
        parsed: Namespace
        parsed, unexpected = self.parse_known_args(arguments)
        if unexpected:
            self.error(self._explain(unexpected[0], arguments))
        return parsed

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, and keep the arguments for ``error``."""
        self._arguments = list(args or ())
        return super().parse_known_args(args, namespace)

    def format_usage(self) -> str:
        """Return one line; the flags are listed below it."""
        words = [self.prog, "[flags]"]
        for action in self._actions:
            if action.option_strings or action.help == SUPPRESS:
                continue
            name = str(action.metavar or action.dest)
            if action.choices and not action.metavar:
                name = f"{{{','.join(map(str, action.choices))}}}"
            words.append(f"[{name}]" if action.nargs == "?" else name)
        return f"usage: {' '.join(words)}\n"

    def format_help(self) -> str:
        """Return the examples, what the command does, its usage, and its flags."""
        formatter = self._get_formatter()
        for paragraph in (self.description or "").split("\n\n"):
            formatter.add_text(paragraph)
        formatter.add_text(self.format_usage())
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
        command = self.prog.partition(" ")[2]
        return format_examples(COMMAND_EXAMPLES.get(command, ())) + "\n" + formatter.format_help()

    def error(self, message: str) -> NoReturn:
        """Print one sentence on stderr and exit with 2. No value is repeated: it may be a secret."""
        if message.startswith(_MISSING) and (unknown := self._unknown_flag()):
            message = self._explain(unknown, self._arguments)  # it may be a misspelling of the missing one
        message = _IGNORED_VALUE.sub("this flag takes no value", message.removeprefix("argument "))
        message = _INVALID_VALUE.sub("invalid value", message)
        sentence = safe_line(message[:1].upper() + message[1:], limit=600)
        end = "" if sentence.endswith(("?", ".")) else f". See `{self.prog} --help`."
        tell(f"{sentence}{end}", by=f"{self.prog}: ")
        raise SystemExit(ExitCode.USAGE)

    def _check_value(self, action: Action, value: object) -> None:
        """Reject a value that isn't among the choices of an argument, and suggest one."""
        if action.choices is None or value in action.choices:
            return
        choices = list(map(str, action.choices))
        similar = closest_match(str(value), choices)
        question = f". Did you mean {similar}?" if similar else ""
        message = f"choose {', '.join(choices[:-1])} or {choices[-1]}{question}"
        raise ArgumentError(action if action.option_strings else None, message)

    def _print_message(self, message: str, file: object = None) -> None:
        """Print the help as the rest of the program prints, whatever stdout can take."""
        if write_out(message):
            raise SystemExit(ExitCode.INTERNAL_ERROR)

    def _unknown_flag(self) -> str:
        known = set(self._flags())
        flags = ((word, _FLAG.match(word)) for word in self._arguments)
        return next((word for word, flag in flags if flag and flag[0] not in known), "")

    def _explain(self, word: str, arguments: Sequence[str]) -> str:
        """Say what is wrong with an unexpected word. It isn't repeated: it may be a secret."""
        flag = _FLAG.match(word)
        if word in COMMANDS:
            return f"the command comes first, then its flags: `tui-auth {word} …`."
        if flag is None or (len(word) > 2 and not word.startswith("--")):
            previous = arguments[arguments.index(word) - 1] if word in arguments[1:] else ""
            return (
                f"unexpected argument after {previous}"
                if previous in self._flags()
                else "unexpected argument"
            )
        if replacement := _FILE_FLAGS.get(flag[0]):
            return f"no flag takes a secret, because other users could see it. Use {replacement}."
        similar = closest_match(flag[0], sorted(set(self._flags())))
        return f"unknown flag {flag[0]}. Did you mean {similar}?" if similar else "unknown flag"

    def _flags(self) -> Iterator[str]:
        """Yield the flags of this parser and of its subcommands."""
        for action in self._actions:
            if isinstance(action, _SubParsersAction):
                for parser in action.choices.values():
                    yield from parser._flags()
            elif action.help != SUPPRESS:
                yield from action.option_strings


SIGN_IN_FLAGS = {
    "username": ("NAME", "the user to sign in"),
    "auth_flow": ("FLOW", f"one of {', '.join(FLOWS)}; default: {FLOWS[0]}"),
    "preferred_first_factor": ("FACTOR", "the first factor to ask for with USER_AUTH, such as EMAIL_OTP"),
    "app_name": ("NAME", "the name that authenticator apps show"),
}
"""The settings of a sign-in: the placeholder and the help text of each one's flag."""

BROWSER_FLAGS = {
    "domain": ("DOMAIN", "the user pool's domain, for signing in with a browser"),
    "provider": ("NAME", "the identity provider to sign in with in a browser, such as Google"),
    "redirect_uri": ("URL", "the callback URL that the browser ends at; default: http://localhost:47831/"),
    "scopes": ("SCOPES", "the scopes to ask for, in quotes; default: all that the app client allows"),
    "idp_identifier": ("TEXT", "an identity provider's identifier, such as an email domain"),
    "login_hint": ("NAME", "the user name to fill in on the page"),
    "prompt": (None, "login asks even if the browser has a session"),
}
"""The settings of a sign-in in a browser: the placeholder and the help text of each one's flag."""

_CHOICES = {"auth_flow": FLOWS, "storage": STORAGES, "prompt": ("login", "none", "select_account", "consent")}


def add_setting_flags(
    parser: _ActionsContainer, flags: Mapping[str, tuple[str | None, str]], required: Sequence[str] = ()
) -> None:
    """Add the flags of settings; ``flags`` has the placeholder and the help text of each."""
    for name, (metavar, help_text) in flags.items():
        parser.add_argument(
            SETTINGS[name].flag,
            metavar=metavar,
            required=name in required,
            choices=_CHOICES.get(name),
            action="append" if name == "client_metadata" else "store",
            help=help_text,
        )


def add_sign_in_arguments(parser: ArgumentParser) -> None:
    """Add the flags of every command that may sign in: to which pool, and how."""
    add_pool_arguments(parser)
    group = parser.add_argument_group("signing in")
    storage = "where to store the session; default: the full screen asks, otherwise a file"
    add_setting_flags(group, {**SIGN_IN_FLAGS, "storage": (None, storage)})
    group.add_argument(
        "--browser",
        dest="auth_flow",
        action="store_const",
        const=AuthFlow.BROWSER.value,
        help="sign in with a browser (managed login)",
    )
    add_setting_flags(group, BROWSER_FLAGS)
    group.add_argument("--plain", action="store_true", help="use line prompts instead of the full screen")
    group.add_argument(
        "--trace",
        metavar="FILE",
        help="append the calls to Cognito and their next steps to a file, without values",
    )
    source = group.add_mutually_exclusive_group()
    source.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of stdin; never prompt",
    )
    source.add_argument(
        "--password-file",
        metavar="FILE",
        help="read the password from the first line of a file; never prompt",
    )
    group.add_argument(
        "--client-metadata",
        metavar="KEY=VALUE",
        action="append",
        type=_key_value,
        default=[],
        help="pass to the pool's Lambda triggers; repeatable; not for secrets",
    )


def add_session_arguments(parser: ArgumentParser, *, is_subcommand: bool = False) -> None:
    """Add the flags that choose a session, for a command that never signs in.

    A subcommand that has them too leaves what was given before it, unless it is given again.
    """
    first = len(parser._actions)
    add_pool_arguments(parser)
    parser.add_argument("--username", metavar="NAME", help="the user of the session")
    if is_subcommand:
        for action in parser._actions[first:]:
            action.default = SUPPRESS


def add_token_arguments(parser: ArgumentParser) -> None:
    """Add the flags that choose a session, and those for signing in if there is none."""
    add_sign_in_arguments(parser)
    parser.add_argument(
        "--login",
        choices=("auto", "never"),
        default="auto",
        help="whether to sign in on the terminal if there is no session; default: %(default)s",
    )


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ArgumentTypeError("expected KEY=VALUE")
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

    if arguments.password_file:
        secret = read_password_file(arguments.password_file)
        if warning := permission_warning(arguments.password_file):
            say(warning)
        return secret
    if not arguments.password_stdin:
        return None
    if sys.stdin is not None and sys.stdin.isatty():
        raise _usage_error(
            "--password-stdin reads from a pipe, not from a terminal. Leave it out to be asked."
        )
    password = read_secret_line()
    if not password:
        raise _usage_error("There is no password on stdin. Pipe it in as one line.")
    return password


def read_secret_line() -> Secret:
    """Return the next line of stdin without its line break; empty at its end.

    Raises:
        CommandFailedError: With the usage status, if the line can't be a password or a code.
    """
    from tui_auth.secret import Secret

    line = sys.stdin.buffer.readline(_MAX_PASSWORD_BYTES + 1) if sys.stdin is not None else b""
    if len(line) > _MAX_PASSWORD_BYTES:
        raise _usage_error("The first line of stdin is too long to be a password.")
    password = None
    with suppress(UnicodeDecodeError):  # the error has the bytes, so it must not become a context
        # PowerShell starts what it pipes with a byte order mark, which is no part of a password.
        password = line.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    if password is None:
        raise _usage_error("The password on stdin isn't UTF-8 text.")
    return Secret(password)


def _usage_error(message: str) -> CommandFailedError:
    return CommandFailedError(ExitCode.USAGE, message)


@contextmanager
def write_trace(wire: CallTrace, path: str | None) -> Iterator[None]:
    """Append each Cognito call to the file of ``--trace`` while the block runs, without any value.

    A line is the time (UTC, RFC 3339) and the names of the call's chain, if this version knows them: what a
    server calls a challenge or an error may repeat what it was sent. The file is created with mode 0600.
    A disk that fills up ends the trace, not the sign-in.
    Raises ConfigurationError if the file can't be opened.
    """
    if path is None:
        yield
        return
    target = Path(path)
    try:
        file = open(target, "a", buffering=1, encoding="utf-8", opener=open_private)  # noqa: SIM115
    except StorageError as error:
        raise ConfigurationError(f"The trace can't be written. {error}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it isn't a valid file name"
        raise ConfigurationError(f"The trace can't be written to {display_path(target)}: {reason}.") from None

    def write(call: Call) -> None:
        if call.outcome:
            time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            try:
                file.write(f"{time} {safe_line(call.with_known_names().chain, limit=_MAX_TRACE_LINE)}\n")
            except (OSError, ValueError):
                stop_listening()

    stop_listening = wire.listen(write)
    try:
        yield
    finally:
        stop_listening()
        with suppress(OSError):  # a line that couldn't be written before can't be written now
            file.close()
