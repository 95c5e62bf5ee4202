"""The fast path prints what the slow path would print, or falls through."""

from __future__ import annotations

import json
import random
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.session.machine import FORMS, Machine, Processes, pool_flags, specify
from tui_auth.cli.parser import add_session_arguments
from tui_auth.cli.session_access import find_session
from tui_auth.config.resolver import ResolvedPool
from tui_auth.session import fast_path, state
from tui_auth.session.fast_path import Answer, find_answer, parse_request
from tui_auth.session.index import MOST_ROUTES, SessionEntry
from tui_auth.session.sessions import SaveResult, Sessions, StoredSession
from tui_auth.session.state import required_seconds
from tui_auth.storage import paths
from tui_auth.storage.paths import AMPLIFY_FILE_NAMES
from tui_auth.storage.stores import StorageKind


def find_cached_token(
    kind: str, min_ttl: float | None, profile: str, environ: Mapping[str, str]
) -> Answer | None:
    """Return what the fast path prints for ``token``, or None if it falls through."""
    flags = ["--type", kind]
    flags += ["--min-ttl", str(int(min_ttl))] if min_ttl is not None else []
    flags += ["--profile", profile] if profile else []
    return find_answer("token", flags, environ)


def cache_route(machine: Machine, result: SaveResult, flags: Mapping[str, str] | None = None) -> None:
    """Cache the session as what the slow path has chosen for these flags, in this folder."""
    reference = SessionEntry.from_record(result.record, StorageKind.FILE).reference
    key = state.selection(flags or {}, machine.environ)
    machine.sessions.cache_route(key, reference, lambda index: True)


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("working_folder")
class TestCachedToken:
    @pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
    def test_token_is_that_of_the_current_session(self, machine: Machine, storage: StorageKind) -> None:
        save_result = machine.sign_in(storage=storage)
        for kind in ("access", "id"):
            token = find_cached_token(kind, None, "", machine.environ)
            assert token
            assert token.text.strip() == save_result.record.token(kind).reveal()
            assert token.note == ""

    @pytest.mark.parametrize(("aged", "min_ttl"), [(3590, None), (2400, 1800), (3601, 0), (-60, None)])
    def test_token_is_valid_as_long_as_on_the_slow_path(
        self, machine: Machine, aged: float, min_ttl: float | None
    ) -> None:
        from tui_auth.session.refresh import is_valid_for

        save_result = machine.sign_in(aged=aged)
        assert bool(find_cached_token("access", min_ttl, "", machine.environ)) == is_valid_for(
            save_result.record, "access", min_ttl
        )

    def test_note_tells_which_of_several_sessions_is_used(self, machine: Machine) -> None:
        choice = machine.create_client()
        machine.sign_in(choice, machine.create_user("bob"))
        machine.sign_in(choice, machine.create_user("ann"))
        token = find_cached_token("access", None, "", machine.environ)
        assert token
        assert "the session of ann" in token.note
        assert token.note == machine.find_session().note

    def test_note_with_a_json_escape_falls_through(self, machine: Machine) -> None:
        choice = machine.create_client()
        machine.sign_in(choice, machine.create_user("bob"))
        machine.sign_in(choice, machine.create_user("ann\u00e9"))
        assert find_cached_token("access", None, "", machine.environ) is None

    @pytest.mark.parametrize(
        "name", ["TUI_AUTH_USER_POOL_ID", "TUI_AUTH_CLIENT_ID", "TUI_AUTH_USERNAME", "TUI_AUTH_ENDPOINT_URL"]
    )
    def test_variable_for_a_pool_or_a_user_falls_through(self, machine: Machine, name: str) -> None:
        machine.sign_in()
        assert find_cached_token("access", None, "", {**machine.environ, name: "x"}) is None

    @pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"])
    def test_endpoint_in_aws_variables_falls_through(self, machine: Machine, name: str) -> None:
        machine.sign_in()
        variables = {**machine.environ, name: "http://127.0.0.1:9"}
        assert find_cached_token("access", None, "", variables) is None
        ignored_endpoint = {**variables, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
        assert machine.run("token", environ=ignored_endpoint).returncode == 0
        assert find_cached_token("access", None, "", ignored_endpoint)

    @pytest.mark.parametrize("name", [*AMPLIFY_FILE_NAMES, *(f"src/{name}" for name in AMPLIFY_FILE_NAMES)])
    def test_amplify_file_in_this_or_a_parent_folder_falls_through(
        self, machine: Machine, working_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        machine.sign_in()
        subfolder = working_folder / "a" / "b"
        subfolder.mkdir(parents=True)
        monkeypatch.chdir(subfolder)
        assert find_cached_token("access", None, "", machine.environ)
        (working_folder / name).parent.mkdir(exist_ok=True)
        (working_folder / name).write_text("{}")
        assert find_cached_token("access", None, "", machine.environ) is None

    def test_session_file_readable_by_others_falls_through(self, machine: Machine) -> None:
        machine.sign_in()
        machine.session_file().chmod(0o644)
        assert find_cached_token("access", None, "", machine.environ) is None

    def test_session_file_of_another_version_falls_through(self, machine: Machine) -> None:
        machine.sign_in()
        content = machine.session_file().read_text()
        machine.session_file().write_text(content.replace('"version": 1', '"version": 2'))
        assert find_cached_token("access", None, "", machine.environ) is None

    def test_new_or_changed_config_file_falls_through(self, machine: Machine) -> None:
        save_result = machine.sign_in()
        config = Path(paths.config_folder(machine.environ)) / paths.CONFIG_FILE
        config.parent.mkdir(parents=True)
        config.write_text("")
        assert find_cached_token("access", None, "", machine.environ) is None
        cache_route(machine, save_result)
        assert find_cached_token("access", None, "", machine.environ)
        config.write_text("# changed")
        assert find_cached_token("access", None, "", machine.environ) is None

    def test_profile_needs_a_cached_route(self, machine: Machine) -> None:
        save_result = machine.sign_in()
        assert find_cached_token("access", None, "work", machine.environ) is None
        cache_route(machine, save_result, {"--profile": "work"})
        assert find_cached_token("access", None, "work", machine.environ)
        assert find_cached_token("access", None, "", {**machine.environ, "TUI_AUTH_PROFILE": "work"}) is None
        assert find_cached_token("access", None, "other", machine.environ) is None

    def test_missing_session_falls_through(self, machine: Machine) -> None:
        assert find_cached_token("access", None, "", machine.environ) is None

    def test_deleted_session_falls_through(self, machine: Machine) -> None:
        save_result = machine.sign_in()
        machine.sessions.forget(save_result.record)
        assert find_cached_token("access", None, "", machine.environ) is None

    def test_session_in_the_keyring_falls_through(self, machine: Machine) -> None:
        machine.sign_in()
        index = machine.state_folder / "index.json"
        index.write_text(index.read_text().replace('"current": "file/', '"current": "keyring/'))
        assert find_cached_token("access", None, "", machine.environ) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["--auth-flow", "USER_AUTH"],
        ["--force-refresh"],
        ["--username", "--type"],
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
    with suppress(ValueError):
        assert parse_request("token", arguments) is None


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--"],
        ["env"],
        ["--env", "A=b=c", "--", "env"],
        ["--env", "1=id", "--", "env"],
        ["--env", "A", "--", "x"],
    ],
    ids=" ".join,
)
def test_exec_without_a_command_or_with_an_invalid_variable_falls_through(
    machine: Machine, arguments: list[str]
) -> None:
    machine.sign_in()
    assert find_answer("exec", ["--", "env"], machine.environ)
    assert find_answer("exec", arguments, machine.environ) is None


