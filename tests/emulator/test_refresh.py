"""Refresh, rotation and revocation of tokens."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, expect_error

ROTATING = {
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30},
}
INVALID = ("NotAuthorizedException", "Invalid Refresh Token")
REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user()
    return pool


def sign_in(pool: PoolUnderTest) -> dict[str, Any]:
    result: dict[str, Any] = pool.password_sign_in()["AuthenticationResult"]
    return result


def refresh(pool: PoolUnderTest, token: str, **more: str) -> dict[str, Any]:
    reply = pool.aws.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=token, **more)
    result: dict[str, Any] = reply["AuthenticationResult"]
    return result


def decode_claims(token: str) -> dict[str, Any]:
    payload: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return payload


@pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
def test_refresh_token_auth_returns_new_tokens_and_no_refresh_token(pool: PoolUnderTest, flow: str) -> None:
    first = sign_in(pool)
    reply = pool.initiate(flow, REFRESH_TOKEN=first["RefreshToken"])
    result = reply["AuthenticationResult"]

    assert set(result) == {"AccessToken", "IdToken", "ExpiresIn", "TokenType"}
    assert result["AccessToken"] != first["AccessToken"]
    assert pool.aws.get_user(AccessToken=result["AccessToken"])["Username"] == "ann"


def test_no_refresh_token_is_returned_without_rotation(pool: PoolUnderTest) -> None:
    first = sign_in(pool)
    for _ in range(2):
        assert set(refresh(pool, first["RefreshToken"])) == {
            "AccessToken",
            "IdToken",
            "ExpiresIn",
            "TokenType",
        }


def test_refresh_keeps_auth_time_and_origin_jti(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    first = sign_in(pool)
    pool.server.clock.advance(100)
    old_claims, new_claims = (
        decode_claims(first["IdToken"]),
        decode_claims(refresh(pool, first["RefreshToken"])["IdToken"]),
    )

    assert (new_claims["auth_time"], new_claims["origin_jti"]) == (
        old_claims["auth_time"],
        old_claims["origin_jti"],
    )
    assert new_claims["iat"] >= old_claims["iat"] + 100
    assert new_claims["jti"] != old_claims["jti"]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c.d.e"])
def test_unknown_refresh_token_is_invalid(pool: PoolUnderTest, token: str) -> None:
    with expect_error(*INVALID):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
    with expect_error(*INVALID):
        refresh(pool, token)


def test_refresh_token_is_bound_to_its_client(pool: PoolUnderTest) -> None:
    token = sign_in(pool)["RefreshToken"]
    created = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="other")
    pool.client_id = created["UserPoolClient"]["ClientId"]

    with expect_error(*INVALID):
        refresh(pool, token)


def test_refresh_token_expires(own_pool: MakePool) -> None:
    pool = own_pool(client={"RefreshTokenValidity": 1})
    pool.create_user()
    token = sign_in(pool)["RefreshToken"]
    pool.server.clock.advance(86401)

    with expect_error("NotAuthorizedException", "Refresh Token has expired"):
        refresh(pool, token)


def test_deleted_user_cannot_refresh(pool: PoolUnderTest) -> None:
    token = sign_in(pool)["RefreshToken"]
    pool.call_admin("admin_delete_user", "ann")

    with expect_error(*INVALID):
        refresh(pool, token)


def test_revoking_affects_only_the_tokens_of_one_sign_in(pool: PoolUnderTest) -> None:
    entry, two = sign_in(pool), sign_in(pool)
    pool.aws.revoke_token(ClientId=pool.client_id, Token=entry["RefreshToken"])
    pool.aws.revoke_token(ClientId=pool.client_id, Token=entry["RefreshToken"])

    with expect_error(*REVOKED):
        refresh(pool, entry["RefreshToken"])
    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=entry["AccessToken"])
    assert refresh(pool, two["RefreshToken"])


def test_only_refresh_tokens_can_be_revoked(pool: PoolUnderTest) -> None:
    result = sign_in(pool)

    for name in ("AccessToken", "IdToken"):
        with expect_error("UnsupportedTokenTypeException"):
            pool.aws.revoke_token(ClientId=pool.client_id, Token=result[name])


def test_unknown_token_is_revoked_without_an_error(pool: PoolUnderTest) -> None:
    pool.aws.revoke_token(ClientId=pool.client_id, Token="a.b.c.d.e")


def test_revoking_requires_the_right_client(make_pool: MakePool, pool: PoolUnderTest) -> None:
    token = sign_in(pool)["RefreshToken"]
    secretive = make_pool(client={"GenerateSecret": True})

    for client_id in ("unknown", secretive.client_id):
        with expect_error("UnauthorizedException"):
            pool.aws.revoke_token(ClientId=client_id, Token=token)
    with expect_error("UnauthorizedException"):
        pool.aws.revoke_token(ClientId=secretive.client_id, ClientSecret=secretive.client_secret, Token=token)


def test_revocation_can_be_disabled(make_pool: MakePool) -> None:
    pool = make_pool(client={"EnableTokenRevocation": False})
    pool.create_user()

    with expect_error("UnsupportedOperationException"):
        pool.aws.revoke_token(ClientId=pool.client_id, Token=sign_in(pool)["RefreshToken"])


# Rotation


@pytest.fixture
def rotating_pool(own_pool: MakePool) -> PoolUnderTest:
    pool = own_pool(client=ROTATING)
    pool.create_user()
    return pool


def test_each_refresh_returns_a_new_refresh_token_that_works(rotating_pool: PoolUnderTest) -> None:
    tokens = [sign_in(rotating_pool)["RefreshToken"]]
    for _ in range(3):
        tokens.append(refresh(rotating_pool, tokens[-1])["RefreshToken"])

    assert len(set(tokens)) == 4


def test_old_token_is_valid_during_its_grace_period(rotating_pool: PoolUnderTest) -> None:
    old = sign_in(rotating_pool)["RefreshToken"]
    new = refresh(rotating_pool, old)["RefreshToken"]
    rotating_pool.server.clock.advance(29)
    assert refresh(rotating_pool, old)["RefreshToken"]
    rotating_pool.server.clock.advance(2)

    with expect_error("RefreshTokenReuseException"):
        refresh(rotating_pool, old)
    assert refresh(rotating_pool, new)


def test_old_token_is_invalid_at_once_without_a_grace_period(make_pool: MakePool) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    pool = make_pool(client={**ROTATING, "RefreshTokenRotation": rotation})
    pool.create_user()
    old = sign_in(pool)["RefreshToken"]
    refresh(pool, old)

    with expect_error("RefreshTokenReuseException"):
        refresh(pool, old)


def test_rotation_does_not_prolong_the_sign_in(own_pool: MakePool) -> None:
    pool = own_pool(client={**ROTATING, "RefreshTokenValidity": 1})
    pool.create_user()
    token = sign_in(pool)["RefreshToken"]
    pool.server.clock.advance(80000)
    token = refresh(pool, token)["RefreshToken"]
    pool.server.clock.advance(6401)

    with expect_error("NotAuthorizedException", "Refresh Token has expired"):
        refresh(pool, token)


def test_client_with_rotation_rejects_refresh_token_auth(rotating_pool: PoolUnderTest) -> None:
    token = sign_in(rotating_pool)["RefreshToken"]

    with expect_error("InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client"):
        rotating_pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
    with expect_error("InvalidParameterException"):
        rotating_pool.aws.create_user_pool_client(
            UserPoolId=rotating_pool.pool_id,
            ClientName="both",
            ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
            RefreshTokenRotation={"Feature": "ENABLED"},
        )


def test_revoking_one_token_of_a_rotation_revokes_all_of_them(rotating_pool: PoolUnderTest) -> None:
    old = sign_in(rotating_pool)["RefreshToken"]
    new = refresh(rotating_pool, old)["RefreshToken"]
    rotating_pool.aws.revoke_token(ClientId=rotating_pool.client_id, Token=old)

    with expect_error(*REVOKED):
        refresh(rotating_pool, new)


def test_rejected_refresh_does_not_use_up_the_token(rotating_pool: PoolUnderTest) -> None:
    rotating_pool.call_admin(
        "admin_update_user_attributes",
        "ann",
        UserAttributes=[
            {"Name": "email", "Value": "ann@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    token = sign_in(rotating_pool)["RefreshToken"]
    rotating_pool.call_admin("admin_reset_user_password", "ann")
    for _ in range(2):
        with expect_error("PasswordResetRequiredException"):
            refresh(rotating_pool, token)
    rotating_pool.call_admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)

    assert refresh(rotating_pool, token)
