"""Tokens expire by Cognito's clock, whatever happens to the clock of this machine."""

from __future__ import annotations

import time

import pytest

from tui_auth.session import state
from tui_auth.session.state import server_now, since_boot

SERVER, NOW = 1_000_000.0, 1_800_000_000.0
BOOT, UPTIME = "this boot", 5000.0


@pytest.fixture(autouse=True)
def frozen_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop both clocks of the machine, so the duration of a test doesn't matter."""
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr(state, "since_boot", lambda: (BOOT, UPTIME))


def test_time_is_counted_from_the_sample() -> None:
    assert server_now(SERVER, NOW - 7, BOOT, UPTIME - 60) == SERVER + 60


@pytest.mark.parametrize("change", [-86400.0, -60.0])
def test_clock_set_back_within_a_boot_does_not_matter(change: float) -> None:
    assert server_now(SERVER, NOW - change, BOOT, UPTIME) == SERVER


def test_time_passes_while_a_virtual_machine_is_paused() -> None:
    """The uptime stands still during the pause; the wall clock is corrected afterwards."""
    assert server_now(SERVER, NOW - 7200, BOOT, UPTIME) == SERVER + 7200


@pytest.mark.parametrize("boot", ["another boot", ""])
def test_wall_clock_is_used_after_a_reboot(boot: str) -> None:
    assert server_now(SERVER, NOW - 60, boot, 5.0) == SERVER + 60


def test_clock_set_back_over_a_reboot_gives_no_time() -> None:
    assert server_now(SERVER, NOW + 60, "another boot", 5.0) is None


def test_seconds_since_boot_never_decrease() -> None:
    first, second = since_boot(), since_boot()
    if not first[0]:
        pytest.skip("this system has no boot ID")
    assert first[0] == second[0]
    assert 0 < first[1] <= second[1]


def test_uptime_is_unknown_without_a_boot_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_BOOT_ID", "/no/such/file")
    assert since_boot() == ("", 0.0)
