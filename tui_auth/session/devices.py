"""Remembered devices: this machine as a pool knows it, stored beside the sessions and beyond their end.

A device belongs to a user of a pool. Its key goes with every refresh, its password proves it at the next
sign-in (DEVICE_SRP_AUTH), which then needs no second factor.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tui_auth.auth.devices import Device
from tui_auth.secret import Secret
from tui_auth.storage.flat_json import dumps, text_of
from tui_auth.storage.stores import StorageKind, Store, open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui_auth.session.index import IndexFile, SessionIndex
    from tui_auth.session.record import SessionRecord

VERSION = 1

MOST_DEVICES = 100
"""How many are stored, for the same reason as ``sessions.MOST_SESSIONS``."""


def find_device(
    index: SessionIndex, endpoint: str, user_pool_id: str, username: str, environ: Mapping[str, str]
) -> Device | None:
    """Return the device stored for a user, by Cognito's name or the name as typed; None if there is none.

    Raises StorageError if it can't be read.
    """
    for reference, owner in index.devices(endpoint, user_pool_id):
        if username in (owner.get("username"), owner.get("signed_in_as")):
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
        outdated = _other_devices(index, record, "")
    else:
        device = record.device
        members = {
            "version": VERSION,
            "key": device.key,
            "group_key": device.group_key,
            "password": device.password.reveal(),
        }
        store.write(name, dumps(members))
        owner = {
            "endpoint": key.endpoint,
            "user_pool_id": key.user_pool_id,
            "username": key.username,
            "signed_in_as": record.origin.signed_in_as,
        }

        def add(index: SessionIndex) -> None:
            outdated[:] = index.add_device(reference, owner, MOST_DEVICES)
            outdated.extend(_other_devices(index, record, reference))

        index = file.update(add)
    return _forget(file, index, outdated, environ)


def _other_devices(index: SessionIndex, record: SessionRecord, reference: str) -> list[str]:
    """Return the references of the user's devices other than this one."""
    key = record.key
    return [
        other
        for other, owner in index.devices(key.endpoint, key.user_pool_id)
        if other != reference and owner.get("username") == key.username
    ]


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
        if members["version"] != VERSION:
            return None
        password = Secret(text_of(members["password"]))
        return Device(text_of(members["key"]), text_of(members["group_key"]), password)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
