"""Which sessions there are, which is current, and what was chosen: an index without secrets.

A flat JSON object with one member a line (see ``lines``):

    current               where the session that began last is, or was: a reference such as ``file/<name>``
    current_note          what is said when it is used although there are others
    session:<reference>   whose session is kept there
    device:<reference>    whose remembered device is kept there
    storage:<profile>     where the sessions of a profile, or of none, are to be kept
    quick:<profile>       where a profile, or none, last led to, and the stamp that config.toml had by then
    last_origin           the pool of the last sign-in, to be offered again
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tui_auth.session.quick import SESSION_INDEX
from tui_auth.session.record import SessionKey, SessionOrigin, SessionRecord, moment
from tui_auth.storage import flat_json
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.lock import locked
from tui_auth.storage.stores import StorageKind
from tui_auth.terminal.safe_text import safe_line

VERSION = 1
Members = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One session there is: whose, where it is kept, and when it began (seconds since the epoch)."""

    storage: StorageKind
    endpoint: str
    user_pool_id: str
    client_id: str
    username: str
    signed_in_as: str
    profile: str
    signed_in_at: float

    @classmethod
    def of(cls, record: SessionRecord, storage: StorageKind) -> Entry:
        """The entry for a session that is kept in a storage."""
        key = record.key
        return cls(
            storage=storage,
            endpoint=key.endpoint,
            user_pool_id=key.user_pool_id,
            client_id=key.client_id,
            username=key.username,
            signed_in_as=record.origin.signed_in_as,
            profile=record.origin.profile,
            signed_in_at=record.signed_in_at,
        )

    @property
    def key(self) -> SessionKey:
        """What tells this session from others."""
        return SessionKey(self.endpoint, self.user_pool_id, self.client_id, self.username)

    @property
    def reference(self) -> str:
        """Where it is kept and under which name."""
        return f"{self.storage}/{self.key.file_name}"

    @property
    def display_name(self) -> str:
        """The name the person knows."""
        return self.signed_in_as or self.username

    def is_called(self, username: str) -> bool:
        """Whether this is the name it was begun with, or Cognito's for it."""
        return username in (self.username, self.signed_in_as)


