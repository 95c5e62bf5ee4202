"""``tui-auth sign-out`` ends the session at Cognito, deletes it here, and reports which of the two it did."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.programs import PROCESS_SECONDS, Process
from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import FLOWS, Machine, pool_flags
from tui_auth.secret import Secret
from tui_auth.session.index import IndexFile
from tui_auth.session.persistence import build_origin
from tui_auth.session.sessions import SaveResult
from tui_auth.session.sign_out import RevocationOutcome, sign_out
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import StorageKind


def has_no_session(machine: Machine) -> bool:
    """Return whether the machine has no session file."""
    files = [path for path in machine.home.rglob("*.json") if len(path.stem) >= 64]
    return not files


@pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
def test_session_is_revoked_and_deleted(machine: Machine, storage: StorageKind) -> None:
    session = machine.sign_in(storage=storage)
    result = machine.run("sign-out")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (0, "", 1)
    assert "Signed out ann. Tokens that were printed" in result.stderr
    assert not machine.is_accepted(session.record.access_token.reveal())
    assert has_no_session(machine)
    assert machine.run("token").returncode == 4


def test_everywhere_ends_the_users_other_sessions(machine: Machine) -> None:
    choice, other = machine.create_client(), machine.create_client()
    machine.sign_in(choice, machine.create_user())
    second = machine.sign_in(other, "ann")
    remote_session = machine.reach_done(choice)
    bob = machine.sign_in(choice, machine.create_user("bob"))
    result = machine.run("sign-out", "--everywhere", "--username", "ann")
    assert result.returncode == 0
    assert not machine.is_accepted(remote_session.tokens.access_token.reveal())
    assert not machine.is_accepted(second.record.access_token.reveal())
    assert [entry.username for entry in machine.sessions.entries()] == ["bob"]
    assert machine.is_accepted(bob.record.access_token.reveal())


def test_session_is_deleted_without_a_network(machine: Machine) -> None:
    machine.sign_in()
    machine.server.stop()
    result = machine.run("sign-out")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (7, "", 1)
    assert "Removed the session of ann from this computer. Cognito didn't end it" in result.stderr
    assert has_no_session(machine)


@pytest.mark.parametrize("arguments", [(), ("--everywhere",)])
@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 8), ("InternalErrorException", 5), ("ForbiddenException", 5)],
)
def test_session_is_deleted_after_a_cognito_error(
    machine: Machine, code: str, status: int, arguments: tuple[str, ...]
) -> None:
    machine.sign_in()
    machine.server.fail_next("GlobalSignOut" if arguments else "RevokeToken", code, "no")
    result = machine.run("sign-out", *arguments)
    assert (result.returncode, result.stderr.count("\n")) == (status, 1)
    assert has_no_session(machine)


def test_pool_without_token_revocation_is_reported(machine: Machine) -> None:
    machine.sign_in(machine.create_client(EnableTokenRevocation=False), machine.create_user())
    result = machine.run("sign-out")
    assert result.returncode == 3
    assert "Cognito didn't end it" in result.stderr
    assert has_no_session(machine)


def test_session_is_deleted_without_its_client_secret(machine: Machine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    machine.sign_in(replace(machine.create_client(), client_secret_file=secret), machine.create_user())
    secret.unlink()
    result = machine.run("sign-out")
    assert result.returncode == 3
    assert has_no_session(machine)


def fail_as_revoked(machine: Machine, operation: str) -> None:
    """Make Cognito's next reply an error that says the token is revoked."""
    machine.server.fail_next(operation, "NotAuthorizedException", "Refresh Token has been revoked")


def test_ended_session_is_deleted(machine: Machine) -> None:
    machine.sign_in()
    fail_as_revoked(machine, "RevokeToken")
    result = machine.run("sign-out")
    assert (result.returncode, result.stderr.count("\n")) == (0, 1)
    assert "had already ended at Cognito" in result.stderr
    assert has_no_session(machine)


