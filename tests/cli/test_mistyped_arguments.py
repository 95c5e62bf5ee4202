"""Arguments in the wrong place: suggestions, secrets that aren't repeated, and control characters."""

from __future__ import annotations

import re

import pytest

from tests.programs import Program
from tests.session.machine import Machine
from tui_auth.auth.next_step import AuthFactorType
from tui_auth.config.settings import FIRST_FACTORS

SECRET = "Correct-Horse-9!"
CONTROL = "a\x1b]0;x\x07\x9b31mb"


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        ("login", "Did you mean `tui-auth sign-in`?"),
        ("LOGIN", "Did you mean `tui-auth sign-in`?"),
        ("logout", "Did you mean `tui-auth sign-out`?"),
        ("whoami", "Did you mean `tui-auth status`?"),
        ("help", "Did you mean `tui-auth --help`?"),
        ("help token", "Did you mean `tui-auth token --help`?"),
        ("version", "Did you mean `tui-auth --version`?"),
        ("-v", "Did you mean `tui-auth --version`?"),
        ("-V", "Did you mean `tui-auth --version`?"),
        ("stauts", "Did you mean `tui-auth status`?"),
        ("profile lst", "Did you mean list?"),
        ("token --type acess", "--type: choose access or id. Did you mean access?"),
        ("token --type ID", "Did you mean id?"),
        ("--storage=keychain", "Did you mean keyring?"),
        ("--auth-flow SRP", "Did you mean USER_SRP_AUTH?"),
        ("--auth-flow user_auth", "Did you mean USER_AUTH?"),
        ("completion bsh", "Choose bash, zsh or fish. Did you mean bash?"),
        ("aws-credentials --format shell", "Choose process, env, fish, powershell or json"),
        ("--user-pool x", "Did you mean --user-pool-id?"),
    ],
)
def test_what_was_probably_meant_is_suggested(program: Program, arguments: str, suggestion: str) -> None:
    result = program.run(*arguments.split())
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert suggestion.casefold() in result.stderr.casefold()


