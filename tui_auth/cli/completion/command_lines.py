"""What can be typed: every command with its flags, as its parser has them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tui_auth.cli.commands import COMMANDS

FILE, PROFILE, TEXT = "file", "profile", "text"
"""What a value can be beside a word of a list: a file's path, a profile's name, anything."""

Value = str | tuple[str, ...]


@dataclass(frozen=True)
class Flag:
    """One flag under all its names; ``value`` is None where it takes none."""

    names: tuple[str, ...]
    says: str
    value: Value | None


@dataclass(frozen=True)
class CommandLine:
    """A command: its words after the program's name, its flags, and what its first argument can be."""

    words: tuple[str, ...]
    says: str
    flags: tuple[Flag, ...]
    argument: Value | None = None
    runs_a_command: bool = False

    @property
    def name(self) -> str:
        """The words as they are typed."""
        return " ".join(self.words)


def command_lines() -> list[CommandLine]:
    """Every command and sub-command there is."""
    lines: list[CommandLine] = []
    for name, (module, says) in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"tui-auth {name}")
        import_module(f"tui_auth.cli.commands.{module}").add_arguments(parser)
        lines += _lines((name,), says, parser)
    return lines


def _lines(words: tuple[str, ...], says: str, parser: argparse.ArgumentParser) -> Iterator[CommandLine]:
    flags, argument, runs_a_command = [], None, False
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, below in action.choices.items():
                yield from _lines((*words, name), helps.get(name, ""), below)
        elif action.option_strings:
            flags.append(Flag(tuple(action.option_strings), _one_line(action, parser), _value(action)))
        elif action.nargs in (argparse.REMAINDER, "+", "*") and action.choices is None:
            runs_a_command = True
        elif argument is None:
            argument = _value(action)
    yield CommandLine(words, says, tuple(flags), argument, runs_a_command)


def _value(action: argparse.Action) -> Value | None:
    if action.nargs == 0:
        return None
    if action.choices is not None:
        return tuple(map(str, action.choices))
    metavar = str(action.metavar or "")
    if action.type is Path or metavar.startswith("FILE"):
        return FILE
    return PROFILE if metavar == "PROFILE" else TEXT


def _one_line(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    if not action.help or action.help == argparse.SUPPRESS:
        return ""
    return " ".join((action.help % {**vars(action), "prog": parser.prog}).split())
