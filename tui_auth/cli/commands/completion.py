"""``tui-auth completion``: print the completion script of bash, zsh or fish."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.cli.command_help import COMMANDS
from tui_auth.cli.main import DEFAULT_COMMAND, PROGRAM
from tui_auth.cli.output import write_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = (
    "For bash, zsh or fish: prints the script to stdout; it is made of this version's commands and flags."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = _DESCRIPTION
    parser.add_argument(
        "shell", choices=SHELLS, metavar="|".join(SHELLS), help="which shell the script is for"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the script; 0, or 1 if stdout can't take it."""
    write = {"bash": bash, "zsh": zsh, "fish": fish}[arguments.shell]
    return write_out(write(command_lines()))


FILE, PROFILE, TEXT = "file", "profile", "text"
"""The kinds of values beside a word of a list: a file's path, a profile's name, any text."""

Value = str | tuple[str, ...]

_GLOBAL_FLAGS = ("--help", "--version")


@dataclass(frozen=True)
class Flag:
    """One flag under all its names; ``value`` is None if it takes none."""

    names: tuple[str, ...]
    summary: str
    value: Value | None


@dataclass(frozen=True)
class CommandLine:
    """A command or subcommand: the words that call it, its flags, and what its first argument can be."""

    words: tuple[str, ...]
    summary: str
    flags: tuple[Flag, ...]
    argument: Value | None = None
    runs_a_command: bool = False

    @property
    def name(self) -> str:
        """The words as the user types them."""
        return " ".join(self.words)


def command_lines() -> list[CommandLine]:
    lines: list[CommandLine] = []
    for name, (module, summary) in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}")
        import_module(f"tui_auth.cli.commands.{module}").add_arguments(parser)
        lines += lines_of((name,), summary, parser)
    return lines


def lines_of(words: tuple[str, ...], summary: str, parser: argparse.ArgumentParser) -> Iterator[CommandLine]:
    """Yield a command's subcommands, then the command itself."""
    flags, argument, runs_a_command = [], None, False
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, subparser in action.choices.items():
                yield from lines_of((*words, name), summaries.get(name, ""), subparser)
        elif action.option_strings:
            flags.append(Flag(tuple(action.option_strings), _summary(action, parser), _value(action)))
        elif action.nargs in (argparse.REMAINDER, "+", "*") and action.choices is None:
            runs_a_command = True
        elif argument is None:
            argument = _value(action)
    yield CommandLine(words, summary, tuple(flags), argument, runs_a_command)


def bash(lines: Sequence[CommandLine]) -> str:
    """Return the script for bash: ``source <(tui-auth completion bash)``."""
    groups = _groups(lines)
    values: list[str] = []
    for line in lines:
        for kind, names in _flags_by_value(line).items():
            patterns = "|".join(f'"{line.name} {name}"' for name in names)
            values.append(f"        {patterns}) {_bash_value(kind)}; return ;;")
    words: list[str] = []
    for line in lines:
        flags = " ".join(name for flag in line.flags for name in flag.names)
        words.append(f'        "{line.name}")')
        if line.argument and line.argument != TEXT:
            words.append(f"            [[ $cur != -* ]] && {{ {_bash_value(line.argument)}; return; }}")
        words.append(f"            _tui_auth_words {shlex.quote(flags)} ;;")
    return _BASH.format(
        commands=shlex.quote(" ".join((*_first_words(lines), *_GLOBAL_FLAGS))),
        groups="\n".join(
            _BASH_GROUP.format(name=name, below=shlex.quote(" ".join(below)))
            for name, below in groups.items()
        ),
        default=DEFAULT_COMMAND,
        values="\n".join(values),
        words="\n".join(words),
    )


def zsh(lines: Sequence[CommandLine]) -> str:
    """Return the script for zsh: ``_tui-auth`` on ``$fpath``, or ``source <(tui-auth completion zsh)``."""
    summaries = {line.words[0]: line.summary for line in lines if len(line.words) == 1}
    described = [_zsh_described(name, summaries.get(name, "")) for name in _first_words(lines)]
    groups = []
    for name, below in _groups(lines).items():
        descriptions = {
            line.words[1]: line.summary for line in lines if line.words[0] == name and len(line.words) == 2
        }
        inner = "\n".join(f"      {_zsh_described(word, descriptions[word])}" for word in below)
        groups.append(_ZSH_GROUP.format(name=name, below=inner))
    cases = []
    for line in lines:
        specs = [_zsh_spec(flag, name) for flag in line.flags for name in flag.names]
        if line.argument and line.argument != TEXT:
            specs.append(
                shlex.quote(f":{'file' if line.argument == FILE else 'name'}:{_zsh_value(line.argument)}")
            )
        if line.runs_a_command:
            specs.append("'*::command:_tui_auth_command'")
        inner = " \\\n        ".join(specs)
        cases.append(f"    ({shlex.quote(line.name)})\n      _arguments -s \\\n        {inner} ;;")
    return _ZSH.format(
        commands="\n".join(f"    {command}" for command in described),
        groups="\n".join(groups),
        cases="\n".join(cases),
        default=DEFAULT_COMMAND,
    )


