"""What the App does with a finished sign-in: check its signatures, keep its session, remember the device."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui_auth.auth.errors import AuthError
from tui_auth.screens.wording import NOT_REMEMBERED, REMEMBERED
from tui_auth.session.persistence import SIGNATURES_UNCHECKED
from tui_auth.storage.lock import PATIENCE_SECONDS
from tui_auth.storage.stores import StorageKind, available_storage_kinds
from tui_auth.threads import SHIELD_SECONDS, in_daemon_thread

if TYPE_CHECKING:
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.devices import Device
    from tui_auth.auth.next_step import Done
    from tui_auth.screens.done import DoneScreen
    from tui_auth.session.persistence import SessionPersistence
    from tui_auth.session.sessions import SaveResult

STORE_SECONDS = 4.0
"""Longer than a keyring is given that does not answer."""


class DoneKeeper:
    """One sign-in's way from Done to a kept session. Files and network are left to daemon threads."""

    def __init__(self, keeping: SessionPersistence) -> None:
        self.keeping = keeping
        self._checked: list[Done] = []
        self._decided: StorageKind | None = None
        self._kept: SaveResult | None = None
        self._settled = threading.Event()

    def device(self, username: str) -> Device | None:
        """The device remembered for a user; called on the request's own thread."""
        return self.keeping.device(username)

    def check(self, done: Done) -> None:
        """Check the signatures; called on the request's own thread. Raises AuthError for wrong ones."""
        if self.keeping.check_signatures(done):
            self._checked.append(done)

    def is_checked(self, done: Done) -> bool:
        """Whether these tokens' signatures were looked at: those of a cancelled attempt do not count."""
        return any(one is done for one in self._checked)

    def not_kept_because(self, done: Done, signed_in_as: str, say: Callable[[str], None]) -> str | None:
        """Once the screen is gone: why the session is not kept; None where it is, or was to be kept nowhere.

        Where the place is known and the person was quicker than the screen, it is kept now. A store under
        way is waited for, as long as another process may take that is busy with the session; after
        ``STORE_SECONDS`` that is said. Raises KeyboardInterrupt where somebody finds that too long.
        """
        if self._decided is None and (storage := self.keeping.storage):
            self._decided = storage
            # On a thread like the other, so that the wait for it is told too.
            threading.Thread(target=self._keep_now, args=(done, signed_in_as, storage), daemon=True).start()
        if self._decided is None:
            return "Nobody chose where."
        if self._decided is StorageKind.NONE:
            return None
        if not self._settled.wait(STORE_SECONDS):
            say("Keeping the session; another tui-auth may be busy with it. ^c leaves without.")
        if not self._settled.wait(PATIENCE_SECONDS) or self._kept is None:
            return "The place does not answer."
        if self._kept.warning:
            say(self._kept.warning)
        return self._kept.problem or None

    def finish(self) -> None:
        """Once a signal has ended the screen: let a store under way come to its end, for a while."""
        if self._decided is not None:
            self._settled.wait(SHIELD_SECONDS)

    async def show(self, screen: DoneScreen, signed_in_as: str) -> None:
        """Keep the session where it was decided before, or ask."""
        if not self.is_checked(screen.step):
            screen.notice = SIGNATURES_UNCHECKED
        storage = await in_daemon_thread(lambda: self.keeping.storage)
        if storage is None:
            screen.ask_for_storage(available_storage_kinds())
        else:
            await self.keep(screen, signed_in_as, storage)

    async def chosen(self, screen: DoneScreen, signed_in_as: str, storage: StorageKind) -> None:
        """The person chose a place: keep the session there, and the next ones too."""
        await self.keep(screen, signed_in_as, storage)
        if self._kept is not None and not self._kept.problem:  # else the question comes again
            await in_daemon_thread(partial(self.keeping.remember_storage, storage))

    async def keep(self, screen: DoneScreen, signed_in_as: str, storage: StorageKind) -> None:
        """Keep the session, and say on the screen what became of it."""
        self._decided = storage
        kept = await in_daemon_thread(partial(self._keep_now, screen.step, signed_in_as, storage))
        screen.show_storage(kept.location, kept.problem, kept.warning)

    def _keep_now(self, done: Done, signed_in_as: str, storage: StorageKind) -> SaveResult:
        checked = self.is_checked(done)
        try:
            self._kept = self.keeping.save(done, signed_in_as, storage, signature_checked=checked)
            return self._kept
        finally:
            self._settled.set()


async def remember_device(screen: DoneScreen, auth: Auth) -> None:
    """Tell the pool that this machine is the person's (UpdateDeviceStatus)."""
    remember: Callable[[], None] = partial(auth.remember_device, screen.step)
    try:
        await in_daemon_thread(remember)
    except AuthError as error:
        screen.notice = f"{NOT_REMEMBERED} {error.message}"
    else:
        screen.notice = REMEMBERED
