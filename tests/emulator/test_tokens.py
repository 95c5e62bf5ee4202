"""Tokens and keys: what a client can check by itself, and what an access token is refused for."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PoolUnderTest, aws_client, refused


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.user(email="ann@example.com", email_verified="true", name="Ann")
    return pool


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as reply:
        return json.load(reply)


def jwks(pool: PoolUnderTest) -> jwt.PyJWKSet:
    return jwt.PyJWKSet.from_dict(fetch(f"{pool.server.endpoint_url}/{pool.pool_id}/.well-known/jwks.json"))


def verified(pool: PoolUnderTest, token: str, **options: Any) -> dict[str, Any]:
    key = jwks(pool)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer(pool), **options)
    return claims


def issuer(pool: PoolUnderTest) -> str:
    return f"https://cognito-idp.eu-west-1.amazonaws.com/{pool.pool_id}"


def test_both_tokens_verify_against_the_jwks_with_keys_of_their_own(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in()["AuthenticationResult"]
    identity = verified(pool, result["IdToken"], audience=pool.client_id)
    access = verified(pool, result["AccessToken"])

    kids = {jwt.get_unverified_header(result[name])["kid"] for name in ("IdToken", "AccessToken")}
    assert len(kids) == 2
    assert (identity["token_use"], access["token_use"]) == ("id", "access")


def test_the_id_token_says_who_the_user_is(pool: PoolUnderTest) -> None:
    claims = verified(
        pool, pool.password_sign_in()["AuthenticationResult"]["IdToken"], audience=pool.client_id
    )

    assert claims["cognito:username"] == "ann"
    assert claims["email"] == "ann@example.com"
    assert claims["email_verified"] is True
    assert claims["name"] == "Ann"
    assert claims["exp"] - claims["iat"] == 3600
    assert {"sub", "auth_time", "jti", "origin_jti", "event_id"} <= claims.keys()
    assert "client_id" not in claims


def test_the_access_token_says_what_it_is_for(pool: PoolUnderTest) -> None:
    claims = verified(pool, pool.password_sign_in()["AuthenticationResult"]["AccessToken"])

    assert claims["client_id"] == pool.client_id
    assert claims["username"] == "ann"
    assert claims["scope"] == "aws.cognito.signin.user.admin"
    assert "aud" not in claims
    assert "email" not in claims


def test_groups_and_roles_are_in_the_tokens(pool: PoolUnderTest) -> None:
    role = "arn:aws:iam::123456789012:role/operators"
    pool.aws.create_group(UserPoolId=pool.pool_id, GroupName="operators", RoleArn=role, Precedence=1)
    pool.aws.create_group(UserPoolId=pool.pool_id, GroupName="on-call")
    for group in ("operators", "on-call"):
        pool.admin("admin_add_user_to_group", "ann", GroupName=group)
    result = pool.password_sign_in()["AuthenticationResult"]
    identity = verified(pool, result["IdToken"], audience=pool.client_id)

    assert identity["cognito:groups"] == ["operators", "on-call"]
    assert identity["cognito:preferred_role"] == role
    assert verified(pool, result["AccessToken"])["cognito:groups"] == ["operators", "on-call"]


def test_a_client_reads_only_what_it_may(make_pool: MakePool) -> None:
    pool = make_pool(client={"ReadAttributes": ["email"]})
    pool.user(email="ann@example.com", name="Ann")
    result = pool.password_sign_in()["AuthenticationResult"]
    user = pool.aws.get_user(AccessToken=result["AccessToken"])

    assert {one["Name"] for one in user["UserAttributes"]} == {"sub", "email"}
    assert "name" not in verified(pool, result["IdToken"], audience=pool.client_id)


def test_the_client_sets_how_long_tokens_live(make_pool: MakePool) -> None:
    pool = make_pool(
        client={
            "AccessTokenValidity": 10,
            "IdTokenValidity": 20,
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes"},
        }
    )
    pool.user()
    result = pool.password_sign_in()["AuthenticationResult"]
    access = verified(pool, result["AccessToken"])
    identity = verified(pool, result["IdToken"], audience=pool.client_id)

    assert result["ExpiresIn"] == 600
    assert (access["exp"] - access["iat"], identity["exp"] - identity["iat"]) == (600, 1200)


def test_openid_configuration_names_issuer_and_keys(pool: PoolUnderTest) -> None:
    base = f"{pool.server.endpoint_url}/{pool.pool_id}/.well-known"
    found = fetch(f"{base}/openid-configuration")

    assert found["issuer"] == issuer(pool)
    assert found["jwks_uri"] == f"{base}/jwks.json"


def test_an_access_token_expires(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.user()
    token = pool.access_token()
    pool.server.clock.advance(3601)

    with refused("NotAuthorizedException", "Access Token has expired"):
        pool.aws.get_user(AccessToken=token)


INVALID = ("NotAuthorizedException", "Invalid Access Token")


def test_what_is_no_access_token_is_invalid(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in()["AuthenticationResult"]
    header, payload, signature = result["AccessToken"].split(".")
    forged = jwt.encode(
        verified(pool, result["AccessToken"]),
        "a-secret-of-thirty-two-characters",
        headers={"kid": jwt.get_unverified_header(result["AccessToken"])["kid"]},
    )
    unsigned = jwt.encode(verified(pool, result["AccessToken"]), "", algorithm="none")
    other = "A" if signature[0] != "A" else "B"
    for token in (
        "nonsense",
        "a.b.c",
        result["IdToken"],
        result["RefreshToken"],
        forged,
        unsigned,
        f"{header}.{payload}.{other}{signature[1:]}",
    ):
        with refused(*INVALID):
            pool.aws.get_user(AccessToken=token)


def test_another_servers_token_is_invalid(pool: PoolUnderTest, own_pool: MakePool) -> None:
    mine = own_pool()
    mine.user()

    with refused(*INVALID):
        pool.aws.get_user(AccessToken=mine.access_token())


def test_a_deleted_users_token_finds_nobody(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.admin("admin_delete_user", "ann")

    with refused("UserNotFoundException"):
        pool.aws.get_user(AccessToken=token)


def test_a_new_user_of_the_same_name_is_not_the_old_one(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.admin("admin_delete_user", "ann")
    pool.user()

    with refused("UserNotFoundException"):
        pool.aws.get_user(AccessToken=token)


def test_an_unconfirmed_standing_is_said_at_the_next_use(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.admin("admin_reset_user_password", "ann")

    with refused("PasswordResetRequiredException"):
        pool.aws.get_user(AccessToken=token)


def test_signing_out_everywhere_revokes_access_and_refresh_tokens(pool: PoolUnderTest) -> None:
    one, two = (pool.password_sign_in()["AuthenticationResult"] for _ in range(2))
    pool.aws.global_sign_out(AccessToken=one["AccessToken"])

    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=two["AccessToken"])
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=two["RefreshToken"])
    assert pool.access_token()


def test_an_administrator_signs_out_everywhere_too(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.admin("admin_user_global_sign_out", "ann")

    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=token)


def test_disabling_a_user_revokes_the_tokens(pool: PoolUnderTest) -> None:
    token = pool.access_token()
    pool.admin("admin_disable_user", "ann")

    with refused("NotAuthorizedException", "Access Token has been revoked"):
        aws_client(pool.server).get_user(AccessToken=token)
