"""The claims and signatures of tokens, and the reasons to reject an access token."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from pycognito import Cognito

from tests.emulator.conftest import MakePool, create_pool
from tests.emulator.harness import (
    OTHER_PASSWORD,
    PASSWORD,
    REGION,
    PoolUnderTest,
    aws_client,
    expect_error,
)
from tui_auth.emulator import CognitoEmulator


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user(email="ann@example.com", email_verified="true", name="Ann")
    return pool


def fetch_json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as reply:
        return json.load(reply)


def fetch_jwks(pool: PoolUnderTest) -> jwt.PyJWKSet:
    return jwt.PyJWKSet.from_dict(
        fetch_json(f"{pool.server.endpoint_url}/{pool.pool_id}/.well-known/jwks.json")
    )


def verify_token(pool: PoolUnderTest, token: str, **options: Any) -> dict[str, Any]:
    key = fetch_jwks(pool)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer(pool), **options)
    return claims


def issuer(pool: PoolUnderTest) -> str:
    return f"https://cognito-idp.eu-west-1.amazonaws.com/{pool.pool_id}"


def test_each_token_verifies_against_its_own_key_of_the_jwks(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in()["AuthenticationResult"]
    identity = verify_token(pool, result["IdToken"], audience=pool.client_id)
    access = verify_token(pool, result["AccessToken"])

    kids = {jwt.get_unverified_header(result[name])["kid"] for name in ("IdToken", "AccessToken")}
    assert len(kids) == 2
    assert (identity["token_use"], access["token_use"]) == ("id", "access")


def test_id_token_has_the_claims_of_the_user(pool: PoolUnderTest) -> None:
    claims = verify_token(
        pool, pool.password_sign_in()["AuthenticationResult"]["IdToken"], audience=pool.client_id
    )

    assert claims["cognito:username"] == "ann"
    assert claims["email"] == "ann@example.com"
    assert claims["email_verified"] is True
    assert claims["name"] == "Ann"
    assert claims["exp"] - claims["iat"] == 3600
    assert {"sub", "auth_time", "jti", "origin_jti", "event_id"} <= claims.keys()
    assert "client_id" not in claims


def test_access_token_has_scope_client_and_user_name(pool: PoolUnderTest) -> None:
    claims = verify_token(pool, pool.password_sign_in()["AuthenticationResult"]["AccessToken"])

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
        pool.call_admin("admin_add_user_to_group", "ann", GroupName=group)
    result = pool.password_sign_in()["AuthenticationResult"]
    identity = verify_token(pool, result["IdToken"], audience=pool.client_id)

    assert identity["cognito:groups"] == ["operators", "on-call"]
    assert identity["cognito:preferred_role"] == role
    assert verify_token(pool, result["AccessToken"])["cognito:groups"] == ["operators", "on-call"]


def test_client_can_only_read_its_read_attributes(make_pool: MakePool) -> None:
    pool = make_pool(client={"ReadAttributes": ["email"]})
    pool.create_user(email="ann@example.com", name="Ann")
    result = pool.password_sign_in()["AuthenticationResult"]
    user = pool.aws.get_user(AccessToken=result["AccessToken"])

    assert {entry["Name"] for entry in user["UserAttributes"]} == {"sub", "email"}
    assert "name" not in verify_token(pool, result["IdToken"], audience=pool.client_id)


def test_client_sets_the_validity_of_tokens(make_pool: MakePool) -> None:
    pool = make_pool(
        client={
            "AccessTokenValidity": 10,
            "IdTokenValidity": 20,
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes"},
        }
    )
    pool.create_user()
    result = pool.password_sign_in()["AuthenticationResult"]
    access = verify_token(pool, result["AccessToken"])
    identity = verify_token(pool, result["IdToken"], audience=pool.client_id)

    assert result["ExpiresIn"] == 600
    assert (access["exp"] - access["iat"], identity["exp"] - identity["iat"]) == (600, 1200)


def test_openid_configuration_has_issuer_and_jwks_uri(pool: PoolUnderTest) -> None:
    base = f"{pool.server.endpoint_url}/{pool.pool_id}/.well-known"
    document = fetch_json(f"{base}/openid-configuration")

    assert document["issuer"] == issuer(pool)
    assert document["jwks_uri"] == f"{base}/jwks.json"


def test_access_token_expires(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    token = pool.get_access_token()
    pool.server.clock.advance(3601)

    with expect_error("NotAuthorizedException", "Access Token has expired"):
        pool.aws.get_user(AccessToken=token)


INVALID = ("NotAuthorizedException", "Invalid Access Token")


def test_anything_but_an_access_token_is_invalid(pool: PoolUnderTest) -> None:
    result = pool.password_sign_in()["AuthenticationResult"]
    header, payload, signature = result["AccessToken"].split(".")
    forged = jwt.encode(
        verify_token(pool, result["AccessToken"]),
        "a-secret-of-thirty-two-characters",
        headers={"kid": jwt.get_unverified_header(result["AccessToken"])["kid"]},
    )
    unsigned = jwt.encode(verify_token(pool, result["AccessToken"]), "", algorithm="none")
    other_character = "A" if signature[0] != "A" else "B"
    for token in (
        "nonsense",
        "a.b.c",
        result["IdToken"],
        result["RefreshToken"],
        forged,
        unsigned,
        f"{header}.{payload}.{other_character}{signature[1:]}",
    ):
        with expect_error(*INVALID):
            pool.aws.get_user(AccessToken=token)


def test_token_of_another_server_is_invalid(pool: PoolUnderTest, own_pool: MakePool) -> None:
    other_pool = own_pool()
    other_pool.create_user()

    with expect_error(*INVALID):
        pool.aws.get_user(AccessToken=other_pool.get_access_token())


def test_token_of_a_deleted_user_is_rejected(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.call_admin("admin_delete_user", "ann")

    with expect_error("UserNotFoundException"):
        pool.aws.get_user(AccessToken=token)


def test_token_of_a_deleted_user_is_not_valid_for_a_new_one(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.call_admin("admin_delete_user", "ann")
    pool.create_user()

    with expect_error("UserNotFoundException"):
        pool.aws.get_user(AccessToken=token)


def test_changed_user_status_is_reported_at_the_next_call(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.call_admin("admin_reset_user_password", "ann")

    with expect_error("PasswordResetRequiredException"):
        pool.aws.get_user(AccessToken=token)


def test_signing_out_everywhere_revokes_access_and_refresh_tokens(pool: PoolUnderTest) -> None:
    entry, two = (pool.password_sign_in()["AuthenticationResult"] for _ in range(2))
    pool.aws.global_sign_out(AccessToken=entry["AccessToken"])

    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=two["AccessToken"])
    with expect_error("NotAuthorizedException", "Refresh Token has been revoked"):
        pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=two["RefreshToken"])
    assert pool.get_access_token()


def test_administrator_signs_out_everywhere_too(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.call_admin("admin_user_global_sign_out", "ann")

    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        pool.aws.get_user(AccessToken=token)


def test_disabling_a_user_revokes_the_tokens(pool: PoolUnderTest) -> None:
    token = pool.get_access_token()
    pool.call_admin("admin_disable_user", "ann")

    with expect_error("NotAuthorizedException", "Access Token has been revoked"):
        aws_client(pool.server).get_user(AccessToken=token)


# The endpoint as issuer


@pytest.fixture
def issuing_server(shared_server: CognitoEmulator) -> Iterator[CognitoEmulator]:
    """Start an emulator that is the issuer of its tokens."""
    server = CognitoEmulator(region=REGION, endpoint_is_issuer=True)
    server.state.keys = shared_server.state.keys
    with server:
        yield server


def test_pycognito_works_with_the_endpoint_as_issuer(issuing_server: CognitoEmulator) -> None:
    pool = create_pool(issuing_server, aws_client(issuing_server))
    pool.create_user(email="ann@example.com", email_verified="true")
    keywords = {"endpoint_url": issuing_server.endpoint_url, "config": Config(signature_version=UNSIGNED)}
    user = Cognito(pool.pool_id, pool.client_id, username="ann", boto3_client_kwargs=keywords)

    user.authenticate(PASSWORD)
    user.verify_tokens()
    user.renew_access_token()
    user.verify_tokens()
    user.update_profile({"given_name": "Ann"})
    attributes = user.get_user().email
    user.change_password(PASSWORD, OTHER_PASSWORD)
    user.authenticate(OTHER_PASSWORD)
    user.logout()

    assert attributes == "ann@example.com"
    assert user.access_token is None


def test_openid_configuration_has_the_endpoint_as_issuer(issuing_server: CognitoEmulator) -> None:
    pool = create_pool(issuing_server, aws_client(issuing_server))
    document = issuing_server.document(f"/{pool.pool_id}/.well-known/openid-configuration")

    assert document["issuer"] == f"{issuing_server.endpoint_url}/{pool.pool_id}"
