"""Wait for a condition without an event to wait for, such as another process's action."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT_SECONDS = 60.0
"""Long enough for a busy machine; a passing test never waits this long."""

_POLL_SECONDS = 0.005


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until the condition is true; fail after ``TIMEOUT_SECONDS``.

    If this process itself makes the condition true, use a threading.Event instead.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(_POLL_SECONDS)
