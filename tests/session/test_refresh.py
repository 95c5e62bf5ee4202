"""A session is refreshed once for all processes, and only a definitive error of Cognito ends it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nightly import EVERY_KILL
from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import FLOWS, ROTATION, Machine, Processes
from tests.waiting import wait_until
from tui_auth.auth.devices import Device
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret
from tui_auth.session import NotSignedInError
from tui_auth.session.clock import since_boot
from tui_auth.session.refresh import DEFINITIVE_CODES, ensure_fresh, is_valid_for
from tui_auth.session.sessions import session_lock
from tui_auth.storage.files import StorageError

AGED = 3590.0
PROCESSES = 40 if EVERY_KILL else 10
"""How many at once. Ten wait for one lock just as forty do; it takes a second instead of four."""


def test_a_valid_token_needs_no_request(machine: Machine) -> None:
    kept = machine.sign_in()
    result = ensure_fresh(machine.sessions, machine.found())
    assert result.record.access_token == kept.record.access_token
    assert not machine.asked("GetTokensFromRefreshToken")


def test_a_token_about_to_expire_is_refreshed(machine: Machine) -> None:
    kept = machine.sign_in(aged=AGED)
    result = ensure_fresh(machine.sessions, machine.found())
    assert result.record.access_token != kept.record.access_token
    assert machine.accepts(result.record.access_token.reveal())
    assert machine.stored()["access_token"] == result.record.access_token.reveal()
    assert machine.stored()["refresh_token"] == kept.record.refresh_token.reveal()  # type: ignore[union-attr]


def test_a_token_valid_for_less_than_min_ttl_is_refreshed(machine: Machine) -> None:
    machine.sign_in(aged=1800)
    ensure_fresh(machine.sessions, machine.found(), min_ttl=1700)
    assert not machine.asked("GetTokensFromRefreshToken")
    ensure_fresh(machine.sessions, machine.found(), min_ttl=1900)
    assert len(machine.asked("GetTokensFromRefreshToken")) == 1


def test_each_kind_of_token_is_compared_with_its_own_lifetime(machine: Machine) -> None:
    record = machine.sign_in(aged=3400).record
    short_lived = replace(record, access_lifetime=3600.0, id_lifetime=600.0)
    assert not is_valid_for(short_lived, "access", None)
    assert is_valid_for(short_lived, "id", None)
    short_lived = replace(record, access_lifetime=600.0, id_lifetime=3600.0)
    assert is_valid_for(short_lived, "access", None)
    assert not is_valid_for(short_lived, "id", None)


def test_a_refresh_can_be_forced(machine: Machine) -> None:
    kept = machine.sign_in()
    result = ensure_fresh(machine.sessions, machine.found(), force=True)
    assert result.record.access_token != kept.record.access_token


def test_with_rotation_the_newest_refresh_token_is_stored(machine: Machine) -> None:
    machine.sign_in(machine.client(**ROTATION), machine.user())
    tokens = {machine.stored()["refresh_token"]}
    for _ in range(3):
        ensure_fresh(machine.sessions, machine.found(), force=True)
        tokens.add(machine.stored()["refresh_token"])
    assert len(tokens) == 4


@pytest.mark.parametrize("flags", [(), ("--force-refresh",)], ids=["run out", "forced"])
def test_many_processes_at_once_all_get_a_token_and_the_newest_refresh_token_stays(
    machine: Machine, processes: Processes, flags: tuple[str, ...]
) -> None:
    machine.sign_in(machine.client(**ROTATION), machine.user(), aged=0 if flags else AGED)
    started = [processes.start("token", *flags) for _ in range(PROCESSES)]
    outputs = [process.communicate(timeout=100) for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, outputs
    refreshes = len(machine.asked("GetTokensFromRefreshToken"))
    assert flags or refreshes == 1
    tokens = {out.strip() for out, _ in outputs}
    assert len(tokens) == refreshes
    assert all(machine.accepts(token) for token in tokens)
    grants = [grant for grant in machine.server.state.grants.values() if grant.rotated_at is None]
    assert [grant.token for grant in grants] == [machine.stored()["refresh_token"]]
    assert machine.stored()["access_token"] in tokens


def test_processes_that_wait_together_share_one_refresh_even_if_each_forces_it(
    machine: Machine, processes: Processes
) -> None:
    machine.sign_in(machine.client(**ROTATION), machine.user())
    found = machine.found()
    with session_lock(found):
        started = [processes.start("token", "--force-refresh") for _ in range(6)]
        wait_until(lambda: all(has_open(process.pid, lock_of(machine)) for process in started))
        assert not machine.asked("GetTokensFromRefreshToken")
    outputs = {process.communicate(timeout=100) for process in started}
    assert len(machine.asked("GetTokensFromRefreshToken")) == 1
    assert outputs == {(f"{machine.stored()['access_token']}\n", "")}
    assert machine.stored()["access_token"] != found.record.access_token.reveal()


def test_a_refresh_by_another_process_counts(machine: Machine) -> None:
    machine.sign_in()
    seen_before = machine.found()
    brought = ensure_fresh(machine.sessions, machine.found(), force=True)
    result = ensure_fresh(machine.sessions, seen_before, force=True)
    assert result.record.access_token == brought.record.access_token
    assert len(machine.asked("GetTokensFromRefreshToken")) == 1


def test_a_client_secret_and_a_device_go_with_the_refresh(machine: Machine, tmp_path: Path) -> None:
    asked = {"UserPoolId": machine.user_pool_id, "ClientName": "s", "ExplicitAuthFlows": FLOWS}
    made = machine.server.call("CreateUserPoolClient", {**asked, "GenerateSecret": True})["UserPoolClient"]
    file = tmp_path / "client-secret"
    file.write_text(made["ClientSecret"])
    choice = replace(
        machine.client(),
        client_id=made["ClientId"],
        client_secret=Secret(made["ClientSecret"]),
        client_secret_file=file,
    )
    machine.sign_in(choice, machine.user())
    found = machine.found()
    with_device = replace(found.record, device=Device("eu-west-1_d", "-group", Secret("password")))
    found.store.write(with_device.key.file_name, with_device.to_json())
    ensure_fresh(machine.sessions, machine.found(), force=True)
    sent = machine.asked("GetTokensFromRefreshToken")[-1]
    assert (sent["ClientSecret"], sent["DeviceKey"]) == (made["ClientSecret"], "eu-west-1_d")
    assert machine.found().record.device == with_device.device


@pytest.mark.parametrize("code", ["UnknownOperationException", "OperationNotEnabledException"])
def test_without_the_operation_initiate_auth_refreshes(machine: Machine, code: str) -> None:
    kept = machine.sign_in()
    machine.server.fail_next("GetTokensFromRefreshToken", code, "not here")
    result = ensure_fresh(machine.sessions, machine.found(), force=True)
    assert machine.asked("InitiateAuth")[-1]["AuthFlow"] == "REFRESH_TOKEN_AUTH"
    assert result.record.access_token != kept.record.access_token


@pytest.mark.parametrize("code", sorted(DEFINITIVE_CODES))
def test_a_definitive_error_ends_the_session(machine: Machine, code: str) -> None:
    machine.sign_in()
    gateway = ScriptedGateway(error_from_response(code, "It is over."))
    with pytest.raises(NotSignedInError) as raised:
        ensure_fresh(machine.sessions, machine.found(), force=True, gateway=lambda _: gateway)
    assert raised.value.sign_in_settings is not None
    assert not list(machine.state.glob("?" * 64 + ".json"))
    with pytest.raises(NotSignedInError):
        machine.sessions.find()


@pytest.mark.parametrize(
    "error",
    [
        AuthError(ErrorKind.NETWORK, "Cognito cannot be reached."),
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
    before = machine.stored()
    with pytest.raises(AuthError) as raised:
        ensure_fresh(machine.sessions, machine.found(), force=True, gateway=lambda _: ScriptedGateway(error))
    assert raised.value is error
    assert machine.stored() == before


def test_a_process_that_waited_for_another_does_not_wait_for_the_network_too(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    down = AuthError(ErrorKind.NETWORK, "Cognito cannot be reached.")
    first, second, later = ScriptedGateway(down), ScriptedGateway(down), ScriptedGateway(down)
    first.hold()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(ensure_fresh, machine.sessions, machine.found(), gateway=lambda _: first)
        wait_until(lambda: bool(first.calls))
        two = pool.submit(ensure_fresh, machine.sessions, machine.found(), gateway=lambda _: second)
        wait_until(lambda: open_locks(machine) == 2)
        first.release()
        for future in (one, two):
            with pytest.raises(AuthError, match="cannot be reached"):
                future.result(60)
    assert not second.calls
    with pytest.raises(AuthError):
        ensure_fresh(machine.sessions, machine.found(), gateway=lambda _: later)
    assert later.calls, "a command that is given later tries for itself"


@pytest.mark.parametrize("rest", ["", " ", " xx", " inf", " nan", " 1e300", " 1 2"])
def test_an_invalid_lock_note_is_ignored(machine: Machine, rest: str) -> None:
    machine.sign_in(aged=AGED)
    lock = lock_of(machine)
    lock.touch(mode=0o600)
    lock.write_text(f"no answer {since_boot()[0]}{rest}")
    assert ensure_fresh(machine.sessions, machine.found(), force=True)


def open_locks(machine: Machine) -> int:
    """Count how often this process has the session's lock file open."""
    links = list(Path("/proc/self/fd").iterdir())
    return sum(link.exists() and link.resolve() == lock_of(machine) for link in links)