class RandomMachine:
    """A machine that changes at random, and random calls of ``token`` on it."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine = machine
        self.random = random.Random(seed)
        self.clients = {name: machine.create_client() for name in ("one", "two")}
        self.users = [machine.create_user("ann"), machine.create_user("bob")]
        self.config = machine.home / ".config" / "tui-auth" / "config.toml"
        self.config.parent.mkdir(parents=True)
        self.project = machine.home / "project"
        self.project.mkdir()

    def change(self) -> None:
        """Sign in or out, change the profiles, or add or remove an Amplify file."""
        self.random.choice([self._sign_in, self._sign_in, self._sign_out, self._configure, self._amplify])()

    def call(self) -> tuple[list[str], dict[str, str], Path]:
        """Return random arguments, a random environment and a random folder."""
        one = self.clients["one"]
        options = [
            ["--profile", self.random.choice(["one", "two", "none"])],
            ["--type", self.random.choice(["access", "id"])],
            ["--min-ttl", self.random.choice(["0", "5m", "30m"])],
            ["--username", self.random.choice([*self.users, "ANN"])],
            ["--client-id", one.client_id, "--user-pool-id", one.user_pool_id],
            ["--endpoint-url", self.machine.server.endpoint_url],
        ]
        arguments = [argument for option in options if self.random.random() < 0.15 for argument in option]
        variables = {
            "TUI_AUTH_PROFILE": self.random.choice(["one", " two ", "none"]),
            "TUI_AUTH_USERNAME": self.random.choice(self.users),
            "TUI_AUTH_CLIENT_ID": self.clients["one"].client_id,
            "TUI_AUTH_USER_POOL_ID": self.clients["two"].user_pool_id,
            "TUI_AUTH_UNKNOWN": "x",
            "AWS_ENDPOINT_URL": self.random.choice(["http://127.0.0.1:9", self.machine.server.endpoint_url]),
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
        default_lines = (
            [f'default_profile = "{self.random.choice(["one", "two"])}"'] if len(lines) > 4 else []
        )
        self.config.write_text("\n".join([*default_lines, *lines, ""]))

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
    """Compare both paths on random machines with random arguments and environments."""
    find_answer, hits = fast_path.find_answer, 0
    monkeypatch.setattr(fast_path, "find_answer", lambda *_: None)
    random_machine = RandomMachine(machine, seed)
    for _ in range(12):
        random_machine.change()
        calls = [random_machine.call() for _ in range(3)]
        for arguments, environ, folder in [*calls, *calls]:  # the first round may cache a route
            monkeypatch.chdir(folder)
            answer = find_answer("token", arguments, environ)
            slow_result = machine.run("token", "--login", "never", *arguments, environ=environ, cwd=folder)
            if answer is not None:
                hits += 1
                note = f"tui-auth: {answer.note}\n" if answer.note else ""
                assert (slow_result.returncode, slow_result.stdout, slow_result.stderr) == (
                    0,
                    answer.text,
                    note,
                )
    assert hits, "the fast path always fell through"


@pytest.fixture
def profile(machine: Machine) -> ResolvedPool:
    """Return a pool from the profile acme, which specifies no endpoint."""
    choice = replace(machine.create_client(), profile="acme")
    file = machine.home / ".config" / "tui-auth" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'[profiles.acme]\nuser_pool_id = "{choice.user_pool_id}"\nclient_id = "{choice.client_id}"\n'
    )
    return choice


def test_route_found_through_an_aws_variable_is_not_cached(machine: Machine, profile: ResolvedPool) -> None:
    machine.sign_in(profile, machine.create_user())
    command = ("token", "--profile", "acme", "--login", "never")
    variables = {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": machine.server.endpoint_url}
    assert machine.run(*command, environ=variables).returncode == 0
    result = machine.run(*command)
    assert (result.returncode, result.stdout) == (4, ""), (
        "without the variable the profile specifies AWS's own pool"
    )


def test_route_is_not_cached_if_another_session_has_started(
    machine: Machine, profile: ResolvedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = replace(profile, endpoint_url=machine.server.endpoint_url)
    machine.sign_in(choice, machine.create_user("ann"))
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    config = machine.home / ".config" / "tui-auth" / "config.toml"
    config.write_text(config.read_text() + f'endpoint_url = "{machine.server.endpoint_url}"\n')
    monkeypatch.chdir(machine.home)
    find, new_sign_ins = Sessions.find, []

    def find_then_sign_in_bob(self: Sessions, *arguments: Any, **options: Any) -> StoredSession:
        session = find(self, *arguments, **options)
        new_sign_ins.append(machine.sign_in(choice, machine.create_user("bob")))
        return session

    monkeypatch.setattr(Sessions, "find", find_then_sign_in_bob)
    parser = ArgumentParser()
    add_session_arguments(parser)
    session = find_session(parser.parse_args(["--profile", "acme"]), machine.sessions)
    assert session.record.username == "ann"
    token = find_cached_token("access", None, "acme", machine.environ)
    assert token is None or token.text.strip() == new_sign_ins[0].record.access_token.reveal()
    monkeypatch.undo()
    result = machine.run("token", "--profile", "acme")
    assert result.stdout.strip() == new_sign_ins[0].record.access_token.reveal()


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


COMMANDS = [
    ["token"],
    ["token", "--type", "id", "--min-ttl", "5m"],
    ["header"],
    ["exec", "--env", "A=id", "--env", "B=access", "--", "sh", "-c", "echo $A $B"],
    ["kube-credential"],
    ["aws-credentials"],
    ["aws-credentials", "--format", "env"],
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_takes_the_fast_path_however_the_pool_is_specified(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, command: list[str], form: str
) -> None:
    """The first call caches the route; the second prints the same, and so does a call of the slow path."""
    choice = machine.add_identity_pool(machine.create_client())
    record = machine.sign_in(choice, machine.create_user()).record
    flags, variables = specify(machine, choice, form)
    arguments, environ = [*flags, *command[1:]], machine.environ | variables
    monkeypatch.chdir(machine.home)
    if command[0] == "exec":
        assert machine.run("token", *flags, environ=variables).returncode == 0
        answer = find_answer(command[0], arguments, environ)
        assert answer
        tokens = {"A": record.id_token.reveal(), "B": record.access_token.reveal()}
        assert (answer.command, answer.variables) == (command[-3:], tokens)
        return
    first = machine.run(command[0], *arguments, environ=variables)
    assert (first.returncode, first.stderr) == (0, "")
    answer = find_answer(command[0], arguments, environ)
    assert answer
    assert (answer.text, answer.note) == (first.stdout, "")
    for name in ("TUI_AUTH_CLIENT_ID", "TUI_AUTH_USERNAME", "AWS_ENDPOINT_URL"):
        assert find_answer(command[0], arguments, environ | {name: "other"}) is None
    for changed in (["--client-id", "other"], ["--username", "bob"], ["--profile", "other"]):
        if not set(changed) & set(arguments):
            assert find_answer(command[0], [*changed, *arguments], environ) is None


@pytest.mark.parametrize(
    ("request_text", "is_fast"),
    [
        ("", True),
        ('{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","spec":{}}', True),
        ('{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}', False),
        ('{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","apiVersion":"x"}', False),
        ('{"kind":"ExecCredential","apiVersion":"other"}', False),
        ("garbage", False),
    ],
)
def test_kubernetes_version_is_that_of_the_slow_path(
    machine: Machine, request_text: str, is_fast: bool
) -> None:
    machine.sign_in()
    variables = {"KUBERNETES_EXEC_INFO": request_text}
    answer = find_answer("kube-credential", [], machine.environ | variables)
    assert (answer is not None) is is_fast
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_path, "find_answer", lambda *_: None)
        slow = machine.run("kube-credential", environ=variables)
    assert answer is None or answer.text == slow.stdout


def test_expired_aws_credentials_fall_through(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(machine.home)
    machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())
    machine.run("aws-credentials")
    assert find_answer("aws-credentials", [], machine.environ)
    (path,) = machine.state_folder.glob("*.aws.json")
    members = json.loads(path.read_text())
    for changes in (
        {"expires_at": members["server_time"] + 1},
        {"identity_pool_id": "other"},
        {"version": 2},
    ):
        path.write_bytes(state.dumps(members | changes))
        assert find_answer("aws-credentials", [], machine.environ) is None
    path.write_bytes(state.dumps(members | {"secret_access_key": "a'b"}))
    assert find_answer("aws-credentials", [], machine.environ)
    assert find_answer("aws-credentials", ["--format", "env"], machine.environ) is None


@pytest.mark.parametrize("is_flag", [True, False])
def test_mistaken_secret_is_not_stored_with_a_route(machine: Machine, is_flag: bool) -> None:
    """The path of a secret's file that leads nowhere may be the secret itself."""
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user())
    index = machine.state_folder / "index.json"
    for secret, is_stored in (("hunter2", False), (str(machine.session_file()), True)):
        flags = ["--client-secret-file", secret] if is_flag else []
        variables = {} if is_flag else {"TUI_AUTH_CLIENT_SECRET_FILE": secret}
        result = machine.run("token", *pool_flags(choice), *flags, environ=variables)
        assert result.returncode == 0, result.stderr
        assert (secret.encode().hex() in index.read_text()) is is_stored


