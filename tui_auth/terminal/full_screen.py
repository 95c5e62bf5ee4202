"""The base of our Textual apps, which run on /dev/tty and leave the terminal as it was."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections import deque
from contextlib import contextmanager, suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic

from textual.app import App, ReturnType
from textual.events import DescendantFocus, Event, Key, MouseUp, Paste
from textual.filter import LineFilter
from textual.widgets import Input
from textual.worker import WorkerFailed

from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.crash import crash_report
from tui_auth.terminal.environment import discard_stderr, is_in_gnu_screen, is_over_ssh, must_avoid_color
from tui_auth.terminal.safe_text import drop_controls
from tui_auth.terminal.signals import handle_signals, interrupt_callers, signal_exit_status
from tui_auth.terminal.tty import hold_terminal
from tui_auth.terminal.tty_driver import TtyDriver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.segment import Segment
    from textual.color import Color
    from textual.driver import Driver
    from textual.message_pump import MessagePump

SETTLED_AFTER_SECONDS = 0.3
"""When to import the rest: an import blocks the event loop, and the first keys must not wait for it."""

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


class FullScreenApp(App[ReturnType], Generic[ReturnType]):
    """An app on /dev/tty that ends with an exit status, whatever ends it.

    ``scrub_textual_environment`` must run before this module is imported. Over SSH nothing is animated.
    """

    def __init__(self, **options: Any) -> None:
        with _correct_color_variables():
            super().__init__(**options)
        if is_over_ssh():
            self.animation_level = "none"
        self.type_ahead = TypeAhead(self)
        self._is_interrupted = False

    async def on_event(self, event: Event) -> None:
        """Deliver a key or paste only when no earlier key is still changing the screen."""
        if isinstance(event, MouseUp) and not event.is_forwarded:
            await super().on_event(event)
            self.type_ahead.hold()
        elif not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self.type_ahead.should_deliver(event, is_busy=self.is_busy):
            await super().on_event(event)
            self.type_ahead.after_delivery(event)

    @property
    def is_busy(self) -> bool:
        """Whether a request is in flight (the screen's ``busy``), so that no field on it takes text."""
        return bool(self.screen_stack) and bool(getattr(self.screen_stack[-1], "busy", False))

    def on_ready(self) -> None:
        """Deliver the keys typed ahead, and enable the garbage collector, which is off while modules load.

        It scans all that was loaded, so it is enabled a little later: the first key would wait for it.
        """
        self.set_timer(SETTLED_AFTER_SECONDS, gc.enable)
        self.type_ahead.start()

    def copy_to_clipboard(self, text: str) -> None:
        """Do nothing: Textual would copy any selected text, which may be a secret."""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Stop the cursor of each input from blinking, which would write to the terminal nonstop."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def run_in_terminal(self, *, mouse: bool = True) -> int:
        """Run until the app exits, restore the terminal, and return the exit status of the process.

        Returns:
            The ``return_code`` given to ``exit``; 128 plus the signal's number after a signal that ends the
            process; 130 after ``interrupt``; 1 after an error. The error's type and code frames are then
            written to stderr, without its message and without values.
        """
        with hold_terminal(), discard_stderr():
            asyncio.run(self._run_with_signals(mouse))
        error: BaseException | None = self._exception
        if self._is_interrupted:
            interrupt_callers()
        if error is None:
            return ExitCode.INTERNAL_ERROR if self.return_code is None else self.return_code
        if isinstance(error, WorkerFailed):
            error = error.error
        print(f"{self.title}: {crash_report(error)}", file=sys.stderr)  # noqa: T201
        return ExitCode.INTERNAL_ERROR

    def interrupt(self, result: ReturnType | None = None) -> None:
        """Exit at ^C, as by SIGINT: what called this program, such as a shell's loop, gets it too."""
        self._is_interrupted = True
        self.exit(result, return_code=ExitCode.INTERRUPTED)

    async def _run_with_signals(self, mouse: bool) -> None:
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            loop.call_soon_threadsafe(partial(self.exit, return_code=signal_exit_status(number)))

        # asyncio's own handler logs the exception of a forgotten task together with its message.
        loop.set_exception_handler(lambda loop, context: None)
        with handle_signals(end):
            await self.run_async(mouse=mouse)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Leave the full screen for the block, also if stdout is no terminal.

        Textual refuses that because a program in the block would write to stdout; ours uses /dev/tty.
        """
        driver = self._driver
        if driver is None:
            return
        driver.suspend_application_mode()
        try:
            with driver.no_automatic_restart():
                yield
        finally:
            driver.resume_application_mode()
            self.refresh(layout=True)

    def refresh_css(self, animate: bool = True) -> None:
        """Restyle all screens; before the first one, update only the variables of the sheets."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            # A theme that is set before the start calls this, and Textual would read every sheet twice.
            self.stylesheet.set_variables(self.get_css_variables())

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), _CONTROL_FILTER]

    def get_driver_class(self) -> type[Driver]:
        return TtyDriver

    def exit(self, *arguments: Any, **options: Any) -> None:
        """Exit, and discard held keys, some of which may be of a password."""
        self.type_ahead.end()
        super().exit(*arguments, **options)

    # The two overrides below are private in Textual. It has no public way to report an error without its
    # message and local variables; tests/terminal/test_textual_internals.py fails if they are renamed.

    def _fatal_error(self) -> None:
        self.type_ahead.end()
        # Textual's method renders a traceback with the error's message and all local variables.
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        # Textual would print that traceback, or what ``panic`` was given.
        self._exit_renderables.clear()


