"""The base of our Textual apps, which run on /dev/tty and leave the terminal as it was."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic

from textual.app import App, ReturnType
from textual.events import DescendantFocus, Event, Key, MouseUp, Paste
from textual.widgets import Input
from textual.worker import WorkerFailed

from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.crash import crash_report
from tui_auth.terminal.environment import is_in_gnu_screen, is_over_ssh, must_avoid_color
from tui_auth.terminal.signals import install_signal_handlers, signal_exit_status
from tui_auth.terminal.tty_driver import TtyDriver
from tui_auth.terminal.type_ahead import TypeAhead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.driver import Driver

SETTLED_AFTER_SECONDS = 0.3
"""When to import the rest: an import blocks the event loop, and the first keys must not wait for it."""


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
        """Whether a request is in flight, so that no field on the screen takes text."""
        return False

    def on_ready(self) -> None:
        """Enable the garbage collector, which is off while modules load.

        It scans all that was loaded, so it is enabled a little later: the first key would wait for it.
        """
        self.set_timer(SETTLED_AFTER_SECONDS, gc.enable)

    def copy_to_clipboard(self, text: str) -> None:
        """Do nothing: Textual would copy any selected text, which may be a secret."""

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Stop the cursor of each input from blinking, which would write to the terminal nonstop."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def run_in_terminal(self, *, mouse: bool = True) -> int:
        """Run until the app exits, restore the terminal, and return the exit status of the process.

        Returns:
            The ``return_code`` given to ``exit``; 128 plus the signal's number after SIGTERM, SIGHUP or
            SIGINT; 1 after an error. The error's type and code frames are then written to stderr, without
            its message and without values.
        """
        with discard_stderr():
            asyncio.run(self._run_with_signals(mouse))
        if self._exception is not None:
            print(f"{self.title}: {self.crash_report()}", file=sys.stderr)  # noqa: T201
            return ExitCode.INTERNAL_ERROR
        return ExitCode.INTERNAL_ERROR if self.return_code is None else self.return_code

    def crash_report(self) -> str:
        """Return the type and code frames of the error that ended the app, or an empty text."""
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error
        return crash_report(error) if error is not None else ""

    def end_by_signal(self, number: int) -> None:
        """Exit with the status of a signal. Runs in the app's loop after SIGTERM, SIGHUP or SIGINT."""
        self.exit(return_code=signal_exit_status(number))

    async def _run_with_signals(self, mouse: bool) -> None:
        loop = asyncio.get_running_loop()
        # asyncio's own handler logs the exception of a forgotten task together with its message.
        loop.set_exception_handler(lambda loop, context: None)
        with install_signal_handlers(loop, self.end_by_signal):
            await self.run_async(mouse=mouse)

    def refresh_css(self, animate: bool = True) -> None:
        """Restyle all screens; before the first one, update only the variables of the sheets."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            # A theme that is set before the start calls this, and Textual would read every sheet twice.
            self.stylesheet.set_variables(self.get_css_variables())

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


@contextmanager
def _correct_color_variables() -> Iterator[None]:
    """Correct NO_COLOR and COLORTERM for the block, in which Textual reads them.

    NO_COLOR is set only if the app must avoid colors: Textual also obeys an empty NO_COLOR, and doesn't look
    up whether the terminal has colors. COLORTERM is removed inside GNU screen: it is the outer terminal's,
    and version 4 of screen takes 24-bit colors for other attributes.
    """
    before = {name: os.environ.get(name) for name in ("NO_COLOR", "COLORTERM")}
    _set_variable("NO_COLOR", "1" if must_avoid_color() else None)
    if is_in_gnu_screen():
        _set_variable("COLORTERM", None)
    try:
        yield
    finally:
        for name, value in before.items():
            _set_variable(name, value)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


@contextmanager
def discard_stderr() -> Iterator[None]:
    """Discard what is written to file descriptor 2 in the block, if that is a terminal.

    The screen is drawn on the same terminal. The descriptor itself is redirected, because C libraries and
    child processes don't know ``sys.stderr``. A stderr that is a file or a pipe is left alone.
    """
    if not os.isatty(2):
        yield
        return
    _flush_stderr()
    saved = os.dup(2)
    try:
        null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(null, 2)
        os.close(null)
        yield
    finally:
        _flush_stderr()
        os.dup2(saved, 2)
        os.close(saved)


def _flush_stderr() -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
