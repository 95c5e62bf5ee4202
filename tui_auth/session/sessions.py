"""The sessions of this user on this machine: saving, finding and forgetting them.

A ``Sessions`` object serves one command. It reads the index once and works on that snapshot; it reads again
only under a lock, or when ``reload`` says that time has passed.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tui_auth.session import NotSignedInError
from tui_auth.session.index import (
    IndexFile,
    SessionEntry,
    SessionIndex,
    choice_note,
    matching_entries,
    save_device,
)
from tui_auth.session.record import PoolKey, SessionInfo, SessionOrigin, SessionRecord
from tui_auth.session.state import index_folder
from tui_auth.storage.files import StorageError
from tui_auth.storage.lock import locked, locked_if_possible
from tui_auth.storage.stores import StorageKind, Store, UnknownOutcomeError, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.next_step import Done

MOST_SESSIONS = 100
"""How many are stored: someone who signs in as ever new users shouldn't fill a disk with unused sessions."""

LONGEST_ROUTE_KEY = 4000
FORGET_PATIENCE_SECONDS = 1.0
"""For the lock of a session that must be removed: its holder may be a process that was stopped."""

_SUPERSEDED = "Another sign-in of the same user has been stored in the meantime."
_SESSION_FILE = re.compile(r"([0-9a-f]{64})\.json")


@dataclass(frozen=True)
class SaveResult:
    """The result of saving a new session.

    Attributes:
        record: the session.
        location: where it is stored, for the user; empty if it isn't, by choice or because of ``problem``.
        problem: why it couldn't be stored.
        cleanup_problem: what failed besides: the session is stored, but an old one is still there, or the
            index doesn't have it as the current one.
        unknown: why it isn't known whether it is stored.
    """

    record: SessionRecord
    location: str = ""
    problem: str = ""
    cleanup_problem: str = ""
    unknown: str = ""

    @property
    def warning(self) -> str:
        """What the user should know besides; mostly empty."""
        cleanup = f"Older session data couldn't be removed. {self.cleanup_problem}"
        return f"{self.unknown} {cleanup if self.cleanup_problem else ''}".strip()


@dataclass(frozen=True)
class StoredSession:
    """A session, its store, and a note about why this one is used; empty if it was the only one."""

    record: SessionRecord
    store: Store
    note: str = ""


