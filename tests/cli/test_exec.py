"""``tui-auth exec -- CMD``: a command replaces the program, with a token in its environment."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import replace

import pytest

from tests.cli.conftest import ExecRecorder
from tests.programs import PROCESS_SECONDS, Process
from tests.session.machine import PASSWORD, Machine, pool_flags, write_private_file
from tests.tools import need_tool


def test_access_token_is_in_the_environment(machine: Machine, process: Process) -> None:
    session = machine.sign_in()
    result = process.run("exec", "--", "sh", "-c", 'printf %s "$ACCESS_TOKEN"')
    assert (result.returncode, result.stdout, result.stderr) == (0, session.record.access_token.reveal(), "")


def test_env_chooses_the_variables(machine: Machine, replaced: ExecRecorder) -> None:
    session = machine.sign_in()
    assert machine.run("exec", "--env", "A=id", "--env", "B=access", "--", "true").returncode == 0
    tokens = {"A": session.record.id_token.reveal(), "B": session.record.access_token.reveal()}
    assert replaced.environment == machine.environ | tokens


COMMAND_LINES = "cat /proc/[0-9]*/cmdline 2>/dev/null; true"


@pytest.mark.parametrize(("argument", "is_visible"), [("", False), (' "$ACCESS_TOKEN"', True)])
def test_no_command_line_contains_a_token(
    machine: Machine, process: Process, argument: str, is_visible: bool
) -> None:
    """The second case passes the token as an argument, to show that the search works."""
    session = machine.sign_in()
    script = f"exec sh -c '{COMMAND_LINES}' name{argument}"
    result = process.run("exec", "--", "sh", "-c", script)
    assert result.returncode == 0
    assert "sh" in result.stdout
    assert (session.record.access_token.reveal() in result.stdout) == is_visible


def test_note_about_other_sessions_is_printed_once(machine: Machine, replaced: ExecRecorder) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    session = machine.sign_in(choice, machine.create_user("ann"))
    record = replace(session.record, id_expires_at=session.record.id_expires_at - 3599)
    machine.find_session().store.write(record.key.file_name, record.to_json())
    result = machine.run("exec", "--env", "A=id", "--env", "B=access", "--", "true")
    assert replaced.command == ["true"]
    assert (result.returncode, result.stderr.count("using the session of ann")) == (0, 1)
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_sign_in_does_not_change_the_commands_environment_or_limits(
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
    result = process.run_command(
        command,
        env=process.environment | {"TEXTUAL_LOG": "/a/file"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
    )
    limit = "unlimited" if hard == resource.RLIM_INFINITY else str(hard // 512)
    if not hard:
        pytest.skip("core files are disabled on this machine")
    assert result.stdout.split() == [limit, "/a/file"]


def test_exit_status_is_the_commands(machine: Machine, process: Process) -> None:
    machine.sign_in()
    for status in (0, 1, 4, 42, 255):
        assert process.run("exec", "--", "sh", "-c", f"exit {status}").returncode == status


def test_arguments_reach_the_command_unchanged(machine: Machine, replaced: ExecRecorder) -> None:
    machine.sign_in()
    command = ["command", "--env", "X=id", "--", "a b", "--help", ""]
    assert machine.run("exec", "--", *command).returncode == 0
    assert replaced.command == command


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signal_reaches_the_command(machine: Machine, process: Process, number: signal.Signals) -> None:
    need_tool("bash")
    machine.sign_in()
    script = f"trap 'echo got; exit 9' {number}; echo ready; while read x; do :; done"
    ready, write = os.pipe()
    running = process.start(process.command("exec", "--", "bash", "-c", script), stdin=ready, stderr=None)
    assert running.stdout
    assert running.stdout.readline() == "ready\n"
    running.send_signal(number)
    assert running.stdout.readline() == "got\n"
    assert running.wait(PROCESS_SECONDS) == 9
    os.close(ready)
    os.close(write)


def test_caller_sees_the_signal_that_ended_the_command(machine: Machine, process: Process) -> None:
    machine.sign_in()
    result = process.run("exec", "--", "sh", "-c", "kill -TERM $$")
    assert result.returncode == -signal.SIGTERM


def test_broken_pipe_ends_the_command(machine: Machine, process: Process) -> None:
    machine.sign_in()
    result = process.run("exec", "--", "sh", "-c", "grep SigIgn /proc/$$/status")
    assert int(result.stdout.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_missing_command_exits_with_127_and_unexecutable_one_with_126(
    machine: Machine, process: Process
) -> None:
    machine.sign_in()
    assert process.run("exec", "--", "no-such-command").returncode == 127
    result = process.run("exec", "--", str(machine.session_file()))
    assert (result.returncode, result.stderr.count("\n")) == (126, 1)


def test_script_with_a_missing_interpreter_is_reported_as_such(machine: Machine, process: Process) -> None:
    machine.sign_in()
    script = process.folder / "deploy"
    script.write_text("#!/no/such/interpreter -x\n")
    script.chmod(0o755)
    for command, path in ((str(script), "/usr/bin"), ("deploy", str(process.folder))):
        result = process.run("exec", "--", command, PATH=path)
        assert (result.returncode, result.stdout) == (126, "")
        assert f"{command} can't run: its interpreter /no/such/interpreter doesn't exist." in result.stderr


def test_script_without_an_interpreter_runs_in_the_shell(machine: Machine, process: Process) -> None:
    session = machine.sign_in()
    script = process.folder / "deploy"
    script.write_text('echo "$1 $ACCESS_TOKEN"\nexit 7\n')
    script.chmod(0o755)
    for command, path in (("./deploy", "/usr/bin"), ("deploy", str(process.folder))):
        result = process.run("exec", "--", command, "to", PATH=path)
        assert (result.returncode, result.stderr) == (7, "")
        assert result.stdout == f"to {session.record.access_token.reveal()}\n"


def test_binary_file_of_another_machine_is_not_run_by_the_shell(machine: Machine, process: Process) -> None:
    machine.sign_in()
    program = process.folder / "program"
    program.write_bytes(b"\x7fELF\0\0echo ran\n")
    program.chmod(0o755)
    result = process.run("exec", "--", str(program))
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (126, "", 1)


def test_control_characters_of_a_command_are_made_visible(machine: Machine, process: Process) -> None:
    machine.sign_in()
    script = process.folder / "a\x1b]0;x\x07"
    script.write_text("#!/no/\x1b[2J\n")
    script.chmod(0o755)
    for command in (f"./{script.name}", "b\x1b[2J"):
        result = process.run("exec", "--", command)
        assert result.returncode in (126, 127)
        assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("--",), ("--env", "A", "--", "true"), ("--env", "1=id", "--", "true")]
)
def test_wrong_usage_exits_with_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.sign_in()
    assert machine.run("exec", *arguments).returncode == 2


def test_without_a_session_or_terminal_it_exits_with_4(machine: Machine) -> None:
    result = machine.run("exec", *pool_flags(machine.create_client()), "--", "echo", "ran")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1)
