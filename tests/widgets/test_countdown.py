"""Countdown: counts only while it is needed, and repaints only what changes."""

from __future__ import annotations

import time

import pytest
from textual.geometry import Region

from tests.pilot import screen_rows, settle, until
from tests.widgets.host import Host
from tui_auth.widgets.countdown import Countdown, spoken


class Clock:
    """A time that passes when it is told to."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


async def test_it_shows_the_rest_of_a_time_step_by_the_clock_it_is_given() -> None:
    clock = Clock(1_000_000_018.0)  # 30 × 33_333_333 + 28
    app = Host(Countdown)
    async with app.run_test() as pilot:
        app.query_one(Countdown).window(clock, "new code in {}")
        await settle(pilot)
        assert screen_rows(app)[0].rstrip() == "new code in 2 s"
        clock.time += 1
        await until(pilot, lambda: "in 1 s" in screen_rows(app)[0])
        clock.time += 1
        await until(pilot, lambda: "in 30 s" in screen_rows(app)[0])


async def test_it_counts_down_disappears_and_goes_on() -> None:
    clock, over = Clock(1000.0), list[bool]()
    app = Host(lambda: Countdown(clock))
    async with app.run_test() as pilot:
        countdown = app.query_one(Countdown)
        countdown.last(1.5, "^r in {}", lambda: over.append(countdown.display))
        await settle(pilot)
        assert screen_rows(app)[0].rstrip() == "^r in 2 s"
        assert over == []
        clock.time = 1001.6
        await until(pilot, lambda: not countdown.display)
        assert over == [False]
        await settle(pilot)
        assert not screen_rows(app)[0].strip()
        assert not timers(countdown)


async def test_it_is_silent_before_and_after() -> None:
    app = Host(Countdown)
    async with app.run_test():
        countdown = app.query_one(Countdown)
        assert not countdown.display
        assert not timers(countdown)
        countdown.window(time.time)
        assert len(timers(countdown)) == 1
        countdown.last(100)
        assert len(timers(countdown)) == 1
        countdown.stop()
        assert not timers(countdown)
        assert not countdown.display


async def test_no_time_is_not_counted() -> None:
    app = Host(lambda: Countdown(Clock(1000.0)))
    async with app.run_test():
        countdown = app.query_one(Countdown)
        countdown.last(0)
        assert not countdown.display
        assert not timers(countdown)


async def test_a_second_repaints_one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(1000.0)
    app = Host(lambda: Countdown(clock))
    async with app.run_test() as pilot:
        countdown = app.query_one(Countdown)
        countdown.last(25.0, "^r in {}")
        await settle(pilot)
        repainted: list[tuple[Region, ...]] = []
        refresh = countdown.refresh

        def note_regions(*regions: Region) -> Countdown:
            repainted.append(regions)
            return refresh(*regions)

        monkeypatch.setattr(countdown, "refresh", note_regions)
        clock.time += 1
        await until(pilot, lambda: "24 s" in screen_rows(app)[0])
        assert repainted == [(Region(7, 0, 1, 1),)]


def test_a_time_of_minutes_is_said_as_minutes() -> None:
    assert [spoken(seconds) for seconds in (1, 99, 100, 605)] == ["1 s", "99 s", "1 min 40 s", "10 min 05 s"]


def timers(countdown: Countdown) -> list[object]:
    """The timers that run."""
    return [timer for timer in countdown._timers if timer._task is not None]
