"""Keys typed ahead of a screen change: all are delivered to the next screen, or all are dropped.

Textual forwards a key to the widget that has the focus when the key is read. A key such as Esc takes a few
messages to change the screen; without a hold, the characters behind it go to the screen that is leaving,
while an Enter behind those is taken by the new one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.app import App

HOLD_LIMIT_SECONDS: Final = 4.0
"""The longest time keys are held: an app that is never idle must still take keys."""

_CHECK_SECONDS: Final = 0.03
"""How often to look whether a widget that is waited for has closed."""

BURST_GAP_SECONDS: Final = 0.05
"""Keys that follow each other this closely were typed in one go, or by a program."""

_FIELD_KEYS: Final = frozenset({"enter", "backspace", "delete"})


class TypeAhead:
    """Decides when a key or paste of ``app`` is delivered, held for a moment, or dropped.

    The app asks ``should_deliver`` before it acts on a key, and calls ``after_delivery`` afterwards.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[Key | Paste] = deque()
        self._settling: asyncio.Task[None] | None = None
        self._last_dropped: float | None = None

    @property
    def is_holding(self) -> bool:
        """Whether keys are being held until the app is idle."""
        return self._settling is not None or bool(self._held)

    def should_deliver(self, event: Key | Paste, *, is_busy: bool) -> bool:
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

    def after_delivery(self, event: Key | Paste) -> None:
        """Hold the keys that follow ``event`` if it may change the screen."""
        if isinstance(event, Key) and not (event.is_printable and isinstance(self._app.focused, Input)):
            self.hold()

    def hold(self) -> None:
        """Hold all keys from now on until the app is idle, then deliver them in order."""
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle(), name="type-ahead")

    def _continues_dropped_burst(self, event: Key | Paste) -> bool:
        return self._last_dropped is not None and event.time - self._last_dropped <= BURST_GAP_SECONDS

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HOLD_LIMIT_SECONDS
        before: object = None
        try:
            while loop.time() < deadline:
                is_done = await _process_pending(self._pumps(), deadline)
                now = self._screen_and_focus() if is_done else None
                if now is not None and now == before and not self._is_message_waiting():
                    break
                before = now
        finally:
            if not self._app.call_later(self._release):  # the app has ended
                self._settling = None
                self._held.clear()

    def _screen_and_focus(self) -> tuple[object, object]:
        stack = self._app.screen_stack
        return (stack[-1], stack[-1].focused) if stack else (None, None)

    def _pumps(self) -> list[MessagePump]:
        """Everything a key passes on its way to an action: the fields, the screen, the app."""
        stack = self._app.screen_stack
        return [*(stack[-1].query(Input) if stack else ()), *stack[-1:], self._app]

    def _is_message_waiting(self) -> bool:
        return any(pump.message_queue_size for pump in self._pumps())

    async def _release(self) -> None:
        self._settling = None
        while self._held and self._settling is None:
            event = self._held.popleft()
            later, self._held = self._held, deque()  # else the app would hold this event again
            try:
                await self._app.on_event(event)
            finally:
                self._held = later + self._held


def _is_for_a_field(event: Key | Paste) -> bool:
    return isinstance(event, Paste) or event.is_printable or event.key in _FIELD_KEYS


async def _process_pending(pumps: list[MessagePump], deadline: float) -> bool:
    """Wait until each of these has processed its messages and what waits for a refresh.

    Returns False if ``deadline`` (on the event loop's clock) comes first, or if one of them closes, which
    then runs nothing that still waits.
    """
    loop = asyncio.get_running_loop()
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
    while loop.time() < deadline:
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), _CHECK_SECONDS)
            return True
        if not all(pump.is_running for pump in pumps):
            return False
    return False
