"""``tui-auth completion``: print the completion script of bash, zsh or fish.

A script passes the words on the command line to ``tui-auth completion SHELL -- WORD…``, which prints what the
last one can be. So each script only knows its shell, and an update of tui-auth needs no new script.
"""

from __future__ import annotations

import re
from argparse import REMAINDER, SUPPRESS, Action, ArgumentParser, Namespace, _SubParsersAction
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tui_auth.cli.help import COMMANDS, PROGRAM
from tui_auth.cli.main import DEFAULT_COMMAND
from tui_auth.cli.output import write_out
from tui_auth.config.profiles import load_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = (
    "Prints a completion script for bash, zsh or fish. The script asks tui-auth for the completions."
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = _DESCRIPTION
    parser.add_argument("shell", choices=SHELLS, metavar="|".join(SHELLS), help="the shell")
    words = parser.add_argument("words", nargs=REMAINDER, help=SUPPRESS)
    words.required = False  # else argparse lists it where the shell is missing


def run(arguments: Namespace) -> int:
    """Print the script, or the completions of a command line; 0, or 1 if stdout can't take it."""
    if not arguments.words:
        return write_out(_SCRIPTS[arguments.shell])
    words = arguments.words[1:] if arguments.words[0] == "--" else arguments.words
    return write_out("\n".join(_FORMATS[arguments.shell](words)) + "\n")


@dataclass(frozen=True)
class Completions:
    """What the last word of a command line can be.

    Attributes:
        kind: ``words`` for the ones listed, ``files``, or ``command`` for what another command completes.
        words: The words and their descriptions.
        position: How many words come before the other command.
    """

    kind: str
    words: Mapping[str, str]
    position: int = 0


def complete(words: Sequence[str]) -> Completions:
    """Return the completions of the last of the words that follow ``tui-auth``."""
    *before, current = words
    if not before and not current.startswith("-"):
        return Completions("words", {name: summary for name, (_, summary) in COMMANDS.items()})
    has_command = bool(before) and not before[0].startswith("-")
    name = before[0] if has_command else DEFAULT_COMMAND
    if name not in COMMANDS:
        return Completions("words", {})
    parser = ArgumentParser(prog=f"{PROGRAM} {name}")
    import_module(f"tui_auth.cli.commands.{COMMANDS[name][0]}").add_arguments(parser)
    completions = _complete_arguments(parser, before, current, begin=int(has_command))
    if not before:
        completions = Completions(
            "words", {**completions.words, "--version": "print what a bug report needs"}
        )
    return completions


def _complete_arguments(
    parser: ArgumentParser, before: Sequence[str], current: str, *, begin: int
) -> Completions:
    flags = {name: action for action in parser._actions for name in action.option_strings}
    arguments = [action for action in parser._actions if not action.option_strings]
    pending: Action | None = None
    for position, word in enumerate(before[begin:], begin):
        if pending is not None:
            pending = None
        elif word.startswith("-") and word != "--":
            takes_value = "=" not in word and word in flags and flags[word].nargs != 0
            pending = flags[word] if takes_value else None
        elif arguments:
            argument = arguments.pop(0)
            if argument.nargs == REMAINDER:
                dashes = before.index("--", position) + 1 if "--" in before[position:] else position
                return Completions("command", {}, dashes)
            if isinstance(argument, _SubParsersAction) and word in argument.choices:
                return _complete_arguments(argument.choices[word], before, current, begin=position + 1)
    flag, equals, _ = current.partition("=")
    if pending is None and equals:
        pending = flags.get(flag)
    if pending is None and arguments and not current.startswith("-"):
        pending = arguments[0]
    if pending is not None and pending.nargs == REMAINDER and current:
        return Completions("command", {}, len(before))
    if pending is not None and pending.nargs != REMAINDER:
        return _complete_value(pending)
    visible = {name: action for name, action in flags.items() if action.help != SUPPRESS}
    return Completions("words", {name: _describe(action, parser) for name, action in visible.items()})


def _complete_value(action: Action) -> Completions:
    metavar, words = str(action.metavar or ""), dict[str, str]()
    if isinstance(action, _SubParsersAction):
        words = {choice.dest: choice.help or "" for choice in action._choices_actions}
    elif action.choices is not None:
        words = dict.fromkeys(map(str, action.choices), "")
    elif metavar == "PROFILE":
        words = dict.fromkeys(load_profiles().printable_names, "")
    elif action.type is Path or metavar.startswith("FILE"):
        return Completions("files", {})
    return Completions("words", words)


def _describe(action: Action, parser: ArgumentParser) -> str:
    return " ".join(((action.help or "") % {**vars(action), "prog": parser.prog}).split())


def _format_for_bash(words: Sequence[str]) -> Iterator[str]:
    """Yield the kind and the words that begin like the last one, which may be quoted."""
    # Bash passes the = of --flag=value as a word.
    words = re.sub(r"\0=(\0|$)", "=", "\0".join(words)).split("\0")
    completions, current = complete(words), words[-1].rpartition("=")[2]
    start = current[1:] if current[:1] in ("'", '"') else current.replace("\\", "")
    is_argument = completions.kind == "command" and completions.position < len(words) - 1
    yield "files" if is_argument else completions.kind
    yield from (word for word in completions.words if word.startswith(start))


def _format_for_zsh(words: Sequence[str]) -> Iterator[str]:
    completions = complete(words)
    yield f"{completions.kind} {completions.position}"
    for word, description in completions.words.items():
        yield ":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in (word, description) if part)


def _format_for_fish(words: Sequence[str]) -> Iterator[str]:
    completions = complete(words)
    yield f"{completions.kind} {completions.position}"
    flag = re.match("--[^=]*=", words[-1])
    for word, description in completions.words.items():
        yield f"{flag[0] if flag else ''}{word}\t{description}"


_FORMATS = {"bash": _format_for_bash, "zsh": _format_for_zsh, "fish": _format_for_fish}

_BASH = r"""# bash completion for tui-auth

_tui_auth() {
    local kind word current=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    {
        read -r kind
        while IFS= read -r word; do
            [[ $current == [\"\']* ]] || printf -v word %q "$word"
            COMPREPLY+=("$word")
        done
    } < <("${COMP_WORDS[0]}" completion bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [[ $kind == command ]]; then
        COMPREPLY=($(compgen -c -- "$current"))
    elif [[ $kind == files ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${current#=}")
    fi
}

complete -F _tui_auth tui-auth
"""

_ZSH = r"""#compdef tui-auth
# zsh completion for tui-auth

_tui_auth() {
  local -a described kind
  described=("${(@f)$(tui-auth completion zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind=(${=described[1]})
  shift described
  case $kind[1] in
    (words)
      compset -P '--*='
      _describe -t values value described ;;
    (files)
      compset -P '--*='
      _files ;;
    (command)
      shift $(( kind[2] + 1 )) words
      (( CURRENT -= kind[2] + 1 ))
      _normal ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _tui_auth "$@"
else
  compdef _tui_auth tui-auth
fi
"""

_FISH = r"""# fish completion for tui-auth

function __tui_auth_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -e words[1]
    set -l lines (tui-auth completion fish -- $words "$current" 2>/dev/null)
    set -l kind (string split ' ' -- $lines[1])
    set -e lines[1]
    switch "$kind[1]"
        case words
            string join -- \n $lines
        case files
            set -l flag (string match -r -- '^--[^=]*=' "$current")
            string join -- \n "$flag"(__fish_complete_path (string replace -- "$flag" '' "$current"))
        case command
            test $kind[2] -gt 0; and set -e words[1..$kind[2]]
            complete -C (string join ' ' -- (string escape -- $words) "$current")
    end
end

complete -c tui-auth -f -a '(__tui_auth_complete)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