class TestEverywhere:
    """``--everywhere`` needs an access token that Cognito still accepts."""

    def revoke(self, machine: Machine, session: SaveResult) -> None:
        """End this session only, as signing out of a copy of it does."""
        assert session.record.refresh_token
        token = {
            "Token": session.record.refresh_token.reveal(),
            "ClientId": session.record.origin.client_id,
        }
        machine.server.call("RevokeToken", token)

    @pytest.mark.parametrize("aged", [0, 4000], ids=["valid", "expired"])
    def test_ended_session_cannot_end_the_others(self, machine: Machine, aged: float) -> None:
        choice = machine.create_client()
        session = machine.sign_in(choice, machine.create_user(), aged=aged)
        remote_session = machine.reach_done(choice)
        self.revoke(machine, session)
        result = machine.run("sign-out", "--everywhere")
        assert (result.returncode, result.stderr.count("\n")) == (5, 1)
        assert "couldn't end your sessions on other devices" in result.stderr
        assert machine.is_accepted(remote_session.tokens.access_token.reveal())
        assert has_no_session(machine)

    def test_another_stored_session_of_the_user_can_end_the_others(self, machine: Machine) -> None:
        first, second = machine.create_client(), machine.create_client()
        other = machine.sign_in(first, machine.create_user())
        ended_session = machine.sign_in(second, "ann")
        remote_session = machine.reach_done(first)
        self.revoke(machine, ended_session)
        result = machine.run("sign-out", "--everywhere")
        assert (result.returncode, "Signed out ann on all devices" in result.stderr) == (0, True)
        for token in (remote_session.tokens.access_token, other.record.access_token):
            assert not machine.is_accepted(token.reveal())
        assert has_no_session(machine)

    def test_expired_access_token_is_refreshed_first(self, machine: Machine) -> None:
        choice = machine.create_client()
        machine.sign_in(choice, machine.create_user(), aged=4000)
        remote_session = machine.reach_done(choice)
        assert machine.run("sign-out", "--everywhere").returncode == 0
        assert not machine.is_accepted(remote_session.tokens.access_token.reveal())

    def test_session_without_the_scope_is_still_revoked(self, machine: Machine) -> None:
        session = machine.sign_in()
        machine.server.fail_next(
            "GlobalSignOut", "NotAuthorizedException", "Access Token does not have required scopes"
        )
        result = machine.run("sign-out", "--everywhere")
        assert (result.returncode, "didn't end it" in result.stderr) == (5, True)
        assert not machine.is_accepted(session.record.access_token.reveal())


@pytest.mark.parametrize("arguments", [(), ("--everywhere",)])
def test_wrong_client_secret_does_not_count_as_an_ended_session(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    request = {"UserPoolId": machine.user_pool_id, "ClientName": "s", "GenerateSecret": True}
    client = machine.server.call("CreateUserPoolClient", request | {"ExplicitAuthFlows": FLOWS})[
        "UserPoolClient"
    ]
    file = machine.home / "client-secret"
    file.write_text(client["ClientSecret"])
    file.chmod(0o600)
    choice = replace(
        machine.create_client(),
        client_id=client["ClientId"],
        client_secret=Secret(client["ClientSecret"]),
        client_secret_file=file,
    )
    machine.sign_in(choice, machine.create_user(), aged=4000)
    file.write_text("wrong" * 6)
    result = machine.run("sign-out", *arguments)
    assert result.returncode == 3
    assert "Cognito didn't end it" in result.stderr
    assert has_no_session(machine)


def test_session_is_deleted_after_ctrl_c(machine: Machine) -> None:
    machine.sign_in()

    class Interrupted(ScriptedGateway):
        def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            raise KeyboardInterrupt

    sign_out_result = sign_out(machine.sessions, machine.find_session(), gateway=lambda _: Interrupted())
    assert isinstance(sign_out_result.error, KeyboardInterrupt)
    assert has_no_session(machine)


def test_ctrl_c_ends_by_sigint_after_one_line(
    machine: Machine, process: Process, silent_pool: SilentPool
) -> None:
    choice = machine.create_client()
    origin = build_origin(replace(choice, endpoint_url=silent_pool.url), "ann", machine.environ)
    done = machine.reach_done(choice, machine.create_user())
    machine.sessions.save(done, origin, StorageKind.FILE, server_time=machine.server.clock.now())
    running = process.start(process.command("sign-out"))
    assert silent_pool.request_received.wait(PROCESS_SECONDS)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=PROCESS_SECONDS)
    assert (running.returncode, stdout, stderr.count("\n")) == (-signal.SIGINT, "", 1)
    assert "Removed the session of ann from this computer. You stopped the request" in stderr
    assert has_no_session(machine)


