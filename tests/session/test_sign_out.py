"""Signing out revokes the session at Cognito, and forgets it here in any case."""

from __future__ import annotations

import pytest

from tests.scripted_gateway import ScriptedGateway
from tests.session.machine import Machine
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.session import NotSignedInError
from tui_auth.session.sessions import Sessions
from tui_auth.session.sign_out import RevocationOutcome, sign_out
from tui_auth.storage.files import StorageError

LOST = AuthError(ErrorKind.NETWORK, "No answer came.")
BUSY = error_from_response("TooManyRequestsException", "")


def test_one_session_is_revoked_and_the_others_stay(machine: Machine) -> None:
    user = machine.user()
    stays = machine.sign_in(machine.client(), user).record
    machine.sign_in(machine.client(), user)
    found = machine.found()
    result = sign_out(machine.sessions, found)
    assert (result.outcome, result.error, result.storage_error) == (RevocationOutcome.REVOKED, None, None)
    assert [entry.key for entry in machine.sessions.entries()] == [stays.key]
    (revoked,) = machine.asked("RevokeToken")
    assert found.record.refresh_token is not None
    assert revoked["Token"] == found.record.refresh_token.reveal()
    assert revoked["ClientId"] == found.record.origin.client_id
    assert not machine.asked("GlobalSignOut")


@pytest.mark.parametrize("error", [LOST, BUSY, KeyboardInterrupt()])
def test_a_session_that_could_not_be_revoked_is_forgotten(machine: Machine, error: BaseException) -> None:
    machine.sign_in()

    class Fails(ScriptedGateway):
        def call(self, *_: object) -> dict[str, object]:
            raise error

    result = sign_out(machine.sessions, machine.found(), gateway=lambda record: Fails())
    assert (result.outcome, result.error) == (RevocationOutcome.NOT_REVOKED, error)
    assert machine.sessions.entries() == []


def test_a_session_that_cognito_has_ended_had_already_ended(machine: Machine) -> None:
    machine.sign_in()
    ended = error_from_response("NotAuthorizedException", "Refresh Token has been revoked")
    result = sign_out(machine.sessions, machine.found(), gateway=lambda record: ScriptedGateway(ended))
    assert (result.outcome, result.error) == (RevocationOutcome.ALREADY_ENDED, None)
    assert machine.sessions.entries() == []


def test_without_a_refresh_token_there_is_nothing_to_revoke(machine: Machine) -> None:
    choice = machine.client()
    machine.sign_in(choice)
    found = machine.found()
    machine.sessions.forget(found.record, signed_in_at=found.record.signed_in_at)
    result = sign_out(machine.sessions, found)
    assert (result.outcome, result.error) == (RevocationOutcome.NOTHING_TO_REVOKE, None)
    assert not machine.asked("RevokeToken")


def test_everywhere_ends_all_sessions_of_this_user_only(machine: Machine) -> None:
    ann, bob = machine.user("ann"), machine.user("bob")
    other = machine.sign_in(machine.client(), bob).record
    machine.sign_in(machine.client(), ann)
    machine.sign_in(machine.client(), ann)
    result = sign_out(machine.sessions, machine.found(), everywhere=True)
    assert (result.outcome, result.error) == (RevocationOutcome.REVOKED, None)
    assert [entry.key for entry in machine.sessions.entries()] == [other.key]
    assert len(machine.asked("GlobalSignOut")) == 1
    assert not machine.asked("RevokeToken")


def test_everywhere_tries_the_next_session_if_the_first_lacks_the_scope(machine: Machine) -> None:
    user = machine.user()
    machine.sign_in(machine.client(), user)
    machine.sign_in(machine.client(), user)
    forbidden = error_from_response("NotAuthorizedException", "Access Token does not have required scopes")
    machine.server.fail_next("GlobalSignOut", "NotAuthorizedException", forbidden.service_message)
    result = sign_out(machine.sessions, machine.found(), everywhere=True)
    assert result.outcome is RevocationOutcome.REVOKED
    assert machine.sessions.entries() == []


@pytest.mark.parametrize("error", [LOST, BUSY])
def test_everywhere_does_not_try_again_without_an_answer(machine: Machine, error: AuthError) -> None:
    user = machine.user()
    machine.sign_in(machine.client(), user)
    machine.sign_in(machine.client(), user)
    gateways: list[ScriptedGateway] = []

    def gateway(_: object) -> ScriptedGateway:
        gateways.append(ScriptedGateway(error))
        return gateways[-1]

    result = sign_out(machine.sessions, machine.found(), everywhere=True, gateway=gateway)
    assert (result.outcome, result.error) == (RevocationOutcome.NOT_REVOKED, error)
    assert [call for each in gateways for call in each.operations] == ["GlobalSignOut"]
    assert machine.sessions.entries() == []


def test_a_storage_error_is_in_the_result(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.sign_in()
    problem = StorageError("the disk is full")

    def full(*_: object, **__: object) -> None:
        raise problem

    found = machine.found()
    monkeypatch.setattr(Sessions, "forget", full)
    result = sign_out(machine.sessions, found)
    assert (result.outcome, result.storage_error) == (RevocationOutcome.REVOKED, problem)


def test_after_signing_out_nobody_is_signed_in(machine: Machine) -> None:
    machine.sign_in()
    sign_out(machine.sessions, machine.found())
    with pytest.raises(NotSignedInError):
        machine.found()
