"""The fast path prints what the slow path would print, or falls through."""

from __future__ import annotations

import json
import random
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.session.machine import Machine, Processes
from tui_auth.cli.session_access import add_session_arguments, find_session
from tui_auth.config.environment import AMPLIFY_FILE_NAMES
from tui_auth.config.resolver import ResolvedPool
from tui_auth.session import fast_path
from tui_auth.session.fast_path import (
    CachedToken,
    TokenRequest,
    cached_token,
    parse_request,
    required_seconds,
)
from tui_auth.session.index import SessionEntry
from tui_auth.session.sessions import Sessions, StoredSession
from tui_auth.storage import paths
from tui_auth.storage.stores import StorageKind


def token_of(
    kind: str, min_ttl: float | None, profile: str, environ: Mapping[str, str]
) -> CachedToken | None:
    """Return the token that the fast path finds."""
    return cached_token(TokenRequest(kind, min_ttl, profile), environ)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
class TestCachedToken:
    @pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
    def test_token_is_that_of_the_current_session(self, machine: Machine, storage: StorageKind) -> None:
        kept = machine.sign_in(storage=storage)
        for kind in ("access", "id"):
            token = token_of(kind, None, "", machine.environ)
            assert token
            assert token.value == kept.record.token(kind).reveal()
            assert token.note == ""

    @pytest.mark.parametrize(("aged", "asked"), [(3590, None), (2400, 1800), (3601, 0), (-60, None)])
    def test_token_is_valid_as_long_as_on_the_slow_path(
        self, machine: Machine, aged: float, asked: float | None
    ) -> None:
        from tui_auth.session.refresh import is_valid_for

        kept = machine.sign_in(aged=aged)
        assert bool(token_of("access", asked, "", machine.environ)) == is_valid_for(
            kept.record, "access", asked
        )

    def test_note_tells_which_of_several_sessions_is_used(self, machine: Machine) -> None:
        choice = machine.client()
        machine.sign_in(choice, machine.user("bob"))
        machine.sign_in(choice, machine.user("ann"))
        token = token_of("access", None, "", machine.environ)
        assert token
        assert "the session of ann" in token.note
        assert token.note == machine.found().note

    def test_note_with_a_json_escape_falls_through(self, machine: Machine) -> None:
        choice = machine.client()
        machine.sign_in(choice, machine.user("bob"))
        machine.sign_in(choice, machine.user("ann\u00e9"))
        assert token_of("access", None, "", machine.environ) is None

    @pytest.mark.parametrize(
        "name", ["TUI_AUTH_USER_POOL_ID", "TUI_AUTH_CLIENT_ID", "TUI_AUTH_USERNAME", "TUI_AUTH_ENDPOINT_URL"]
    )
    def test_variable_for_a_pool_or_a_user_falls_through(self, machine: Machine, name: str) -> None:
        machine.sign_in()
        assert token_of("access", None, "", {**machine.environ, name: "x"}) is None

    @pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"])
    def test_endpoint_in_aws_variables_falls_through(self, machine: Machine, name: str) -> None:
        machine.sign_in()
        elsewhere = {**machine.environ, name: "http://127.0.0.1:9"}
        assert token_of("access", None, "", elsewhere) is None
        off = {**elsewhere, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
        assert token_of("access", None, "", off)

    @pytest.mark.parametrize("name", [*AMPLIFY_FILE_NAMES, *(f"src/{name}" for name in AMPLIFY_FILE_NAMES)])
    def test_amplify_file_in_this_or_a_parent_folder_falls_through(
        self, machine: Machine, here: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        machine.sign_in()
        below = here / "a" / "b"
        below.mkdir(parents=True)
        monkeypatch.chdir(below)
        assert token_of("access", None, "", machine.environ)
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("{}")
        assert token_of("access", None, "", machine.environ) is None

    def test_session_file_readable_by_others_falls_through(self, machine: Machine) -> None:
        machine.sign_in()
        machine.session_file().chmod(0o644)
        assert token_of("access", None, "", machine.environ) is None

    def test_session_file_of_another_version_falls_through(self, machine: Machine) -> None:
        machine.sign_in()
        content = machine.session_file().read_text()
        machine.session_file().write_text(content.replace('"version": 1', '"version": 2'))
        assert token_of("access", None, "", machine.environ) is None

    def test_new_or_changed_config_file_falls_through(self, machine: Machine) -> None:
        kept = machine.sign_in()
        config = Path(paths.config_folder(machine.environ)) / paths.CONFIG_FILE
        config.parent.mkdir(parents=True)
        config.write_text("")
        assert token_of("access", None, "", machine.environ) is None
        reference = SessionEntry.from_record(kept.record, StorageKind.FILE).reference
        route = fast_path.build_route(reference, fast_path.config_stamp(machine.environ))
        machine.sessions.cache_route("", route, lambda entries: True)
        assert token_of("access", None, "", machine.environ)
        config.write_text("# changed")
        assert token_of("access", None, "", machine.environ) is None

    def test_profile_needs_a_cached_route(self, machine: Machine) -> None:
        kept = machine.sign_in()
        assert token_of("access", None, "work", machine.environ) is None
        reference = SessionEntry.from_record(kept.record, StorageKind.FILE).reference
        machine.sessions.cache_route("work", f"{reference} ", lambda entries: True)
        assert token_of("access", None, "work", machine.environ)
        assert token_of("access", None, "", {**machine.environ, "TUI_AUTH_PROFILE": " work "})
        assert token_of("access", None, "other", machine.environ) is None

    def test_missing_session_falls_through(self, machine: Machine) -> None:
        assert token_of("access", None, "", machine.environ) is None

    def test_deleted_session_falls_through(self, machine: Machine) -> None:
        kept = machine.sign_in()
        machine.sessions.forget(kept.record)
        assert token_of("access", None, "", machine.environ) is None

    def test_session_in_the_keyring_falls_through(self, machine: Machine) -> None:
        machine.sign_in()
        index = machine.state / "index.json"
        index.write_text(index.read_text().replace('"current": "file/', '"current": "keyring/'))
        assert token_of("access", None, "", machine.environ) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--username", "ann"],
        ["--force-refresh"],
        ["more"],
        ["--type", "refresh"],
        ["--type", "id", "--type", "id"],
        ["--min-ttl", "soon"],
        ["--min-ttl"],
        ["--login", "maybe"],
        ["--profile", ""],
        ["--profile"],
    ],
    ids=" ".join,
)
def test_unknown_repeated_and_invalid_flags_fall_through(arguments: list[str]) -> None:
    assert parse_request(arguments) is None


