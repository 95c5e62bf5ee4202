"""``tui-auth aws-credentials``: formats for ``credential_process`` and shells, the cache, and errors."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import pytest

from tests.programs import PROCESS_SECONDS, Process, TerminalProgram
from tests.session.machine import Machine, pool_flags
from tests.tools import need_tool
from tui_auth.session.sessions import SaveResult


@pytest.fixture
def session(machine: Machine) -> SaveResult:
    """Return a session with an identity pool."""
    return machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())


def test_credential_process_gets_version_1_with_an_expiration(machine: Machine, session: SaveResult) -> None:
    result = machine.run("aws-credentials", "--format", "process")
    credentials = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert set(credentials) == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert credentials["Version"] == 1
    assert datetime.fromisoformat(credentials["Expiration"]).tzinfo is not None
    assert result.stdout.count("\n") == 1


def test_credentials_are_cached_until_they_expire_soon(machine: Machine, session: SaveResult) -> None:
    first = machine.run("aws-credentials").stdout
    assert machine.run("aws-credentials").stdout == first
    assert len(machine.get_calls("GetCredentialsForIdentity")) == 1
    (file,) = machine.state_folder.glob("*.aws.json")
    assert file.stat().st_mode & 0o777 == 0o600
    content = json.loads(file.read_text())
    older_times = {name: content[name] - 3000 for name in ("uptime", "local_time")}
    file.write_text(json.dumps(content | older_times))
    assert machine.run("aws-credentials").stdout != first
    assert len(machine.get_calls("GetCredentialsForIdentity")) == 2


def test_concurrent_processes_fetch_credentials_once(
    machine: Machine, session: SaveResult, process: Process
) -> None:
    running = [process.start(process.command("aws-credentials")) for _ in range(8)]
    outputs = {child.communicate(timeout=PROCESS_SECONDS)[0] for child in running}
    assert len(outputs) == 1
    assert {child.returncode for child in running} == {0}
    assert len(machine.get_calls("GetCredentialsForIdentity")) == 1


@pytest.mark.parametrize("content", ["{}", "nonsense", '{"version": 1}'])
def test_invalid_cache_is_fetched_again(machine: Machine, session: SaveResult, content: str) -> None:
    machine.run("aws-credentials")
    (file,) = machine.state_folder.glob("*.aws.json")
    file.write_text(content)
    assert machine.run("aws-credentials").returncode == 0


def test_cache_that_others_can_read_is_replaced(machine: Machine, session: SaveResult) -> None:
    first = machine.run("aws-credentials").stdout
    (file,) = machine.state_folder.glob("*.aws.json")
    file.chmod(0o644)
    result = machine.run("aws-credentials")
    assert (result.returncode, result.stderr.count("\n")) == (0, 1)
    assert "Other users can access" in result.stderr
    assert "replaced" in result.stderr
    assert result.stdout != first
    assert file.stat().st_mode & 0o777 == 0o600
    second = machine.run("aws-credentials")
    assert (second.stdout, second.stderr) == (result.stdout, "")


def test_note_about_another_session_is_printed_once(machine: Machine, session: SaveResult) -> None:
    choice = machine.add_identity_pool(machine.create_client())
    machine.sign_in(choice, machine.create_user("bob"))
    result = machine.run("aws-credentials")
    assert (result.returncode, result.stderr.count("using the session of bob")) == (0, 1)


def test_aws_profile_that_runs_this_command_does_not_recurse(machine: Machine, session: SaveResult) -> None:
    command = f"{sys.executable} -m tui_auth aws-credentials --format process"
    folder = machine.home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(f"[default]\nregion = eu-west-1\ncredential_process = {command}\n")
    assert machine.run("aws-credentials", environ={"AWS_PROFILE": "default"}).returncode == 0
    assert len(machine.get_calls("GetCredentialsForIdentity")) == 1


VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION")
NAMES = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


@pytest.mark.parametrize(
    ("form", "shell"),
    [("env", "sh"), ("env", "bash"), ("env", "zsh"), ("fish", "fish")],
)
def test_each_shell_reads_its_format(
    machine: Machine, session: SaveResult, process: Process, form: str, shell: str
) -> None:
    need_tool(shell)
    assignments = machine.run("aws-credentials", "--format", form).stdout
    print_variables = f"{sys.executable} -c 'import os; [print(os.environ[n]) for n in {list(VARIABLES)}]'"
    script = assignments + print_variables.replace("['", '["').replace("']", '"]').replace("', '", '", "')
    result = process.run_command([shell, "-c", script], check=True)
    credentials = json.loads(machine.run("aws-credentials").stdout)
    assert result.stdout.split() == [credentials[name] for name in NAMES]


def test_fish_and_powershell_formats_are_quoted(machine: Machine, session: SaveResult) -> None:
    credentials = json.loads(machine.run("aws-credentials").stdout)
    fish = machine.run("aws-credentials", "--format", "fish").stdout.splitlines()
    powershell = machine.run("aws-credentials", "--format", "powershell").stdout.splitlines()
    pairs = [(variable, credentials[name]) for variable, name in zip(VARIABLES, NAMES, strict=True)]
    assert fish == [f"set -gx {variable} '{value}';" for variable, value in pairs]
    assert powershell == [f"$Env:{variable}='{value}'" for variable, value in pairs]


def test_json_has_the_identity(machine: Machine, session: SaveResult) -> None:
    credentials = json.loads(machine.run("aws-credentials", "--format", "json").stdout)
    assert credentials["IdentityPoolId"] == session.record.origin.identity_pool_id
    assert credentials["IdentityId"].startswith("eu-west-1:")


def test_expired_id_token_is_refreshed_first(machine: Machine, session: SaveResult) -> None:
    file = machine.session_file()
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | {"id_expires_at": content["id_expires_at"] - 3595}))
    assert machine.run("aws-credentials").returncode == 0
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_flag_and_variable_specify_the_identity_pool(machine: Machine, session: SaveResult) -> None:
    other = "eu-west-1:00000000-0000-0000-0000-000000000000"
    for result in (
        machine.run("aws-credentials", "--identity-pool-id", other),
        machine.run("aws-credentials", environ={"TUI_AUTH_IDENTITY_POOL_ID": other}),
    ):
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (3, "", 1)
        assert "No identity pool has this ID" in result.stderr


def test_without_an_identity_pool_it_exits_with_3(machine: Machine) -> None:
    machine.sign_in()
    result = machine.run("aws-credentials")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (3, "", 1)


def test_identity_pool_that_rejects_the_session_exits_with_5(machine: Machine, session: SaveResult) -> None:
    machine.server.fail_next("GetId", "NotAuthorizedException", "Token is not from a supported provider")
    result = machine.run("aws-credentials")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (5, "", 1)
    assert machine.read_session_file(), "the session is still stored"


def test_sign_out_deletes_the_credentials(machine: Machine, session: SaveResult) -> None:
    machine.run("aws-credentials")
    machine.run("sign-out")
    assert not list(machine.state_folder.glob("*.aws.json"))
    result = machine.run("aws-credentials")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1)


@pytest.mark.parametrize(("form", "prompts"), [("process", False), ("json", True)])
def test_credential_process_never_prompts_on_a_terminal(
    machine: Machine, terminal_program: TerminalProgram, form: str, prompts: bool
) -> None:
    arguments = ["aws-credentials", "--format", form, *pool_flags(machine.create_client()), "--plain"]
    with terminal_program.on_a_terminal(*arguments, stdout=machine.home / "out") as program:
        if prompts:
            program.wait_for("Username:")
        else:
            assert program.wait_exit() == 4


def test_credentials_in_the_environment_are_not_used(machine: Machine, session: SaveResult) -> None:
    variables = {
        "AWS_ACCESS_KEY_ID": "AKIAUNUSED",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "AWS_SESSION_TOKEN": "unused",
    }
    result = machine.run("aws-credentials", environ=variables | {"AWS_PROFILE": "no-such-profile"})
    assert result.returncode == 0
    assert "AKIAUNUSED" not in result.stdout