class Sessions:
    """All sessions, in the folders of an environment."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self._file = IndexFile(index_folder(environ))
        self._index: SessionIndex | None = None
        self._records: dict[str, SessionRecord] = {}

    @property
    def index(self) -> SessionIndex:
        """The snapshot of the index, read at first use. Raises StorageError if it can't be read."""
        index = self._index
        if index is None:
            index = self._index = self._file.load()
        return index

    def reload(self) -> None:
        """Read everything again at its next use: other processes may have changed it."""
        self._index = None
        self._records.clear()

    def _update_index(self, change: Callable[[SessionIndex], object], *, patience: float = 10) -> None:
        self._index = self._file.update(change, patience=patience)

    # -- saving ----------------------------------------------------------------------------------------

    def save(
        self,
        done: Done,
        origin: SessionOrigin,
        storage: StorageKind,
        *,
        server_time: float,
        signature_checked: bool = False,
    ) -> SaveResult:
        """Store the session of a finished sign-in and make it the current one.

        Never raises for lack of room or permission: the result has the session and why it wasn't stored.
        ``server_time`` is Cognito's current time (``gateway.now()``).
        """
        record = SessionRecord.from_sign_in(
            done, origin, server_time=server_time, signature_checked=signature_checked
        )
        return self.save_record(record, storage)

    def save_record(self, record: SessionRecord, storage: StorageKind) -> SaveResult:
        """Store a session of this process and make it the current one: see ``save``."""
        self.reload()
        if storage is StorageKind.NONE:
            try:
                self.forget(record)
            except StorageError as error:
                return SaveResult(record, cleanup_problem=str(error))
            return SaveResult(record)
        try:
            before = [entry for entry in self.entries() if entry.key == record.key]
            store = open_store(storage, self.environ)
            result = self._store(record, store, before)
        except StorageError as error:
            return SaveResult(record, problem=str(error))
        try:
            if not result.cleanup_problem:
                self._remove_outdated(record, store, before)
        except StorageError as error:
            return replace(result, cleanup_problem=str(error))
        return result

    def _store(self, record: SessionRecord, store: Store, before: list[SessionEntry]) -> SaveResult:
        """Store a new session and add it to the index, under one lock. Raises StorageError if that fails.

        ``before`` are the sessions that it replaces. If another sign-in of the user has stored a later one
        meanwhile, that one stays: two sign-ins at the same time must not remove each other's session.
        """
        name, entry, unknown = record.key.file_name, SessionEntry.from_record(record, store.kind), ""
        with locked(store.locks, name):
            if self._file.load().has_newer(entry, before):
                raise StorageError(_SUPERSEDED)
            # Credentials of an earlier session, perhaps of another user with the same name.
            store.remove(credentials_name(name))
            try:
                store.write(name, record.to_json())
            except UnknownOutcomeError as error:
                unknown = str(error)  # the index must have it all the same, so that sign-out removes it
            result = SaveResult(record, _displayed_place(store, name), unknown=unknown)
            try:
                self._update_index(lambda index: index.add(entry, record.origin, before))
            except StorageError as error:
                return replace(result, cleanup_problem=str(error))
            if entry not in self.index.entries():
                remove_session(store, name)
                raise StorageError(_SUPERSEDED)
        return result

    def _remove_outdated(self, record: SessionRecord, store: Store, before: list[SessionEntry]) -> None:
        """Remove what earlier sign-ins left elsewhere: a session is stored in one place."""
        for entry in self.index.entries()[MOST_SESSIONS:]:
            self._remove(open_store(entry.storage, self.environ), entry.key.file_name, entry.signed_in_at)
            self._update_index(partial(SessionIndex.remove, key=entry.key, began_by=entry.signed_in_at))
        for entry in before:
            if entry.storage is not store.kind:
                self._remove(open_store(entry.storage, self.environ), entry.key.file_name, entry.signed_in_at)
        self._remove_strays(record, except_in=store.kind)
        self._index = save_device(self._file, self.index, store, record, self.environ)

    def replace(self, stored: StoredSession, record: SessionRecord) -> str:
        """Store a refreshed session, for the holder of its lock. Return why that failed, or an empty text."""
        self._records.clear()
        name = record.key.file_name
        try:
            if not stored.store.has(name):
                return (
                    "It has ended in the meantime."  # a sign-out doesn't wait for a process that was stopped
                )
            stored.store.write(name, record.to_json())
        except StorageError as error:
            return str(error)
        return ""

    def set_storage(self, profile: str, kind: StorageKind) -> None:
        """Record where to store sessions of a profile from now on."""
        self._update_index(lambda index: index.set_storage(profile, kind))

    def cache_route(self, key: str, route: str, is_valid: Callable[[SessionIndex], bool]) -> None:
        """Cache a route, for a key from ``state.selection``: see ``tui_auth.session.fast_path``.

        Not if ``is_valid`` rejects the index by then: another session may have begun meanwhile.
        """

        def change(index: SessionIndex) -> None:
            if is_valid(index):
                index.set_route(key, route)

        if len(key) <= LONGEST_ROUTE_KEY and self.index.route(key) != route:
            self._update_index(change)

    # -- finding ---------------------------------------------------------------------------------------

    def entries(self) -> list[SessionEntry]:
        """Return the sessions, newest first.

        The index is compared with the folders: one that was lost or damaged has too few entries, and one that
        couldn't be written when a session ended has too many. It is corrected if that is possible.
        """
        known = self.index.entries()
        existing = self._compare_with_folders(known)
        if existing != known:
            with suppress(StorageError):
                # Nobody asked for it: if another process is busy with the index, the next command does it.
                self._update_index(lambda index: index.reconcile(self._compare_with_folders), patience=1)
        return existing

    def infos(self) -> list[SessionInfo]:
        """Return what a user can know of the sessions, newest first, without those that can't be read."""
        infos = []
        for entry in self.entries():
            with suppress(StorageError):
                if record := self.read(entry):
                    infos.append(SessionInfo.from_record(record, str(entry.storage)))
        return infos

    def find(self, pool: PoolKey | None = None, username: str = "", *, profile: str = "") -> StoredSession:
        """Return the session of this pool and user, else the newest of this pool, else the current one.

        Args:
            pool: the pool that is meant; None for any.
            username: the user who is meant; empty for any.
            profile: the profile that was specified, for the error message.

        Raises:
            NotSignedInError: there is none.
            StorageError: it can't be read.
        """
        entries = self.entries()
        matching = matching_entries(entries, pool, username)
        if pool is None and not username and (current := self.index.current):
            chosen = next((entry for entry in entries if entry.reference == current), None)
        else:
            chosen = matching[0] if matching else None
        if chosen is None:
            raise NotSignedInError(_not_signed_in_message(entries, pool, username, profile))
        record, store = self.read(chosen), open_store(chosen.storage, self.environ)
        if record is None:
            raise NotSignedInError("Not signed in: the session was removed.")
        return StoredSession(record, store, choice_note(chosen) if len(matching) > 1 else "")

    def find_by_name(self, name: str) -> StoredSession | None:
        """Return the session with this ``SessionKey.file_name``, or None if it has ended."""
        entry = next((entry for entry in self.entries() if entry.key.file_name == name), None)
        record = self.read(entry) if entry else None
        return StoredSession(record, open_store(entry.storage, self.environ)) if entry and record else None

    def store_for(self, record: SessionRecord) -> Store | None:
        """Return the store of a session; None if it isn't stored."""
        entry = next((entry for entry in self.entries() if entry.key == record.key), None)
        return open_store(entry.storage, self.environ) if entry else None

    def read(self, entry: SessionEntry) -> SessionRecord | None:
        """Return the session of an entry, read once; None if it has been removed."""
        record = self._records.get(entry.reference)
        if record is None:
            record = read_record(open_store(entry.storage, self.environ), entry.key.file_name)
            if record is not None:
                self._records[entry.reference] = record
        return record

    def current_settings(self) -> Mapping[str, str] | None:
        """Return pool and user of the current session, as ``choose_pool`` takes them, or None."""
        entry = self.index.current_entry()
        record = self.read(entry) if entry else None
        return record.sign_in_settings if record else None

    def offered_settings(self) -> Mapping[str, str] | None:
        """Return the same, else those of the last sign-in, whose session has ended: to sign in to again."""
        origin = self.index.last_origin()
        last = origin.to_settings() | {"username": origin.signed_in_as} if origin else None
        return self.current_settings() or last

    def _compare_with_folders(self, known: list[SessionEntry]) -> list[SessionEntry]:
        """Return these entries without those whose file is gone, and with those of unknown files."""
        entries = list(known)
        names = {entry.key.file_name for entry in known}
        for kind in (StorageKind.FILE, StorageKind.SESSION):
            try:
                store = open_store(kind, self.environ)
                stored = {
                    match[1] for name in store.locks.names() if (match := _SESSION_FILE.fullmatch(name))
                }
            except StorageError:
                continue  # a folder that can't be read is left as it is
            entries = [
                entry for entry in entries if entry.storage is not kind or entry.key.file_name in stored
            ]
            for name in sorted(stored - names):
                with suppress(StorageError):
                    record = read_record(store, name)
                    if record is not None and record.key.file_name == name:
                        entries.append(SessionEntry.from_record(record, kind))
                        names.add(name)
        return sorted(entries, key=lambda entry: entry.signed_in_at, reverse=True)

    # -- forgetting ------------------------------------------------------------------------------------

    def forget(self, record: SessionRecord) -> bool:
        """Forget a session wherever it is stored. Return whether it was stored anywhere.

        Another one that has begun meanwhile stays.
        """
        self._records.clear()
        kinds = [entry.storage for entry in self.entries() if entry.key == record.key]
        stores = [open_store(kind, self.environ) for kind in kinds]
        removed = [self._remove(store, record.key.file_name, record.signed_in_at) for store in stores]
        self._remove_strays(record)
        self._update_index(lambda index: index.remove(record.key, record.signed_in_at), patience=2)
        return any(removed)

    def forget_if_unchanged(self, stored: StoredSession) -> None:
        """Forget a session that Cognito has ended, unless another has begun. For the holder of its lock."""
        name = stored.record.key.file_name
        record = read_record(stored.store, name)
        if record is not None and record.refresh_token == stored.record.refresh_token:
            self._records.clear()
            remove_session(stored.store, name)
            self._update_index(lambda index: index.remove(record.key, record.signed_in_at))

    def forget_device(self, record: SessionRecord) -> None:
        """Forget this machine as the pool's device of a user. Raises StorageError."""
        store = self.store_for(record)
        if store is not None:
            self._index = save_device(
                self._file, self.index, store, replace(record, device=None), self.environ
            )

    def _remove(self, store: Store, name: str, began_by: float) -> bool:
        """Remove a session that began by then. Return whether it was there."""
        # A process that was stopped keeps the lock; it stores nothing once its session is gone.
        with locked_if_possible(store.locks, name, patience=FORGET_PATIENCE_SECONDS, even_if_busy=True):
            began = _signed_in_at(store, name)
            return (began is None or began <= began_by) and remove_session(store, name)

    def _remove_strays(self, record: SessionRecord, *, except_in: StorageKind | None = None) -> None:
        """Remove what a process that was killed while it moved the session left in another folder."""
        name = record.key.file_name
        for kind in (StorageKind.FILE, StorageKind.SESSION):
            with suppress(StorageError):
                store = open_store(kind, self.environ)
                if kind is not except_in and f"{name}.json" in store.locks.names():
                    self._remove(store, name, record.signed_in_at)


