"""``tui-auth sign-out``: ended at Cognito, forgotten here, and which of the two happened is said."""

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


def forgotten(machine: Machine) -> bool:
    files = [path for path in machine.home.rglob("*.json") if len(path.stem) >= 64]
    return not files


@pytest.mark.parametrize("storage", [StorageKind.FILE, StorageKind.SESSION])
def test_the_session_is_revoked_and_forgotten(machine: Machine, storage: StorageKind) -> None:
    kept = machine.sign_in(storage=storage)
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (0, "", 1)
    assert "at Cognito and here" in ran.stderr
    assert not machine.is_accepted(kept.record.access_token.reveal())
    assert forgotten(machine)
    assert machine.run("token").returncode == 4


def test_everywhere_ends_the_users_other_sessions(machine: Machine) -> None:
    choice, other = machine.create_client(), machine.create_client()
    machine.sign_in(choice, machine.create_user())
    second = machine.sign_in(other, "ann")
    elsewhere = machine.reach_done(choice)
    bob = machine.sign_in(choice, machine.create_user("bob"))
    ran = machine.run("sign-out", "--everywhere", "--username", "ann")
    assert ran.returncode == 0
    assert not machine.is_accepted(elsewhere.tokens.access_token.reveal())
    assert not machine.is_accepted(second.record.access_token.reveal())
    assert [entry.username for entry in machine.sessions.entries()] == ["bob"]
    assert machine.is_accepted(bob.record.access_token.reveal())


def test_without_a_network_the_session_is_forgotten_with_7(machine: Machine) -> None:
    machine.sign_in()
    machine.server.stop()
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (7, "", 1)
    assert "forgotten here. Cognito did not end it" in ran.stderr
    assert forgotten(machine)


@pytest.mark.parametrize("arguments", [(), ("--everywhere",)])
@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 8), ("InternalErrorException", 5), ("ForbiddenException", 5)],
)
def test_an_error_of_cognito_is_shown_and_the_session_is_forgotten(
    machine: Machine, code: str, status: int, arguments: tuple[str, ...]
) -> None:
    machine.sign_in()
    machine.server.fail_next("GlobalSignOut" if arguments else "RevokeToken", code, "no")
    ran = machine.run("sign-out", *arguments)
    assert (ran.returncode, ran.stderr.count("\n")) == (status, 1)
    assert forgotten(machine)


def test_a_pool_without_revocation_is_mentioned(machine: Machine) -> None:
    machine.sign_in(machine.create_client(EnableTokenRevocation=False), machine.create_user())
    ran = machine.run("sign-out")
    assert ran.returncode == 3
    assert "Cognito did not end it" in ran.stderr
    assert forgotten(machine)


def test_without_its_client_secret_the_session_is_forgotten(machine: Machine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    machine.sign_in(replace(machine.create_client(), client_secret_file=secret), machine.create_user())
    secret.unlink()
    ran = machine.run("sign-out")
    assert ran.returncode == 3
    assert forgotten(machine)


def refuse_next(machine: Machine, operation: str) -> None:
    """What Cognito says of a token that is over."""
    machine.server.fail_next(operation, "NotAuthorizedException", "Refresh Token has been revoked")


def test_an_ended_session_is_forgotten_with_0(machine: Machine) -> None:
    machine.sign_in()
    refuse_next(machine, "RevokeToken")
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stderr.count("\n")) == (0, 1)
    assert "had already ended at Cognito" in ran.stderr
    assert forgotten(machine)


