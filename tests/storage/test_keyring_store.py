"""The system's keyring is called in a separate thread with a timeout."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.session.machine import Machine
from tests.waiting import wait_until
from tui_auth.auth.next_step import Done
from tui_auth.session import NotSignedInError
from tui_auth.session.index import IndexFile
from tui_auth.session.persistence import build_origin
from tui_auth.session.refresh import ensure_fresh
from tui_auth.storage import stores
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.stores import KeyringStore, StorageKind


class Keyring(ModuleType):
    """A keyring in memory with the three functions of the keyring module."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.never = threading.Event()
        self.hangs = self.discards_writes = False
        self.error: Exception | None = None

    def _fail_if_configured(self) -> None:
        if self.hangs:
            self.never.wait(100)
        if self.error:
            raise self.error

    def get_password(self, service: str, name: str) -> str | None:
        self._fail_if_configured()
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._fail_if_configured()
        if not self.discards_writes:
            self.entries[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        self._fail_if_configured()
        del self.entries[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    module = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", module)
    return module


@pytest.fixture
def store(tmp_path: Path) -> KeyringStore:
    return KeyringStore(PrivateFolder(str(tmp_path / "locks")))


def test_entry_is_written_read_and_removed(keyring: Keyring, store: KeyringStore) -> None:
    assert store.read("one") is None
    store.write("one", b"content")
    assert store.read("one") == b"content"
    assert store.remove("one")
    assert not store.remove("one")


def test_keyring_that_hangs_times_out(
    keyring: Keyring, store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stores.KEYRING_TIMEOUT_SECONDS == 3
    monkeypatch.setattr(stores, "KEYRING_TIMEOUT_SECONDS", 0.05)
    keyring.hangs = True
    with pytest.raises(StorageError, match="doesn't respond"):
        store.read("one")
    keyring.never.set()


def test_keyring_that_stores_nothing_is_an_error(keyring: Keyring, store: KeyringStore) -> None:
    keyring.discards_writes = True
    with pytest.raises(StorageError, match="didn't store it"):
        store.write("one", b"content")


def test_text_of_a_keyring_error_is_not_shown(keyring: Keyring, store: KeyringStore) -> None:
    keyring.error = RuntimeError("secret-in-the-message")
    with pytest.raises(StorageError) as raised:
        store.write("one", b"content")
    assert "RuntimeError" in str(raised.value)
    assert "secret-in-the-message" not in str(raised.value)


def test_error_without_the_extra_tells_how_to_install_it(
    store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StorageError, match=r"tui-auth\[keyring\]"):
        store.read("one")


@pytest.mark.parametrize(("priority", "is_offered"), [(5, True), (0, False), (RuntimeError(), False)])
def test_keyring_is_offered_only_where_one_works(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch, priority: object, is_offered: bool
) -> None:
    def get_keyring() -> SimpleNamespace:
        if isinstance(priority, Exception):
            raise priority
        return SimpleNamespace(priority=priority)

    monkeypatch.setattr(stores, "find_spec", lambda name: name == "keyring")
    monkeypatch.setattr(keyring, "get_keyring", get_keyring, raising=False)
    assert (StorageKind.KEYRING in stores.available_storage_kinds({})) is is_offered


def test_session_in_the_keyring_is_stored_nowhere_else(keyring: Keyring, machine: Machine) -> None:
    save_result = machine.sign_in(storage=StorageKind.KEYRING)
    token = save_result.record.access_token.reveal()
    assert machine.find_session().record == save_result.record
    refreshed_record = ensure_fresh(machine.sessions, machine.find_session(), force=True).record
    assert machine.find_session().record.access_token == refreshed_record.access_token
    for path in machine.home.rglob("*"):
        assert not path.is_file() or token not in path.read_text()
    assert machine.sessions.forget(refreshed_record)
    assert not keyring.entries
    with pytest.raises(NotSignedInError):
        machine.sessions.find()


def test_session_that_changes_its_storage_leaves_no_copy(keyring: Keyring, machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user, storage=StorageKind.FILE)
    machine.sign_in(choice, user, storage=StorageKind.KEYRING)
    assert not list(machine.state_folder.glob("?" * 64 + ".json"))
    machine.sign_in(choice, user, storage=StorageKind.SESSION)
    assert not keyring.entries
    assert len(machine.sessions.entries()) == 1


def test_sign_out_with_an_old_index_keeps_a_new_keyring_session(keyring: Keyring, machine: Machine) -> None:
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user)
    sessions = machine.sessions
    old_record = sessions.find().record
    machine.server.clock.advance(5)
    new_record = machine.sign_in(choice, user, storage=StorageKind.KEYRING).record
    sessions.forget(old_record)
    assert machine.find_session().record == new_record


@pytest.fixture
def slow_keyring(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """Make writing take longer than the program waits; ``never`` lets it go on."""
    monkeypatch.setattr(stores, "KEYRING_TIMEOUT_SECONDS", 0.2)
    set_password = keyring.set_password

    def set_password_slowly(service: str, name: str, value: str) -> None:
        keyring.never.wait(100)
        set_password(service, name, value)

    monkeypatch.setattr(keyring, "set_password", set_password_slowly)
    return keyring


def test_sign_out_removes_what_a_slow_keyring_stores_later(slow_keyring: Keyring, machine: Machine) -> None:
    result = machine.sign_in(storage=StorageKind.KEYRING)
    assert "the session may be stored there" in result.warning
    assert not slow_keyring.entries
    slow_keyring.never.set()
    wait_until(lambda: bool(slow_keyring.entries))
    assert machine.run("sign-out").returncode == 0
    assert not slow_keyring.entries
    assert machine.sessions.index.entries() == []
    assert len(machine.get_calls("RevokeToken")) == 1


def test_refresh_with_a_slow_keyring_leaves_nothing_else_there(
    keyring: Keyring, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = machine.sign_in(storage=StorageKind.KEYRING).record
    written: list[str] = []
    set_password = keyring.set_password

    def record_name(service: str, name: str, value: str) -> None:
        written.append(name)
        set_password(service, name, value)

    monkeypatch.setattr(keyring, "set_password", record_name)
    ensure_fresh(machine.sessions, machine.find_session(), force=True)
    assert set(written) == {record.key.file_name}


def test_sign_out_beside_a_new_sign_in_keeps_its_keyring_session(keyring: Keyring, machine: Machine) -> None:
    """Nothing can list a keyring: a session that isn't in the index would stay there forever."""
    choice, user = machine.create_client(), machine.create_user()
    machine.sign_in(choice, user, storage=StorageKind.KEYRING)
    sessions, delete = machine.sessions, keyring.delete_password
    record = sessions.find().record

    def sign_in_after_deletion(service: str, name: str) -> None:
        delete(service, name)
        keyring.delete_password = delete  # type: ignore[method-assign]
        machine.server.clock.advance(5)
        # As another process, which holds the lock once this one has released it.
        new.append(machine.reach_done(choice, user))

    new: list[Done] = []
    keyring.delete_password = sign_in_after_deletion  # type: ignore[method-assign]
    update = IndexFile.update

    def update_after_the_other(*arguments: Any, **more: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(IndexFile, "update", update)
            origin = build_origin(choice, user, machine.environ)
            now = machine.server.clock.now()
            assert not machine.sessions.save(new[0], origin, StorageKind.KEYRING, server_time=now).problem
        return update(*arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IndexFile, "update", update_after_the_other)
        sessions.forget(record)
    assert machine.find_session().record.signed_in_at > record.signed_in_at
    assert machine.run("sign-out").returncode == 0
    assert not keyring.entries
