"""Where a session can be stored: in a file, until log-out, in the system's keyring, or nowhere."""

from __future__ import annotations

import os
import shlex
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.threads import DeadlineError, run_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEYRING_SERVICE = "tui-auth"
KEYRING_TIMEOUT_SECONDS = 3.0
"""For a keyring that waits for a window nobody sees, or for a bus that isn't there."""

T = TypeVar("T")


class StorageKind(StrEnum):
    """A kind of storage, by its name for ``--storage``."""

    FILE = "file"
    SESSION = "session"
    KEYRING = "keyring"
    NONE = "none"


STORAGE_LABELS = {
    StorageKind.SESSION: "Until I log out of this machine",
    StorageKind.FILE: "In a private file",
    StorageKind.KEYRING: "In the keyring",
    StorageKind.NONE: "Nowhere",
}


class Store(Protocol):
    """Stores small contents by name. Every method raises StorageError if it fails."""

    kind: StorageKind
    locks: PrivateFolder
    """The folder whose locks guard what is stored here."""

    def read(self, name: str) -> bytes | None:
        """Return what is stored under the name, or None."""

    def write(self, name: str, content: bytes) -> None:
        """Replace what is stored under the name."""

    def check_writable(self, name: str) -> None:
        """Check that ``write`` would work, and change nothing."""

    def remove(self, name: str) -> bool:
        """Remove what is stored under the name. Return whether anything was."""

    def location(self, name: str) -> str:
        """Return where that is, for the user."""

    def repair_hint(self, name: str) -> str:
        """Return the command that removes what is stored under the name."""


class FileStore:
    """Stores contents in private files."""

    def __init__(self, folder: PrivateFolder, kind: StorageKind = StorageKind.FILE) -> None:
        self.kind = kind
        self.locks = self._folder = folder

    def read(self, name: str) -> bytes | None:
        return self._folder.read(f"{name}.json")

    def write(self, name: str, content: bytes) -> None:
        self._folder.write(f"{name}.json", content)

    def check_writable(self, name: str) -> None:
        self._folder.check_writable(f"{name}.json")

    def remove(self, name: str) -> bool:
        return self._folder.remove(f"{name}.json")

    def location(self, name: str) -> str:
        return f"{self._folder.path}/{name}.json"

    def repair_hint(self, name: str) -> str:
        return f"rm {shlex.quote(self.location(name))}"


class KeyringStore:
    """Stores contents in the system's keyring, through the ``keyring`` package, which is an extra.

    Entries belong to the service ``tui-auth``. ``locks`` is a folder for locks; it holds no token.
    """

    kind = StorageKind.KEYRING

    def __init__(self, locks: PrivateFolder) -> None:
        self.locks = locks

    def read(self, name: str) -> bytes | None:
        text = _call_keyring(lambda keyring: keyring.get_password(KEYRING_SERVICE, name))
        return text.encode() if isinstance(text, str) else None

    def write(self, name: str, content: bytes) -> None:
        text = content.decode()

        def put(keyring: Any) -> bool:
            keyring.set_password(KEYRING_SERVICE, name, text)
            # One of keyring's own backends accepts everything and stores nothing.
            return bool(keyring.get_password(KEYRING_SERVICE, name) == text)

        if not _call_keyring(put):
            raise StorageError("The keyring accepted the session but did not store it. Use --storage file.")

    def check_writable(self, name: str) -> None:
        def round_trip(keyring: Any) -> bool:
            keyring.set_password(KEYRING_SERVICE, f"{name}.trial", "trial")
            is_stored = keyring.get_password(KEYRING_SERVICE, f"{name}.trial") == "trial"
            keyring.delete_password(KEYRING_SERVICE, f"{name}.trial")
            return bool(is_stored)

        if not _call_keyring(round_trip):
            raise StorageError("The keyring stores nothing. Use --storage file.")

    def remove(self, name: str) -> bool:
        def delete(keyring: Any) -> bool:
            if keyring.get_password(KEYRING_SERVICE, name) is None:
                return False
            keyring.delete_password(KEYRING_SERVICE, name)
            return True

        return _call_keyring(delete)

    def location(self, name: str) -> str:
        return "the system's keyring"

    def repair_hint(self, name: str) -> str:
        return f"keyring del {KEYRING_SERVICE} {name}"


def open_store(kind: StorageKind, environ: Mapping[str, str] = os.environ) -> Store:
    """Return the store of a kind. Raises StorageError if this machine has none, and for NONE."""
    match kind:
        case StorageKind.FILE:
            return FileStore(PrivateFolder(paths.state_folder(environ)))
        case StorageKind.SESSION:
            folder = paths.runtime_folder(environ)
            if folder is None:
                raise StorageError(
                    "This machine has no storage that ends at log-out: XDG_RUNTIME_DIR is not set. "
                    "Use --storage file."
                )
            below = os.path.dirname(folder)  # noqa: PTH120 - a text, not a path
            return FileStore(PrivateFolder(folder, below=below), kind)
        case StorageKind.KEYRING:
            return KeyringStore(PrivateFolder(paths.state_folder(environ)))
        case StorageKind.NONE:
            raise StorageError("This session isn't stored.")


def available_storage_kinds(environ: Mapping[str, str] = os.environ) -> tuple[StorageKind, ...]:
    """Return what the user can choose on this machine; not each has a log-in folder or a keyring."""
    missing = set()
    if paths.runtime_folder(environ) is None:
        missing.add(StorageKind.SESSION)
    if find_spec("keyring") is None:
        missing.add(StorageKind.KEYRING)
    return tuple(kind for kind in STORAGE_LABELS if kind not in missing)


def _call_keyring(call: Callable[[Any], T]) -> T:
    """Return the result of a call with the keyring module. Raises StorageError, also after the timeout."""
    try:
        return run_with_timeout(KEYRING_TIMEOUT_SECONDS, lambda: call(import_module("keyring")))
    except DeadlineError:
        raise StorageError("The keyring does not answer. Unlock it, or use --storage file.") from None
    except ModuleNotFoundError:
        raise StorageError("For the keyring install the extra: pip install 'tui-auth[keyring]'.") from None
    except Exception as error:
        # Its own text may hold what it was given.
        raise StorageError(f"The keyring failed ({type(error).__name__}). Use --storage file.") from None