def fish(lines: Sequence[CommandLine]) -> str:
    """Return the script for fish: ``tui-auth completion fish | source``."""
    rows = []
    summaries = {line.words[0]: line.summary for line in lines if len(line.words) == 1}
    for name in _first_words(lines):
        rows.append(
            f"complete -c tui-auth -n __tui_auth_at_start -a {name} -d {_quoted(summaries.get(name, ''))}"
        )
    rows.append("complete -c tui-auth -n __tui_auth_at_start -l version -d 'what a bug report needs'")
    for name, below in _groups(lines).items():
        rows.append(f"complete -c tui-auth -n '__tui_auth_is_bare {name}' -a {_quoted(' '.join(below))}")
    for line in lines:
        condition = _quoted(f"__tui_auth_is {line.name}")
        for flag in line.flags:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names
            )
            value = "" if flag.value is None else _fish_value(flag.value)
            rows.append(f"complete -c tui-auth -n {condition} {names}{value} -d {_quoted(flag.summary)}")
        if line.argument and line.argument != TEXT:
            rows.append(f"complete -c tui-auth -n {condition}{_fish_value(line.argument).replace(' -r', '')}")
        if line.runs_a_command:
            condition = _quoted(f"__tui_auth_runs {line.name}")
            rows.append(f"complete -c tui-auth -n {condition} -a '(__tui_auth_command)'")
    groups = " ".join(_groups(lines))
    return _FISH.format(default=DEFAULT_COMMAND, groups=groups, rows="\n".join(rows))


def _value(action: argparse.Action) -> Value | None:
    if action.nargs == 0:
        return None
    if action.choices is not None:
        return tuple(map(str, action.choices))
    metavar = str(action.metavar or "")
    if action.type is Path or metavar.startswith("FILE"):
        return FILE
    return PROFILE if metavar == "PROFILE" else TEXT