class Register:
    """The index, in a folder of private files. Raises StorageError where it cannot be read or written."""

    def __init__(self, folder: PrivateFolder, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self.environ = environ

    def read(self) -> Members:
        """All its members; none where there is no index, or one that cannot be understood."""
        content = self._folder.read(SESSION_INDEX)
        if content is None:
            return {}
        try:
            members = json.loads(content)
        except (ValueError, RecursionError):
            return {}
        if not isinstance(members, dict):
            return {}
        if "version" not in members:
            return {}
        if members["version"] != VERSION:
            raise StorageError(
                f"{self._folder.path}/{SESSION_INDEX} was written by another version of tui-auth "
                "and is left alone."
            )
        return members

    def update(self, change: Callable[[Members], object], *, patience: float = 10) -> None:
        """Change its members, one process at a time; BusyError where another one takes ``patience`` seconds."""
        with locked(self._folder, "index", patience=patience):
            members = {"version": VERSION} | self.read()
            change(members)
            self._folder.write(SESSION_INDEX, flat_json.dumps(members))

    def entries(self) -> list[Entry]:
        """The sessions there are, the newest first."""
        return _entries(self.read())

    def current(self) -> str:
        """The reference of the session that began last, which may have ended; empty where there was none."""
        return _text(self.read().get("current"))

    def storage_for(self, profile: str) -> StorageKind | None:
        """Where sessions of a profile are kept, as chosen before; the empty name is for no profile."""
        chosen = _text(self.read().get(f"storage:{profile}"))
        return StorageKind(chosen) if chosen in set(StorageKind) else None

    def last_origin(self) -> SessionOrigin | None:
        """The pool of the last sign-in, also after its session has ended."""
        value = self.read().get("last_origin")
        names = set(SessionOrigin.__dataclass_fields__)
        if not isinstance(value, dict) or set(value) != names or not _all_texts(value):
            return None
        return SessionOrigin(**value)

    def add(self, entry: Entry, origin: SessionOrigin) -> None:
        """A session has begun: it is the current one, and known in one place only."""

        def change(members: Members) -> None:
            _drop(members, entry.key)
            members[f"session:{entry.reference}"] = _written(entry)
            members["current"] = entry.reference
            members["last_origin"] = asdict(origin)
            _note_and_forget_quick_ways(members)

        self.update(change)

    def remove(self, key: SessionKey) -> None:
        """A session has ended. None becomes current in its place: that would be another person's."""

        def change(members: Members) -> None:
            _drop(members, key)
            _note_and_forget_quick_ways(members)

        self.update(change)

    def put_right(self, found: Callable[[list[Entry]], list[Entry]]) -> None:
        """Make the index what ``found`` says of it, which gets the entries there are and gives those there
        should be; where no session is known as the current one, the newest becomes it."""

        def change(members: Members) -> None:
            before = _entries(members)
            after = found(before)
            for entry in before:
                del members[f"session:{entry.reference}"]
            members.update({f"session:{entry.reference}": _written(entry) for entry in after})
            if "current" not in members and after:
                members["current"] = after[0].reference
            _note_and_forget_quick_ways(members)

        # Nobody asked for it: who is busy with the index will have to do it, or the next command.
        self.update(change, patience=1)

    def remember_storage(self, profile: str, kind: StorageKind) -> None:
        """Where sessions of a profile are to be kept from now on."""
        self.update(lambda members: members.update({f"storage:{profile}": str(kind)}))

    def remember_quick_way(self, profile: str, way: str, still_leads: Callable[[list[Entry]], bool]) -> None:
        """A profile, or without a name no profile, led to a session: see ``tui_auth.session.quick``.

        Not if another session has begun meanwhile: ``still_leads`` is asked of those there are by then.
        """
        name = f"quick:{profile}"

        def change(members: Members) -> None:
            if still_leads(_entries(members)):
                members[name] = way

        if self.read().get(name) != way:
            self.update(change)


def _entries(members: Members) -> list[Entry]:
    found = [
        entry
        for name, value in members.items()
        if name.startswith("session:") and (entry := _entry(value)) and name == f"session:{entry.reference}"
    ]
    return sorted(found, key=lambda entry: entry.signed_in_at, reverse=True)


def _written(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "storage": str(entry.storage)}


def _drop(members: Members, key: SessionKey) -> None:
    for kind in StorageKind:
        members.pop(f"session:{kind}/{key.file_name}", None)


def _note_and_forget_quick_ways(members: Members) -> None:
    for name in [name for name in members if name.startswith("quick:")]:
        del members[name]
    several = sum(name.startswith("session:") for name in members) > 1
    current = _entry(members.get(f"session:{members.get('current')}"))
    members["current_note"] = note_of(current) if several and current else ""


def note_of(entry: Entry) -> str:
    """What is said when a session is used although there are others, without a name to choose it by."""
    name, pool = safe_line(entry.display_name, limit=80), safe_line(entry.user_pool_id, limit=60)
    whose = f"using the session of {name} in {pool}, the last signed in"
    return f"{whose}; --username or --profile chooses another."


def _entry(value: object) -> Entry | None:
    if not isinstance(value, dict) or set(value) != set(Entry.__dataclass_fields__):
        return None
    texts = {name: text for name, text in value.items() if name != "signed_in_at"}
    try:
        began = moment(value["signed_in_at"])
    except (ValueError, OverflowError):
        return None
    if not _all_texts(texts) or texts["storage"] not in set(StorageKind):
        return None
    return Entry(**{**texts, "storage": StorageKind(texts["storage"]), "signed_in_at": began})


def _all_texts(value: dict[str, Any]) -> bool:
    return all(isinstance(item, str) for item in value.values())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
