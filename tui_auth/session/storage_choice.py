"""The places this machine offers for a session, in a person's words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec

from tui_auth.config import places
from tui_auth.session.stores import StorageKind

WORDS = {
    StorageKind.SESSION: "Until I log out of this machine",
    StorageKind.FILE: "In a private file",
    StorageKind.KEYRING: "In the keyring",
    StorageKind.NONE: "Nowhere",
}


def kinds_here(environ: Mapping[str, str] = os.environ) -> tuple[StorageKind, ...]:
    """What can be chosen here: a log-in's own folder and a keyring are not everywhere."""
    missing = set()
    if places.runtime_folder(environ) is None:
        missing.add(StorageKind.SESSION)
    if find_spec("keyring") is None:
        missing.add(StorageKind.KEYRING)
    return tuple(kind for kind in WORDS if kind not in missing)
