"""A line that counts seconds, and writes only what changes of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget


class Countdown(Widget):
    """How long something lasts still: ``new code in 12 s``. Takes no room while it counts nothing.

    ``passing`` is a clock that runs evenly, in seconds from wherever: a length of time does not change with
    the time of day.
    """

    ALLOW_SELECT = False

    shown: reactive[str] = reactive("", repaint=False, init=False)
    """The line as it is drawn."""

    def __init__(
        self,
        passing: Callable[[], float] = time.monotonic,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._passing = passing
        self.display = False
        self._seconds_left: Callable[[], float] = lambda: 0.0
        self._text = ""
        self._then: Callable[[], None] = _nothing
        self._timer: Timer | None = None

    def last(self, seconds: float, text: str = "{}", then: Callable[[], None] | None = None) -> None:
        """Count down so many seconds, disappear, and call ``then``. ``{}`` in ``text`` is the time left."""
        end = self._passing() + seconds
        self._start(lambda: end - self._passing(), text, then or _nothing)

    def window(self, now: Callable[[], float], text: str = "new code in {}", *, seconds: int = 30) -> None:
        """Count down to the end of each time step of ``seconds`` (RFC 6238), over and over.

        ``now`` gives the time in seconds since the epoch; it may be the server's.
        """
        self._start(lambda: seconds - now() % seconds, text, _nothing)

    def stop(self) -> None:
        """Count nothing, and disappear."""
        self._disarm()
        self.display = False
        self.shown = ""

    def _start(self, seconds_left: Callable[[], float], text: str, then: Callable[[], None]) -> None:
        self._disarm()
        self._seconds_left, self._text, self._then = seconds_left, text, then
        self.display = True
        self._tick()

    def _tick(self) -> None:
        left = self._seconds_left()
        if left <= 0:
            self.stop()
            self._then()
            return
        whole = math.ceil(left)
        self.shown = self._text.format(spoken(whole))
        self._timer = self.set_timer(max(0.05, min(1.0, left - whole + 1)), self._tick)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def watch_shown(self, before: str, now: str) -> None:
        """Repaint the cells between the first and the last one that changed."""
        if len(before) != len(now) or cell_len(now) != len(now):
            self.refresh()
            return
        changed = [index for index, pair in enumerate(zip(before, now, strict=True)) if pair[0] != pair[1]]
        if changed:
            self.refresh(Region(changed[0], 0, changed[-1] - changed[0] + 1, 1))

    def render_line(self, y: int) -> Strip:
        """The line."""
        text = self.shown if y == 0 else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)


def _nothing() -> None:
    """What comes after a time that nobody waits for."""


def spoken(seconds: int) -> str:
    """A length of time as the line shows it: ``12 s``, ``2 min 05 s``."""
    return f"{seconds} s" if seconds < 100 else f"{seconds // 60} min {seconds % 60:02} s"
