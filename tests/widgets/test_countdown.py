"""Countdown runs only while it is needed, and repaints only changed cells."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.geometry import Region

from tests.pilot import screen_rows, settle, until
from tests.widgets.host import Host
from tui_auth.widgets.countdown import Countdown, format_countdown

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from textual.pilot import Pilot


class Clock:
    """A clock that a test advances, with the timers of one countdown."""

    def __init__(self, time: float) -> None:
        self.time = time
        self._timers: list[FakeTimer] = []

    def __call__(self) -> float:
        return self.time

    def drive(self, countdown: Countdown, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make the timers of a countdown follow this clock instead of real time."""

        def set_timer(delay: float, callback: Callable[[], None]) -> FakeTimer:
            timer = FakeTimer(self.time + delay, lambda: countdown.call_next(callback), self._timers)
            self._timers.append(timer)
            return timer

        monkeypatch.setattr(countdown, "set_timer", set_timer)

    async def advance(self, pilot: Pilot[None], seconds: float) -> None:
        """Advance the clock and run each timer that is due."""
        end = self.time + seconds
        while due := [timer for timer in self._timers if timer.at <= end]:
            first = min(due, key=lambda timer: timer.at)
            self.time = first.at
            first.stop()
            first.run()
            await settle(pilot)
        self.time = end


@dataclass(eq=False)
class FakeTimer:
    """A timer that a Clock runs."""

    at: float
    run: Callable[[], None]
    among: list[FakeTimer]

    def stop(self) -> None:
        """Remove the timer, so it never runs."""
        if self in self.among:
            self.among.remove(self)


async def test_time_step_countdown_follows_the_given_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(1_000_000_018.0)  # 30 × 33_333_333 + 28
    app = Host(Countdown)
    async with app.run_test() as pilot:
        countdown = app.query_one(Countdown)
        clock.drive(countdown, monkeypatch)
        countdown.repeat_time_steps(clock)
        for seconds in (2, 1, 30, 29):
            await settle(pilot)
            bar = "━" * 10 if seconds > 27 else "━" + "─" * 9
            assert screen_rows(app)[0].strip() == f"{bar}  Next code in {seconds} s"
            assert countdown.has_class("-low") is (seconds <= 5)
            await clock.advance(pilot, 1)


async def test_countdown_disappears_and_calls_back_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, displayed_at_end = Clock(1000.0), list[bool]()
    app = Host(lambda: Countdown(clock))
    async with app.run_test() as pilot:
        countdown = app.query_one(Countdown)
        clock.drive(countdown, monkeypatch)
        countdown.count_down(1.5, "^r in {}", lambda: displayed_at_end.append(countdown.display))
        await settle(pilot)
        assert screen_rows(app)[0].strip() == "^r in 2 s"
        await clock.advance(pilot, 1.4)
        assert screen_rows(app)[0].strip() == "^r in 1 s"
        assert displayed_at_end == []
        await clock.advance(pilot, 0.1)
        assert displayed_at_end == [False]
        assert not countdown.display
        assert not screen_rows(app)[0].strip()
        assert not clock._timers


async def test_countdown_runs_in_real_time() -> None:
    app = Host(Countdown)
    async with app.run_test() as pilot:
        countdown = app.query_one(Countdown)
        countdown.count_down(0.05, "^r in {}")
        await until(pilot, lambda: not countdown.display)
        assert not running_timers(countdown)


async def test_stopped_countdown_is_hidden() -> None:
    app = Host(Countdown)
    async with app.run_test():
        countdown = app.query_one(Countdown)
        assert not countdown.display
        assert not running_timers(countdown)
        countdown.repeat_time_steps(time.time)
        assert len(running_timers(countdown)) == 1
        countdown.count_down(100)
        assert len(running_timers(countdown)) == 1
        countdown.stop()
        assert not running_timers(countdown)
        assert not countdown.display


async def test_countdown_of_zero_seconds_ends_at_once() -> None:
    app = Host(lambda: Countdown(Clock(1000.0)))
    async with app.run_test():
        countdown = app.query_one(Countdown)
        countdown.count_down(0)
        assert not countdown.display
        assert not running_timers(countdown)


async def test_one_second_repaints_one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(1000.0)
    app = Host(lambda: Countdown(clock))
    async with app.run_test() as pilot:
        countdown = app.query_one(Countdown)
        clock.drive(countdown, monkeypatch)
        countdown.count_down(25.0, "^r in {}")
        await settle(pilot)
        repainted: list[tuple[Region, ...]] = []
        refresh = countdown.refresh

        def record_regions(*regions: Region) -> Countdown:
            repainted.append(regions)
            return refresh(*regions)

        monkeypatch.setattr(countdown, "refresh", record_regions)
        await clock.advance(pilot, 1)
        assert screen_rows(app)[0].strip() == "^r in 24 s"
        assert repainted == [(Region(7, 0, 1, 1),)]


def running_timers(countdown: Countdown) -> list[object]:
    """Return the running timers."""
    return [timer for timer in countdown._timers if timer._task is not None]


def test_countdown_shows_minutes_and_seconds_from_100_seconds_on() -> None:
    texts = [format_countdown(seconds) for seconds in (1, 99, 100, 605)]
    assert texts == ["1 s", "99 s", "1 min 40 s", "10 min 05 s"]
