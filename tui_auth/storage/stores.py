"""Where a session can be stored: in a file, until log-out, in the system's keyring, or nowhere."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from tui_auth.storage import paths
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.lock import PATIENCE_SECONDS, locked_if_possible
from tui_auth.threads import DeadlineError, run_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tui_auth.storage.lock import HeldLock

KEYRING_SERVICE = "tui-auth"
KEYRING_TIMEOUT_SECONDS = 3.0
"""For a keyring that waits for a window nobody sees, or for a bus that isn't there."""

T = TypeVar("T")


class UnknownOutcomeError(StorageError):
    """It isn't known whether something was stored."""


class StorageKind(StrEnum):
    """A kind of storage, by its name for ``--storage``."""

    FILE = "file"
    SESSION = "session"
    KEYRING = "keyring"
    NONE = "none"


STORAGE_LABELS = {
    StorageKind.SESSION: "Until I log out of this computer",
    StorageKind.FILE: "In a private file",
    StorageKind.KEYRING: "In the keyring",
    StorageKind.NONE: "Nowhere",
}
NOT_STORED = "The session couldn't be stored."


class Store:
    """Stores small contents by name, in private files. Every method raises StorageError if it fails.

    ``locks`` is the folder whose locks guard what is stored here.
    """

    def __init__(self, folder: PrivateFolder, kind: StorageKind = StorageKind.FILE) -> None:
        self.kind = kind
        self.locks = folder

    def read(self, name: str) -> bytes | None:
        """Return what is stored under the name, or None."""
        return self.locks.read(f"{name}.json")

    def has(self, name: str) -> bool:
        """Return whether anything is stored under the name."""
        return f"{name}.json" in self.locks.names()

    def write(self, name: str, content: bytes) -> None:
        """Replace what is stored under the name."""
        self.locks.write(f"{name}.json", content)

    def remove(self, name: str) -> bool:
        """Remove what is stored under the name. Return whether anything was."""
        return self.locks.remove(f"{name}.json")

    @contextmanager
    def locked(
        self, name: str, *, patience: float = PATIENCE_SECONDS, even_if_busy: bool = False
    ) -> Iterator[HeldLock | None]:
        """Hold the lock of a name, or none if the file system has none: see ``locked_if_possible``."""
        with locked_if_possible(self.locks, name, patience=patience, even_if_busy=even_if_busy) as lock:
            yield lock

    def location(self, name: str) -> str:
        """Return where that is, for the user."""
        return f"{self.locks.path}/{name}.json"

    def repair_hint(self, name: str) -> str:
        """Return the command that removes what is stored under the name."""
        return f"rm {shlex.quote(self.location(name))}"


class MemoryStore(Store):
    """Stores contents in this process only, for a session that isn't stored. Thread-safe.

    A process forked from it has a copy.
    """

    def __init__(self) -> None:
        super().__init__(PrivateFolder(os.devnull), StorageKind.NONE)
        self._contents: dict[str, bytes] = {}
        self._owner, self._lock = os.getpid(), RLock()

    def read(self, name: str) -> bytes | None:
        return self._contents.get(name)

    def has(self, name: str) -> bool:
        return name in self._contents

    def write(self, name: str, content: bytes) -> None:
        self._contents[name] = content

    def remove(self, name: str) -> bool:
        return self._contents.pop(name, None) is not None

    @contextmanager
    def locked(
        self, name: str, *, patience: float = PATIENCE_SECONDS, even_if_busy: bool = False
    ) -> Iterator[HeldLock | None]:
        if self._owner != os.getpid():  # a thread of the process before the fork may hold the lock for ever
            self._owner, self._lock = os.getpid(), RLock()
        with self._lock:
            yield None

    def location(self, name: str) -> str:
        return "the memory of this process"

    def repair_hint(self, name: str) -> str:
        return "sign in again"


class KeyringStore(Store):
    """Stores contents in the system's keyring, through the ``keyring`` package, which is an extra.

    Entries belong to the service ``tui-auth``. The folder for locks holds no token.
    """

    def __init__(self, locks: PrivateFolder) -> None:
        super().__init__(locks, StorageKind.KEYRING)

    def read(self, name: str) -> bytes | None:
        text = _call_keyring(lambda keyring: keyring.get_password(KEYRING_SERVICE, name))
        return text.encode() if isinstance(text, str) else None

    def has(self, name: str) -> bool:
        return self.read(name) is not None

    def write(self, name: str, content: bytes) -> None:
        text = content.decode()

        def put(keyring: Any) -> bool:
            keyring.set_password(KEYRING_SERVICE, name, text)
            # One of keyring's own backends accepts everything and stores nothing.
            return bool(keyring.get_password(KEYRING_SERVICE, name) == text)

        try:
            is_stored = _call_keyring(put)
        except _NoAnswerError:
            raise UnknownOutcomeError(
                "The keyring didn't respond, so the session may be stored there. `tui-auth sign-out` "
                "removes it."
            ) from None
        if not is_stored:
            raise StorageError("The keyring accepted the session but didn't store it. Use a file instead.")

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


class _NoAnswerError(StorageError):
    """The keyring hasn't answered in time."""


def open_store(kind: StorageKind, environ: Mapping[str, str] = os.environ) -> Store:
    """Return the store of a kind. Raises StorageError if this machine has none, and for NONE."""
    match kind:
        case StorageKind.FILE:
            return Store(PrivateFolder(paths.state_folder(environ)))
        case StorageKind.SESSION:
            folder = paths.runtime_folder(environ)
            if folder is None:
                raise StorageError(
                    "This computer has no storage that ends when you log out: XDG_RUNTIME_DIR isn't "
                    "set. Use a file instead."
                )
            below = os.path.dirname(folder)  # noqa: PTH120 - a text, not a path
            return Store(PrivateFolder(folder, below=below), kind)
        case StorageKind.KEYRING:
            return KeyringStore(PrivateFolder(paths.state_folder(environ)))
        case StorageKind.NONE:
            raise StorageError("This session isn't stored.")


def available_storage_kinds(environ: Mapping[str, str] = os.environ) -> tuple[StorageKind, ...]:
    """Return what the user can choose on this machine; not each has a log-in folder or a keyring.

    May take as long as the keyring's timeout.
    """
    exists = {
        StorageKind.SESSION: paths.runtime_folder(environ) is not None,
        StorageKind.KEYRING: _has_keyring(),
    }
    return tuple(kind for kind in STORAGE_LABELS if exists.get(kind, True))


def _has_keyring() -> bool:
    """Return whether the keyring package is installed and has found a keyring of the system."""
    if find_spec("keyring") is None:
        return False
    try:
        return _call_keyring(lambda keyring: bool(keyring.get_keyring().priority > 0))
    except StorageError:
        return False


def _call_keyring(call: Callable[[Any], T]) -> T:
    """Return the result of a call with the keyring module. Raises StorageError, also after the timeout."""
    try:
        return run_with_timeout(KEYRING_TIMEOUT_SECONDS, lambda: call(import_module("keyring")))
    except DeadlineError:
        raise _NoAnswerError("The keyring doesn't respond. Unlock it, or use a file instead.") from None
    except ModuleNotFoundError:
        raise StorageError("The keyring needs an extra: pip install 'tui-auth[keyring]'.") from None
    except Exception as error:
        # Its own text may hold what it was given.
        raise StorageError(f"The keyring failed ({type(error).__name__}). Use a file instead.") from None