def _summary(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    if not action.help or action.help == argparse.SUPPRESS:
        return ""
    return " ".join((action.help % {**vars(action), "prog": parser.prog}).split())


def _first_words(lines: Sequence[CommandLine]) -> list[str]:
    return list(dict.fromkeys(line.words[0] for line in lines))


def _groups(lines: Sequence[CommandLine]) -> dict[str, list[str]]:
    """Return the subcommands of each command that has any."""
    groups: dict[str, list[str]] = {}
    for line in lines:
        if len(line.words) == 2:
            groups.setdefault(line.words[0], []).append(line.words[1])
    return groups


def _flags_by_value(line: CommandLine) -> dict[Value, list[str]]:
    names: dict[Value, list[str]] = {}
    for flag in line.flags:
        if flag.value is not None:
            names.setdefault(flag.value, []).extend(flag.names)
    return names


def _bash_value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"_tui_auth_words {shlex.quote(' '.join(value))}"
    return {FILE: "_tui_auth_files", PROFILE: "_tui_auth_profiles", TEXT: ":"}[value]


def _zsh_value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({' '.join(value)})"
    return {FILE: "_files", PROFILE: "_tui_auth_profiles", TEXT: " "}[value]


def _zsh_described(name: str, summary: str) -> str:
    escaped = summary.replace(":", "\\:")
    return _quoted(f"{name}:{escaped}")


def _zsh_spec(flag: Flag, name: str) -> str:
    summary = flag.summary.translate(str.maketrans("[]", "()", ":"))
    value = "" if flag.value is None else f":{name.lstrip('-')}:{_zsh_value(flag.value)}"
    # With the = zsh accepts the value behind one as well as in the next word.
    joint = "=" if value and name.startswith("--") else ""
    return _quoted(f"{name}{joint}[{summary}]{value}")


def _fish_value(value: Value) -> str:
    if isinstance(value, tuple):
        return f" -x -a {_quoted(' '.join(value))}"
    return {FILE: " -r -F", PROFILE: " -x -a '(__tui_auth_profiles)'", TEXT: " -x"}[value]


def _quoted(text: str) -> str:
    """Quote for bash, zsh and fish alike: single quotes, without an apostrophe or backslash in the text."""
    return "'" + text.replace("\\", "").replace("'", "’") + "'"


_BASH = """\
# bash completion for tui-auth

_tui_auth_words() {{
    COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}}

_tui_auth_lines() {{
    local line begun=$cur quote=
    # What was typed may be quoted, which the names are not.
    case $cur in
        [\\"\\']*) quote=${{cur:0:1}} begun=${{cur:1}} ;;
        *) begun=${{cur//\\\\/}} ;;
    esac
    while IFS= read -r line; do
        [[ $line == "$begun"* ]] || continue
        if [[ -n $quote ]]; then COMPREPLY+=("$line"); else COMPREPLY+=("$(printf %q "$line")"); fi
    done
}}

_tui_auth_profiles() {{
    _tui_auth_lines < <("${{COMP_WORDS[0]}}" profile list --names 2>/dev/null)
}}

_tui_auth_files() {{
    compopt -o filenames 2>/dev/null
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
}}

_tui_auth() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command={default} i
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        _tui_auth_words {commands}
        [[ $cur == -* ]] || return
    fi
    [[ ${{COMP_WORDS[1]}} == -* ]] || command=${{COMP_WORDS[1]}}
    # Bash takes the = of --flag=value for a word of its own.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
{groups}
    for ((i = 2; i < COMP_CWORD; i++)); do
        if [[ ${{COMP_WORDS[i]}} == -- ]]; then
            if ((i == COMP_CWORD - 1)); then COMPREPLY=($(compgen -c -- "$cur")); else _tui_auth_files; fi
            return
        fi
    done
    case "$command $prev" in
{values}
    esac
    case "$command" in
{words}
    esac
}}

complete -F _tui_auth tui-auth
"""

_BASH_GROUP = """\
    if [[ $command == {name} ]]; then
        [[ $COMP_CWORD -eq 2 ]] && {{ _tui_auth_words {below}; return; }}
        command="{name} ${{COMP_WORDS[2]}}"
    fi"""

_ZSH = """\
#compdef tui-auth
# zsh completion for tui-auth

_tui_auth_profiles() {{
  local -a names
  names=(${{(f)"$(tui-auth profile list --names 2>/dev/null)"}})
  compadd -a names
}}

_tui_auth_command() {{
  # What runs is the word behind the dashes, whose own completion knows the rest.
  if (( CURRENT > 1 )) && [[ $words[1] == -- ]]; then
    shift words
    (( CURRENT-- ))
  fi
  _normal
}}

_tui_auth() {{
  local command={default}
  local -a described  # zsh has a table of its own called commands
  described=(
{commands}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command described
    return
  fi
  if [[ $words[2] != -* ]]; then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
{groups}
  case $command in
{cases}
  esac
}}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _tui_auth "$@"
else
  compdef _tui_auth tui-auth
fi
"""

_ZSH_GROUP = """\
  if [[ $command == {name} ]]; then
    if (( CURRENT == 2 )); then
      described=(
{below}
      )
      _describe -t commands command described
      return
    fi
    command="{name} $words[2]"
    shift words
    (( CURRENT-- ))
  fi"""

_FISH = """\
# fish completion for tui-auth

function __tui_auth_words
    set -l words (commandline -opc)
    set -e words[1]
    if not set -q words[1]; or string match -q -- '-*' $words[1]
        set -p words {default}
    end
    string join -- \\n $words
end

function __tui_auth_is
    set -l words (__tui_auth_words)
    contains -- -- $words; and return 1
    set -l length (count $argv)
    test "$words[1..$length]" = "$argv"
end

function __tui_auth_is_bare
    set -l words (__tui_auth_words)
    test "$words" = "$argv"
end

function __tui_auth_runs
    set -l words (__tui_auth_words)
    contains -- -- $words; and test "$words[1]" = "$argv"
end

function __tui_auth_command
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words)
    set -e words[1..$dashes]
    set -l before (string escape -- $words)
    complete -C (string join ' ' -- $before (commandline -ct))
end

function __tui_auth_at_start
    test (count (commandline -opc)) -eq 1
end

function __tui_auth_profiles
    tui-auth profile list --names 2>/dev/null
end

complete -c tui-auth -f
{rows}
"""
