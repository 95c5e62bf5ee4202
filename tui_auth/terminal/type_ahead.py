"""Keys typed ahead of a screen change: all are delivered to the next screen, or all are dropped.

Textual forwards a key to the widget that has the focus when the key is read. A key such as Esc takes a few
messages to change the screen; without a hold, the characters behind it go to the screen that is leaving,
while an Enter behind those is taken by the new one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.app import App

HOLD_LIMIT_SECONDS: Final = 2.0
"""The longest time keys are held: an app that never comes to rest must still take keys."""

BURST_GAP_SECONDS: Final = 0.05
"""Keys that follow each other this closely were typed in one go, or by a program."""

_FIELD_KEYS: Final = frozenset({"enter", "backspace", "delete"})


class TypeAhead:
    """Decides when a key or paste of ``app`` is delivered, held for a moment, or dropped.

    The app asks ``takes`` for each key before it acts on it, and calls ``delivered`` afterwards.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[Key | Paste] = deque()
        self._settling: asyncio.Task[None] | None = None
        self._last_dropped: float | None = None

    @property
    def is_holding(self) -> bool:
        """Whether keys are being held until the app has come to rest."""
        return self._settling is not None or bool(self._held)

    def takes(self, event: Key | Paste, *, is_busy: bool) -> bool:
        """Return whether the app should act on this event now.

        ``is_busy`` says that no field takes text, since a request is under way. Text typed then is dropped,
        and so is the rest of the same burst, which may arrive when the next screen is already there.
        """
        if self.is_holding:
            self._held.append(event)
            return False
        if _is_for_a_field(event) and (is_busy or self._continues_dropped_burst(event)):
            self._last_dropped = event.time
            return False
        return True

    def delivered(self, event: Key | Paste) -> None:
        """Hold the keys that follow ``event`` if it may change the screen."""
        if isinstance(event, Key) and not (event.is_printable and isinstance(self._app.focused, Input)):
            self.hold()

    def hold(self) -> None:
        """Hold all keys from now on until the app has come to rest, then deliver them in order."""
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle(), name="type-ahead")

    def _continues_dropped_burst(self, event: Key | Paste) -> bool:
        return self._last_dropped is not None and event.time - self._last_dropped <= BURST_GAP_SECONDS

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HOLD_LIMIT_SECONDS
        before: object = None
        while (left := deadline - loop.time()) > 0:
            pumps = self._pumps()
            await _process_pending(pumps, left)
            now = (self._app.screen_stack[-1:], self._app.focused)
            if now == before and not any(pump.message_queue_size for pump in self._pumps()):
                break
            before = now
        if not self._app.call_later(self._release):
            self._settling = None

    def _pumps(self) -> list[MessagePump]:
        """Everything a key passes on its way to an action: the fields, the screen, the app."""
        stack = self._app.screen_stack
        return [*(stack[-1].query(Input) if stack else ()), *stack[-1:], self._app]

    async def _release(self) -> None:
        self._settling = None
        while self._held and self._settling is None:
            event = self._held.popleft()
            waiting, self._held = self._held, deque()
            await self._app.on_event(event)
            self._held = waiting + self._held


def _is_for_a_field(event: Key | Paste) -> bool:
    return isinstance(event, Paste) or event.is_printable or event.key in _FIELD_KEYS


async def _process_pending(pumps: list[MessagePump], seconds: float) -> None:
    """Wait until each of these has processed the messages it has now, and run what waits for a refresh."""
    pending = len(pumps)
    done = asyncio.Event()

    def count_down() -> None:
        nonlocal pending
        pending -= 1
        if pending <= 0:
            done.set()

    for pump in pumps:
        if not pump.call_after_refresh(count_down):
            count_down()
    try:
        await asyncio.wait_for(done.wait(), seconds)
    except TimeoutError:
        return
