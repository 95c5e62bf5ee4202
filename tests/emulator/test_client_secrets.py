"""SECRET_HASH and ClientSecret, and the user name that each hash covers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, SMS, PoolUnderTest, expect_error
from tui_auth.emulator.model import secret_hash

VECTORS = json.loads((Path(__file__).parents[1] / "auth" / "data" / "srp-vectors.json").read_text())
EMAIL = "ann@example.com"


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool(UsernameAttributes=["email"], client={"GenerateSecret": True})
    pool.create_user(EMAIL)
    return pool


def client_hash(pool: PoolUnderTest, name: str) -> str:
    return secret_hash(pool.client_id, str(pool.client_secret), name)


def hash_error(pool: PoolUnderTest) -> tuple[str, str]:
    return "NotAuthorizedException", f"Unable to verify secret hash for client {pool.client_id}"


@pytest.mark.parametrize("vector", VECTORS["secret_hash_vectors"])
def test_secret_hash_matches_every_test_vector(vector: dict[str, Any]) -> None:
    computed_hash = secret_hash(vector["client_id"], vector["client_secret"], vector["username"])

    assert computed_hash == vector["secret_hash"]


def test_first_hash_is_over_the_name_the_user_entered(pool: PoolUnderTest) -> None:
    reply = pool.password_sign_in(EMAIL, SECRET_HASH=client_hash(pool, EMAIL))

    assert "AuthenticationResult" in reply


def test_hash_over_another_name_is_rejected(pool: PoolUnderTest) -> None:
    with expect_error(*hash_error(pool)):
        pool.password_sign_in(EMAIL, SECRET_HASH=client_hash(pool, "bob"))


def test_missing_hash_is_rejected(pool: PoolUnderTest) -> None:
    with expect_error(
        "NotAuthorizedException",
        f"Client {pool.client_id} is configured with secret but SECRET_HASH was not received",
    ):
        pool.password_sign_in(EMAIL)


def test_hash_for_a_client_without_a_secret_is_rejected(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user()

    with expect_error(*hash_error(pool)):
        pool.password_sign_in(SECRET_HASH="c29tZXRoaW5n")


def test_hash_of_an_answer_is_over_the_name_in_that_answer(make_pool: MakePool) -> None:
    pool = make_pool(
        UsernameAttributes=["email"],
        client={"GenerateSecret": True},
        mfa={"MfaConfiguration": "ON", "SmsMfaConfiguration": SMS},
    )
    real = pool.create_user_with_phone(EMAIL)
    reply = pool.password_sign_in(EMAIL, SECRET_HASH=client_hash(pool, EMAIL))
    code = pool.newest_code(real)
    with expect_error(*hash_error(pool)):
        pool.answer(reply, real, SMS_MFA_CODE=code, SECRET_HASH=client_hash(pool, EMAIL))

    assert "AuthenticationResult" in pool.answer(
        reply, real, SMS_MFA_CODE=code, SECRET_HASH=client_hash(pool, real)
    )


def test_hash_of_a_refresh_is_over_the_real_user_name(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in(EMAIL, SECRET_HASH=client_hash(pool, EMAIL))["AuthenticationResult"]
    token = result["RefreshToken"]
    real = pool.aws.get_user(AccessToken=result["AccessToken"])["Username"]
    with expect_error(*hash_error(pool)):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token, SECRET_HASH=client_hash(pool, EMAIL))

    reply = pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token, SECRET_HASH=client_hash(pool, real))

    assert "AccessToken" in reply["AuthenticationResult"]


def test_get_tokens_from_refresh_token_accepts_the_client_secret(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in(EMAIL, SECRET_HASH=client_hash(pool, EMAIL))["AuthenticationResult"]
    arguments = {"ClientId": pool.client_id, "RefreshToken": result["RefreshToken"]}
    with expect_error("NotAuthorizedException"):
        pool.aws.get_tokens_from_refresh_token(**arguments)
    with expect_error("NotAuthorizedException"):
        pool.aws.get_tokens_from_refresh_token(**arguments, ClientSecret="x" * 30)

    reply = pool.aws.get_tokens_from_refresh_token(**arguments, ClientSecret=pool.client_secret)

    assert "AccessToken" in reply["AuthenticationResult"]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("sign_up", {"Password": PASSWORD}),
        ("confirm_sign_up", {"ConfirmationCode": "123456"}),
        ("resend_confirmation_code", {}),
        ("forgot_password", {}),
        ("confirm_forgot_password", {"ConfirmationCode": "123456", "Password": PASSWORD}),
    ],
)
def test_sign_up_and_recovery_check_the_hash_too(
    pool: PoolUnderTest, operation: str, more: dict[str, str]
) -> None:
    call = getattr(pool.aws, operation)
    arguments = {"ClientId": pool.client_id, "Username": "new@example.com", **more}

    with expect_error(*hash_error(pool)):
        call(**arguments, SecretHash=client_hash(pool, EMAIL))
    with expect_error("NotAuthorizedException"):
        call(**arguments)


def test_sign_up_with_the_right_hash_succeeds(pool: PoolUnderTest) -> None:
    reply = pool.aws.sign_up(
        ClientId=pool.client_id,
        Username="new@example.com",
        Password=PASSWORD,
        SecretHash=client_hash(pool, "new@example.com"),
    )

    assert reply["UserSub"]