class _ControlFilter(LineFilter):
    """The last filter of text from elsewhere, on the way of every widget's lines to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.control or segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.control else segment._replace(text=drop_controls(segment.text))
            for segment in segments
        ]


_CONTROL_FILTER: Final = _ControlFilter()


@contextmanager
def _correct_color_variables() -> Iterator[None]:
    """Correct NO_COLOR and COLORTERM for the block, in which Textual reads them.

    NO_COLOR is set only if the app must avoid colors: Textual also obeys an empty NO_COLOR, and doesn't look
    up whether the terminal has colors. COLORTERM is removed inside GNU screen: it is the outer terminal's,
    and version 4 of screen takes 24-bit colors for other attributes.
    """
    corrected = {"NO_COLOR": "1"} if must_avoid_color() else {}
    wrong = {"NO_COLOR", "COLORTERM"} if is_in_gnu_screen() else {"NO_COLOR"}
    before = {name: os.environ.pop(name) for name in wrong if name in os.environ}
    os.environ.update(corrected)
    try:
        yield
    finally:
        os.environ.pop("NO_COLOR", None)
        os.environ.update(before)


class TypeAhead:
    """Decides when a key or paste of ``app`` is delivered, held for a moment, or dropped.

    The screen after a change gets all keys typed ahead of it, or none. Textual forwards a key to the widget
    that has the focus when the key is read, and a key such as Esc takes a few messages to change the screen:
    the characters behind it would go to the old screen, but an Enter behind those to the new one.

    The app asks ``should_deliver`` before it acts on a key, and calls ``after_delivery`` afterwards.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[Key | Paste] = deque()
        self._settling: asyncio.Task[None] | None = None
        self._has_started = False
        self._drops_line = False
        self._last_dropped = 0.0
        self._has_ended = False

    @property
    def is_holding(self) -> bool:
        """Whether keys are being held until the app is idle."""
        return self._settling is not None or bool(self._held) or not self._has_started

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

    def start(self) -> None:
        """Deliver the keys held since the terminal was opened, once the first screen is idle."""
        self._has_started = True
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
                if (
                    now is not None
                    and now == before
                    and not any(pump.message_queue_size for pump in self._pumps())
                ):
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
