"""An emulator with the demo's pools and users for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pilot import inexpensive_apps as inexpensive_apps
from tui_auth.demo.app import DemoApp
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool, provision


@pytest.fixture
def server() -> Iterator[CognitoEmulator]:
    with CognitoEmulator() as server:
        yield server
        assert not list(server.internal_errors)


@pytest.fixture
def pool(server: CognitoEmulator) -> DemoPool:
    return provision(server)


@pytest.fixture
def app(server: CognitoEmulator, pool: DemoPool) -> DemoApp:
    """Return the demo at its list, to be run under a pilot."""
    return DemoApp(server, pool, theme="tui-auth-dark")
