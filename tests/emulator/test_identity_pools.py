"""Identity pools exchange an ID token of a user pool for AWS credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import PoolUnderTest, aws_client, expect_error

ISSUER = "cognito-idp.eu-west-1.amazonaws.com"


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    pool = make_pool()
    pool.create_user()
    return pool


class IdentityPool:
    def __init__(self, pool: PoolUnderTest, *, guests: bool = False, checks: bool = False) -> None:
        self.pool = pool
        self.aws = aws_client(pool.server, "cognito-identity")
        self.provider = f"{ISSUER}/{pool.pool_id}"
        created = self.aws.create_identity_pool(
            IdentityPoolName="tests",
            AllowUnauthenticatedIdentities=guests,
            CognitoIdentityProviders=[
                {
                    "ProviderName": self.provider,
                    "ClientId": pool.client_id,
                    "ServerSideTokenCheck": checks,
                }
            ],
        )
        self.id = created["IdentityPoolId"]

    def logins(self, token: str, provider: str | None = None) -> dict[str, dict[str, str]]:
        return {"Logins": {provider or self.provider: token}}

    def get_id(self, **logins: Any) -> str:
        return str(self.aws.get_id(IdentityPoolId=self.id, **logins)["IdentityId"])

    def get_credentials(self, identity_id: str, **logins: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self.aws.get_credentials_for_identity(IdentityId=identity_id, **logins)
        return reply


def get_id_token(pool: PoolUnderTest, name: str = "ann") -> str:
    return str(pool.password_sign_in(name)["AuthenticationResult"]["IdToken"])


def test_id_token_returns_credentials_for_an_hour(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool)
    login = identity_pool.logins(get_id_token(pool))
    identity = identity_pool.get_id(**login)
    reply = identity_pool.get_credentials(identity, **login)
    credentials = reply["Credentials"]

    assert identity.startswith("eu-west-1:")
    assert reply["IdentityId"] == identity
    assert set(credentials) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    now = datetime.fromtimestamp(pool.server.clock.now(), UTC)
    assert timedelta(minutes=59) < credentials["Expiration"] - now <= timedelta(hours=1)


def test_user_has_one_identity_and_two_users_have_two(pool: PoolUnderTest) -> None:
    pool.create_user("bob")
    identity_pool = IdentityPool(pool)
    names = ("ann", "ann", "bob")
    first, second, bobs_identity = (
        identity_pool.get_id(**identity_pool.logins(get_id_token(pool, name))) for name in names
    )

    assert first == second != bobs_identity


def test_token_must_be_the_id_token(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool)

    with expect_error("NotAuthorizedException"):
        identity_pool.get_id(**identity_pool.logins(pool.get_access_token()))


def test_forged_token_is_rejected(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool)
    claims = jwt.decode(get_id_token(pool), options={"verify_signature": False})
    forged = jwt.encode(claims, "a-secret-of-thirty-two-characters")

    with expect_error("NotAuthorizedException", "Invalid login token. Token signature invalid."):
        identity_pool.get_id(**identity_pool.logins(forged))
    with expect_error(
        "NotAuthorizedException", "Invalid login token. Not a valid OpenId Connect identity token."
    ):
        identity_pool.get_id(**identity_pool.logins("nonsense"))


def test_another_clients_token_is_rejected(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool)
    created = pool.aws.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    pool.client_id = created["UserPoolClient"]["ClientId"]

    with expect_error("NotAuthorizedException", "Invalid login token. Incorrect token audience."):
        identity_pool.get_id(**identity_pool.logins(get_id_token(pool)))


def test_another_pools_token_is_rejected(pool: PoolUnderTest, make_pool: MakePool) -> None:
    other_pool = make_pool()
    other_pool.create_user()
    identity_pool = IdentityPool(pool)
    token = get_id_token(other_pool)

    with expect_error("NotAuthorizedException", "Invalid login token. Issuer doesn't match providerName"):
        identity_pool.get_id(**identity_pool.logins(token))
    with expect_error(
        "NotAuthorizedException", "Token is not from a supported provider of this identity pool."
    ):
        identity_pool.get_id(**identity_pool.logins(token, f"{ISSUER}/{other_pool.pool_id}"))


def test_expired_token_is_rejected(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    identity_pool = IdentityPool(pool)
    login = identity_pool.logins(get_id_token(pool))
    identity = identity_pool.get_id(**login)
    pool.server.clock.advance(3601)

    with pytest.raises(identity_pool.aws.exceptions.NotAuthorizedException, match="Token expired"):
        identity_pool.get_credentials(identity, **login)


def test_identity_of_a_user_requires_a_token(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool, guests=True)
    identity = identity_pool.get_id(**identity_pool.logins(get_id_token(pool)))

    with expect_error("NotAuthorizedException", f"Access to Identity '{identity}' is forbidden."):
        identity_pool.get_credentials(identity)


def test_identity_of_another_user_is_rejected(pool: PoolUnderTest) -> None:
    pool.create_user("bob")
    identity_pool = IdentityPool(pool)
    identity = identity_pool.get_id(**identity_pool.logins(get_id_token(pool)))

    with expect_error("NotAuthorizedException"):
        identity_pool.get_credentials(identity, **identity_pool.logins(get_id_token(pool, "bob")))


def test_guests_are_rejected_unless_the_pool_allows_them(pool: PoolUnderTest) -> None:
    closed, open_ = IdentityPool(pool), IdentityPool(pool, guests=True)
    with expect_error(
        "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."
    ):
        closed.get_id()

    assert open_.get_credentials(open_.get_id())["Credentials"]["SecretKey"]


def test_guest_who_signs_in_becomes_the_known_identity(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool, guests=True)
    login = identity_pool.logins(get_id_token(pool))
    known_identity, guest = identity_pool.get_id(**login), identity_pool.get_id()

    assert identity_pool.get_credentials(guest, **login)["IdentityId"] == known_identity


def test_guest_who_signs_in_first_keeps_the_identity(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool, guests=True)
    login = identity_pool.logins(get_id_token(pool))
    guest = identity_pool.get_id()

    assert identity_pool.get_credentials(guest, **login)["IdentityId"] == guest
    assert identity_pool.get_id(**login) == guest


def test_revoked_token_is_rejected_if_server_side_checks_are_enabled(pool: PoolUnderTest) -> None:
    trusting, checking = IdentityPool(pool), IdentityPool(pool, checks=True)
    result = pool.password_sign_in()["AuthenticationResult"]
    pool.aws.global_sign_out(AccessToken=result["AccessToken"])

    assert trusting.get_id(**trusting.logins(result["IdToken"]))
    with expect_error("NotAuthorizedException"):
        checking.get_id(**checking.logins(result["IdToken"]))


def test_unknown_identity_pools_and_identities_are_not_found(pool: PoolUnderTest) -> None:
    identity_pool = IdentityPool(pool)
    unknown = "eu-west-1:00000000-0000-0000-0000-000000000000"

    with expect_error("ResourceNotFoundException"):
        identity_pool.get_credentials(unknown)
    identity_pool.aws.delete_identity_pool(IdentityPoolId=identity_pool.id)
    with expect_error("ResourceNotFoundException"):
        identity_pool.get_id()
    with expect_error("ResourceNotFoundException"):
        identity_pool.aws.describe_identity_pool(IdentityPoolId=identity_pool.id)
