"""What stands in the way of a token: one line on stderr, nothing on stdout, and the right exit status."""

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
def test_invalid_usage_is_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.sign_in()
    ran = machine.run("token", *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr.startswith("tui-auth token: ")


def test_without_a_session_or_a_terminal_it_is_4_and_one_line(machine: Machine) -> None:
    ran = machine.run("token", *pool_flags(machine.create_client()))
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr == "tui-auth: Not signed in. Run tui-auth sign-in.\n"


def test_a_session_that_cognito_has_ended_is_4_and_forgotten(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next(
        "GetTokensFromRefreshToken", "NotAuthorizedException", "Refresh Token has expired"
    )
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.startswith("tui-auth: The session has ended.")
    assert ran.stderr.count("\n") == 1
    assert not list(machine.state_folder.glob("?" * 64 + ".json"))


def test_a_network_that_is_down_is_7_and_the_session_stays(machine: Machine) -> None:
    kept = machine.sign_in(aged=AGED)
    before = machine.read_session_file()
    machine.server.stop()
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (7, "")
    assert ran.stderr.count("\n") == 1
    assert machine.read_session_file() == before
    assert kept.record.refresh_token


def test_a_reply_that_is_cut_off_is_7_and_the_session_stays(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.drop_next("GetTokensFromRefreshToken")
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (7, "", 1)
    assert "Enter" not in ran.stderr
    assert machine.run("token").returncode == 0


def test_a_throttled_refresh_is_8(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next("GetTokensFromRefreshToken", "TooManyRequestsException", "Rate exceeded")
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (8, "", 1)


def test_an_error_that_does_not_end_the_session_is_5(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next("GetTokensFromRefreshToken", "UserLambdaValidationException", "\x1b[2Jnot today")
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (5, "", 1)
    assert "not today" in ran.stderr
    assert "\x1b" not in ran.stderr
    assert machine.read_session_file()


def test_a_missing_client_secret_is_3(machine: Machine, tmp_path: Path) -> None:
    choice = replace(machine.create_client(), client_secret_file=tmp_path / "gone")
    machine.sign_in(choice, machine.create_user(), aged=AGED)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
    assert "gone" in ran.stderr


def test_a_session_file_open_to_others_is_9_with_the_command_that_closes_it(
    machine: Machine, process: Process
) -> None:
    machine.sign_in()
    machine.session_file().chmod(0o644)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (9, "", 1)
    command = ran.stderr.rstrip().partition("Close it: ")[2]
    process.run_command(["sh", "-c", command], check=True)
    assert machine.run("token").returncode == 0


@pytest.mark.parametrize("harm", ["{}", "[]", "nonsense", '{"version": 1}', "[" * 50_000], ids=range(5))
def test_an_invalid_session_file_is_9_with_the_command_that_removes_it(machine: Machine, harm: str) -> None:
    machine.sign_in()
    machine.session_file().write_text(harm)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (9, "", 1)
    remove, path = shlex.split(ran.stderr.rstrip().partition("Remove it: ")[2])
    assert remove == "rm"
    Path(path).unlink()
    assert machine.run("token").returncode == 4


def test_a_session_of_a_later_version_is_left_alone(machine: Machine) -> None:
    machine.sign_in()
    later = json.dumps(machine.read_session_file() | {"version": 2})
    machine.session_file().write_text(later)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (9, "")
    assert "left alone" in ran.stderr
    assert machine.session_file().read_text() == later


@pytest.mark.parametrize("where", ["closed", "full", "gone"])
def test_a_stdout_that_cannot_be_written_causes_no_traceback(
    machine: Machine, process: Process, where: str
) -> None:
    need_tool("bash")
    machine.sign_in()
    command = shlex.join(process.command("token"))
    shell = {"closed": f"{command} >&-", "full": f"{command} >/dev/full", "gone": f"{command} | true"}[where]
    ran = process.run_command(["bash", "-c", f"{shell}; echo ${{PIPESTATUS[0]}} >&2"])
    assert ran.stderr.splitlines()[-1] in {"closed": "1", "full": "1", "gone": "01"}[where]
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


def test_a_signal_during_a_refresh_waits_for_the_new_tokens(machine: Machine, process: Process) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user(), aged=AGED)
    before = machine.read_session_file()
    asked, go_on = os.pipe(), os.pipe()
    real = machine.server.call_over_http

    def slow(service: str, operation: str, params: object) -> object:
        if operation == "GetTokensFromRefreshToken":
            os.write(asked[1], b".")
            os.read(go_on[0], 1)
        return real(service, operation, params)

    machine.server.call_over_http = slow  # type: ignore[method-assign, assignment]
    running = process.start(process.command("token"))
    os.read(asked[0], 1)
    running.send_signal(signal.SIGTERM)
    os.write(go_on[1], b".")
    running.communicate(timeout=PROCESS_SECONDS)
    for descriptor in (*asked, *go_on):
        os.close(descriptor)
    assert running.returncode == -signal.SIGTERM
    assert machine.read_session_file()["refresh_token"] != before["refresh_token"]
    assert machine.run("token").returncode == 0


WAITS_FOR_EVER = """
import sys
from tui_auth.auth import gateway
gateway.READ_TIMEOUT_SECONDS = gateway.DEADLINE_SECONDS = 10_000
from tui_auth.cli.main import main
sys.exit(main())
"""
"""The program, which waits longer for an answer than any test does."""


def test_ctrl_c_does_not_wait_for_a_pool_that_never_answers(machine: Machine, process: Process) -> None:
    machine.sign_in(aged=AGED)
    port = int((machine.read_session_file()["endpoint"]).rpartition(":")[2])
    machine.server.stop()
    with socket.create_server(("127.0.0.1", port)) as silent:
        running = process.start([sys.executable, "-c", WAITS_FOR_EVER, "token"])
        connection, _ = silent.accept()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PROCESS_SECONDS)
        connection.close()
    assert running.returncode == 130
