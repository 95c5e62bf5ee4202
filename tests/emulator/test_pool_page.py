"""The examples in docs/a-pool-for-your-tests.md run as they are there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.programs import PROCESS_SECONDS, Process, Program
from tests.programs import process as process
from tests.programs import program as program
from tests.terminal.pty_program import ROOT
from tui_auth.emulator.triggers import FUNCTIONS

PAGE = (ROOT / "docs" / "a-pool-for-your-tests.md").read_text()
OTHER_PAGES = "".join((ROOT / "docs" / name).read_text() for name in ("account.md", "textual.md"))
FILES = {
    match[1]: match[0]
    for match in re.finditer(r"(?<=```python\n)# (\w+\.py)\n.*?(?=```)", PAGE + OTHER_PAGES, re.DOTALL)
}


@pytest.fixture
def project(tmp_path: Path, process: Process) -> Path:
    """A folder with the page's files, and a ``tui-auth`` command that is this one."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    command = tmp_path / "bin" / "tui-auth"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tui_auth "$@"\n')
    command.chmod(0o755)
    process.environment["PATH"] = f"{command.parent}:{process.environment['PATH']}"
    return folder


def run_tests(project: Path, process: Process, *names: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir=.",
    ]
    return process.run_command(
        [*command, *(names or ("test_sign_up.py",))], cwd=project, timeout=PROCESS_SECONDS
    )


def test_pytest_fixture_of_the_page_works(project: Path, process: Process) -> None:
    result = run_tests(project, process)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed" in result.stdout


CONSUMER = """
import pytest
from tui_auth import Auth, ThrottledError, describe_step


def sign_in(pool, name, answer, **options):
    user = pool.users[name]
    auth = Auth(user.user_pool_id, user.client_id, endpoint_url=pool.endpoint_url)
    result = auth.sign_in(name, user.password, **options)
    return result if result.is_signed_in else auth.confirm_sign_in(answer())


def test_users_of_the_documentation(cognito_pool):
    pool = cognito_pool
    assert sign_in(pool, "ann", None).is_signed_in
    assert sign_in(pool, "sam", lambda: pool.codes("sam")[-1]).is_signed_in
    assert sign_in(pool, "emil", lambda: pool.codes()[-1]).is_signed_in
    for _ in range(2):
        assert sign_in(pool, "tom", pool.totp_code).is_signed_in
    nora = pool.users["nora"]
    auth = Auth(nora.user_pool_id, nora.client_id, endpoint_url=pool.endpoint_url)
    step = auth.sign_in("nora", nora.password).next_step
    values = {name: "Nora" for name in describe_step(step).attributes}
    assert auth.confirm_sign_in("Another-Horse-9!", user_attributes=values).is_signed_in
    with pytest.raises(ValueError):
        pool.totp_code("ann")


def test_pools_are_apart(cognito_pool):
    assert cognito_pool.codes("sam") == []
    assert not cognito_pool.calls("InitiateAuth")


def test_users_calls_and_failures(cognito_pool):
    pool = cognito_pool
    name = pool.create_user("zoe", "Correct-Horse-9!", email="zoe@example.com")
    user = pool.call("AdminGetUser", UserPoolId=pool.user_pool_id, Username=name)
    assert {"Name": "email", "Value": "zoe@example.com"} in user["UserAttributes"]
    auth = Auth(pool.user_pool_id, pool.client_id, endpoint_url=pool.endpoint_url)
    pool.fail_next("InitiateAuth", "TooManyRequestsException")
    with pytest.raises(ThrottledError):
        auth.sign_in("zoe", "Correct-Horse-9!")
    assert auth.sign_in("zoe", "Correct-Horse-9!").is_signed_in
    assert len(pool.calls("InitiateAuth")) == 2


def test_another_program_finds_the_pool(cognito_pool):
    import os, subprocess, sys
    code = "import boto3; print(boto3.client('cognito-idp').meta.endpoint_url)"
    variables = {**os.environ, **cognito_pool.environ}
    output = subprocess.check_output([sys.executable, "-c", code], env=variables, text=True)
    assert output.strip() == cognito_pool.endpoint_url
    assert cognito_pool.environ["TUI_AUTH_USER_POOL_ID"] == cognito_pool.user_pool_id


def test_shared_pool(shared_pool):
    assert sign_in(shared_pool, "ann", None).is_signed_in
"""


def test_plugin_works_as_the_page_says(project: Path, process: Process) -> None:
    (project / "conftest.py").write_text((project / "conftest_shared.py").read_text())
    (project / "test_consumer.py").write_text(CONSUMER)
    names = ("test_shop.py", "test_consumer.py", "test_report.py", "test_account.py", "test_my_app.py")
    result = run_tests(project, process, "-p", "tui_auth.testing", *names)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "10 passed" in result.stdout


def test_plugin_is_registered_under_the_name_that_p_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["entry-points"]["pytest11"] == {"tui_auth.testing": "tui_auth.testing"}


def test_triggers_of_the_page_work(project: Path, process: Process) -> None:
    conftest = project / "conftest.py"
    conftest.write_text(
        conftest.read_text().replace(
            '"--seed", "shop-tests"', '"--seed", "shop-tests", "--triggers", "triggers.py"'
        )
    )
    test = project / "test_sign_up.py"
    source = test.read_text()
    code = source[source.index("    with urllib") : source.index("    tokens = ")]
    claims = (
        "    import jwt\n    claims = jwt.decode(tokens['IdToken'], options={'verify_signature': False})\n"
    )
    test.write_text(source.replace(code, "") + claims + "    assert claims['tenant'] == 'shop'\n")
    result = run_tests(project, process)

    assert result.returncode == 0, result.stdout + result.stderr


def test_page_lists_every_option_and_every_trigger(program: Program) -> None:
    listed = set(re.findall(r"^\| `(--[a-z-]+)", PAGE, re.MULTILINE))
    options = set(re.findall(r"--[a-z-]+", program.run("pool", "--help").stdout))

    assert listed == options - {"--help"}
    assert set(FUNCTIONS.values()) <= set(re.findall(r"`(\w+)`", PAGE))
