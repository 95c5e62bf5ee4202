"""One emulator shared by the tests of a worker, and separate pools for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clocks import FrozenClock
from tests.emulator.harness import ALL_FLOWS, REGION, PoolUnderTest, aws_client
from tui_auth.emulator import CognitoEmulator

MakePool = Callable[..., PoolUnderTest]


@pytest.fixture(scope="session")
def shared_server() -> Iterator[CognitoEmulator]:
    """Start an emulator for the tests that don't change its clock."""
    with CognitoEmulator(region=REGION, clock=FrozenClock()) as server:
        yield server
        assert not list(server.internal_errors)


@pytest.fixture(scope="session")
def shared_aws(shared_server: CognitoEmulator) -> Any:
    """Return a boto3 client for the shared emulator."""
    return aws_client(shared_server)


@pytest.fixture
def server(shared_server: CognitoEmulator) -> Iterator[CognitoEmulator]:
    """Start an emulator for one test, which may change its clock; its signing keys are shared."""
    server = CognitoEmulator(region=REGION, clock=FrozenClock())
    server.state.keys = shared_server.state.keys
    with server:
        yield server
    assert not list(server.internal_errors)


def create_pool(server: CognitoEmulator, aws: Any, **settings: Any) -> PoolUnderTest:
    """Create a user pool and an app client.

    Settings in CamelCase go to CreateUserPool, ``mfa`` to SetUserPoolMfaConfig and ``client`` to
    CreateUserPoolClient.
    """
    mfa = settings.pop("mfa", None)
    client = {"ExplicitAuthFlows": ALL_FLOWS, **settings.pop("client", {})}
    pool_id = aws.create_user_pool(PoolName="tests", **settings)["UserPool"]["Id"]
    if mfa:
        aws.set_user_pool_mfa_config(UserPoolId=pool_id, **mfa)
    created = aws.create_user_pool_client(UserPoolId=pool_id, ClientName="tests", **client)["UserPoolClient"]
    return PoolUnderTest(server, aws, pool_id, created["ClientId"], created.get("ClientSecret"))


@pytest.fixture
def make_pool(shared_server: CognitoEmulator, shared_aws: Any) -> MakePool:
    """Return a function that creates user pools on the shared emulator.

    Its clock is frozen at the start of the test, not of the run: clients that prove a password with their own
    clock are rejected if it differs by more than five minutes.
    """
    assert isinstance(shared_server.clock, FrozenClock)
    shared_server.clock.freeze()
    return lambda **settings: create_pool(shared_server, shared_aws, **settings)


@pytest.fixture
def own_pool(server: CognitoEmulator) -> MakePool:
    """Return a function that creates user pools on this test's emulator."""
    aws = aws_client(server)
    return lambda **settings: create_pool(server, aws, **settings)