def lock_of(machine: Machine) -> Path:
    return machine.session_file().with_suffix(".lock")


def has_open(process: int, path: Path) -> bool:
    """Check that a process has a file open."""
    with suppress(OSError):
        return any(link.resolve() == path for link in Path(f"/proc/{process}/fd").iterdir())
    return False


def test_a_rejected_token_does_not_end_a_new_session(machine: Machine) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user)
    old = machine.found()
    newer = machine.sign_in(choice, user)
    machine.sessions.forget_if_unchanged(old)
    assert machine.found().record.refresh_token == newer.record.refresh_token


def test_tokens_of_another_user_are_rejected(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice, machine.user())
    other = machine.done(choice, machine.user("bob"))
    reply = {
        "AuthenticationResult": {
            "AccessToken": other.tokens.access_token.reveal(),
            "IdToken": other.tokens.id_token.reveal(),
        }
    }
    with pytest.raises(AuthError, match="another user"):
        ensure_fresh(machine.sessions, machine.found(), force=True, gateway=lambda _: ScriptedGateway(reply))
    assert machine.found().record.username == "ann"


def test_another_users_refresh_token_is_rejected_too(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice, machine.user())
    before = machine.stored()
    other = machine.done(choice, machine.user("bob"))
    reply = {
        "AuthenticationResult": {
            "AccessToken": other.tokens.access_token.reveal(),
            "IdToken": other.tokens.id_token.reveal(),
            "RefreshToken": "bobs",
        }
    }
    with pytest.raises(AuthError, match="another user"):
        ensure_fresh(machine.sessions, machine.found(), force=True, gateway=lambda _: ScriptedGateway(reply))
    assert machine.stored() == before