@pytest.mark.parametrize(
    "arguments",
    [
        (SECRET,),
        (f"--{SECRET}",),
        (f"-{SECRET}",),
        ("sign-in", SECRET),
        ("sign-in", "--password-stdin", SECRET),
        (f"--password-stdin={SECRET}",),
        (f"--plain={SECRET}",),
        ("token", f"--login={SECRET}"),
        ("token", "--login", "x" + SECRET),
        ("token", "--type", SECRET),
        ("token", "--min-ttl", SECRET),
        ("--storage", SECRET),
        (f"--storage={SECRET}",),
        ("--auth-flow", SECRET),
        ("--client-metadata", SECRET),
        ("--preferred-first-factor", SECRET),
        ("--user-pool-id", SECRET, "--client-id", "c"),
        ("--user-pool-id", "eu-west-1_A", "--client-id", SECRET),
        ("--user-pool-id", "eu-west-1_A", "--client-id", "c", "--region", SECRET),
        ("--user-pool-id", "eu-west-1_A", "--client-id", "c", "--region", "hunter2-hunter2"),
        ("--user-pool-id", "eu-west-1_A", "--client-id", "c", "--endpoint-url", SECRET),
        ("--user-pool-id", "eu-west-1_A", "--client-id", "c", "--client-secret-file", SECRET),
        ("--user-pool-id", "eu-west-1_A", "--client-id", "c", "--password-file", SECRET),
        ("--profile", SECRET),
        ("status", "--profile", SECRET),
        ("exec", SECRET),
        ("exec", "--env", SECRET, "--", "true"),
        ("exec", "--password-stdin", SECRET),
        ("aws-credentials", "--format", SECRET),
        ("completion", SECRET),
        ("doctor", SECRET),
        ("doctor", "--client-secret-file", SECRET, "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
        ("demo", "--pace", SECRET),
        ("pool", "--port", SECRET),
        ("profile", SECRET),
        ("profile", "use", SECRET),
        ("profile", "show", SECRET),
        ("profile", "remove", SECRET),
        ("profile", "import", SECRET),
        ("profile", "add", SECRET),
        ("profile", "add", SECRET, "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
        (
            *("profile", "add", "b", "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
            *("--client-secret-file", SECRET),
        ),
        ("profile", "add", "b", "--user-pool-id", "eu-west-1_A", "--client-id", "c", "--mfa-methods", SECRET),
    ],
)
@pytest.mark.parametrize("has_profiles", [False, True])
def test_mistyped_secret_is_not_repeated(
    program: Program, arguments: tuple[str, ...], has_profiles: bool
) -> None:
    if has_profiles:
        program.write_config(
            '[profiles.acme]\nuser_pool_id = "eu-west-1_A"\nclient_id = "c"\n[profiles.b2]\nclient_id = "c"\n'
        )
    result = program.run(*arguments, HTTPS_PROXY="http://127.0.0.1:1")
    for secret in (SECRET, "Correct-Horse", "hunter2"):
        assert secret not in result.stdout + result.stderr


@pytest.mark.parametrize(
    "variable",
    [
        "PROFILE",
        "CLIENT_SECRET_FILE",
        "STORAGE",
        "AUTH_FLOW",
        "REGION",
        "ENDPOINT_URL",
        "THEME",
        "USER_POOL_ID",
    ],
)
def test_mistyped_secret_in_a_variable_is_not_repeated(program: Program, variable: str) -> None:
    flags = {
        "--user-pool-id": "eu-west-1_A",
        "--client-id": "c",
        "--username": "ann",
    }
    flags.pop(f"--{variable.lower().replace('_', '-')}", None)
    words = [word for pair in flags.items() for word in pair]
    result = program.run("sign-in", *words, **{f"TUI_AUTH_{variable}": SECRET})
    assert result.returncode in (3, 4)
    assert SECRET not in result.stdout + result.stderr


def test_flag_and_variable_of_an_unreadable_secret_file_are_named(program: Program) -> None:
    pool = ("--user-pool-id", "eu-west-1_A", "--client-id", "c", "--username", "ann")
    (program.folder / "empty").touch()
    for name, message in (
        (
            "missing",
            "this file doesn't exist. Specify the path of a file that contains the secret, not the secret.",
        ),
        ("empty", "it is empty."),
    ):
        result = program.run("sign-in", *pool, "--client-secret-file", name)
        assert result.returncode == 3
        assert result.stderr.startswith("tui-auth: --client-secret-file: ")
        assert message in result.stderr
        result = program.run("sign-in", *pool, TUI_AUTH_CLIENT_SECRET_FILE=name)
        assert result.stderr.startswith("tui-auth: TUI_AUTH_CLIENT_SECRET_FILE: ")


@pytest.mark.parametrize(
    "arguments",
    [
        (CONTROL,),
        ("token", f"--{CONTROL}"),
        ("token", "--type", CONTROL),
        ("--profile", CONTROL),
        ("profile", "import", CONTROL),
        ("profile", "use", CONTROL),
        ("pool", "--triggers", f"{CONTROL}.py"),
        ("demo", "--play", CONTROL),
        ("sign-in", "--trace", f"{CONTROL}/trace", "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
        ("sign-in", "--password-file", CONTROL, "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
        ("sign-in", "--client-secret-file", CONTROL, "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
        ("doctor", "--client-secret-file", CONTROL, "--user-pool-id", "eu-west-1_A", "--client-id", "c"),
    ],
)
def test_control_characters_never_reach_the_terminal(program: Program, arguments: tuple[str, ...]) -> None:
    result = program.run(*arguments)
    assert result.returncode != 0
    output = result.stdout + result.stderr
    assert [character for character in output if not character.isprintable() and character != "\n"] == []


@pytest.mark.parametrize("command", ["status", "token", "profile list", "doctor"])
def test_no_advice_removes_what_tui_auth_did_not_make(
    program: Program, machine: Machine, command: str
) -> None:
    foreign = program.home / "a file of somebody else"
    foreign.write_text("")
    for variables in ({"HOME": "/etc/passwd"}, {"HOME": str(foreign)}, {"XDG_STATE_HOME": str(foreign)}):
        result = program.run(*command.split(), **variables)
        assert not re.search(r"\brm |Remove it", result.stdout + result.stderr)
    machine.sign_in()
    folder, real = machine.state_folder, machine.home / "elsewhere"
    folder.rename(real)
    folder.symlink_to(real)
    result = program.run(*command.split())
    assert not re.search(r"\brm |Remove it", result.stdout + result.stderr)


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        ("EMAIL", "--preferred-first-factor: expected EMAIL_OTP, or another of PASSWORD, PASSWORD_SRP"),
        ("passkey", "--preferred-first-factor: expected one of PASSWORD, PASSWORD_SRP, EMAIL_OTP"),
        ("zz", "--preferred-first-factor: expected one of PASSWORD, PASSWORD_SRP, EMAIL_OTP"),
    ],
)
def test_unknown_first_factor_is_an_error(program: Program, factor: str, message: str) -> None:
    pool = ("--user-pool-id", "eu-west-1_A", "--client-id", "c")
    result = program.run("sign-in", *pool, "--preferred-first-factor", factor)
    assert (result.returncode, message in result.stderr) == (3, True)
    result = program.run("sign-in", *pool, TUI_AUTH_PREFERRED_FIRST_FACTOR=factor)
    assert result.returncode == 3


def test_first_factors_are_those_of_cognito() -> None:
    assert set(FIRST_FACTORS) == {factor.value for factor in AuthFactorType}
