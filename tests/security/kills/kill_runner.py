"""Repeat one change of the stored sessions and kill it at each of its system calls.

Run as ``python -m tests.security.kills.kill_runner FOLDER OPERATION``. It prints a JSON object with the
number of kills per system call and the failures. It is a separate process because it forks: the killed child
has one thread and all modules imported, so a kill costs milliseconds.

It kills before and after every ``write``, ``replace`` and ``unlink``, the calls that change a file, and
before and after every fourth call of each other kind. With EVERY_KILL=1 it kills at every call.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import jwt

from tests.nightly import EVERY_KILL
from tests.scripted_gateway import ScriptedGateway
from tests.terminal.pty_program import isolated_environment
from tui_auth.auth.devices import Device
from tui_auth.auth.next_step import Done
from tui_auth.auth.tokens import parse_authentication_result
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError
from tui_auth.session.record import SessionOrigin, SessionRecord
from tui_auth.session.refresh import ensure_fresh
from tui_auth.session.sessions import Sessions, credentials_name
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import StorageKind

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
# No server listens at this port, so no keys are fetched; a refresh works without them.
ORIGIN = SessionOrigin(POOL, CLIENT, "eu-west-1", "http://127.0.0.1:9", "", "", "ann", "")
NOW = 1_800_000_000.0
CALLS: dict[str, Any] = {
    "open": os,
    "fchmod": os,
    "mkdir": os,
    "write": os,
    "pwrite": os,
    "ftruncate": os,
    "fsync": os,
    "replace": os,
    "unlink": os,
}
FILE_CHANGING_CALLS = ("write", "replace", "unlink")
STRIDE = 4


def result(number: int) -> dict[str, Any]:
    """Return an AuthenticationResult with distinct tokens for this number."""
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
    common = {"sub": "sub-1", "iss": issuer, "exp": NOW + 3600, "jti": str(number)}
    access = {**common, "token_use": "access", "client_id": CLIENT, "username": "ann"}
    identity = {**common, "token_use": "id", "aud": CLIENT, "cognito:username": "ann"}
    return {
        "AccessToken": jwt.encode(access, "k" * 32),
        "IdToken": jwt.encode(identity, "k" * 32),
        "RefreshToken": f"refresh-{number}",
        "ExpiresIn": 3600,
    }


OLD, NEW = result(1), result(2)


class FrozenTimeGateway(ScriptedGateway):
    """A gateway at a time when the tokens are valid."""

    def now(self) -> float:
        return NOW


def store_session(
    sessions: Sessions,
    tokens_reply: dict[str, Any],
    storage: StorageKind = StorageKind.FILE,
    device: Device | None = None,
) -> None:
    """Store a session as a sign-in does."""
    signed_in = Done(
        *parse_authentication_result(tokens_reply, user_pool_id=POOL, client_id=CLIENT, now=NOW),
        device=device,
    )
    outcome = sessions.save(signed_in, ORIGIN, storage, server_time=NOW)
    if outcome.problem or outcome.cleanup_problem:
        raise StorageError(outcome.problem or outcome.cleanup_problem)


def store_with_credentials(
    sessions: Sessions, tokens_reply: dict[str, Any], device: Device | None = None
) -> None:
    """Store a session and AWS credentials that came from it."""
    store_session(sessions, tokens_reply, device=device)
    session, credentials = sessions.find(), {"version": 1, "secret_access_key": OLD["AccessToken"]}
    session.store.write(credentials_name(session.record.key.file_name), json.dumps(credentials).encode())


def refresh(sessions: Sessions) -> None:
    """Refresh tokens with rotation: two writes, first the new refresh token."""
    reply = {"AuthenticationResult": NEW}
    renewed = ensure_fresh(sessions, sessions.find(), force=True, gateway=lambda _: FrozenTimeGateway(reply))
    if renewed.problem:
        raise StorageError(renewed.problem)


@dataclass(frozen=True)
class Operation:
    """The preparation, the change, and the sessions that may be stored if it is killed."""

    before: Callable[[Sessions], None]
    do: Callable[[Sessions], None]
    allowed_states: tuple[tuple[str, str, str] | None, ...]
    after: tuple[str, str, str] | None


def tokens_of(access: dict[str, Any], refresh_token: dict[str, Any] | None = None) -> tuple[str, str, str]:
    """Return the access, ID and refresh tokens of a session."""
    return access["AccessToken"], access["IdToken"], (refresh_token or access)["RefreshToken"]


def no_session(sessions: Sessions) -> None:
    """Do nothing: there is no session."""


OPERATIONS = {
    "a first store": Operation(
        no_session, lambda s: store_session(s, NEW), (None, tokens_of(NEW)), tokens_of(NEW)
    ),
    "a store over another": Operation(
        lambda s: store_session(s, OLD),
        lambda s: store_session(s, NEW),
        (tokens_of(OLD), tokens_of(NEW)),
        tokens_of(NEW),
    ),
    "a store elsewhere": Operation(
        lambda s: store_session(s, OLD, StorageKind.SESSION),
        lambda s: store_session(s, NEW),
        (tokens_of(OLD), tokens_of(NEW)),
        tokens_of(NEW),
    ),
    "a refresh": Operation(
        lambda s: store_session(s, OLD),
        refresh,
        (tokens_of(OLD), tokens_of(OLD, refresh_token=NEW), tokens_of(NEW)),
        tokens_of(NEW),
    ),
    "a sign-out": Operation(
        lambda s: store_session(s, OLD), lambda s: _forget(s), (tokens_of(OLD), None), None
    ),
    "a sign-out with AWS credentials": Operation(
        lambda s: store_with_credentials(s, OLD), lambda s: _forget(s), (tokens_of(OLD), None), None
    ),
    "a store over another with a device and AWS credentials": Operation(
        lambda s: store_with_credentials(s, OLD, Device("old-device", "-group", Secret("old-device-secret"))),
        lambda s: store_session(s, NEW, device=Device("new-device", "-group", Secret("new-device-secret"))),
        (tokens_of(OLD), tokens_of(NEW)),
        tokens_of(NEW),
    ),
}


def _forget(sessions: Sessions) -> None:
    try:
        sessions.forget(sessions.find().record)
    except NotSignedInError:
        return


@dataclass
class KillRun:
    """One operation in one folder, and the outcome of killing it."""

    home: Path
    operation: Operation
    kills: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environ = isolated_environment(self.home)

    def run(self) -> None:
        """Kill the operation before and after the chosen calls."""
        for name, calls in self._calls().items():
            for index in range(0, len(calls), 1 if EVERY_KILL or name in FILE_CHANGING_CALLS else STRIDE):
                for moment in ("before", "after") if calls[index] else ("before",):
                    self._kill(name, moment, index + 1)
                    self._check(f"{moment} {name} {index + 1}")
                    self.kills[name] = self.kills.get(name, 0) + 1

    def _reset_home(self) -> None:
        shutil.rmtree(self.home)
        self.environ = isolated_environment(self.home)
        self.operation.before(Sessions(self.environ))

    def _calls(self) -> dict[str, list[bool]]:
        """Return whether each call succeeds, by kind, while the operation runs undisturbed."""
        self._reset_home()
        calls: dict[str, list[bool]] = {name: [] for name in CALLS}

        def record_call(name: str, real: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
            calls[name].append(False)
            index = len(calls[name]) - 1
            outcome = real(*arguments, **options)
            calls[name][index] = True
            return outcome

        originals = {name: getattr(module, name) for name, module in CALLS.items()}
        try:
            for name, real in originals.items():
                setattr(CALLS[name], name, partial(record_call, name, real))
            self.operation.do(Sessions(self.environ))
        finally:
            for name, real in originals.items():
                setattr(CALLS[name], name, real)
        return calls

    def _kill(self, name: str, moment: str, count: int) -> None:
        """Run the operation in a child process and kill it at this call."""
        self._reset_home()
        child = os.fork()
        if child == 0:
            self._die_at(name, moment, count)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            self.failures.append(f"{moment} {name} {count}: ended with {status}")

    def _die_at(self, name: str, moment: str, count: int) -> None:
        real, calls = getattr(CALLS[name], name), 0

        def call_and_die(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if moment == "before" and calls == count:
                os.kill(os.getpid(), signal.SIGKILL)
            outcome = real(*arguments, **options)
            if moment == "after" and calls == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return outcome

        try:
            setattr(CALLS[name], name, call_and_die)
            self.operation.do(Sessions(self.environ))
        except BaseException as error:
            self.failures.append(repr(error))
            os._exit(1)
        os._exit(0)

    def _check(self, kill_point: str) -> None:
        """Check that the stored session is whole, and that repeating the operation cleans up."""
        try:
            stored = self._stored_tokens()
            if stored not in self.operation.allowed_states:
                self.failures.append(f"{kill_point}: neither the old nor the new session: {stored}")
            self.failures += [f"{kill_point}: {path}" for path in self._files() if not _is_intact(path)]
            self.operation.do(Sessions(self.environ))
            if self._stored_tokens() != self.operation.after:
                self.failures.append(f"{kill_point}: repeating the operation failed")
            # The index has no secrets, and its leftovers are removed by the next write.
            leftovers = [
                path.name for path in self._files() if path.name.startswith(".") and "index" not in path.name
            ]
            tokens = [path.name for path in self._files() if OLD["AccessToken"] in path.read_text()]
            devices = [path.name for path in self._files() if "old-device-secret" in path.read_text()]
            self.failures += [f"{kill_point}: {name} was left" for name in (*leftovers, *tokens, *devices)]
        except (StorageError, NotSignedInError, ValueError) as error:
            self.failures.append(f"{kill_point}: {error!r}")

    def _stored_tokens(self) -> tuple[str, str, str] | None:
        try:
            record: SessionRecord = Sessions(self.environ).find().record
        except NotSignedInError:
            return None
        refresh_token = record.refresh_token.reveal() if record.refresh_token else ""
        return record.access_token.reveal(), record.id_token.reveal(), refresh_token

    def _files(self) -> list[Path]:
        return [path for path in self.home.rglob("*") if path.is_file() and "tui-auth" in path.parts]


def _is_intact(path: Path) -> bool:
    """Return whether a file is private and valid JSON; temporary files need not be valid."""
    if path.stat().st_mode & 0o077:
        return False
    if path.name.startswith(".") or path.suffix == ".lock":
        return True
    try:
        return isinstance(json.loads(path.read_text()), dict)
    except ValueError:
        return False


if __name__ == "__main__":
    os.fsync = os.fstat  # type: ignore[assignment]  # a kill is no power cut, and fsync is slow
    kill_run = KillRun(Path(sys.argv[1]), OPERATIONS[sys.argv[2]])
    kill_run.run()
    json.dump({"kills": kill_run.kills, "failures": kill_run.failures}, sys.stdout)