class RandomMachine:
    """A machine in a random state that changes randomly, and random ways to call ``token`` there."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine = machine
        self.random = random.Random(seed)
        self.clients = {name: machine.client() for name in ("one", "two")}
        self.users = [machine.user("ann"), machine.user("bob")]
        self.config = machine.home / ".config" / "tui-auth" / "config.toml"
        self.config.parent.mkdir(parents=True)
        self.project = machine.home / "project"
        self.project.mkdir()

    def change(self) -> None:
        """Sign in or out, change the profiles, or add or remove an Amplify file."""
        self.random.choice([self._sign_in, self._sign_in, self._sign_out, self._configure, self._amplify])()

    def call(self) -> tuple[list[str], dict[str, str], Path]:
        """Return random arguments, an environment and a folder."""
        options = [
            ["--profile", self.random.choice(["one", "two", "none"])],
            ["--type", self.random.choice(["access", "id"])],
            ["--min-ttl", self.random.choice(["0", "5m", "30m"])],
            ["--username", self.random.choice(self.users)],
        ]
        arguments = [word for option in options if self.random.random() < 0.15 for word in option]
        variables = {
            "TUI_AUTH_PROFILE": self.random.choice(["one", " two ", "none"]),
            "TUI_AUTH_USERNAME": self.random.choice(self.users),
            "TUI_AUTH_CLIENT_ID": self.clients["one"].client_id,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "TUI_AUTH_THEME": "dark",
        }
        chosen = {name: value for name, value in variables.items() if self.random.random() < 0.08}
        folder = self.random.choice([self.machine.home, self.machine.home, self.project])
        return arguments, {**self.machine.environ, **chosen}, folder

    def _sign_in(self) -> None:
        name, client = self.random.choice([*self.clients.items()])
        storage = self.random.choice([StorageKind.FILE, StorageKind.SESSION])
        aged = self.random.choice([0.0, 0.0, 2400.0])
        choice = replace(client, profile=name if self.random.random() < 0.5 else None)
        self.machine.sign_in(choice, self.random.choice(self.users), storage=storage, aged=aged)

    def _sign_out(self) -> None:
        entries = self.machine.sessions.entries()
        if entries:
            record = self.machine.sessions.read(self.random.choice(entries))
            assert record
            self.machine.sessions.forget(record)

    def _configure(self) -> None:
        lines = []
        for name, client in self.clients.items():
            if self.random.random() < 0.7:
                lines += [f"[profiles.{name}]", f'user_pool_id = "{client.user_pool_id}"']
                lines += [f'client_id = "{client.client_id}"', f'endpoint_url = "{client.endpoint_url}"']
        default = [f'default_profile = "{self.random.choice(["one", "two"])}"'] if len(lines) > 4 else []
        self.config.write_text("\n".join([*default, *lines, ""]))

    def _amplify(self) -> None:
        file = self.project / "amplifyconfiguration.json"
        if file.exists():
            file.unlink()
        else:
            client = self.clients[self.random.choice(["one", "two"])]
            settings = {
                "aws_user_pools_id": client.user_pool_id,
                "aws_user_pools_web_client_id": client.client_id,
            }
            file.write_text(json.dumps(settings))


@pytest.mark.parametrize("seed", range(4))
def test_fast_path_prints_the_slow_paths_output_or_falls_through(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """In random states of a machine, with random arguments and environments."""
    find_token, hits = fast_path.find_token, 0
    monkeypatch.setattr(fast_path, "find_token", lambda *_: None)
    world = RandomMachine(machine, seed)
    for _ in range(12):
        world.change()
        calls = [world.call() for _ in range(3)]
        for arguments, environ, folder in [*calls, *calls]:  # the first time may cache a route
            monkeypatch.chdir(folder)
            token = find_token(arguments, environ)
            slow = machine.run("token", "--login", "never", *arguments, environ=environ, cwd=folder)
            if token is not None:
                hits += 1
                note = f"tui-auth: {token.note}\n" if token.note else ""
                assert (slow.returncode, slow.stdout, slow.stderr) == (0, f"{token.value}\n", note)
    assert hits, "the fast path was never taken"


@pytest.fixture
def profile(machine: Machine) -> ResolvedPool:
    """Return a pool with the profile acme, which has no endpoint."""
    choice = replace(machine.client(), profile="acme")
    file = machine.home / ".config" / "tui-auth" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'[profiles.acme]\nuser_pool_id = "{choice.user_pool_id}"\nclient_id = "{choice.client_id}"\n'
    )
    return choice


def test_route_found_through_an_aws_variable_is_not_cached(machine: Machine, profile: ResolvedPool) -> None:
    machine.sign_in(profile, machine.user())
    words = ("token", "--profile", "acme", "--login", "never")
    elsewhere = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": machine.server.endpoint_url}
    assert machine.run(*words, environ=elsewhere).returncode == 0
    ran = machine.run(*words)
    assert (ran.returncode, ran.stdout) == (4, ""), "it is AWS's own pool that is meant now"


def test_route_is_not_cached_if_another_session_has_started(
    machine: Machine, profile: ResolvedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = replace(profile, endpoint_url=machine.server.endpoint_url)
    machine.sign_in(choice, machine.user("ann"))
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    config = machine.home / ".config" / "tui-auth" / "config.toml"
    config.write_text(config.read_text() + f'endpoint_url = "{machine.server.endpoint_url}"\n')
    monkeypatch.chdir(machine.home)
    find, begun = Sessions.find, []

    def and_bob_signs_in(self: Sessions, *arguments: Any, **named: Any) -> StoredSession:
        found = find(self, *arguments, **named)
        begun.append(machine.sign_in(choice, machine.user("bob")))
        return found

    monkeypatch.setattr(Sessions, "find", and_bob_signs_in)
    parser = ArgumentParser()
    add_session_arguments(parser)
    found = find_session(parser.parse_args(["--profile", "acme"]), machine.sessions)
    assert found.record.username == "ann"
    token = token_of("access", None, "acme", machine.environ)
    assert token is None or token.value == begun[0].record.access_token.reveal()
    monkeypatch.undo()
    ran = machine.run("token", "--profile", "acme")
    assert ran.stdout.strip() == begun[0].record.access_token.reveal()


NOT_NEEDED = {
    "argparse",
    "boto3",
    "botocore",
    "cryptography",
    "dataclasses",
    "enum",
    "hashlib",
    "json",
    "jwt",
    "pathlib",
    "platformdirs",
    "re",
    "rich",
    "textual",
    "tomllib",
    "typing",
}


@pytest.mark.parametrize("arguments", [["token"], ["header"], ["token", "--type", "id", "--min-ttl", "5m"]])
def test_fast_path_imports_nothing_heavy(
    machine: Machine, processes: Processes, arguments: list[str]
) -> None:
    machine.sign_in()
    run = f"from tui_auth.cli.main import main; main({arguments})"
    code = f"import sys; {run}; print(*sys.modules, file=sys.stderr)"
    ran = processes.run_script(code)
    assert ran.stdout.count("\n") == 1
    assert not NOT_NEEDED & set(ran.stderr.split())


def test_five_minutes_or_a_fifth_of_a_short_lifetime_must_be_left() -> None:
    assert required_seconds(3600, None) == 300
    assert required_seconds(300, None) == 60
    assert required_seconds(300, 900) == 900


def test_amplify_file_takes_precedence_over_the_only_profile(machine: Machine) -> None:
    """Nobody specified the profile: the slow path uses it only if nothing else specifies a pool."""
    choice = machine.client()
    config = machine.home / ".config" / "tui-auth" / "config.toml"
    config.parent.mkdir(parents=True)
    lines = [f'user_pool_id = "{choice.user_pool_id}"', f'client_id = "{choice.client_id}"']
    config.write_text("\n".join(["[profiles.only]", *lines, f'endpoint_url = "{choice.endpoint_url}"', ""]))
    machine.sign_in(choice, machine.user())
    other = machine.sign_in(machine.client(), machine.user("bob"))
    machine.sessions.forget(other.record)
    assert machine.run("token").returncode == 0
    project = machine.home / "project"
    project.mkdir()
    exports = {"aws_user_pools_id": "eu-west-1_Other0000", "aws_user_pools_web_client_id": "other"}
    (project / "amplifyconfiguration.json").write_text(json.dumps(exports))
    assert machine.run("token", cwd=project).returncode == 4
