"""``tui-auth token`` and ``tui-auth header``, without a terminal."""

from __future__ import annotations

import json
import re
import shlex
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.programs import PROCESS_SECONDS, Process
from tests.session.machine import PASSWORD, ROTATION, Machine, pool_flags, write_private_file
from tests.tools import need_tool

AGED = 3590.0


def test_only_the_token_is_on_stdout(machine: Machine) -> None:
    session = machine.sign_in()
    result = machine.run("token")
    assert (result.returncode, result.stdout, result.stderr) == (
        0,
        f"{session.record.access_token.reveal()}\n",
        "",
    )


def test_type_id_prints_the_id_token(machine: Machine) -> None:
    session = machine.sign_in()
    assert machine.run("token", "--type", "id").stdout == f"{session.record.id_token.reveal()}\n"
    assert machine.run("token", "--type=id").stdout == f"{session.record.id_token.reveal()}\n"


def test_header_prints_the_authorization_header(machine: Machine) -> None:
    session = machine.sign_in()
    result = machine.run("header")
    expected = f"Authorization: Bearer {session.record.access_token.reveal()}\n"
    assert (result.returncode, result.stdout, result.stderr) == (0, expected, "")


@pytest.mark.parametrize("command", ["token", "header"])
def test_token_about_to_expire_is_refreshed(machine: Machine, command: str) -> None:
    session = machine.sign_in(aged=AGED)
    result = machine.run(command)
    assert result.returncode == 0
    assert session.record.access_token.reveal() not in result.stdout
    assert machine.read_session_file()["access_token"] in result.stdout
    assert machine.is_accepted(result.stdout.split()[-1])


def test_curl_reads_the_header_from_a_pipe(machine: Machine, process: Process) -> None:
    need_tool("curl")
    session = machine.sign_in()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        line = f"{shlex.join(process.command('header'))} | curl -s -H @- {url}"
        pipe = process.start(["sh", "-c", line], stderr=None)
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as request:
            lines = [line.decode().strip() for line in iter(request.readline, b"\r\n")]
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody")
        assert pipe.communicate(timeout=PROCESS_SECONDS)[0] == "body"
    assert f"Authorization: Bearer {session.record.access_token.reveal()}" in lines


def test_slow_and_fast_paths_print_the_same(machine: Machine) -> None:
    machine.sign_in()
    fast = machine.run("token", "--min-ttl", "5m")
    slow = machine.run("token", "--min-ttl", "5m", "--username", "ann")
    assert fast.stdout == slow.stdout != ""


@pytest.mark.parametrize("time", ["900", "90s", "15m", "0"])
def test_min_ttl_accepts_every_form_of_duration(machine: Machine, time: str) -> None:
    session = machine.sign_in()
    assert machine.run("token", "--min-ttl", time).stdout == f"{session.record.access_token.reveal()}\n"


def test_min_ttl_longer_than_the_token_validity_is_reported(machine: Machine) -> None:
    machine.sign_in()
    result = machine.run("token", "--min-ttl", "2h")
    assert result.returncode == 0
    assert re.fullmatch(
        r"tui-auth: The tokens of this pool are valid for only (60|59) minutes\.\n", result.stderr
    )
    assert machine.is_accepted(result.stdout.strip())


def test_refresh_can_be_forced(machine: Machine) -> None:
    session = machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    result = machine.run("token", "--force-refresh")
    assert result.returncode == 0
    assert result.stdout.strip() not in ("", session.record.access_token.reveal())


def test_password_file_or_stdin_signs_in_without_a_terminal(machine: Machine, tmp_path: Path) -> None:
    choice, user = machine.create_client(), machine.create_user()
    password = write_private_file(tmp_path / "password", f"{PASSWORD}\n")
    sources: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["--password-file", str(password)]),
        ({"stdin": f"{PASSWORD}\n"}, ["--password-stdin"]),
    ]
    for options, source in sources:
        result = machine.run("token", *pool_flags(choice), "--username", user, *source, **options)
        assert (result.returncode, machine.is_accepted(result.stdout.strip())) == (0, True), result.stderr
        assert machine.run("sign-out").returncode == 0


