"""The index of sessions: which there are, which is current, and where to store new ones. It has no secrets.

A flat JSON object with one member a line (see ``tui_auth.session.state``):

    current               the reference of the session that began last, such as ``file/<name>``
    current_note          what to say when it is used although there are others
    session:<reference>   whose session is stored there
    device:<reference>    whose remembered device is stored there
    storage:<profile>     where to store sessions of a profile, or of none
    route:<selection>     the session that flags, variables and files led to: see ``fast_path``
    last_origin           the pool of the last sign-in, to offer it again

A remembered device is this machine as a pool knows it, stored beside the sessions and beyond their end. Its
key goes with every refresh, its password proves it at the next sign-in (DEVICE_SRP_AUTH), which then needs no
second factor.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from tui_auth.session.record import (
    PoolKey,
    SessionKey,
    SessionOrigin,
    SessionRecord,
    is_named,
    parse_device,
    parse_seconds,
    stored_members,
    text_of,
)
from tui_auth.session.state import SESSION_INDEX, dumps
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.lock import locked
from tui_auth.storage.stores import StorageKind, Store, open_store
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tui_auth.auth.devices import Device

MOST_NAMES = 20
MOST_ROUTES = 16
MOST_DEVICES = 100
"""How many are stored, for the same reason as ``sessions.MOST_SESSIONS``."""

VERSION = 1
Members = dict[str, Any]


@dataclass(frozen=True)
class SessionEntry:
    """One session in the index. ``signed_in_at`` is in seconds since the epoch, ``names`` are the user's."""

    storage: StorageKind
    endpoint: str
    user_pool_id: str
    client_id: str
    username: str
    signed_in_as: str
    profile: str
    signed_in_at: float
    names: tuple[str, ...] = ()

    @classmethod
    def from_record(cls, record: SessionRecord, storage: StorageKind) -> SessionEntry:
        origin = record.origin
        return cls(
            storage,
            **vars(record.key),
            signed_in_as=origin.signed_in_as,
            profile=origin.profile,
            signed_in_at=record.signed_in_at,
            names=record.names,
        )

    @property
    def key(self) -> SessionKey:
        return SessionKey(self.endpoint, self.user_pool_id, self.client_id, self.username)

    @property
    def reference(self) -> str:
        """The storage and the name in it."""
        return f"{self.storage}/{self.key.file_name}"

    @property
    def display_name(self) -> str:
        return self.signed_in_as or self.username

    def has_name(self, username: str) -> bool:
        """Check that this is the name typed at sign-in, Cognito's, or an alias of the user."""
        return is_named(username, (self.username, self.signed_in_as, *self.names))

    def matches(self, pool: PoolKey | None, username: str) -> bool:
        """Check that the session is of this pool and user; None and an empty name match any."""
        is_of_pool = pool is None or PoolKey(self.endpoint, self.user_pool_id, self.client_id) == pool
        return is_of_pool and (not username or self.has_name(username))


