"""One process at a time refreshes a session, and only a definitive error of Cognito ends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.nightly import EVERY_KILL
from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import FLOWS, ROTATION, Machine, Processes
from tests.waiting import wait_until
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.errors import NOT_FROM_COGNITO, AuthError, ErrorKind
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError
from tui_auth.session.refresh import DEFINITIVE_CODES, ensure_fresh, is_valid_for
from tui_auth.session.state import since_boot
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import locked

AGED = 3590.0
PAGE = AuthError(ErrorKind.NETWORK, NOT_FROM_COGNITO, may_have_arrived=True)
"""The error for a page in place of a reply."""
PROCESSES = 40 if EVERY_KILL else 10
"""The number of concurrent processes. Ten exercise the lock like forty, in a quarter of the time."""


def test_valid_token_needs_no_request(machine: Machine) -> None:
    save_result = machine.sign_in()
    result = ensure_fresh(machine.sessions, machine.find_session())
    assert result.record.access_token == save_result.record.access_token
    assert not machine.get_calls("GetTokensFromRefreshToken")


def test_token_about_to_expire_is_refreshed(machine: Machine) -> None:
    save_result = machine.sign_in(aged=AGED)
    result = ensure_fresh(machine.sessions, machine.find_session())
    assert result.record.access_token != save_result.record.access_token
    assert machine.is_accepted(result.record.access_token.reveal())
    assert machine.read_session_file()["access_token"] == result.record.access_token.reveal()
    assert machine.read_session_file()["refresh_token"] == save_result.record.refresh_token.reveal()  # type: ignore[union-attr]


def test_token_valid_for_less_than_min_ttl_is_refreshed(machine: Machine) -> None:
    machine.sign_in(aged=1800)
    ensure_fresh(machine.sessions, machine.find_session(), min_ttl=1700)
    assert not machine.get_calls("GetTokensFromRefreshToken")
    ensure_fresh(machine.sessions, machine.find_session(), min_ttl=1900)
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_each_kind_of_token_is_compared_with_its_own_lifetime(machine: Machine) -> None:
    record = machine.sign_in(aged=3400).record
    short_lived = replace(record, access_lifetime=3600.0, id_lifetime=600.0)
    assert not is_valid_for(short_lived, "access", None)
    assert is_valid_for(short_lived, "id", None)
    short_lived = replace(record, access_lifetime=600.0, id_lifetime=3600.0)
    assert is_valid_for(short_lived, "access", None)
    assert not is_valid_for(short_lived, "id", None)


def test_refresh_can_be_forced(machine: Machine) -> None:
    save_result = machine.sign_in()
    result = ensure_fresh(machine.sessions, machine.find_session(), force=True)
    assert result.record.access_token != save_result.record.access_token


def test_newest_rotated_refresh_token_is_stored(machine: Machine) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    tokens = {machine.read_session_file()["refresh_token"]}
    for _ in range(3):
        ensure_fresh(machine.sessions, machine.find_session(), force=True)
        tokens.add(machine.read_session_file()["refresh_token"])
    assert len(tokens) == 4


@pytest.mark.parametrize("flags", [(), ("--force-refresh",)], ids=["expired", "forced"])
def test_concurrent_processes_all_get_tokens_and_store_the_newest(
    machine: Machine, processes: Processes, flags: tuple[str, ...]
) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user(), aged=0 if flags else AGED)
    started = [processes.start("token", *flags) for _ in range(PROCESSES)]
    outputs = [process.communicate(timeout=100) for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, outputs
    refreshes = len(machine.get_calls("GetTokensFromRefreshToken"))
    assert flags or refreshes == 1
    tokens = {out.strip() for out, _ in outputs}
    assert len(tokens) == refreshes
    assert all(machine.is_accepted(token) for token in tokens)
    grants = [grant for grant in machine.server.state.grants.values() if grant.rotated_at is None]
    assert [grant.token for grant in grants] == [machine.read_session_file()["refresh_token"]]
    assert machine.read_session_file()["access_token"] in tokens


def test_processes_waiting_for_the_lock_share_one_forced_refresh(
    machine: Machine, processes: Processes
) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    session = machine.find_session()
    with locked(session.store.locks, session.record.key.file_name):
        started = [processes.start("token", "--force-refresh") for _ in range(6)]
        wait_until(lambda: all(has_open_file(process.pid, lock_path(machine)) for process in started))
        assert not machine.get_calls("GetTokensFromRefreshToken")
    outputs = {process.communicate(timeout=100) for process in started}
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1
    assert outputs == {(f"{machine.read_session_file()['access_token']}\n", "")}
    assert machine.read_session_file()["access_token"] != session.record.access_token.reveal()


def test_refresh_by_another_process_is_used(machine: Machine) -> None:
    machine.sign_in()
    old_session = machine.find_session()
    first_result = ensure_fresh(machine.sessions, machine.find_session(), force=True)
    result = ensure_fresh(machine.sessions, old_session, force=True)
    assert result.record.access_token == first_result.record.access_token
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_refresh_sends_client_secret_and_device_key(machine: Machine, tmp_path: Path) -> None:
    settings = {"UserPoolId": machine.user_pool_id, "ClientName": "s", "ExplicitAuthFlows": FLOWS}
    client = machine.server.call("CreateUserPoolClient", {**settings, "GenerateSecret": True})[
        "UserPoolClient"
    ]
    file = tmp_path / "client-secret"
    file.write_text(client["ClientSecret"])
    choice = replace(
        machine.create_client(),
        client_id=client["ClientId"],
        client_secret=Secret(client["ClientSecret"]),
        client_secret_file=file,
    )
    machine.sign_in(choice, machine.create_user())
    session = machine.find_session()
    record_with_device = replace(session.record, device=Device("eu-west-1_d", "-group", Secret("password")))
    session.store.write(record_with_device.key.file_name, record_with_device.to_json())
    ensure_fresh(machine.sessions, machine.find_session(), force=True)
    request = machine.get_calls("GetTokensFromRefreshToken")[-1]
    assert (request["ClientSecret"], request["DeviceKey"]) == (client["ClientSecret"], "eu-west-1_d")
    assert machine.find_session().record.device == record_with_device.device


@pytest.mark.parametrize("code", ["UnknownOperationException", "OperationNotEnabledException", "Unsupported"])
def test_initiate_auth_refreshes_if_the_operation_is_unavailable(machine: Machine, code: str) -> None:
    save_result = machine.sign_in()
    machine.server.fail_next("GetTokensFromRefreshToken", code, "not here")
    result = ensure_fresh(machine.sessions, machine.find_session(), force=True)
    assert machine.get_calls("InitiateAuth")[-1]["AuthFlow"] == "REFRESH_TOKEN_AUTH"
    assert result.record.access_token != save_result.record.access_token


def test_unreadable_reply_never_ends_the_session(machine: Machine) -> None:
    machine.sign_in()
    stored_before = machine.read_session_file()
    gateway = ScriptedGateway(PAGE)
    with pytest.raises(AuthError) as raised:
        ensure_fresh(machine.sessions, machine.find_session(), force=True, gateway=lambda _: gateway)
    assert raised.value is PAGE
    assert machine.read_session_file() == stored_before


@pytest.mark.parametrize("code", sorted(DEFINITIVE_CODES))
def test_definitive_error_ends_the_session(machine: Machine, code: str) -> None:
    machine.sign_in()
    gateway = ScriptedGateway(error_from_response(code, "It is over."))
    with pytest.raises(NotSignedInError) as raised:
        ensure_fresh(machine.sessions, machine.find_session(), force=True, gateway=lambda _: gateway)
    assert raised.value.sign_in_settings is not None
    assert not list(machine.state_folder.glob("?" * 64 + ".json"))
    with pytest.raises(NotSignedInError):
        machine.sessions.find()


@pytest.mark.parametrize(
    "error",
    [
        AuthError(ErrorKind.NETWORK, "Cognito can't be reached."),
        error_from_response("TooManyRequestsException", "slow down"),
        error_from_response("InternalErrorException", "oops", status=500),
        error_from_response("NotAuthorizedException", "oops", status=502),
        error_from_response("NotAuthorizedException", "Unable to verify client secret for client c"),
        error_from_response(
            "NotAuthorizedException", "Client c is configured with secret but SECRET_HASH was not received"
        ),
        error_from_response("ResourceNotFoundException", "User pool client c does not exist."),
        error_from_response("UserLambdaValidationException", "no"),
        error_from_response("SomethingNewException", "?"),
    ],
    ids=range(9),
)
def test_no_other_error_ends_the_session(machine: Machine, error: AuthError) -> None:
    machine.sign_in()
    stored_before = machine.read_session_file()
    with pytest.raises(AuthError) as raised:
        ensure_fresh(
            machine.sessions, machine.find_session(), force=True, gateway=lambda _: ScriptedGateway(error)
        )
    assert raised.value is error
    assert machine.read_session_file() == stored_before


def test_process_that_waited_for_a_failed_refresh_fails_at_once(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    down = AuthError(ErrorKind.NETWORK, "Cognito can't be reached.")
    first, second, later = ScriptedGateway(down), ScriptedGateway(down), ScriptedGateway(down)
    first.hold()
    with ThreadPoolExecutor(2) as pool:
        first_future = pool.submit(
            ensure_fresh, machine.sessions, machine.find_session(), gateway=lambda _: first
        )
        wait_until(lambda: bool(first.calls))
        second_future = pool.submit(
            ensure_fresh, machine.sessions, machine.find_session(), gateway=lambda _: second
        )
        wait_until(lambda: count_open_locks(machine) == 2)
        first.release()
        for future in (first_future, second_future):
            with pytest.raises(AuthError, match="can't be reached"):
                future.result(60)
    assert not second.calls
    with pytest.raises(AuthError):
        ensure_fresh(machine.sessions, machine.find_session(), gateway=lambda _: later)
    assert later.calls, "a later command makes its own request"


@pytest.mark.parametrize("note", ["", " ", " xx", " inf", " nan", " 1e300", " 1 2"])
def test_invalid_lock_note_is_ignored(machine: Machine, note: str) -> None:
    machine.sign_in(aged=AGED)
    lock = lock_path(machine)
    lock.touch(mode=0o600)
    lock.write_text(f"no answer {since_boot()[0]}{note}")
    assert ensure_fresh(machine.sessions, machine.find_session(), force=True)


def count_open_locks(machine: Machine) -> int:
    """Return how often this process has the session's lock file open."""
    links = list(Path("/proc/self/fd").iterdir())
    return sum(link.exists() and link.resolve() == lock_path(machine) for link in links)


