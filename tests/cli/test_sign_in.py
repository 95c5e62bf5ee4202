"""``tui-auth sign-in`` with a password from a pipe, and the defaults from the last session."""

from __future__ import annotations

import shlex
import subprocess
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs import Process, TerminalProgram
from tests.session.machine import FLOWS, PASSWORD, Machine, pool_flags, write_private_file
from tests.terminal.pty_program import PtyProgram
from tui_auth.cli.sign_in_now import sign_in_settings
from tui_auth.config.resolver import ResolvedPool
from tui_auth.exit_codes import ExitCode

PLAIN = ("sign-in", "--plain", "--username", "ann", "--password-stdin")


@pytest.fixture
def choice(machine: Machine) -> ResolvedPool:
    """Return a pool with the user ann."""
    machine.create_user()
    return machine.create_client()


def sign_in(
    machine: Machine, *arguments: str, typed: str = f"{PASSWORD}\n"
) -> subprocess.CompletedProcess[str]:
    """Sign in without a terminal, with the password from a pipe."""
    return machine.run(*arguments, stdin=typed)


def test_password_from_a_pipe_signs_in(machine: Machine, choice: ResolvedPool) -> None:
    ran = sign_in(machine, *PLAIN, *pool_flags(choice))
    assert (ran.returncode, ran.stdout) == (0, "")
    notice, storage_line, signed_in = ran.stderr.splitlines()
    assert f"{notice}\n" == machine.endpoint_notice
    assert "stored in a private file, and so are later ones." in storage_line
    assert signed_in == "Signed in as ann."
    assert machine.is_accepted(machine.run("token").stdout.strip())
    ran = sign_in(machine, *PLAIN, *pool_flags(choice))
    assert ran.stderr == f"{machine.endpoint_notice}Signed in as ann.\n", "printed once"


def test_other_endpoint_is_named_without_a_screen(machine: Machine, choice: ResolvedPool) -> None:
    password = write_private_file(machine.home / "password", PASSWORD)
    from_file = ("sign-in", "--username", "ann", "--password-file", str(password))
    assert machine.endpoint_notice in machine.run(*from_file, *pool_flags(choice)).stderr
    assert machine.endpoint_notice in sign_in(machine, *PLAIN, *pool_flags(choice)).stderr
    variable = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": machine.server.endpoint_url}
    flags = ("--user-pool-id", choice.user_pool_id, "--client-id", choice.client_id)
    assert machine.endpoint_notice in machine.run(*from_file, *flags, environ=variable).stderr


@pytest.mark.parametrize("end", ["", "\r\n", "\nnot the password\n"])
def test_password_is_the_unmodified_first_line(machine: Machine, choice: ResolvedPool, end: str) -> None:
    assert sign_in(machine, *PLAIN, *pool_flags(choice), typed=f"{PASSWORD}{end}").returncode == 0


def test_space_belongs_to_the_password(machine: Machine, choice: ResolvedPool) -> None:
    assert sign_in(machine, *PLAIN, *pool_flags(choice), typed=f"{PASSWORD} \n").returncode == ExitCode.USAGE


def test_only_one_line_ending_is_removed(machine: Machine, choice: ResolvedPool) -> None:
    assert (
        sign_in(machine, *PLAIN, *pool_flags(choice), typed=f"{PASSWORD}\r\r\n").returncode == ExitCode.USAGE
    )


def test_overlong_password_line_is_rejected_and_not_truncated(machine: Machine, choice: ResolvedPool) -> None:
    ran = sign_in(machine, *PLAIN, *pool_flags(choice), typed="é" * 2049)
    message = "tui-auth: The first line of stdin is too long to be a password.\n"
    assert (ran.returncode, ran.stderr) == (2, message)
    assert not machine.server.calls


def test_password_in_another_encoding_is_rejected(
    machine: Machine, choice: ResolvedPool, process: Process
) -> None:
    command = process.command(*PLAIN, *pool_flags(choice))
    ran = process.run_command(command, stdin=None, input="caf\udce9\n", errors="surrogateescape")
    assert (ran.returncode, ran.stderr) == (2, "tui-auth: The password on stdin isn't UTF-8 text.\n")
    assert not machine.server.calls


def test_another_challenge_exits_with_10_and_its_name(machine: Machine, choice: ResolvedPool) -> None:
    user = {"UserPoolId": choice.user_pool_id, "Username": "ann"}
    machine.server.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": False})
    ran = sign_in(machine, *PLAIN, *pool_flags(choice))
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (10, "", 2)
    assert "ConfirmSignInWithNewPassword" in ran.stderr
    assert not machine.sessions.entries()


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (("--password-stdin",), PASSWORD),
        (("--username", "ann", "--password-stdin"), "\n"),
        (("--username", "ann", "--password-stdin", "--password-file", "file"), PASSWORD),
        (("--username", "ann", "--storage", "cloud"), ""),
        (("--client-metadata", "no-equals-sign"), ""),
    ],
)
def test_usage_error_exits_with_2_and_sends_nothing(
    machine: Machine, choice: ResolvedPool, arguments: tuple[str, ...], typed: str
) -> None:
    ran = sign_in(machine, "sign-in", *pool_flags(choice), *arguments, typed=typed)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert not machine.server.calls


def test_new_pool_asks_even_if_a_pool_is_configured(
    machine: Machine, choice: ResolvedPool, without_flags: Callable[..., PtyProgram]
) -> None:
    assert machine.run("profile", "add", "acme", *pool_flags(choice)).returncode == 0
    assert machine.run("profile", "use", "acme").returncode == 0
    with without_flags("--new-pool") as program:
        program.wait_for("Which user pool do you want to use?")
        program.press("ctrl+q")
        assert program.wait_exit() == 6
    ran = sign_in(machine, "--new-pool", typed="")
    assert (ran.returncode, ran.stderr.count("\n")) == (3, 1)
    assert "--new-pool needs a terminal. Without one, use `tui-auth profile add`." in ran.stderr


