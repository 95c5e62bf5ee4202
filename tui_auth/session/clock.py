"""What time it is at Cognito, from the time it was when tokens came.

Tokens run out by Cognito's clock. This machine's may be wrong, and may be set right meanwhile, so that the
difference measured then says nothing now: as long as the machine has not been started anew, the seconds
since are counted by the clock that nobody sets. That one stands still while a virtual machine is paused,
which the other is told of afterwards, so the longer of the two counts: a token renewed early does less harm
than one that has run out.
"""

from __future__ import annotations

import time

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_WENT_BACK_SECONDS = 5.0


def since_boot() -> tuple[str, float]:
    """Which start of this machine it is, and the seconds since, sleep included; ``("", 0.0)`` if unknown."""
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
    """Cognito's time now, in seconds since the epoch; None where this machine's clock has gone back.

    ``server_time`` is Cognito's time when tokens came, ``local_time`` this machine's by then, ``boot`` and
    ``uptime`` what ``since_boot`` said by then.
    """
    boot_now, uptime_now = since_boot()
    if boot and boot == boot_now and uptime_now >= uptime:
        return server_time + max(uptime_now - uptime, time.time() - local_time)
    passed = time.time() - local_time
    return server_time + passed if passed > -_WENT_BACK_SECONDS else None
