"""Tokens run out by Cognito's clock, whatever is done to this machine's."""

from __future__ import annotations

import time

import pytest

from tui_auth.session import clock
from tui_auth.session.clock import server_now, since_boot

SERVER = 1_000_000.0


@pytest.fixture(autouse=True)
def still_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between what a test and what the code under test read from a clock."""
    now, uptime = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "clock_gettime", lambda clock: uptime)


def test_the_time_goes_on_from_what_it_was() -> None:
    boot, uptime = since_boot()
    assert server_now(SERVER, time.time() - 7, boot, uptime - 60) == pytest.approx(SERVER + 60)


@pytest.mark.parametrize("set_by", [-86400.0, -60.0])
def test_a_clock_that_is_set_back_does_not_matter_while_the_machine_runs(
    monkeypatch: pytest.MonkeyPatch, set_by: float
) -> None:
    boot, uptime = since_boot()
    if not boot:
        pytest.skip("this system has no name for its start")
    local = time.time()
    monkeypatch.setattr(time, "time", lambda: local + set_by)
    assert server_now(SERVER, local, boot, uptime) == pytest.approx(SERVER, abs=0.001)


def test_while_a_virtual_machine_is_paused_the_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own seconds stand still; the clock on the wall is set right afterwards."""
    boot, uptime = since_boot()
    assert server_now(SERVER, time.time() - 7200, boot, uptime) == pytest.approx(SERVER + 7200, abs=0.001)


@pytest.mark.parametrize("boot", ["another start", ""])
def test_after_a_new_start_the_clock_on_the_wall_counts(boot: str) -> None:
    assert server_now(SERVER, time.time() - 60, boot, 5.0) == pytest.approx(SERVER + 60, abs=0.001)


def test_a_clock_that_has_gone_back_tells_nothing() -> None:
    assert server_now(SERVER, time.time() + 60, "another start", 5.0) is None


def test_where_nothing_counts_since_the_start_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_BOOT_ID", "/no/such/file")
    assert since_boot() == ("", 0.0)
