"""argparse as this program has it: help that begins with examples, and one sentence for a wrong word."""

from __future__ import annotations

import re
from argparse import SUPPRESS, ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from tui_auth.commands import COMMANDS
from tui_auth.commands.examples import OF_A_COMMAND, listed
from tui_auth.commands.output import tell
from tui_auth.config.nearest import nearest
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.safe_text import safe_line

_MISSING = "the following arguments are required"
_FLAG = re.compile(r"--?[A-Za-z][a-z-]{0,30}(?==|$)")
_IN_A_FILE = {
    "--password": "--password-stdin or --password-file",
    "--client-secret": "--client-secret-file",
    "--secret": "--client-secret-file",
}
"""Flags that people look for and that cannot be: others would see the secret. With what there is instead."""


class CommandParser(ArgumentParser):
    """The parser of one command. No flag can be shortened: a script must mean the same in each version."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | settings)
        self._given: list[str] = []

    @property
    def words(self) -> str:
        """The command's words, without the program's name."""
        return self.prog.partition(" ")[2]

    def format_usage(self) -> str:
        """One line: flags are listed below it."""
        words = [self.prog, "[flags]"]
        for action in self._get_positional_actions():
            name = str(action.metavar or action.dest)
            if action.choices and not action.metavar:
                name = f"{{{','.join(map(str, action.choices))}}}"
            words.append(f"[{name}]" if action.nargs == "?" else name)
        return f"usage: {' '.join(words)}\n"

    def format_help(self) -> str:
        """Examples, what the command does, how it is called, its flags."""
        formatter = self._get_formatter()
        for paragraph in (self.description or "").split("\n\n"):
            formatter.add_text(paragraph)
        formatter.add_text(self.format_usage())
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)
            formatter.end_section()
        return listed(OF_A_COMMAND.get(self.words, ())) + "\n" + formatter.format_help()

    def read(self, arguments: Sequence[str]) -> Namespace:
        """The arguments, all of them; a word that nobody expected is told with the one that was meant."""
        parsed: Namespace
        parsed, left = self.parse_known_args(arguments)
        if left:
            self.error(self._about(left[0], arguments))
        return parsed

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse has it, but that the words are remembered for what ``error`` says."""
        self._given = list(args or ())
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """One sentence on stderr, and exit status 2."""
        if message.startswith(_MISSING) and (unknown := self._unknown_flag()):
            message = self._about(unknown, self._given)  # which may be what the missing one was meant by
        # argparse repeats the value that a flag without one was given: `--password-stdin=…` holds a secret.
        flag, takes_none, _ = message.partition("ignored explicit argument")
        sentence = safe_line(f"{flag}it takes no value" if takes_none else message, limit=600)
        end = "" if sentence.endswith(("?", ".")) else f". See `{self.prog} --help`."
        tell(f"{sentence}{end}", by=f"{self.prog}: ")
        raise SystemExit(ExitCode.USAGE)

    def _unknown_flag(self) -> str:
        known = set(self._flags())
        flags = ((word, _FLAG.match(word)) for word in self._given)
        return next((word for word, flag in flags if flag and flag[0] not in known), "")

    def _about(self, word: str, given: Sequence[str]) -> str:
        """What is wrong with a word nobody expected. Only flags are repeated: a word may be a secret."""
        flag = _FLAG.match(word)
        if word in COMMANDS:
            return f"the command comes first, and its flags behind it: `tui-auth {word} …`."
        if flag is None or (len(word) > 2 and not word.startswith("--")):
            before = given[given.index(word) - 1] if word in given[1:] else ""
            behind = f", behind {before}" if before in self._flags() else ""
            return f"there is one word too many{behind}"
        if instead := _IN_A_FILE.get(flag[0]):
            return f"no secret is taken from a flag, where others could see it. Use {instead}."
        near = nearest(flag[0], sorted(set(self._flags())))
        meant = f". Did you mean {near}?" if near else ""
        return f"there is no flag {safe_line(flag[0], limit=40)}{meant}"

    def _flags(self) -> Iterator[str]:
        for action in self._actions:
            if isinstance(action, _SubParsersAction):
                for below in action.choices.values():
                    yield from below._flags()
            elif action.help != SUPPRESS:
                yield from action.option_strings
