"""Errors of ``tui-auth token``: one line on stderr, nothing on stdout, and the right exit status."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs import PROCESS_SECONDS, Process
from tests.session.machine import ROTATION, Machine, pool_flags
from tests.tools import need_tool

AGED = 3590.0


@pytest.mark.parametrize(
    "arguments", [("--type", "refresh"), ("--min-ttl", "soon"), ("--min-ttl",), ("--no-such-flag",)]
)
def test_invalid_usage_exits_with_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.sign_in()
    result = machine.run("token", *arguments)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("tui-auth token: ")


def test_without_a_session_or_terminal_it_exits_with_4(machine: Machine) -> None:
    result = machine.run("token", *pool_flags(machine.create_client()))
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr == "tui-auth: Not signed in. Run `tui-auth sign-in`.\n"


def test_ended_session_exits_with_4_and_is_deleted(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next(
        "GetTokensFromRefreshToken", "NotAuthorizedException", "Refresh Token has expired"
    )
    result = machine.run("token")
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr.startswith("tui-auth: The session has ended.")
    assert result.stderr.count("\n") == 1
    assert not list(machine.state_folder.glob("?" * 64 + ".json"))


def test_unreachable_network_exits_with_7_and_keeps_the_session(machine: Machine) -> None:
    session = machine.sign_in(aged=AGED)
    original = machine.read_session_file()
    machine.server.stop()
    result = machine.run("token")
    assert (result.returncode, result.stdout) == (7, "")
    assert result.stderr.count("\n") == 1
    assert machine.read_session_file() == original
    assert session.record.refresh_token


def test_truncated_reply_exits_with_7_and_keeps_the_session(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.drop_next("GetTokensFromRefreshToken")
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (7, "", 1)
    assert "Enter" not in result.stderr
    assert machine.run("token").returncode == 0


def test_throttled_refresh_exits_with_8(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next("GetTokensFromRefreshToken", "TooManyRequestsException", "Rate exceeded")
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (8, "", 1)


def test_error_that_does_not_end_the_session_exits_with_5(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next("GetTokensFromRefreshToken", "UserLambdaValidationException", "\x1b[2Jnot today")
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (5, "", 1)
    assert "not today" in result.stderr
    assert "\x1b" not in result.stderr
    assert machine.read_session_file()


def test_missing_client_secret_exits_with_3(machine: Machine, tmp_path: Path) -> None:
    choice = replace(machine.create_client(), client_secret_file=tmp_path / "gone")
    machine.sign_in(choice, machine.create_user(), aged=AGED)
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (3, "", 1)
    assert "gone" in result.stderr


def test_session_file_open_to_others_exits_with_9_and_chmod_advice(
    machine: Machine, process: Process
) -> None:
    machine.sign_in()
    machine.session_file().chmod(0o644)
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (9, "", 1)
    command = result.stderr.rstrip().partition("Make it private: ")[2]
    process.run_command(["sh", "-c", command], check=True)
    assert machine.run("token").returncode == 0


@pytest.mark.parametrize("content", ["{}", "[]", "nonsense", '{"version": 1}', "[" * 50_000], ids=range(5))
def test_invalid_session_file_exits_with_9_and_rm_advice(machine: Machine, content: str) -> None:
    machine.sign_in()
    machine.session_file().write_text(content)
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (9, "", 1)
    remove, path = shlex.split(result.stderr.rstrip().partition("Remove it: ")[2])
    assert remove == "rm"
    Path(path).unlink()
    assert machine.run("token").returncode == 4


def test_session_of_a_later_version_is_not_changed(machine: Machine) -> None:
    machine.sign_in()
    later_session = json.dumps(machine.read_session_file() | {"version": 2})
    machine.session_file().write_text(later_session)
    result = machine.run("token")
    assert (result.returncode, result.stdout) == (9, "")
    assert "so it isn't changed" in result.stderr
    assert machine.session_file().read_text() == later_session


@pytest.mark.parametrize("state", ["closed", "full", "unread"])
def test_unwritable_stdout_causes_no_traceback(machine: Machine, process: Process, state: str) -> None:
    need_tool("bash")
    machine.sign_in()
    command = shlex.join(process.command("token"))
    shell = {"closed": f"{command} >&-", "full": f"{command} >/dev/full", "unread": f"{command} | true"}[
        state
    ]
    result = process.run_command(["bash", "-c", f"{shell}; echo ${{PIPESTATUS[0]}} >&2"])
    statuses = {"closed": ("1",), "full": ("1",), "unread": ("0", "141")}  # true may end first
    assert result.stderr.splitlines()[-1] in statuses[state]
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


def test_signal_during_a_refresh_waits_for_the_new_tokens(machine: Machine, process: Process) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user(), aged=AGED)
    original = machine.read_session_file()
    request_pipe, resume_pipe = os.pipe(), os.pipe()
    call_over_http = machine.server.call_over_http

    def call_slowly(service: str, operation: str, params: object) -> object:
        if operation == "GetTokensFromRefreshToken":
            os.write(request_pipe[1], b".")
            os.read(resume_pipe[0], 1)
        return call_over_http(service, operation, params)

    machine.server.call_over_http = call_slowly  # type: ignore[method-assign, assignment]
    running = process.start(process.command("token"))
    os.read(request_pipe[0], 1)
    running.send_signal(signal.SIGTERM)
    os.write(resume_pipe[1], b".")
    running.communicate(timeout=PROCESS_SECONDS)
    for descriptor in (*request_pipe, *resume_pipe):
        os.close(descriptor)
    assert running.returncode == -signal.SIGTERM
    assert machine.read_session_file()["refresh_token"] != original["refresh_token"]
    assert machine.run("token").returncode == 0


PROGRAM_WITHOUT_TIMEOUT = """
import sys
from tui_auth.auth import gateway
gateway.READ_TIMEOUT_SECONDS = gateway.DEADLINE_SECONDS = 10_000
from tui_auth.cli.main import main
sys.exit(main())
"""
"""The program with a timeout longer than any test."""


def test_ctrl_c_does_not_wait_for_an_unresponsive_pool(machine: Machine, process: Process) -> None:
    machine.sign_in(aged=AGED)
    port = int((machine.read_session_file()["endpoint"]).rpartition(":")[2])
    machine.server.stop()
    with socket.create_server(("127.0.0.1", port)) as silent:
        running = process.start([sys.executable, "-c", PROGRAM_WITHOUT_TIMEOUT, "token"])
        connection, _ = silent.accept()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PROCESS_SECONDS)
        connection.close()
    assert running.returncode == 130
