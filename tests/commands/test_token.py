"""``tui-auth token`` and ``tui-auth header``, run as processes, with a terminal and without."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.session.machine import PASSWORD, ROTATION, Machine, flags
from tests.session.machine import machine as machine
from tests.terminal.pty_program import ROOT, PtyProgram

AGED = 3590.0


def test_the_token_is_on_stdout_and_nothing_else(machine: Machine) -> None:
    kept = machine.sign_in()
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{kept.record.access_token.reveal()}\n", "")


def test_the_id_token_can_be_asked_for(machine: Machine) -> None:
    kept = machine.sign_in()
    assert machine.run("token", "--type", "id").stdout == f"{kept.record.id_token.reveal()}\n"
    assert machine.run("token", "--type=id").stdout == f"{kept.record.id_token.reveal()}\n"


def test_the_header_is_one_that_curl_takes(machine: Machine) -> None:
    kept = machine.sign_in()
    ran = machine.run("header")
    expected = f"Authorization: Bearer {kept.record.access_token.reveal()}\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, expected, "")


@pytest.mark.parametrize("command", ["token", "header"])
def test_a_token_that_has_nearly_run_out_is_renewed(machine: Machine, command: str) -> None:
    kept = machine.sign_in(aged=AGED)
    ran = machine.run(command)
    assert ran.returncode == 0
    assert kept.record.access_token.reveal() not in ran.stdout
    assert machine.stored()["access_token"] in ran.stdout
    assert machine.accepts(ran.stdout.split()[-1])


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_takes_the_header_from_the_pipe(machine: Machine, tmp_path: Path) -> None:
    kept = machine.sign_in()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        pipe = subprocess.Popen(
            ["sh", "-c", f"{' '.join(machine.command('header'))} | curl -s -H @- {url}"],
            env={**machine.environ, "PYTHONPATH": str(ROOT)},
            cwd=machine.home,
            stdout=subprocess.PIPE,
            text=True,
        )
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as request:
            lines = [line.decode().strip() for line in iter(request.readline, b"\r\n")]
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nthey")
        assert pipe.communicate(timeout=30)[0] == "they"
    assert f"Authorization: Bearer {kept.record.access_token.reveal()}" in lines


def test_long_and_short_way_print_the_same(machine: Machine) -> None:
    machine.sign_in()
    short = machine.run("token", "--min-ttl", "5m")
    long = machine.run("token", "--min-ttl", "5m", "--username", "ann")
    assert short.stdout == long.stdout != ""


@pytest.mark.parametrize("time", ["900", "90s", "15m", "0"])
def test_a_time_span_is_understood(machine: Machine, time: str) -> None:
    kept = machine.sign_in()
    assert machine.run("token", "--min-ttl", time).stdout == f"{kept.record.access_token.reveal()}\n"


def test_more_time_than_the_pool_gives_is_said(machine: Machine) -> None:
    machine.sign_in()
    ran = machine.run("token", "--min-ttl", "2h")
    assert ran.returncode == 0
    assert re.fullmatch(r"tui-auth: this pool's tokens hold for 3\d{3} s, no longer\.\n", ran.stderr)
    assert machine.accepts(ran.stdout.strip())


def test_a_refresh_can_be_forced(machine: Machine) -> None:
    kept = machine.sign_in(machine.client(**ROTATION), machine.user())
    ran = machine.run("token", "--force-refresh")
    assert ran.returncode == 0
    assert ran.stdout.strip() not in ("", kept.record.access_token.reveal())


@pytest.mark.parametrize(
    "arguments", [("--type", "refresh"), ("--min-ttl", "soon"), ("--min-ttl",), ("--no-such-flag",)]
)
def test_a_wrong_use_is_said_with_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.sign_in()
    ran = machine.run("token", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "tui-auth token: error:" in ran.stderr


def test_without_a_session_or_a_terminal_it_is_4_and_one_line(machine: Machine) -> None:
    ran = machine.run("token", *flags(machine.client()))
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr == "tui-auth: Not signed in. Run tui-auth sign-in.\n"


def test_a_password_from_a_file_begins_the_session_without_a_terminal(
    machine: Machine, tmp_path: Path
) -> None:
    choice, user = machine.client(), machine.user()
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    sources: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["--password-file", str(password)]),
        ({"stdin": password.open()}, ["--password-stdin"]),
    ]
    for more, source in sources:
        ran = machine.run("token", *flags(choice), "--username", user, *source, **more)
        assert (ran.returncode, machine.accepts(ran.stdout.strip())) == (0, True), ran.stderr
        assert machine.run("sign-out").returncode == 0


def test_a_session_that_cognito_has_ended_is_4_and_forgotten(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next(
        "GetTokensFromRefreshToken", "NotAuthorizedException", "Refresh Token has expired"
    )
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.startswith("tui-auth: The session has ended.")
    assert ran.stderr.count("\n") == 1
    assert not list(machine.state.glob("?" * 64 + ".json"))


def test_a_network_that_is_down_is_7_and_the_session_stays(machine: Machine) -> None:
    kept = machine.sign_in(aged=AGED)
    before = machine.stored()
    machine.server.stop()
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (7, "")
    assert ran.stderr.count("\n") == 1
    assert machine.stored() == before
    assert kept.record.refresh_token


def test_an_answer_that_is_cut_off_is_7_and_the_session_stays(machine: Machine) -> None:
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


def test_a_refusal_that_ends_nothing_is_5(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    machine.server.fail_next("GetTokensFromRefreshToken", "UserLambdaValidationException", "\x1b[2Jnot today")
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (5, "", 1)
    assert "not today" in ran.stderr
    assert "\x1b" not in ran.stderr
    assert machine.stored()


def test_a_missing_client_secret_is_3(machine: Machine, tmp_path: Path) -> None:
    choice = replace(machine.client(), client_secret_file=tmp_path / "gone")
    machine.sign_in(choice, machine.user(), aged=AGED)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
    assert "gone" in ran.stderr


def test_a_session_file_that_others_can_read_is_9_with_the_command_that_mends_it(machine: Machine) -> None:
    machine.sign_in()
    machine.session_file().chmod(0o644)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (9, "", 1)
    command = ran.stderr.rstrip().partition("Close it: ")[2]
    subprocess.run(command, shell=True, check=True)
    assert machine.run("token").returncode == 0


@pytest.mark.parametrize("harm", ["{}", "[]", "nonsense", '{"version": 1}', "[" * 50_000], ids=range(5))
def test_a_session_file_that_holds_none_is_9_with_the_command_that_mends_it(
    machine: Machine, harm: str
) -> None:
    machine.sign_in()
    machine.session_file().write_text(harm)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (9, "", 1)
    subprocess.run(ran.stderr.rstrip().partition("Remove it: ")[2], shell=True, check=True)
    assert machine.run("token").returncode == 4


def test_a_session_of_a_later_version_is_left_alone(machine: Machine) -> None:
    machine.sign_in()
    later = json.dumps(machine.stored() | {"version": 2})
    machine.session_file().write_text(later)
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (9, "")
    assert "left alone" in ran.stderr
    assert machine.session_file().read_text() == later


@pytest.mark.parametrize("where", ["closed", "full", "gone"])
def test_a_stdout_that_takes_nothing_is_1_without_a_traceback(machine: Machine, where: str) -> None:
    machine.sign_in()
    command = " ".join(machine.command("token"))
    shell = {"closed": f"{command} >&-", "full": f"{command} >/dev/full", "gone": f"{command} | true"}[where]
    ran = subprocess.run(
        ["bash", "-c", f"{shell}; echo ${{PIPESTATUS[0]}} >&2"],
        env={**machine.environ, "PYTHONPATH": str(ROOT)},
        cwd=machine.home,
        capture_output=True,
        text=True,
    )
    assert ran.stderr.splitlines()[-1] == "1" or where == "gone"
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


def test_several_sessions_are_told_apart(machine: Machine) -> None:
    choice = machine.client()
    bob = machine.sign_in(choice, machine.user("bob"))
    ann = machine.sign_in(choice, machine.user("ann"))
    newest = machine.run("token")
    assert newest.stdout == f"{ann.record.access_token.reveal()}\n"
    assert newest.stderr.startswith("tui-auth: using the session of ann")
    chosen = machine.run("token", "--username", "bob")
    assert (chosen.stdout, chosen.stderr) == (f"{bob.record.access_token.reveal()}\n", "")
    nobody = machine.run("token", "--username", "eve", "--login", "never")
    assert (nobody.returncode, nobody.stdout) == (4, "")


def test_flags_choose_the_pool(machine: Machine) -> None:
    first, second = machine.client(), machine.client()
    one = machine.sign_in(first, machine.user())
    two = machine.sign_in(second, "ann")
    assert machine.run("token", *flags(first)).stdout == f"{one.record.access_token.reveal()}\n"
    assert machine.run("token", *flags(second)).stdout == f"{two.record.access_token.reveal()}\n"
    environ = {"TUI_AUTH_USER_POOL_ID": first.user_pool_id, "TUI_AUTH_CLIENT_ID": first.client_id}
    environ["TUI_AUTH_ENDPOINT_URL"] = first.endpoint_url or ""
    assert machine.run("token", environ=environ).stdout == f"{one.record.access_token.reveal()}\n"


def test_after_sign_out_no_other_session_takes_the_place(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice, machine.user("bob"))
    machine.sign_in(choice, machine.user("ann"))
    assert machine.run("sign-out").returncode == 0
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout) == (4, "")


class TestProfiles:
    def write(self, machine: Machine, text: str) -> None:
        folder = machine.home / ".config" / "tui-auth"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)

    def table(self, machine: Machine, name: str) -> tuple[str, str]:
        choice = machine.client()
        kept = machine.sign_in(replace(choice, profile=name), machine.user(name))
        table = (
            f'[profiles.{name}]\nuser_pool_id = "{choice.user_pool_id}"\nclient_id = "{choice.client_id}"\n'
        )
        return f'{table}endpoint_url = "{choice.endpoint_url}"\n', f"{kept.record.access_token.reveal()}\n"

    def test_a_profile_leads_to_its_session_also_on_the_short_way(self, machine: Machine) -> None:
        (one, ones), (two, twos) = self.table(machine, "one"), self.table(machine, "two")
        self.write(machine, one + two)
        for _ in range(2):
            assert machine.run("token", "--profile", "one").stdout == ones
            assert machine.run("token", environ={"TUI_AUTH_PROFILE": "two"}).stdout == twos
            assert machine.run("token").stdout == twos
        assert "quick:one" in (machine.state / "index.json").read_text()

    def test_a_change_of_the_profiles_is_noticed(self, machine: Machine) -> None:
        (one, ones), (two, twos) = self.table(machine, "one"), self.table(machine, "two")
        self.write(machine, 'default_profile = "one"\n' + one + two)
        for _ in range(2):
            assert machine.run("token").stdout == ones
        self.write(machine, 'default_profile = "two"\n' + one + two)
        for _ in range(2):
            assert machine.run("token").stdout == twos

    def test_an_unknown_profile_is_3(self, machine: Machine) -> None:
        machine.sign_in()
        ran = machine.run("token", "--profile", "none")
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)


def test_a_folder_with_amplifys_file_uses_its_pool(machine: Machine) -> None:
    other, here = machine.client(), machine.client()
    machine.sign_in(here, machine.user())
    machine.sign_in(other, machine.user("bob"))
    auth = {
        "user_pool_id": here.user_pool_id,
        "user_pool_client_id": here.client_id,
        "aws_region": "eu-west-1",
    }
    folder = machine.home / "project" / "src"
    folder.mkdir(parents=True)
    (folder.parent / "amplify_outputs.json").write_text(json.dumps({"version": "1", "auth": auth}))
    environ = {"TUI_AUTH_ENDPOINT_URL": here.endpoint_url or ""}
    ran = machine.run("token", "--username", "ann", cwd=folder, environ=environ)
    assert machine.accepts(ran.stdout.strip())
    assert machine.run("token", cwd=folder).returncode == 4, "nobody is signed in to AWS's pool of that id"


class TestOnATerminal:
    """``TOKEN=$(tui-auth token)`` where no session stands: the sign-in opens, closes, and the token comes."""

    def start(self, machine: Machine, *arguments: str, **more: str | None) -> PtyProgram:
        return PtyProgram(
            ["-m", "tui_auth", *arguments],
            home=machine.home,
            stdout=machine.home / "out",
            environment=more,
        )

    def test_the_sign_in_opens_and_the_token_goes_to_stdout(self, machine: Machine) -> None:
        choice = machine.client()
        machine.user()
        with self.start(machine, "token", *flags(choice)) as program:
            program.wait_for("Username")
            program.send("ann")
            program.press("enter")
            program.send(PASSWORD)
            program.press("enter")
            assert program.wait_exit() == 0
            assert not program.full_screen
        token = (machine.home / "out").read_text()
        assert machine.accepts(token.strip())
        assert token.count("\n") == 1
        assert machine.run("token").stdout == token

    def test_it_says_where_the_session_is_kept_once(self, machine: Machine) -> None:
        choice = machine.client()
        machine.user()
        for times in (1, 0):
            with self.start(machine, "token", *flags(choice), "--plain") as program:
                program.wait_for("Username:")
                program.send("ann\r")
                program.wait_for("Password:")
                program.send(f"{PASSWORD}\r")
                assert program.wait_exit() == 0
                assert program.screen_text().count("The session is kept in") == times
            machine.run("sign-out")

    def test_a_session_that_ended_is_offered_again(self, machine: Machine) -> None:
        machine.sign_in(aged=AGED)
        machine.server.fail_next("GetTokensFromRefreshToken", "NotAuthorizedException", "revoked")
        with self.start(machine, "token", "--plain") as program:
            program.wait_for("Username [ann]:")
            program.send("\r")
            program.wait_for("Password:")
            program.send(f"{PASSWORD}\r")
            assert program.wait_exit() == 0
        assert machine.accepts((machine.home / "out").read_text().strip())

    def test_a_second_sign_in_waits_for_the_first_and_takes_its_session(self, machine: Machine) -> None:
        choice = machine.client()
        machine.user()
        with self.start(machine, "token", *flags(choice), "--plain") as first:
            first.wait_for("Username:")
            with PtyProgram(
                ["-m", "tui_auth", "token", *flags(choice)], home=machine.home, stdout=machine.home / "other"
            ) as second:
                second.wait_for("Another sign-in to this pool is open")
                first.send("ann\r")
                first.wait_for("Password:")
                first.send(f"{PASSWORD}\r")
                assert first.wait_exit() == 0
                assert second.wait_exit() == 0
                assert "Username" not in second.screen_text()
        assert (machine.home / "other").read_text() == (machine.home / "out").read_text() != ""

    def test_leaving_the_sign_in_is_6_and_prints_nothing(self, machine: Machine) -> None:
        with self.start(machine, "token", *flags(machine.client())) as program:
            program.wait_for("Username")
            program.press("ctrl+q")
            assert program.wait_exit() == 6
        assert (machine.home / "out").read_text() == ""

    def test_login_never_asks_nobody(self, machine: Machine) -> None:
        with self.start(machine, "token", "--login", "never", *flags(machine.client())) as program:
            assert program.wait_exit() == 4
            assert "Not signed in." in program.screen_text()

    def test_without_a_pool_it_is_3(self, machine: Machine) -> None:
        with self.start(machine, "token") as program:
            assert program.wait_exit() == 3

    def test_storage_none_keeps_nothing(self, machine: Machine) -> None:
        machine.user()
        storage = {"TUI_AUTH_STORAGE": "none"}
        with self.start(machine, "token", *flags(machine.client()), "--plain", **storage) as program:
            program.wait_for("Username:")
            program.send("ann\r")
            program.wait_for("Password:")
            program.send(f"{PASSWORD}\r")
            assert program.wait_exit() == 0
        assert machine.accepts((machine.home / "out").read_text().strip())
        assert not list(machine.state.glob("?" * 64 + ".json"))

    def test_a_place_that_cannot_be_used_is_said_and_the_token_still_comes(self, machine: Machine) -> None:
        machine.user()
        nowhere = {"XDG_STATE_HOME": "/proc/no/such/place"}
        with self.start(machine, "token", *flags(machine.client()), "--plain", **nowhere) as program:
            program.wait_for("Username:")
            program.send("ann\r")
            program.wait_for("Password:")
            program.send(f"{PASSWORD}\r")
            assert program.wait_exit() == 0
            assert "could not be kept" in program.screen_text()
        assert machine.accepts((machine.home / "out").read_text().strip())

    def test_a_folder_that_others_can_reach_is_9_before_anything_is_typed(self, machine: Machine) -> None:
        machine.state.mkdir(parents=True)
        machine.state.chmod(0o755)
        with self.start(machine, "token", *flags(machine.client()), "--plain") as program:
            assert program.wait_exit() == 9
            assert "is open to" in program.screen_text()


def test_a_signal_during_a_refresh_waits_for_the_new_tokens(machine: Machine) -> None:
    machine.sign_in(machine.client(**ROTATION), machine.user(), aged=AGED)
    before = machine.stored()
    asked, go_on = os.pipe(), os.pipe()
    real = machine.server.call_over_http

    def slow(service: str, operation: str, params: object) -> object:
        if operation == "GetTokensFromRefreshToken":
            os.write(asked[1], b".")
            os.read(go_on[0], 1)
        return real(service, operation, params)

    machine.server.call_over_http = slow  # type: ignore[method-assign, assignment]
    process = machine.start("token")
    os.read(asked[0], 1)
    process.send_signal(signal.SIGTERM)
    os.write(go_on[1], b".")
    process.communicate(timeout=30)
    for descriptor in (*asked, *go_on):
        os.close(descriptor)
    assert process.returncode == -signal.SIGTERM
    assert machine.stored()["refresh_token"] != before["refresh_token"]
    assert machine.run("token").returncode == 0


def test_a_pool_that_never_answers_does_not_keep_ctrl_c_waiting(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    port = int((machine.stored()["endpoint"]).rpartition(":")[2])
    machine.server.stop()
    with socket.create_server(("127.0.0.1", port)) as silent:
        process = machine.start("token")
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=12)
        connection.close()
    assert process.returncode == 130