class SessionIndex:
    """A snapshot of the index. The methods that change it change the snapshot alone: see ``IndexFile``."""

    def __init__(self, members: Members | None = None) -> None:
        self.members: Members = members if members is not None else {}

    # -- reading ---------------------------------------------------------------------------------------

    def entries(self) -> list[SessionEntry]:
        """Return the sessions, newest first."""
        entries = [
            entry
            for name, value in self.members.items()
            if name.startswith("session:")
            and (entry := _parse_entry(value))
            and name == f"session:{entry.reference}"
        ]
        return sorted(entries, key=lambda entry: entry.signed_in_at, reverse=True)

    @property
    def current(self) -> str:
        """The reference of the session that began last, which may have ended; empty if there was none."""
        current = self._text("current")
        return current if current.partition("/")[0] in set(StorageKind) else ""

    def current_entry(self) -> SessionEntry | None:
        """Return the session that began last, if it is still there."""
        return next((entry for entry in self.entries() if entry.reference == self.current), None)

    def storage_for(self, profile: str) -> StorageKind | None:
        """Return the storage the user chose for a profile; the empty name is for no profile."""
        chosen = self._text(f"storage:{profile}")
        return StorageKind(chosen) if chosen in set(StorageKind) else None

    def last_origin(self) -> SessionOrigin | None:
        """Return the pool of the last sign-in, also after its session has ended."""
        value = self.members.get("last_origin")
        names = set(SessionOrigin.__dataclass_fields__)
        if not isinstance(value, dict) or set(value) != names or not _are_texts(value):
            return None
        return SessionOrigin(**value)

    def route(self, key: str) -> str:
        """Return a cached route; empty if there is none. See ``fast_path``."""
        return self._text(f"route:{key}")

    def devices(self, endpoint: str, user_pool_id: str) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield the reference and the owner of each remembered device of a pool."""
        for name, value in self.members.items():
            reference = name.removeprefix("device:")
            if reference == name or reference.partition("/")[0] not in set(StorageKind):
                continue
            pool = {"endpoint": endpoint, "user_pool_id": user_pool_id}
            if isinstance(value, dict) and pool.items() <= value.items():
                yield reference, value

    def _text(self, name: str) -> str:
        """Return a member if it is a text, else an empty one."""
        value = self.members.get(name)
        return value if isinstance(value, str) else ""

    # -- changing --------------------------------------------------------------------------------------

    def has_newer(self, entry: SessionEntry, known: Sequence[SessionEntry] = ()) -> bool:
        """Check whether there is a later session of the same user, other than the known ones."""
        others = (other for other in self.entries() if other.key == entry.key and other not in known)
        return any(other.signed_in_at > entry.signed_in_at for other in others)

    def add(self, entry: SessionEntry, origin: SessionOrigin, known: Sequence[SessionEntry] = ()) -> None:
        """Add a session that has begun, in one storage only, as the current one. Not if ``has_newer``."""
        if self.has_newer(entry, known):
            return
        for kind in StorageKind:
            self.members.pop(f"session:{kind}/{entry.key.file_name}", None)
        self.members[f"session:{entry.reference}"] = _entry_members(entry)
        self.members["current"] = entry.reference
        self.members["last_origin"] = asdict(origin)
        self._refresh_note_and_routes()

    def remove(self, key: SessionKey, began_by: float) -> None:
        """Remove a session that has ended. None becomes current instead: that might be another user's.

        One that began later than ``began_by`` (seconds since the epoch) stays.
        """
        for entry in self.entries():
            if entry.key == key and entry.signed_in_at <= began_by:
                del self.members[f"session:{entry.reference}"]
        self._refresh_note_and_routes()

    def reconcile(self, correct: Callable[[list[SessionEntry]], list[SessionEntry]]) -> None:
        """Replace the entries with ``correct(entries)``. If no session is current, the newest becomes it."""
        before = self.entries()
        after = correct(before)
        for entry in before:
            del self.members[f"session:{entry.reference}"]
        self.members.update({f"session:{entry.reference}": _entry_members(entry) for entry in after})
        if "current" not in self.members and after:
            self.members["current"] = after[0].reference
        self._refresh_note_and_routes()

    def set_storage(self, profile: str, kind: StorageKind) -> None:
        self.members[f"storage:{profile}"] = str(kind)

    def set_route(self, key: str, route: str) -> None:
        """Cache a route; the oldest beyond ``MOST_ROUTES`` is forgotten. See ``fast_path``."""
        names = [name for name in self.members if name.startswith("route:")]
        for name in names[: max(0, len(names) + 1 - MOST_ROUTES)]:
            del self.members[name]
        self.members[f"route:{key}"] = route

    def add_device(self, reference: str, owner: Mapping[str, object], most: int) -> list[str]:
        """Add a device as the newest. Return the references of those beyond ``most``, oldest first."""
        self.members.pop(f"device:{reference}", None)
        self.members[f"device:{reference}"] = owner
        names = [name for name in self.members if name.startswith("device:")]
        return [name.removeprefix("device:") for name in names[:-most]]

    def remove_devices(self, references: Iterable[str]) -> None:
        for reference in references:
            self.members.pop(f"device:{reference}", None)

    def _refresh_note_and_routes(self) -> None:
        for name in [name for name in self.members if name.startswith("route:")]:
            del self.members[name]
        has_several = sum(name.startswith("session:") for name in self.members) > 1
        current = _parse_entry(self.members.get(f"session:{self.members.get('current')}"))
        self.members["current_note"] = choice_note(current) if has_several and current else ""


class IndexFile:
    """The file of the index, in a folder of private files. Raises StorageError if a rule for it is broken."""

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder

    def load(self) -> SessionIndex:
        """Return a snapshot; an empty one if there is no index, or one that can't be understood."""
        content = self._folder.read(SESSION_INDEX)
        if content is None:
            return SessionIndex()
        try:
            members = json.loads(content)
        except (ValueError, RecursionError):
            return SessionIndex()
        if not isinstance(members, dict) or not isinstance(members.get("version"), int):
            return SessionIndex()
        if members["version"] != VERSION:
            raise StorageError(
                f"{self._folder.path}/{SESSION_INDEX} was written by another version of tui-auth, so "
                "it isn't changed."
            )
        return SessionIndex(members)

    def update(self, change: Callable[[SessionIndex], object], *, patience: float = 10) -> SessionIndex:
        """Change the index, one process at a time, and return the new snapshot.

        Raises BusyError if another process is at it for over ``patience`` seconds.
        """
        with locked(self._folder, "index", patience=patience):
            index = SessionIndex({"version": VERSION} | self.load().members)
            change(index)
            self._folder.write(SESSION_INDEX, dumps(index.members))
        return index


