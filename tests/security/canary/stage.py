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
from tests.security.canary.hiding_places import Finding, HidingPlaces
from tests.security.canary.process_watch import ProcessWatch
from tests.security.canary.talkative import talkative
from tests.terminal.emulator import Emulator
from tui_auth.auth.srp import inner_hash
from tui_auth.pool import PoolServer
from tui_auth.pool.demo_users import DemoUser, provision

SESSION_STORES = (".local/state/tui-auth", "run/tui-auth")


class WatchedSignIn(SignIn):
    """A sign-in whose every screen is kept, as far as it was looked at."""

    starts_warm = False  # what is searched is the process as a user starts it
    watch: ProcessWatch

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.pictures: dict[str, None] = {}
        super().__init__(*arguments, **more)

    @property
    def emulator(self) -> Emulator:
        emulator = super().emulator
        self.pictures.setdefault(emulator.text())
        return emulator


@dataclass
class Stage:
    """One test's machine, pool and secrets. ``made`` is all that the program must keep to itself."""

    folder: Path
    server: PoolServer
    running: ExitStack
    made: list[Canary] = field(default_factory=list)
    password: Canary = field(default_factory=canaries.password)
    wrong_password: Canary = field(default_factory=lambda: canaries.password("wrong password"))
    new_password: Canary = field(default_factory=lambda: canaries.password("new password"))
    wrong_code: Canary = field(default_factory=canaries.digits)
    answer: Canary = field(default_factory=canaries.answer)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.spied = self.folder / "spied"
        self.home.mkdir()
        self.demo = provision(self.server)
        self.users = {user.username: self._with_canary(user) for user in self.demo.users}
        self.made += [self.password, self.wrong_password, self.new_password, self.wrong_code, self.answer]
        for user in self.users.values():
            if user.totp_secret:
                self.made += canaries.totp_key(user.totp_secret, f"{user.username}'s key")

    def _with_canary(self, user: DemoUser) -> DemoUser:
        """The same user with the canary for a password, temporary where it was."""
        if user.username == "carl":
            return user  # a sign-up that waits for its code keeps the password it was made with
        whom = {"UserPoolId": user.user_pool_id, "Username": user.username}
        password, lasting = self.password.text, user.username not in ("nora", "noel")
        self.server.call("AdminSetUserPassword", {**whom, "Password": password, "Permanent": lasting})
        if user.username == "rex":
            self.server.call("AdminResetUserPassword", whom)
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
        environment = talkative(self.spied) | options.pop("environment", {})
        program = self.running.enter_context(
            WatchedSignIn(command=command, home=self.home, cwd=self.home, environment=environment, **options)
        )
        program.server, program.user = self.server, self.users[username]
        program.watch = self.running.enter_context(ProcessWatch(program.pid, self.home / "tmp"))
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

    def places(self, program: WatchedSignIn | None = None) -> HidingPlaces:
        """Everything there is to look through, once the program has ended."""
        places = HidingPlaces()
        if program is not None:
            program.watch.__exit__()
            places.add_terminal(program, program.pictures)
            program.watch.add_to(places)
        places.add_folder("home", self.home)
        places.add_folder("spied", self.spied)
        for name in ("stdout", "stderr", "trace"):
            if (self.folder / name).exists():
                places.add_file(name, self.folder / name)
        return places

    def search(self, places: HidingPlaces, **allowed: Any) -> list[Finding]:
        """Every canary of this stage in the places; a session's own file may hold its tokens."""
        found = places.search(self.everything(), **allowed)
        return [finding for finding in found if not self._is_in_the_store(finding)]

    def everything(self) -> list[Canary]:
        """The canaries so far: those that were made, and those that the pool has handed out."""
        found = list(self.made)
        for path in self.home.rglob("*.json"):
            found += canaries.of_a_session(_read(path))
        for number, message in enumerate(self.server.messages):
            found.append(canaries.code(f"sent code {number}", str(message["code"])))
        sessions = {str(asked["Session"]) for _, asked in self.server.calls if asked.get("Session")}
        found += [canaries.token("Cognito's session", session) for session in sorted(sessions)]
        return found + self._inner_hashes()

    def _inner_hashes(self) -> list[Canary]:
        """What a password becomes under SRP, for every user of it."""
        return [
            Canary("inner hash", inner_hash(user.user_pool_id.partition("_")[2], name, secret.text))
            for name, user in self.users.items()
            for secret in (self.password, self.new_password)
        ]

    def _is_in_the_store(self, finding: Finding) -> bool:
        """Whether a token stands in the file that is there to keep it."""
        kind, _, path = finding.place.partition(": ")
        is_token = finding.canary in (*canaries.KEPT, "a token")
        return kind == "home" and is_token and path.startswith(SESSION_STORES) and path.endswith(".json")


def _read(path: Path) -> dict[str, object]:
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {}