def test_note_says_which_of_several_sessions_is_used(machine: Machine) -> None:
    choice = machine.create_client()
    bob = machine.sign_in(choice, machine.create_user("bob"))
    ann = machine.sign_in(choice, machine.create_user("ann"))
    newest = machine.run("token")
    assert newest.stdout == f"{ann.record.access_token.reveal()}\n"
    assert newest.stderr.startswith("tui-auth: using the session of ann")
    selected = machine.run("token", "--username", "bob")
    assert (selected.stdout, selected.stderr) == (f"{bob.record.access_token.reveal()}\n", "")
    unknown = machine.run("token", "--username", "eve", "--login", "never")
    assert (unknown.returncode, unknown.stdout) == (4, "")


def test_flags_select_the_pool(machine: Machine) -> None:
    first, second = machine.create_client(), machine.create_client()
    first_session = machine.sign_in(first, machine.create_user())
    second_session = machine.sign_in(second, "ann")
    assert (
        machine.run("token", *pool_flags(first)).stdout == f"{first_session.record.access_token.reveal()}\n"
    )
    assert (
        machine.run("token", *pool_flags(second)).stdout == f"{second_session.record.access_token.reveal()}\n"
    )
    environ = {"TUI_AUTH_USER_POOL_ID": first.user_pool_id, "TUI_AUTH_CLIENT_ID": first.client_id}
    environ["TUI_AUTH_ENDPOINT_URL"] = first.endpoint_url or ""
    assert machine.run("token", environ=environ).stdout == f"{first_session.record.access_token.reveal()}\n"


def test_after_sign_out_no_other_session_becomes_current(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    assert machine.run("sign-out").returncode == 0
    result = machine.run("token")
    assert (result.returncode, result.stdout) == (4, "")


class TestProfiles:
    def write_config(self, machine: Machine, text: str) -> None:
        folder = machine.home / ".config" / "tui-auth"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)

    def sign_in_with_profile(self, machine: Machine, name: str) -> tuple[str, str]:
        choice = machine.create_client()
        session = machine.sign_in(replace(choice, profile=name), machine.create_user(name))
        table = (
            f'[profiles.{name}]\nuser_pool_id = "{choice.user_pool_id}"\nclient_id = "{choice.client_id}"\n'
        )
        return f'{table}endpoint_url = "{choice.endpoint_url}"\n', f"{session.record.access_token.reveal()}\n"

    def test_profile_selects_its_session_on_the_fast_path(self, machine: Machine) -> None:
        first, first_token = self.sign_in_with_profile(machine, "one")
        second, second_token = self.sign_in_with_profile(machine, "two")
        self.write_config(machine, first + second)
        for _ in range(2):
            assert machine.run("token", "--profile", "one").stdout == first_token
            assert machine.run("token", environ={"TUI_AUTH_PROFILE": "two"}).stdout == second_token
            assert machine.run("token").stdout == second_token
        assert '"route:' in (machine.state_folder / "index.json").read_text()

    def test_changed_profile_takes_effect(self, machine: Machine) -> None:
        first, first_token = self.sign_in_with_profile(machine, "one")
        second, second_token = self.sign_in_with_profile(machine, "two")
        self.write_config(machine, 'default_profile = "one"\n' + first + second)
        for _ in range(2):
            assert machine.run("token").stdout == first_token
        self.write_config(machine, 'default_profile = "two"\n' + first + second)
        for _ in range(2):
            assert machine.run("token").stdout == second_token

    def test_unknown_profile_exits_with_3(self, machine: Machine) -> None:
        machine.sign_in()
        result = machine.run("token", "--profile", "none")
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (3, "", 1)


def test_amplify_file_in_the_folder_selects_its_pool(machine: Machine) -> None:
    other, here = machine.create_client(), machine.create_client()
    machine.sign_in(here, machine.create_user())
    machine.sign_in(other, machine.create_user("bob"))
    auth = {
        "user_pool_id": here.user_pool_id,
        "user_pool_client_id": here.client_id,
        "aws_region": "eu-west-1",
    }
    folder = machine.home / "project" / "src"
    folder.mkdir(parents=True)
    (folder.parent / "amplify_outputs.json").write_text(json.dumps({"version": "1", "auth": auth}))
    environ = {"TUI_AUTH_ENDPOINT_URL": here.endpoint_url or ""}
    result = machine.run("token", "--username", "ann", cwd=folder, environ=environ)
    assert machine.is_accepted(result.stdout.strip())
    assert machine.run("token", cwd=folder).returncode == 4, "there is no session at AWS's endpoint"
