"""README's “Your own pool”: each line typed into a shell, with only the ids changed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tests.tools import need_tool
from tui_auth.pool import PoolServer

PASSWORD = "Correct-Horse-9!"
POOL, CLIENT = "eu-west-1_Ab12Cd34E", "1example23456789"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cognito/v2/idp/user-pools"
DATA = ROOT / "tests" / "config" / "data"


def lines_of_readme() -> list[list[str]]:
    """The lines to type, by kind of user."""
    section = (ROOT / "README.md").read_text().split("## Your own pool")[1].split("\n| if ")[0]
    blocks: list[list[str]] = [[]]
    for line in section.splitlines():
        if line.startswith("    "):
            blocks[-1].append(line.strip())
        elif blocks[-1] and line:
            blocks.append([])
    return [block for block in blocks if block]


class Shell(PtyProgram):
    """A shell in which README's lines are typed. ``curl`` shows what it is given."""

    ids: tuple[str, str]

    def type(self, line: str) -> None:
        """Type a line, its ids replaced by those of the pool that is there."""
        pool, client = self.ids
        self.send("clear\n")
        self.wait_for(lambda shown: shown.screen_text().strip() == "$")
        self.send(line.replace(POOL, pool).replace(CLIENT, client) + "\n")

    def ends_well(self) -> None:
        """Wait until what was typed has ended with status 0."""
        self.send('echo "ended with <$?>"\n')
        self.wait_for("\nended with <0>")

    def sign_in(self) -> None:
        """Sign in as ann on the screen, and leave it."""
        self.wait_for("Username")
        for text in ("ann", PASSWORD):
            self.send(text)
            self.press("enter")
        self.wait_for("Signed in as ann")
        self.wait_for("Kept")
        self.press("enter")
        self.wait_for(lambda shown: not shown.full_screen)
        self.wait_for("Signed in as ann.")


@pytest.fixture
def server() -> Iterator[PoolServer]:
    """A pool server without pools."""
    with PoolServer() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, server: PoolServer) -> Iterator[Callable[[], Shell]]:
    """Starts a shell at home, where a pool with the user ann is to be had."""
    need_tool("bash")
    pool = server.call("CreateUserPool", {"PoolName": "staff"})["UserPool"]["Id"]
    flows = {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
    made = server.call("CreateUserPoolClient", {"UserPoolId": pool, "ClientName": "terminal", **flows})
    whom = {"UserPoolId": pool, "Username": "ann"}
    server.call("AdminCreateUser", {**whom, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**whom, "Password": PASSWORD, "Permanent": True})
    home = tmp_path / "home"
    told = isolated_environment(home, PYTHONPATH=str(ROOT), TUI_AUTH_STORAGE="session", PS1="$ ")
    told["AWS_ENDPOINT_URL"] = server.endpoint_url
    tools = home / "bin"
    tools.mkdir()
    for name, script in (
        ("tui-auth", f'exec {shlex.quote(sys.executable)} -m tui_auth "$@"'),
        ("curl", 'echo "curl $*"; cat'),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    told["PATH"] = f"{tools}:{told['PATH']}"
    with ExitStack() as running:

        def start() -> Shell:
            program = Shell(home=home, command=["bash", "--norc", "-i"], cwd=home, rows=30, environment=told)
            program.ids = (pool, made["UserPoolClient"]["ClientId"])
            return running.enter_context(program)

        yield start


def test_readme_has_three_lines_per_kind_of_user() -> None:
    assert [len(block) for block in lines_of_readme()] == [3, 3, 3]


def test_readme_lines_work_in_an_amplify_project(shell: Callable[[], Shell], tmp_path: Path) -> None:
    signs_in, tells, uses = lines_of_readme()[0]
    program = shell()
    project = tmp_path / "home" / "my-project"
    project.mkdir()
    text = (DATA / "amplify_outputs.json").read_text().replace('["email"]', '["username"]', 2)
    pool, client = program.ids
    text = text.replace("eu-west-1_Gen2Pool1", pool).replace("2gen2gen2gen2gen2gen2gen2", client)
    (project / "amplify_outputs.json").write_text(text)
    program.type(signs_in)
    program.sign_in()
    program.wait_for("The user pool is the one in ~/my-project/amplify_outputs.json.")
    program.ends_well()
    program.type(tells)
    program.wait_for("ann")
    program.ends_well()
    program.type(uses)
    program.wait_for("curl -H @- https://api.example.com/orders")
    program.wait_for("Authorization: Bearer eyJ")
    program.ends_well()


def test_readme_lines_work_with_a_pool_id(shell: Callable[[], Shell]) -> None:
    keeps, looks, signs_in = lines_of_readme()[1]
    program = shell()
    program.type(keeps)
    program.wait_for("Kept as acme in ~/.config/tui-auth/config.toml.")
    program.ends_well()
    program.type(looks)
    program.wait_for("ok versions")
    program.ends_well()
    program.type(signs_in)
    program.sign_in()
    program.ends_well()


def test_readme_lines_work_with_the_demo(shell: Callable[[], Shell]) -> None:
    asks, tells, uses = lines_of_readme()[2]
    program = shell()
    pool, client = program.ids
    program.type(asks)
    program.wait_for("Which user pool do you sign in to?")
    program.paste(f"{CONSOLE}/{pool}/applications/app-clients/{client}/overview?region=eu-west-1")
    program.wait_for(client)
    program.press("enter", "enter")
    program.wait_for("Keep as")
    program.press("enter")
    program.sign_in()
    program.ends_well()
    program.type(tells)
    program.wait_for("the current session")
    assert pool in program.screen_text()
    program.ends_well()
    program.type(uses)
    program.wait_for("eyJ")
    program.ends_well()