@pytest.mark.parametrize("code", ["RefreshTokenReuseException", "TokenRevokedException"])
def test_the_error_says_why_the_session_has_ended(machine: Machine, code: str) -> None:
    machine.sign_in()
    gateway = ScriptedGateway(error_from_response(code, "raw"))
    with pytest.raises(NotSignedInError) as raised:
        ensure_fresh(machine.sessions, machine.found(), force=True, gateway=lambda _: gateway)
    assert "does not know" not in str(raised.value)
    assert "The session has ended. It" in str(raised.value)


def test_a_rotated_token_is_written_again_if_the_first_write_fails(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sign_in(machine.client(**ROTATION), machine.user())
    found = machine.found()
    write, writes = found.store.write, []

    def full_at_first(name: str, content: bytes) -> None:
        writes.append(name)
        if len(writes) == 1:
            raise StorageError("No space left on device.")
        write(name, content)

    monkeypatch.setattr(found.store, "write", full_at_first)
    result = ensure_fresh(machine.sessions, found, force=True)
    assert (len(writes), result.problem) == (2, "")
    assert machine.stored()["access_token"] == result.record.access_token.reveal()
    assert ensure_fresh(machine.sessions, machine.found(), force=True).record


def test_a_rotated_refresh_token_is_stored_even_if_the_other_tokens_are_rejected(machine: Machine) -> None:
    machine.sign_in()
    reply = {"AuthenticationResult": {"AccessToken": "a.b.c", "IdToken": "a.b.c", "RefreshToken": "newest"}}
    with pytest.raises(AuthError, match="not for this sign-in"):
        ensure_fresh(machine.sessions, machine.found(), force=True, gateway=lambda _: ScriptedGateway(reply))
    assert machine.stored()["refresh_token"] == "newest"


def test_nothing_is_sent_if_the_result_could_not_be_stored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sign_in()
    found = machine.found()

    def full(name: str) -> None:
        raise StorageError("No space left on device.")

    monkeypatch.setattr(found.store, "check_writable", full)
    with pytest.raises(StorageError, match="No space"):
        ensure_fresh(machine.sessions, found, force=True)
    assert not machine.asked("GetTokensFromRefreshToken")


def test_a_token_that_could_not_be_stored_is_returned(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = machine.sign_in()
    found = machine.found()

    def full(name: str, content: bytes) -> None:
        raise StorageError("No space left on device.")

    monkeypatch.setattr(found.store, "write", full)
    result = ensure_fresh(machine.sessions, found, force=True)
    assert result.record.access_token != kept.record.access_token
    assert result.problem == "No space left on device."


def test_a_session_without_a_refresh_token_lasts_as_long_as_its_tokens(machine: Machine) -> None:
    machine.sign_in(aged=3500)
    content = machine.stored() | {"refresh_token": None}
    machine.session_file().write_text(json.dumps(content))
    assert ensure_fresh(machine.sessions, machine.found()).record.seconds_left("access") > 0
    with pytest.raises(NotSignedInError):
        ensure_fresh(machine.sessions, machine.found(), min_ttl=600)


def test_a_process_that_waited_for_an_ended_session_must_sign_in(machine: Machine) -> None:
    machine.sign_in(aged=AGED)
    seen_before = machine.found()
    machine.sessions.forget(seen_before.record)
    with pytest.raises(NotSignedInError, match="meanwhile"):
        ensure_fresh(machine.sessions, seen_before)
