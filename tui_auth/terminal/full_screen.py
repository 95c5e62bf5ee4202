"""A Textual app that a terminal and its owner can trust: how it starts, ends and fails. Imports Textual."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic

from textual.app import App, ReturnType
from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key, MouseUp, Paste
from textual.widgets import Input
from textual.worker import WorkerFailed

from .crash import crash_report
from .environment import in_screen, over_ssh, without_colour
from .signals import exit_status, install_signal_handlers
from .stderr_guard import stderr_guard
from .tty_driver import TtyDriver
from .type_ahead import TypeAhead

SETTLED_AFTER_SECONDS = 0.3
"""An import keeps the interpreter to itself: who types at the first frame sees the first keys before it."""


class FullScreenApp(App[ReturnType], Generic[ReturnType]):
    """An App on /dev/tty that ends with an exit status whatever ends it.

    ``scrub_textual_environment`` must have run before this module is imported. Over SSH nothing is animated.
    """

    def __init__(self, **options: Any) -> None:
        with _colour_variables_as_we_read_them():
            super().__init__(**options)
        if over_ssh():
            self.animation_level = "none"
        self.type_ahead = TypeAhead(self)

    async def on_event(self, event: Event) -> None:
        """Deliver a key or paste only when no screen change before it is under way."""
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
        """Whether a request is under way, so that no field on the screen takes text."""
        return False

    def on_ready(self) -> None:
        """Have the collector, which may be off while modules load, collect again.

        Not at once: it looks through all that was loaded, which the first key would wait for.
        """
        self.set_timer(SETTLED_AFTER_SECONDS, gc.enable)

    def copy_to_clipboard(self, text: str) -> None:
        """Textual's own road to the clipboard is closed: it gives out whatever is selected."""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Let no cursor blink, the palette's neither: it would write to the line for as long as it stands."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def run_in_terminal(self, *, mouse: bool = True) -> int:
        """Run until the app exits, and give the exit status for the process.

        That is the ``return_code`` given to ``exit``; 128 and the signal's number after SIGTERM, SIGHUP or
        SIGINT; 1 after an error, whose kind and code frames are then written to stderr, without its message
        and without values. The terminal is by then as it was found.
        """
        with stderr_guard():
            asyncio.run(self._run_with_signals(mouse))
        if self._exception is not None:
            print(f"{self.title}: {self.crash_report()}", file=sys.stderr)  # noqa: T201
            return 1
        return 1 if self.return_code is None else self.return_code

    def crash_report(self) -> str:
        """The kind and code frames of the error that ended the app, or nothing."""
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error
        return crash_report(error) if error is not None else ""

    def end_by_signal(self, number: int) -> None:
        """Called in the app's loop when SIGTERM, SIGHUP or SIGINT has come; ends the app."""
        self.exit(return_code=exit_status(number))

    async def _run_with_signals(self, mouse: bool) -> None:
        loop = asyncio.get_running_loop()
        # asyncio's own handler logs the exception of a forgotten task, and that with its message.
        loop.set_exception_handler(lambda loop, context: None)
        with install_signal_handlers(loop, self.end_by_signal):
            await self.run_async(mouse=mouse)

    def refresh_css(self, animate: bool = True) -> None:
        """Style everything anew. Before there is a screen, only the variables of the sheets can be new."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            # A theme chosen before the start asks for this, and Textual would read every sheet twice.
            self.stylesheet.set_variables(self.get_css_variables())

    def get_driver_class(self) -> type[Driver]:
        return TtyDriver

    def exit(self, *arguments: Any, **options: Any) -> None:
        """Exit, and forget the keys that are held: some may be of a password."""
        self.type_ahead.end()
        super().exit(*arguments, **options)

    def _fatal_error(self) -> None:
        self.type_ahead.end()
        # Textual's makes a picture of the error's message and of every local variable.
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        # What Textual would print at its end: that picture, or whatever ``panic`` was given.
        self._exit_renderables.clear()


@contextmanager
def _colour_variables_as_we_read_them() -> Iterator[None]:
    """Inside, the environment says of colours what is true, for Textual reads it when an App is made.

    NO_COLOR is set where nothing may be told by colour, and only there: Textual takes an empty one for a wish
    too, and asks no terminal whether it has colours. COLORTERM is the outer terminal's inside GNU screen,
    whose version 4 takes 24-bit colours for other attributes.
    """
    before = {name: os.environ.get(name) for name in ("NO_COLOR", "COLORTERM")}
    _set("NO_COLOR", "1" if without_colour() else None)
    if in_screen():
        _set("COLORTERM", None)
    try:
        yield
    finally:
        for name, value in before.items():
            _set(name, value)


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
