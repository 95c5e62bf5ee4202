"""Sessions in the system's keyring, through the ``keyring`` package where that is installed (an extra)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from tui_auth.session.errors import StorageError
from tui_auth.session.private_files import PrivateFolder
from tui_auth.session.stores import StorageKind

SERVICE = "tui-auth"
PATIENCE_SECONDS = 3.0
"""A keyring that waits for a window nobody sees, or for a bus that is not there, is given up after this."""

T = TypeVar("T")


class KeyringStore:
    """Entries of the service ``tui-auth``. ``locks`` is a folder for locks; no token lies in it."""

    kind = StorageKind.KEYRING

    def __init__(self, locks: PrivateFolder) -> None:
        self.locks = locks

    def read(self, name: str) -> bytes | None:
        text = _ask(lambda keyring: keyring.get_password(SERVICE, name))
        return text.encode() if isinstance(text, str) else None

    def write(self, name: str, content: bytes) -> None:
        text = content.decode()

        def put(keyring: Any) -> bool:
            keyring.set_password(SERVICE, name, text)
            # One of keyring's own backends takes everything and keeps nothing.
            return bool(keyring.get_password(SERVICE, name) == text)

        if not _ask(put):
            raise StorageError("The keyring took the session and did not keep it. Use --storage file.")

    def try_out(self, name: str) -> None:
        def round_trip(keyring: Any) -> bool:
            keyring.set_password(SERVICE, f"{name}.trial", "trial")
            kept = keyring.get_password(SERVICE, f"{name}.trial") == "trial"
            keyring.delete_password(SERVICE, f"{name}.trial")
            return bool(kept)

        if not _ask(round_trip):
            raise StorageError("The keyring keeps nothing. Use --storage file.")

    def remove(self, name: str) -> bool:
        def delete(keyring: Any) -> bool:
            if keyring.get_password(SERVICE, name) is None:
                return False
            keyring.delete_password(SERVICE, name)
            return True

        return _ask(delete)

    def where(self, name: str) -> str:
        return "the system's keyring"

    def mend(self, name: str) -> str:
        return f"keyring del {SERVICE} {name}"


def _ask(question: Callable[[Any], T]) -> T:
    """Put a question to the keyring on a thread of its own. Raises StorageError, also after three seconds."""
    answers: list[T] = []
    failures: list[Exception] = []

    def work() -> None:
        try:
            answers.append(question(import_module("keyring")))
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True, name="keyring")
    thread.start()
    thread.join(PATIENCE_SECONDS)
    if answers:
        return answers[0]
    if not failures:
        raise StorageError("The keyring does not answer. Unlock it, or use --storage file.")
    if isinstance(failures[0], ModuleNotFoundError):
        raise StorageError("For the keyring install the extra: pip install 'tui-auth[keyring]'.")
    # Its own text may hold what it was given.
    raise StorageError(f"The keyring refuses ({type(failures[0]).__name__}). Use --storage file.")
