"""Waiting for a condition that nothing announces, such as what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMEOUT_SECONDS = 60.0
"""Long enough for a machine that does many other things. A test that works never waits so long."""

_POLL_SECONDS = 0.005


def wait_until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition is true; fail where it does not become true in time.

    Where this process itself makes the condition true, a threading.Event is better.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(_POLL_SECONDS)
