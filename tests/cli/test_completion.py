"""Shell completion, tested in bash, zsh and fish."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import Home, Process, Program, TerminalProgram
from tests.tools import need_tool
from tui_auth.cli.commands.completion import Completions, complete
from tui_auth.cli.help import COMMANDS


def write_profiles(home: Home) -> None:
    """Write two profiles; the name of the second is a command substitution."""
    home.write_config('[profiles.acme]\nclient_id = "c"\n[profiles."$(touch pwned)"]\nclient_id = "c"\n')


@pytest.fixture
def process_on_path(process: Process) -> Process:
    """Return the program on PATH, with profiles and a file."""
    folder = process.home / "bin"
    folder.mkdir()
    launcher = folder / "tui-auth"
    launcher.write_text(f'#!/bin/sh\nexec {shlex.join(process.command())} "$@"\n')
    launcher.chmod(0o755)
    process.environment["PATH"] = f"{folder}{os.pathsep}{process.environment['PATH']}"
    write_profiles(process)
    (process.folder / "a file.json").write_text("")
    return process


def write_script(process: Process, shell: str) -> Path:
    """Write a shell's completion script to a file and return its path."""
    result = process.run("completion", shell)
    assert (result.returncode, result.stderr) == (0, "")
    path = process.home / f"completion.{shell}"
    path.write_text(result.stdout)
    return path


@pytest.fixture
def bash(process_on_path: Process) -> Callable[..., list[str]]:
    """Return a function that returns bash's completions of the last word."""
    need_tool("bash")
    path = shlex.quote(str(write_script(process_on_path, "bash")))

    def complete(*words: str) -> list[str]:
        line = (
            f"source {path}\nCOMP_WORDS=({shlex.join(words)})\n"
            f"COMP_CWORD={len(words) - 1}\n_tui_auth\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        )
        result = process_on_path.run_command(["bash", "--norc", "-c", line], check=True)
        return [line for line in result.stdout.splitlines() if line]

    return complete


def test_every_command_has_its_help_summary() -> None:
    assert complete([""]).words == {name: summary for name, (_, summary) in COMMANDS.items()}


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("profile import ", Completions("files", {})),
        ("profile import --name ", Completions("words", {})),
        ("sign-in --trace=", Completions("files", {})),
        ("--plain --password-file ", Completions("files", {})),
        ("completion ", Completions("words", {"bash": "", "zsh": "", "fish": ""})),
        ("no-such-command ", Completions("words", {})),
        ("exec --type id -- make ", Completions("command", {}, 4)),
        ("exec make ", Completions("command", {}, 1)),
        ("exec ma", Completions("command", {}, 1)),
    ],
)
def test_last_word_is_completed_by_its_place(line: str, completions: Completions) -> None:
    assert complete(line.split(" ")) == completions


def test_flags_have_their_help_and_subcommands_their_summary() -> None:
    flags = complete(["profile", "remove", "-"]).words
    assert list(flags) == ["-h", "--help"]
    assert complete(["doctor", "--j"]).words["--json"] == "print JSON"
    assert complete(["profile", ""]).words["remove"] == "remove a profile"


def test_bash_completes_commands_flags_choices_files_and_profiles(bash: Callable[..., list[str]]) -> None:
    assert bash("tui-auth", "pro") == ["profile"]
    assert bash("tui-auth", "--vers") == ["--version"]
    assert bash("tui-auth", "--user-p") == ["--user-pool-id"]
    assert bash("tui-auth", "profile", "i") == ["import"]
    assert bash("tui-auth", "profile", "show", "--or") == ["--origin"]
    assert bash("tui-auth", "sign-in", "--auth-flow", "CUSTOM_") == [
        "CUSTOM_WITH_SRP",
        "CUSTOM_WITHOUT_SRP",
    ]
    assert bash("tui-auth", "doctor", "--profile", "ac") == ["acme"]
    assert bash("tui-auth", "profile", "remove", "ac") == ["acme"]
    assert bash("tui-auth", "profile", "import", "a f") == ["a file.json"]
    assert bash("tui-auth", "completion", "z") == ["zsh"]
    assert bash("tui-auth", "doctor", "--auth-flow", "USER_P") == ["USER_PASSWORD_AUTH"]
    # Bash lists a command once for each folder of PATH that has it.
    assert set(bash("tui-auth", "exec", "--", "tui-au")) == {"tui-auth"}
    assert bash("tui-auth", "exec", "--", "tui-auth", "a f") == ["a file.json"]
    assert set(bash("tui-auth", "exec", "--type", "id", "--", "tui-au")) == {"tui-auth"}


def test_profile_name_is_never_executed(process_on_path: Process, bash: Callable[..., list[str]]) -> None:
    names = bash("tui-auth", "--profile", "")
    assert names == ["acme", "\\$\\(touch\\ pwned\\)"]
    assert not (process_on_path.folder / "pwned").exists()


