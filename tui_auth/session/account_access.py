"""The account of a stored session: gives ``tui_auth.account`` its tokens, and forgets what has ended here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Literal

from tui_auth.account.account import Account
from tui_auth.session.refresh import OpenGateway, ensure_fresh, open_gateway
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.account.calls import TokenSource
    from tui_auth.auth.trace import CallTrace
    from tui_auth.session.record import SessionKey, SessionRecord
    from tui_auth.session.sessions import Sessions, StoredSession


class StoredTokens:
    """The tokens of a stored session: the ``TokenSource`` of an account. Thread-safe."""

    def __init__(
        self, sessions: Sessions, stored: StoredSession, open_gateway: OpenGateway = open_gateway
    ) -> None:
        self._sessions = sessions
        self._stored = stored
        self._open_gateway = open_gateway
        self._lock = Lock()

    @property
    def record(self) -> SessionRecord:
        """The session with its newest tokens."""
        return self._stored.record

    def token(
        self,
        kind: Literal["access", "id"] = "access",
        *,
        min_ttl: float | None = None,
        rejected: str | None = None,
    ) -> str:
        """Return a valid token; see ``TokenSource.token``."""
        with self._lock:
            known = self._stored.record.token(kind).reveal()
            self._refresh(kind, min_ttl, force=rejected is not None and rejected == known)
            return self._stored.record.token(kind).reveal()

    def refresh(self) -> None:
        """Replace the tokens."""
        with self._lock:
            self._refresh("access", None, force=True)

    def _refresh(self, kind: str, min_ttl: float | None, *, force: bool) -> None:
        result = ensure_fresh(
            self._sessions,
            self._stored,
            kind=kind,
            min_ttl=min_ttl,
            force=force,
            gateway=self._open_gateway,
        )
        self._stored = replace(self._stored, record=result.record)


def open_account(
    sessions: Sessions,
    stored: StoredSession,
    *,
    tokens: TokenSource | None = None,
    trace: CallTrace | None = None,
    open_gateway: OpenGateway = open_gateway,
    find_sessions: Callable[[], Sessions] | None = None,
) -> Account:
    """Return the account of a session.

    Args:
        sessions: The sessions it is one of.
        stored: The session.
        tokens: Gives its tokens; by default the stored ones, refreshed if necessary.
        trace: Where to record calls, by name only.
        open_gateway: Opens the gateway to the pool of a session.
        find_sessions: Returns the sessions it is one of by then, if it may be stored meanwhile.

    After its user deleted the account, all of the user's sessions here are forgotten; after this machine was
    forgotten as a device, so is what is stored of the device.
    """
    record, current = stored.record, find_sessions or (lambda: sessions)
    return Account(
        tokens or StoredTokens(sessions, stored, open_gateway),
        open_gateway(record),
        trace=trace,
        on_device_forgotten=lambda: current().forget_device(record),
        on_deleted=lambda: forget_user(current(), record),
    )


def forget_user(sessions: Sessions, record: SessionRecord) -> None:
    """Forget every session of a user on this machine, and the remembered device.

    Raises:
        StorageError: One of them couldn't be forgotten; the others are.
    """
    sessions.reload()
    problem: StorageError | None = None
    with suppress(StorageError):
        sessions.forget_device(record)
    with suppress(StorageError):  # reported below, unless it is in memory, where nothing fails
        sessions.forget(record)
    key = record.key
    owner = (key.endpoint, key.user_pool_id, key.username)
    entries = [entry for entry in sessions.entries() if owner == _owner(entry.key)]
    for entry in entries:
        try:
            other = sessions.read(entry)
            if other is not None:
                sessions.forget(other)
        except StorageError as error:
            problem = error
    if problem is not None:
        raise problem


def _owner(key: SessionKey) -> tuple[str, str, str]:
    return key.endpoint, key.user_pool_id, key.username
