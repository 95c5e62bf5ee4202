"""Keys typed ahead of a screen change: the next screen gets all of them, or none.

Textual forwards a key to the widget that has the focus when the key is read. A key such as Esc takes a few
messages to change the screen. Without a hold, the characters behind it go to the old screen, but an Enter
behind those goes to the new one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from textual.events import Key, Paste
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

HOLD_LIMIT_SECONDS: Final = 4.0
"""The longest time keys are held: an app that is never idle must still take keys."""

PAUSE_SECONDS: Final = 1.0
"""After a pause this long, the user has seen the screen and starts a new line."""

_CHECK_SECONDS: Final = 0.03
"""How often to check whether a widget that is waited for has closed."""

_LEAVING_KEYS: Final = frozenset({"ctrl+c", "ctrl+q"})
"""Keys that act at once, even if others are held."""

_NEVER_DROPPED: Final = _LEAVING_KEYS | {"escape", "ctrl+z"}

_TEXT_KEYS: Final = frozenset({"enter", "backspace", "delete", "tab"})
"""Keys that are part of typing, besides the printable ones."""

_STAYS_IN_A_FORM: Final = _TEXT_KEYS | {"shift+tab", "left", "right", "home", "end"} | {"ctrl+u", "ctrl+w"}
"""Keys that change no screen if a field has the focus. For an Enter that submits, the screen holds keys."""


class TypeAhead:
    """Decides when a key or paste of ``app`` is delivered, held for a moment, or dropped.

    The app asks ``should_deliver`` before it acts on a key, and calls ``after_delivery`` afterwards.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[Key | Paste] = deque()
        self._settling: asyncio.Task[None] | None = None
        self._drops_line = False
        self._last_dropped = 0.0
        self._has_ended = False

    @property
    def is_holding(self) -> bool:
        """Whether keys are being held until the app is idle."""
        return self._settling is not None or bool(self._held)

    def should_deliver(self, event: Key | Paste, *, is_busy: bool) -> bool:
        """Return whether the app should act on this event now.

        Args:
            event: The key or paste.
            is_busy: Whether a request is in flight, so that no field takes text. Text typed then is dropped,
                and so is the rest of its line, which may arrive after the next screen.
        """
        if self._has_ended:
            return False
        if isinstance(event, Key) and event.key in _LEAVING_KEYS:
            self._held.clear()
            self._drops_line = False
            return True
        if self.is_holding:
            self._held.append(event)
            return False
        return not self._is_dropped(event, is_busy=is_busy)

    def after_delivery(self, event: Key | Paste) -> None:
        """Hold the keys that follow ``event`` if it may change the screen."""
        if isinstance(event, Paste):
            return
        is_in_field = isinstance(self._app.focused, Input) if self._app.screen_stack else False
        if not is_in_field or not (event.is_printable or event.key in _STAYS_IN_A_FORM):
            self.hold()

    def hold(self) -> None:
        """Hold all keys from now on until the app is idle, then deliver them in order."""
        if self._settling is None and not self._has_ended:
            self._settling = asyncio.create_task(self._settle(), name="type-ahead")

    def drop_line(self) -> None:
        """Drop what is typed until the next Enter or pause: it was meant for the previous screen."""
        self._held.clear()
        self._drops_line, self._last_dropped = True, monotonic()

    def end(self) -> None:
        """Discard held keys and accept no more: the app ends, and a key may be of a password."""
        self._has_ended = True
        self._held.clear()

    def _is_dropped(self, event: Key | Paste, *, is_busy: bool) -> bool:
        key = "" if isinstance(event, Paste) else event.key
        is_text = isinstance(event, Paste) or event.is_printable or key in _TEXT_KEYS
        if is_busy and is_text:
            self._drops_line = True
        elif is_busy or not self._drops_line:
            return False
        elif key in _NEVER_DROPPED or event.time - self._last_dropped >= PAUSE_SECONDS:
            self._drops_line = False
            return False
        self._last_dropped = event.time
        self._drops_line = key != "enter"
        return True

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HOLD_LIMIT_SECONDS
        before: object = None
        try:
            while loop.time() < deadline:
                is_done = await self._process_pending(deadline)
                now = self._screen_and_focus() if is_done else None
                if now is not None and now == before and not self._is_message_waiting():
                    break
                before = now
        finally:
            if not self._app.call_later(self._release):  # the app has ended
                self._settling = None
                self.end()

    def _screen_and_focus(self) -> tuple[object, object]:
        stack = self._app.screen_stack
        return (stack[-1], stack[-1].focused) if stack else (None, None)

    def _pumps(self) -> list[MessagePump]:
        """Return what handles a key on its way to an action: the fields, the screen, the app."""
        stack = self._app.screen_stack
        return [*(stack[-1].query(Input) if stack else ()), *stack[-1:], self._app]

    def _is_message_waiting(self) -> bool:
        return any(pump.message_queue_size for pump in self._pumps())

    async def _process_pending(self, deadline: float) -> bool:
        """Wait until all pumps have processed their messages and run what waits for a refresh.

        Returns:
            False if ``deadline`` (on the event loop's clock) comes first, if the screen changes, or if a
            widget closes: what waits for a refresh there then never runs.
        """
        loop = asyncio.get_running_loop()
        pumps, (screen, _) = self._pumps(), self._screen_and_focus()
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
            if self._screen_and_focus()[0] is not screen or not all(pump.is_running for pump in pumps):
                return False
        return False

    async def _release(self) -> None:
        self._settling = None
        while self._held and self._settling is None:
            event = self._held.popleft()
            later, self._held = self._held, deque()  # else the app would hold this event again
            try:
                await self._app.on_event(event)
            finally:
                if not self._has_ended:
                    self._held = later + self._held
