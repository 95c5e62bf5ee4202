"""``tui-auth exec -- CMD``: the command runs in place of the program, with the token in its environment."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import replace

import pytest

from tests.cli.conftest import Replacement
from tests.programs import PROCESS_SECONDS, Process
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file
from tests.tools import need_tool


def test_the_access_token_is_in_the_environment(machine: Machine, process: Process) -> None:
    kept = machine.sign_in()
    ran = process.run("exec", "--", "sh", "-c", 'printf %s "$ACCESS_TOKEN"')
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, kept.record.access_token.reveal(), "")


def test_env_chooses_the_variables(machine: Machine, replaced: Replacement) -> None:
    kept = machine.sign_in()
    assert machine.run("exec", "--env", "A=id", "--env", "B=access", "--", "true").returncode == 0
    tokens = {"A": kept.record.id_token.reveal(), "B": kept.record.access_token.reveal()}
    assert replaced.environment == machine.environ | tokens


COMMAND_LINES = "cat /proc/[0-9]*/cmdline 2>/dev/null; true"


@pytest.mark.parametrize(("puts_it_there", "seen"), [("", False), (' "$ACCESS_TOKEN"', True)])
def test_no_process_has_a_token_in_its_command_line(
    machine: Machine, process: Process, puts_it_there: str, seen: bool
) -> None:
    """The second case puts one there, to show that the search finds it."""
    kept = machine.sign_in()
    script = f"exec sh -c '{COMMAND_LINES}' name{puts_it_there}"
    ran = process.run("exec", "--", "sh", "-c", script)
    assert ran.returncode == 0
    assert "sh" in ran.stdout
    assert (kept.record.access_token.reveal() in ran.stdout) == seen


def test_two_tokens_print_the_note_about_other_sessions_once(machine: Machine, replaced: Replacement) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    kept = machine.sign_in(choice, machine.create_user("ann"))
    record = replace(kept.record, id_expires_at=kept.record.id_expires_at - 3599)
    machine.find_session().store.write(record.key.file_name, record.to_json())
    ran = machine.run("exec", "--env", "A=id", "--env", "B=access", "--", "true")
    assert replaced.command == ["true"]
    assert (ran.returncode, ran.stderr.count("using the session of ann")) == (0, 1)
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_a_sign_in_before_the_command_does_not_change_its_environment_or_limits(
    machine: Machine, process: Process
) -> None:
    """The sign-in forbids core files and removes Textual's variables, for its own process only."""
    machine.create_user()
    password = write_private_file(machine.home / "password", PASSWORD)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    command = process.command(
        *(
            "exec",
            *pool_flags(machine.create_client()),
            "--username",
            "ann",
            "--password-file",
            str(password),
        ),
        *("--", "sh", "-c", "ulimit -S -c; echo $TEXTUAL_LOG"),
    )
    ran = process.run_command(
        command,
        env=process.environment | {"TEXTUAL_LOG": "/a/file"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    before = "unlimited" if hard == resource.RLIM_INFINITY else str(hard // 512)
    if not hard:
        pytest.skip("this machine lets nobody write core files")
    assert ran.stdout.split() == [before, "/a/file"]


def test_the_exit_status_is_that_of_the_command(machine: Machine, process: Process) -> None:
    machine.sign_in()
    for status in (0, 1, 4, 42, 255):
        assert process.run("exec", "--", "sh", "-c", f"exit {status}").returncode == status


def test_arguments_reach_the_command_unchanged(machine: Machine, replaced: Replacement) -> None:
    machine.sign_in()
    command = ["command", "--env", "X=id", "--", "a b", "--help", ""]
    assert machine.run("exec", "--", *command).returncode == 0
    assert replaced.command == command


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_reaches_the_command(machine: Machine, process: Process, number: signal.Signals) -> None:
    need_tool("bash")
    machine.sign_in()
    waiting = f"trap 'echo got; exit 9' {number}; echo ready; while read x; do :; done"
    ready, write = os.pipe()
    running = process.start(process.command("exec", "--", "bash", "-c", waiting), stdin=ready, stderr=None)
    assert running.stdout
    assert running.stdout.readline() == "ready\n"
    running.send_signal(number)
    assert running.stdout.readline() == "got\n"
    assert running.wait(PROCESS_SECONDS) == 9
    os.close(ready)
    os.close(write)


def test_the_caller_sees_which_signal_ended_the_command(machine: Machine, process: Process) -> None:
    machine.sign_in()
    ran = process.run("exec", "--", "sh", "-c", "kill -TERM $$")
    assert ran.returncode == -signal.SIGTERM


def test_a_broken_pipe_ends_the_command(machine: Machine, process: Process) -> None:
    machine.sign_in()
    ran = process.run("exec", "--", "sh", "-c", "grep SigIgn /proc/$$/status")
    assert int(ran.stdout.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_a_missing_command_exits_with_127_and_one_that_cannot_run_with_126(
    machine: Machine, process: Process
) -> None:
    machine.sign_in()
    assert process.run("exec", "--", "no-such-command").returncode == 127
    ran = process.run("exec", "--", str(machine.session_file()))
    assert (ran.returncode, ran.stderr.count("\n")) == (126, 1)


@pytest.mark.parametrize(
    "arguments", [(), ("--",), ("--env", "A", "--", "true"), ("--env", "1=id", "--", "true")]
)
def test_wrong_usage_exits_with_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.sign_in()
    assert machine.run("exec", *arguments).returncode == 2


def test_without_session_and_terminal_it_exits_with_4_and_runs_nothing(machine: Machine) -> None:
    ran = machine.run("exec", *pool_flags(machine.create_client()), "--", "echo", "ran")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (4, "", 1)
