"""A session that isn't stored: it lives in this process, between a sign-in and ``Session.save``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.config.files import ConfigurationError
from tui_auth.session import NotSignedInError
from tui_auth.session.sessions import Sessions, StoredSession, read_record, remove_session
from tui_auth.storage.files import StorageError
from tui_auth.storage.stores import NOT_STORED, MemoryStore, StorageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.app_client import AppClient
    from tui_auth.auth.gateway import Gateway
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.session.index import SessionEntry, SessionIndex
    from tui_auth.session.record import SessionRecord


class UnsavedSession(Sessions):
    """One session in memory, refreshed and ended by the code for stored ones, but in no file.

    Args:
        record: The session.
        client: The app client of the sign-in, with its secret.
        gateway: The connection of the sign-in.
        pool: The settings of the pool, as far as the sign-in knows them.
    """

    def __init__(
        self, record: SessionRecord, client: AppClient, gateway: Gateway, pool: ResolvedPool | None = None
    ) -> None:
        super().__init__()
        self.pool = pool
        self._memory = MemoryStore()
        self._name = record.key.file_name
        self._client = client
        self._gateway = gateway
        self._settings = record.sign_in_settings
        self._memory.write(self._name, record.to_json())

    def gateway(self, _: SessionRecord) -> Gateway:
        """Return the connection of the sign-in."""
        return self._gateway

    def app_client(self, _: SessionRecord) -> AppClient:
        """Return the app client of the sign-in."""
        return self._client

    def current(self) -> StoredSession:
        """Return the session. Raises NotSignedInError if it has ended."""
        record = read_record(self._memory, self._name)
        if record is None:
            raise NotSignedInError("Not signed in: the session has ended.", self._settings)
        return StoredSession(record, self._memory)

    def save_to(
        self,
        sessions: Sessions,
        storage: StorageKind,
        profile: str | None,
        on_stored: Callable[[SessionRecord], object],
    ) -> None:
        """Store the session, which then leaves the memory. Nothing refreshes it meanwhile.

        Args:
            sessions: The stored sessions.
            storage: Where to store it.
            profile: The profile it belongs to; None for that of the sign-in.
            on_stored: Called with the session once it is stored, before it leaves the memory.

        Raises:
            ConfigurationError: Nobody could refresh the stored session.
            NotSignedInError: It has ended.
            StorageError: It couldn't be stored, or it isn't known whether it is.
        """
        from dataclasses import replace

        with self._memory.locked(self._name):
            record = self.current().record
            if self._client.client_secret and not record.origin.client_secret_file:
                raise ConfigurationError(
                    "A stored session reads the client secret from a file when it is refreshed. Sign in with "
                    "Auth.from_profile and a profile that has client_secret_file."
                )
            if profile is not None:
                record = replace(record, origin=replace(record.origin, profile=profile))
            result = sessions.save_record(record, storage)
            if result.problem:
                raise StorageError(NOT_STORED, result.problem)
            on_stored(record)
            remove_session(self._memory, self._name)
        if result.unknown:
            raise StorageError(result.unknown)

    def entries(self) -> list[SessionEntry]:
        """Return nothing: the sessions of the same user that are stored end on their own."""
        return []

    def forget(self, record: SessionRecord) -> bool:
        self._records.clear()
        return remove_session(self._memory, self._name)

    def _update_index(self, change: Callable[[SessionIndex], object], *, patience: float = 10) -> None:
        """Do nothing: the index has only what is stored."""
