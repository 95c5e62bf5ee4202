"""Session commands on a terminal: they sign in first if there is no session."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags

StoredSession = dict[str, str]


def _credentials(out: str, stored: StoredSession) -> bool:
    return bool(json.loads(out)["SessionToken"])


def _exec_credential(out: str, stored: StoredSession) -> bool:
    return bool(json.loads(out)["status"]["token"] == stored["id_token"])


@pytest.mark.parametrize(
    ("arguments", "command", "is_expected"),
    [
        (["header"], [], lambda out, stored: out == f"Authorization: Bearer {stored['access_token']}\n"),
        (
            ["exec"],
            ["--", "printenv", "ACCESS_TOKEN"],
            lambda out, stored: out == f"{stored['access_token']}\n",
        ),
        (["aws-credentials", "--format", "json"], [], _credentials),
        (["kube-credential"], [], _exec_credential),
    ],
    ids=["header", "exec", "aws-credentials", "kube-credential"],
)
def test_command_signs_in_first_and_writes_only_its_output_to_stdout(
    machine: Machine,
    terminal_program: TerminalProgram,
    arguments: list[str],
    command: list[str],
    is_expected: Callable[[str, StoredSession], bool],
) -> None:
    choice = machine.add_identity_pool(machine.create_client())
    machine.create_user()
    pool = [*pool_flags(choice), "--identity-pool-id", choice.identity_pool_id or ""]
    all_arguments = [*arguments, *pool, "--plain", "--storage", "file", *command]
    with terminal_program.on_a_terminal(*all_arguments, stdout=machine.home / "out") as program:
        program.wait_for("Username:")
        program.send("ann\r")
        program.wait_for("Password:")
        program.send(f"{PASSWORD}\r")
        assert program.wait_exit() == 0
        assert program.screen_text().rstrip().endswith("Signed in as ann.")
    assert is_expected((machine.home / "out").read_text(), machine.read_session_file())


def test_status_and_sign_out_print_for_humans_on_a_terminal(
    machine: Machine, terminal_program: TerminalProgram
) -> None:
    stored = machine.sign_in()
    for arguments, text in ((["status"], "Signed in as  ann"), (["sign-out"], "Signed out ann.")):
        with terminal_program.on_a_terminal(*arguments) as program:
            assert program.wait_exit() == 0
            assert text in program.screen_text()
    assert not machine.is_accepted(stored.record.access_token.reveal())


@pytest.mark.parametrize("kind", [("--plain",), ()])
def test_session_is_found_by_the_typed_alias(
    machine: Machine, terminal_program: TerminalProgram, kind: tuple[str, ...]
) -> None:
    pool = machine.server.call("CreateUserPool", {"PoolName": "aliases", "AliasAttributes": ["email"]})
    machine.user_pool_id = pool["UserPool"]["Id"]
    email = {"Name": "email", "Value": "ann@example.com"}
    machine.create_user(UserAttributes=[email, {"Name": "email_verified", "Value": "true"}])
    arguments = ["token", *pool_flags(machine.create_client()), *kind, "--storage", "file"]
    with terminal_program.on_a_terminal(*arguments, stdout=machine.home / "out") as program:
        program.wait_for("Username")
        program.send("ann@example.com\r")
        program.wait_for("Password")
        program.send(f"{PASSWORD}\r")
        assert program.wait_exit() == 0
    assert (machine.read_session_file()["username"], machine.read_session_file()["signed_in_as"]) == (
        "ann",
        "ann@example.com",
    )
    assert machine.run("token", "--username", "ann@example.com").returncode == 0
