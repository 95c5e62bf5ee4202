"""Tests that no command without a screen leaks a secret, in its output, errors or files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.security.canary import canaries
from tests.security.canary.conftest import AssertClean
from tests.security.canary.debug_environment import debug_environment
from tests.security.canary.leak_places import LeakPlaces
from tests.security.canary.process_watch import ProcessWatch
from tests.security.canary.stage import Stage
from tests.terminal.pty_program import isolated_environment
from tui_auth.cli.help import COMMANDS

TOKENS = dict.fromkeys(canaries.STORED_SECRETS, "stdout")
SECRET_FILE = "client-secret"


@dataclass
class Commands:
    """A user's shell without a terminal, and a pool whose app client has a secret."""

    stage: Stage

    def __post_init__(self) -> None:
        stage, pool = self.stage, self.stage.demo.user_pool_id
        client_settings = {
            "UserPoolId": pool,
            "ClientName": "with a secret",
            "GenerateSecret": True,
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        }
        client = stage.server.call("CreateUserPoolClient", client_settings)["UserPoolClient"]
        secret = str(client["ClientSecret"])
        stage.secrets.append(canaries.token("client secret", secret))
        (stage.home / SECRET_FILE).write_text(secret)
        (stage.home / SECRET_FILE).chmod(0o600)
        provider = f"cognito-idp.eu-west-1.amazonaws.com/{pool}"
        request = {
            "IdentityPoolName": "acme",
            "AllowUnauthenticatedIdentities": False,
            "CognitoIdentityProviders": [{"ProviderName": provider, "ClientId": client["ClientId"]}],
        }
        identity_pool = stage.server.call("CreateIdentityPool", request, "cognito-identity")
        self.pool_flags = [
            *("--user-pool-id", pool, "--client-id", client["ClientId"]),
            *("--client-secret-file", str(stage.home / SECRET_FILE)),
            *("--endpoint-url", stage.server.endpoint_url),
            *("--identity-pool-id", identity_pool["IdentityPoolId"]),
        ]

    def start(self, *arguments: str, stdin: bytes = b"") -> tuple[subprocess.Popen[bytes], LeakPlaces]:
        """Start a command with a pipe as stdin and files as stdout and stderr."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tui_auth", *arguments],
            env=isolated_environment(self.stage.home) | debug_environment(self.stage.spy_folder),
            cwd=self.stage.home,
            stdin=subprocess.PIPE,
            stdout=(self.stage.folder / "stdout").open("wb"),
            stderr=(self.stage.folder / "stderr").open("wb"),
            start_new_session=True,
        )
        return process, LeakPlaces()

    def run(self, *arguments: str, stdin: bytes = b"", status: int = 0) -> LeakPlaces:
        """Run a command, check its exit status, and return the places to search."""
        process, _ = self.start(*arguments)
        with ProcessWatch(process.pid, self.stage.home / "tmp") as watch:
            process.communicate(stdin, timeout=60)
        assert process.returncode == status, (self.stage.folder / "stderr").read_text()
        places = self.stage.collect_places()
        watch.add_to(places)
        return places

    def sign_in(self, *flags: str, status: int = 0, password: str = "") -> LeakPlaces:
        """Sign in with the password on stdin."""
        password_text = password or self.stage.password.text
        arguments = ["sign-in", *self.pool_flags, "--username", "ann", "--password-stdin"]
        return self.run(
            *arguments, "--storage", "file", *flags, stdin=password_text.encode() + b"\n", status=status
        )


@pytest.fixture
def commands(stage: Stage) -> Commands:
    """Return the shell of a user who isn't signed in."""
    return Commands(stage)


def allowed(*kinds: str) -> dict[str, object]:
    """Allow the client secret in its file, and the session's secrets in these kinds of place."""
    return {
        "allowed_places": {"client secret": "home"} | dict.fromkeys(canaries.STORED_SECRETS, kinds),
        "token_places": kinds,
    }


