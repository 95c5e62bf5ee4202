"""Fixtures with a pool behind a fault-injecting proxy, and short request deadlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.conftest import demo as demo
from tests.journeys.conftest import server as server
from tests.journeys.conftest import sign_in_as as sign_in_as
from tests.security.faults.catalog import SLOW_FAULTS
from tests.security.faults.proxy import Fault, FaultProxy
from tui_auth.auth import gateway
from tui_auth.emulator import CognitoEmulator

RecordProperty = Callable[[str, object], None]


@pytest.fixture
def proxy(server: CognitoEmulator) -> Iterator[FaultProxy]:
    """Return the fault proxy in front of the pool."""
    with FaultProxy(server.endpoint_url) as running:
        yield running


@contextmanager
def deadline_for(fault: Fault) -> Iterator[None]:
    """Set a deadline for requests in the block that ends slow faults soon."""
    previous, gateway.DEADLINE_SECONDS = gateway.DEADLINE_SECONDS, 0.7 if fault.name in SLOW_FAULTS else 30.0
    try:
        yield
    finally:
        gateway.DEADLINE_SECONDS = previous
