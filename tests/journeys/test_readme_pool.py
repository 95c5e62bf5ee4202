"""The commands in the README's “Your own pool”, run in a shell with other pool IDs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tests.tools import need_tool
from tui_auth.emulator import CognitoEmulator

PASSWORD = "Correct-Horse-9!"
POOL, CLIENT = "eu-west-1_Ab12Cd34E", "1example23456789"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools"
DATA = ROOT / "tests" / "config" / "data"


def readme_lines() -> list[list[str]]:
    """Return the README's commands, by kind of user."""
    section = (ROOT / "README.md").read_text().split("## Your own pool")[1].split("\n| if ")[0]
    blocks: list[list[str]] = [[]]
    for line in section.splitlines():
        if line.startswith("    "):
            blocks[-1].append(line.strip())
        elif blocks[-1] and line:
            blocks.append([])
    return [block for block in blocks if block]


class Shell(PtyProgram):
    """A shell for the README's commands; its ``curl`` prints its input."""

    pool_and_client: tuple[str, str]

    def type(self, line: str) -> None:
        """Type a line with this test's pool and client IDs."""
        pool, client = self.pool_and_client
        self.send("clear\n")
        self.wait_for(lambda shell: shell.screen_text().strip() == "$")
        self.send(line.replace(POOL, pool).replace(CLIENT, client) + "\n")

    def wait_for_success(self) -> None:
        """Wait until the command has ended with status 0."""
        self.send('echo "ended with <$?>"\n')
        self.wait_for("\nended with <0>")

    def sign_in(self) -> None:
        """Sign in as ann on the full screen and leave it."""
        self.wait_for("Username")
        for text in ("ann", PASSWORD):
            self.send(text)
            self.press("enter")
        self.wait_for("Signed in as ann")
        self.wait_for("Stored in")
        self.press("enter")
        self.wait_for(lambda shell: not shell.full_screen)
        self.wait_for("Signed in as ann.")


@pytest.fixture
def server() -> Iterator[CognitoEmulator]:
    """Run an emulator without pools."""
    with CognitoEmulator() as stack:
        yield stack


@pytest.fixture
def shell(tmp_path: Path, server: CognitoEmulator) -> Iterator[Callable[[], Shell]]:
    """Return a function that starts a shell at home, with a pool that has the user ann."""
    need_tool("bash")
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    flows = {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
    app_client = server.call("CreateUserPoolClient", {"UserPoolId": pool, "ClientName": "terminal", **flows})
    user = {"UserPoolId": pool, "Username": "ann"}
    server.call("AdminCreateUser", {**user, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": True})
    home = tmp_path / "home"
    environment = isolated_environment(home, PYTHONPATH=str(ROOT), TUI_AUTH_STORAGE="session", PS1="$ ")
    environment["AWS_ENDPOINT_URL"] = server.endpoint_url
    tools = home / "bin"
    tools.mkdir()
    for name, script in (
        ("tui-auth", f'exec {shlex.quote(sys.executable)} -m tui_auth "$@"'),
        ("curl", 'echo "curl $*"; cat'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    environment["PATH"] = f"{tools}:{environment['PATH']}"
    with ExitStack() as stack:

        def start() -> Shell:
            program = Shell(
                home=home, command=["bash", "--norc", "-i"], cwd=home, rows=30, environment=environment
            )
            program.pool_and_client = (pool, app_client["UserPoolClient"]["ClientId"])
            return stack.enter_context(program)

        yield start


def test_readme_has_three_lines_per_kind_of_user() -> None:
    assert [len(block) for block in readme_lines()] == [3, 3, 3]


def test_readme_lines_work_in_an_amplify_project(shell: Callable[[], Shell], tmp_path: Path) -> None:
    signs_in, shows_status, uses = readme_lines()[0]
    program = shell()
    project = tmp_path / "home" / "my-project"
    project.mkdir()
    text = (DATA / "amplify_outputs.json").read_text().replace('["email"]', '["username"]', 2)
    pool, client = program.pool_and_client
    text = text.replace("eu-west-1_Gen2Pool1", pool).replace("2gen2gen2gen2gen2gen2gen2", client)
    (project / "amplify_outputs.json").write_text(text)
    program.type(signs_in)
    program.sign_in()
    program.wait_for("The user pool is the one in ~/my-project/amplify_outputs.json.")
    program.wait_for_success()
    program.type(shows_status)
    program.wait_for("ann")
    program.wait_for_success()
    program.type(uses)
    program.wait_for("curl -H @- https://api.example.com/orders")
    program.wait_for("Authorization: Bearer eyJ")
    program.wait_for_success()


def test_readme_lines_work_with_a_pool_id(shell: Callable[[], Shell]) -> None:
    stores_profile, runs_doctor, signs_in = readme_lines()[1]
    program = shell()
    program.type(stores_profile)
    program.wait_for("Stored profile acme in ~/.config/tui-auth/config.toml.")
    program.wait_for_success()
    program.type(runs_doctor)
    program.wait_for("ok versions")
    program.wait_for_success()
    program.type(signs_in)
    program.sign_in()
    program.wait_for_success()


def test_readme_lines_work_with_the_demo(shell: Callable[[], Shell]) -> None:
    starts, shows_status, uses = readme_lines()[2]
    program = shell()
    pool, client = program.pool_and_client
    program.type(starts)
    program.wait_for("Which user pool do you want to use?")
    program.paste(f"{CONSOLE}/{pool}/applications/app-clients/{client}/overview?region=eu-west-1")
    program.wait_for(client)
    program.press("enter", "enter")
    program.wait_for("Profile name")
    program.press("enter")
    program.sign_in()
    program.wait_for_success()
    program.type(shows_status)
    program.wait_for("the last sign-in")
    assert pool in program.screen_text()
    program.wait_for_success()
    program.type(uses)
    program.wait_for("eyJ")
    program.wait_for_success()
