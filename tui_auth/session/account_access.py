"""The account of a session: forgets here what its user deletes at Cognito."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tui_auth.account.account import Account
from tui_auth.session.refresh import open_gateway
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.account.calls import TokenSource
    from tui_auth.auth.trace import CallTrace
    from tui_auth.session.record import SessionKey, SessionRecord
    from tui_auth.session.refresh import OpenGateway
    from tui_auth.session.sessions import Sessions


def open_account(
    record: SessionRecord,
    tokens: TokenSource,
    find_sessions: Callable[[], Sessions],
    connect: OpenGateway | None = None,
    *,
    trace: CallTrace | None = None,
) -> Account:
    """Return the account of a session.

    Args:
        record: The session.
        tokens: Gives its tokens, refreshed if necessary.
        find_sessions: Returns the sessions it is one of by then.
        connect: Opens the gateway to the pool of a session; None for a new connection.
        trace: Where to record calls, by name only.

    After its user deleted the account, all of the user's sessions here are forgotten; after this machine was
    forgotten as a device, so is what is stored of the device.
    """
    return Account(
        tokens,
        (connect or open_gateway)(record),
        trace=trace,
        on_device_forgotten=lambda: find_sessions().forget_device(record),
        on_deleted=lambda: forget_user(find_sessions(), record),
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
