"""What the App does with a finished sign-in: check its signatures, keep its session, remember the device."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tui_auth.auth.errors import AuthError
from tui_auth.daemon_thread import in_daemon_thread
from tui_auth.screens.wording import NOT_REMEMBERED, REMEMBERED
from tui_auth.session.storage_choice import kinds_here
from tui_auth.session.stores import StorageKind

if TYPE_CHECKING:
    from tui_auth.auth.auth import Auth
    from tui_auth.auth.device import Device
    from tui_auth.auth.next_step import Done
    from tui_auth.screens.done import DoneScreen
    from tui_auth.session.keeping import Keeping

UNCHECKED = "The pool's keys could not be fetched, so the tokens' signatures were not checked."


class DoneKeeper:
    """One sign-in's way from Done to a kept session. Files and network are left to daemon threads."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self.checked = False
        """Whether the signatures were looked at, once there is a Done."""

    def device(self, username: str) -> Device | None:
        """The device remembered for a user; called on the request's own thread."""
        return self._keeping.device(username)

    def check(self, done: Done) -> None:
        """Check the signatures; called on the request's own thread. Raises AuthError for wrong ones."""
        self.checked = self._keeping.signatures_hold(done)

    async def show(self, screen: DoneScreen, signed_in_as: str) -> None:
        """Keep the session where it was decided before, or ask."""
        if not self.checked:
            screen.notice = UNCHECKED
        storage = await in_daemon_thread(lambda: self._keeping.storage)
        if storage is None:
            screen.ask_where(kinds_here())
        else:
            await self.keep(screen, signed_in_as, storage)

    async def chosen(self, screen: DoneScreen, signed_in_as: str, storage: StorageKind) -> None:
        """The person chose a place: keep the session there, and the next ones too."""
        await in_daemon_thread(partial(self._keeping.remember, storage))
        await self.keep(screen, signed_in_as, storage)

    async def keep(self, screen: DoneScreen, signed_in_as: str, storage: StorageKind) -> None:
        """Keep the session, and say on the screen what became of it."""
        keep = partial(self._keeping.keep, screen.step, signed_in_as, storage, signature_checked=self.checked)
        kept = await in_daemon_thread(keep)
        is_kept = storage is not StorageKind.NONE and not kept.problem
        screen.kept(kept.where if is_kept else "", kept.problem)


async def remember_device(screen: DoneScreen, auth: Auth) -> None:
    """Tell the pool that this machine is the person's (UpdateDeviceStatus)."""
    remember: Callable[[], None] = partial(auth.remember_device, screen.step)
    try:
        await in_daemon_thread(remember)
    except AuthError as error:
        screen.notice = f"{NOT_REMEMBERED} {error.message}"
    else:
        screen.notice = REMEMBERED
