"""App client errors: the message says which setting is wrong and where to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.error_texts import SECRET_MISSING, SECRET_WRONG, UNKNOWN_CLIENT
from tests.journeys.conftest import SignIn
from tests.journeys.own_pool import MakePool, OwnPool
from tui_auth.emulator import CognitoEmulator

OTHER_REGION = "us-east-1"
CONSOLE = "Cognito console"


@pytest.fixture
def own_pool_with_secret(own_pool: MakePool) -> OwnPool:
    """Create a pool with a user and an app client that has a secret."""
    pool = own_pool(client={"GenerateSecret": True})
    pool.create_user()
    return pool


def wait_for_explanation(program: SignIn, *parts: str) -> None:
    """Wait for all parts of an explanation, and check that nobody is signed in."""
    for part in parts:
        program.wait_for_text(part)
    assert "Signed in" not in program.screen_text()


def test_disallowed_auth_flow_is_explained(own_pool: MakePool) -> None:
    pool = own_pool(client={"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]})
    pool.create_user()
    program = pool.sign_in()
    program.log_in()
    wait_for_explanation(
        program,
        "This app client doesn't allow USER_SRP_AUTH.",
        "ALLOW_USER_SRP_AUTH",
        "another auth flow",
        "administrator",
    )


def test_missing_client_secret_is_explained(own_pool_with_secret: OwnPool) -> None:
    program = own_pool_with_secret.sign_in()
    program.log_in()
    wait_for_explanation(program, SECRET_MISSING, "client_secret_file", CONSOLE)


def test_unneeded_and_wrong_client_secrets_are_explained(own_pool: MakePool, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not-the-secret\n")
    secret.chmod(0o600)
    for client in ({}, {"GenerateSecret": True}):
        pool = own_pool(client=client)
        pool.create_user()
        program = pool.sign_in("--client-secret-file", str(secret))
        program.log_in()
        wait_for_explanation(program, SECRET_WRONG, CONSOLE)


def test_missing_pool_with_existing_client_is_explained(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    program = pool.sign_in("--user-pool-id", "eu-west-1_Nobody123")
    program.log_in()
    wait_for_explanation(program, "No user pool has this ID", "the pool ID", CONSOLE)
    assert pool.server.state.pools[pool.id].users["ann"].devices == {}


def test_missing_client_and_wrong_region_are_explained(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    with CognitoEmulator(region=OTHER_REGION) as other:
        for flags in (
            ["--client-id", "1example23456789"],
            ["--region", OTHER_REGION, "--endpoint-url", other.endpoint_url],
        ):
            program = pool.sign_in(*flags)
            program.log_in()
            wait_for_explanation(program, UNKNOWN_CLIENT, "the app client ID", "the region", CONSOLE)


def test_app_client_errors_at_line_prompts(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    program = pool.sign_in("--plain", "--user-pool-id", "eu-west-1_Nobody123", rows=40)
    program.log_in_at_prompts()
    wait_for_explanation(program, "Error: No user pool has this ID", "the pool ID", CONSOLE)
