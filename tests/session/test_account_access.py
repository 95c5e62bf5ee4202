"""The account of a stored session: its tokens, and what is forgotten when the account ends something."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.session.machine import PASSWORD, ROTATION, Machine
from tui_auth import Auth, Done, open_session
from tui_auth.errors import NotSignedInError
from tui_auth.session.index import find_device
from tui_auth.session_api import Session
from tui_auth.storage.stores import StorageKind


def track_devices(machine: Machine) -> None:
    request = {
        "UserPoolId": machine.user_pool_id,
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": False},
    }
    machine.server.call("UpdateUserPool", request)


def test_rejected_token_is_refreshed_once_and_stored(machine: Machine) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    tokens = open_session(environ=machine.environ)
    old = tokens.token()
    new = tokens.token(rejected=old)

    assert new != old
    assert tokens.token(rejected=old) == new
    assert machine.find_session().record.access_token.reveal() == new
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_token_that_another_process_stored_is_used(machine: Machine) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    mine = open_session(environ=machine.environ)
    other = open_session(environ=machine.environ)
    old = mine.token()
    other.refresh()

    assert mine.token(rejected=old) == other.token()
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1


def test_session_revoked_elsewhere_is_forgotten(machine: Machine) -> None:
    machine.sign_in()
    account = open_session(environ=machine.environ).account()
    machine.server.call("AdminUserGlobalSignOut", {"UserPoolId": machine.user_pool_id, "Username": "ann"})
    with pytest.raises(NotSignedInError):
        account.fetch_user()
    assert machine.sessions.entries() == []


def test_deleted_account_forgets_every_session_and_the_device_of_the_user(machine: Machine) -> None:
    track_devices(machine)
    user, first, second = machine.create_user(), machine.create_client(), machine.create_client()
    machine.sign_in(first, machine.create_user("bob"))
    machine.sign_in(first, user)
    machine.sign_in(second, user, storage=StorageKind.FILE)
    assert len(machine.sessions.entries()) == 3
    open_session(environ=machine.environ).account().delete_user()

    assert [entry.username for entry in machine.sessions.entries()] == ["bob"]
    assert stored_device(machine, user) is None


def test_forgetting_this_machine_drops_the_stored_device_and_keeps_the_session(machine: Machine) -> None:
    track_devices(machine)
    machine.sign_in()
    assert stored_device(machine, "ann") is not None
    account = open_session(environ=machine.environ).account()
    account.forget_device()

    assert stored_device(machine, "ann") is None
    assert account.fetch_user().username == "ann"
    with pytest.raises(NotSignedInError):
        open_session(environ=machine.environ).refresh()
    assert machine.sessions.entries() == []


def stored_device(machine: Machine, user: str) -> object:
    endpoint = machine.server.endpoint_url
    return find_device(machine.sessions.index, endpoint, machine.user_pool_id, user, machine.environ)


def test_session_of_python_gives_its_account_and_its_own_tokens(machine: Machine) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    session = open_session(environ=machine.environ)
    account = session.account()
    assert account.fetch_user().username == "ann"
    before = session.token()
    account.update_user_attributes({"nickname": "A"})
    assert session.token() != before
    account.delete_user()
    with pytest.raises(NotSignedInError):
        session.token()


def test_session_in_memory_has_an_account_and_ends_with_it(machine: Machine) -> None:
    choice = machine.create_client()
    auth = Auth(choice.user_pool_id, choice.client_id, endpoint_url=choice.endpoint_url)
    machine.create_user()
    step = auth.sign_in("ann", PASSWORD, auth_flow="USER_PASSWORD_AUTH").next_step
    assert isinstance(step, Done)
    assert step.session is not None
    account = step.session.account()
    assert account.fetch_user().username == "ann"
    account.delete_user()
    with pytest.raises(NotSignedInError):
        step.session.token()


@pytest.fixture
def in_memory(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return a session in memory, which would be stored on the test's machine."""
    for name, value in machine.environ.items():
        monkeypatch.setenv(name, value)
    choice = machine.create_client()
    auth = Auth(choice.user_pool_id, choice.client_id, endpoint_url=choice.endpoint_url)
    step = auth.sign_in(machine.create_user(), PASSWORD, auth_flow="USER_PASSWORD_AUTH").next_step
    assert isinstance(step, Done)
    assert step.session is not None
    return step.session


def test_account_deleted_after_its_session_was_saved_leaves_nothing_stored(
    machine: Machine, in_memory: Session
) -> None:
    account = in_memory.account()
    in_memory.save()
    assert machine.sessions.entries() != []
    account.delete_user()
    assert machine.sessions.entries() == []


def test_refresh_beside_a_save_uses_the_stored_session(machine: Machine, in_memory: Session) -> None:
    is_saved = Event()

    def refresh_until_saved() -> None:
        while not is_saved.is_set():
            in_memory.refresh()
        in_memory.refresh()

    with ThreadPoolExecutor(3) as threads:
        refreshing = [threads.submit(refresh_until_saved) for _ in range(3)]
        in_memory.save()
        is_saved.set()
        for thread in refreshing:
            thread.result()
    assert in_memory.token() == machine.find_session().record.access_token.reveal()
