"""Remembered devices: this machine as a pool knows it, kept beside the sessions and beyond their end.

A device belongs to a user of a pool. Its key goes with every refresh, its password proves it at the next
sign-in (DEVICE_SRP_AUTH), which then asks for no second factor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from tui_auth.auth.device import Device
from tui_auth.secret import Secret
from tui_auth.session.record import SessionRecord
from tui_auth.session.register import Members, Register
from tui_auth.storage import flat_json
from tui_auth.storage.stores import StorageKind, Store, open_store

VERSION = 1

MOST_DEVICES = 100
"""How many are kept, for the reason that so many sessions are: whoever comes back signs in as ever."""


def device_of(register: Register, endpoint: str, user_pool_id: str, username: str) -> Device | None:
    """The device kept for a user, by Cognito's name or the name that was typed; None where there is none.

    Raises StorageError where it cannot be read.
    """
    for reference, value in _references(register.read(), endpoint, user_pool_id):
        if username in (value.get("username"), value.get("signed_in_as")):
            storage, _, file_name = reference.partition("/")
            content = open_store(StorageKind(storage), register.environ).read(file_name)
            if content:
                return _device(content)
    return None


def keep_device(register: Register, store: Store, record: SessionRecord) -> None:
    """Keep the device that a sign-in came with, or forget the one it came without. Raises StorageError.

    A user has one device here, whichever app client a sign-in went through and wherever it was kept: what an
    earlier sign-in left is forgotten.
    """
    name = f"{record.key.file_name}.device"
    reference = f"{store.kind}/{name}"
    if record.device is None:
        store.remove(name)  # also where the index does not name it
        _forget_others(register, record, "")
        return
    device, key = record.device, record.key
    members = {
        "version": VERSION,
        "key": device.key,
        "group_key": device.group_key,
        "password": device.password.reveal(),
    }
    store.write(name, flat_json.dumps(members))
    entry = {
        "endpoint": key.endpoint,
        "user_pool_id": key.user_pool_id,
        "username": key.username,
        "signed_in_as": record.origin.signed_in_as,
    }

    too_many: list[str] = []

    def change(members: Members) -> None:
        members.pop(f"device:{reference}", None)
        members[f"device:{reference}"] = entry  # at the end: the newest
        too_many[:] = [name for name in members if name.startswith("device:")][:-MOST_DEVICES]

    register.update(change)
    _forget_others(register, record, reference)
    _forget(register, [name.removeprefix("device:") for name in too_many])


def _references(
    members: Members, endpoint: str, user_pool_id: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Where devices for this pool are kept, and whose each is."""
    for name, value in members.items():
        reference = name.removeprefix("device:")
        if reference == name or reference.partition("/")[0] not in set(StorageKind):
            continue
        if isinstance(value, dict) and (value.get("endpoint"), value.get("user_pool_id")) == (
            endpoint,
            user_pool_id,
        ):
            yield reference, value


def _forget_others(register: Register, record: SessionRecord, kept: str) -> None:
    """Forget the devices of the session's user but the one that is kept under this reference."""
    key = record.key
    others = [
        reference
        for reference, value in _references(register.read(), key.endpoint, key.user_pool_id)
        if reference != kept and value.get("username") == key.username
    ]
    _forget(register, others)


def _forget(register: Register, references: Sequence[str]) -> None:
    for reference in references:
        storage, _, name = reference.partition("/")
        if storage in set(StorageKind):
            open_store(StorageKind(storage), register.environ).remove(name)
    if references:
        register.update(lambda members: [members.pop(f"device:{each}", None) for each in references])


def _device(content: bytes) -> Device | None:
    try:
        members = json.loads(content)
        texts = [members[name] for name in ("key", "group_key", "password")]
        if members["version"] != VERSION or not all(isinstance(text, str) for text in texts):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    key, group_key, password = texts
    return Device(key, group_key, Secret(password))
