"""A pool with passkeys, on an emulator of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.conftest import shared_server  # noqa: F401 - a fixture, with its signing keys
from tests.emulator.harness import ALL_FLOWS, PASSWORD
from tests.passkeys.people import PASSKEYS, SITE
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import PoolIds


@pytest.fixture
def server(shared_server: CognitoEmulator) -> Iterator[CognitoEmulator]:  # noqa: F811 - the fixture above
    server = CognitoEmulator()
    server.state.keys = shared_server.state.keys
    with server:
        yield server
    assert not list(server.internal_errors)


@pytest.fixture
def pool(server: CognitoEmulator) -> PoolIds:
    """Create a pool with passkeys of SITE, and the user ann, who has a password and an email address."""
    pool_id = server.call("CreateUserPool", {"PoolName": "own", "Policies": PASSKEYS})["UserPool"]["Id"]
    server.call(
        "SetUserPoolMfaConfig", {"UserPoolId": pool_id, "WebAuthnConfiguration": {"RelyingPartyId": SITE}}
    )
    client = {"UserPoolId": pool_id, "ClientName": "terminal", "ExplicitAuthFlows": ALL_FLOWS}
    client_id = server.call("CreateUserPoolClient", client)["UserPoolClient"]["ClientId"]
    user = {"UserPoolId": pool_id, "Username": "ann"}
    attributes = [{"Name": "email", "Value": "ann@example.com"}]
    server.call("AdminCreateUser", {**user, "UserAttributes": attributes, "MessageAction": "SUPPRESS"})
    server.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": True})
    return PoolIds(pool_id, client_id)
