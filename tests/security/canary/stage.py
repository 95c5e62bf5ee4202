"""A pool whose users' secrets are canaries, and a person who signs in there while everybody looks on."""

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
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoUser, provision

SESSION_STORES = (".local/state/tui-auth", "run/tui-auth")


class WatchedSignIn(SignIn):
    """A sign-in whose every screen is kept, as far as it was looked at."""

    starts_warm = False  # what is searched is the process as a user starts it
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
    """One test's machine, pool and secrets. ``made`` is all that the program must keep to itself."""

    folder: Path
    server: PoolServer
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
        """The same user with the canary for a password, temporary where it was."""
        if user.username == "carl":
            return user  # a sign-up that waits for its code keeps the password it was made with
        user_key = {"UserPoolId": user.user_pool_id, "Username": user.username}
        password, is_permanent = self.password.text, user.username not in ("nora", "noel")
        self.server.call(
            "AdminSetUserPassword", {**user_key, "Password": password, "Permanent": is_permanent}
        )
        if user.username == "rex":
            self.server.call("AdminResetUserPassword", user_key)
        return replace(user, password=password)

    def sign_in(self, username: str, *flags: str, **options: Any) -> WatchedSignIn:
        """Start ``tui-auth sign-in`` for a user, with a talkative environment, stdout and stderr in files.

        ``options`` go to PtyProgram; ``script`` runs this file in the program's place.
        """
        script = options.pop("script", None)
        arguments = [*(script or ["-m", "tui_auth"]), *self.arguments(username), *flags]
        streams = {name: self.folder / name for name in ("stdout", "stderr")}
        return self.start(username, *(sys.executable, *arguments), **streams | options)

    def start(self, username: str, *command: str | Path, **options: Any) -> WatchedSignIn:
        """Start a command in which a user will sign in."""
        environment = debug_environment(self.spy_folder) | options.pop("environment", {})
        program = self.exit_stack.enter_context(
            WatchedSignIn(command=command, home=self.home, cwd=self.home, environment=environment, **options)
        )
        program.server, program.user = self.server, self.users[username]
        program.watch = self.exit_stack.enter_context(ProcessWatch(program.pid, self.home / "tmp"))
        return program

    def arguments(self, username: str) -> list[str]:
        """The command and the flags by which a user signs in, and is traced."""
        return ["sign-in", *self.pool_flags(self.users[username]), "--trace", str(self.folder / "trace")]

    def pool_flags(self, user: DemoUser) -> list[str]:
        """The flags that name a user's pool and how to begin there."""
        return [
            *("--user-pool-id", user.user_pool_id, "--client-id", user.client_id),
            *("--endpoint-url", self.server.endpoint_url, "--auth-flow", user.auth_flow),
            *("--storage", "file"),
        ]

    # -- looking ---------------------------------------------------------------------------------------

    def places(self, program: WatchedSignIn | None = None) -> LeakPlaces:
        """Everything there is to look through, once the program has ended."""
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
        """Every canary of this stage in the places; a session's own file may hold its tokens."""
        findings = places.search(self.all_canaries(), **allowed)
        return [finding for finding in findings if not self._is_in_session_store(finding)]

    def all_canaries(self) -> list[Canary]:
        """The canaries so far: those that were made, and those that the pool has handed out."""
        canary_list = list(self.secrets)
        for path in self.home.rglob("*.json"):
            canary_list += canaries.session_canaries(_read(path))
        for number, message in enumerate(self.server.messages):
            canary_list.append(canaries.code(f"sent code {number}", str(message["code"])))
        sessions = {str(request["Session"]) for _, request in self.server.calls if request.get("Session")}
        canary_list += [canaries.token("Cognito's session", session) for session in sorted(sessions)]
        return canary_list + self._inner_hashes()

    def _inner_hashes(self) -> list[Canary]:
        """What a password becomes under SRP, for every user of it."""
        return [
            Canary("inner hash", inner_hash(user.user_pool_id.partition("_")[2], name, secret.text))
            for name, user in self.users.items()
            for secret in (self.password, self.new_password)
        ]

    def _is_in_session_store(self, finding: Finding) -> bool:
        """Whether a token stands in the file that is there to keep it."""
        kind, _, path = finding.place.partition(": ")
        is_token = finding.canary in (*canaries.STORED_SECRETS, "a token")
        return kind == "home" and is_token and path.startswith(SESSION_STORES) and path.endswith(".json")


def _read(path: Path) -> dict[str, object]:
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {}
