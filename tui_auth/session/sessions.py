"""The sessions of this person on this machine: kept, found, read, forgotten."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui_auth.config.aws_endpoint import endpoint_of
from tui_auth.config.pool_choice import PoolChoice
from tui_auth.session.devices import keep_device
from tui_auth.session.errors import NotSignedInError
from tui_auth.session.quick import index_folder
from tui_auth.session.record import SessionOrigin, SessionRecord
from tui_auth.session.register import Entry, Register, note_of
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import HeldLock, locked
from tui_auth.storage.stores import StorageKind, Store, open_store

if TYPE_CHECKING:
    from tui_auth.auth.next_step import Done

MOST_SESSIONS = 100
"""How many are kept; who signs in as ever new users should not fill a disk with what nobody uses."""

_SESSION_FILE = re.compile(r"([0-9a-f]{64})\.json")


@dataclass(frozen=True)
class Kept:
    """What became of a fresh session.

    ``where`` it is kept, for a person; empty where it is kept nowhere, by choice or for the ``problem``.
    ``left_undone`` says what did not work beside that: it is kept, but something old is still there, or the
    index does not name it as the current one.
    """

    record: SessionRecord
    where: str = ""
    problem: str = ""
    left_undone: str = ""

    @property
    def untidy(self) -> str:
        """What a person is told of what was left undone; empty where nothing was."""
        return (
            f"What was kept before could not be put in order. {self.left_undone}" if self.left_undone else ""
        )


@dataclass(frozen=True)
class Found:
    """A session, where it is kept, and what to say about the choice; nothing where it was the only one."""

    record: SessionRecord
    store: Store
    note: str = ""


@dataclass(frozen=True)
class PoolKey:
    """Which pool a command was told to use. ``endpoint`` is empty for AWS's own."""

    endpoint: str
    user_pool_id: str
    client_id: str


def origin_of(
    choice: PoolChoice, signed_in_as: str, environ: Mapping[str, str] = os.environ
) -> SessionOrigin:
    """What later commands need of the pool that was chosen for a sign-in under this name."""
    return SessionOrigin(
        user_pool_id=choice.user_pool_id,
        client_id=choice.client_id,
        region=choice.region or choice.user_pool_id.partition("_")[0],
        endpoint=endpoint_of(choice.endpoint_url, environ),
        client_secret_file=str(choice.client_secret_file or ""),
        identity_pool_id=choice.identity_pool_id or "",
        signed_in_as=signed_in_as,
        profile=choice.profile or "",
    )


def settings_in(origin: SessionOrigin) -> dict[str, str]:
    """The pool of a session, by the names that settings have in ``tui_auth.config``."""
    settings = {
        "user_pool_id": origin.user_pool_id,
        "client_id": origin.client_id,
        "region": origin.region,
        "endpoint_url": origin.endpoint,
        "client_secret_file": origin.client_secret_file,
        "identity_pool_id": origin.identity_pool_id,
    }
    return {name: value for name, value in settings.items() if value}


