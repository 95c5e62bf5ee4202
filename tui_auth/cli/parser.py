"""The argument parser of each command: help that starts with examples, and usage errors in one sentence.

argparse has no public way to list what a parser accepts, so this module and ``completion`` read private
members of it: ``_actions``, ``_action_groups``, ``_group_actions``, ``_choices_actions``, ``_get_formatter``
and ``_SubParsersAction``. ``tests/cli/test_parser.py`` fails if a Python version changes them.
"""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentParser, Namespace, _SubParsersAction
from typing import TYPE_CHECKING, Any, NoReturn

from tui_auth.cli.command_help import COMMAND_EXAMPLES, COMMANDS, format_examples
from tui_auth.cli.output import tell
from tui_auth.config.settings import closest_match
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MISSING = "the following arguments are required"
_FLAG = re.compile(r"--?[A-Za-z][a-z-]{0,30}(?==|$)")
_FILE_FLAGS = {
    "--password": "--password-stdin or --password-file",
    "--client-secret": "--client-secret-file",
    "--secret": "--client-secret-file",
}
"""Flags that users try and that can't exist, because others could see the secret; and what to use."""


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
            if action.option_strings:
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
        """Print one sentence on stderr and exit with 2."""
        if message.startswith(_MISSING) and (unknown := self._unknown_flag()):
            message = self._explain(unknown, self._arguments)  # it may be a misspelling of the missing one
        # argparse quotes the value of a flag that takes none, which may be a secret: --password-stdin=…
        flag, takes_none, _ = message.partition("ignored explicit argument")
        sentence = safe_line(f"{flag}it takes no value" if takes_none else message, limit=600)
        end = "" if sentence.endswith(("?", ".")) else f". See `{self.prog} --help`."
        tell(f"{sentence}{end}", by=f"{self.prog}: ")
        raise SystemExit(ExitCode.USAGE)

    def _unknown_flag(self) -> str:
        known = set(self._flags())
        flags = ((word, _FLAG.match(word)) for word in self._arguments)
        return next((word for word, flag in flags if flag and flag[0] not in known), "")

    def _explain(self, word: str, arguments: Sequence[str]) -> str:
        """Say what is wrong with an unexpected word. Only a flag is quoted: a word may be a secret."""
        flag = _FLAG.match(word)
        if word in COMMANDS:
            return f"the command comes first, and its flags behind it: `tui-auth {word} …`."
        if flag is None or (len(word) > 2 and not word.startswith("--")):
            previous = arguments[arguments.index(word) - 1] if word in arguments[1:] else ""
            place = f", behind {previous}" if previous in self._flags() else ""
            return f"there is one word too many{place}"
        if replacement := _FILE_FLAGS.get(flag[0]):
            return f"no secret is taken from a flag, where others could see it. Use {replacement}."
        similar = closest_match(flag[0], sorted(set(self._flags())))
        question = f". Did you mean {similar}?" if similar else ""
        return f"there is no flag {safe_line(flag[0], limit=40)}{question}"

    def _flags(self) -> Iterator[str]:
        """Yield the flags of this parser and of its subcommands."""
        for action in self._actions:
            if isinstance(action, _SubParsersAction):
                for parser in action.choices.values():
                    yield from parser._flags()
            elif action.help != SUPPRESS:
                yield from action.option_strings
