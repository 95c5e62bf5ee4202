"""Fixtures with a pool behind a fault-injecting proxy, and short request deadlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.conftest import demo as demo
from tests.journeys.conftest import server as server
from tests.journeys.conftest import sign_in_as as sign_in_as
from tests.security.faults.proxy import FaultProxy
from tui_auth.auth import gateway
from tui_auth.pool import PoolServer

RecordProperty = Callable[[str, object], None]


@pytest.fixture
def proxy(server: PoolServer) -> Iterator[FaultProxy]:
    """Return the fault proxy in front of the pool."""
    with FaultProxy(server.endpoint_url) as running:
        yield running


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Set the deadline of requests for the block."""
    former, gateway.DEADLINE_SECONDS = gateway.DEADLINE_SECONDS, seconds
    try:
        yield
    finally:
        gateway.DEADLINE_SECONDS = former