class Sessions:
    """All of them, by the folders that an environment names."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self._register: Register | None = None

    @property
    def register(self) -> Register:
        """The index of them. Raises StorageError where there is no home to keep it in."""
        if self._register is None:
            self._register = Register(index_folder(self.environ), self.environ)
        return self._register

    # -- keeping ---------------------------------------------------------------------------------------

    def keep(
        self,
        done: Done,
        origin: SessionOrigin,
        storage: StorageKind,
        *,
        server_time: float,
        signature_checked: bool = False,
    ) -> Kept:
        """Keep the session a finished sign-in has begun, and make it the current one. Never raises for want
        of room or leave: the session is in the result, and why it was not kept.

        ``server_time`` is Cognito's time now (``gateway.now()``).
        """
        record = SessionRecord.of(done, origin, server_time=server_time, signature_checked=signature_checked)
        if storage is StorageKind.NONE:
            try:
                self.forget(record)
            except StorageError as error:
                return Kept(record, left_undone=str(error))
            return Kept(record)
        name = record.key.file_name
        try:
            outdated = [entry for entry in self.entries() if entry.key == record.key]
            store = open_store(storage, self.environ)
            with locked(store.locks, name):
                # They came of an earlier session, perhaps of another user by the same name.
                store.remove(aws_name(name))
                store.write(name, record.to_json())
        except StorageError as error:
            return Kept(record, problem=str(error))
        try:
            self.register.add(Entry.of(record, storage), origin)
            self._tidy_up(record, store, outdated)
        except StorageError as error:
            return Kept(record, store.location(name), left_undone=str(error))
        return Kept(record, store.location(name))

    def _tidy_up(self, record: SessionRecord, store: Store, outdated: list[Entry]) -> None:
        """A session is kept in one place: what earlier ones left elsewhere is not needed any more."""
        for entry in self.register.entries()[MOST_SESSIONS:]:
            self._remove(entry)
            self.register.remove(entry.key)
        for entry in outdated:
            if entry.storage is not store.kind:
                self._remove(entry)
        self._remove_strays(record.key.file_name, kept_in=store.kind)
        keep_device(self.register, store, record)

    def current_settings(self) -> Mapping[str, str] | None:
        """The pool and user of the current session, as ``choose_pool`` takes them; None if there is none."""
        current = self.register.current()
        entry = next((entry for entry in self.register.entries() if entry.reference == current), None)
        record = self.read(entry) if entry else None
        return settings_in(record.origin) | {"username": record.display_name} if record else None

    def offered_settings(self) -> Mapping[str, str] | None:
        """The same, or else those of the last sign-in, whose session has ended: to sign in to again."""
        origin = self.register.last_origin()
        last = settings_in(origin) | {"username": origin.signed_in_as} if origin else None
        return self.current_settings() or last

    # -- finding ---------------------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """The sessions there are, the newest first.

        The index is compared with the folders: one that was lost or damaged knows less than they do, and one
        that could not be written when a session ended knows more. It is put right if it can be.
        """
        known = self.register.entries()
        found = self._compared_with_folders(known)
        if found != known:
            with suppress(StorageError):
                self.register.put_right(self._compared_with_folders)
        return found

    def find(self, pool: PoolKey | None = None, username: str = "", *, profile: str = "") -> Found:
        """The session to use: of this pool and this user, else the newest of this pool, else the current one.

        ``profile`` is the one that was named, for the sentence that says what to do where there is none.
        Raises NotSignedInError where there is none, StorageError where it cannot be read.
        """
        entries = self.entries()
        fitting = [entry for entry in entries if is_asked_for(entry, pool, username)]
        if pool is None and not username and (current := self.register.current()):
            chosen = next((entry for entry in entries if entry.reference == current), None)
        else:
            chosen = fitting[0] if fitting else None
        if chosen is None:
            raise NotSignedInError(_not_signed_in(entries, pool, username, profile))
        record, store = self.read(chosen), open_store(chosen.storage, self.environ)
        if record is None:
            raise NotSignedInError("Not signed in: the session was removed.")
        return Found(record, store, note_of(chosen) if len(fitting) > 1 else "")

    def store_for(self, record: SessionRecord) -> Store | None:
        """Where a session is kept; None where it is kept nowhere."""
        entry = next((entry for entry in self.entries() if entry.key == record.key), None)
        return open_store(entry.storage, self.environ) if entry else None

    def read(self, entry: Entry) -> SessionRecord | None:
        """The session of an entry; None where it has been removed."""
        return read_record(open_store(entry.storage, self.environ), entry.key.file_name)

    def _compared_with_folders(self, known: list[Entry]) -> list[Entry]:
        """These entries less those whose file is gone, and those of files that none of them knows."""
        found = list(known)
        names = {entry.key.file_name for entry in known}
        for kind in (StorageKind.FILE, StorageKind.SESSION):
            try:
                store = open_store(kind, self.environ)
                there = {match[1] for name in store.locks.names() if (match := _SESSION_FILE.fullmatch(name))}
            except StorageError:
                continue  # what cannot be looked at is left as it is
            found = [entry for entry in found if entry.storage is not kind or entry.key.file_name in there]
            for name in sorted(there - names):
                with suppress(StorageError):
                    record = read_record(store, name)
                    if record is not None and record.key.file_name == name:
                        found.append(Entry.of(record, kind))
                        names.add(name)
        return sorted(found, key=lambda entry: entry.signed_in_at, reverse=True)

    # -- ending ----------------------------------------------------------------------------------------

    def forget(self, record: SessionRecord, *, began: float | None = None) -> bool:
        """Forget a session wherever it is kept; whether it was kept anywhere.

        With ``began`` (seconds since the epoch) only one that began then: another one may have begun since.
        """
        found = [entry for entry in self.entries() if entry.key == record.key]
        removed = [self._remove(entry, began) for entry in found]
        if None not in removed:
            self._remove_strays(record.key.file_name)
            self.register.remove(record.key)
        return any(removed)

    def forget_if_unchanged(self, found: Found) -> None:
        """Forget a session that Cognito has ended, unless it is another by now. For its lock's holder."""
        name = found.record.key.file_name
        now = read_record(found.store, name)
        if now is not None and now.refresh_token == found.record.refresh_token:
            remove_all(found.store, name)
            self.register.remove(found.record.key)

    def _remove(self, entry: Entry, began: float | None = None) -> bool | None:
        """Whether it was there; None where another has begun by now, which stays."""
        store, name = open_store(entry.storage, self.environ), entry.key.file_name
        with locked(store.locks, name):
            if began is not None and _began_at(store, name) not in (None, began):
                return None
            return remove_all(store, name)

    def _remove_strays(self, name: str, kept_in: StorageKind | None = None) -> None:
        """Remove what a process left in another folder that was killed while it moved the session."""
        for kind in (StorageKind.FILE, StorageKind.SESSION):
            with suppress(StorageError):
                store = open_store(kind, self.environ)
                if kind is not kept_in and f"{name}.json" in store.locks.names():
                    with locked(store.locks, name):
                        remove_all(store, name)