def matching_entries(
    entries: Iterable[SessionEntry], pool: PoolKey | None, username: str
) -> list[SessionEntry]:
    """Return the sessions of a pool and user, first those with exactly this name, in their order."""
    matching = [entry for entry in entries if entry.matches(pool, username)]
    return sorted(matching, key=lambda entry: username not in (entry.username, entry.signed_in_as))


def choice_note(entry: SessionEntry) -> str:
    """Return what to say when a session is used without a name although there are others."""
    name, pool = safe_line(entry.display_name, limit=80), safe_line(entry.user_pool_id, limit=60)
    whose = f"using the session of {name} in {pool}, the last sign-in"
    return f"{whose}; --username or --profile chooses another."


def _entry_members(entry: SessionEntry) -> Members:
    return {**asdict(entry), "storage": str(entry.storage)}


def _parse_entry(value: object) -> SessionEntry | None:
    if not isinstance(value, dict) or {*value, "names"} != set(SessionEntry.__dataclass_fields__):
        return None
    texts = {name: text for name, text in value.items() if name not in ("signed_in_at", "names")}
    try:
        signed_in_at = parse_seconds(value["signed_in_at"])
        names = tuple(map(text_of, value.get("names", ())))
    except (ValueError, TypeError, OverflowError):
        return None
    if not _are_texts(texts) or texts["storage"] not in set(StorageKind):
        return None
    texts["storage"] = StorageKind(texts["storage"])
    return SessionEntry(**texts, signed_in_at=signed_in_at, names=names)


def _are_texts(value: Mapping[str, Any]) -> bool:
    return all(isinstance(item, str) for item in value.values())


# -- remembered devices --------------------------------------------------------------------------------


def find_device(
    index: SessionIndex, endpoint: str, user_pool_id: str, username: str, environ: Mapping[str, str]
) -> Device | None:
    """Return the device stored for a user, by any of the user's names; None if there is none.

    Raises StorageError if it can't be read.
    """
    devices = [(reference, _names(owner)) for reference, owner in index.devices(endpoint, user_pool_id)]
    for reference, names in sorted(devices, key=lambda device: username not in device[1]):
        if is_named(username, names):
            storage, _, name = reference.partition("/")
            content = open_store(StorageKind(storage), environ).read(name)
            if content:
                return _parse_device(content)
    return None


def save_device(
    file: IndexFile, index: SessionIndex, store: Store, record: SessionRecord, environ: Mapping[str, str]
) -> SessionIndex:
    """Store the device of a sign-in, or forget the user's if it came without one. Return the new index.

    A user has one device here, whichever app client a sign-in used and wherever it was stored; older ones are
    forgotten. Raises StorageError.
    """
    key = record.key
    name = f"{key.file_name}.device"
    reference = f"{store.kind}/{name}"
    outdated: list[str] = []
    if record.device is None:
        store.remove(name)  # even if the index doesn't have it
        outdated = [other for other, _ in _devices_of_user(index, record)]
    else:
        store.write(name, dumps({"version": VERSION} | stored_members(record.device)))
        owner = {
            "endpoint": key.endpoint,
            "user_pool_id": key.user_pool_id,
            "username": key.username,
            "signed_in_as": record.origin.signed_in_as,
        }

        def add(index: SessionIndex) -> None:
            # An alias that the ID token doesn't have is known from the sign-in before.
            known = [_names(other) for _, other in _devices_of_user(index, record)]
            names = list(dict.fromkeys([*record.names, *chain(*known)]))[:MOST_NAMES]
            outdated[:] = index.add_device(reference, {**owner, "names": names}, MOST_DEVICES)
            outdated.extend(other for other, _ in _devices_of_user(index, record) if other != reference)

        index = file.update(add)
    return _forget(file, index, outdated, environ)


def _devices_of_user(index: SessionIndex, record: SessionRecord) -> list[tuple[str, Mapping[str, object]]]:
    devices = index.devices(record.key.endpoint, record.key.user_pool_id)
    return [(reference, owner) for reference, owner in devices if owner.get("username") == record.username]


def _names(owner: Mapping[str, object]) -> list[str]:
    names = owner.get("names")
    known = [owner.get("username"), owner.get("signed_in_as"), *(names if isinstance(names, list) else ())]
    return [name for name in known if isinstance(name, str)]


def _forget(
    file: IndexFile, index: SessionIndex, references: Sequence[str], environ: Mapping[str, str]
) -> SessionIndex:
    # In this order: nothing would ever find the secret of a device that the index doesn't have.
    for reference in references:
        storage, _, name = reference.partition("/")
        if storage in set(StorageKind):
            open_store(StorageKind(storage), environ).remove(name)
    return file.update(lambda index: index.remove_devices(references)) if references else index


def _parse_device(content: bytes) -> Device | None:
    try:
        members = json.loads(content)
        return parse_device(members) if members["version"] == VERSION else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
