"""One server for the tests of a worker, and pools of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clocks import FrozenClock
from tests.pool.harness import ALL_FLOWS, REGION, PoolUnderTest, aws_client
from tui_auth.pool import PoolServer

MakePool = Callable[..., PoolUnderTest]


@pytest.fixture(scope="session")
def shared_server() -> Iterator[PoolServer]:
    """A server for tests that leave its clock alone; message names may repeat between tests."""
    with PoolServer(region=REGION, clock=FrozenClock()) as server:
        yield server
        assert not list(server.internal_errors)


@pytest.fixture(scope="session")
def shared_aws(shared_server: PoolServer) -> Any:
    """A boto3 client on the shared server."""
    return aws_client(shared_server)


@pytest.fixture
def server(shared_server: PoolServer) -> Iterator[PoolServer]:
    """A server of the test's own, whose clock may be moved. It signs with the shared keys, to save time."""
    server = PoolServer(region=REGION, clock=FrozenClock())
    server.state.keys = shared_server.state.keys
    with server:
        yield server
    assert not list(server.internal_errors)


def make(server: PoolServer, aws: Any, **settings: Any) -> PoolUnderTest:
    """A pool and a client. Settings in CamelCase go to CreateUserPool; ``mfa`` and ``client`` are dicts."""
    mfa = settings.pop("mfa", None)
    client = {"ExplicitAuthFlows": ALL_FLOWS, **settings.pop("client", {})}
    pool_id = aws.create_user_pool(PoolName="tests", **settings)["UserPool"]["Id"]
    if mfa:
        aws.set_user_pool_mfa_config(UserPoolId=pool_id, **mfa)
    made = aws.create_user_pool_client(UserPoolId=pool_id, ClientName="tests", **client)["UserPoolClient"]
    return PoolUnderTest(server, aws, pool_id, made["ClientId"], made.get("ClientSecret"))


@pytest.fixture
def make_pool(shared_server: PoolServer, shared_aws: Any) -> MakePool:
    """Make a pool on the shared server."""
    return lambda **settings: make(shared_server, shared_aws, **settings)


@pytest.fixture
def own_pool(server: PoolServer) -> MakePool:
    """Make a pool on the test's own server."""
    aws = aws_client(server)
    return lambda **settings: make(server, aws, **settings)