class TestEverywhere:
    """An end of all sessions takes a token that Cognito still takes."""

    def revoke(self, machine: Machine, kept: SaveResult) -> None:
        """End this session alone, as a sign-out of a copy of it does."""
        assert kept.record.refresh_token
        token = {
            "Token": kept.record.refresh_token.reveal(),
            "ClientId": kept.record.origin.client_id,
        }
        machine.server.call("RevokeToken", token)

    @pytest.mark.parametrize("aged", [0, 4000], ids=["holds", "run out"])
    def test_an_ended_session_cannot_end_others_and_says_so(self, machine: Machine, aged: float) -> None:
        choice = machine.create_client()
        kept = machine.sign_in(choice, machine.create_user(), aged=aged)
        elsewhere = machine.reach_done(choice)
        self.revoke(machine, kept)
        ran = machine.run("sign-out", "--everywhere")
        assert (ran.returncode, ran.stderr.count("\n")) == (5, 1)
        assert "sessions on other machines were not ended" in ran.stderr
        assert machine.is_accepted(elsewhere.tokens.access_token.reveal())
        assert forgotten(machine)

    def test_another_stored_session_of_the_user_ends_them(self, machine: Machine) -> None:
        first, second = machine.create_client(), machine.create_client()
        other = machine.sign_in(first, machine.create_user())
        ended = machine.sign_in(second, "ann")
        elsewhere = machine.reach_done(first)
        self.revoke(machine, ended)
        ran = machine.run("sign-out", "--everywhere")
        assert (ran.returncode, "signed out everywhere" in ran.stderr) == (0, True)
        for token in (elsewhere.tokens.access_token, other.record.access_token):
            assert not machine.is_accepted(token.reveal())
        assert forgotten(machine)

    def test_an_expired_access_token_is_refreshed_first(self, machine: Machine) -> None:
        choice = machine.create_client()
        machine.sign_in(choice, machine.create_user(), aged=4000)
        elsewhere = machine.reach_done(choice)
        assert machine.run("sign-out", "--everywhere").returncode == 0
        assert not machine.is_accepted(elsewhere.tokens.access_token.reveal())

    def test_without_the_scope_this_session_is_still_revoked(self, machine: Machine) -> None:
        kept = machine.sign_in()
        machine.server.fail_next(
            "GlobalSignOut", "NotAuthorizedException", "Access Token does not have required scopes"
        )
        ran = machine.run("sign-out", "--everywhere")
        assert (ran.returncode, "did not end it" in ran.stderr) == (5, True)
        assert not machine.is_accepted(kept.record.access_token.reveal())


