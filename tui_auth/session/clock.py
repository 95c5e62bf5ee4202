"""Estimate Cognito's current time from a sample taken when tokens arrived.

Tokens expire by Cognito's clock. This machine's clock may be wrong, and may be corrected later, so the
difference measured then says nothing now. Within one boot the seconds since then are counted by a clock that
nobody sets (CLOCK_BOOTTIME). That one stands still while a virtual machine is paused, and the wall clock is
corrected afterwards. So the later of the two counts: a token refreshed early does less harm than an expired
one.
"""

from __future__ import annotations

import time

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_WENT_BACK_SECONDS = 5.0

CLOCK_TOLERANCE_SECONDS = 20.0
"""A difference between this machine's clock and Cognito's that does no harm."""


def since_boot() -> tuple[str, float]:
    """Return the ID of this boot and the seconds since, with sleep; ``("", 0.0)`` if unknown."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    if clock is None:
        return "", 0.0
    try:
        with open(_BOOT_ID, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes long to import
            boot = file.read(64).strip()
        return boot, time.clock_gettime(clock)
    except (OSError, ValueError):
        return "", 0.0


def server_now(server_time: float, local_time: float, boot: str, uptime: float) -> float | None:
    """Return Cognito's current time, or None if this machine's clock has gone back.

    Args:
        server_time: Cognito's time at the sample, in seconds since the epoch.
        local_time: this machine's time at the sample.
        boot: the boot ID at the sample, from ``since_boot``.
        uptime: the seconds since boot at the sample.
    """
    boot_now, uptime_now = since_boot()
    if boot and boot == boot_now and uptime_now >= uptime:
        return server_time + max(uptime_now - uptime, time.time() - local_time)
    passed = time.time() - local_time
    return server_time + passed if passed > -_WENT_BACK_SECONDS else None
