"""A pool whose users' passwords are canaries, and a watched sign-in to it."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.journeys.conftest import SignIn
from tests.security.canary import canaries
from tests.security.canary.canaries import Canary
from tests.security.canary.debug_environment import debug_environment
from tests.security.canary.leak_places import Finding, LeakPlaces
from tests.security.canary.process_watch import ProcessWatch
from tests.terminal.emulator import Emulator
from tui_auth.auth.srp import inner_hash
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoUser, provision

SESSION_STORES = (".local/state/tui-auth", "run/tui-auth")


class WatchedSignIn(SignIn):
    """A sign-in that records each screen the test looks at."""

    starts_warm = False  # search the process as a user starts it
    watch: ProcessWatch

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.screens: dict[str, None] = {}
        super().__init__(*arguments, **options)

    @property
    def emulator(self) -> Emulator:
        emulator = super().emulator
        self.screens.setdefault(emulator.text())
        return emulator


@dataclass
class Stage:
    """The machine, pool and secrets of one test. ``secrets`` must not leak."""

    folder: Path
    server: CognitoEmulator
    exit_stack: ExitStack
    secrets: list[Canary] = field(default_factory=list)
    password: Canary = field(default_factory=canaries.password)
    wrong_password: Canary = field(default_factory=lambda: canaries.password("wrong password"))
    new_password: Canary = field(default_factory=lambda: canaries.password("new password"))
    wrong_code: Canary = field(default_factory=canaries.digits)
    answer: Canary = field(default_factory=canaries.answer)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.spy_folder = self.folder / "spied"
        self.home.mkdir()
        self.demo = provision(self.server)
        self.users = {user.username: self._with_canary(user) for user in self.demo.users}
        self.secrets += [self.password, self.wrong_password, self.new_password, self.wrong_code, self.answer]
        for user in self.users.values():
            if user.totp_secret:
                self.secrets += canaries.totp_key(user.totp_secret, f"{user.username}'s key")

    def _with_canary(self, user: DemoUser) -> DemoUser:
        """Return the user with the canary as the password, temporary if it was temporary."""
        if user.username == "carl":
            return user  # an unconfirmed sign-up keeps its password
        user_key = {"UserPoolId": user.user_pool_id, "Username": user.username}
        password, is_permanent = self.password.text, user.username not in ("nora", "noel")
        self.server.call(
            "AdminSetUserPassword", {**user_key, "Password": password, "Permanent": is_permanent}
        )
        if user.username == "rex":
            self.server.call("AdminResetUserPassword", user_key)
        return replace(user, password=password)

    def sign_in(self, username: str, *flags: str, **options: Any) -> WatchedSignIn:
        """Start ``tui-auth sign-in`` with debug output on and stdout and stderr in files.

        ``options`` are PtyProgram's; ``script`` runs this file instead of the program.
        """
        script = options.pop("script", None)
        arguments = [*(script or ["-m", "tui_auth"]), *self.arguments(username), *flags]
        streams = {name: self.folder / name for name in ("stdout", "stderr")}
        return self.start(username, *(sys.executable, *arguments), **streams | options)

    def start(self, username: str, *command: str | Path, **options: Any) -> WatchedSignIn:
        """Start a command in which a user signs in."""
        environment = debug_environment(self.spy_folder) | options.pop("environment", {})
        program = self.exit_stack.enter_context(
            WatchedSignIn(command=command, home=self.home, cwd=self.home, environment=environment, **options)
        )
        program.server, program.user = self.server, self.users[username]
        program.watch = self.exit_stack.enter_context(ProcessWatch(program.pid, self.home / "tmp"))
        return program

    def arguments(self, username: str) -> list[str]:
        """Return the sign-in command of a user, with a call trace."""
        return ["sign-in", *self.pool_flags(self.users[username]), "--trace", str(self.folder / "trace")]

    def pool_flags(self, user: DemoUser) -> list[str]:
        """Return the flags for a user's pool and authentication flow."""
        endpoint = self.server.endpoint_url
        return [
            *("--user-pool-id", user.user_pool_id, "--client-id", user.client_id),
            *("--endpoint-url", endpoint, "--auth-flow", user.auth_flow),
            *(("--domain", endpoint) if user.auth_flow == "BROWSER" else ()),
            *("--storage", "file"),
        ]

    # -- looking ---------------------------------------------------------------------------------------

    def collect_places(self, program: WatchedSignIn | None = None) -> LeakPlaces:
        """Return all places to search once the program has ended."""
        places = LeakPlaces()
        if program is not None:
            program.watch.__exit__()
            places.add_terminal(program, program.screens)
            program.watch.add_to(places)
        places.add_folder("home", self.home)
        places.add_folder("spied", self.spy_folder)
        for name in ("stdout", "stderr", "trace"):
            if (self.folder / name).exists():
                places.add_file(name, self.folder / name)
        return places

    def search(self, places: LeakPlaces, **allowed: Any) -> list[Finding]:
        """Search the places for all canaries; a session's own file may contain its tokens."""
        findings = places.search(self.all_canaries(), **allowed)
        return [finding for finding in findings if not self._is_in_session_store(finding)]

    def all_canaries(self) -> list[Canary]:
        """Return all canaries so far: those of the stage, and the codes and tokens of the pool."""
        canary_list = list(self.secrets)
        for path in self.home.rglob("*.json"):
            canary_list += canaries.session_canaries(_read(path))
        for number, message in enumerate(self.server.messages):
            canary_list.append(canaries.code(f"sent code {number}", str(message["code"])))
        sessions = {str(request["Session"]) for _, request in self.server.calls if request.get("Session")}
        canary_list += [canaries.token("Cognito's session", session) for session in sorted(sessions)]
        return canary_list + self._inner_hashes()

    def _inner_hashes(self) -> list[Canary]:
        """Return the SRP password hashes of all users."""
        return [
            Canary("inner hash", inner_hash(user.user_pool_id.partition("_")[2], name, secret.text))
            for name, user in self.users.items()
            for secret in (self.password, self.new_password)
        ]

    def _is_in_session_store(self, finding: Finding) -> bool:
        """Return whether a finding is a token in a session's own file."""
        kind, _, path = finding.place.partition(": ")
        is_token = finding.canary in (*canaries.STORED_SECRETS, "a token")
        return kind == "home" and is_token and path.startswith(SESSION_STORES) and path.endswith(".json")


def _read(path: Path) -> dict[str, object]:
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {}