def test_number_of_routes_is_limited(machine: Machine) -> None:
    result = machine.sign_in()
    for number in range(MOST_ROUTES + 3):
        cache_route(machine, result, {"--profile": str(number)})
    keys = [name for name in machine.sessions.index.members if name.startswith("route:")]
    assert len(keys) == MOST_ROUTES
    assert keys[-1] == f"route:{state.selection({'--profile': str(MOST_ROUTES + 2)}, machine.environ)}"


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_fast_path_imports_nothing_heavy(
    machine: Machine, processes: Processes, arguments: list[str]
) -> None:
    machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())
    if arguments[0] == "exec":
        arguments = [*arguments[:-3], sys.executable, "-c", "print()"]
    if arguments[0] == "aws-credentials":
        assert machine.run(*arguments).returncode == 0
    show = "print(*sys.modules, file=sys.stderr)"
    replaced = f"import os; os.execvpe = lambda *_: ({show}, print(flush=True), os._exit(0))"
    code = f"import sys; {replaced}; from tui_auth.cli.main import main; main({arguments}); {show}"
    result = processes.run_script(code)
    assert result.stdout
    needed = {"enum"} if arguments[0] == "exec" else set()  # the signal module imports it
    assert not (NOT_NEEDED - needed) & set(result.stderr.split())