def test_password_from_stdin_or_file_does_not_leak(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    assert_clean(places=commands.sign_in("--trace", str(stage.folder / "trace")), **allowed())
    assert "InitiateAuth" in (stage.folder / "trace").read_text()
    assert_clean(places=commands.sign_in(password=stage.wrong_password.text, status=5), **allowed())
    password_file = stage.folder / "password"
    password_file.write_text(f"{stage.password.text}\n")
    arguments = ["sign-in", *commands.pool_flags, "--username", "ann", "--storage", "file"]
    assert_clean(places=commands.run(*arguments, "--password-file", str(password_file)), **allowed())
    requests = str(stage.server.calls)
    assert "PASSWORD_CLAIM_SIGNATURE" in requests, "SRP is the default flow"
    assert stage.password.text not in requests


def test_password_file_is_used_verbatim(commands: Commands, stage: Stage) -> None:
    password_file = stage.folder / "password"
    arguments = ["sign-in", *commands.pool_flags, "--username", "ann", "--password-file", str(password_file)]
    password_file.write_text(f"{stage.password.text}  x\n")
    commands.run(*arguments, status=5)
    password_file.write_text(f" {stage.password.text}\n")
    commands.run(*arguments, status=2)
    assert "A password can't start or end with a space." in (stage.folder / "stderr").read_text()
    password_file.write_text("\n")
    commands.run(*arguments, status=3)
    assert "Put the password in its first line." in (stage.folder / "stderr").read_text()


def test_non_interactive_sign_in_that_needs_mfa_does_not_leak(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    password = stage.password.text.encode() + b"\n"
    for name, status in (("sam", 10), ("rex", 10), ("nobody", 5)):
        arguments = ["sign-in", *commands.pool_flags, "--username", name, "--password-stdin"]
        assert_clean(places=commands.run(*arguments, stdin=password, status=status), **allowed())


COMMANDS_WITH_SECRET_OUTPUT: list[list[str]] = [
    ["token"],
    ["token", "--type", "id", "--force-refresh"],
    ["header"],
    ["kube-credential"],
    *(["aws-credentials", "--format", form] for form in ("process", "env", "fish", "powershell", "json")),
]
EXEC_COMMAND = ["exec", "--", "sh", "-c", 'sleep 0.2; test -n "$ACCESS_TOKEN"']
COMMANDS_WITHOUT_SECRET_OUTPUT: list[list[str]] = [
    ["status"],
    ["status", "--json", "--online"],
    ["account", "show"],
    ["account", "show", "--json"],
    ["account", "mfa", "--json"],
    ["account", "passkeys", "--json"],
    ["account", "set", "nickname=A"],
    ["profile", "list"],
    ["profile", "show", "--origin", "--json"],
    ["doctor"],
    ["completion", "bash"],
    ["--version"],
    ["--help"],
    ["sign-out", "--everywhere"],
]


def test_commands_that_print_secrets_use_stdout_only(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    commands.sign_in()
    for arguments in COMMANDS_WITH_SECRET_OUTPUT:
        places = commands.run(*arguments)
        assert_clean(places=places, **allowed("stdout"))
        assert (stage.folder / "stdout").read_bytes().count(b"\n") >= 1


def test_commands_about_sessions_print_no_secret(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    commands.sign_in()
    for arguments in COMMANDS_WITHOUT_SECRET_OUTPUT:
        assert_clean(places=commands.run(*arguments, status=0), **allowed())


def test_changed_password_does_not_leak(commands: Commands, stage: Stage, assert_clean: AssertClean) -> None:
    commands.sign_in()
    arguments = ["account", "password", "--stdin"]
    wrong, right = (
        f"{old.text}\n{stage.new_password.text}\n".encode() for old in (stage.wrong_password, stage.password)
    )
    assert_clean(places=commands.run(*arguments, stdin=wrong, status=5), **allowed())
    assert_clean(places=commands.run(*arguments, stdin=right), **allowed())


def test_exec_passes_the_token_in_the_child_environment_only(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    commands.sign_in()
    places = commands.run(*EXEC_COMMAND)
    assert_clean(places=places, **allowed("/proc environ"))


def test_error_messages_contain_no_secret(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    commands.sign_in()
    for arguments, operation, error, status in (
        (["token", "--force-refresh", "--login", "never"], "GetTokensFromRefreshToken", "NotAuthorized", 4),
        (["aws-credentials", "--login", "never"], "GetId", "NotAuthorized", 5),
        (["sign-out"], "RevokeToken", "TooManyRequests", 8),
    ):
        stage.server.fail_next(operation, f"{error}Exception", "Not this time")
        places = commands.run(*arguments, status=status)
        assert_clean(places=places, **allowed())
        commands.sign_in()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGABRT, signal.SIGSEGV])
def test_signal_during_a_request_does_not_leak(
    commands: Commands, stage: Stage, assert_clean: AssertClean, number: signal.Signals
) -> None:
    arguments = ["sign-in", *commands.pool_flags, "--username", "ann", "--password-stdin"]
    with stage.server.state.lock:  # the pool can't reply while its state is locked
        process, _ = commands.start(*arguments)
        with ProcessWatch(process.pid, stage.home / "tmp") as watch:
            assert process.stdin
            process.stdin.write(stage.password.text.encode() + b"\n")
            process.stdin.close()
            deadline = time.monotonic() + 60
            while not stage.server.calls and process.poll() is None and time.monotonic() < deadline:
                os.sched_yield()
            assert stage.server.calls, "no request was made"
            process.send_signal(number)
            assert process.wait(60) in (-number, 128 + number)
    places = stage.collect_places()
    watch.add_to(places)
    assert_clean(places=places, **allowed())


SECRET_FLAGS: list[Sequence[str]] = [
    ["--password", "{0}"],
    ["--password={0}"],
    ["--pass={0}"],
    ["--password-stdin={0}"],
    ["--client-secret", "{0}"],
    ["--client-secret={0}"],
    ["--secret", "{0}"],
    ["--code", "{0}"],
    ["--totp-secret={0}"],
    ["--token", "{0}"],
    ["--password-stdin", "{0}"],
    ["--username", "ann", "--password-file", "{0}"],
    ["-p{0}"],
    ["--bearer:{0}"],
    ["{0}"],
]


def test_no_flag_takes_or_repeats_a_secret(
    commands: Commands, stage: Stage, assert_clean: AssertClean
) -> None:
    for flags in SECRET_FLAGS:
        arguments = [flag.format(stage.password.text) for flag in flags]
        process, _ = commands.start("sign-in", *commands.pool_flags, *arguments)
        process.communicate(timeout=60)
        assert process.returncode == (3 if "--password-file" in arguments else 2)
        assert_clean(**allowed())


def test_no_environment_variable_takes_a_secret(commands: Commands, stage: Stage) -> None:
    password = stage.password.text
    names = ("PASSWORD", "CLIENT_SECRET", "CODE", "TOKEN", "SECRET", "TOTP_SECRET")
    variables = {f"TUI_AUTH_{name}": password for name in names} | {"PASSWORD": password}
    arguments = [sys.executable, "-m", "tui_auth", "sign-in", *commands.pool_flags, "--username", "ann"]
    result = subprocess.run(
        arguments,
        env=isolated_environment(stage.home) | debug_environment(stage.spy_folder) | variables,
        cwd=stage.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        start_new_session=True,
        check=False,
    )
    assert result.returncode == 4, result.stderr
    assert not [name for name, _ in stage.server.calls if name == "InitiateAuth"]
    assert password.encode() not in result.stdout + result.stderr


def test_every_command_is_covered(commands: Commands) -> None:
    tested = {
        arguments[0]
        for arguments in (*COMMANDS_WITH_SECRET_OUTPUT, EXEC_COMMAND, *COMMANDS_WITHOUT_SECRET_OUTPUT)
    }
    # sign-in has its own tests above; demo and pool have only their own secrets.
    covered_elsewhere = {"sign-in", "demo", "pool"}
    assert tested | covered_elsewhere >= set(COMMANDS)
