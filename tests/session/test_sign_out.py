"""Signing out revokes the session at Cognito, and deletes it here even if that fails."""

from __future__ import annotations

import pytest

from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import Machine
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.session import NotSignedInError
from tui_auth.session.sessions import FORGET_PATIENCE_SECONDS, Sessions
from tui_auth.session.sign_out import PATIENCE_SECONDS, RevocationOutcome, sign_out
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import BusyError, locked

LOST = AuthError(ErrorKind.NETWORK, "No answer came.")
BUSY = error_from_response("TooManyRequestsException", "")


def test_sign_out_revokes_one_session_and_keeps_the_others(machine: Machine) -> None:
    user = machine.create_user()
    kept_record = machine.sign_in(machine.create_client(), user).record
    machine.sign_in(machine.create_client(), user)
    session = machine.find_session()
    result = sign_out(machine.sessions, session)
    assert (result.outcome, result.error, result.storage_error) == (RevocationOutcome.REVOKED, None, None)
    assert [entry.key for entry in machine.sessions.entries()] == [kept_record.key]
    (revocation,) = machine.get_calls("RevokeToken")
    assert session.record.refresh_token is not None
    assert revocation["Token"] == session.record.refresh_token.reveal()
    assert revocation["ClientId"] == session.record.origin.client_id
    assert not machine.get_calls("GlobalSignOut")


@pytest.mark.parametrize("error", [LOST, BUSY, KeyboardInterrupt()])
def test_session_that_could_not_be_revoked_is_forgotten(machine: Machine, error: BaseException) -> None:
    machine.sign_in()

    class FailingGateway(ScriptedGateway):
        def call(self, *_: object) -> dict[str, object]:
            raise error

    result = sign_out(machine.sessions, machine.find_session(), gateway=lambda record: FailingGateway())
    assert (result.outcome, result.error) == (RevocationOutcome.NOT_REVOKED, error)
    assert machine.sessions.entries() == []


def test_session_ended_by_cognito_is_reported_as_already_ended(machine: Machine) -> None:
    machine.sign_in()
    ended = error_from_response("NotAuthorizedException", "Refresh Token has been revoked")
    result = sign_out(machine.sessions, machine.find_session(), gateway=lambda record: ScriptedGateway(ended))
    assert (result.outcome, result.error) == (RevocationOutcome.ALREADY_ENDED, None)
    assert machine.sessions.entries() == []


def test_deleted_session_has_nothing_to_revoke(machine: Machine) -> None:
    choice = machine.create_client()
    machine.sign_in(choice)
    session = machine.find_session()
    machine.sessions.forget(session.record)
    result = sign_out(machine.sessions, session)
    assert (result.outcome, result.error) == (RevocationOutcome.NOTHING_TO_REVOKE, None)
    assert not machine.get_calls("RevokeToken")


def test_global_sign_out_ends_all_sessions_of_this_user_only(machine: Machine) -> None:
    ann, bob = machine.create_user("ann"), machine.create_user("bob")
    bobs_record = machine.sign_in(machine.create_client(), bob).record
    machine.sign_in(machine.create_client(), ann)
    machine.sign_in(machine.create_client(), ann)
    result = sign_out(machine.sessions, machine.find_session(), everywhere=True)
    assert (result.outcome, result.error) == (RevocationOutcome.REVOKED, None)
    assert [entry.key for entry in machine.sessions.entries()] == [bobs_record.key]
    assert len(machine.get_calls("GlobalSignOut")) == 1
    assert not machine.get_calls("RevokeToken")


def test_global_sign_out_tries_the_next_session_after_a_scope_error(machine: Machine) -> None:
    user = machine.create_user()
    machine.sign_in(machine.create_client(), user)
    machine.sign_in(machine.create_client(), user)
    forbidden = error_from_response("NotAuthorizedException", "Access Token does not have required scopes")
    machine.server.fail_next("GlobalSignOut", "NotAuthorizedException", forbidden.service_message)
    result = sign_out(machine.sessions, machine.find_session(), everywhere=True)
    assert result.outcome is RevocationOutcome.REVOKED
    assert machine.sessions.entries() == []


@pytest.mark.parametrize("error", [LOST, BUSY])
def test_global_sign_out_is_not_retried_after_other_errors(machine: Machine, error: AuthError) -> None:
    user = machine.create_user()
    machine.sign_in(machine.create_client(), user)
    machine.sign_in(machine.create_client(), user)
    gateways: list[ScriptedGateway] = []

    def build_gateway(_: object) -> ScriptedGateway:
        gateways.append(ScriptedGateway(error))
        return gateways[-1]

    result = sign_out(machine.sessions, machine.find_session(), everywhere=True, gateway=build_gateway)
    assert (result.outcome, result.error) == (RevocationOutcome.NOT_REVOKED, error)
    assert [operation for gateway in gateways for operation in gateway.operations] == ["GlobalSignOut"]
    assert machine.sessions.entries() == []


def test_storage_error_is_in_the_result(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.sign_in()
    problem = StorageError("the disk is full")

    def raise_problem(*_: object, **__: object) -> None:
        raise problem

    session = machine.find_session()
    monkeypatch.setattr(Sessions, "forget", raise_problem)
    result = sign_out(machine.sessions, session)
    assert (result.outcome, result.storage_error) == (RevocationOutcome.REVOKED, problem)


def test_no_session_is_left_after_sign_out(machine: Machine) -> None:
    machine.sign_in()
    sign_out(machine.sessions, machine.find_session())
    with pytest.raises(NotSignedInError):
        machine.find_session()


@pytest.mark.parametrize("everywhere", [False, True])
def test_stopped_process_does_not_prevent_a_sign_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, everywhere: bool
) -> None:
    machine.sign_in(aged=7200)
    session = machine.find_session()
    monkeypatch.setattr("tui_auth.session.sign_out.PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("tui_auth.session.sessions.FORGET_PATIENCE_SECONDS", 0.1)
    with locked(session.store.locks, session.record.key.file_name):
        result = sign_out(machine.sessions, session, everywhere=everywhere)
    assert len(machine.get_calls("RevokeToken")) == 1
    assert isinstance(result.error, BusyError) is everywhere
    assert result.storage_error is None
    assert machine.sessions.entries() == []
    assert not session.store.has(session.record.key.file_name)


def test_sign_out_waits_only_seconds_for_another_process() -> None:
    assert PATIENCE_SECONDS + FORGET_PATIENCE_SECONDS <= 4
