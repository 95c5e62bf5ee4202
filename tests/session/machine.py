"""A user's machine: a home folder, a user pool, and the program. A pytest plugin."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import run_in_process
from tests.terminal.pty_program import ROOT, isolated_environment
from tui_auth.auth.auth import Auth
from tui_auth.auth.next_step import Done
from tui_auth.config.resolver import ResolvedPool
from tui_auth.emulator import CognitoEmulator
from tui_auth.session.persistence import build_origin
from tui_auth.session.sessions import SaveResult, Sessions, StoredSession
from tui_auth.storage import paths
from tui_auth.storage.stores import StorageKind

PASSWORD = "Correct-horse-9"
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
ROTATION = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}}
NO_SECRET = ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"]


@dataclass
class Machine:
    """A user's machine with an empty home folder. ``environ`` puts every folder below ``home``."""

    home: Path
    server: CognitoEmulator
    environ: dict[str, str] = field(default_factory=dict)
    user_pool_id: str = ""

    def __post_init__(self) -> None:
        self.environ = isolated_environment(self.home)
        pool = self.server.call("CreateUserPool", {"PoolName": "acme"})
        self.user_pool_id = pool["UserPool"]["Id"]

    @property
    def state_folder(self) -> Path:
        """The folder of the stored sessions."""
        return self.home / ".local" / "state" / "tui-auth"

    @property
    def sessions(self) -> Sessions:
        """The sessions on this machine, read again at each use."""
        return Sessions(self.environ)

    def create_client(self, **settings: Any) -> ResolvedPool:
        """Create an app client and return it as a chosen pool."""
        request = {
            "UserPoolId": self.user_pool_id,
            "ClientName": "cli",
            "ExplicitAuthFlows": FLOWS,
        } | settings
        if "RefreshTokenRotation" in settings:
            request["ExplicitAuthFlows"] = NO_SECRET
        client = self.server.call("CreateUserPoolClient", request)["UserPoolClient"]
        return ResolvedPool(
            self.user_pool_id, client["ClientId"], region="eu-west-1", endpoint_url=self.server.endpoint_url
        )

    def add_identity_pool(self, choice: ResolvedPool) -> ResolvedPool:
        """Return the app client with an identity pool that accepts its ID tokens."""
        request = {
            "IdentityPoolName": "acme",
            "AllowUnauthenticatedIdentities": False,
            "CognitoIdentityProviders": [
                {
                    "ProviderName": f"cognito-idp.eu-west-1.amazonaws.com/{choice.user_pool_id}",
                    "ClientId": choice.client_id,
                }
            ],
        }
        identity_pool = self.server.call("CreateIdentityPool", request, "cognito-identity")
        return replace(choice, identity_pool_id=identity_pool["IdentityPoolId"])

    def create_user(self, name: str = "ann", **more: Any) -> str:
        """Create a user who can sign in with PASSWORD."""
        request = {"UserPoolId": self.user_pool_id, "Username": name, "MessageAction": "SUPPRESS"} | more
        self.server.call("AdminCreateUser", request)
        self.server.call(
            "AdminSetUserPassword",
            {"UserPoolId": self.user_pool_id, "Username": name, "Password": PASSWORD, "Permanent": True},
        )
        return name

    def reach_done(self, choice: ResolvedPool, username: str = "ann") -> Done:
        """Sign in without storing the session, and return the step Done."""
        auth = Auth(choice.user_pool_id, choice.client_id, choice.client_secret, choice.endpoint_url)
        step = auth.sign_in(username, PASSWORD, auth_flow="USER_PASSWORD_AUTH").next_step
        assert isinstance(step, Done)
        return step

    def sign_in(
        self,
        choice: ResolvedPool | None = None,
        username: str = "",
        *,
        storage: StorageKind = StorageKind.FILE,
        aged: float = 0,
    ) -> SaveResult:
        """Sign in and store the session as if the sign-in were ``aged`` seconds old."""
        name = username or self.create_user()
        chosen = choice or self.create_client()
        save_result = self.sessions.save(
            self.reach_done(chosen, name),
            build_origin(chosen, name, self.environ),
            storage,
            server_time=self.server.clock.now() + aged,
        )
        assert not save_result.problem
        return save_result

    @property
    def endpoint_notice(self) -> str:
        """The line on stderr of a sign-in without a screen or prompt."""
        return f"tui-auth: Signing in at {self.server.endpoint_url}, not at AWS.\n"

    def find_session(self) -> StoredSession:
        """Return the current session as it is stored."""
        return self.sessions.find()

    def run(
        self,
        *arguments: str | Path,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run the program in this process, without a terminal, until it ends."""
        return run_in_process(
            arguments, environ={**self.environ, **(environ or {})}, cwd=cwd or self.home, stdin=stdin
        )

    def get_calls(self, operation: str) -> list[dict[str, Any]]:
        """Return the parameters of each call of an operation, in order."""
        return [params for name, params in self.server.calls if name == operation]

    def is_accepted(self, access_token: str) -> bool:
        """Return whether the user pool accepts an access token."""
        try:
            self.server.call("GetUser", {"AccessToken": access_token})
        except Exception:
            return False
        return True

    def session_file(self) -> Path:
        """Return the only session file."""
        (file,) = [path for path in self.state_folder.glob("*.json") if len(path.stem) == 64]
        return file

    def read_session_file(self) -> dict[str, Any]:
        """Return the content of the only session file."""
        content: dict[str, Any] = json.loads(self.session_file().read_text())
        return content


FORMS = ["flags", "variables", "a profile", "a user name", "an Amplify file", "nothing"]
"""The ways to specify a pool."""


def specify(machine: Machine, choice: ResolvedPool, form: str) -> tuple[list[str], dict[str, str]]:
    """Return the flags and variables that specify the pool in a form, after writing its file."""
    ids = {"user_pool_id": choice.user_pool_id, "client_id": choice.client_id}
    settings = ids | {
        "endpoint_url": str(choice.endpoint_url),
        "identity_pool_id": str(choice.identity_pool_id),
    }
    if form == "a profile":
        config = Path(paths.config_folder(machine.environ)) / paths.CONFIG_FILE
        config.parent.mkdir(parents=True)
        config.write_text(
            "[profiles.acme]\n" + "".join(f'{name} = "{text}"\n' for name, text in settings.items())
        )
    if form == "an Amplify file":
        content = {"aws_user_pools_id": choice.user_pool_id, "aws_user_pools_web_client_id": choice.client_id}
        (machine.home / "amplifyconfiguration.json").write_text(json.dumps(content))
        return [], {"AWS_ENDPOINT_URL": str(choice.endpoint_url)}
    flags = {
        "flags": [part for name, text in settings.items() for part in ("--" + name.replace("_", "-"), text)],
        "a profile": ["--profile", "acme"],
        "a user name": ["--username", "ann"],
    }
    variables = {f"TUI_AUTH_{name.upper()}": text for name, text in settings.items()}
    return flags.get(form, []), variables if form == "variables" else {}


@dataclass
class Processes:
    """Runs the program in separate processes on a machine, without a terminal.

    For tests that a single process can't do: signals, kills, ``exec``, locks, quotas.
    """

    machine: Machine
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the command line that runs the program."""
        return [sys.executable, "-m", "tui_auth", *map(str, arguments)]

    def run(
        self, *arguments: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run the program until it ends; ``more`` is passed to subprocess.run."""
        return self._run(self.command(*arguments), environ, cwd, **more)

    def run_script(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in the environment the program would have."""
        return self._run([sys.executable, "-c", script, *arguments], None, None)

    def _run(
        self, command: Sequence[str], environ: Mapping[str, str] | None, cwd: Path | None, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={**self._environ, **(environ or {})},
            cwd=cwd or self.machine.home,
            text=True,
            timeout=100,
            start_new_session=True,
            **{"capture_output": True, "stdin": subprocess.DEVNULL, **more},
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program; it is killed at the end of the test if it still runs."""
        process = subprocess.Popen(
            self.command(*arguments),
            env=self._environ,
            cwd=self.machine.home,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    @property
    def _environ(self) -> dict[str, str]:
        return {**self.machine.environ, "PYTHONPATH": str(ROOT)}

    def stop(self) -> None:
        """Kill the processes that still run."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()


def write_private_file(path: Path, content: str) -> Path:
    """Write a file that only its owner can read, such as one with a password."""
    path.touch(mode=0o600)
    path.write_text(content)
    return path


def pool_flags(choice: ResolvedPool) -> Sequence[str]:
    """Return the flags that specify a pool."""
    return (
        "--user-pool-id",
        choice.user_pool_id,
        "--client-id",
        choice.client_id,
        "--endpoint-url",
        choice.endpoint_url or "",
    )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Return a machine without sessions."""
    with CognitoEmulator() as server:
        yield Machine(tmp_path, server)


@pytest.fixture
def processes(machine: Machine) -> Iterator[Processes]:
    """Run the program in separate processes on that machine."""
    processes = Processes(machine)
    yield processes
    processes.stop()
