"""Press keys and wait in tests that run an app under Textual's pilot.

Textual's own ``pilot.press`` sleeps about 60 ms after each key, and on a slow machine the test can still run
ahead of the app. The functions here wait for a condition, never for a length of time.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from textual import events
from textual.css.stylesheet import Stylesheet
from textual.geometry import Size
from textual.keys import _character_to_key

from tests.terminal.emulator import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from textual.app import App
    from textual.css.model import RuleSet
    from textual.css.types import CSSLocation
    from textual.pilot import Pilot

LIMIT_SECONDS: Final = 60.0
"""Seconds until a wait fails: far more than any test needs on a busy machine."""

_burst_times: Final = itertools.count(time.monotonic(), 2.0)


def burst_time() -> float:
    """Return the event time of the next burst, two seconds after the previous one."""
    return next(_burst_times)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys and wait until the app has handled them.

    The keys reach the app in one burst, as from a terminal driver, so the app sees each key before it has
    drawn the result of the previous one. By their event times two bursts are two seconds apart, as with a
    user who reads the screen first.

    Args:
        pilot: The pilot of the running app.
        keys: Single characters, or Textual's key names such as ``enter`` and ``ctrl+u``.
    """
    await settle(pilot)
    driver = pilot.app._driver
    assert driver is not None
    typed_at = burst_time()
    for key in keys:
        event = _key_event(key)
        event.time = typed_at
        driver.process_message(event)
    await settle(pilot)


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type a text and wait until the app has handled it."""
    await press(pilot, *text)


async def paste(pilot: Pilot[Any], text: str) -> None:
    """Paste a text into the focused widget, as a terminal does."""
    await settle(pilot)
    driver = pilot.app._driver
    assert driver is not None
    event = events.Paste(text)
    event.time = burst_time()
    driver.process_message(event)
    await settle(pilot)


async def resize(pilot: Pilot[Any], width: int, height: int) -> None:
    """Resize the terminal and wait until the app has redrawn itself."""
    await settle(pilot)
    size = Size(width, height)
    driver = pilot.app._driver
    assert driver is not None
    driver._size = size.width, size.height
    driver.process_message(events.Resize(size, size))
    # Textual waits a moment for more sizes before it resizes the screens.
    await until(pilot, lambda: pilot.app._resize_event is None)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until the app has handled all messages, finished its animations and drawn the result.

    The app is settled when the event loop has nothing left to run: every widget then waits for a message, a
    timer or a thread. To wait for a timer or a thread, use ``until``.
    """
    app = pilot.app
    deadline = asyncio.get_running_loop().time() + LIMIT_SECONDS
    while True:
        await _run_ready_callbacks(deadline)
        if not _has_screen(app):
            return
        if app.animator._animations or app.animator._scheduled:
            await app.animator.wait_until_complete()
            continue
        # Draw now what Textual would draw with the next frame.
        app.screen._on_timer_update()
        if not _has_ready_callbacks():
            return


async def until(pilot: Pilot[Any], condition: Callable[[], object], message: str = "") -> None:
    """Wait until the app is settled and the condition is true.

    The condition is checked only while nothing is left to handle, so a half-drawn frame can't satisfy it.

    Raises:
        AssertionError: The condition was still false after ``LIMIT_SECONDS``, or the app failed.
    """
    app, loop = pilot.app, asyncio.get_running_loop()
    deadline = loop.time() + LIMIT_SECONDS
    delay = 0.001
    while True:
        await settle(pilot)
        if condition():
            return
        assert app._exception is None, f"the app failed: {app._exception!r}"
        assert loop.time() < deadline, message or screen_text(app)
        await asyncio.sleep(delay)
        delay = min(2 * delay, 0.02)


def screen_rows(app: App[Any]) -> list[str]:
    """Return the text of the screen, row by row."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[Any]) -> str:
    """Return the screen's text with single spaces, whatever its wrapping, without edges and QR codes."""
    return unwrap(" ".join(screen_rows(app)))


def _key_event(key: str) -> events.Key:
    if len(key) == 1:
        return events.Key(_character_to_key(key), key)
    return events.Key(key, " " if key == "space" else None)


def _has_ready_callbacks() -> bool:
    """Return whether the event loop has a callback to run besides the current one."""
    return bool(getattr(asyncio.get_running_loop(), "_ready"))  # noqa: B009 - asyncio has no public name for it


async def _run_ready_callbacks(deadline: float) -> None:
    # Run at least once, so that messages from outside the loop are seen.
    await asyncio.sleep(0)
    while _has_ready_callbacks():
        await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() < deadline, "the app never comes to rest"


def _has_screen(app: App[Any]) -> bool:
    return app.is_running and not app._exit and bool(app.screen_stack)


_parse_rules = Stylesheet._parse_rules
_parsed_sheets: dict[Hashable, list[RuleSet]] = {}


@pytest.fixture(autouse=True)
def inexpensive_apps() -> Iterator[None]:
    """Reduce the cost of each app, in the folders whose conftest imports this fixture."""
    with reduce_app_cost():
        yield


@contextmanager
def reduce_app_cost() -> Iterator[None]:
    """Cut the CPU time of the apps that run in the block by about a third.

    Each style sheet is parsed once for all apps of this process, and the garbage collector runs less often:
    an app creates many small objects, and the collector would start again for every few hundred of them.
    """

    def parse_once(
        self: Stylesheet, css: str, read_from: CSSLocation, *rest: Any, **named: Any
    ) -> list[RuleSet]:
        # A theme changes the variables, and so the meaning of a style sheet.
        variables = frozenset(self._variables.items())
        key = (css, read_from, rest, frozenset(named.items()), variables)
        if key not in _parsed_sheets:
            _parsed_sheets[key] = _parse_rules(self, css, read_from, *rest, **named)
        return _parsed_sheets[key]

    threshold = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Stylesheet, "_parse_rules", parse_once)
            yield
    finally:
        gc.set_threshold(*threshold)
