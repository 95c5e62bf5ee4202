"""Domains, resource servers, and app clients' OAuth settings, with boto3."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.emulator.conftest import MakePool
from tests.emulator.harness import ALL_FLOWS, PASSWORD, PoolUnderTest, expect_error
from tests.emulator.web_client import ACME_SSO, CALLBACK, OAUTH_SETTINGS, OAuthClient, WebClient, create_app
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.snapshot import restore_snapshot, take_snapshot

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
READ = {"ScopeName": "read", "ScopeDescription": "Read orders"}
WRITE = {"ScopeName": "write", "ScopeDescription": "Write orders"}


@pytest.fixture
def pool(make_pool: MakePool) -> PoolUnderTest:
    return make_pool()


def new_prefix() -> str:
    return f"login-{uuid.uuid4().hex[:12]}"


def update_client(pool: PoolUnderTest, **settings: Any) -> dict[str, Any]:
    reply = pool.aws.update_user_pool_client(
        UserPoolId=pool.pool_id, ClientId=pool.client_id, **{**OAUTH_SETTINGS, **settings}
    )
    client: dict[str, Any] = reply["UserPoolClient"]
    return client


def test_domain_is_created_described_updated_and_deleted(pool: PoolUnderTest) -> None:
    prefix = new_prefix()
    target = {"UserPoolId": pool.pool_id, "Domain": prefix}
    assert pool.aws.create_user_pool_domain(**target)["ManagedLoginVersion"] == 1
    description = pool.aws.describe_user_pool_domain(Domain=prefix)["DomainDescription"]
    assert (description["UserPoolId"], description["Status"]) == (pool.pool_id, "ACTIVE")
    assert pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Domain"] == prefix
    assert pool.aws.update_user_pool_domain(**target, ManagedLoginVersion=2)["ManagedLoginVersion"] == 2
    pool.aws.delete_user_pool_domain(**target)

    assert pool.aws.describe_user_pool_domain(Domain=prefix)["DomainDescription"] == {}
    with expect_error("InvalidParameterException", "No such domain or user pool exists."):
        pool.aws.delete_user_pool_domain(**target)


def test_pool_can_have_a_prefix_and_a_custom_domain(pool: PoolUnderTest) -> None:
    custom = f"{new_prefix()}.example.com"
    pool.aws.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=new_prefix())
    reply = pool.aws.create_user_pool_domain(
        UserPoolId=pool.pool_id, Domain=custom, CustomDomainConfig={"CertificateArn": CERTIFICATE}
    )

    assert reply["CloudFrontDomain"]
    assert pool.aws.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["CustomDomain"] == custom
    with expect_error("InvalidParameterException", "User pool already has a domain configured."):
        pool.aws.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=new_prefix())


def test_domain_belongs_to_one_pool(pool: PoolUnderTest, make_pool: MakePool) -> None:
    prefix = new_prefix()
    pool.aws.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=prefix)
    with expect_error("InvalidParameterException", "Domain already associated with another user pool."):
        pool.aws.create_user_pool_domain(UserPoolId=make_pool().pool_id, Domain=prefix)


@pytest.mark.parametrize("domain", ["my-cognito", "aws-login", "Upper", "-start", "with.dot", "a" * 64])
def test_domain_name_is_checked(pool: PoolUnderTest, domain: str) -> None:
    with expect_error("InvalidParameterException"):
        pool.aws.create_user_pool_domain(UserPoolId=pool.pool_id, Domain=domain)


def test_pool_with_a_domain_cannot_be_deleted(pool: PoolUnderTest) -> None:
    target = {"UserPoolId": pool.pool_id, "Domain": new_prefix()}
    pool.aws.create_user_pool_domain(**target)
    with expect_error("InvalidParameterException"):
        pool.aws.delete_user_pool(UserPoolId=pool.pool_id)
    pool.aws.delete_user_pool_domain(**target)

    pool.aws.delete_user_pool(UserPoolId=pool.pool_id)


def test_resource_server_is_created_described_updated_listed_and_deleted(pool: PoolUnderTest) -> None:
    target = {"UserPoolId": pool.pool_id, "Identifier": "orders"}
    created = pool.aws.create_resource_server(**target, Name="Orders", Scopes=[READ])["ResourceServer"]
    assert created == {**target, "Name": "Orders", "Scopes": [READ]}
    updated = pool.aws.update_resource_server(**target, Name="All orders", Scopes=[READ, WRITE])
    assert pool.aws.describe_resource_server(**target)["ResourceServer"] == updated["ResourceServer"]
    (listed,) = pool.aws.list_resource_servers(UserPoolId=pool.pool_id, MaxResults=10)["ResourceServers"]
    assert listed == {**target, "Name": "All orders", "Scopes": [READ, WRITE]}
    with expect_error("InvalidParameterException"):
        pool.aws.create_resource_server(**target, Name="Orders")
    with expect_error("InvalidParameterException"):
        pool.aws.update_resource_server(**target, Name="Orders", Scopes=[READ, READ])
    pool.aws.delete_resource_server(**target)
    with expect_error("ResourceNotFoundException"):
        pool.aws.describe_resource_server(**target)


def test_custom_scopes_reach_the_access_token_while_they_exist(pool: PoolUnderTest) -> None:
    target = {"UserPoolId": pool.pool_id, "Identifier": "orders", "Name": "Orders"}
    pool.aws.create_resource_server(**target, Scopes=[READ, WRITE])
    pool.create_user()
    app = create_app(pool, AllowedOAuthScopes=["openid", "orders/read", "orders/write"])
    reply = app.sign_in("ann", PASSWORD, scope="orders/read")
    assert app.exchange(reply.answer["code"]).json.keys() >= {"access_token", "refresh_token"}
    pool.aws.update_resource_server(**target, Scopes=[WRITE])

    assert app.browser.request(app.url(scope="orders/read")).answer["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"AllowedOAuthFlows": []}, "InvalidParameterException"),
        ({"AllowedOAuthScopes": []}, "InvalidParameterException"),
        ({"AllowedOAuthScopes": ["openid", "orders/read"]}, "ScopeDoesNotExistException"),
        ({"AllowedOAuthScopes": ["everything"]}, "ScopeDoesNotExistException"),
        ({"CallbackURLs": []}, "InvalidParameterException"),
        ({"CallbackURLs": ["http://app.example.com/"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["http://localhost.example.com/"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["https://app.example.com/#x"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["app.example.com"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["https://"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["http://[::1/"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["javascript:alert(1)"]}, "InvalidParameterException"),
        ({"LogoutURLs": ["http://app.example.com/"]}, "InvalidParameterException"),
        ({"DefaultRedirectURI": "https://app.example.com/"}, "InvalidParameterException"),
        ({"SupportedIdentityProviders": ["AcmeSSO"]}, "InvalidParameterException"),
        ({"AllowedOAuthFlows": ["code", "client_credentials"]}, "InvalidOAuthFlowException"),
        ({"AllowedOAuthFlows": ["client_credentials"]}, "InvalidOAuthFlowException"),
    ],
)
def test_oauth_settings_of_a_client_are_checked(
    pool: PoolUnderTest, settings: dict[str, Any], code: str
) -> None:
    with expect_error(code):
        update_client(pool, **settings)
    with expect_error(code):
        pool.aws.create_user_pool_client(
            UserPoolId=pool.pool_id, ClientName="new", **{**OAUTH_SETTINGS, **settings}
        )
    described = pool.aws.describe_user_pool_client(UserPoolId=pool.pool_id, ClientId=pool.client_id)
    assert "CallbackURLs" not in described["UserPoolClient"]


def test_client_credentials_need_custom_scopes(make_pool: MakePool) -> None:
    pool = make_pool(client={"GenerateSecret": True})
    with expect_error("InvalidOAuthFlowException"):
        update_client(pool, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["openid"])


@pytest.mark.parametrize(
    "address",
    [
        CALLBACK,
        "http://127.0.0.1:8000/callback",
        "http://[::1]:8000/",
        "https://app.example.com/callback?a=b",
        "myapp://callback",
    ],
)
def test_addresses_that_cognito_allows(pool: PoolUnderTest, address: str) -> None:
    settings = update_client(pool, CallbackURLs=[address], LogoutURLs=[address], DefaultRedirectURI=address)

    assert settings["CallbackURLs"] == settings["LogoutURLs"] == [address]


def test_snapshot_keeps_all_of_managed_login(own_pool: MakePool) -> None:
    pool = own_pool()
    pool.create_user()
    pool.aws.create_resource_server(
        UserPoolId=pool.pool_id, Identifier="orders", Name="Orders", Scopes=[READ]
    )
    app = create_app(pool, providers=[ACME_SSO], AllowedOAuthScopes=["openid", "orders/read"])
    tokens = app.exchange(app.sign_in("ann", PASSWORD).answer["code"]).json
    app.browser.cookies.clear()
    page = app.browser.open(app.url(identity_provider="AcmeSSO"))
    assert "code" in app.browser.send(page, email="dana@acme.example").answer
    snapshot = json.loads(json.dumps(take_snapshot(pool.server.state)))
    second = CognitoEmulator(region=pool.server.region, clock=pool.server.clock)
    restore_snapshot(second.state, snapshot)
    with second:
        restored = OAuthClient(app.client_id, WebClient(second.endpoint_url))
        form = {"grant_type": "refresh_token", "client_id": app.client_id}
        refreshed = restored.post("token", **form, refresh_token=tokens["refresh_token"])
        assert refreshed.status == 200
        assert restored.exchange(restored.sign_in("ann", PASSWORD).answer["code"]).json["id_token"]
        assert list(restored.browser.open(restored.url(prompt="login")).page.links)
        assert second.domain_url(pool.pool_id) == second.endpoint_url
        users = second.call("ListUsers", {"UserPoolId": pool.pool_id})["Users"]
        assert "AcmeSSO_dana@acme.example" in [user["Username"] for user in users]


def test_snapshot_leaves_out_the_tokens_of_deleted_users(own_pool: MakePool) -> None:
    pool = own_pool(client={"ExplicitAuthFlows": ALL_FLOWS})
    pool.create_user()
    pool.password_sign_in()
    pool.call_admin("admin_delete_user", "ann")
    second = CognitoEmulator(region=pool.server.region)
    restore_snapshot(second.state, take_snapshot(pool.server.state))

    assert not second.state.grants
    second.stop()