@pytest.mark.parametrize("arguments", [(), ("--everywhere",)])
def test_a_wrong_client_secret_does_not_mean_that_the_session_has_ended(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    asked = {"UserPoolId": machine.user_pool_id, "ClientName": "s", "GenerateSecret": True}
    made = machine.server.call("CreateUserPoolClient", asked | {"ExplicitAuthFlows": FLOWS})["UserPoolClient"]
    file = machine.home / "client-secret"
    file.write_text(made["ClientSecret"])
    file.chmod(0o600)
    choice = replace(
        machine.create_client(),
        client_id=made["ClientId"],
        client_secret=Secret(made["ClientSecret"]),
        client_secret_file=file,
    )
    machine.sign_in(choice, machine.create_user(), aged=4000)
    file.write_text("wrong" * 6)
    ran = machine.run("sign-out", *arguments)
    assert ran.returncode == 3
    assert "Cognito did not end it" in ran.stderr
    assert forgotten(machine)


def test_after_ctrl_c_the_session_is_forgotten(machine: Machine) -> None:
    machine.sign_in()

    class Hanging(ScriptedGateway):
        def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
            raise KeyboardInterrupt

    ended = sign_out(machine.sessions, machine.find_session(), gateway=lambda _: Hanging())
    assert isinstance(ended.error, KeyboardInterrupt)
    assert forgotten(machine)


def test_ctrl_c_is_130_and_one_line(machine: Machine, process: Process, silent_pool: SilentPool) -> None:
    choice = machine.create_client()
    origin = build_origin(replace(choice, endpoint_url=silent_pool.url), "ann", machine.environ)
    done = machine.reach_done(choice, machine.create_user())
    machine.sessions.save(done, origin, StorageKind.FILE, server_time=machine.server.clock.now())
    running = process.start(process.command("sign-out"))
    assert silent_pool.was_asked.wait(PROCESS_SECONDS)
    running.send_signal(signal.SIGINT)
    out, said = running.communicate(timeout=PROCESS_SECONDS)
    assert (running.returncode, out, said.count("\n")) == (130, "", 1)
    assert "forgotten here" in said
    assert "stopped" in said
    assert forgotten(machine)


class SilentPool:
    """Takes a request and does not answer before the end of the test."""

    def __init__(self) -> None:
        self.was_asked, self.end = threading.Event(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.was_asked.set()
                outer.end.wait(PROCESS_SECONDS)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def silent_pool() -> Iterator[SilentPool]:
    """An endpoint that does not answer."""
    silent = SilentPool()
    thread = threading.Thread(target=silent.server.serve_forever, daemon=True)
    thread.start()
    yield silent
    silent.end.set()
    silent.server.shutdown()
    silent.server.server_close()


@pytest.mark.parametrize("over", [False, True], ids=["revoked", "ended before"])
def test_the_revocation_is_reported_even_if_the_index_cannot_be_written(
    machine: Machine, over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sign_in()
    if over:
        refuse_next(machine, "RevokeToken")

    def busy(*_: object, **__: object) -> None:
        raise StorageError("Another tui-auth has been busy.")

    monkeypatch.setattr(IndexFile, "update", busy)
    ended = sign_out(machine.sessions, machine.find_session())
    assert ended.outcome is (RevocationOutcome.ALREADY_ENDED if over else RevocationOutcome.REVOKED)
    assert "busy" in str(ended.storage_error)
    assert forgotten(machine), "its tokens are gone all the same"
    monkeypatch.undo()
    assert machine.run("token").returncode == 4


def test_control_characters_in_a_name_are_made_visible(machine: Machine) -> None:
    machine.sign_in()
    content = machine.read_session_file() | {"signed_in_as": "an\x1b[2Jn"}
    machine.session_file().write_text(json.dumps(content))
    ran = machine.run("sign-out")
    assert (ran.returncode, "\x1b" in ran.stderr) == (0, False)


def test_without_a_session_it_is_4(machine: Machine) -> None:
    ran = machine.run("sign-out")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (4, "", 1)


def test_username_chooses_one_of_several_sessions(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user("bob"))
    machine.sign_in(choice, machine.create_user("ann"))
    assert machine.run("sign-out", "--username", "bob").returncode == 0
    assert [entry.username for entry in machine.sessions.entries()] == ["ann"]
    assert machine.run("token").returncode == 0


@pytest.mark.parametrize("arguments", [(), ("--profile", "acme")])
def test_without_the_profiles_secret_the_session_is_forgotten(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    asked = {"UserPoolId": machine.user_pool_id, "ClientName": "s", "GenerateSecret": True}
    made = machine.server.call("CreateUserPoolClient", asked | {"ExplicitAuthFlows": FLOWS})["UserPoolClient"]
    file = machine.home / "client-secret"
    file.write_text(made["ClientSecret"])
    secret = Secret(made["ClientSecret"])
    choice = replace(
        machine.create_client(), client_id=made["ClientId"], client_secret=secret, client_secret_file=file
    )
    add = ("profile", "add", "acme", "--client-secret-file", str(file), *pool_flags(choice))
    assert machine.run(*add).returncode == 0
    machine.sign_in(choice, machine.create_user())
    file.unlink()
    assert machine.run("status", *arguments).returncode == 0
    ran = machine.run("sign-out", *arguments)
    assert (ran.returncode, ran.stderr.count("\n")) == (3, 1)
    assert forgotten(machine)


def test_a_lost_reply_leaves_open_whether_the_session_has_ended(machine: Machine) -> None:
    machine.sign_in()
    machine.server.drop_next("RevokeToken", after_work=True)
    ran = machine.run("sign-out")
    assert ran.returncode == 7
    assert "the session may have ended there or not" in ran.stderr
    assert forgotten(machine)


def test_a_specified_client_does_not_match_another_clients_session(machine: Machine) -> None:
    machine.sign_in()
    for command in ("token", "status", "sign-out"):
        ran = machine.run(command, "--client-id", "1example23456789abcdefghij")
        assert (ran.returncode, ran.stdout) == (4, "")
        ran = machine.run(command, "--endpoint-url", "http://127.0.0.1:1")
        assert (ran.returncode, ran.stdout) == (4, "")
    assert machine.read_session_file()