def lock_path(machine: Machine) -> Path:
    return machine.session_file().with_suffix(".lock")


def has_open_file(process: int, path: Path) -> bool:
    """Return whether a process has a file open."""
    with suppress(OSError):
        return any(link.resolve() == path for link in Path(f"/proc/{process}/fd").iterdir())
    return False


def test_rejected_token_does_not_end_a_new_session(machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user)
    old = machine.find_session()
    new_sign_in = machine.sign_in(choice, user)
    machine.sessions.forget_if_unchanged(old)
    assert machine.find_session().record.refresh_token == new_sign_in.record.refresh_token


def test_tokens_of_another_user_are_rejected(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user())
    bobs_step = machine.reach_done(choice, machine.create_user("bob"))
    reply = {
        "AuthenticationResult": {
            "AccessToken": bobs_step.tokens.access_token.reveal(),
            "IdToken": bobs_step.tokens.id_token.reveal(),
        }
    }
    with pytest.raises(AuthError, match="another user"):
        ensure_fresh(
            machine.sessions, machine.find_session(), force=True, gateway=lambda _: ScriptedGateway(reply)
        )
    assert machine.find_session().record.username == "ann"


def test_refresh_token_of_another_user_is_rejected(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice, machine.create_user())
    stored_before = machine.read_session_file()
    bobs_step = machine.reach_done(choice, machine.create_user("bob"))
    reply = {
        "AuthenticationResult": {
            "AccessToken": bobs_step.tokens.access_token.reveal(),
            "IdToken": bobs_step.tokens.id_token.reveal(),
            "RefreshToken": "bobs",
        }
    }
    with pytest.raises(AuthError, match="another user"):
        ensure_fresh(
            machine.sessions, machine.find_session(), force=True, gateway=lambda _: ScriptedGateway(reply)
        )
    assert machine.read_session_file() == stored_before