class SilentPool:
    """Server that accepts a request and doesn't reply until the test ends."""

    def __init__(self) -> None:
        self.request_received, self.end = threading.Event(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.request_received.set()
                outer.end.wait(PROCESS_SECONDS)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def silent_pool() -> Iterator[SilentPool]:
    """Run an endpoint that doesn't reply."""
    pool = SilentPool()
    thread = threading.Thread(target=pool.server.serve_forever, daemon=True)
    thread.start()
    yield pool
    pool.end.set()
    pool.server.shutdown()
    pool.server.server_close()


@pytest.mark.parametrize("has_ended", [False, True], ids=["revoked", "already ended"])
def test_revocation_is_reported_if_the_index_cannot_be_written(
    machine: Machine, has_ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sign_in()
    if has_ended:
        fail_as_revoked(machine, "RevokeToken")

    def fail_update(*_: object, **__: object) -> None:
        raise StorageError("Another tui-auth has been busy.")

    monkeypatch.setattr(IndexFile, "update", fail_update)
    sign_out_result = sign_out(machine.sessions, machine.find_session())
    assert sign_out_result.outcome is (
        RevocationOutcome.ALREADY_ENDED if has_ended else RevocationOutcome.REVOKED
    )
    assert "busy" in str(sign_out_result.storage_error)
    assert has_no_session(machine), "its tokens are deleted anyway"
    monkeypatch.undo()
    assert machine.run("token").returncode == 4


def test_control_characters_in_a_name_are_made_visible(machine: Machine) -> None:
    machine.sign_in()
    content = machine.read_session_file() | {"signed_in_as": "an\x1b[2Jn"}
    machine.session_file().write_text(json.dumps(content))
    result = machine.run("sign-out")
    assert (result.returncode, "\x1b" in result.stderr) == (0, False)


def test_signing_out_without_a_session_succeeds(machine: Machine) -> None:
    result = machine.run("sign-out")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "tui-auth: You are already signed out.\n"


def test_signing_out_twice_succeeds_and_mentions_other_sessions(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    assert machine.run("sign-out").returncode == 0
    result = machine.run("sign-out")
    assert (result.returncode, result.stderr.count("\n")) == (0, 1)
    assert "`tui-auth status` lists your other sessions." in result.stderr
    assert [entry.username for entry in machine.sessions.entries()] == ["bob"]


def test_everywhere_without_a_session_exits_with_4(machine: Machine) -> None:
    """Sessions on other machines go on, so this is no success."""
    result = machine.run("sign-out", "--everywhere")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1)


def test_username_selects_one_of_several_sessions(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    assert machine.run("sign-out", "--username", "bob").returncode == 0
    assert [entry.username for entry in machine.sessions.entries()] == ["ann"]
    assert machine.run("token").returncode == 0


@pytest.mark.parametrize("arguments", [(), ("--profile", "acme")])
def test_session_is_deleted_without_the_profiles_secret(machine: Machine, arguments: tuple[str, ...]) -> None:
    request = {"UserPoolId": machine.user_pool_id, "ClientName": "s", "GenerateSecret": True}
    client = machine.server.call("CreateUserPoolClient", request | {"ExplicitAuthFlows": FLOWS})[
        "UserPoolClient"
    ]
    file = machine.home / "client-secret"
    file.write_text(client["ClientSecret"])
    secret = Secret(client["ClientSecret"])
    choice = replace(
        machine.create_client(), client_id=client["ClientId"], client_secret=secret, client_secret_file=file
    )
    add = ("profile", "add", "acme", "--client-secret-file", str(file), *pool_flags(choice))
    assert machine.run(*add).returncode == 0
    machine.sign_in(choice, machine.create_user())
    file.unlink()
    assert machine.run("status", *arguments).returncode == 0
    result = machine.run("sign-out", *arguments)
    assert (result.returncode, result.stderr.count("\n")) == (3, 1)
    assert has_no_session(machine)


def test_lost_reply_is_reported_as_unknown(machine: Machine) -> None:
    machine.sign_in()
    machine.server.drop_next("RevokeToken", after_work=True)
    result = machine.run("sign-out")
    assert result.returncode == 7
    assert "Cognito didn't reply, so the session may still be valid there." in result.stderr
    assert has_no_session(machine)


def test_specified_client_does_not_match_another_clients_session(machine: Machine) -> None:
    machine.sign_in()
    for command, code in (("token", 4), ("status", 4), ("sign-out", 0)):
        result = machine.run(command, "--client-id", "1example23456789abcdefghij")
        assert (result.returncode, result.stdout) == (code, "")
        result = machine.run(command, "--endpoint-url", "http://127.0.0.1:1")
        assert (result.returncode, result.stdout) == (code, "")
    assert machine.read_session_file()