def credentials_name(name: str) -> str:
    return f"{name}.aws"


def read_record(store: Store, name: str) -> SessionRecord | None:
    """Return the session that a store has under a name, or None."""
    content = store.read(name)
    if content is None:
        return None
    record = SessionRecord.from_json(content, store.location(name), store.repair_hint(name))
    if record.key.file_name != name:
        # Somebody changed its user or pool: nobody would find it by its key, and no sign-out end it.
        raise StorageError(
            f"{store.location(name)} contains another session. Remove it: {store.repair_hint(name)}"
        )
    return record


def remove_session(store: Store, name: str) -> bool:
    """Remove a session and its AWS credentials. Return whether there was one."""
    # In this order: credentials without their session are found by nobody, and never removed.
    store.remove(credentials_name(name))
    return store.remove(name)


def _displayed_place(store: Store, name: str) -> str:
    """Return where a session is stored, for the user: without the file's name, which has 64 digits."""
    from pathlib import Path

    from tui_auth.config.files import display_path

    place = Path(store.location(name))
    return display_path(place.parent) if place.is_absolute() else str(place)


def _signed_in_at(store: Store, name: str) -> float | None:
    """Return when the session under a name began; None if there is none, or if unknown."""
    try:
        record = read_record(store, name)
    except StorageError:
        return None
    return record.signed_in_at if record else None


def _not_signed_in_message(
    entries: list[SessionEntry], pool: PoolKey | None, username: str, profile: str
) -> str:
    sign_in = f"Run `tui-auth sign-in --profile {profile}`" if profile else "Run `tui-auth sign-in`"
    if username:
        return f"Not signed in as that user. {sign_in}."
    if pool is not None and entries:
        return f"Not signed in to this user pool. {sign_in}; `tui-auth status` lists your sessions."
    if entries:
        return f"You are no longer signed in. {sign_in}; `tui-auth status` lists your other sessions."
    return f"Not signed in. {sign_in}."