def is_asked_for(entry: Entry, pool: PoolKey | None, username: str) -> bool:
    """Whether a session is one of this pool and this user; None and an empty name are for any."""
    of_pool = pool is None or PoolKey(entry.endpoint, entry.user_pool_id, entry.client_id) == pool
    return of_pool and (not username or entry.is_called(username))


def remove_all(store: Store, name: str) -> bool:
    """Remove a session and the AWS credentials that came of it; whether there was one."""
    # In this order: what is left without its session is found by nobody, and never removed.
    store.remove(aws_name(name))
    return store.remove(name)


def _began_at(store: Store, name: str) -> float | None:
    """When the session kept under a name began; None where there is none, or nobody can tell."""
    try:
        record = read_record(store, name)
    except StorageError:
        return None
    return record.signed_in_at if record else None


def aws_name(name: str) -> str:
    """Under which name the AWS credentials of a session are kept."""
    return f"{name}.aws"


def read_record(store: Store, name: str) -> SessionRecord | None:
    """The session a store keeps under a name; None where it keeps none."""
    content = store.read(name)
    if content is None:
        return None
    record = SessionRecord.from_json(content, store.location(name), store.repair_hint(name))
    if record.key.file_name != name:
        # Somebody changed whose it is: under that key nobody would find it, and no sign-out end it.
        raise StorageError(
            f"{store.location(name)} holds another session. Remove it: {store.repair_hint(name)}"
        )
    return record


@contextmanager
def session_lock(found: Found) -> Iterator[HeldLock]:
    """One process at a time may change this session."""
    with locked(found.store.locks, found.record.key.file_name) as held:
        yield held


def _not_signed_in(entries: list[Entry], pool: PoolKey | None, username: str, profile: str) -> str:
    sign_in = f"Run tui-auth sign-in --profile {profile}" if profile else "Run tui-auth sign-in"
    if username:
        return f"Not signed in under that name. {sign_in}."
    if pool is not None and entries:
        return f"Not signed in there. {sign_in}; tui-auth status names the sessions there are."
    if entries:
        return f"Not signed in any more. {sign_in}; tui-auth status names the other sessions."
    return f"Not signed in. {sign_in}."