def test_password_from_stdin_never_prompts_on_a_terminal(
    machine: Machine, choice: ResolvedPool, terminal_program: TerminalProgram
) -> None:
    password = write_private_file(machine.home / "password", "Wrong-horse-9")
    with terminal_program.on_a_terminal(*PLAIN, *pool_flags(choice), stdin=password) as program:
        assert program.wait_exit() == 5
        assert "Password:" not in program.screen_text()


@pytest.fixture
def without_flags(terminal_program: TerminalProgram) -> Callable[..., PtyProgram]:
    """Return a function that starts the program on a terminal in a folder that specifies no pool."""
    return terminal_program.on_a_terminal


def test_last_pool_and_user_are_the_default(
    machine: Machine, choice: ResolvedPool, without_flags: Callable[..., PtyProgram], tmp_path: Path
) -> None:
    assert sign_in(machine, *PLAIN, *pool_flags(choice)).returncode == 0
    assert machine.run("sign-out").returncode == 0
    with without_flags("sign-in", "--plain") as program:
        program.wait_for("Password:")
        shown = program.screen_text()
        text = " ".join(shown.split())
        assert "Using the pool and user of the last sign-in: ann in eu-west-1_" in text
        assert f"Sign in to {choice.user_pool_id}" in shown
        assert "Username: ann" in shown
    with without_flags() as program:
        program.wait_for(choice.user_pool_id)
        program.wait_for("ann")
    password = write_private_file(tmp_path / "password", PASSWORD)
    assert machine.run("sign-in", "--password-file", str(password)).returncode == 0
    (entry,) = machine.sessions.entries()
    assert (entry.client_id, entry.username) == (choice.client_id, "ann")


COMMANDS = (["token"], ["header"], ["exec", "--", "true"], ["kube-credential"], ["status"], ["sign-out"])


@pytest.mark.usefixtures("replaced")
def test_commands_report_which_of_several_sessions_they_use(machine: Machine, choice: ResolvedPool) -> None:
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(machine.add_identity_pool(choice), "ann")
    note = f"tui-auth: using the session of ann in {choice.user_pool_id}, the last sign-in; "
    for arguments in (["aws-credentials"], *COMMANDS):
        ran = machine.run(*arguments)
        assert (ran.returncode, ran.stderr.startswith(note)) == (0, True), arguments


@pytest.mark.parametrize(
    ("endpoint", "badge"),
    [
        (None, ""),
        ("https://cognito-idp.eu-west-1.amazonaws.com", ""),
        ("https://cognito-idp-fips.us-gov-west-1.amazonaws.com", ""),
        ("https://mine.eu-west-1.elb.amazonaws.com", "AT mine.eu-west-1.elb.amazonaws.com"),
        ("https://cognito-idp.evil.example.com", "AT cognito-idp.evil.example.com"),
        ("http://127.0.0.1:9", "TEST ENDPOINT"),
        ("https://evil.example.com", "AT evil.example.com"),
    ],
)
def test_other_server_has_a_badge_with_its_name(endpoint: str | None, badge: str) -> None:
    choice = ResolvedPool("eu-west-1_Ab12Cd34E", "client", endpoint_url=endpoint)
    settings = sign_in_settings(choice, Namespace(client_metadata=[]), leaves_when_done=False)
    assert settings.environment_badge == badge


def test_password_is_not_read_from_an_echoing_terminal(
    machine: Machine, terminal_program: TerminalProgram
) -> None:
    with terminal_program.on_a_terminal(*PLAIN, *pool_flags(machine.create_client())) as program:
        assert program.wait_exit() == 2
        assert "--password-stdin reads from a pipe" in program.screen_text()


@pytest.mark.parametrize("flag", ["--password-file", "--client-secret-file"])
def test_secret_file_readable_by_others_is_used_with_a_warning(machine: Machine, flag: str) -> None:
    request = {"UserPoolId": machine.user_pool_id, "ClientName": "cli", "ExplicitAuthFlows": FLOWS}
    client = machine.server.call("CreateUserPoolClient", request | {"GenerateSecret": True})["UserPoolClient"]
    choice = replace(machine.create_client(), client_id=client["ClientId"])
    files = {
        "--password-file": write_private_file(machine.home / "password", PASSWORD),
        "--client-secret-file": write_private_file(machine.home / "secret of acme", client["ClientSecret"]),
    }
    arguments = [*("sign-in", *pool_flags(choice), "--username", machine.create_user(), "--storage", "none")]
    arguments += [str(part) for option in files.items() for part in option]
    assert "can read" not in machine.run(*arguments).stderr
    files[flag].chmod(0o640)
    ran = machine.run(*arguments)
    assert ran.returncode == 0
    assert f"Other users of this computer can read {files[flag]}" in ran.stderr.replace(
        "~", str(machine.home)
    )
    assert f"chmod 600 {shlex.quote(str(files[flag]))}" in ran.stderr


def test_byte_order_mark_before_the_password_is_dropped(machine: Machine, choice: ResolvedPool) -> None:
    ran = sign_in(machine, *PLAIN, *pool_flags(choice), typed=f"\ufeff{PASSWORD}\n")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("password", [f" {PASSWORD}", f"{PASSWORD} "])
def test_password_with_a_space_at_an_end_is_not_sent(
    machine: Machine, choice: ResolvedPool, password: str
) -> None:
    ran = sign_in(machine, *PLAIN, *pool_flags(choice), typed=f"{password}\n")
    assert ran.returncode == ExitCode.USAGE
    assert machine.server.calls == []