@pytest.mark.parametrize("code", ["RefreshTokenReuseException", "TokenRevokedException"])
def test_error_gives_the_reason_why_the_session_ended(machine: Machine, code: str) -> None:
    machine.sign_in()
    gateway = ScriptedGateway(error_from_response(code, "raw"))
    with pytest.raises(NotSignedInError) as raised:
        ensure_fresh(machine.sessions, machine.find_session(), force=True, gateway=lambda _: gateway)
    assert "doesn't know" not in str(raised.value)
    assert "The session has ended. It" in str(raised.value)


def test_rotated_token_is_written_again_if_the_first_write_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    session = machine.find_session()
    write, writes = session.store.write, []

    def fail_first_write(name: str, content: bytes) -> None:
        writes.append(name)
        if len(writes) == 1:
            raise StorageError("No space left on device.")
        write(name, content)

    monkeypatch.setattr(session.store, "write", fail_first_write)
    result = ensure_fresh(machine.sessions, session, force=True)
    assert (len(writes), result.problem) == (2, "")
    assert machine.read_session_file()["access_token"] == result.record.access_token.reveal()
    assert ensure_fresh(machine.sessions, machine.find_session(), force=True).record


def test_rotated_refresh_token_is_stored_if_other_tokens_are_rejected(machine: Machine) -> None:
    machine.sign_in()
    reply = {"AuthenticationResult": {"AccessToken": "a.b.c", "IdToken": "a.b.c", "RefreshToken": "newest"}}
    with pytest.raises(AuthError, match="aren't for this sign-in"):
        ensure_fresh(
            machine.sessions, machine.find_session(), force=True, gateway=lambda _: ScriptedGateway(reply)
        )
    assert machine.read_session_file()["refresh_token"] == "newest"


