"""Where a session can be kept: in a file, until log-out, in the system's keyring, or nowhere."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from tui_auth.config import places
from tui_auth.session.errors import StorageError
from tui_auth.session.private_files import PrivateFolder


class StorageKind(StrEnum):
    """Where sessions are kept, as ``--storage`` names it."""

    FILE = "file"
    SESSION = "session"
    KEYRING = "keyring"
    NONE = "none"


class Store(Protocol):
    """Keeps small texts by name. Every method raises StorageError where it cannot."""

    kind: StorageKind
    locks: PrivateFolder
    """The folder whose locks guard what is stored here."""

    def read(self, name: str) -> bytes | None:
        """What is kept under the name; None where nothing is."""

    def write(self, name: str, content: bytes) -> None:
        """Keep this in place of what was kept under the name."""

    def try_out(self, name: str) -> None:
        """Find out whether ``write`` would work, and change nothing."""

    def remove(self, name: str) -> bool:
        """Forget what is kept under the name; whether anything was."""

    def where(self, name: str) -> str:
        """The place, for a person."""

    def mend(self, name: str) -> str:
        """The command that removes what is kept under the name."""


class FileStore:
    """Files of the user alone."""

    def __init__(self, folder: PrivateFolder, kind: StorageKind = StorageKind.FILE) -> None:
        self.kind = kind
        self.locks = self._folder = folder

    def read(self, name: str) -> bytes | None:
        return self._folder.read(f"{name}.json")

    def write(self, name: str, content: bytes) -> None:
        self._folder.write(f"{name}.json", content)

    def try_out(self, name: str) -> None:
        self._folder.try_out(f"{name}.json")

    def remove(self, name: str) -> bool:
        return self._folder.remove(f"{name}.json")

    def where(self, name: str) -> str:
        return f"{self._folder.path}/{name}.json"

    def mend(self, name: str) -> str:
        return f"rm {shlex.quote(self.where(name))}"


def store_of(kind: StorageKind, environ: Mapping[str, str] = os.environ) -> Store:
    """The store of a kind; StorageKind.NONE has none. Raises StorageError where this machine has no such."""
    match kind:
        case StorageKind.FILE:
            return FileStore(PrivateFolder(places.state_folder(environ)))
        case StorageKind.SESSION:
            folder = places.runtime_folder(environ)
            if folder is None:
                raise StorageError(
                    "This machine has no place that ends with the log-in: XDG_RUNTIME_DIR is not set. "
                    "Use --storage file."
                )
            below = os.path.dirname(folder)  # noqa: PTH120 - a text, not a path
            return FileStore(PrivateFolder(folder, below=below), kind)
        case StorageKind.KEYRING:
            from tui_auth.session.keyring_store import KeyringStore

            return KeyringStore(PrivateFolder(places.state_folder(environ)))
        case StorageKind.NONE:
            raise StorageError("This session is kept nowhere.")
