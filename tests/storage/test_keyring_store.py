"""The system's keyring is called on an own thread, with a timeout."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from tests.session.machine import Machine
from tui_auth.session import NotSignedInError
from tui_auth.session.refresh import ensure_fresh
from tui_auth.storage import stores
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.stores import KeyringStore, StorageKind


class Keyring(ModuleType):
    """A keyring in memory, with keyring's three functions."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.never = threading.Event()
        self.hangs = self.keeps_nothing = False
        self.error: Exception | None = None

    def _trouble(self) -> None:
        if self.hangs:
            self.never.wait(100)
        if self.error:
            raise self.error

    def get_password(self, service: str, name: str) -> str | None:
        self._trouble()
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._trouble()
        if not self.keeps_nothing:
            self.entries[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        self._trouble()
        del self.entries[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    module = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", module)
    return module


@pytest.fixture
def store(tmp_path: Path) -> KeyringStore:
    return KeyringStore(PrivateFolder(str(tmp_path / "locks")))


def test_an_entry_is_written_read_and_removed(keyring: Keyring, store: KeyringStore) -> None:
    assert store.read("one") is None
    store.check_writable("one")
    assert not keyring.entries
    store.write("one", b"content")
    assert store.read("one") == b"content"
    assert store.remove("one")
    assert not store.remove("one")


def test_a_keyring_that_hangs_times_out(
    keyring: Keyring, store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stores.KEYRING_TIMEOUT_SECONDS == 3
    monkeypatch.setattr(stores, "KEYRING_TIMEOUT_SECONDS", 0.05)
    keyring.hangs = True
    with pytest.raises(StorageError, match="does not answer"):
        store.read("one")
    keyring.never.set()


def test_a_keyring_that_stores_nothing_is_an_error(keyring: Keyring, store: KeyringStore) -> None:
    keyring.keeps_nothing = True
    with pytest.raises(StorageError, match="did not store it"):
        store.write("one", b"content")


def test_the_text_of_a_keyring_error_is_not_shown(keyring: Keyring, store: KeyringStore) -> None:
    keyring.error = RuntimeError("secret-in-the-message")
    with pytest.raises(StorageError) as raised:
        store.write("one", b"content")
    assert "RuntimeError" in str(raised.value)
    assert "secret-in-the-message" not in str(raised.value)


def test_without_the_extra_the_error_says_how_to_install_it(
    store: KeyringStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StorageError, match=r"tui-auth\[keyring\]"):
        store.read("one")


def test_a_session_in_the_keyring_is_nowhere_else(keyring: Keyring, machine: Machine) -> None:
    kept = machine.sign_in(storage=StorageKind.KEYRING)
    token = kept.record.access_token.reveal()
    assert machine.found().record == kept.record
    renewed = ensure_fresh(machine.sessions, machine.found(), force=True).record
    assert machine.found().record.access_token == renewed.access_token
    for path in machine.home.rglob("*"):
        assert not path.is_file() or token not in path.read_text()
    assert machine.sessions.forget(renewed)
    assert not keyring.entries
    with pytest.raises(NotSignedInError):
        machine.sessions.find()


def test_a_session_that_moves_leaves_nothing_behind(keyring: Keyring, machine: Machine) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user, storage=StorageKind.FILE)
    machine.sign_in(choice, user, storage=StorageKind.KEYRING)
    assert not list(machine.state.glob("?" * 64 + ".json"))
    machine.sign_in(choice, user, storage=StorageKind.SESSION)
    assert not keyring.entries
    assert len(machine.sessions.entries()) == 1


def test_a_sign_out_with_an_old_snapshot_keeps_a_new_session_in_the_keyring(
    keyring: Keyring, machine: Machine
) -> None:
    choice, user = machine.client(), machine.user()
    machine.sign_in(choice, user)
    sessions = machine.sessions
    old = sessions.find().record
    machine.server.clock.advance(5)
    new = machine.sign_in(choice, user, storage=StorageKind.KEYRING).record
    sessions.forget(old, signed_in_at=old.signed_in_at)
    assert machine.found().record == new