def test_five_minutes_or_a_fifth_of_a_short_lifetime_must_be_left() -> None:
    assert required_seconds(3600, None) == 300
    assert required_seconds(300, None) == 60
    assert required_seconds(300, 900) == 900


def test_amplify_file_takes_precedence_over_the_only_profile(machine: Machine) -> None:
    """The slow path uses the only profile if nothing else specifies a pool."""
    choice = machine.create_client()
    config = machine.home / ".config" / "tui-auth" / "config.toml"
    config.parent.mkdir(parents=True)
    lines = [f'user_pool_id = "{choice.user_pool_id}"', f'client_id = "{choice.client_id}"']
    config.write_text("\n".join(["[profiles.only]", *lines, f'endpoint_url = "{choice.endpoint_url}"', ""]))
    machine.sign_in(choice, machine.create_user())
    bobs_sign_in = machine.sign_in(machine.create_client(), machine.create_user("bob"))
    machine.sessions.forget(bobs_sign_in.record)
    assert machine.run("token").returncode == 0
    project = machine.home / "project"
    project.mkdir()
    exports = {"aws_user_pools_id": "eu-west-1_Other0000", "aws_user_pools_web_client_id": "other"}
    (project / "amplifyconfiguration.json").write_text(json.dumps(exports))
    assert machine.run("token", cwd=project).returncode == 4