def test_token_that_could_not_be_stored_is_returned(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_result = machine.sign_in()
    session = machine.find_session()

    def raise_disk_full(name: str, content: bytes) -> None:
        raise StorageError("No space left on device.")

    monkeypatch.setattr(session.store, "write", raise_disk_full)
    result = ensure_fresh(machine.sessions, session, force=True)
    assert result.record.access_token != save_result.record.access_token
    assert result.problem == "No space left on device."


def test_session_without_a_refresh_token_expires_with_its_tokens(machine: Machine) -> None:
    machine.sign_in(aged=3500)
    content = machine.read_session_file() | {"refresh_token": None}
    machine.session_file().write_text(json.dumps(content))
    assert ensure_fresh(machine.sessions, machine.find_session()).record.seconds_left("access") > 0
    with pytest.raises(NotSignedInError):
        ensure_fresh(machine.sessions, machine.find_session(), min_ttl=600)


def test_session_ended_while_waiting_for_the_lock_requires_a_sign_in(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    old_session = machine.find_session()
    machine.sessions.forget(old_session.record)
    with pytest.raises(NotSignedInError, match="has ended"):
        ensure_fresh(machine.sessions, old_session)


def test_lost_refresh_token_is_announced(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    session = machine.find_session()

    def raise_disk_full(name: str, content: bytes) -> None:
        raise StorageError("No space left on device.")

    monkeypatch.setattr(session.store, "write", raise_disk_full)
    result = ensure_fresh(machine.sessions, session, force=True)
    assert result.problem.startswith("No space left on device. Its refresh token was replaced")


def test_refresh_stores_nothing_after_a_sign_out_meanwhile(machine: Machine) -> None:
    """A sign-out doesn't wait for a process that was stopped, which goes on later."""
    machine.sign_in()
    session = machine.find_session()

    class SlowGateway(CognitoGateway):
        def call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
            reply = super().call(operation, params)
            session.store.remove(session.record.key.file_name)
            return dict(reply)

    address = Address(session.record.origin.region, session.record.origin.endpoint)
    result = ensure_fresh(machine.sessions, session, force=True, gateway=lambda _: SlowGateway(address))
    assert result.record.access_token != session.record.access_token
    assert result.problem == "It has ended in the meantime."
    assert not session.store.has(session.record.key.file_name)
