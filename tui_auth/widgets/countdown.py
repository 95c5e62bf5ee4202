"""A line that counts seconds down, and repaints only the cells that change."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.timer import Timer


class Countdown(Widget):
    """The time left until something happens: ``Next code in 12 s``, with a bar in front.

    It takes no room while it is stopped. Without a bar the text alone counts down. In the last
    ``LOW_SECONDS`` a bar warns that the time is running out.

    ``monotonic`` is a clock in seconds from any start. A duration must not change when the time of day is
    set.
    """

    ALLOW_SELECT = False
    BAR_CELLS = 10
    LOW_SECONDS = 5

    shown: reactive[str] = reactive("", repaint=False, init=False)
    """The text of the line."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._monotonic = monotonic
        self.display = False
        self._seconds_left: Callable[[], float] = lambda: 0.0
        self._text = self._low_text = ""
        self._bar_seconds = 0
        self._on_end: Callable[[], None] | None = None
        self._timer: Timer | None = None

    def count_down(self, seconds: float, text: str = "{}", on_end: Callable[[], None] | None = None) -> None:
        """Count down once, disappear, and call ``on_end``. ``{}`` in ``text`` is the time left."""
        end = self._monotonic() + seconds
        self._start(lambda: end - self._monotonic(), text, on_end, bar_seconds=0)

    def repeat_time_steps(
        self,
        now: Callable[[], float],
        text: str = "Next code in {}",
        *,
        low_text: str = "",
        seconds: int = 30,
    ) -> None:
        """Count down to the end of each TOTP time step (RFC 6238), again and again.

        Args:
            now: Returns the time in seconds since the epoch; it may be the server's.
            text: The line; ``{}`` is the time left.
            low_text: The line in the last ``LOW_SECONDS``; by default the same.
            seconds: The length of a time step.
        """
        self._start(lambda: seconds - now() % seconds, text, None, low_text=low_text, bar_seconds=seconds)

    def stop(self) -> None:
        """Stop counting and disappear."""
        self._cancel_timer()
        self.display = False
        self.shown = ""

    def _start(
        self,
        seconds_left: Callable[[], float],
        text: str,
        on_end: Callable[[], None] | None,
        *,
        low_text: str = "",
        bar_seconds: int,
    ) -> None:
        self._cancel_timer()
        self._seconds_left, self._text, self._on_end = seconds_left, text, on_end
        self._low_text = low_text or text
        self._bar_seconds = bar_seconds
        self.display = True
        self._tick()

    def _tick(self) -> None:
        left = self._seconds_left()
        if left <= 0:
            self.stop()
            if self._on_end is not None:
                self._on_end()
            return
        whole = math.ceil(left)
        text = self._low_text if whole <= self.LOW_SECONDS else self._text
        self.shown = self._bar(whole) + text.format(format_countdown(whole))
        self._timer = self.set_timer(max(0.05, min(1.0, left - whole + 1)), self._tick)

    def _bar(self, seconds: int) -> str:
        if not self._bar_seconds:
            return ""
        self.set_class(seconds <= self.LOW_SECONDS, "-low")
        return f"{format_bar(seconds / self._bar_seconds, self.BAR_CELLS)}  "

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def watch_shown(self, before: str, now: str) -> None:
        """Repaint the cells that changed."""
        if len(before) != len(now) or cell_len(now) != len(now):
            self.refresh()
            return
        pairs = enumerate(zip(before, now, strict=True))
        regions = [Region(index, 0, 1, 1) for index, (old, new) in pairs if old != new]
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        text = self.shown if y == 0 else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(self.size.width, self.rich_style)


def format_bar(share: float, cells: int) -> str:
    """Format a share from 0 to 1 as a bar: heavy for what is left, light for what is gone."""
    filled = math.ceil(share * cells)
    return "━" * filled + "─" * (cells - filled)


def format_countdown(seconds: int) -> str:
    """Format the time left to the second, for a countdown: 12 s, 2 min 05 s."""
    return f"{seconds} s" if seconds < 100 else f"{seconds // 60} min {seconds % 60:02} s"
