"""Refresh, rotation and revocation of tokens."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PASSWORD, PoolUnderTest, rejected

ROTATING = {
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30},
}
INVALID = ("NotAuthorizedException", "Invalid Refresh Token")
REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.user()
    return pool


def sign_in(pool: PoolUnderTest) -> dict[str, Any]:
    result: dict[str, Any] = pool.password_sign_in()["AuthenticationResult"]
    return result


def refresh(pool: PoolUnderTest, token: str, **more: str) -> dict[str, Any]:
    reply = pool.aws.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=token, **more)
    result: dict[str, Any] = reply["AuthenticationResult"]
    return result


def claims(token: str) -> dict[str, Any]:
    outcome: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return outcome


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
    pool.user()
    first = sign_in(pool)
    pool.server.clock.advance(100)
    before, after = claims(first["IdToken"]), claims(refresh(pool, first["RefreshToken"])["IdToken"])

    assert (after["auth_time"], after["origin_jti"]) == (before["auth_time"], before["origin_jti"])
    assert after["iat"] >= before["iat"] + 100
    assert after["jti"] != before["jti"]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c.d.e"])
def test_unknown_refresh_token_is_invalid(pool: PoolUnderTest, token: str) -> None:
    with rejected(*INVALID):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
    with rejected(*INVALID):
        refresh(pool, token)


def test_refresh_token_is_bound_to_its_client(pool: PoolUnderTest) -> None:
    token = sign_in(pool)["RefreshToken"]
    created = pool.aws.create_user_pool_client(UserPoolId=pool.pool_id, ClientName="other")
    pool.client_id = created["UserPoolClient"]["ClientId"]

    with rejected(*INVALID):
        refresh(pool, token)


def test_refresh_token_expires(own_pool: MakePool) -> None:
    pool = own_pool(client={"RefreshTokenValidity": 1})
    pool.user()
    token = sign_in(pool)["RefreshToken"]
    pool.server.clock.advance(86401)

    with rejected("NotAuthorizedException", "Refresh Token has expired"):
        refresh(pool, token)


def test_deleted_user_cannot_refresh(pool: PoolUnderTest) -> None:
    token = sign_in(pool)["RefreshToken"]
    pool.admin("admin_delete_user", "ann")

    with rejected(*INVALID):
        refresh(pool, token)


def test_revoking_affects_only_the_tokens_of_one_sign_in(pool: PoolUnderTest) -> None:
    entry, two = sign_in(pool), sign_in(pool)
    pool.aws.revoke_token(ClientId=pool.client_id, Token=entry["RefreshToken"])
    pool.aws.revoke_token(ClientId=pool.client_id, Token=entry["RefreshToken"])

    with rejected(*REVOKED):
        refresh(pool, entry["RefreshToken"])
    with rejected("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=entry["AccessToken"])
    assert refresh(pool, two["RefreshToken"])


def test_only_refresh_tokens_can_be_revoked(pool: PoolUnderTest) -> None:
    result = sign_in(pool)

    for name in ("AccessToken", "IdToken"):
        with rejected("UnsupportedTokenTypeException"):
            pool.aws.revoke_token(ClientId=pool.client_id, Token=result[name])


def test_unknown_token_is_revoked_without_an_error(pool: PoolUnderTest) -> None:
    pool.aws.revoke_token(ClientId=pool.client_id, Token="a.b.c.d.e")


def test_revoking_requires_the_right_client(make_pool: MakePool, pool: PoolUnderTest) -> None:
    token = sign_in(pool)["RefreshToken"]
    secretive = make_pool(client={"GenerateSecret": True})

    for client_id in ("unknown", secretive.client_id):
        with rejected("UnauthorizedException"):
            pool.aws.revoke_token(ClientId=client_id, Token=token)
    with rejected("UnauthorizedException"):
        pool.aws.revoke_token(ClientId=secretive.client_id, ClientSecret=secretive.client_secret, Token=token)


def test_revocation_can_be_disabled(make_pool: MakePool) -> None:
    pool = make_pool(client={"EnableTokenRevocation": False})
    pool.user()

    with rejected("UnsupportedOperationException"):
        pool.aws.revoke_token(ClientId=pool.client_id, Token=sign_in(pool)["RefreshToken"])


# Rotation


@pytest.fixture
def rotating(own_pool: MakePool) -> PoolUnderTest:
    pool = own_pool(client=ROTATING)
    pool.user()
    return pool


def test_each_refresh_returns_a_new_refresh_token_that_works(rotating: PoolUnderTest) -> None:
    tokens = [sign_in(rotating)["RefreshToken"]]
    for _ in range(3):
        tokens.append(refresh(rotating, tokens[-1])["RefreshToken"])

    assert len(set(tokens)) == 4


def test_old_token_is_valid_during_its_grace_period(rotating: PoolUnderTest) -> None:
    old = sign_in(rotating)["RefreshToken"]
    new = refresh(rotating, old)["RefreshToken"]
    rotating.server.clock.advance(29)
    assert refresh(rotating, old)["RefreshToken"]
    rotating.server.clock.advance(2)

    with rejected("RefreshTokenReuseException"):
        refresh(rotating, old)
    assert refresh(rotating, new)


def test_old_token_is_invalid_at_once_without_a_grace_period(make_pool: MakePool) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    pool = make_pool(client={**ROTATING, "RefreshTokenRotation": rotation})
    pool.user()
    old = sign_in(pool)["RefreshToken"]
    refresh(pool, old)

    with rejected("RefreshTokenReuseException"):
        refresh(pool, old)


def test_rotation_does_not_prolong_the_sign_in(own_pool: MakePool) -> None:
    pool = own_pool(client={**ROTATING, "RefreshTokenValidity": 1})
    pool.user()
    token = sign_in(pool)["RefreshToken"]
    pool.server.clock.advance(80000)
    token = refresh(pool, token)["RefreshToken"]
    pool.server.clock.advance(6401)

    with rejected("NotAuthorizedException", "Refresh Token has expired"):
        refresh(pool, token)


def test_client_with_rotation_rejects_refresh_token_auth(rotating: PoolUnderTest) -> None:
    token = sign_in(rotating)["RefreshToken"]

    with rejected("InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client"):
        rotating.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)
    with rejected("InvalidParameterException"):
        rotating.aws.create_user_pool_client(
            UserPoolId=rotating.pool_id,
            ClientName="both",
            ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
            RefreshTokenRotation={"Feature": "ENABLED"},
        )


def test_revoking_one_token_of_a_rotation_revokes_all_of_them(rotating: PoolUnderTest) -> None:
    old = sign_in(rotating)["RefreshToken"]
    new = refresh(rotating, old)["RefreshToken"]
    rotating.aws.revoke_token(ClientId=rotating.client_id, Token=old)

    with rejected(*REVOKED):
        refresh(rotating, new)


def test_rejected_refresh_does_not_use_up_the_token(rotating: PoolUnderTest) -> None:
    rotating.admin(
        "admin_update_user_attributes",
        "ann",
        UserAttributes=[
            {"Name": "email", "Value": "ann@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    token = sign_in(rotating)["RefreshToken"]
    rotating.admin("admin_reset_user_password", "ann")
    for _ in range(2):
        with rejected("PasswordResetRequiredException"):
            refresh(rotating, token)
    rotating.admin("admin_set_user_password", "ann", Password=PASSWORD, Permanent=True)

    assert refresh(rotating, token)