def test_bash_completes_after_an_equals_sign_and_names_with_spaces(
    process_on_path: Process, bash: Callable[..., list[str]]
) -> None:
    # Bash passes = as a word and keeps the quotes.
    assert bash("tui-auth", "--profile", "=", "ac") == ["acme"]
    assert bash("tui-auth", "--profile", "=")[0] == "acme"
    assert bash("tui-auth", "doctor", "--auth-flow", "=", "USER_P") == ["USER_PASSWORD_AUTH"]
    with process_on_path.config.open("a") as config:
        config.write('[profiles."my pool"]\nclient_id = "c"\n')
    assert bash("tui-auth", "--profile", "my\\ p") == ["my\\ pool"]
    assert bash("tui-auth", "--profile", '"my p') == ["my pool"]


def test_name_with_control_characters_is_not_completed(program: Program) -> None:
    write_profiles(program)
    with program.config.open("a") as config:
        config.write('[profiles."a\\u001b]0;x\\u0007"]\nclient_id = "c"\n')
    assert program.run("profile", "list", "--names").stdout == "acme\n$(touch pwned)\n"


def test_fish_completes_commands_flags_choices_and_profiles(process_on_path: Process) -> None:
    need_tool("fish")
    path = write_script(process_on_path, "fish")

    def complete(line: str) -> list[str]:
        program = f"source {shlex.quote(str(path))}; complete -C {shlex.quote(line)}"
        result = process_on_path.run_command(["fish", "--no-config", "-c", program], check=True)
        return [line.split("\t")[0] for line in result.stdout.splitlines()]

    assert complete("tui-auth pro") == ["profile"]
    assert complete("tui-auth --user-p") == ["--user-pool-id"]
    assert complete("tui-auth profile i") == ["import"]
    assert complete("tui-auth profile show --or") == ["--origin"]
    assert complete("tui-auth sign-in --auth-flow CUSTOM_") == ["CUSTOM_WITHOUT_SRP", "CUSTOM_WITH_SRP"]
    assert complete("tui-auth doctor --profile ac") == ["acme"]
    assert complete("tui-auth profile remove ac") == ["acme"]
    assert complete("tui-auth --profile=ac") == ["--profile=acme"]
    assert complete("tui-auth exec --profile ac") == ["acme"]
    # The first word is a command, not a file; the command's own completion does the rest.
    assert "tui-auth" in complete("tui-auth exec -- tui-au")
    assert not {"a file.json", "--username"} & set(complete("tui-auth exec -- "))
    assert {"sh", "tui-auth"} <= set(complete("tui-auth exec -- "))
    assert complete("tui-auth exec --type id -- cat a") == ["a file.json"]
    assert complete("tui-auth exec -- tui-auth profile imp") == ["import"]
    assert complete("tui-auth exec -- tui-auth --user-p") == ["--user-pool-id"]
    assert not (process_on_path.folder / "pwned").exists()


def test_zsh_completes_commands_flags_choices_and_profiles(
    process_on_path: Process, terminal_program: TerminalProgram
) -> None:
    need_tool("zsh")
    path = write_script(process_on_path, "zsh")
    with terminal_program.on_a_terminal(
        command=["zsh", "-f", "-i"], variables=process_on_path.environment
    ) as shell:
        shell.send(
            f"PS1='> '; autoload -U compinit; compinit -u -D; source {shlex.quote(str(path))}; clear\n"
        )
        shell.wait_for(lambda screen: screen.screen_text().startswith(">\n"))
        for text, completed in (
            ("tui-auth prof", "tui-auth profile "),
            ("tui-auth --user-p", "tui-auth --user-pool-id "),
            ("tui-auth profile imp", "tui-auth profile import "),
            ("tui-auth profile show --or", "tui-auth profile show --origin "),
            ("tui-auth completion z", "tui-auth completion zsh "),
            ("tui-auth doctor --profile ac", "tui-auth doctor --profile acme "),
            ("tui-auth doctor --profile=ac", "tui-auth doctor --profile=acme "),
            ("tui-auth --profile=ac", "tui-auth --profile=acme "),
            ("tui-auth doctor --auth-flow=USER_P", "tui-auth doctor --auth-flow=USER_PASSWORD_AUTH "),
            ("tui-auth exec -- tui-au", "tui-auth exec -- tui-auth "),
            ("tui-auth exec --type id -- cat a", "tui-auth exec --type id -- cat a\\ file.json "),
            ("tui-auth exec -- tui-auth profile imp", "tui-auth exec -- tui-auth profile import "),
            ("tui-auth exec cat a", "tui-auth exec cat a\\ file.json "),
            ("tui-auth exec --user-p", "tui-auth exec --user-pool-id "),
        ):
            shell.send(text + "\t")
            shell.wait_for("> " + completed)
            shell.press("ctrl+u")
            shell.wait_gone(completed.strip())
            assert "_set_command" not in shell.screen_text()
    assert not (process_on_path.folder / "pwned").exists()
