"""The commands of a session, on a terminal: those that need a session begin one first."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.programs import TerminalProgram
from tests.session.machine import PASSWORD, Machine, pool_flags

Kept = dict[str, str]


def _credentials(out: str, kept: Kept) -> bool:
    return bool(json.loads(out)["SessionToken"])


def _exec_credential(out: str, kept: Kept) -> bool:
    return bool(json.loads(out)["status"]["token"] == kept["id_token"])


@pytest.mark.parametrize(
    ("words", "command", "fits"),
    [
        (["header"], [], lambda out, kept: out == f"Authorization: Bearer {kept['access_token']}\n"),
        (["exec"], ["--", "printenv", "ACCESS_TOKEN"], lambda out, kept: out == f"{kept['access_token']}\n"),
        (["aws-credentials", "--format", "json"], [], _credentials),
        (["kube-credential"], [], _exec_credential),
    ],
    ids=["header", "exec", "aws-credentials", "kube-credential"],
)
def test_the_sign_in_comes_first_and_stdout_is_the_commands(
    machine: Machine,
    terminal_program: TerminalProgram,
    words: list[str],
    command: list[str],
    fits: Callable[[str, Kept], bool],
) -> None:
    choice = machine.add_identity_pool(machine.create_client())
    machine.create_user()
    pool = [*pool_flags(choice), "--identity-pool-id", choice.identity_pool_id or ""]
    arguments = [*words, *pool, "--plain", "--storage", "file", *command]
    with terminal_program.on_a_terminal(*arguments, stdout=machine.home / "out") as program:
        program.wait_for("Username:")
        program.send("ann\r")
        program.wait_for("Password:")
        program.send(f"{PASSWORD}\r")
        assert program.wait_exit() == 0
        assert program.screen_text().rstrip().endswith("Signed in as ann.")
    assert fits((machine.home / "out").read_text(), machine.read_session_file())


def test_status_and_sign_out_speak_to_the_person(machine: Machine, terminal_program: TerminalProgram) -> None:
    kept = machine.sign_in()
    for words, said in ((["status"], "Signed in as  ann"), (["sign-out"], "ann: signed out, at Cognito")):
        with terminal_program.on_a_terminal(*words) as program:
            assert program.wait_exit() == 0
            assert said in program.screen_text()
    assert not machine.is_accepted(kept.record.access_token.reveal())


@pytest.mark.parametrize("kind", [("--plain",), ()])
def test_an_alias_that_was_typed_finds_the_session_again(
    machine: Machine, terminal_program: TerminalProgram, kind: tuple[str, ...]
) -> None:
    pool = machine.server.call("CreateUserPool", {"PoolName": "aliases", "AliasAttributes": ["email"]})
    machine.user_pool_id = pool["UserPool"]["Id"]
    email = {"Name": "email", "Value": "ann@example.com"}
    machine.create_user(UserAttributes=[email, {"Name": "email_verified", "Value": "true"}])
    words = ["token", *pool_flags(machine.create_client()), *kind, "--storage", "file"]
    with terminal_program.on_a_terminal(*words, stdout=machine.home / "out") as program:
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
