"""SessionSaver: what becomes of a finished sign-in. Its signatures are checked and its session is saved."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tui_auth.storage.lock import PATIENCE_SECONDS
from tui_auth.storage.stores import StorageKind
from tui_auth.threads import SHIELD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.devices import Device
    from tui_auth.auth.next_step import Done
    from tui_auth.session.persistence import SessionPersistence
    from tui_auth.session.sessions import SaveResult

STORE_SECONDS = 4.0
"""Longer than a keyring is given that doesn't answer."""


class SessionSaver:
    """Saves the session of one sign-in.

    Files and the network are waited for: a front end that draws meanwhile calls this on a thread.
    """

    def __init__(self, keeping: SessionPersistence) -> None:
        self.keeping = keeping
        self._checked: list[Done] = []
        self._decision = threading.Lock()
        self._storage: StorageKind | None = None
        self._result: SaveResult | None = None
        self._settled = threading.Event()

    def device(self, username: str) -> Device | None:
        """Return the device remembered for a user."""
        return self.keeping.device(username)

    def check_signatures(self, done: Done) -> None:
        """Check the signatures of the tokens, and remember that they were checked.

        Raises:
            AuthError: The pool didn't sign them.
        """
        if self.keeping.check_signatures(done):
            self._checked.append(done)

    def is_checked(self, done: Done) -> bool:
        """Return whether these tokens' signatures were checked; a canceled attempt's don't count."""
        return any(one is done for one in self._checked)

    def save_where_configured(self, done: Done, signed_in_as: str) -> SaveResult | None:
        """Save the session in the storage that a flag, the profile or an earlier answer selects.

        Returns:
            The result, or None if nothing selects a storage, so that the user must.
        """
        storage = self.keeping.storage
        if storage is None:
            return None
        if self._decide(storage):
            return self._save(done, signed_in_as, storage)
        self._settled.wait(PATIENCE_SECONDS)
        return self._result

    def save_in(self, done: Done, signed_in_as: str, storage: StorageKind) -> SaveResult:
        """Save the session in the storage that the user selected, and remember it for the next sign-in."""
        self._storage = storage
        result = self._save(done, signed_in_as, storage)
        if not result.problem:  # otherwise the user is asked again next time
            self.keeping.remember_storage(storage)
        return result

    def _decide(self, storage: StorageKind) -> bool:
        """Set the storage; False if it is set already, so that the session is saved once."""
        with self._decision:
            is_first = self._storage is None
            self._storage = self._storage or storage
            return is_first

    def _save(self, done: Done, signed_in_as: str, storage: StorageKind) -> SaveResult:
        try:
            self._result = self.keeping.save(
                done, signed_in_as, storage, signature_checked=self.is_checked(done)
            )
            return self._result
        finally:
            self._settled.set()

    def reason_not_saved(self, done: Done, signed_in_as: str, say: Callable[[str], None]) -> str | None:
        """Say, once the screen is closed, why the session isn't saved.

        If the storage is known and the user closed the screen first, the session is saved now. A save under
        way is waited for, as long as another process may be busy with the session; after ``STORE_SECONDS``
        that is reported.

        Returns:
            The reason; None if the session is saved, or the user wanted it saved nowhere.

        Raises:
            KeyboardInterrupt: The user stopped waiting.
        """
        storage = self._storage or self.keeping.storage
        if storage is None:
            return "Nobody chose where."
        if self._decide(storage):
            # On a thread like the other, so that the wait for it is reported too.
            threading.Thread(target=self._save, args=(done, signed_in_as, storage), daemon=True).start()
        if self._storage is StorageKind.NONE:
            return None
        if not self._settled.wait(STORE_SECONDS):
            say("SessionPersistence the session; another tui-auth may be busy with it. ^c leaves without.")
        if not self._settled.wait(PATIENCE_SECONDS) or self._result is None:
            return "The place does not answer."
        if self._result.warning:
            say(self._result.warning)
        return self._result.problem or None

    def finish(self) -> None:
        """Wait a moment for a save under way, once a signal has closed the screen."""
        if self._storage is not None:
            self._settled.wait(SHIELD_SECONDS)
